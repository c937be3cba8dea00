//! 入院: lists, admissions, events, and one stay as a whole.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::{Command, Relation, reach};
use domain::case::Case;
use domain::decide::{Decision, admit as admit_stay};
use domain::{EncounterId, EventId, Fault, PatientId, Refusal, WardId};
use serde::Deserialize;
use storage::EncounterFilter;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::reply::{Reply, Shown, Window};
use super::wire::event::{AdmitBody, EventBody};
use super::wire::stay::{
    EncounterHead, EncounterLineView, EncounterPage, EncounterView, KeptView, StateView, StayDoubtView,
};
use super::write::{Ask, Id, Write};
use crate::error::ApiError;
use crate::look;
use crate::neighbours::Everywhere;
use crate::run::{Answer, Ground, may_in_region, on_case, read_case, run, sees_all, still_open_here};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_encounters, admit)).routes(routes!(show)).routes(routes!(record))
}

/// Which stays.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EncounterQuery {
    /// Only of this ward.
    #[param(value_type = Option<Uuid>)]
    ward_id: Option<WardId>,
    /// Only of this person.
    #[param(value_type = Option<Uuid>)]
    patient_id: Option<PatientId>,
    /// Only those that go on.
    #[serde(default)]
    #[param(required = false)]
    open: bool,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the answer before.
    #[param(pattern = "^[0-9a-f]{32}$")]
    after: Option<String>,
}

/// The stays of one's hospital, or those that one's office has to do with; the newest first.
#[utoipa::path(
    get, path = "/api/v1/encounters", tag = "encounters", params(EncounterQuery), responses((status = 200, body = EncounterPage))
)]
async fn list_encounters(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<EncounterQuery>,
) -> Result<Shown<EncounterPage>, ApiError> {
    may_in_region(&who.actor, Command::ListEncounters)?;
    let window = Window::of(asked.limit, asked.after.as_deref())?;
    let ours = Some(who.actor.organization_id);
    let (hospital_id, office_id) = match reach(who.actor.role, Command::ViewEncounter) {
        Some(Relation::Own) => (ours, None),
        _ => (None, ours),
    };
    let ward_id = match (who.actor.bound_to(), asked.ward_id) {
        (Some(own), Some(asked)) if own != asked => return Err(Refusal::at("ward_id", Fault::UnknownId).into()),
        (own, asked) => own.or(asked),
    };
    let filter = EncounterFilter {
        hospital_id,
        office_id,
        ward_id,
        today: Some(app.now().day()),
        open_only: asked.open,
        patient_id: asked.patient_id,
    };
    let after = window.after.map(EncounterId::from);
    let everywhere = Everywhere::of(&app, &who.actor).await?;
    let lines = everywhere.encounters(&app, &filter, after, window.limit).await?;
    let shown = lines.iter().map(|line| (line.encounter.region_id, line.encounter.id.uuid()));
    app.store().append_audit(everywhere.audit(&app, &who, Command::ListEncounters, shown)).await?;
    let next = window.next(lines.len(), lines.last().map(|line| line.encounter.id.uuid()));
    let line = |line: storage::EncounterLine| EncounterLineView {
        encounter: EncounterHead::of(
            &line.encounter,
            everywhere.directory(line.encounter.region_id),
            line.shares_with(who.actor.organization_id),
        ),
        patient_name: line.patient.name,
        patient_kana: line.patient.kana,
        next_deadline: line.deadline.as_ref().map(Into::into),
        unacknowledged: line.unacknowledged,
    };
    Ok(Shown(EncounterPage { encounters: lines.into_iter().map(line).collect(), next }, None))
}

/// Admits a person to a ward of one's own hospital. Another stay of hers there that goes on is named as a doubt, never refused.
#[utoipa::path(
    post, path = "/api/v1/encounters", tag = "encounters", request_body = AdmitBody, responses((status = 201, body = KeptView))
)]
async fn admit(
    State(app): State<App>,
    who: SignedIn,
    Write { body, key, if_match }: Write<AdmitBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::Admit)?;
    let stay = body.parse()?;
    if who.actor.bound_to().is_some_and(|ward_id| ward_id != stay.ward_id) {
        return Err(Refusal::at("ward_id", Fault::UnknownId).into());
    }
    let sender = who.sender(key, if_match);
    let decide = || async {
        let open = still_open_here(&who.actor, body.patient_id);
        let open = app.store().count_encounters(who.actor.region_id, &open).await?;
        let doubts = (open > 0).then_some(StayDoubtView::AnotherStayOpen).into_iter().collect();
        let read = app.store().new_case(who.actor.region_id, body.patient_id).await?;
        let (patient, team, last) = read.ok_or_else(|| Refusal::at("patient_id", Fault::UnknownId))?;
        let ground = Ground::of(&app, &who.actor).await?;
        let decision = admit_stay(ground.context(&app, &sender)?, patient, team, last, &stay)?;
        let case = decision.case();
        let id = case.events.first().map_or(Uuid::nil(), |event| event.id.uuid());
        let mut answer = kept(id, case, doubts).at(format!("/api/v1/encounters/{}", case.encounter.id));
        answer.version = Some(1);
        Ok((decision.conclude(Command::Admit), answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}

fn kept(id: Uuid, case: &Case, doubts: Vec<StayDoubtView>) -> Answer {
    let state = StateView::from(&case.encounter.state);
    Answer::json(StatusCode::CREATED, &KeptView { id, encounter_id: case.encounter.id.uuid(), state, doubts })
}

/// One stay whole. The look is on the audit trail.
#[utoipa::path(
    get, path = "/api/v1/encounters/{id}", tag = "encounters", params(("id" = Uuid, Path)),
    responses((status = 200, body = EncounterView))
)]
async fn show(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
) -> Result<Shown<EncounterView>, ApiError> {
    let case = read_case(&app, &who.actor, id, Command::ViewEncounter).await?;
    let directory = app.store().directory(who.actor.region_id).await?;
    look::at_stay(&app, &who, &case).await?;
    let version = case.encounter.version;
    let sheet = domain::decide::sheet_days(&case, app.agreement(&directory)?, &app.calendar(), &directory);
    let shared = sees_all(&app, &who.actor, &case).await?;
    Ok(Shown(EncounterView::of(case, &directory, sheet, shared), Some(version)))
}

/// Records something that happened; late entries are welcome.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/events", tag = "encounters", params(("id" = Uuid, Path)),
    request_body = EventBody, responses((status = 201, body = KeptView))
)]
async fn record(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
    Write { body, key, if_match }: Write<EventBody>,
) -> Result<Reply, ApiError> {
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let steps = |decision: &mut Decision<'_>| decision.record(new.clone());
    let answer = |id: &EventId, case: &Case| kept(id.uuid(), case, Vec::new());
    on_case(&app, &sender, id, Command::RecordEvent, steps, answer).await.map(Reply)
}
