//! Who is told, the coded answers, and what was taken back.

use super::{Town, at, day, line, mailboxes};
use crate::deadline::{Excuse, Timeliness};
use crate::decide::{NewNotice, recipient_of};
use crate::notice::{Acknowledgement, AnswerKind, NoticeKind, NoticeState, RecipientReason};
use crate::text::Prose;
use crate::{Fault, NoticeId, Refusal};

fn told() -> (Town, NoticeId) {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (id, _) = town.tell(at(day(11, 12), 10));
    (town, id)
}

#[test]
fn the_care_manager_is_told_then_the_support_centre_then_the_municipality() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (id, changes) = town.tell(at(day(11, 12), 10));
    assert_eq!(town.notice(id).recipient.because, RecipientReason::CareManager);
    assert_eq!(mailboxes(&changes.deliveries), ["naoko@care.example"]);

    let mut town = Town::without_care_manager();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (id, _) = town.tell(at(day(11, 12), 10));
    assert_eq!(town.notice(id).recipient.organization_id, town.centre);

    let mut town = Town::without_care_manager();
    town.case.patient.district = line("西");
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (id, _) = town.tell(at(day(11, 12), 10));
    assert_eq!(town.notice(id).recipient.organization_id, town.city);
    assert_eq!(town.notice(id).recipient.because, RecipientReason::Municipality);
}

#[test]
fn the_recipient_is_known_before_anything_is_sent() {
    let town = Town::new();
    let context = crate::decide::Context {
        now: at(day(11, 10), 10),
        request_id: crate::Ids::new(at(day(11, 10), 10), 3).next(),
        actor: Some(&town.nurse),
        agreement: &town.agreement,
        calendar: &town.calendar,
        directory: &town.directory,
        seed: 1,
    };
    let recipient = recipient_of(&town.case, &context).unwrap();
    assert_eq!(recipient.because, RecipientReason::CareManager);
}

#[test]
fn an_accepted_notice_is_acknowledged_in_time() {
    let (mut town, id) = told();
    let now = at(day(11, 12), 11);
    town.care_manager_does(now, |decision| decision.acknowledge(id, Acknowledgement::Accepted)).unwrap();
    assert!(matches!(town.notice(id).state, NoticeState::Acknowledged { .. }));
    let deadline = town.case.deadlines.iter().find(|d| d.subject == id.uuid()).unwrap();
    assert_eq!((deadline.timeliness, deadline.open), (Timeliness::Met { days: 0 }, false));
    let again = town.care_manager_does(now, |decision| decision.acknowledge(id, Acknowledgement::Accepted));
    assert_eq!(again.unwrap_err(), Fault::AlreadyAnswered.into());
}

#[test]
fn only_the_receiver_answers() {
    let (mut town, id) = told();
    let answered = town.nurse_does(at(day(11, 12), 11), |d| d.acknowledge(id, Acknowledgement::Accepted));
    assert_eq!(answered.unwrap_err(), Fault::NotTheReceiver.into());
}

#[test]
fn another_office_hears_of_it_at_once_and_the_hospital_is_told() {
    let (mut town, id) = told();
    let other = town.other_office;
    let answer = Acknowledgement::OtherOffice { to: other };
    let now = at(day(11, 13), 10);
    let (_, changes) = town.care_manager_does(now, |decision| decision.acknowledge(id, answer)).unwrap();
    assert!(matches!(town.notice(id).state, NoticeState::Declined { .. }));
    let next = town.case.notices.last().unwrap();
    assert_eq!((next.recipient.organization_id, next.recipient.because), (other, RecipientReason::NamedByReceiver));
    assert_eq!(next.sender_id, town.nurse.organization_id, "still the hospital's word");
    assert_eq!(mailboxes(&changes.deliveries), ["ward-0@town.example", "first-2@town.example"]);
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Met { days: 14 }, "the clock ran on until the rerouted word");
}

#[test]
fn not_our_client_goes_to_the_support_centre() {
    let (mut town, id) = told();
    town.care_manager_does(at(day(11, 13), 10), |d| d.acknowledge(id, Acknowledgement::NotOurClient)).unwrap();
    assert_eq!(town.case.notices.last().unwrap().recipient.organization_id, town.centre);
}

fn sheet_sent() -> (Town, NoticeId) {
    let mut town = Town::new();
    let message = Prose::parse("家では歩行器です。").unwrap();
    let sheet = NewNotice { kind: NoticeKind::AdmissionInformation, planned_on: None, message };
    let (id, _) = town.care_manager_does(at(day(11, 3), 10), |decision| decision.issue(sheet)).unwrap();
    (town, id)
}

#[test]
fn a_sheet_that_the_hospital_sends_back_goes_to_its_sender_and_nowhere_else() {
    let (mut town, id) = sheet_sent();
    let now = at(day(11, 3), 11);
    let (_, changes) = town.nurse_does(now, |d| d.acknowledge(id, Acknowledgement::NotOurClient)).unwrap();
    assert!(matches!(town.notice(id).state, NoticeState::Declined { .. }));
    assert_eq!(town.case.notices.len(), 1, "the support centre has nothing to do with it");
    assert_eq!(mailboxes(&changes.deliveries), ["first-1@town.example"]);
    assert_eq!(town.case.fact.as_ref().unwrap().admission_method, None, "a word that nobody took is none");
}

#[test]
fn a_hospital_answers_that_it_has_the_person_or_has_not() {
    let (mut town, id) = sheet_sent();
    assert_eq!(town.notice(id).answers(), [AnswerKind::Accepted, AnswerKind::NotOurClient]);
    let (now, to) = (at(day(11, 3), 11), town.other_office);
    for answer in [Acknowledgement::OtherOffice { to }, Acknowledgement::Away] {
        let refused = town.nurse_does(now, |decision| decision.acknowledge(id, answer)).unwrap_err();
        assert_eq!(refused, Refusal::at("code", Fault::NotAnAnswerHere));
    }
    town.nurse_does(now, |decision| decision.acknowledge(id, Acknowledgement::Accepted)).unwrap();
    let (town, told) = told();
    assert_eq!(town.notice(told).answers(), AnswerKind::ALL, "an office may answer everything");
}

#[test]
fn an_unknown_office_is_refused_beside_its_field() {
    let (mut town, id) = told();
    let own = town.care_manager.organization_id;
    let answer = Acknowledgement::OtherOffice { to: own };
    let answered = town.care_manager_does(at(day(11, 13), 10), |decision| decision.acknowledge(id, answer));
    assert_eq!(answered.unwrap_err(), Refusal::at("to", Fault::UnknownId));
}

#[test]
fn away_leaves_the_notice_open_and_tells_the_second_contact() {
    let (mut town, id) = told();
    let now = at(day(11, 12), 11);
    let (_, changes) = town.care_manager_does(now, |d| d.acknowledge(id, Acknowledgement::Away)).unwrap();
    assert_eq!(town.notice(id).state, NoticeState::Issued);
    assert_eq!(mailboxes(&changes.deliveries), ["second-1@town.example"]);
}

#[test]
fn a_withdrawn_notice_is_no_word_any_more_and_its_receiver_is_told() {
    let (mut town, id) = told();
    let why = line("別の方の連絡でした");
    let now = at(day(11, 12), 11);
    let (_, changes) = town.nurse_does(now, |decision| decision.withdraw(id, why)).unwrap();
    assert_eq!(mailboxes(&changes.deliveries), ["naoko@care.example"]);
    assert_eq!(town.verdict(day(11, 27)), Timeliness::NotDue, "the discharge has to be told again");
    let deadline = town.case.deadlines.iter().find(|d| d.subject == id.uuid()).unwrap();
    assert_eq!(deadline.timeliness, Timeliness::Excused { reason: Excuse::TakenBack });
    let answered = town.care_manager_does(now, |d| d.acknowledge(id, Acknowledgement::Accepted));
    assert_eq!(answered.unwrap_err(), Fault::TakenBack.into());
}

#[test]
fn only_the_sender_takes_a_notice_back() {
    let (mut town, id) = told();
    let taken = town.care_manager_does(at(day(11, 12), 11), |d| d.withdraw(id, line("間違い")));
    assert_eq!(taken.unwrap_err(), Fault::NotTheSender.into());
}

#[test]
fn a_replaced_notice_points_to_the_one_in_its_place() {
    let (mut town, id) = told();
    town.plan(at(day(11, 13), 10), day(11, 30));
    let (with, _) = town.nurse_does(at(day(11, 13), 11), |d| d.replace(id, Prose::default())).unwrap();
    assert!(matches!(town.notice(id).state, NoticeState::Replaced { with: w, .. } if w == with));
    assert_eq!(town.notice(with).planned_on, Some(day(11, 30)));
    assert_eq!(town.notice(with).replaces, Some(id));
    assert_eq!(town.verdict(day(11, 30)), Timeliness::Met { days: 17 });
}

#[test]
fn whoever_got_a_notice_by_mistake_sees_nothing_of_the_stay_any_more() {
    use crate::access::{Command, Relation, may, relation_to};
    let mut town = Town::without_care_manager();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let (id, _) = town.tell(at(day(11, 12), 10));
    let now = at(day(11, 12), 11);
    let centre = crate::access::Actor { organization_id: town.centre, ..town.care_manager.clone() };
    assert_eq!(relation_to(&centre, &town.case, now), Relation::Attached);
    town.nurse_does(now, |decision| decision.withdraw(id, line("別の方の連絡でした"))).unwrap();
    let relation = relation_to(&centre, &town.case, now);
    assert_eq!(relation, Relation::Addressed);
    assert_eq!(may(&centre, Command::ViewEncounter, relation), Err(Fault::NotFound));
    assert_eq!(may(&centre, Command::Acknowledge, relation), Ok(()), "and is told that it was taken back");
}
