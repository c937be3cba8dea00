//! The pages: rendered on the server, over the same commands as the JSON API.
//!
//! # Who is who
//!
//! - [`visit`] — who opens a page ([`visit::Visitor`]), what was sent ([`visit::Post`]), and what is shown when it can't be done.
//! - [`view`] — what each page shows, as plain structs with a template each; drawn with samples in its tests.
//! - [`shape`] — from the domain's rows to those structs.
//! - `entry`, `second`, `account`, `passkeys`, `outside`, `invited`, `staff`, `machines`, `home`, `people`, `particulars`, `stays`, `filing`, `events`, `letters`, `notices`, `consent`, `holds`, `survey`, `admin`, `trail` — the handlers, by subject.
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
//! A struct in `view/`, a template, a sample of it in `view/samples.rs`; a handler that fills it; a route in [`screens`], with what it stands for in the access table; a walk in
//! `tests/browser`. No style, script or name in an address: the policy below refuses the first two, the audit trail is why for the third.

mod account;
mod admin;
pub(crate) mod assets;
pub(crate) mod consent;
mod emergency;
mod entry;
mod events;
mod filing;
mod holds;
mod home;
mod invited;
mod letters;
mod machines;
mod notices;
mod outside;
mod particulars;
mod passkeys;
mod people;
mod second;
mod shape;
mod staff;
mod stays;
mod survey;
mod trail;
mod upload;
mod view;
mod visit;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, map_response};
use axum::response::Response;
use domain::access::Command;

use crate::error::ApiError;
use crate::inventory::{Access, Record, Screens};
use crate::state::App;

/// Nothing from elsewhere, nothing inline; forms lead only here, and nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every page, with its headers.
pub fn router() -> Router<App> {
    screens().router.fallback(home::nowhere).layer(map_response(guard))
}

/// Every page with its row of the inventory.
pub(crate) fn screens() -> Screens {
    use Access::{May, OwnSession, Public};
    use Command as C;
    use Record::{Machine, Notice, Own, Person, Region, Stay};
    Screens::new()
        // What stands there, each role may see: its own list, figures, or trail.
        .get("/", OwnSession, home::home)
        .get("/login", Public, entry::form)
        .post("/login", Public, entry::enter)
        .get("/login/second", Public, second::form)
        .post("/login/second", Public, second::enter)
        .post("/login/second/challenge", Public, second::challenge)
        .get("/login/oidc", Public, outside::set_out)
        .get(crate::oidc::CALLBACK, Public, outside::arrive)
        .get("/account", OwnSession, account::show)
        .post("/account/sessions", OwnSession, account::end_sessions)
        .get("/account/factor", OwnSession, account::factor_form)
        .post("/account/factor", OwnSession, account::set_factor)
        .post("/account/factor/removal", OwnSession, account::remove_factor)
        .get("/account/passkeys", OwnSession, passkeys::form)
        .post("/account/passkeys", OwnSession, passkeys::add)
        .post("/account/passkeys/challenge", OwnSession, passkeys::challenge)
        .get("/account/passkeys/removal", OwnSession, passkeys::removal_form)
        .post("/account/passkeys/removal", OwnSession, passkeys::remove)
        .get("/account/oidc", OwnSession, outside::form)
        .post("/account/oidc", OwnSession, outside::link)
        .post("/account/oidc/removal", OwnSession, outside::unlink)
        .get("/account/codes", OwnSession, account::codes_form)
        .post("/account/codes", OwnSession, account::renew_codes)
        .get("/account/password", OwnSession, account::password_form)
        .post("/account/password", OwnSession, account::change_password)
        .get("/invitation/{token}", Public, invited::form)
        .post("/invitation/{token}", Public, invited::accept)
        .get("/admin/people", May(C::ManagePeople, Own), staff::people)
        .post("/admin/people", May(C::ManagePeople, Own), staff::send_invitation)
        .post("/admin/people/account", May(C::ManagePeople, Own), staff::on_account)
        .get("/admin/machines", May(C::ManageMachines, Own), machines::list)
        .post("/admin/machines", May(C::ManageMachines, Own), machines::add)
        .post("/admin/machines/{id}/revocation", May(C::ManageMachines, Machine), machines::revoke_one)
        .post("/logout", OwnSession, entry::leave)
        .get("/overview", May(C::ViewOverview, Region), home::overview)
        .get("/patients/search", May(C::SearchPatients, Own), people::search_form)
        .post("/patients/search", May(C::SearchPatients, Own), people::search)
        .get("/patients/new", May(C::RegisterPatient, Region), particulars::new_form)
        .post("/patients/new", May(C::RegisterPatient, Region), particulars::register)
        .get("/patients/{id}", May(C::ViewPatient, Person), people::show)
        .get("/patients/{id}/edit", May(C::WritePatient, Person), particulars::edit_form)
        .post("/patients/{id}/edit", May(C::WritePatient, Person), particulars::edit)
        .get("/patients/{id}/care-team", May(C::WriteCareTeam, Person), people::team_form)
        .post("/patients/{id}/care-team", May(C::WriteCareTeam, Person), people::name_manager)
        .get("/patients/{id}/consents", May(C::WriteConsent, Person), consent::form)
        .post("/patients/{id}/consents", May(C::WriteConsent, Person), consent::record)
        .get("/patients/{id}/disclosures", May(C::ViewDisclosures, Person), consent::disclosures)
        .get("/encounters/new", May(C::Admit, Person), stays::admission_form)
        .post("/encounters/new", May(C::Admit, Person), stays::admit)
        .get("/encounters/{id}", May(C::ViewEncounter, Stay), stays::show)
        .get("/encounters/{id}/file", May(C::File, Stay), filing::form)
        .post("/encounters/{id}/file", May(C::File, Stay), filing::file)
        .post("/encounters/{id}/file/outcome", May(C::File, Stay), filing::outcome)
        .get("/encounters/{id}/events", May(C::RecordEvent, Stay), events::form)
        .post("/encounters/{id}/events", May(C::RecordEvent, Stay), events::record)
        .get("/encounters/{id}/tell", May(C::IssueNotice, Stay), letters::tell_form)
        .post("/encounters/{id}/tell", May(C::IssueNotice, Stay), letters::tell)
        .get("/encounters/{id}/contact", May(C::LogContact, Stay), letters::contact_form)
        .post("/encounters/{id}/contact", May(C::LogContact, Stay), letters::log_contact)
        .post("/encounters/{id}/contacts/{contact}/receipt", May(C::ConfirmReceipt, Stay), letters::confirm)
        .post(
            "/encounters/{id}/contacts/{contact}/retraction",
            May(C::TakeBackContact, Stay),
            letters::take_back_contact,
        )
        .get("/notices", May(C::ListNotices, Own), notices::list)
        .get("/notices/{id}", May(C::ViewNotice, Notice), notices::open)
        .post("/notices/{id}/acknowledgement", May(C::Acknowledge, Notice), notices::acknowledge)
        .post("/notices/{id}/withdrawal", May(C::TakeBackNotice, Notice), notices::withdraw)
        .post("/notices/{id}/replacement", May(C::TakeBackNotice, Notice), notices::replace)
        .get("/survey", May(C::ViewSurvey, Region), survey::show)
        .post("/survey/publication", May(C::PublishSurvey, Region), survey::publish)
        .get("/survey.json", May(C::ViewSurvey, Region), survey::json)
        .get("/survey.csv", May(C::ViewSurvey, Region), survey::csv)
        .get("/survey.pdf", May(C::ViewSurvey, Region), survey::pdf)
        .get("/admin/calendar", May(C::ManageCalendar, Region), admin::calendar)
        .post("/admin/calendar", May(C::ManageCalendar, Region), admin::load_calendar)
        .get("/admin/holds", May(C::HoldRecords, Region), holds::list)
        .post("/admin/holds", May(C::HoldRecords, Region), holds::set)
        .post("/admin/holds/{id}/lifting", May(C::HoldRecords, Region), holds::lift_hold)
        .get("/emergency", May(C::BreakGlass, Region), emergency::form)
        .post("/emergency", May(C::BreakGlass, Region), emergency::break_glass)
        .get("/audit", May(C::ViewAudit, Region), trail::audit)
        .get("/audit/incident.csv", May(C::ExportAudit, Region), trail::incident)
        .get("/audit/reviews", May(C::ReviewAudit, Region), trail::reviews)
        .post("/audit/reviews", May(C::ReviewAudit, Region), trail::review)
        .get("/assets/{hash}/{name}", Public, assets::serve)
}

/// Where the style of the pages is served: for pages that others draw (the demo's mailbox).
pub fn stylesheet() -> &'static str {
    &assets::served().style
}

/// Too much is in hand: nothing was read of what was sent, and the browser still has it.
pub(crate) async fn refused(app: &App, error: &ApiError) -> Response {
    let (title, title_en) = match error {
        ApiError::TooSlow => ("時間切れ", "Too slow"),
        _ => ("混み合っています", "Busy"),
    };
    guard(visit::wrong(error, visit::outside(app, title, title_en), String::new(), None)).await
}

/// A form that a page of another site sends is refused, whatever it is for: the login's has no token of a session yet, and nobody shall be logged in
/// as somebody else without noticing. Browsers say where a form comes from; whatever doesn't is no browser of somebody's.
pub(crate) async fn own_forms_alone(State(app): State<App>, request: Request, next: Next) -> Response {
    let from = request.headers().get("sec-fetch-site");
    if request.method() == Method::POST && from.is_some_and(|site| site != "same-origin" && site != "none") {
        let frame = visit::outside(&app, "エラー", "Error");
        return guard(visit::wrong(&ApiError::ForeignForm, frame, String::new(), None)).await;
    }
    next.run(request).await
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
