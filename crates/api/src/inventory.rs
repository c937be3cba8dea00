//! Every way in, with what it stands for in the table of [`domain::access`].
//!
//! - A page gets its row where it is registered ([`Screens`]): there is no other way to register one.
//! - A JSON operation has its row in [`of_operation`]; one without a row fails the tests of [`crate::v1`].
//! - A machine's token is held against the row of the route before the handler is asked ([`of_request`]): without a row, nothing.
//! - `tests/it/access` walks every row with every role and every relation on the real router, and compares the answers with the table.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::MatchedPath;
use axum::handler::Handler;
use axum::http::Method;
use axum::http::request::Parts;
use axum::routing;
use domain::access::Command;

use crate::state::App;

/// Whose record a route's id names, so which relation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// Nobody's: it belongs to the whole region.
    Region,
    /// No id: a list or a search that holds only what the asking person may reach.
    Own,
    Person,
    Stay,
    /// A notice; what is done about it is done to its stay.
    Notice,
    /// Somebody who logs in.
    Account,
    /// A system of an organization.
    Machine,
}

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, logged in or not. Nothing behind it is about anybody.
    Public,
    /// Every person who is logged in: what is shown is about herself.
    OwnSession,
    /// Every person who is logged in, and every machine.
    SignedIn,
    May(Command, Record),
}

/// One way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    /// As registered, with `{id}`.
    pub path: String,
    pub access: Access,
}

impl Route {
    pub(crate) fn new(method: &'static str, path: impl Into<String>, access: Access) -> Self {
        Self { method, path: path.into(), access }
    }
}

/// All of them: JSON, pages, and what a watcher asks.
pub fn routes() -> Vec<Route> {
    let mut all = crate::v1::inventory();
    all.extend(crate::pages::screens().rows);
    all.extend(crate::health::PATHS.map(|path| Route::new("GET", path, Access::Public)));
    all
}

static JSON: LazyLock<HashMap<String, Access>> = LazyLock::new(|| {
    crate::v1::inventory().into_iter().map(|row| (format!("{} {}", row.method, row.path), row.access)).collect()
});

/// The row of the JSON operation that a request has come to.
pub(crate) fn of_request(parts: &Parts) -> Option<Access> {
    let path = parts.extensions.get::<MatchedPath>()?.as_str();
    // A HEAD is answered by what answers the GET.
    let method = if parts.method == Method::HEAD { "GET" } else { parts.method.as_str() };
    JSON.get(&format!("{method} {path}")).copied()
}

/// The row of a JSON operation, by its `operationId`.
pub(crate) fn of_operation(id: &str) -> Option<Access> {
    use Access::{May, OwnSession, Public, SignedIn};
    use Command as C;
    use Record::{Account, Machine, Notice, Own, Person, Region, Stay};
    Some(match id {
        "log_in" | "second_factor" => Public,
        "log_out" => OwnSession,
        "me" => SignedIn,
        "agreement" | "organizations" | "calendar" | "evaluate" => May(C::ViewDirectory, Region),
        "list_machines" | "add_machine" => May(C::ManageMachines, Own),
        "revoke_machine" => May(C::ManageMachines, Machine),
        "put_calendar" => May(C::ManageCalendar, Region),
        "audit" | "list_reviews" | "list_emergencies" => May(C::ViewAudit, Region),
        "incident_csv" => May(C::ExportAudit, Account),
        "break_glass" => May(C::BreakGlass, Region),
        "review_audit" => May(C::ReviewAudit, Region),

        "search_patients" => May(C::SearchPatients, Own),
        "duplicates" => May(C::SearchPatients, Person),
        "register" => May(C::RegisterPatient, Region),
        "show_patient" | "show_team" => May(C::ViewPatient, Person),
        "correct_patient" => May(C::WritePatient, Person),
        "name_manager" => May(C::WriteCareTeam, Person),

        "show_consents" | "record_consent" => May(C::WriteConsent, Person),
        "show_disclosures" => May(C::ViewDisclosures, Person),
        "export_patient" => May(C::ExportPatient, Person),
        "list_holds" | "set_hold" | "lift_hold" => May(C::HoldRecords, Region),

        "list_encounters" => May(C::ListEncounters, Own),
        "admit" => May(C::Admit, Region),
        "show" => May(C::ViewEncounter, Stay),
        "record" => May(C::RecordEvent, Stay),
        "screen" => May(C::Screen, Stay),
        "file" => May(C::File, Stay),
        "issue" | "recipient" => May(C::IssueNotice, Stay),
        "log_contact" => May(C::LogContact, Stay),
        "confirm_receipt" => May(C::ConfirmReceipt, Stay),
        "take_back_contact" => May(C::TakeBackContact, Stay),

        "list_notices" => May(C::ListNotices, Own),
        "open" => May(C::ViewNotice, Notice),
        "acknowledge" => May(C::Acknowledge, Notice),
        "withdraw" | "replace" => May(C::TakeBackNotice, Notice),

        "list_warnings" => May(C::ViewWarnings, Own),
        "overview" => May(C::ViewOverview, Region),
        "survey_json" | "survey_csv" | "survey_pdf" | "list_published" => May(C::ViewSurvey, Region),
        "publish_survey" => May(C::PublishSurvey, Region),
        _ => return None,
    })
}

/// Pages on their way into the router, each with its row.
pub(crate) struct Screens {
    pub(crate) router: Router<App>,
    pub(crate) rows: Vec<Route>,
}

impl Screens {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), rows: Vec::new() }
    }

    /// A page that is looked at.
    pub(crate) fn get<T: 'static>(mut self, path: &str, access: Access, handler: impl Handler<T, App>) -> Self {
        self.router = self.router.route(path, routing::get(handler));
        self.rows.push(Route::new("GET", path, access));
        self
    }

    /// A form that is sent.
    pub(crate) fn post<T: 'static>(mut self, path: &str, access: Access, handler: impl Handler<T, App>) -> Self {
        self.router = self.router.route(path, routing::post(handler));
        self.rows.push(Route::new("POST", path, access));
        self
    }
}
