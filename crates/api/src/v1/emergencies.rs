//! 緊急閲覧: a record opened in an emergency, and the list of those for the auditor.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Command;
use domain::patient::InsuredNumber;
use domain::text::{Kana, Line};
use domain::trail::BreakGlass;
use domain::{EncounterId, Fault, Instant, PatientId, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::reply::{Reply, Shown, Window};
use super::wire::day;
use super::write::{Ask, Write};
use crate::emergency::{Wanted, open};
use crate::error::ApiError;
use crate::run::{Answer, may_in_region, run};
use crate::session::SignedIn;
use crate::state::App;

/// How far back the list goes: two months, so that the month under review is whole.
pub(crate) const LISTED_DAYS: i64 = 62;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_emergencies, break_glass))
}

/// Whose record, by one of: `encounter_id`, `patient_id` (for whoever finds everybody), `insured_number`, or `kana` with `birth_on`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EmergencyBody {
    #[schema(value_type = Option<Uuid>)]
    encounter_id: Option<EncounterId>,
    #[schema(value_type = Option<Uuid>)]
    patient_id: Option<PatientId>,
    insured_number: Option<String>,
    kana: Option<String>,
    #[schema(format = Date)]
    birth_on: Option<String>,
    /// Why it can't wait; read by the auditor.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

impl EmergencyBody {
    fn wanted(&self) -> Result<Wanted, Refusal> {
        if let Some(id) = self.encounter_id {
            return Ok(Wanted::Encounter(id));
        }
        if let Some(id) = self.patient_id {
            return Ok(Wanted::Patient(id));
        }
        if let Some(number) = &self.insured_number {
            let number = InsuredNumber::parse(number).map_err(|fault| Refusal::at("insured_number", fault))?;
            return Ok(Wanted::Insured(number));
        }
        let (Some(kana), Some(birth_on)) = (&self.kana, &self.birth_on) else {
            return Err(Refusal::at("patient_id", Fault::Missing));
        };
        let kana = Kana::parse(kana).map_err(|fault| Refusal::at("kana", fault))?;
        let birth_on = day(birth_on).map_err(|fault| Refusal::at("birth_on", fault))?;
        Ok(Wanted::Born { kana, birth_on })
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct EmergencyView {
    id: Uuid,
    patient_id: Uuid,
    /// The person's stays that go on; open to look at as she is.
    encounter_ids: Vec<Uuid>,
    /// The end of it.
    #[schema(value_type = String, format = DateTime)]
    until_at: Instant,
}

/// Opens the record of a person whom one has nothing to do with, in an emergency: to look at, for a limited time. Her hospital and her
/// care office are told, and the auditor reviews it.
#[utoipa::path(
    post, path = "/api/v1/emergencies", tag = "emergencies", request_body = EmergencyBody,
    responses(
        (status = 201, body = EmergencyView),
        (status = 404, description = "Nobody fits, or several do.", body = crate::error::Problem, content_type = "application/problem+json"),
    )
)]
async fn break_glass(
    State(app): State<App>,
    who: SignedIn,
    Write { body, key, if_match }: Write<EmergencyBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::BreakGlass)?;
    let reason = Line::parse(&body.reason)
        .map_err(|fault| Refusal::at("reason", if fault == Fault::Missing { Fault::ReasonMissing } else { fault }))?;
    let wanted = body.wanted()?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let (changes, opened) = open(&app, &who, &wanted, &reason).await?;
        let view = EmergencyView {
            id: opened.glass.id.uuid(),
            patient_id: opened.glass.patient_id.uuid(),
            encounter_ids: opened.stays.iter().map(|id| id.uuid()).collect(),
            until_at: opened.glass.until_at,
        };
        Ok((changes, Answer::json(StatusCode::CREATED, &view)))
    };
    run(&app, &sender, decide).await.map(Reply)
}

#[derive(Debug, Serialize, ToSchema)]
struct EmergencyLineView {
    id: Uuid,
    account_id: Uuid,
    organization_id: Uuid,
    patient_id: Uuid,
    encounter_id: Option<Uuid>,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    until_at: Instant,
}

#[derive(Debug, Serialize, ToSchema)]
struct EmergencyList {
    /// Of the last two months, the newest first.
    emergencies: Vec<EmergencyLineView>,
    next: Option<String>,
}

/// Which page of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EmergencyQuery {
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the answer before.
    #[param(pattern = "^[0-9a-f]{32}$")]
    after: Option<String>,
}

/// Records opened in an emergency, for the review.
#[utoipa::path(
    get, path = "/api/v1/emergencies", tag = "emergencies", params(EmergencyQuery),
    responses((status = 200, body = EmergencyList))
)]
async fn list_emergencies(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<EmergencyQuery>,
) -> Result<Shown<EmergencyList>, ApiError> {
    may_in_region(&who.actor, Command::ViewAudit)?;
    let window = Window::of(asked.limit, asked.after.as_deref())?;
    let (since, after) = (app.now().plus_days(-LISTED_DAYS), window.after.map(Into::into));
    let found = app.store().opened_in_emergency(who.actor.region_id, since, after, window.limit).await?;
    let next = window.next(found.len(), found.last().map(|glass| glass.id.uuid()));
    app.store().append_audit(vec![who.audit_entry(app.now(), Command::ViewAudit.name())]).await?;
    let line = |glass: BreakGlass| EmergencyLineView {
        id: glass.id.uuid(),
        account_id: glass.account_id.uuid(),
        organization_id: glass.organization_id.uuid(),
        patient_id: glass.patient_id.uuid(),
        encounter_id: glass.encounter_id.map(EncounterId::uuid),
        reason: glass.reason.to_string(),
        opened_at: glass.opened_at,
        until_at: glass.until_at,
    };
    Ok(Shown(EmergencyList { emergencies: found.into_iter().map(line).collect(), next }, None))
}
