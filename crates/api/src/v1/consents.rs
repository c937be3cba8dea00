//! 同意, to whom a person's record was given, and a copy of it.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::{Actor, Command, Relation, reach};
use domain::decide::{disclose, record_consent};
use domain::disclosure::Line;
use domain::{Fault, PatientId};
use storage::EncounterFilter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::people::seen;
use super::reply::{Reply, Shown};
use super::wire::consent::{
    ConsentBody, ConsentView, ConsentsView, DisclosureView, DisclosuresView, ExportBody, ExportView,
};
use super::wire::patient::CareTeamMemberView;
use super::wire::stay::EncounterHead;
use super::write::{Id, Read, Write};
use crate::error::ApiError;
use crate::run::{Answer, Ground, read_person, run};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_consents, record))
        .routes(routes!(show_disclosures))
        .routes(routes!(export_patient))
}

/// What was said about consent, and what it comes to. The look is on the audit trail.
#[utoipa::path(
    get, path = "/api/v1/patients/{id}/consents", tag = "consents", params(("id" = Uuid, Path)),
    responses((status = 200, body = ConsentsView))
)]
async fn show_consents(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
) -> Result<Shown<ConsentsView>, ApiError> {
    let patient = read_person(&app, &who.actor, id, Command::WriteConsent).await?;
    let consents = app.store().consents(id).await?;
    app.store().append_audit(vec![seen(&app, &who, id, Command::ViewPatient)]).await?;
    Ok(Shown(ConsentsView::of(&consents), Some(patient.version)))
}

/// Records that a consent was given or withdrawn; what was said before stays on record.
#[utoipa::path(
    post, path = "/api/v1/patients/{id}/consents", tag = "consents", params(("id" = Uuid, Path)),
    operation_id = "record_consent", request_body = ConsentBody, responses((status = 201, body = ConsentsView))
)]
async fn record(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
    Write { body, key, if_match }: Write<ConsentBody>,
) -> Result<Reply, ApiError> {
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let patient = read_person(&app, &who.actor, id, Command::WriteConsent).await?;
        if sender.if_match.is_some_and(|version| version != patient.version) {
            return Err(Fault::Stale.into());
        }
        let mut consents = app.store().consents(id).await?;
        let ground = Ground::of(&app, &who.actor).await?;
        let (_, changes) = record_consent(&ground.context(&app, &sender)?, &patient, &consents, new)?;
        consents.extend(changes.consents.iter().cloned());
        let mut answer = Answer::json(StatusCode::CREATED, &ConsentsView::of(&consents));
        answer.version = Some(patient.version + 1);
        Ok((changes, answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}

/// To whom a person's record was given, as far as the actor may see it: what its own organization gave or got; all of it where the list needs no
/// relation to her.
pub(crate) async fn disclosures_for(app: &App, actor: &Actor, id: PatientId) -> Result<Vec<Line>, ApiError> {
    let mut lines = app.store().disclosures(id).await?;
    if actor.reach(Command::ViewDisclosures)? > Relation::Region {
        lines.retain(|line| line.concerns(actor.organization_id));
    }
    Ok(lines)
}

/// To whom one's organization gave anything of the person's record, and from whom it got some: notices, words outside the system, copies; for
/// the auditor those of all. The look is on the audit trail.
#[utoipa::path(
    get, path = "/api/v1/patients/{id}/disclosures", tag = "consents", params(("id" = Uuid, Path)),
    responses((status = 200, body = DisclosuresView))
)]
async fn show_disclosures(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
) -> Result<Shown<DisclosuresView>, ApiError> {
    read_person(&app, &who.actor, id, Command::ViewDisclosures).await?;
    let lines = disclosures_for(&app, &who.actor, id).await?;
    let directory = app.store().directory(who.actor.region_id).await?;
    app.store().append_audit(vec![seen(&app, &who, id, Command::ViewDisclosures)]).await?;
    let disclosures = lines.iter().map(|line| DisclosureView::of(line, &directory)).collect();
    Ok(Shown(DisclosuresView { disclosures }, None))
}

/// A copy of the person's record, as far as it is one's organization's own, for whoever is named. That it was given out is recorded before it leaves.
#[utoipa::path(
    post, path = "/api/v1/patients/{id}/exports", tag = "consents", params(("id" = Uuid, Path)),
    request_body = ExportBody, responses((status = 200, body = ExportView))
)]
async fn export_patient(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<PatientId>,
    Read(body): Read<ExportBody>,
) -> Result<Shown<ExportView>, ApiError> {
    let to_whom = body.parse()?;
    let patient = read_person(&app, &who.actor, id, Command::ExportPatient).await?;
    let sender = who.sender(None, None);
    let decide = || async {
        let ground = Ground::of(&app, &who.actor).await?;
        let changes = disclose(&ground.context(&app, &sender)?, &patient, to_whom.clone())?;
        Ok((changes, Answer::json(StatusCode::OK, &())))
    };
    run(&app, &sender, decide).await?;
    let directory = app.store().directory(who.actor.region_id).await?;
    let ours = who.actor.organization_id;
    let hospital = reach(who.actor.role, Command::ViewEncounter) == Some(Relation::Own);
    let filter = EncounterFilter {
        hospital_id: hospital.then_some(ours),
        office_id: (!hospital).then_some(ours),
        today: Some(app.now().day()),
        patient_id: Some(id),
        ..EncounterFilter::default()
    };
    let stays = app.store().list_encounters(who.actor.region_id, &filter, None, 1_000).await?;
    let (team, consents) = (app.store().care_team(id).await?, app.store().consents(id).await?);
    let lines = disclosures_for(&app, &who.actor, id).await?;
    let head = |line: &storage::EncounterLine| EncounterHead::of(&line.encounter, &directory, line.shares_with(ours));
    let view = ExportView {
        patient: patient.into(),
        care_team: team.iter().map(|member| CareTeamMemberView::of(member, &directory)).collect(),
        consents: consents.iter().map(ConsentView::from).collect(),
        encounters: stays.iter().map(head).collect(),
        disclosures: lines.iter().map(|line| DisclosureView::of(line, &directory)).collect(),
    };
    Ok(Shown(view, None))
}
