//! Steps on the stay itself: admission and events.

use chrono::NaiveDate;

use super::{Context, Decision};
use crate::case::Case;
use crate::changes::Changes;
use crate::encounter::{AdtEvent, Encounter, EncounterEvent, EncounterState, Folded, fold};
use crate::patient::{CareTeamMember, Patient};
use crate::text::Line;
use crate::{EncounterId, EventId, Fault, Instant, Refusal, WardId};

/// A date further away than this from today is a slip of the keyboard, not a plan.
const FARTHEST_DAYS: i64 = 366;

/// An admission to be recorded.
#[derive(Debug, Clone)]
pub struct NewStay {
    pub ward_id: WardId,
    pub admitted_at: Instant,
    pub emergency: bool,
    pub respite: bool,
}

/// Something that happened to the stay.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub event: AdtEvent,
    /// None: now, and after whatever of its kind is known.
    pub occurred_at: Option<Instant>,
    pub note: Option<Line>,
}

/// Opens a stay for `patient` in the actor's hospital; the decision goes on from there (a notice may follow in the same command).
pub fn admit<'a>(
    context: Context<'a>,
    patient: Patient,
    team: Vec<CareTeamMember>,
    last_discharge_on: Option<NaiveDate>,
    stay: &NewStay,
) -> Result<Decision<'a>, Refusal> {
    let actor = context.actor.ok_or(Fault::NotAllowed)?;
    let ward = context.directory.ward(stay.ward_id).filter(|ward| ward.organization_id == actor.organization_id);
    let ward = ward.ok_or_else(|| Refusal::at("ward_id", Fault::UnknownId))?;
    check_instant("admitted_at", stay.admitted_at, context.now)?;
    if stay.admitted_at.day() < patient.birth_on {
        return Err(Refusal::at("admitted_at", Fault::OutOfRange));
    }
    let mut ids = context.ids();
    let encounter = Encounter {
        id: ids.next::<EncounterId>(),
        region_id: patient.region_id,
        patient_id: patient.id,
        hospital_id: ward.organization_id,
        ward_id: ward.id,
        state: EncounterState::InProgress,
        admitted_at: stay.admitted_at,
        emergency: stay.emergency,
        version: 0,
        revision: 0,
    };
    let case = Case {
        patient,
        encounter,
        team,
        last_discharge_on,
        events: Vec::new(),
        screenings: Vec::new(),
        notices: Vec::new(),
        contacts: Vec::new(),
        deadlines: Vec::new(),
        warnings: Vec::new(),
        fact: None,
    };
    let mut decision =
        Decision { ids, is_new: true, read_revision: 0, concerns: None, changes: Changes::default(), case, context };
    let admission = decision.event(NewEvent {
        event: AdtEvent::Admit { ward_id: stay.ward_id, emergency: stay.emergency, respite: stay.respite },
        occurred_at: Some(stay.admitted_at),
        note: None,
    });
    decision.push_event(admission);
    Ok(decision)
}

fn check_instant(field: &'static str, at: Instant, now: Instant) -> Result<(), Refusal> {
    if at > now.plus_seconds(300) {
        Err(Refusal::at(field, Fault::InTheFuture))
    } else if at < now.plus_days(-5 * FARTHEST_DAYS) {
        Err(Refusal::at(field, Fault::OutOfRange))
    } else {
        Ok(())
    }
}

/// Whether the person had left by then; by now, where nothing else is said.
fn has_ended_by(folded: &Folded, at: Option<Instant>) -> bool {
    let EncounterState::Discharged { on, .. } = folded.state else { return false };
    let before = |at: Instant| at.day() <= on && folded.discharged_at.is_some_and(|left_at| at < left_at);
    !at.is_some_and(before)
}

/// Now, but behind what is known: another instance's clock was ahead, or this one was put back, and what is done last is in force.
pub(super) fn after(now: Instant, known: impl Iterator<Item = Instant>) -> Instant {
    known.max().map_or(now, |last| now.max(Instant::from_micros(last.micros() + 1)))
}

impl Decision<'_> {
    /// Records one event of the stay after checking it against what is known; late entries are welcome: of a stay that has ended, what
    /// happened before its end.
    pub fn record(&mut self, new: NewEvent) -> Result<EventId, Refusal> {
        if let Some(at) = new.occurred_at {
            check_instant("occurred_at", at, self.context.now)?;
        }
        let folded = self.folded();
        if folded.state.is_void() && !matches!(new.event, AdtEvent::Admit { .. }) {
            return Err(Fault::StayCancelled.into());
        }
        let goes_on = matches!(new.event, AdtEvent::Transfer { .. } | AdtEvent::PendingDischarge { .. });
        if goes_on && has_ended_by(&folded, new.occurred_at) {
            return Err(Fault::StayEnded.into());
        }
        match &new.event {
            AdtEvent::Admit { ward_id, .. } | AdtEvent::Transfer { ward_id } => self.check_ward(*ward_id)?,
            AdtEvent::PendingDischarge { planned_on } => self.check_planned(*planned_on, new.occurred_at)?,
            AdtEvent::Discharge { on, .. } => self.check_discharged(*on)?,
            AdtEvent::CancelAdmit { cancels, .. } => self.check_cancel(*cancels, "A01")?,
            AdtEvent::CancelPendingDischarge { cancels } => self.check_cancel(*cancels, "A16")?,
            AdtEvent::CancelDischarge { cancels } => self.check_cancel(*cancels, "A03")?,
        }
        let event = self.event(new);
        self.check_order(&event)?;
        Ok(self.push_event(event))
    }

    /// Plans the discharge for `planned_on`, unless just that day is planned already.
    pub fn plan_discharge(&mut self, planned_on: NaiveDate) -> Result<(), Refusal> {
        if self.folded().state == (EncounterState::DischargePlanned { planned_on }) {
            return Ok(());
        }
        let event = AdtEvent::PendingDischarge { planned_on };
        self.record(NewEvent { event, occurred_at: None, note: None }).map(drop)
    }

    fn event(&mut self, new: NewEvent) -> EncounterEvent {
        let alike = self.case.events.iter().filter(|known| known.event.trigger() == new.event.trigger());
        let now = after(self.context.now, alike.map(|known| known.occurred_at));
        EncounterEvent {
            id: self.ids.next(),
            region_id: self.case.encounter.region_id,
            encounter_id: self.case.encounter.id,
            event: new.event,
            occurred_at: new.occurred_at.unwrap_or(now),
            recorded_at: self.context.now,
            recorded_by: self.context.account(),
            note: new.note,
        }
    }

    fn push_event(&mut self, event: EncounterEvent) -> EventId {
        let id = event.id;
        self.case.events.push(event.clone());
        self.changes.events.push(event);
        self.case.encounter.state = fold(&self.case.events).state;
        id
    }

    fn check_ward(&self, ward_id: WardId) -> Result<(), Refusal> {
        let ward = self.context.directory.ward(ward_id);
        let own = ward.is_some_and(|ward| ward.organization_id == self.case.encounter.hospital_id);
        if own { Ok(()) } else { Err(Refusal::at("ward_id", Fault::UnknownId)) }
    }

    /// What was planned lay ahead when it was planned.
    fn check_planned(&self, planned_on: NaiveDate, occurred_at: Option<Instant>) -> Result<(), Refusal> {
        let today = occurred_at.unwrap_or(self.context.now).day();
        let fault = if planned_on < self.case.encounter.admitted_at.day() {
            Fault::DischargeBeforeAdmission
        } else if planned_on < today {
            Fault::PlannedInThePast
        } else if (planned_on - today).num_days() > FARTHEST_DAYS {
            Fault::OutOfRange
        } else {
            return Ok(());
        };
        Err(Refusal::at("planned_on", fault))
    }

    /// Refuses an event after which the stay would begin before the person was born, or end before it began: an admission entered anew,
    /// or a cancel that leaves another admission or discharge standing.
    fn check_order(&self, event: &EncounterEvent) -> Result<(), Refusal> {
        let field = if event.event.cancels().is_some() { "cancels" } else { "occurred_at" };
        let folded = fold(&[self.case.events.as_slice(), std::slice::from_ref(event)].concat());
        let Some(admitted_on) = folded.admitted_at.map(Instant::day) else { return Ok(()) };
        let last = match folded.state {
            EncounterState::Discharged { on, .. } => Some(on),
            EncounterState::DischargePlanned { planned_on }
                if matches!(event.event, AdtEvent::Admit { .. } | AdtEvent::CancelAdmit { .. }) =>
            {
                Some(planned_on)
            }
            _ => None,
        };
        if admitted_on < self.case.patient.birth_on {
            Err(Refusal::at(field, Fault::OutOfRange))
        } else if last.is_some_and(|last| last < admitted_on) {
            Err(Refusal::at(field, Fault::DischargeBeforeAdmission))
        } else {
            Ok(())
        }
    }

    fn check_discharged(&self, on: NaiveDate) -> Result<(), Refusal> {
        let fault = if on < self.case.encounter.admitted_at.day() {
            Fault::DischargeBeforeAdmission
        } else if on > self.context.now.day() {
            Fault::InTheFuture
        } else {
            return Ok(());
        };
        Err(Refusal::at("on", fault))
    }

    fn check_cancel(&self, cancels: EventId, trigger: &str) -> Result<(), Refusal> {
        let named = self.case.events.iter().find(|e| e.id == cancels);
        let again = self.case.events.iter().any(|e| e.event.cancels() == Some(cancels));
        match named {
            Some(e) if e.event.trigger() == trigger && !again => Ok(()),
            _ => Err(Refusal::at("cancels", Fault::NothingToCancel)),
        }
    }
}
