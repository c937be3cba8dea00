//! Words of one stay besides the planned discharge: an admission, the information sheet, a discharge; and words given outside.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::access::{Command, Relation, relation_to};
use domain::case::Case;
use domain::decide::{Decision, NewContact, NewNotice, recipient_of};
use domain::encounter::EncounterState;
use domain::notice::{Medium, NoticeKind};
use domain::refusal::Faults;
use domain::text::{Line, Prose};
use domain::{ContactId, EncounterId, Fault, NoticeId, Refusal};
use serde::Deserialize;

use super::consent;
use super::shape;
use super::stays::recipient;
use super::view::form::{Choice, Form};
use super::view::stay::{ContactForm, Tell};
use super::view::typed::{Typed, parse_day};
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::{Ground, on_case, read_case};
use crate::state::App;

#[derive(Debug, Deserialize)]
pub(super) struct Kind {
    #[serde(default)]
    kind: String,
}

pub(super) async fn tell_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(wanted): Path<String>,
    Query(asked): Query<Kind>,
) -> Response {
    let form = visitor.form(&app, format!("/encounters/{wanted}/tell"), Typed::default());
    visitor.answer(telling(&app, &visitor, &wanted, &asked.kind, form).await)
}

async fn telling(app: &App, visitor: &Visitor, wanted: &str, kind: &str, form: Form) -> Result<Response, ApiError> {
    let kind: NoticeKind = shape::from_code(kind).map_err(|_| Fault::NotFound)?;
    let case = read_case(app, &visitor.who.actor, id(wanted)?, Command::IssueNotice).await?;
    visitor.seen(app, Command::ViewEncounter, Some(case.patient.id), Some(case.encounter.id), None).await?;
    let ground = Ground::of(app, &visitor.who.actor).await?;
    let sender = visitor.who.sender(None, None);
    let context = ground.context(app, &sender)?;
    let to = recipient_of(&case, &context).ok().map(|to| to.organization_id);
    let shared = case.shares_with(visitor.who.actor.organization_id, context.now);
    let shown = Tell {
        frame: visitor.frame(kind.wording().0, kind.wording().1),
        id: case.encounter.id.to_string(),
        person: shape::card_of(&case, shared, visitor.today),
        consent: consent::note(&case, visitor, to, &form, context.now),
        kind: kind.wording(),
        kind_code: match kind {
            NoticeKind::Admission => "admission",
            NoticeKind::AdmissionInformation => "admission_information",
            NoticeKind::PlannedDischarge => "planned_discharge",
            NoticeKind::Discharge => "discharge",
        },
        recipient: recipient(&case, &context),
        is_sheet: kind == NoticeKind::AdmissionInformation,
        form,
    };
    page(shown.form.status, &shown)
}

pub(super) async fn tell(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(told(&app, &post, &wanted).await)
}

async fn told(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let (form, code) = (post.form(app, format!("/encounters/{encounter_id}/tell")), post.typed.get("kind"));
    if !post.typed.wants_sending() {
        return telling(app, &post.visitor, wanted, code, form).await;
    }
    let parsed = parse_notice(&post.typed).and_then(|new| Ok((new, consent::ticked(&post.typed)?)));
    let sent = match parsed {
        Err(refusal) => Err(refusal.into()),
        Ok((new, consented)) => {
            let steps = |decision: &mut Decision<'_>| {
                if let Some(way) = consented {
                    consent::may_record(&post.visitor, decision.case(), app.now())?;
                    decision.consent(way)?;
                }
                decision.issue(new.clone())
            };
            let answer = |_: &NoticeId, _: &Case| leads_to(format!("/encounters/{encounter_id}?done=sent"));
            on_case(app, &post.sender(None), encounter_id, Command::IssueNotice, steps, answer).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => telling(app, &post.visitor, wanted, code, form.refused(app, error)?).await,
    }
}

fn parse_notice(typed: &Typed) -> Result<NewNotice, Refusal> {
    let mut faults = Faults::default();
    let kind = faults.take("kind", shape::from_code::<NoticeKind>(typed.get("kind")));
    let message = faults.take("message", Prose::parse(typed.get("message")));
    if kind == Some(NoticeKind::AdmissionInformation) && message.as_ref().is_some_and(Prose::is_empty) {
        faults.add("message", Fault::Missing);
    }
    faults.check()?;
    let (Some(kind), Some(message)) = (kind, message) else { return Err(Fault::Missing.into()) };
    Ok(NewNotice { kind, planned_on: None, message })
}

pub(super) async fn contact_form(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    let typed = Typed::default().with("told_on", visitor.today.to_string()).with("medium", "phone");
    let form = visitor.form(&app, format!("/encounters/{wanted}/contact"), typed);
    visitor.answer(contact_page(&app, &visitor, &wanted, form).await)
}

async fn contact_page(app: &App, visitor: &Visitor, wanted: &str, mut form: Form) -> Result<Response, ApiError> {
    let case = read_case(app, &visitor.who.actor, id(wanted)?, Command::LogContact).await?;
    visitor.seen(app, Command::ViewEncounter, Some(case.patient.id), Some(case.encounter.id), None).await?;
    let own = relation_to(&visitor.who.actor, &case, app.now()) == Relation::Own;
    let shared = case.shares_with(visitor.who.actor.organization_id, app.now());
    let kinds = possible_kinds(&case, own);
    if let (Some(likely), true) = (kinds.first(), form.typed.get("kind").is_empty()) {
        form.typed = form.typed.with("kind", shape::code(likely));
    }
    let choice = |kind: &NoticeKind| Choice::new(shape::code(kind), kind.wording().0, kind.wording().1);
    let shown = ContactForm {
        frame: visitor.frame("連絡の記録", "Log a contact"),
        id: case.encounter.id.to_string(),
        person: shape::card_of(&case, shared, visitor.today),
        kinds: kinds.iter().map(choice).collect(),
        media: Medium::ALL.map(|m| Choice::new(shape::code(&m), m.wording().0, m.wording().1)).into(),
        at_hospital: own,
        form,
    };
    page(shown.form.status, &shown)
}

/// Of what a word can have been, on that side and in that state of the stay.
fn possible_kinds(case: &Case, own: bool) -> Vec<NoticeKind> {
    let discharge = match case.encounter.state {
        EncounterState::DischargePlanned { .. } => Some(NoticeKind::PlannedDischarge),
        EncounterState::Discharged { .. } => Some(NoticeKind::Discharge),
        _ => None,
    };
    let sheet = (!own).then_some(NoticeKind::AdmissionInformation);
    discharge.into_iter().chain([NoticeKind::Admission]).chain(sheet).collect()
}

pub(super) async fn log_contact(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(logged(&app, &post, &wanted).await)
}

async fn logged(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let form = post.form(app, format!("/encounters/{encounter_id}/contact"));
    if !post.typed.wants_sending() {
        return contact_page(app, &post.visitor, wanted, form).await;
    }
    let sent = match parse_contact(&post.typed) {
        Err(refusal) => Err(refusal.into()),
        Ok(new) => {
            let steps = |decision: &mut Decision<'_>| decision.log_contact(new.clone());
            let answer = |_: &ContactId, _: &Case| leads_to(format!("/encounters/{encounter_id}?done=logged"));
            on_case(app, &post.sender(None), encounter_id, Command::LogContact, steps, answer).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => contact_page(app, &post.visitor, wanted, form.refused(app, error)?).await,
    }
}

fn parse_contact(typed: &Typed) -> Result<NewContact, Refusal> {
    let mut faults = Faults::default();
    let kind = faults.take("kind", shape::from_code(typed.get("kind")));
    let medium = faults.take("medium", shape::from_code(typed.get("medium")));
    let with_whom = faults.take("with_whom", Line::parse(typed.get("with_whom")));
    let day = typed.get("told_on").trim();
    let told_on = faults.take("told_on", (!day.is_empty()).then(|| parse_day(day)).transpose());
    faults.check()?;
    let (Some(kind), Some(medium), Some(with_whom), Some(told_on)) = (kind, medium, with_whom, told_on) else {
        return Err(Fault::Missing.into());
    };
    Ok(NewContact { kind, medium, with_whom, told_on, receipt_confirmed: typed.is_ticked("receipt_confirmed") })
}

/// The other side has confirmed that the FAX, mail or letter came.
pub(super) async fn confirm(State(app): State<App>, Path(names): Path<(String, String)>, post: Post) -> Response {
    let (command, done) = (Command::ConfirmReceipt, "confirmed");
    post.answer(on_contact(&app, &post, names, (command, done), |decision, id| decision.confirm_receipt(id)).await)
}

/// It was logged by mistake.
pub(super) async fn take_back_contact(
    State(app): State<App>,
    Path(names): Path<(String, String)>,
    post: Post,
) -> Response {
    let (command, done) = (Command::TakeBackContact, "contact_taken_back");
    post.answer(on_contact(&app, &post, names, (command, done), |decision, id| decision.take_back_contact(id)).await)
}

/// Something is said of a contact that was logged before; back to its stay, with the word `done`.
async fn on_contact(
    app: &App,
    post: &Post,
    (wanted, contact): (String, String),
    (command, done): (Command, &str),
    step: fn(&mut Decision<'_>, ContactId) -> Result<(), Refusal>,
) -> Result<Response, ApiError> {
    let (encounter_id, contact_id) = (id::<EncounterId>(&wanted)?, id::<ContactId>(&contact)?);
    if !post.typed.wants_sending() {
        read_case(app, &post.visitor.who.actor, encounter_id, command).await?;
        return Ok(onward(leads_to(format!("/encounters/{encounter_id}"))));
    }
    let steps = |decision: &mut Decision<'_>| step(decision, contact_id);
    let answer = |(): &(), _: &Case| leads_to(format!("/encounters/{encounter_id}?done={done}"));
    on_case(app, &post.sender(None), encounter_id, command, steps, answer).await.map(onward)
}
