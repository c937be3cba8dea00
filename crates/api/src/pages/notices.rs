//! 連絡: the boxes, one notice opened, and what its receiver and its sender can do with it.
//!
//! Whoever received a notice that was taken back, or sent it back, sees a tombstone: that there was one, but not about whom.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::{Command, may, relation_to};
use domain::case::Case;
use domain::consent::Content;
use domain::deadline::DeadlineRule;
use domain::decide::{Decision, recipient_of};
use domain::delivery::{Delivery, DeliveryState};
use domain::notice::{Acknowledgement, AnswerKind, Notice, NoticeKind, NoticeState, RecipientReason};
use domain::party::OrganizationKind;
use domain::text::{Line, Prose};
use domain::{AccountId, Fault, NoticeId, Refusal};
use serde::Deserialize;
use storage::NoticeFilter;

use super::shape::{self, notice_row};
use super::stays::{place_for, recipient};
use super::view::form::{Choice, Form};
use super::view::notices::{AnswerRow, DeliveryRow, Mailbox, NoticePage, NoticeRow, Notices, ReplacedFor, Tombstone};
use super::view::typed::Typed;
use super::view::words::{self, Badge, Tone};
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::neighbours::Everywhere;
use crate::run::{Answer, Ground, may_in_region, on_case, read_notice, run};
use crate::state::App;

const A_PAGE: u32 = 50;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default, rename = "box")]
    mailbox: String,
    #[serde(default)]
    after: String,
}

pub(super) async fn list(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    visitor.answer(listed(&app, &visitor, &asked).await)
}

async fn listed(app: &App, visitor: &Visitor, asked: &Asked) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ListNotices)?;
    let actor = &visitor.who.actor;
    let ours = Some(actor.organization_id);
    let mailbox = Mailbox::of(&asked.mailbox);
    let after = if asked.after.is_empty() { None } else { Some(id::<NoticeId>(&asked.after)?) };
    let filter = NoticeFilter {
        recipient_id: ours.filter(|_| mailbox != Mailbox::Sent),
        sender_id: ours.filter(|_| mailbox == Mailbox::Sent),
        unanswered_only: mailbox == Mailbox::Waiting,
        ..NoticeFilter::default()
    };
    let everywhere = Everywhere::of(app, actor).await?;
    let lines = everywhere.notices(app, &filter, after, A_PAGE).await?;
    let buried = everywhere.buried(app, &lines).await?;
    let named = lines.iter().map(|line| &line.notice).filter(|notice| !buried.contains(&notice.id));
    let named = named.map(|notice| (notice.region_id, notice.id.uuid()));
    app.store().append_audit(everywhere.audit(app, &visitor.who, Command::ListNotices, named)).await?;
    let row = |line: &storage::NoticeLine| {
        let buried = buried.contains(&line.notice.id);
        let person = match line.notice.state {
            NoticeState::Declined { .. } if buried => ("(担当でないと回答した連絡)", ""),
            _ if buried => ("(取り消された連絡)", ""),
            _ => (line.patient_name.as_str(), line.patient_kana.as_str()),
        };
        let directory = everywhere.directory(line.notice.region_id);
        let row = notice_row(&line.notice, directory, Some(person), actor.organization_id);
        NoticeRow { planned: row.planned.filter(|_| !buried), ..row }
    };
    let more = lines.len() >= A_PAGE as usize;
    let shown = Notices {
        frame: visitor.frame("連絡", "Notices"),
        mailbox,
        next: lines.last().filter(|_| more).map(|line| line.notice.id.to_string()),
        rows: lines.iter().map(row).collect(),
    };
    page(StatusCode::OK, &shown)
}

/// The notice and its stay, if the visitor's organization sent or received it and may do `command`.
async fn own_notice(app: &App, visitor: &Visitor, wanted: &str, command: Command) -> Result<(Notice, Case), ApiError> {
    let actor = &visitor.who.actor;
    let notice = read_notice(app, actor, id(wanted)?, command).await?;
    let case = app.store().case(actor.region_id, notice.encounter_id).await?.ok_or(Fault::NotFound)?;
    if command != Command::ViewNotice {
        may(actor, command, relation_to(actor, &case, app.now()))?;
    }
    Ok((notice, case))
}

pub(super) async fn open(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    visitor.answer(opened(&app, &visitor, &wanted, None).await)
}

/// `sent`: a form of this page that was refused, to be shown in its place.
async fn opened(app: &App, visitor: &Visitor, wanted: &str, sent: Option<Form>) -> Result<Response, ApiError> {
    let (notice, case) = own_notice(app, visitor, wanted, Command::ViewNotice).await?;
    note_look(app, visitor, &notice, &case).await?;
    let readings = app.store().readings(notice.id).await?;
    let answers = app.store().acknowledgements(notice.id).await?;
    let mut people: Vec<AccountId> =
        readings.iter().map(|r| r.account_id).chain(answers.iter().map(|a| a.by)).collect();
    people.extend(taken_back_by(&notice));
    let names = shape::names(app, people).await?;
    let readers =
        readings.iter().map(|r| (shape::named(&names, r.account_id), words::instant(r.first_read_at))).collect();
    let buried = case.buries(&notice, visitor.who.actor.organization_id, app.now());
    if buried || matches!(notice.state, NoticeState::Withdrawn { .. } | NoticeState::Replaced { .. }) {
        let by = taken_back_by(&notice).map_or_else(String::new, |by| shape::named(&names, by));
        return tombstone(visitor, &notice, &case, by, readers);
    }
    let actor = &visitor.who.actor;
    let relation = relation_to(actor, &case, app.now());
    let can = |command| may(actor, command, relation).is_ok();
    let received = notice.recipient.organization_id == actor.organization_id;
    let ours = notice.sender_id == actor.organization_id;
    let screening = case.screenings.iter().find(|s| Some(s.id) == notice.screening_id);
    let shared = case.content_for(&notice, actor.organization_id, app.now()) == Content::Full;
    let screening = screening.filter(|_| notice.kind.tells_discharge() && shared);
    let form = |action: &str, possible: bool, typed: Typed| {
        let path = format!("/notices/{}/{action}", notice.id);
        let sent = sent.clone().filter(|form| form.action == path);
        possible.then(|| sent.unwrap_or_else(|| visitor.form(app, path, typed)))
    };
    let waits = notice.state == NoticeState::Issued;
    let by = case.deadlines.iter().find(|d| d.rule == DeadlineRule::Acknowledgement && d.subject == notice.id.uuid());
    let deliveries = app.store().deliveries_of_notice(notice.id).await?;
    let names_others = notice.answers().contains(&AnswerKind::OtherOffice);
    let replaced_for = match ours && can(Command::TakeBackNotice) {
        true => Some(replaced_for(app, visitor, &notice, &case).await?),
        false => None,
    };
    let with_message = Typed::default().with("message", notice.message.as_str());
    let shown = NoticePage {
        frame: visitor.frame(notice.kind.wording().0, notice.kind.wording().1),
        row: notice_row(&notice, &visitor.directory, None, actor.organization_id),
        is_plan: notice.kind == NoticeKind::PlannedDischarge,
        stay_id: notice.encounter_id.to_string(),
        person: shape::card_of(&case, shared, visitor.today),
        minimal: !shared,
        sent_minimal: ours && notice.content == Content::Minimal,
        place: place_for(&case, visitor, shared),
        because: notice.recipient.because.wording(),
        message: if shared { notice.message.to_string() } else { String::new() },
        reasons: screening.map(|s| shape::reasons(&s.outcome)).unwrap_or_default(),
        edition: screening.map(|s| s.edition.clone()),
        answers: answers
            .iter()
            .map(|answer| AnswerRow {
                words: words::answer(answer.answer.kind(), is_to_hospital(&notice)),
                at: words::instant(answer.at),
                by: shape::named(&names, answer.by),
            })
            .collect(),
        readers,
        deliveries: deliveries.iter().map(|(delivery, _)| delivery_row(delivery)).collect(),
        answer_by: by.filter(|d| d.open).map(|d| shape::left(d.due_on, visitor.today)),
        acknowledge: form(
            "acknowledgement",
            received && waits && can(Command::Acknowledge),
            Typed::default().with("answer", "accepted"),
        ),
        answer_choices: answer_choices(&notice),
        offices: names_others.then(|| shape::offices(&visitor.directory)),
        send_sheet: received && relation < domain::access::Relation::Own && can(Command::IssueNotice),
        withdraw: form("withdrawal", ours && can(Command::TakeBackNotice), Typed::default()),
        replace: form("replacement", ours && can(Command::TakeBackNotice), with_message),
        replaced_for,
    };
    page(sent.as_ref().map_or(StatusCode::OK, |form| form.status), &shown)
}

/// Whom a corrected notice would reach: it is asked anew, and need not be whoever got this one.
async fn replaced_for(app: &App, visitor: &Visitor, notice: &Notice, case: &Case) -> Result<ReplacedFor, ApiError> {
    let (ground, sender) = (Ground::of(app, &visitor.who.actor).await?, visitor.who.sender(None, None));
    let context = ground.context(app, &sender)?;
    let next = recipient_of(case, &context).ok().map(|to| to.organization_id);
    let moved = next.is_some_and(|to| to != notice.recipient.organization_id);
    let instead_of = moved.then(|| shape::recipient(&visitor.directory, &notice.recipient));
    Ok(ReplacedFor { to: recipient(case, &context), instead_of })
}

/// What the receiver may answer, in her own words.
fn answer_choices(notice: &Notice) -> Vec<Choice> {
    let choice = |kind: &AnswerKind| {
        let (ja, en) = words::answer(*kind, is_to_hospital(notice));
        Choice::new(kind.code(), ja, en)
    };
    notice.answers().iter().map(choice).collect()
}

fn is_to_hospital(notice: &Notice) -> bool {
    notice.recipient.because == RecipientReason::HospitalOfStay
}

const fn taken_back_by(notice: &Notice) -> Option<AccountId> {
    match notice.state {
        NoticeState::Withdrawn { by, .. } | NoticeState::Replaced { by, .. } => Some(by),
        _ => None,
    }
}

fn delivery_row(delivery: &Delivery) -> DeliveryRow {
    let (state, at, attempts) = match delivery.state {
        DeliveryState::Pending { attempts, .. } => {
            (Badge::new(Tone::Calm, "送信待ち", "on its way"), delivery.created_at, attempts)
        }
        DeliveryState::Delivered { at, attempts } => (Badge::new(Tone::Done, "送信済み", "sent"), at, attempts),
        DeliveryState::GivenUp { at, attempts } => {
            (Badge::new(Tone::Late, "届きませんでした", "not delivered"), at, attempts)
        }
    };
    DeliveryRow { state, at: words::instant(at), attempts }
}

fn tombstone(
    visitor: &Visitor,
    notice: &Notice,
    case: &Case,
    by: String,
    readers: Vec<(String, String)>,
) -> Result<Response, ApiError> {
    let reader = visitor.who.actor.organization_id;
    let (at, why, with) = match &notice.state {
        NoticeState::Withdrawn { at, why, .. } => (*at, Some(why.to_string()), None),
        NoticeState::Replaced { at, with, .. } => (*at, None, Some(*with)),
        NoticeState::Declined { at, .. } => (*at, None, None),
        _ => (notice.issued_at, None, None),
    };
    let sees = |next: &NoticeId| {
        case.notice(*next).is_some_and(|n| n.recipient.organization_id == reader || n.sender_id == reader)
    };
    let ours = notice.sender_id == reader;
    let sent_back = matches!(notice.state, NoticeState::Declined { .. });
    let shown = Tombstone {
        frame: match (sent_back, &with) {
            (true, _) => visitor.frame("担当でないと回答した連絡", "Sent back"),
            (false, Some(_)) => visitor.frame("差し替えられた連絡", "Replaced"),
            (false, None) => visitor.frame("取り消された連絡", "Withdrawn"),
        },
        row: notice_row(notice, &visitor.directory, None, reader),
        sent_back,
        replaced: with.is_some(),
        why,
        at: words::instant(at),
        by,
        with: with.filter(sees).map(|with| with.to_string()),
        readers: ours.then_some(readers),
        stay_id: ours.then(|| notice.encounter_id.to_string()),
    };
    page(StatusCode::OK, &shown)
}

/// The receiver's first opening is kept; every look is on the audit trail.
async fn note_look(app: &App, visitor: &Visitor, notice: &Notice, case: &Case) -> Result<(), ApiError> {
    let actor = &visitor.who.actor;
    let readings = app.store().readings(notice.id).await?;
    let first = notice.recipient.organization_id == actor.organization_id
        && !readings.iter().any(|reading| reading.account_id == actor.account_id);
    if !first {
        let (patient, stay) = (Some(case.patient.id), Some(notice.encounter_id));
        return visitor.seen(app, Command::ViewNotice, patient, stay, Some(notice.id)).await;
    }
    let sender = visitor.who.sender(None, None);
    let decide = async || {
        let case = app.store().case(actor.region_id, notice.encounter_id).await?.ok_or(Fault::NotFound)?;
        let ground = Ground::of(app, actor).await?;
        let mut decision = Decision::over(ground.context(app, &sender)?, case);
        decision.read(notice.id)?;
        Ok((decision.conclude_silently(Command::ViewNotice.name()), leads_to("/")))
    };
    run(app, &sender, decide).await.map(drop)
}

async fn changed<T>(
    app: &App,
    post: &Post,
    wanted: &str,
    action: &str,
    command: Command,
    steps: Result<impl Fn(&mut Decision<'_>) -> Result<T, Refusal>, Refusal>,
    to: impl Fn(&T) -> Answer,
) -> Result<Response, ApiError> {
    let (notice, _) = own_notice(app, &post.visitor, wanted, command).await?;
    let form = post.form(app, format!("/notices/{}/{action}", notice.id));
    if !post.typed.wants_sending() {
        return opened(app, &post.visitor, wanted, Some(form)).await;
    }
    let sent = match steps {
        Err(refusal) => Err(refusal.into()),
        Ok(steps) => on_case(app, &post.sender(None), notice.encounter_id, command, steps, |done, _| to(done)).await,
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => opened(app, &post.visitor, wanted, Some(form.refused(app, error)?)).await,
    }
}

pub(super) async fn acknowledge(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    let done = async {
        let notice_id: NoticeId = id(&wanted)?;
        let steps = parse_answer(&post)
            .map(|answer| move |d: &mut Decision<'_>| d.acknowledge(notice_id, answer).map_err(beside_the_answer));
        let to = |(): &()| leads_to(format!("/notices/{notice_id}?done=acknowledged"));
        changed(&app, &post, &wanted, "acknowledgement", Command::Acknowledge, steps, to).await
    };
    post.answer(done.await)
}

/// The form calls `answer` what the API calls `code`.
fn beside_the_answer(mut refusal: Refusal) -> Refusal {
    for (field, _) in &mut refusal.faults {
        if *field == "code" {
            *field = "answer";
        }
    }
    refusal
}

fn parse_answer(post: &Post) -> Result<Acknowledgement, Refusal> {
    let directory = &post.visitor.directory;
    match post.typed.get("answer") {
        "accepted" => Ok(Acknowledgement::Accepted),
        "away" => Ok(Acknowledgement::Away),
        "not_our_client" => Ok(Acknowledgement::NotOurClient),
        "other_office" => {
            let to = post.typed.get("to").parse().map_err(|_| Refusal::at("to", Fault::Missing))?;
            let kind = directory.organization(to).map(|office| office.kind);
            match kind {
                Some(OrganizationKind::CareOffice | OrganizationKind::SupportCentre) => {
                    Ok(Acknowledgement::OtherOffice { to })
                }
                _ => Err(Refusal::at("to", Fault::UnknownId)),
            }
        }
        "" => Err(Refusal::at("answer", Fault::Missing)),
        _ => Err(Refusal::at("answer", Fault::NotAKnownValue)),
    }
}

pub(super) async fn withdraw(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    let done = async {
        let notice_id: NoticeId = id(&wanted)?;
        let why = Line::parse(post.typed.get("why"));
        let why =
            why.map_err(|fault| Refusal::at("why", if fault == Fault::Missing { Fault::ReasonMissing } else { fault }));
        let steps = why.map(|why| move |d: &mut Decision<'_>| d.withdraw(notice_id, why.clone()));
        let to = |(): &()| leads_to(format!("/notices/{notice_id}?done=withdrawn"));
        changed(&app, &post, &wanted, "withdrawal", Command::TakeBackNotice, steps, to).await
    };
    post.answer(done.await)
}

pub(super) async fn replace(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    let done = async {
        let notice_id: NoticeId = id(&wanted)?;
        let message = Prose::parse(post.typed.get("message")).map_err(|fault| Refusal::at("message", fault));
        let steps = message.map(|message| move |d: &mut Decision<'_>| d.replace(notice_id, message.clone()));
        let to = |with: &NoticeId| leads_to(format!("/notices/{with}?done=replaced"));
        changed(&app, &post, &wanted, "replacement", Command::TakeBackNotice, steps, to).await
    };
    post.answer(done.await)
}
