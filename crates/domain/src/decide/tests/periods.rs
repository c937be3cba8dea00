//! The five days: verdicts and warnings around the edges.

use super::{Town, answers, at, day, mailboxes, planned_discharge};
use crate::Fault;
use crate::agreement::EscalationTo;
use crate::deadline::{Excuse, Level, Timeliness};
use crate::decide::{NewEvent, NewNotice};
use crate::delivery::Letter;
use crate::encounter::{AdtEvent, Destination};
use crate::notice::NoticeKind;
use crate::party::ContactUse;

#[test]
fn told_on_the_fifth_day_before_is_met_and_on_the_fourth_is_late() {
    for (told, verdict) in [
        (day(11, 21), Timeliness::Met { days: 6 }),
        (day(11, 22), Timeliness::Met { days: 5 }),
        (day(11, 23), Timeliness::Late { days: 4 }),
    ] {
        let mut town = Town::new();
        town.plan(at(day(11, 10), 10), day(11, 27));
        town.tell(at(told, 23));
        assert_eq!(town.verdict(day(11, 27)), verdict, "told on {told}");
    }
}

#[test]
fn the_ward_is_warned_two_days_before_and_on_the_last_day() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    assert_eq!(town.sweep(at(day(11, 20), 8)).0, []);
    let (levels, mails) = town.sweep(at(day(11, 20), 9));
    assert_eq!(levels, [Level::Ahead(2)]);
    assert_eq!(mailboxes(&mails), ["ward-0@town.example"]);
    assert_eq!(town.sweep(at(day(11, 20), 10)).0, [], "a second sweep finds nothing");
    assert_eq!(town.sweep(at(day(11, 22), 9)).0, [Level::Ahead(0)]);
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Due);
}

#[test]
fn a_miss_is_told_to_ward_and_desk_and_a_day_later_to_the_municipality() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.sweep(at(day(11, 22), 9));
    assert_eq!(town.sweep(at(day(11, 23), 0)).0, [], "at midnight only the verdict turns");
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Missed);
    let (levels, mails) = town.sweep(at(day(11, 23), 9));
    assert_eq!(levels, [Level::Missed(0)]);
    assert_eq!(mailboxes(&mails), ["ward-0@town.example", "coordinationdesk-0@town.example"]);
    let (levels, mails) = town.sweep(at(day(11, 24), 9));
    assert_eq!(levels, [Level::Missed(1)]);
    assert_eq!(mailboxes(&mails), ["first-4@town.example"]);
    assert_eq!(town.sweep(at(day(11, 30), 9)).0, []);
}

#[test]
fn after_a_week_of_silence_everybody_is_told_at_once_under_the_latest_step() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (levels, mails) = town.sweep(at(day(11, 26), 9));
    assert_eq!(levels, [Level::Missed(1)]);
    assert_eq!(mailboxes(&mails), ["ward-0@town.example", "coordinationdesk-0@town.example", "first-4@town.example"]);
    assert_eq!(town.sweep(at(day(11, 26), 10)), (vec![], vec![]));
}

#[test]
fn after_downtime_only_those_are_told_who_were_not_before() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.sweep(at(day(11, 23), 9));
    let (levels, mails) = town.sweep(at(day(11, 26), 9));
    assert_eq!((levels, mailboxes(&mails)), (vec![Level::Missed(1)], vec!["first-4@town.example"]));
    let told = vec![EscalationTo::Ward, EscalationTo::CoordinationDesk, EscalationTo::Municipality];
    assert!(matches!(&mails[0].letter, Letter::DeadlineWarning { told: named, .. } if *named == told), "{mails:?}");
}

#[test]
fn after_downtime_a_notice_nobody_answered_is_told_to_office_hospital_and_city_at_once() {
    let mut town = Town::new();
    town.plan(at(day(11, 20), 10), day(11, 30));
    town.tell(at(day(11, 20), 17));
    let (levels, mails) = town.sweep(at(day(11, 27), 12));
    assert_eq!(levels, [Level::Unacknowledged(2)]);
    let all =
        ["second-1@town.example", "ward-0@town.example", "coordinationdesk-0@town.example", "first-4@town.example"];
    assert_eq!(mailboxes(&mails), all);
}

#[test]
fn a_notice_stops_the_warnings() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.tell(at(day(11, 19), 10));
    assert!(town.discharge_deadlines().iter().all(|d| !d.open && d.next_at.is_none()));
    assert_eq!(town.sweep(at(day(11, 19), 11)).0, []);
}

#[test]
fn a_day_known_too_late_is_impossible_and_due_at_once() {
    let mut town = Town::new();
    town.plan(at(day(11, 20), 17), day(11, 24));
    assert_eq!(town.verdict(day(11, 24)), Timeliness::Impossible);
    let (levels, mails) = town.sweep(at(day(11, 20), 17));
    assert_eq!((levels, mailboxes(&mails)), (vec![Level::AtOnce], vec!["ward-0@town.example"]));
    assert_eq!(town.sweep(at(day(11, 21), 9)).0, [Level::Missed(0)]);
    town.tell(at(day(11, 21), 10));
    assert_eq!(town.verdict(day(11, 24)), Timeliness::Impossible, "told, and still counted apart");
    assert!(town.discharge_deadlines().iter().all(|d| !d.open));
}

#[test]
fn known_on_the_last_day_itself_is_possible_and_warned_the_same_day() {
    let mut town = Town::new();
    town.plan(at(day(11, 20), 14), day(11, 25));
    assert_eq!(town.verdict(day(11, 25)), Timeliness::Due);
    assert_eq!(town.sweep(at(day(11, 20), 14)).0, [Level::Ahead(0)]);
    town.tell(at(day(11, 20), 16));
    assert_eq!(town.verdict(day(11, 25)), Timeliness::Met { days: 5 });
}

#[test]
fn a_planned_date_that_moves_after_the_notice_must_be_told_again() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.tell(at(day(11, 12), 10));
    town.plan(at(day(11, 16), 10), day(11, 30));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Met { days: 15 }, "the old verdict stands");
    assert_eq!(town.verdict(day(11, 30)), Timeliness::NotDue);
    town.tell(at(day(11, 17), 10));
    assert_eq!(town.verdict(day(11, 30)), Timeliness::Met { days: 13 });
}

#[test]
fn a_date_that_moves_before_its_deadline_is_excused_and_after_it_stays_missed() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.plan(at(day(11, 16), 10), day(11, 30));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Excused { reason: Excuse::DateMoved });
    town.plan(at(day(11, 26), 10), day(12, 10));
    assert_eq!(town.verdict(day(11, 30)), Timeliness::Missed);
    town.tell(at(day(11, 26), 11));
    assert_eq!(town.verdict(day(11, 30)), Timeliness::Missed, "a later word doesn't mend it");
}

#[test]
fn nobody_is_warned_about_a_person_who_needs_no_notice() {
    let mut town = Town::new();
    let none = answers(&town, &[]);
    town.nurse_does(at(day(11, 9), 10), |decision| decision.screen(none, None)).unwrap();
    town.plan(at(day(11, 10), 10), day(11, 27));
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Excused { reason: Excuse::NotRequired });
    assert_eq!(town.sweep(at(day(11, 26), 9)).0, []);
}

#[test]
fn a_cancelled_plan_is_excused() {
    let mut town = Town::new();
    let changes = town.plan(at(day(11, 10), 10), day(11, 27));
    let event = AdtEvent::CancelPendingDischarge { cancels: changes.events[0].id };
    let now = at(day(11, 11), 10);
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Excused { reason: Excuse::Cancelled });
    assert_eq!(town.sweep(at(day(11, 26), 9)).0, []);
}

#[test]
fn a_discharge_without_any_word_stays_open_until_it_is_told() {
    let mut town = Town::new();
    let now = at(day(11, 20), 15);
    let event = AdtEvent::Discharge { on: day(11, 20), to: Destination::Home, support_unchanged: false };
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.verdict(day(11, 20)), Timeliness::Impossible);
    assert_eq!(town.sweep(now).0, [Level::AtOnce]);
}

#[test]
fn a_discharge_that_came_before_its_planned_day_and_was_told_is_not_warned_about() {
    for (discharged_on, verdict) in
        [(day(11, 20), Timeliness::Excused { reason: Excuse::DateMoved }), (day(11, 25), Timeliness::Late { days: 2 })]
    {
        let mut town = Town::new();
        town.plan(at(day(11, 3), 10), day(11, 27));
        let now = at(discharged_on, 8);
        let event = AdtEvent::Discharge { on: discharged_on, to: Destination::Home, support_unchanged: false };
        town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
        let told = NewNotice { kind: NoticeKind::Discharge, ..planned_discharge() };
        town.nurse_does(now, |decision| decision.issue(told)).unwrap();
        assert_eq!(town.verdict(day(11, 27)), verdict);
        assert!(town.discharge_deadlines().iter().all(|deadline| !deadline.open));
    }
}

#[test]
fn a_month_after_an_untold_discharge_nobody_is_warned_any_more_and_the_miss_stands() {
    let mut town = Town::new();
    town.plan(at(day(11, 3), 10), day(11, 10));
    let now = at(day(11, 10), 15);
    let event = AdtEvent::Discharge { on: day(11, 10), to: Destination::Home, support_unchanged: false };
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.sweep(at(day(12, 11), 9)).0, []);
    assert_eq!(town.verdict(day(11, 10)), Timeliness::Missed);
    assert!(town.discharge_deadlines().iter().all(|d| !d.open));
}

#[test]
fn a_death_is_excused() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let now = at(day(11, 20), 15);
    let event = AdtEvent::Discharge { on: day(11, 20), to: Destination::Died, support_unchanged: false };
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Excused { reason: Excuse::Excluded });
}

#[test]
fn a_notice_nobody_acknowledges_goes_to_the_second_contact_the_phone_and_the_city_on_working_noons() {
    let mut town = Town::new();
    town.plan(at(day(11, 20), 10), day(11, 30));
    let (id, _) = town.tell(at(day(11, 20), 17));
    // Friday evening; Saturday, Sunday and Monday the 23rd (勤労感謝の日) are no working days.
    assert_eq!(town.sweep(at(day(11, 23), 12)).0, []);
    let (levels, mails) = town.sweep(at(day(11, 24), 12));
    assert_eq!((levels, mailboxes(&mails)), (vec![Level::Unacknowledged(0)], vec!["second-1@town.example"]));
    let (levels, mails) = town.sweep(at(day(11, 25), 12));
    assert_eq!(levels, [Level::Unacknowledged(1)]);
    assert_eq!(mailboxes(&mails), ["ward-0@town.example", "coordinationdesk-0@town.example"]);
    let (levels, mails) = town.sweep(at(day(11, 26), 12));
    assert_eq!((levels, mailboxes(&mails)), (vec![Level::Unacknowledged(2)], vec!["first-4@town.example"]));
    assert_eq!(town.notice(id).state.name(), "issued");
}

#[test]
fn a_mail_that_cannot_be_delivered_is_told_to_the_second_contact_and_the_hospital_once() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (id, _) = town.tell(at(day(11, 12), 10));
    let (_, changes) = town.act(None, at(day(11, 12), 11), |decision| decision.give_up(id)).unwrap();
    let told = ["second-1@town.example", "ward-0@town.example", "coordinationdesk-0@town.example"];
    assert_eq!(mailboxes(&changes.deliveries), told);
    let (_, again) = town.act(None, at(day(11, 12), 12), |decision| decision.give_up(id)).unwrap();
    assert_eq!(again.deliveries, []);
}

#[test]
fn without_a_mailbox_of_its_own_a_use_falls_back_to_the_first_contact() {
    let town = Town::new();
    let mailbox = town.directory.mailbox(town.other_office, ContactUse::Second, None);
    assert_eq!(mailbox.map(crate::text::EmailAddress::as_str), Some("first-2@town.example"));
}

#[test]
fn the_same_word_is_not_given_twice_to_the_same_office() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.tell(at(day(11, 12), 10));
    let again = town.nurse_does(at(day(11, 12), 11), |decision| decision.issue(planned_discharge()));
    assert_eq!(again.unwrap_err(), Fault::AlreadyTold.into());
}
