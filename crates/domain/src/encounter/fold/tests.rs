//! One stay by hand, and any stay by chance.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::encounter::Destination;
use crate::{AccountId, EncounterId, Ids, RegionId};

fn day(d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
}

/// An admission, a plan, a moved plan, a cancelled plan, a discharge, its cancel, and a second discharge.
fn stay() -> Vec<EncounterEvent> {
    let start = Instant::from_micros(1_790_000_000_000_000);
    let mut ids = Ids::new(start, 1);
    let (region_id, encounter_id): (RegionId, EncounterId) = (ids.next(), ids.next());
    let (account, ward): (AccountId, WardId) = (ids.next(), ids.next());
    let event_ids: Vec<EventId> = (0..8).map(|_| ids.next()).collect();
    let home = Destination::Home;
    let events = [
        AdtEvent::Admit { ward_id: ward, emergency: true, respite: false },
        AdtEvent::PendingDischarge { planned_on: day(20) },
        AdtEvent::Transfer { ward_id: ids.next() },
        AdtEvent::PendingDischarge { planned_on: day(25) },
        AdtEvent::CancelPendingDischarge { cancels: event_ids[3] },
        AdtEvent::Discharge { on: day(19), to: home, support_unchanged: false },
        AdtEvent::CancelDischarge { cancels: event_ids[5] },
        AdtEvent::Discharge { on: day(21), to: home, support_unchanged: true },
    ];
    let at = |n: usize| start.plus_days(i64::try_from(n).unwrap());
    events
        .into_iter()
        .enumerate()
        .map(|(n, event)| EncounterEvent {
            id: event_ids[n],
            region_id,
            encounter_id,
            event,
            occurred_at: at(n),
            recorded_at: at(n),
            recorded_by: account,
            note: None,
        })
        .collect()
}

#[test]
fn a_cancelled_discharge_brings_back_what_was_before() {
    let events = stay();
    assert_eq!(fold(&events[..4]).state, EncounterState::DischargePlanned { planned_on: day(25) });
    assert_eq!(fold(&events[..5]).state, EncounterState::DischargePlanned { planned_on: day(20) });
    assert_eq!(fold(&events[..6]).state, EncounterState::Discharged { on: day(19), to: Destination::Home });
    assert_eq!(fold(&events[..7]).state, EncounterState::DischargePlanned { planned_on: day(20) });
    assert_eq!(fold(&events).state, EncounterState::Discharged { on: day(21), to: Destination::Home });
}

#[test]
fn a_late_admission_never_undoes_a_discharge() {
    let events = stay();
    let mut late = vec![events[7].clone()];
    assert_eq!(fold(&late).admitted_at, None);
    late.push(events[0].clone());
    assert_eq!(fold(&late).state, EncounterState::Discharged { on: day(21), to: Destination::Home });
    assert!(fold(&late).admitted_at.is_some());
}

#[test]
fn a_cancelled_admission_voids_the_stay_until_another_stands() {
    let events = stay();
    let mut again = events[..1].to_vec();
    let mut cancel = events[4].clone();
    cancel.event = AdtEvent::CancelAdmit { cancels: events[0].id, entered_in_error: true };
    again.push(cancel);
    assert_eq!(fold(&again).state, EncounterState::EnteredInError);
    let mut admit = events[7].clone();
    admit.event = events[0].event.clone();
    again.push(admit);
    assert_eq!(fold(&again).state, EncounterState::InProgress);
}

/// A record to be: what happens, when (of five instants, so that many are equal) and when that was recorded.
type Draft = (u8, i64, i64, u8);

/// Any stay: admitted or not, planned and moved, discharged, cancelled and admitted again, several of it at the same instant. A cancel
/// names an earlier record of its own kind.
fn stay_of(drafts: &[Draft]) -> Vec<EncounterEvent> {
    let start = Instant::from_micros(1_790_000_000_000_000);
    let mut ids = Ids::new(start, 2);
    let (region_id, encounter_id): (RegionId, EncounterId) = (ids.next(), ids.next());
    let (recorded_by, wards): (AccountId, [WardId; 2]) = (ids.next(), [ids.next(), ids.next()]);
    let mut events: Vec<EncounterEvent> = Vec::new();
    for &(what, occurred, recorded, n) in drafts {
        let (ward_id, on, yes) = (wards[usize::from(n % 2)], day(20 + u32::from(n % 5)), n % 2 == 0);
        let named = events.iter().rev().nth(usize::from(n) % events.len().max(1));
        let event = match (what % 8, named) {
            (0 | 1, _) => AdtEvent::Admit { ward_id, emergency: yes, respite: !yes },
            (2, _) => AdtEvent::PendingDischarge { planned_on: on },
            (3, _) => AdtEvent::Discharge { on, to: Destination::Home, support_unchanged: yes },
            (4.., Some(EncounterEvent { id, event, .. })) => match event {
                AdtEvent::Admit { .. } => AdtEvent::CancelAdmit { cancels: *id, entered_in_error: yes },
                AdtEvent::PendingDischarge { .. } => AdtEvent::CancelPendingDischarge { cancels: *id },
                AdtEvent::Discharge { .. } => AdtEvent::CancelDischarge { cancels: *id },
                _ => AdtEvent::Transfer { ward_id },
            },
            _ => AdtEvent::Transfer { ward_id },
        };
        let (occurred_at, recorded_at) = (start.plus_days(occurred), start.plus_days(recorded));
        let id = ids.next();
        events.push(EncounterEvent {
            id,
            region_id,
            encounter_id,
            event,
            occurred_at,
            recorded_at,
            recorded_by,
            note: None,
        });
    }
    events
}

/// The law in other words: of what was not cancelled, the last of each kind decides; nothing does while no admission stands.
fn state_by_law(events: &[EncounterEvent]) -> EncounterState {
    let stands = |e: &&EncounterEvent| events.iter().all(|other| other.event.cancels() != Some(e.id));
    let last = |trigger: &str| {
        let of_kind = events.iter().filter(stands).filter(|e| e.event.trigger() == trigger);
        of_kind.max_by_key(|e| (e.occurred_at, e.recorded_at, e.id)).map(|e| e.event.clone())
    };
    match (last("A01"), last("A11"), last("A03"), last("A16")) {
        (None, Some(AdtEvent::CancelAdmit { entered_in_error: true, .. }), ..) => EncounterState::EnteredInError,
        (None, Some(_), ..) => EncounterState::Cancelled,
        (_, _, Some(AdtEvent::Discharge { on, to, .. }), _) => EncounterState::Discharged { on, to },
        (_, _, _, Some(AdtEvent::PendingDischarge { planned_on })) => EncounterState::DischargePlanned { planned_on },
        _ => EncounterState::InProgress,
    }
}

/// Drafts, an order in which their records arrive, and records that arrive once more.
fn arrivals() -> impl Strategy<Value = (Vec<Draft>, Vec<usize>, Vec<usize>)> {
    vec((any::<u8>(), 0_i64..5, 0_i64..5, any::<u8>()), 1..14).prop_flat_map(|drafts| {
        let places: Vec<usize> = (0..drafts.len()).collect();
        (Just(drafts), Just(places.clone()).prop_shuffle(), vec(proptest::sample::select(places), 0..6))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Every order in which the records of any stay can arrive, with any of them repeated, ends in the same state.
    #[test]
    fn order_and_repeats_do_not_matter((drafts, order, repeats) in arrivals()) {
        let events = stay_of(&drafts);
        let arrived: Vec<_> = order.iter().chain(&repeats).map(|&n| events[n].clone()).collect();
        prop_assert_eq!(fold(&arrived), fold(&events));
        prop_assert_eq!(fold(&arrived).state, state_by_law(&events));
    }
}
