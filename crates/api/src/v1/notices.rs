//! Inbox and outbox, one notice opened, and what is done about it: answer, withdraw, replace.
//!
//! Whoever received a notice that was taken back, or sent it back, sees a tombstone: that there was one, and what became of it, but not about
//! whom.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Command;
use domain::case::Case;
use domain::consent::Content;
use domain::decide::Decision;
use domain::delivery::DeliveryState;
use domain::notice::Notice;
use domain::refusal::Faults;
use domain::text::{Line, Prose};
use domain::{EncounterId, Fault, NoticeId, Refusal};
use serde::Deserialize;
use storage::NoticeFilter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::reply::{Reply, Shown, Window};
use super::wire::answer::{AcknowledgementBody, AcknowledgementView};
use super::wire::consent::PersonView;
use super::wire::notice::{
    DeliveryStateName, DeliveryView, IssuedView, NoticeChangedView, NoticeLineView, NoticePage, NoticeStateName,
    NoticeView, OpenedNoticeView, ReadingView, ReplacementBody, WithdrawalBody,
};
use super::wire::patient::PatientView;
use super::write::{Ask, Id, Write};
use crate::error::ApiError;
use crate::neighbours::Everywhere;
use crate::run::{Answer, Ground, may_in_region, on_case, read_notice, run};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_notices))
        .routes(routes!(open))
        .routes(routes!(acknowledge))
        .routes(routes!(withdraw))
        .routes(routes!(replace))
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum MailboxName {
    #[default]
    Received,
    Sent,
}

/// Which notices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NoticeQuery {
    /// `received` unless told otherwise.
    #[serde(default)]
    #[param(required = false, inline)]
    mailbox: MailboxName,
    /// Only those that nobody has answered.
    #[serde(default)]
    #[param(required = false)]
    unanswered: bool,
    #[param(inline)]
    state: Option<NoticeStateName>,
    #[param(value_type = Option<Uuid>)]
    encounter_id: Option<EncounterId>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the answer before.
    #[param(pattern = "^[0-9a-f]{32}$")]
    after: Option<String>,
}

/// The notices of one's organization, the newest first.
#[utoipa::path(
    get, path = "/api/v1/notices", tag = "notices", params(NoticeQuery), responses((status = 200, body = NoticePage))
)]
async fn list_notices(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<NoticeQuery>,
) -> Result<Shown<NoticePage>, ApiError> {
    may_in_region(&who.actor, Command::ListNotices)?;
    let window = Window::of(asked.limit, asked.after.as_deref())?;
    let ours = Some(who.actor.organization_id);
    let (recipient_id, sender_id) = match asked.mailbox {
        MailboxName::Received => (ours, None),
        MailboxName::Sent => (None, ours),
    };
    let state = asked.state.map(|state| state.as_str().to_owned());
    let (encounter_id, unanswered_only) = (asked.encounter_id, asked.unanswered);
    let ward_id = who.actor.bound_to();
    let filter = NoticeFilter { recipient_id, sender_id, encounter_id, ward_id, state, unanswered_only };
    let after = window.after.map(NoticeId::from);
    let everywhere = Everywhere::of(&app, &who.actor).await?;
    let lines = everywhere.notices(&app, &filter, after, window.limit).await?;
    let buried = everywhere.buried(&app, &lines).await?;
    let named = lines.iter().map(|line| &line.notice).filter(|notice| !buried.contains(&notice.id));
    let named = named.map(|notice| (notice.region_id, notice.id.uuid()));
    app.store().append_audit(everywhere.audit(&app, &who, Command::ListNotices, named)).await?;
    let next = window.next(lines.len(), lines.last().map(|line| line.notice.id.uuid()));
    let line = |line: storage::NoticeLine| {
        let buried = buried.contains(&line.notice.id);
        NoticeLineView {
            notice: view(&line.notice, buried, line.content_for(who.actor.organization_id)),
            patient_name: (!buried).then_some(line.patient_name),
            patient_kana: (!buried).then_some(line.patient_kana),
        }
    };
    Ok(Shown(NoticePage { notices: lines.into_iter().map(line).collect(), next }, None))
}

fn view(notice: &Notice, buried: bool, content: Content) -> NoticeView {
    let mut view = NoticeView::from(notice);
    if buried || content == Content::Minimal {
        view.message = None;
    }
    if buried {
        view.planned_on = None;
    }
    view
}

/// Opens a notice. The receiver's first opening is kept, every look is on the audit trail.
#[utoipa::path(
    get, path = "/api/v1/notices/{id}", tag = "notices", params(("id" = Uuid, Path)),
    responses((status = 200, body = OpenedNoticeView))
)]
async fn open(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<NoticeId>,
) -> Result<Shown<OpenedNoticeView>, ApiError> {
    let notice = read_notice(&app, &who.actor, id, Command::ViewNotice).await?;
    let case = app.store().case(who.actor.region_id, notice.encounter_id).await?.ok_or(Fault::NotFound)?;
    let patient = case.patient.clone();
    let mut readings = app.store().readings(id).await?;
    let fresh = notice.recipient.organization_id == who.actor.organization_id
        && !readings.iter().any(|reading| reading.account_id == who.actor.account_id);
    if fresh {
        note_reading(&app, &who, &notice).await?;
        readings = app.store().readings(id).await?;
    } else {
        let mut seen = who.audit_entry(app.now(), Command::ViewNotice.name());
        (seen.patient_id, seen.encounter_id, seen.notice_id) = (Some(patient.id), Some(notice.encounter_id), Some(id));
        app.store().append_audit(vec![seen]).await?;
    }
    let accounts: Vec<_> = readings.iter().map(|reading| reading.account_id).collect();
    let names = app.store().accounts_named(&accounts).await?;
    let deliveries = app.store().deliveries_of_notice(id).await?;
    let acknowledgements = app.store().acknowledgements(id).await?;
    let buried = case.buries(&notice, who.actor.organization_id, app.now());
    let content = case.content_for(&notice, who.actor.organization_id, app.now());
    let directory = app.store().directory(who.actor.region_id).await?;
    let opened = OpenedNoticeView {
        notice: view(&notice, buried, content),
        person: (!buried).then(|| PersonView::of(&patient, case.encounter.hospital_id, &directory)),
        patient: (!buried && content == Content::Full).then(|| PatientView::from(patient)),
        acknowledgements: acknowledgements.iter().map(AcknowledgementView::from).collect(),
        readings: readings.iter().map(|reading| ReadingView::of(reading, &names)).collect(),
        deliveries: deliveries.iter().map(|(delivery, _)| delivery_view(delivery.id.uuid(), &delivery.state)).collect(),
    };
    Ok(Shown(opened, Some(case.encounter.version)))
}

fn delivery_view(id: Uuid, state: &DeliveryState) -> DeliveryView {
    let (state, attempts) = match state {
        DeliveryState::Pending { attempts, .. } => (DeliveryStateName::Pending, attempts),
        DeliveryState::Delivered { attempts, .. } => (DeliveryStateName::Delivered, attempts),
        DeliveryState::GivenUp { attempts, .. } => (DeliveryStateName::GivenUp, attempts),
    };
    DeliveryView { id, state, attempts: *attempts }
}

async fn note_reading(app: &App, who: &SignedIn, notice: &Notice) -> Result<(), ApiError> {
    let sender = who.sender(None, None);
    let decide = || async {
        let case = app.store().case(who.actor.region_id, notice.encounter_id).await?.ok_or(Fault::NotFound)?;
        let ground = Ground::of(app, &who.actor).await?;
        let mut decision = Decision::over(ground.context(app, &sender)?, case);
        decision.read(notice.id)?;
        Ok((decision.conclude_silently(Command::ViewNotice.name()), Answer::json(StatusCode::OK, &())))
    };
    run(app, &sender, decide).await.map(drop)
}

/// 受領確認: the receiver's coded answer. `not_our_client` and `other_office` go on to the next receiver at once. A hospital answers
/// `accepted` or `not_our_client` (it has no such patient); then the sender is told, and nobody else.
#[utoipa::path(
    post, path = "/api/v1/notices/{id}/acknowledgement", tag = "notices", params(("id" = Uuid, Path)),
    request_body = AcknowledgementBody, responses((status = 201, body = NoticeChangedView))
)]
async fn acknowledge(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<NoticeId>,
    Write { body, key, if_match }: Write<AcknowledgementBody>,
) -> Result<Reply, ApiError> {
    let answer = body.parse()?;
    let notice = read_notice(&app, &who.actor, id, Command::Acknowledge).await?;
    let sender = who.sender(key, if_match);
    let steps = |decision: &mut Decision<'_>| decision.acknowledge(id, answer);
    let answer = |(): &(), case: &Case| changed(StatusCode::CREATED, id, case);
    on_case(&app, &sender, notice.encounter_id, Command::Acknowledge, steps, answer).await.map(Reply)
}

/// Takes a notice back: a wrong person or a wrong kind. Its receiver is told.
#[utoipa::path(
    post, path = "/api/v1/notices/{id}/withdrawal", tag = "notices", params(("id" = Uuid, Path)),
    request_body = WithdrawalBody, responses((status = 201, body = NoticeChangedView))
)]
async fn withdraw(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<NoticeId>,
    Write { body, key, if_match }: Write<WithdrawalBody>,
) -> Result<Reply, ApiError> {
    let why = Line::parse(&body.why).map_err(|fault| Refusal::at("why", fault))?;
    let notice = read_notice(&app, &who.actor, id, Command::TakeBackNotice).await?;
    let sender = who.sender(key, if_match);
    let steps = |decision: &mut Decision<'_>| decision.withdraw(id, why.clone());
    let answer = |(): &(), case: &Case| changed(StatusCode::CREATED, id, case);
    on_case(&app, &sender, notice.encounter_id, Command::TakeBackNotice, steps, answer).await.map(Reply)
}

/// Puts a corrected notice in the place of one with a wrong ward or time.
#[utoipa::path(
    post, path = "/api/v1/notices/{id}/replacement", tag = "notices", params(("id" = Uuid, Path)),
    request_body = ReplacementBody, responses((status = 201, body = NoticeChangedView))
)]
async fn replace(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<NoticeId>,
    Write { body, key, if_match }: Write<ReplacementBody>,
) -> Result<Reply, ApiError> {
    let mut faults = Faults::default();
    let message = faults.take("message", Prose::parse(&body.message)).unwrap_or_default();
    faults.check()?;
    let notice = read_notice(&app, &who.actor, id, Command::TakeBackNotice).await?;
    let sender = who.sender(key, if_match);
    let steps = |decision: &mut Decision<'_>| decision.replace(id, message.clone());
    let answer =
        |with: &NoticeId, case: &Case| changed(StatusCode::CREATED, id, case).at(format!("/api/v1/notices/{with}"));
    on_case(&app, &sender, notice.encounter_id, Command::TakeBackNotice, steps, answer).await.map(Reply)
}

fn changed(status: StatusCode, id: NoticeId, case: &Case) -> Answer {
    let Some(notice) = case.notice(id) else { return Answer::json(status, &()) };
    let follow_up = case.notices.iter().find(|other| other.replaces == Some(id)).map(IssuedView::from);
    let (encounter_id, state) = (notice.encounter_id.uuid(), (&notice.state).into());
    Answer::json(status, &NoticeChangedView { id: id.uuid(), encounter_id, state, follow_up })
}
