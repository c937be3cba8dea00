//! 入院, its events, and the screenings of the stay.

use chrono::NaiveDate;
use domain::encounter::{AdtEvent, Destination, Encounter, EncounterEvent, EncounterState};
use domain::screening::{AdvisedDecision, Screening};
use domain::text::Line;
use domain::{EventId, WardId};

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Bool, Day, Id, Int, Sealed, Text};
use crate::table::{Rows, Table};

pub(crate) static ENCOUNTER: Table = Table::new(
    "encounter",
    &[
        ("id", Id),
        ("region_id", Id),
        ("patient_id", Id),
        ("hospital_id", Id),
        ("ward_id", Id),
        ("state", Text),
        ("planned_on", Day),
        ("discharged_on", Day),
        ("destination", Text),
        ("admitted_at", At),
        ("emergency", Bool),
        ("version", Int),
        ("revision", Int),
    ],
    &["id"],
)
// A stay never changes hands; a column that is set again, even to the same, has its index entries written anew.
.keep(&["region_id", "patient_id", "hospital_id"]);

pub(crate) fn write_encounter(rows: &mut Rows, e: &Encounter, read_at: Option<i64>) {
    let (state, planned_on, discharged) = match e.state {
        EncounterState::InProgress => ("in_progress", None, None),
        EncounterState::DischargePlanned { planned_on } => ("discharge_planned", Some(planned_on), None),
        EncounterState::Discharged { on, to } => ("discharged", None, Some((on, to))),
        EncounterState::Cancelled => ("cancelled", None, None),
        EncounterState::EnteredInError => ("entered_in_error", None, None),
    };
    rows.row(|r| {
        r.id(e.id).id(e.region_id).id(e.patient_id).id(e.hospital_id).id(e.ward_id).text(state).maybe_day(planned_on);
        r.maybe_day(discharged.map(|(on, _)| on)).maybe_word(discharged.map(|(_, to)| to).as_ref());
        r.at(e.admitted_at).bool(e.emergency).int(e.version).int(e.revision);
        if let Some(revision) = read_at {
            r.read_at(revision);
        }
    });
}

pub(crate) fn read_encounter(row: &Row, offset: usize) -> Result<Encounter, StoreError> {
    let mut c = ENCOUNTER.cursor_from(row, offset);
    let (id, region_id, patient_id, hospital_id, ward_id) = (c.id()?, c.id()?, c.id()?, c.id()?, c.id()?);
    let state: String = c.get()?;
    let planned_on: Option<NaiveDate> = c.get()?;
    let discharged_on: Option<NaiveDate> = c.get()?;
    let destination: Option<Destination> = c.maybe_word()?;
    let state = match (state.as_str(), planned_on, discharged_on, destination) {
        ("in_progress", None, None, None) => EncounterState::InProgress,
        ("discharge_planned", Some(planned_on), None, None) => EncounterState::DischargePlanned { planned_on },
        ("discharged", None, Some(on), Some(to)) => EncounterState::Discharged { on, to },
        ("cancelled", None, None, None) => EncounterState::Cancelled,
        ("entered_in_error", None, None, None) => EncounterState::EnteredInError,
        _ => return Err(c.inconsistent("state")),
    };
    Ok(Encounter {
        id,
        region_id,
        patient_id,
        hospital_id,
        ward_id,
        state,
        admitted_at: c.at()?,
        emergency: c.get()?,
        version: c.get()?,
        revision: c.get()?,
    })
}

pub(crate) static EVENT: Table = Table::new(
    "encounter_event",
    &[
        ("encounter_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("event", Text),
        ("ward_id", Id),
        ("emergency", Bool),
        ("respite", Bool),
        ("planned_on", Day),
        ("discharged_on", Day),
        ("destination", Text),
        ("support_unchanged", Bool),
        ("cancels_id", Id),
        ("entered_in_error", Bool),
        ("occurred_at", At),
        ("recorded_at", At),
        ("recorded_by", Id),
        ("note", Sealed),
    ],
    &["encounter_id", "id"],
);

/// An event's own columns; what a kind does not know stays empty.
#[derive(Default)]
struct EventColumns {
    ward_id: Option<WardId>,
    emergency: Option<bool>,
    respite: Option<bool>,
    planned_on: Option<NaiveDate>,
    discharged_on: Option<NaiveDate>,
    destination: Option<Destination>,
    support_unchanged: Option<bool>,
    cancels: Option<EventId>,
    entered_in_error: Option<bool>,
}

pub(crate) fn write_event(rows: &mut Rows, e: &EncounterEvent) {
    let none = EventColumns { cancels: e.event.cancels(), ..EventColumns::default() };
    let (name, own) = match e.event {
        AdtEvent::Admit { ward_id, emergency, respite } => (
            "admit",
            EventColumns { ward_id: Some(ward_id), emergency: Some(emergency), respite: Some(respite), ..none },
        ),
        AdtEvent::CancelAdmit { entered_in_error, .. } => {
            ("cancel_admit", EventColumns { entered_in_error: Some(entered_in_error), ..none })
        }
        AdtEvent::Transfer { ward_id } => ("transfer", EventColumns { ward_id: Some(ward_id), ..none }),
        AdtEvent::PendingDischarge { planned_on } => {
            ("pending_discharge", EventColumns { planned_on: Some(planned_on), ..none })
        }
        AdtEvent::CancelPendingDischarge { .. } => ("cancel_pending_discharge", none),
        AdtEvent::Discharge { on, to, support_unchanged } => (
            "discharge",
            EventColumns {
                discharged_on: Some(on),
                destination: Some(to),
                support_unchanged: Some(support_unchanged),
                ..none
            },
        ),
        AdtEvent::CancelDischarge { .. } => ("cancel_discharge", none),
    };
    rows.row(|r| {
        r.id(e.encounter_id).id(e.id).id(e.region_id).text(name).maybe_id(own.ward_id);
        r.maybe_bool(own.emergency).maybe_bool(own.respite).maybe_day(own.planned_on).maybe_day(own.discharged_on);
        r.maybe_word(own.destination.as_ref()).maybe_bool(own.support_unchanged).maybe_id(own.cancels);
        r.maybe_bool(own.entered_in_error).at(e.occurred_at).at(e.recorded_at).id(e.recorded_by);
        r.maybe_sealed(e.note.as_ref().map(Line::as_str));
    });
}

pub(crate) fn read_event(row: &Row, offset: usize) -> Result<EncounterEvent, StoreError> {
    let mut c = EVENT.cursor_from(row, offset);
    let (encounter_id, id, region_id) = (c.id()?, c.id()?, c.id()?);
    let name: String = c.get()?;
    let own = EventColumns {
        ward_id: c.maybe_id()?,
        emergency: c.get()?,
        respite: c.get()?,
        planned_on: c.get()?,
        discharged_on: c.get()?,
        destination: c.maybe_word()?,
        support_unchanged: c.get()?,
        cancels: c.maybe_id()?,
        entered_in_error: c.get()?,
    };
    let event = own.event(&name).ok_or_else(|| c.inconsistent("event"))?;
    Ok(EncounterEvent {
        id,
        region_id,
        encounter_id,
        event,
        occurred_at: c.at()?,
        recorded_at: c.at()?,
        recorded_by: c.id()?,
        note: c.maybe_opened()?,
    })
}

impl EventColumns {
    fn event(self, name: &str) -> Option<AdtEvent> {
        Some(match name {
            "admit" => AdtEvent::Admit { ward_id: self.ward_id?, emergency: self.emergency?, respite: self.respite? },
            "cancel_admit" => {
                AdtEvent::CancelAdmit { cancels: self.cancels?, entered_in_error: self.entered_in_error? }
            }
            "transfer" => AdtEvent::Transfer { ward_id: self.ward_id? },
            "pending_discharge" => AdtEvent::PendingDischarge { planned_on: self.planned_on? },
            "cancel_pending_discharge" => AdtEvent::CancelPendingDischarge { cancels: self.cancels? },
            "discharge" => AdtEvent::Discharge {
                on: self.discharged_on?,
                to: self.destination?,
                support_unchanged: self.support_unchanged?,
            },
            "cancel_discharge" => AdtEvent::CancelDischarge { cancels: self.cancels? },
            _ => return None,
        })
    }
}

pub(crate) static SCREENING: Table = Table::new(
    "screening",
    &[
        ("encounter_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("edition", Text),
        ("answers", Sealed),
        ("facts", Sealed),
        ("outcome", Sealed),
        ("give_notice", Bool),
        ("why", Sealed),
        ("screened_at", At),
        ("screened_by", Id),
    ],
    &["encounter_id", "id"],
);

pub(crate) fn write_screening(rows: &mut Rows, s: &Screening) {
    rows.row(|r| {
        r.id(s.encounter_id).id(s.id).id(s.region_id).text(&s.edition);
        r.sealed_json(&s.answers).sealed_json(&s.facts).sealed_json(&s.outcome);
        r.maybe_bool(s.decision.as_ref().map(|d| d.give_notice));
        r.maybe_sealed(s.decision.as_ref().map(|d| d.why.as_str()));
        r.at(s.screened_at).id(s.screened_by);
    });
}

pub(crate) fn read_screening(row: &Row, offset: usize) -> Result<Screening, StoreError> {
    let mut c = SCREENING.cursor_from(row, offset);
    let (encounter_id, id, region_id) = (c.id()?, c.id()?, c.id()?);
    let (edition, answers, facts, outcome) = (c.get()?, c.opened_json()?, c.opened_json()?, c.opened_json()?);
    let decision = match (c.get::<Option<bool>>()?, c.maybe_opened()?) {
        (None, None) => None,
        (Some(give_notice), Some(why)) => Some(AdvisedDecision { give_notice, why }),
        _ => return Err(c.inconsistent("why")),
    };
    let (screened_at, screened_by) = (c.at()?, c.id()?);
    Ok(Screening { id, region_id, encounter_id, edition, answers, facts, outcome, decision, screened_at, screened_by })
}
