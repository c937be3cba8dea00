//! What a stay adds to the survey, and how its cells move as it changes.

use std::collections::BTreeMap;

use super::{Town, at, day};
use crate::decide::NewEvent;
use crate::encounter::{AdtEvent, Destination};
use crate::survey::{Cell, CellKey, LeadTime, Measure, Method, NO_CARE_MANAGER, Side};

fn discharged(town: &mut Town, to: Destination) -> Vec<Cell> {
    let now = at(day(11, 27), 15);
    let event = AdtEvent::Discharge { on: day(11, 27), to, support_unchanged: false };
    town.nurse_does(now, |d| d.record(NewEvent { event, occurred_at: None, note: None })).unwrap().1.cells
}

#[test]
fn a_discharge_told_six_days_before_counts_as_five_to_seven() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.tell(at(day(11, 21), 10));
    discharged(&mut town, Destination::Home);
    let discharge = town.case.fact.clone().unwrap().discharge.unwrap();
    assert_eq!(discharge.word, Some((Method::System, LeadTime::FiveToSeven)));
    assert_eq!(discharge.exclusion, None);
}

#[test]
fn a_death_is_excluded_by_name() {
    let mut town = Town::new();
    discharged(&mut town, Destination::Died);
    assert!(town.case.fact.clone().unwrap().discharge.unwrap().exclusion.is_some());
}

#[test]
fn a_person_whom_nobody_looks_after_is_counted_apart() {
    let mut town = Town::without_care_manager();
    discharged(&mut town, Destination::Home);
    let fact = town.case.fact.clone().unwrap();
    assert_eq!(fact.discharge.unwrap().exclusion.as_deref(), Some(NO_CARE_MANAGER));
}

#[test]
fn the_differences_of_a_stay_add_up_to_its_last_fact() {
    let mut town = Town::new();
    let mut counts = BTreeMap::<CellKey, i64>::new();
    let mut add = |cells: Vec<Cell>| {
        for cell in cells {
            *counts.entry(cell.key).or_default() += cell.count;
        }
    };
    for key in town.case.fact.clone().unwrap().cells() {
        add(vec![Cell { key, count: 1 }]);
    }
    add(town.plan(at(day(11, 10), 10), day(11, 27)).cells);
    add(town.tell(at(day(11, 21), 10)).1.cells);
    add(discharged(&mut town, Destination::Home));
    counts.retain(|_, count| *count != 0);
    let expected: BTreeMap<CellKey, i64> =
        town.case.fact.clone().unwrap().cells().into_iter().map(|key| (key, 1)).collect();
    assert_eq!(counts, expected);
    let sides = |side| counts.keys().filter(|key| key.side == side && key.measure == Measure::Discharge).count();
    assert_eq!((sides(Side::Hospital), sides(Side::Office)), (1, 1));
}

#[test]
fn a_cancelled_admission_is_taken_out_of_the_figures_once_whatever_happens_to_it_later() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (notice, _) = town.tell(at(day(11, 11), 10));
    let (now, admission) = (at(day(11, 12), 10), town.case.events[0].event.clone());
    let event = AdtEvent::CancelAdmit { cancels: town.case.events[0].id, entered_in_error: true };
    let cancelled = town.nurse_does(now, |d| d.record(NewEvent { event, occurred_at: None, note: None })).unwrap().1;
    let taken_out: Vec<_> = cancelled.cells.iter().map(|cell| cell.count).collect();
    assert_eq!(taken_out, [-1, -1], "one for each side");
    let withdrawn =
        town.nurse_does(now, |d| d.withdraw(notice, crate::text::Line::parse("別の方").unwrap())).unwrap().1;
    assert_eq!(withdrawn.cells, []);
    let again = NewEvent { event: admission, occurred_at: None, note: None };
    let back = town.nurse_does(now, |d| d.record(again)).unwrap().1;
    assert_eq!(back.cells.iter().map(|cell| cell.count).collect::<Vec<_>>(), [1, 1]);
}
