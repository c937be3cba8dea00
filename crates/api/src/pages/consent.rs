//! 同意, the list of disclosures, and the note on a form that sends something without consent.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::access::{Command, may, reach, relation_to};
use domain::case::Case;
use domain::consent::{Consent, ConsentAct, ConsentBy, ConsentKind, ConsentScope, ConsentWay, Content, Sharing};
use domain::decide::{NewConsent, record_consent};
use domain::disclosure::{Line, Receiver};
use domain::refusal::Faults;
use domain::{Fault, Instant, PatientId, Refusal};

use super::shape;
use super::view::consent::{ConsentNote, ConsentRow, Consents, DisclosureRow, Disclosures};
use super::view::form::{Choice, Form};
use super::view::typed::{Typed, parse_day};
use super::view::words::{self, Badge, Tone};
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::{Ground, read_person, run};
use crate::state::App;
use crate::v1::consents::disclosures_for;

/// 書面, 口頭, not yet: one tick records a consent.
pub(crate) fn ways() -> Vec<Choice> {
    let mut ways = choices(ConsentWay::ALL, ConsentWay::wording);
    ways.iter_mut().for_each(|way| way.ja.push_str("で同意あり"));
    ways.push(Choice::new("no", "まだ・同意なし", "not yet"));
    ways
}

/// What was ticked; none: not yet.
pub(super) fn ticked(typed: &Typed) -> Result<Option<ConsentWay>, Refusal> {
    match typed.get("consent") {
        "" | "no" => Ok(None),
        way => shape::from_code(way).map(Some).map_err(|fault| Refusal::at("consent", fault)),
    }
}

/// The note that a word from the visitor would be the minimal contact; none where a consent lets it carry everything.
pub(super) fn note(
    case: &Case,
    visitor: &Visitor,
    to: Option<domain::OrganizationId>,
    form: &Form,
    now: Instant,
) -> Option<ConsentNote> {
    let actor = &visitor.who.actor;
    let full = case.content_between(actor.organization_id, to?, now) == Content::Full;
    let can_record = may(actor, Command::WriteConsent, relation_to(actor, case, now)).is_ok();
    (!full).then(|| ConsentNote { form: form.clone(), ways: ways(), can_record })
}

/// Whoever sends a consent along has to be allowed to record one.
pub(super) fn may_record(visitor: &Visitor, case: &Case, now: Instant) -> Result<(), Refusal> {
    let actor = &visitor.who.actor;
    may(actor, Command::WriteConsent, relation_to(actor, case, now)).map_err(Refusal::from)
}

pub(super) fn sharing(sharing: Sharing) -> Badge {
    let (ja, en) = sharing.wording();
    Badge::new(if sharing == Sharing::None { Tone::Soon } else { Tone::Done }, ja, en)
}

fn choices<T: Copy + serde::Serialize, const N: usize>(
    all: [T; N],
    wording: impl Fn(T) -> (&'static str, &'static str),
) -> Vec<Choice> {
    all.map(|value| Choice::new(shape::code(&value), wording(value).0, wording(value).1)).into()
}

pub(super) async fn form(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    let typed = Typed::default()
        .with("kind", "information_sharing")
        .with("act", "given")
        .with("scope", "everyone")
        .with("by", "person")
        .with("declared_on", visitor.today.to_string());
    let form = visitor.form(&app, format!("/patients/{wanted}/consents"), typed);
    visitor.answer(shown(&app, &visitor, &wanted, form).await)
}

async fn shown(app: &App, visitor: &Visitor, wanted: &str, form: Form) -> Result<Response, ApiError> {
    let patient = read_person(app, &visitor.who.actor, id(wanted)?, Command::WriteConsent).await?;
    let mut consents = app.store().consents(patient.id).await?;
    consents.reverse();
    visitor.seen(app, Command::ViewPatient, Some(patient.id), None, None).await?;
    let acts = [("given", "同意した", "given"), ("withdrawn", "撤回した", "withdrawn")];
    let shown = Consents {
        frame: visitor.frame("同意の記録", "Consent"),
        person: shape::person_card(&patient, visitor.today),
        now: sharing(patient.sharing),
        rows: consents.iter().map(|consent| row(consent, visitor)).collect(),
        kinds: choices(ConsentKind::ALL, ConsentKind::wording),
        acts: acts.map(|(value, ja, en)| Choice::new(value, ja, en)).into(),
        scopes: choices(ConsentScope::ALL, ConsentScope::wording),
        bys: choices(ConsentBy::ALL, ConsentBy::wording),
        ways: choices(ConsentWay::ALL, ConsentWay::wording),
        form,
    };
    page(shown.form.status, &shown)
}

fn row(consent: &Consent, visitor: &Visitor) -> ConsentRow {
    let (act, scope) = match consent.act {
        ConsentAct::Given { scope } => (Badge::new(Tone::Done, "同意", "given"), Some(scope.wording().0)),
        ConsentAct::Withdrawn => (Badge::new(Tone::Soon, "撤回", "withdrawn"), None),
    };
    ConsentRow {
        kind: consent.kind.wording().0,
        act,
        scope: scope.filter(|_| consent.kind == ConsentKind::InformationSharing),
        on: words::full_day(consent.declared_on),
        by: consent.by.wording().0,
        way: consent.way.wording().0,
        recorded: words::full_instant(consent.recorded_at),
        place: shape::organization(&visitor.directory, consent.organization_id),
    }
}

pub(super) async fn record(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(recorded(&app, &post, &wanted).await)
}

async fn recorded(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let patient_id: PatientId = id(wanted)?;
    let form = post.form(app, format!("/patients/{patient_id}/consents"));
    if !post.typed.wants_sending() {
        return shown(app, &post.visitor, wanted, form).await;
    }
    let sender = post.sender(None);
    let sent = match parse(&post.typed) {
        Err(refusal) => Err(refusal.into()),
        Ok(new) => {
            let decide = async || {
                let patient = read_person(app, sender.actor, patient_id, Command::WriteConsent).await?;
                let known = app.store().consents(patient_id).await?;
                let ground = Ground::of(app, sender.actor).await?;
                let (_, changes) = record_consent(&ground.context(app, &sender)?, &patient, &known, new)?;
                Ok((changes, leads_to(format!("/patients/{patient_id}/consents?done=consent"))))
            };
            run(app, &sender, decide).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => shown(app, &post.visitor, wanted, form.refused(app, error)?).await,
    }
}

fn parse(typed: &Typed) -> Result<NewConsent, Refusal> {
    let mut faults = Faults::default();
    let kind = faults.take("kind", shape::from_code::<ConsentKind>(typed.get("kind")));
    let by = faults.take("by", shape::from_code(typed.get("by")));
    let way = faults.take("way", shape::from_code(typed.get("way")));
    let declared_on = faults.take("declared_on", parse_day(typed.get("declared_on")));
    let scope = match typed.get("scope") {
        "" => Ok(ConsentScope::Everyone),
        code => shape::from_code(code),
    };
    let scope = faults.take("scope", scope);
    let act = match typed.get("act") {
        "given" => Ok(scope.map(|scope| ConsentAct::Given { scope })),
        "withdrawn" => Ok(Some(ConsentAct::Withdrawn)),
        "" => Err(Fault::Missing),
        _ => Err(Fault::NotAKnownValue),
    };
    let act = faults.take("act", act).flatten();
    faults.check()?;
    let (Some(kind), Some(act), Some(by), Some(way), Some(declared_on)) = (kind, act, by, way, declared_on) else {
        return Err(Fault::Missing.into());
    };
    Ok(NewConsent { kind, act, by, way, declared_on })
}

pub(super) async fn disclosures(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    visitor.answer(disclosed(&app, &visitor, &wanted).await)
}

async fn disclosed(app: &App, visitor: &Visitor, wanted: &str) -> Result<Response, ApiError> {
    let patient = read_person(app, &visitor.who.actor, id(wanted)?, Command::ViewDisclosures).await?;
    let lines = disclosures_for(app, &visitor.who.actor, patient.id).await?;
    visitor.seen(app, Command::ViewDisclosures, Some(patient.id), None, None).await?;
    let named = reach(visitor.who.actor.role, Command::ViewPatient).is_some();
    let shown = Disclosures {
        frame: visitor.frame("提供の記録", "Disclosures"),
        person: named.then(|| shape::person_card(&patient, visitor.today)),
        rows: lines.iter().map(|line| disclosure_row(line, visitor)).collect(),
    };
    page(axum::http::StatusCode::OK, &shown)
}

fn disclosure_row(line: &Line, visitor: &Visitor) -> DisclosureRow {
    let directory = &visitor.directory;
    let to = match &line.to {
        Receiver::Named(words) => words.to_string(),
        Receiver::Organization { id, care_manager_id } => {
            let manager = care_manager_id.and_then(|id| directory.care_manager(id));
            let office = shape::organization(directory, *id);
            manager.map_or_else(|| office.clone(), |manager| format!("{office} {}", manager.name))
        }
    };
    DisclosureRow {
        at: line.medium.map_or_else(|| words::full_instant(line.at), |_| words::full_day(line.at.day())),
        occasion: line.medium.map_or(line.occasion.wording().0, |medium| medium.wording().0).to_owned(),
        from: shape::organization(directory, line.from),
        to,
        items: line.items.iter().map(|item| item.wording().0).collect::<Vec<_>>().join("、"),
    }
}
