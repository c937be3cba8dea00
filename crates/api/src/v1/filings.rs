//! Giving a word: the filing form whole, a notice by itself, who would be told, and words given outside.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Command;
use domain::case::Case;
use domain::decide::{NewFiling, recipient_of};
use domain::refusal::Faults;
use domain::text::Prose;
use domain::{ContactId, EncounterId, Fault, NoticeId, Refusal};
use rules::Outcome;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown};
use super::wire::contact::{ContactBody, ContactView};
use super::wire::notice::{FilingBody, FilingView, IssuedView, NamedRecipientView, NoticeBody, NoticeKeptView};
use super::wire::screening::DecisionBody;
use super::wire::{day, stay::StateView};
use super::write::{Id, Signal, Write};
use crate::error::ApiError;
use crate::run::{Answer, Ground, on_case, read_case};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(file))
        .routes(routes!(issue))
        .routes(routes!(recipient))
        .routes(routes!(log_contact))
        .routes(routes!(confirm_receipt))
        .routes(routes!(take_back_contact))
}

/// Plans the discharge, screens, and gives the notice if the screening asks for one: all or nothing. A screening that still misses an
/// answer is refused, and so is one that leaves it to a person (`notice_advised`) without her `decision`.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/filings", tag = "notices", params(("id" = uuid::Uuid, Path)),
    request_body = FilingBody, responses((status = 201, body = FilingView))
)]
async fn file(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
    Write { body, key, if_match }: Write<FilingBody>,
) -> Result<Reply, ApiError> {
    let mut faults = Faults::default();
    let planned_on = faults.take("planned_on", day(&body.planned_on));
    let message = faults.take("message", Prose::parse(&body.message));
    faults.check()?;
    let planned_on = planned_on.ok_or(Fault::Missing)?;
    let decided = DecisionBody::parse(body.decision.as_ref())?;
    let filing = NewFiling { planned_on, answers: body.answers, message: message.unwrap_or_default() };
    let sender = who.sender(key, if_match);
    let given = on_case(
        &app,
        &sender,
        id,
        Command::File,
        |decision| decision.file(&filing, || Ok(decided.clone())),
        |(outcome, notice_id): &(Outcome, Option<NoticeId>), case: &Case| {
            let notice = notice_id.and_then(|id| case.notice(id)).map(IssuedView::from);
            let because = outcome.reasons().iter().map(|reason| reason.criterion.to_string()).collect();
            let view = FilingView { encounter_id: id.uuid(), planned_on, outcome: outcome.kind(), because, notice };
            kept(&view, *notice_id)
        },
    );
    given.await.map(Reply)
}

/// Gives one notice to whoever is to be told.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/notices", tag = "notices", params(("id" = uuid::Uuid, Path)),
    request_body = NoticeBody, responses((status = 201, body = NoticeKeptView))
)]
async fn issue(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
    Write { body, key, if_match }: Write<NoticeBody>,
) -> Result<Reply, ApiError> {
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let answer = |notice_id: &NoticeId, case: &Case| match case.notice(*notice_id) {
        Some(notice) => {
            let shared = case.shares_with(who.actor.organization_id, app.now());
            let state = StateView::of(&case.encounter.state, shared);
            kept(&NoticeKeptView { notice: notice.into(), encounter_id: id.uuid(), state }, Some(*notice_id))
        }
        None => kept(&(), None),
    };
    on_case(&app, &sender, id, Command::IssueNotice, |decision| decision.issue(new.clone()), answer).await.map(Reply)
}

fn kept(view: &impl serde::Serialize, notice_id: Option<NoticeId>) -> Answer {
    let answer = Answer::json(StatusCode::CREATED, view);
    match notice_id {
        Some(id) => answer.at(format!("/api/v1/notices/{id}")),
        None => answer,
    }
}

/// Who would be told of this stay now, and why just they.
#[utoipa::path(
    get, path = "/api/v1/encounters/{id}/recipient", tag = "notices", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = NamedRecipientView), (status = 409, description = "There is nobody to tell.", body = crate::error::Problem, content_type = "application/problem+json"))
)]
async fn recipient(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
) -> Result<Shown<NamedRecipientView>, ApiError> {
    let case = read_case(&app, &who.actor, id, Command::IssueNotice).await?;
    let mut seen = who.audit_entry(app.now(), Command::ViewEncounter.name());
    (seen.patient_id, seen.encounter_id) = (Some(case.patient.id), Some(id));
    app.store().append_audit(vec![seen]).await?;
    let ground = Ground::of(&app, &who.actor).await?;
    let sender = who.sender(None, None);
    let found = recipient_of(&case, &ground.context(&app, &sender)?)?;
    Ok(Shown(NamedRecipientView::of(&found, &ground.directory), None))
}

/// Logs a word given outside the system; it counts like a notice.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/contacts", tag = "contacts", params(("id" = uuid::Uuid, Path)),
    request_body = ContactBody, responses((status = 201, body = ContactView))
)]
async fn log_contact(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
    Write { body, key, if_match }: Write<ContactBody>,
) -> Result<Reply, ApiError> {
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let steps = |decision: &mut domain::decide::Decision<'_>| decision.log_contact(new.clone());
    on_case(&app, &sender, id, Command::LogContact, steps, |id, case| contact(StatusCode::CREATED, *id, case))
        .await
        .map(Reply)
}

/// The other side has confirmed that the FAX, mail or letter came.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/contacts/{contact_id}/receipt", tag = "contacts",
    params(("id" = uuid::Uuid, Path), ("contact_id" = uuid::Uuid, Path)), responses((status = 200, body = ContactView))
)]
async fn confirm_receipt(
    State(app): State<App>,
    who: SignedIn,
    Id((id, contact_id)): Id<(EncounterId, ContactId)>,
    signal: Signal,
) -> Result<Reply, ApiError> {
    let sender = who.sender(signal.key, signal.if_match);
    let steps =
        |decision: &mut domain::decide::Decision<'_>| -> Result<(), Refusal> { decision.confirm_receipt(contact_id) };
    on_case(&app, &sender, id, Command::ConfirmReceipt, steps, |(), case| contact(StatusCode::OK, contact_id, case))
        .await
        .map(Reply)
}

/// Takes back a contact that was logged by mistake: from then on it counts for nothing. For the organization that logged it.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/contacts/{contact_id}/retraction", tag = "contacts",
    params(("id" = uuid::Uuid, Path), ("contact_id" = uuid::Uuid, Path)), responses((status = 200, body = ContactView))
)]
async fn take_back_contact(
    State(app): State<App>,
    who: SignedIn,
    Id((id, contact_id)): Id<(EncounterId, ContactId)>,
    signal: Signal,
) -> Result<Reply, ApiError> {
    let sender = who.sender(signal.key, signal.if_match);
    let steps = |decision: &mut domain::decide::Decision<'_>| decision.take_back_contact(contact_id);
    on_case(&app, &sender, id, Command::TakeBackContact, steps, |(), case| contact(StatusCode::OK, contact_id, case))
        .await
        .map(Reply)
}

fn contact(status: StatusCode, id: ContactId, case: &Case) -> Answer {
    match case.contacts.iter().find(|contact| contact.id == id) {
        Some(contact) => Answer::json(status, &ContactView::from(contact)),
        None => Answer::json(status, &()),
    }
}
