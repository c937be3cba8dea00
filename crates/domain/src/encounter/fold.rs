//! The fold itself, and the history of planned dates.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{AdtEvent, EncounterEvent, EncounterState};
use crate::{EventId, Instant, WardId};

/// A date on which the discharge was planned at some time, and since when that was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    pub event_id: EventId,
    pub planned_on: NaiveDate,
    pub known_at: Instant,
}

/// What the events of a stay amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    pub state: EncounterState,
    /// None before an admission is recorded (a discharge that came first).
    pub admitted_at: Option<Instant>,
    pub ward_id: Option<WardId>,
    pub emergency: bool,
    pub respite: bool,
    /// Of the discharge: the person needs the same support as before.
    pub support_unchanged: bool,
    /// When the person left, as far as the record of it says.
    pub discharged_at: Option<Instant>,
    /// When the discharge was recorded.
    pub discharge_known_at: Option<Instant>,
    /// Every planned date that was not cancelled, in the order of occurrence; the last one is in force.
    pub planned: Vec<Planned>,
}

impl Folded {
    /// The plan that a word is measured by: the last one. After the discharge, the last that was known before it: what is entered late
    /// is history, and nobody could have told it.
    pub fn plan(&self) -> Option<&Planned> {
        let gone = self.discharge_known_at.filter(|_| matches!(self.state, EncounterState::Discharged { .. }));
        self.planned.iter().rfind(|plan| gone.is_none_or(|gone| plan.known_at <= gone))
    }
}

/// Order by occurrence, then by recording, then by id; repeats (the same id) count once; what is cancelled doesn't count.
pub fn fold(events: &[EncounterEvent]) -> Folded {
    let mut ordered: Vec<&EncounterEvent> = events.iter().collect();
    ordered.sort_by_key(|e| (e.occurred_at, e.recorded_at, e.id));
    ordered.dedup_by_key(|e| e.id);
    let cancelled: BTreeSet<EventId> = ordered.iter().filter_map(|e| e.event.cancels()).collect();

    let mut folded = Folded {
        state: EncounterState::InProgress,
        admitted_at: None,
        ward_id: None,
        emergency: false,
        respite: false,
        support_unchanged: false,
        discharged_at: None,
        discharge_known_at: None,
        planned: Vec::new(),
    };
    let mut void = None;
    let mut discharge = None;
    for e in ordered {
        if cancelled.contains(&e.id) {
            continue;
        }
        match &e.event {
            AdtEvent::Admit { ward_id, emergency, respite } => {
                folded.admitted_at = folded.admitted_at.or(Some(e.occurred_at));
                folded.ward_id = folded.ward_id.or(Some(*ward_id));
                folded.emergency |= emergency;
                folded.respite |= respite;
            }
            AdtEvent::CancelAdmit { entered_in_error, .. } => {
                let state = if *entered_in_error { EncounterState::EnteredInError } else { EncounterState::Cancelled };
                void = Some(state);
            }
            AdtEvent::Transfer { ward_id } => folded.ward_id = Some(*ward_id),
            AdtEvent::PendingDischarge { planned_on } => {
                folded.planned.push(Planned { event_id: e.id, planned_on: *planned_on, known_at: e.recorded_at });
            }
            AdtEvent::Discharge { on, to, support_unchanged } => {
                discharge = Some(EncounterState::Discharged { on: *on, to: *to });
                folded.support_unchanged = *support_unchanged;
                folded.discharged_at = Some(e.occurred_at);
                folded.discharge_known_at = Some(e.recorded_at);
            }
            AdtEvent::CancelPendingDischarge { .. } | AdtEvent::CancelDischarge { .. } => {}
        }
    }
    // A stay is void only while no admission stands: an admission recorded anew after the cancel revives it.
    let void = if folded.admitted_at.is_none() { void } else { None };
    let planned = folded.planned.last().map(|p| EncounterState::DischargePlanned { planned_on: p.planned_on });
    folded.state = void.or(discharge).or(planned).unwrap_or(EncounterState::InProgress);
    folded
}

#[cfg(test)]
mod tests;
