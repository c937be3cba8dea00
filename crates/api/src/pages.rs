//! The pages: rendered on the server, over the same commands as the JSON API.
//!
//! # Who is who
//!
//! - [`visit`] — who opens a page ([`visit::Visitor`]), what was sent ([`visit::Post`]), and what is shown when it can't be done.
//! - [`view`] — what each page shows, as plain structs with a template each; drawn with samples in its tests.
//! - [`shape`] — from the domain's rows to those structs.
//! - `entry`, `home`, `people`, `stays`, `filing`, `events`, `letters`, `notices`, `survey`, `admin` — the handlers, by subject.
//! - [`assets`] — style, script and icon; `upload` — the one form with a file.
//!
//! # The flow of a form
//!
//! `GET` draws it with a token and a key. `POST` with the button "send" runs the command and leads on (303); refused, it draws the same
//! form with everything that was typed, what is wrong beside each field, and a summary on top. Any other button draws it again without
//! sending. A form that meets no session or no database is held in the page that says so ([`view::entry::Held`]).
//!
//! # What is not promised
//!
//! A form is held only as long as its page stays open: nothing half-typed is kept on the server. Fragments (the outcome while ticking)
//! are a convenience of htmx; without script the button 判定を確かめる does the same.
//!
//! # How to add a page
//!
//! A struct in `view/`, a template, a sample of it in `view/samples.rs`; a handler that fills it; a route here; a walk in
//! `tests/browser`. No style, script or name in an address: the policy below refuses the first two, the audit trail is why for the third.

mod admin;
pub(crate) mod assets;
mod entry;
mod events;
mod filing;
mod home;
mod letters;
mod notices;
mod people;
mod shape;
mod stays;
mod survey;
mod upload;
mod view;
mod visit;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};

use crate::state::App;

/// Nothing from elsewhere, nothing inline; forms lead only here, and nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page, with its headers.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(home::home))
        .route("/login", get(entry::form).post(entry::enter))
        .route("/logout", post(entry::leave))
        .route("/overview", get(home::overview))
        .route("/patients/search", get(people::search_form).post(people::search))
        .route("/patients/new", get(people::new_form).post(people::register))
        .route("/patients/{id}", get(people::show))
        .route("/patients/{id}/edit", get(people::edit_form).post(people::edit))
        .route("/patients/{id}/care-team", get(people::team_form).post(people::name_manager))
        .route("/encounters/new", get(stays::admission_form).post(stays::admit))
        .route("/encounters/{id}", get(stays::show))
        .route("/encounters/{id}/file", get(filing::form).post(filing::file))
        .route("/encounters/{id}/file/outcome", post(filing::outcome))
        .route("/encounters/{id}/events", get(events::form).post(events::record))
        .route("/encounters/{id}/tell", get(letters::tell_form).post(letters::tell))
        .route("/encounters/{id}/contact", get(letters::contact_form).post(letters::log_contact))
        .route("/encounters/{id}/contacts/{contact}/receipt", post(letters::confirm))
        .route("/notices", get(notices::list))
        .route("/notices/{id}", get(notices::open))
        .route("/notices/{id}/acknowledgement", post(notices::acknowledge))
        .route("/notices/{id}/withdrawal", post(notices::withdraw))
        .route("/notices/{id}/replacement", post(notices::replace))
        .route("/survey", get(survey::show))
        .route("/survey/publication", post(survey::publish))
        .route("/survey.json", get(survey::json))
        .route("/survey.csv", get(survey::csv))
        .route("/survey.pdf", get(survey::pdf))
        .route("/admin/calendar", get(admin::calendar).post(admin::load_calendar))
        .route("/audit", get(admin::audit))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .fallback(home::nowhere)
        .layer(map_response(guard))
}

/// Where the style of the pages is served: for pages that others draw (the demo's mailbox).
pub fn stylesheet() -> &'static str {
    &assets::served().style
}

/// The headers of every page. What may hold personal data is kept by no cache.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
