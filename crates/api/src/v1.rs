//! The notification API: JSON under `/api/v1`, for machines, described at `/api/openapi.json`.
//!
//! # Who is who
//!
//! - [`wire`] — what goes over the wire; the only place that utoipa knows.
//! - [`mod@write`] — how a request is read: strictly, with `Idempotency-Key` and `If-Match`. [`reply`] — how it is answered.
//! - `session`, `people`, `consents`, `holds`, `machines`, `stays`, `filings`, `notices`, `figures`, `office`, `trail` — the handlers, each: parse, call, answer.
//!
//! # The flow
//!
//! [`SignedIn`](crate::session::SignedIn) → the body becomes domain types, all faults at once → [`run`](crate::run) → answer. Every look at
//! one person's record, and every person that a search finds, is on the audit trail before it is shown; a list of stays or notices is
//! one row there, without names.
//!
//! # What is not guaranteed
//!
//! A 201 for a notice says that it is kept and on its way, not that anybody has it. A cursor holds only for the list that gave it.
//!
//! # How to add a route
//!
//! A handler with `#[utoipa::path]` naming its success; the refusals and the conditions of a write are added to all by
//! [`openapi`]. Register it in its module's `routes()`, and say in [`inventory`](crate::inventory) what it stands for.

pub(crate) mod consents;
pub(crate) mod emergencies;
mod figures;
mod filings;
mod holds;
mod machines;
mod notices;
mod office;
pub(crate) mod people;
pub mod reply;
mod screens;
mod session;
mod stays;
pub(crate) mod trail;
pub mod wire;
pub mod write;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use domain::Fault;
use utoipa_axum::router::OpenApiRouter;

use crate::error::ApiError;
use crate::inventory::{Access, Route, of_operation};
use crate::openapi;
use crate::state::App;

/// All routes with their descriptions.
fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::head())
        .merge(session::routes())
        .merge(office::routes())
        .merge(people::routes())
        .merge(consents::routes())
        .merge(holds::routes())
        .merge(machines::routes())
        .merge(stays::routes())
        .merge(screens::routes())
        .merge(filings::routes())
        .merge(notices::routes())
        .merge(figures::routes())
        .merge(trail::routes())
        .merge(emergencies::routes())
}

/// The OpenAPI 3.1 document.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::complete(described().into_openapi())
}

/// Every operation with its row of the inventory.
pub(crate) fn inventory() -> Vec<Route> {
    let mut rows = vec![Route::new("GET", "/api/openapi.json", Access::Public)];
    for (path, method, id) in operations(&document()) {
        // The tests know of every operation that it has a row.
        rows.extend(of_operation(&id).map(|access| Route::new(method, path, access)));
    }
    rows
}

/// Path, method and id of each operation.
fn operations(document: &utoipa::openapi::OpenApi) -> Vec<(String, &'static str, String)> {
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        let operations = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
            ("HEAD", &item.head),
            ("OPTIONS", &item.options),
            ("TRACE", &item.trace),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                found.push((path.clone(), method, operation.operation_id.clone().unwrap_or_default()));
            }
        }
    }
    found
}

/// `/api/**`; what is unknown there is answered with a problem document too.
pub fn router() -> Router<App> {
    let (routes, openapi) = described().split_for_parts();
    let document: axum::body::Bytes = openapi::complete(openapi).to_json().unwrap_or_default().into();
    let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
    routes
        .route("/api/openapi.json", get(move || std::future::ready((json, document.clone()).into_response())))
        .route("/api/{*rest}", any(async || ApiError::from(Fault::NotFound)))
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_stands_in_the_inventory_of_routes() {
        for (path, method, id) in operations(&document()) {
            assert!(of_operation(&id).is_some(), "{method} {path} ({id}) has no row in inventory.rs");
        }
    }

    #[test]
    fn every_route_is_described_and_names_its_refusals() {
        let document = serde_json::to_value(document()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.len() >= 30, "{} paths", paths.len());
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
                assert!(responses.contains_key("503"), "{method} {path}");
                assert!(operation["operationId"].is_string(), "{method} {path}");
            }
        }
    }
}
