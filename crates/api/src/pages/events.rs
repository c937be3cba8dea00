//! What happens to a stay: a planned day that moves, the discharge, another ward, and taking a record back.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::Command;
use domain::case::Case;
use domain::decide::{Decision, NewEvent};
use domain::encounter::{AdtEvent, Destination, EncounterEvent, EncounterState};
use domain::refusal::Faults;
use domain::text::Line;
use domain::{EncounterId, EventId, Fault, Refusal, WardId};

use super::shape;
use super::stays::what;
use super::view::form::{Choice, Form, FormError};
use super::view::stay::Events;
use super::view::typed::{Typed, parse_day};
use super::view::words;
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::{on_case, read_case};
use crate::state::App;

pub(super) async fn form(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    visitor.answer(events(&app, &visitor, &wanted, None).await)
}

async fn events(app: &App, visitor: &Visitor, wanted: &str, sent: Option<Form>) -> Result<Response, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let case = read_case(app, &visitor.who.actor, encounter_id, Command::RecordEvent).await?;
    visitor.seen(app, Command::ViewEncounter, Some(case.patient.id), Some(encounter_id), None).await?;
    let status = sent.as_ref().map_or(StatusCode::OK, |form| form.status);
    let open = case.encounter.state.is_open();
    let form = |what: &str, possible: bool, typed: Typed| {
        let sent = sent.clone().filter(|form| form.typed.get("what") == what);
        let fresh = || visitor.form(app, format!("/encounters/{encounter_id}/events"), typed);
        sent.or_else(|| possible.then(fresh))
    };
    let planned = match case.encounter.state {
        EncounterState::DischargePlanned { planned_on } => planned_on.to_string(),
        _ => String::new(),
    };
    let cancellable = cancellable(&case, visitor);
    let shown = Events {
        frame: visitor.frame("入退院の記録", "Record an event"),
        id: encounter_id.to_string(),
        person: shape::person_card(&case.patient, visitor.today),
        state: words::stay_state(&case.encounter.state, true),
        plan: form("plan", open, Typed::default().with("planned_on", planned)),
        discharge: form("discharge", open, Typed::default().with("on", visitor.today.to_string())),
        transfer: form("transfer", open, Typed::default()),
        cancel: form("cancel", !cancellable.is_empty(), Typed::default()),
        destinations: Destination::ALL.map(|to| Choice::new(shape::code(&to), to.wording().0, to.wording().1)).into(),
        wards: shape::wards(&visitor.directory, case.encounter.hospital_id),
        cancellable,
    };
    page(status, &shown)
}

/// Records that still stand and can be taken back, the latest first.
fn cancellable(case: &Case, visitor: &Visitor) -> Vec<Choice> {
    if case.encounter.state.is_void() {
        return Vec::new();
    }
    let cancelled: Vec<_> = case.events.iter().filter_map(|event| event.event.cancels()).collect();
    let stands = |event: &&EncounterEvent| {
        matches!(event.event, AdtEvent::Admit { .. } | AdtEvent::PendingDischarge { .. } | AdtEvent::Discharge { .. })
            && !cancelled.contains(&event.id)
    };
    let mut found: Vec<_> = case.events.iter().filter(stands).collect();
    found.sort_by_key(|event| std::cmp::Reverse((event.recorded_at, event.id)));
    let choice = |event: &EncounterEvent| {
        let words = format!("{}({}に記録)", what(event, visitor), words::instant(event.recorded_at));
        Choice::new(event.id.to_string(), words, event.event.wording().1)
    };
    found.into_iter().map(choice).collect()
}

pub(super) async fn record(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(recorded(&app, &post, &wanted).await)
}

async fn recorded(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let mut form = post.form(app, format!("/encounters/{encounter_id}/events"));
    if !post.typed.wants_sending() {
        return events(app, &post.visitor, wanted, Some(form)).await;
    }
    let case = read_case(app, &post.visitor.who.actor, encounter_id, Command::RecordEvent).await?;
    if is_error_of_nothing(&post.typed, &case) {
        let message = "「入院」の記録を取り消すときだけ選べます。入院の記録を選ぶか、この印を外してください。";
        let en = "only with the admission: choose that record, or take the tick away";
        form.errors.push(FormError::new("entered_in_error", message, en));
        form.status = StatusCode::UNPROCESSABLE_ENTITY;
        return events(app, &post.visitor, wanted, Some(form)).await;
    }
    let sent = match parse(&post.typed, &case) {
        Err(refusal) => Err(refusal.into()),
        Ok(new) => {
            let steps = |decision: &mut Decision<'_>| decision.record(new.clone());
            let answer = |_: &EventId, _: &Case| leads_to(format!("/encounters/{encounter_id}?done=recorded"));
            on_case(app, &post.sender(None), encounter_id, Command::RecordEvent, steps, answer).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => events(app, &post.visitor, wanted, Some(form.refused(app, error)?)).await,
    }
}

fn parse(typed: &Typed, case: &Case) -> Result<NewEvent, Refusal> {
    let mut faults = Faults::default();
    let note = faults.take("note", Line::parse_optional(typed.get("note"))).flatten();
    let event = match typed.get("what") {
        "plan" => {
            let day = faults.take("planned_on", parse_day(typed.get("planned_on")));
            day.map(|planned_on| AdtEvent::PendingDischarge { planned_on })
        }
        "discharge" => {
            let on = faults.take("on", parse_day(typed.get("on")));
            let to = faults.take("to", shape::from_code(typed.get("to")));
            let support_unchanged = typed.is_ticked("support_unchanged");
            on.zip(to).map(|(on, to)| AdtEvent::Discharge { on, to, support_unchanged })
        }
        "transfer" => {
            let ward = typed.get("ward_id");
            let parsed =
                ward.parse::<WardId>().map_err(|_| if ward.is_empty() { Fault::Missing } else { Fault::UnknownId });
            faults.take("ward_id", parsed).map(|ward_id| AdtEvent::Transfer { ward_id })
        }
        "cancel" => {
            let chosen = typed.get("cancels");
            let parsed = chosen.parse::<EventId>().map_err(|_| Fault::Missing);
            faults.take("cancels", parsed).and_then(|cancels| cancel(typed, case, cancels))
        }
        _ => None,
    };
    faults.check()?;
    let event = event.ok_or(Fault::NothingToCancel)?;
    Ok(NewEvent { event, occurred_at: None, note })
}

/// "The stay itself was entered in error" beside a record that isn't the admission: which of the two was meant is hers to say.
fn is_error_of_nothing(typed: &Typed, case: &Case) -> bool {
    let chosen = typed.get("cancels").parse::<EventId>().ok();
    let named = case.events.iter().find(|event| Some(event.id) == chosen);
    typed.get("what") == "cancel"
        && typed.is_ticked("entered_in_error")
        && named.is_some_and(|event| !matches!(event.event, AdtEvent::Admit { .. }))
}

/// The event that takes back the named one; none for one that can't be.
fn cancel(typed: &Typed, case: &Case, cancels: EventId) -> Option<AdtEvent> {
    let named = case.events.iter().find(|event| event.id == cancels)?;
    match named.event {
        AdtEvent::Admit { .. } => {
            Some(AdtEvent::CancelAdmit { cancels, entered_in_error: typed.is_ticked("entered_in_error") })
        }
        AdtEvent::PendingDischarge { .. } => Some(AdtEvent::CancelPendingDischarge { cancels }),
        AdtEvent::Discharge { .. } => Some(AdtEvent::CancelDischarge { cancels }),
        _ => None,
    }
}
