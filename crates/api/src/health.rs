//! For a watcher: whether the process lives, and whether it does its work.
//!
//! Ready means: the database answers, the sweep has run lately, and no mail waits longer than it should. So a watcher that asks here
//! watches the watcher too. No login: nothing here is about anybody.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Instant;
use serde::Serialize;

use crate::state::App;

/// `/health/live` and `/health/ready`.
pub fn router() -> Router<App> {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

#[derive(Debug, Serialize)]
struct Health {
    status: &'static str,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// Of the last sweep, or of the mail that is overdue longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<i64>,
}

async fn live() -> Response {
    answer(&Health { status: "ok", checks: Vec::new() })
}

async fn ready(State(app): State<App>) -> Response {
    let now = app.now();
    let limit = app.settings().stale_after_seconds;
    let seconds_since = |at: Instant| (now.micros() - at.micros()) / 1_000_000;
    let database = Check { name: "database", ok: app.store().ping().await.is_ok(), age_seconds: None };
    let sweep = match app.store().last_sweep_at().await {
        Ok(last) => {
            let age = last.map(seconds_since);
            Check { name: "sweep", ok: age.is_some_and(|age| age <= limit), age_seconds: age }
        }
        Err(_) => Check { name: "sweep", ok: false, age_seconds: None },
    };
    let outbox = match app.store().oldest_pending_delivery_at(now).await {
        Ok(oldest) => {
            let age = oldest.map(seconds_since);
            Check { name: "outbox", ok: age.is_none_or(|age| age <= limit), age_seconds: age }
        }
        Err(_) => Check { name: "outbox", ok: false, age_seconds: None },
    };
    let checks = vec![database, sweep, outbox];
    let status = if checks.iter().all(|check| check.ok) { "ok" } else { "failing" };
    answer(&Health { status, checks })
}

fn answer(health: &Health) -> Response {
    let status = if health.status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, serde_json::to_vec(health).unwrap_or_default()).into_response()
}
