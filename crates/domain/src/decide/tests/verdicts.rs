//! What was judged once stays as it was known then, whatever becomes of the plan, the agreement or the receiver.

use chrono::Weekday;
use rules::{Counting, NoticePeriod, OfficeHours};

use super::{Town, answers, at, day};
use crate::agreement::Agreement;
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

/// Kitami's next edition: seven days, and other words for the first criterion.
fn next_edition() -> Agreement {
    let text = include_str!("../../../../../config/agreements/kitami.toml");
    let changes = [
        ("edition = \"平成28年10月\"", "edition = \"令和9年4月\""),
        ("period = { days = 5", "period = { days = 7"),
        ("入院前に比べADLが低下し、退院後に生活様式の再編が必要\"", "ADLが低下し、暮らし方の組み直しが必要\""),
    ];
    let text = changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    });
    Agreement::parse("next.toml", &text).unwrap()
}

#[test]
fn an_open_deadline_follows_the_new_edition() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.agreement = next_edition();
    assert_eq!(town.sweep(at(day(11, 18), 9)).0, [Level::Ahead(2)], "two days before the 20th");
    let rows: Vec<_> = town.discharge_deadlines().iter().map(|d| (d.due_on, d.timeliness, d.open)).collect();
    let moved = Timeliness::Excused { reason: Excuse::DateMoved };
    assert_eq!(rows, [(day(11, 22), moved, false), (day(11, 20), Timeliness::NotDue, true)]);
    town.tell(at(day(11, 21), 10));
    assert_eq!(town.discharge_deadlines()[1].timeliness, Timeliness::Late { days: 6 }, "by the edition of that day");
}

#[test]
fn what_was_judged_under_the_old_edition_stays_judged_by_it() {
    let mut told = Town::new();
    told.plan(at(day(11, 10), 10), day(11, 27));
    told.tell(at(day(11, 21), 10));
    told.agreement = next_edition();
    told.sweep(at(day(11, 22), 9));
    assert_eq!(told.discharge_deadlines().len(), 1);
    assert_eq!(told.verdict(day(11, 27)), Timeliness::Met { days: 6 }, "not late by a rule that came later");

    let mut missed = Town::new();
    missed.plan(at(day(11, 10), 10), day(11, 27));
    missed.sweep(at(day(11, 23), 9));
    missed.agreement = next_edition();
    assert_eq!(missed.sweep(at(day(11, 24), 9)).0, [Level::Missed(1)], "no second round for the same plan");
    assert_eq!(missed.discharge_deadlines().len(), 1);
    assert_eq!(missed.verdict(day(11, 27)), Timeliness::Missed);
}

#[test]
fn an_old_screening_is_explained_in_the_words_of_its_edition() {
    let mut town = Town::new();
    let ticked = answers(&town, &["adl_decline"]);
    town.nurse_does(at(day(11, 3), 10), |decision| decision.screen(ticked.clone(), None)).unwrap();
    town.agreement = next_edition();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let words = |town: &Town| {
        let screening = town.case.screening().unwrap();
        (screening.edition.clone(), screening.outcome.reasons()[0].wording.ja.clone())
    };
    let old = "入院前に比べADLが低下し、退院後に生活様式の再編が必要";
    assert_eq!(words(&town), ("平成28年10月".to_owned(), old.to_owned()));
    town.nurse_does(at(day(11, 11), 10), |decision| decision.screen(ticked, None)).unwrap();
    assert_eq!(words(&town), ("令和9年4月".to_owned(), "ADLが低下し、暮らし方の組み直しが必要".to_owned()));
}
