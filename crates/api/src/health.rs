//! For a watcher: whether the process lives, and whether it does its work.
//!
//! Ready means: the database answers, the sweep has run lately, mails leave, and nobody has told this instance to stop. So a watcher that asks here watches the watcher too. No
//! login: nothing here is about anybody.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Instant;
use serde::Serialize;
use storage::StoreError;

use crate::state::App;

pub(crate) const PATHS: [&str; 2] = ["/health/live", "/health/ready"];

/// `/health/live` and `/health/ready`.
pub fn router() -> Router<App> {
    let [alive, at_work] = PATHS;
    Router::new().route(alive, get(live)).route(at_work, get(ready))
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
    /// Of the last sweep, or of the mail that waits longest (see [`storage::Store::mails_wait_since`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<i64>,
    /// What is wrong, for whoever is called at night.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Check {
    fn of(name: &'static str, age_seconds: Option<i64>, wrong: Option<String>) -> Self {
        Self { name, ok: wrong.is_none(), age_seconds, reason: wrong }
    }
}

async fn live() -> Response {
    answer(&Health { status: "ok", checks: Vec::new() })
}

async fn ready(State(app): State<App>) -> Response {
    if app.is_leaving() {
        let leaving = Check::of("leaving", None, Some("this instance was told to stop".into()));
        return answer(&Health { status: "leaving", checks: vec![leaving] });
    }
    let now = app.now();
    let limit = app.settings().stale_after_seconds;
    let seconds_since = |at: Instant| (now.micros() - at.micros()) / 1_000_000;
    let failed = |error: StoreError| Some(error.to_string());
    let database = Check::of("database", None, app.store().ping().await.err().and_then(failed));
    if !database.ok {
        // Each further question would only wait for the same database.
        let unknown = |name| Check::of(name, None, Some("not known without the database".into()));
        return answer(&Health { status: "failing", checks: vec![database, unknown("sweep"), unknown("outbox")] });
    }
    let sweep = match app.store().last_sweep_at().await.map(|last| last.map(seconds_since)) {
        Ok(Some(age)) if age <= limit => Check::of("sweep", Some(age), None),
        Ok(Some(age)) => Check::of("sweep", Some(age), Some(format!("no sweep for {age} s, the limit is {limit} s"))),
        Ok(None) => Check::of("sweep", None, Some("no sweep has run yet".into())),
        Err(error) => Check::of("sweep", None, failed(error)),
    };
    let outbox = match app.store().mails_wait_since(now).await.map(|since| since.map(seconds_since)) {
        Ok(Some(age)) if age > limit => {
            Check::of("outbox", Some(age), Some(format!("mails wait for {age} s, the limit is {limit} s")))
        }
        Ok(age) => Check::of("outbox", age, None),
        Err(error) => Check::of("outbox", None, failed(error)),
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
