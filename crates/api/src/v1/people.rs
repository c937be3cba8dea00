//! 本人 and 担当: search, register, correct, propose who may be the same, name who manages the care.
//!
//! Whoever may reach only people of her own charge (a care manager) finds only those; everybody else's are "not found".

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Command;
use domain::changes::AuditEntry;
use domain::decide::{NewPatient, charge, correct_patient, register_patient};
use domain::patient::Patient;
use domain::text::Kana;
use domain::text::Line;
use domain::{Fault, PatientId, Refusal};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown, Window};
use super::wire::day;
use super::wire::patient::{
    CareTeamMemberView, CareTeamView, ChargeBody, PatientBody, PatientKeptView, PatientPage, PatientSearchBody,
    PatientView,
};
use super::write::{Id, Read, Write};
use crate::error::ApiError;
use crate::neighbours::Everywhere;
use crate::run::{Answer, Ground, may_ever, may_in_region, reachable, read_person, run};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(search_patients))
        .routes(routes!(register))
        .routes(routes!(show_patient, correct))
        .routes(routes!(duplicates))
        .routes(routes!(show_team, name_manager))
}

/// Everybody who is shown, on the trail of her own region; a search that found nobody is a row too.
pub(crate) fn found_entries(app: &App, who: &SignedIn, found: &[Patient]) -> Vec<AuditEntry> {
    let entry = || who.audit_entry(app.now(), Command::SearchPatients.name());
    let shown =
        |patient: &Patient| AuditEntry { patient_id: Some(patient.id), region_id: patient.region_id, ..entry() };
    if found.is_empty() { vec![entry()] } else { found.iter().map(shown).collect() }
}

pub(super) fn seen(app: &App, who: &SignedIn, id: PatientId, command: Command) -> AuditEntry {
    AuditEntry { patient_id: Some(id), ..who.audit_entry(app.now(), command.name()) }
}

/// People by reading or number. Everybody found is on the audit trail.
#[utoipa::path(
    post, path = "/api/v1/patients/search", tag = "patients", request_body = PatientSearchBody,
    responses((status = 200, body = PatientPage))
)]
async fn search_patients(
    State(app): State<App>,
    who: SignedIn,
    Read(body): Read<PatientSearchBody>,
) -> Result<Shown<PatientPage>, ApiError> {
    let command = Command::SearchPatients;
    may_ever(&who.actor, command)?;
    let text = Line::parse(&body.text).map_err(|fault| Refusal::at("text", fault))?;
    let window = Window::of(body.limit, body.after.as_deref())?;
    let (key, after) = (Kana::search_key(text.as_str()), window.after.map(PatientId::from));
    let everywhere = Everywhere::of(&app, &who.actor).await?;
    let (patients, last) = everywhere.people(&app, &key, command, after, window.limit).await?;
    let next = last.map(|id| id.uuid().simple().to_string());
    app.store().append_audit(found_entries(&app, &who, &patients)).await?;
    Ok(Shown(PatientPage { patients: patients.into_iter().map(PatientView::from).collect(), next }, None))
}

/// Registers a person. Whoever may be the same one is named in the answer, never merged.
#[utoipa::path(
    post, path = "/api/v1/patients", tag = "patients", request_body = PatientBody, responses((status = 201, body = PatientKeptView))
)]
async fn register(
    State(app): State<App>,
    who: SignedIn,
    Write { body, key, if_match }: Write<PatientBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::RegisterPatient)?;
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let ground = Ground::of(&app, &who.actor).await?;
        let context = ground.context(&app, &sender)?;
        let (id, changes) = register_patient(&context, new.clone())?;
        let view = kept(&app, &new, &context, changes.patient.as_ref().map(|write| write.row())).await?;
        let mut answer = Answer::json(StatusCode::CREATED, &view).at(format!("/api/v1/patients/{id}"));
        answer.version = Some(view.version);
        Ok((changes, answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}

async fn kept(
    app: &App,
    new: &NewPatient,
    context: &domain::decide::Context<'_>,
    row: Option<&Patient>,
) -> Result<PatientKeptView, ApiError> {
    let row = row.ok_or(ApiError::Inside("a registration without a person"))?;
    let same = app.store().possible_duplicates(row).await?;
    Ok(PatientKeptView {
        id: row.id.uuid(),
        version: row.version,
        doubts: new.doubts(context).into_iter().map(Into::into).collect(),
        may_be_same: same.iter().map(|patient| patient.id.uuid()).collect(),
    })
}

/// A person's particulars. The look is on the audit trail.
#[utoipa::path(
    get, path = "/api/v1/patients/{id}", tag = "patients", params(("id" = Uuid, Path)),
    responses((status = 200, body = PatientView))
)]
async fn show_patient(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
) -> Result<Shown<PatientView>, ApiError> {
    let patient = read_person(&app, &who.actor, id, Command::ViewPatient).await?;
    app.store().append_audit(vec![seen(&app, &who, id, Command::ViewPatient)]).await?;
    let version = patient.version;
    Ok(Shown(patient.into(), Some(version)))
}

/// Corrects a person's particulars as they were seen; `If-Match` is asked for.
#[utoipa::path(
    put, path = "/api/v1/patients/{id}", tag = "patients", params(("id" = Uuid, Path)), operation_id = "correct_patient",
    request_body = PatientBody, responses((status = 200, body = PatientKeptView))
)]
async fn correct(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
    headers: axum::http::HeaderMap,
    Write { body, key, if_match }: Write<PatientBody>,
) -> Result<Reply, ApiError> {
    if !headers.contains_key(axum::http::header::IF_MATCH) {
        read_person(&app, &who.actor, id, Command::WritePatient).await?;
        return Err(ApiError::PreconditionMissing);
    }
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let old = read_person(&app, &who.actor, id, Command::WritePatient).await?;
        if sender.if_match.is_some_and(|version| version != old.version) {
            return Err(Fault::Stale.into());
        }
        let ground = Ground::of(&app, &who.actor).await?;
        let context = ground.context(&app, &sender)?;
        let changes = correct_patient(&context, &old, new.clone())?;
        let view = kept(&app, &new, &context, changes.patient.as_ref().map(|write| write.row())).await?;
        let mut answer = Answer::json(StatusCode::OK, &view);
        answer.version = Some(view.version);
        Ok((changes, answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}

/// Who may be the same person. Everybody shown is on the audit trail.
#[utoipa::path(
    get, path = "/api/v1/patients/{id}/duplicates", tag = "patients", params(("id" = Uuid, Path)),
    responses((status = 200, body = PatientPage))
)]
async fn duplicates(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
) -> Result<Shown<PatientPage>, ApiError> {
    let patient = read_person(&app, &who.actor, id, Command::SearchPatients).await?;
    let same = app.store().possible_duplicates(&patient).await?;
    let same = reachable(&app, &who.actor, same, Command::SearchPatients).await?;
    let shown = same.iter().chain([&patient]);
    let audit = shown.map(|patient| seen(&app, &who, patient.id, Command::SearchPatients)).collect();
    app.store().append_audit(audit).await?;
    Ok(Shown(PatientPage { patients: same.into_iter().map(PatientView::from).collect(), next: None }, None))
}

/// Who manages and managed the care.
#[utoipa::path(
    get, path = "/api/v1/patients/{id}/care-team", tag = "patients", params(("id" = Uuid, Path)),
    responses((status = 200, body = CareTeamView))
)]
async fn show_team(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
) -> Result<Shown<CareTeamView>, ApiError> {
    let patient = read_person(&app, &who.actor, id, Command::ViewPatient).await?;
    let team = app.store().care_team(id).await?;
    let directory = app.store().directory(who.actor.region_id).await?;
    app.store().append_audit(vec![seen(&app, &who, id, Command::ViewPatient)]).await?;
    let members = team.iter().map(|member| CareTeamMemberView::of(member, &directory)).collect();
    Ok(Shown(CareTeamView { members }, Some(patient.version)))
}

/// Names the care manager in charge; whoever was in charge ends the day before.
#[utoipa::path(
    post, path = "/api/v1/patients/{id}/care-team", tag = "patients", params(("id" = Uuid, Path)),
    request_body = ChargeBody, responses((status = 201, body = CareTeamView))
)]
async fn name_manager(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
    Write { body, key, if_match }: Write<ChargeBody>,
) -> Result<Reply, ApiError> {
    let from_on = day(&body.from_on).map_err(|fault| Refusal::at("from_on", fault))?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let patient = read_person(&app, &who.actor, id, Command::WriteCareTeam).await?;
        if sender.if_match.is_some_and(|version| version != patient.version) {
            return Err(Fault::Stale.into());
        }
        let team = app.store().care_team(id).await?;
        let ground = Ground::of(&app, &who.actor).await?;
        let changes = charge(&ground.context(&app, &sender)?, &patient, &team, body.care_manager_id, from_on)?;
        let members = changes.team.iter().map(|member| CareTeamMemberView::of(member, &ground.directory)).collect();
        let mut answer = Answer::json(StatusCode::CREATED, &CareTeamView { members });
        answer.version = Some(patient.version + 1);
        Ok((changes, answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}
