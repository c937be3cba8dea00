//! HTTP: the notification API (JSON, OpenAPI 3.1) and the pages, both over the same commands.
//!
//! # Who is who
//!
//! - [`state::App`] — what every handler holds.
//! - [`session::SignedIn`] — the person behind a request, from a cookie (pages) or a bearer token (JSON), or the system (JSON alone).
//! - `machine` — the tokens of hospitals' and offices' own systems.
//! - `neighbours` — acting in a further region, and lists over all of them.
//! - [`login`] — the steps to a session; [`password`], [`factor`], [`passkey`], [`oidc`], [`throttle`] — what they stand on.
//! - [`run`] — the one loop that reads a case, lets the domain decide, and applies; access, idempotency and staleness live there.
//! - `crowd` — how many requests are in hand at a time; `received` — their bodies, read before that.
//! - [`holidays`] — the official table: taken from an administrator, followed by every instance.
//! - [`inventory`] — every route with what it stands for in the access table.
//! - [`error::ApiError`] — every failure; becomes a problem document, or a page.
//! - [`yearly`] — the survey of a period, counted now or as it was published.
//! - [`v1`] — the JSON routes and their wire types. [`pages`] — the screens. [`health`] — for a watcher.
//!
//! # The flow of a write
//!
//! Parse at the edge into domain types (all faults of a form at once) → [`run::on_case`] → `domain::decide` → `storage::Store::apply`
//! → answer. A handler fits a screen.
//!
//! # What is not guaranteed
//!
//! A mail is not sent inside a request: the answer says that the notice is kept and on its way, no more.

mod crowd;
mod drain;
mod emergency;
pub mod error;
pub mod factor;
pub mod health;
pub mod holidays;
mod incident;
pub mod inventory;
pub mod login;
mod look;
mod machine;
mod neighbours;
pub mod oidc;
pub mod openapi;
pub mod pages;
pub mod passkey;
pub mod password;
mod received;
pub mod run;
pub mod secret;
pub mod session;
pub mod state;
pub mod throttle;
pub mod v1;
pub mod yearly;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::RequestId;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::field::Empty;
use tracing::{Instrument, Span};

pub use error::ApiError;
pub use state::{App, EdgeSettings};

/// Nothing that a ward files is near this size.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// Everything that is served: JSON under `/api/`, health, and the pages.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(v1::router())
        .merge(health::router())
        .merge(pages::router().layer(middleware::from_fn_with_state(app.clone(), pages::own_forms_alone)))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, app.settings().request_within))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), crowd::admit))
        .layer(middleware::from_fn_with_state(app.clone(), thread_request))
        .with_state(app)
}

/// Gives every request its id, for logs, the audit trail and the answer; logs method, route, status and time, never a query or a body.
async fn thread_request(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = app.request_id();
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let route = request.extensions().get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned());
    let began = std::time::Instant::now();
    let json = request.uri().path().starts_with("/api/");
    let span = span_of(id, &method, route.as_deref());
    let mut response = next.run(request).instrument(span.clone()).await;
    // What the layers inside answer by themselves (too slow, a panic) is a problem document under /api/ too.
    if json && matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::INTERNAL_SERVER_ERROR) {
        let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
        if !is_problem {
            let slow = response.status() == StatusCode::REQUEST_TIMEOUT;
            response = if slow { ApiError::TooSlow } else { ApiError::Inside("a handler panicked") }.into_response();
        }
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from_static("2"));
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if app.is_leaving() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let status = response.status().as_u16();
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let seconds = began.elapsed().as_secs_f64();
    let shown = route.unwrap_or_else(|| "-".to_owned());
    metrics::histogram!("tsunagi_request_seconds", "route" => shown.clone()).record(seconds);
    metrics::counter!("tsunagi_requests_total", "method" => known(&method), "route" => shown, "status" => status.to_string())
        .increment(1);
    span.record("http.response.status_code", i64::from(status));
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    span.in_scope(|| tracing::debug!(micros, "answered"));
    response
}

/// Any token is a method to HTTP; each would be a figure of its own, kept for ever.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}

/// A request in logs and traces. As loud as the gravest line in it: a filter never takes the id off an error.
fn span_of(id: RequestId, method: &Method, route: Option<&str>) -> Span {
    tracing::error_span!(
        "request",
        request_id = %id,
        http.request.method = known(method),
        http.route = route,
        http.response.status_code = Empty,
        otel.status_code = Empty
    )
}
