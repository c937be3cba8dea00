//! What was judged once stays as it was known then, whatever becomes of the plan, the agreement or the receiver.

use chrono::Weekday;
use rules::{Counting, NoticePeriod, OfficeHours};

use super::{Town, at, day};
use crate::deadline::{Excuse, Level, Timeliness};
use crate::decide::NewEvent;
use crate::encounter::AdtEvent;

#[test]
fn a_plan_cancelled_after_the_miss_leaves_the_miss() {
    let mut town = Town::new();
    let changes = town.plan(at(day(11, 10), 10), day(11, 27));
    let event = AdtEvent::CancelPendingDischarge { cancels: changes.events[0].id };
    let now = at(day(11, 23), 10);
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Missed);
    assert!(town.discharge_deadlines().iter().all(|d| !d.open), "nothing is left to be done");
    assert_eq!(town.case.fact.as_ref().unwrap().discharge, None, "and nothing is counted before she goes home");
}

#[test]
fn a_plan_moved_away_and_back_takes_up_its_missed_deadline() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    assert_eq!(town.sweep(at(day(11, 23), 9)).0, [Level::Missed(0)]);
    town.plan(at(day(11, 23), 10), day(12, 10));
    assert_eq!(town.sweep(at(day(11, 24), 9)).0, [], "that plan is no longer in force");
    town.plan(at(day(11, 24), 10), day(11, 27));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Missed, "not impossible: the ward had its five days");
    assert_eq!(town.verdict(day(12, 10)), Timeliness::Excused { reason: Excuse::DateMoved });
    assert!(town.discharge_deadlines().iter().any(|d| d.open && d.planned_on == Some(day(11, 27))), "overdue");
    assert_eq!(town.sweep(at(day(11, 24), 10)).0, [Level::Missed(1)], "the escalation goes on where it stood");
    town.tell(at(day(11, 26), 10));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Late { days: 1 });
    town.plan(at(day(11, 26), 11), day(12, 10));
    town.plan(at(day(11, 26), 12), day(11, 27));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Late { days: 1 }, "a late word is no impossible one either");
}

#[test]
fn a_day_recorded_once_more_after_it_was_missed_stays_missed() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    // No sweep has looked since the tenth.
    let event = AdtEvent::PendingDischarge { planned_on: day(11, 27) };
    let now = at(day(11, 25), 10);
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Missed);
}

#[test]
fn a_plan_that_comes_back_before_its_last_day_was_missed_is_judged_anew() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.plan(at(day(11, 15), 10), day(12, 10));
    town.plan(at(day(11, 24), 10), day(11, 27));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Impossible, "nobody could know of it on the 22nd");
    assert_eq!(town.sweep(at(day(11, 24), 10)).0, [Level::AtOnce]);
}

/// Five working days, in a town whose care offices work on Saturdays; the hospital and the support centre don't.
fn working_days() -> Town {
    let hours = OfficeHours { closed_weekdays: vec![Weekday::Sun], ..OfficeHours::default() };
    let mut town = Town::whose_offices_keep(&hours);
    town.agreement.discharge_notice.period = NoticePeriod { days: 5, counting: Counting::WorkingDays };
    town
}

#[test]
fn working_days_are_those_of_the_office_that_is_told() {
    let last_day = |town: &Town| town.discharge_deadlines()[0].due_on;
    let mut town = working_days();
    town.plan(at(day(11, 10), 10), day(11, 27));
    assert_eq!(last_day(&town), day(11, 20), "26, 25, 24, Saturday the 21st, 20; the 23rd is a holiday");
    let mut town = working_days();
    town.case.team.clear();
    town.plan(at(day(11, 10), 10), day(11, 27));
    assert_eq!(
        last_day(&town),
        day(11, 19),
        "without a care manager the support centre's, which is closed on Saturdays"
    );
}

#[test]
fn a_word_in_time_stays_in_time_when_another_office_takes_over() {
    let mut town = working_days();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.tell(at(day(11, 20), 10));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Met { days: 7 });
    town.case.team.clear();
    town.sweep(at(day(11, 25), 9));
    assert_eq!(town.discharge_deadlines().len(), 1, "the day is not counted anew by the centre's hours");
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Met { days: 7 });
}
