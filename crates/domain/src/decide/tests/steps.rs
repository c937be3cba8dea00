//! Impossible dates and steps that the stay's state refuses.

use chrono::NaiveTime;
use rules::OfficeHours;

use super::{Town, answers, at, day, line, planned_discharge};
use crate::deadline::Timeliness;
use crate::decide::{NewContact, NewEvent, NewStay, admit, sheet_days};
use crate::encounter::{AdtEvent, Destination, EncounterState};
use crate::notice::{Medium, NoticeKind};
use crate::screening::AdvisedDecision;
use crate::text::Prose;
use crate::{Fault, Refusal};

fn refused(town: &mut Town, event: AdtEvent) -> Refusal {
    let now = at(day(11, 20), 10);
    town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None })).unwrap_err()
}

#[test]
fn impossible_dates_are_refused_beside_their_field() {
    let mut town = Town::new();
    let discharge = |on| AdtEvent::Discharge { on, to: Destination::Home, support_unchanged: false };
    let planned = |planned_on| AdtEvent::PendingDischarge { planned_on };
    for (event, field, fault) in [
        (discharge(day(11, 1)), "on", Fault::DischargeBeforeAdmission),
        (discharge(day(11, 21)), "on", Fault::InTheFuture),
        (planned(day(11, 1)), "planned_on", Fault::DischargeBeforeAdmission),
        (planned(day(11, 19)), "planned_on", Fault::PlannedInThePast),
        (planned(chrono::NaiveDate::from_ymd_opt(2028, 1, 1).unwrap()), "planned_on", Fault::OutOfRange),
    ] {
        assert_eq!(refused(&mut town, event), Refusal::at(field, fault));
    }
}

#[test]
fn a_stay_entered_anew_can_begin_neither_after_its_end_nor_before_the_birth() {
    let mut town = Town::new();
    let (admission, admitted) = (town.case.events[0].id, town.case.events[0].event.clone());
    let record = |town: &mut Town, event: AdtEvent, occurred_at| {
        town.nurse_does(at(day(11, 28), 10), |d| d.record(NewEvent { event, occurred_at, note: None }))
            .map(|(id, _)| id)
    };
    let away = AdtEvent::Discharge { on: day(11, 20), to: Destination::Home, support_unchanged: false };
    record(&mut town, away, Some(at(day(11, 20), 15))).unwrap();
    record(&mut town, AdtEvent::CancelAdmit { cancels: admission, entered_in_error: true }, None).unwrap();
    town.case.patient.birth_on = day(11, 3);
    for (admitted_at, fault) in
        [(at(day(11, 25), 9), Fault::DischargeBeforeAdmission), (at(day(11, 2), 9), Fault::OutOfRange)]
    {
        let refused = record(&mut town, admitted.clone(), Some(admitted_at)).unwrap_err();
        assert_eq!(refused, Refusal::at("occurred_at", fault));
    }
    let first = record(&mut town, admitted.clone(), Some(at(day(11, 4), 9))).unwrap();
    record(&mut town, admitted, Some(at(day(11, 21), 9))).unwrap();
    let cancel = AdtEvent::CancelAdmit { cancels: first, entered_in_error: true };
    let refused = record(&mut town, cancel, None).unwrap_err();
    assert_eq!(
        refused,
        Refusal::at("cancels", Fault::DischargeBeforeAdmission),
        "the other admission lies after the end"
    );
    assert!(town.case.encounter.admitted_at.day() <= day(11, 20));
}

#[test]
fn a_stay_entered_anew_begins_by_its_planned_day() {
    let mut town = Town::new();
    let (admission, admitted) = (town.case.events[0].id, town.case.events[0].event.clone());
    town.plan(at(day(11, 10), 10), day(11, 12));
    let now = at(day(11, 20), 10);
    let cancel = AdtEvent::CancelAdmit { cancels: admission, entered_in_error: false };
    town.nurse_does(now, |d| d.record(NewEvent { event: cancel, occurred_at: None, note: None })).unwrap();
    assert_eq!(refused(&mut town, admitted), Refusal::at("occurred_at", Fault::DischargeBeforeAdmission));
}

#[test]
fn a_discharge_cannot_have_been_told_before_the_person_came() {
    let mut town = Town::new();
    town.plan(at(day(11, 3), 10), day(11, 10));
    let told = |kind, told_on| NewContact {
        kind,
        medium: Medium::Phone,
        with_whom: line("担当ケアマネジャー"),
        told_on: Some(told_on),
        receipt_confirmed: false,
    };
    let (now, before) = (at(day(11, 3), 11), day(11, 1));
    let refused = town.nurse_does(now, |d| d.log_contact(told(NoticeKind::PlannedDischarge, before))).unwrap_err();
    assert_eq!(refused, Refusal::at("told_on", Fault::ToldBeforeAdmission));
    town.nurse_does(now, |d| d.log_contact(told(NoticeKind::Admission, before)))
        .expect("an admission may be told ahead");
    town.nurse_does(now, |d| d.log_contact(told(NoticeKind::PlannedDischarge, day(11, 2)))).unwrap();
}

#[test]
fn an_event_in_the_future_is_refused() {
    let mut town = Town::new();
    let now = at(day(11, 20), 10);
    let event = AdtEvent::PendingDischarge { planned_on: day(11, 27) };
    let new = NewEvent { event, occurred_at: Some(now.plus_days(1)), note: None };
    let refusal = town.nurse_does(now, |decision| decision.record(new)).unwrap_err();
    assert_eq!(refusal, Refusal::at("occurred_at", Fault::InTheFuture));
}

/// Two instances, or one whose clock was put back: whoever was told "recorded" must not find the old day in force.
#[test]
fn what_is_done_last_is_in_force_although_the_clock_went_back() {
    let mut town = Town::new();
    let right = at(day(11, 20), 10);
    let ahead = right.plus_seconds(240);
    let (yes, no) = (answers(&town, &["adl_decline"]), answers(&town, &[]));
    town.plan(ahead, day(11, 27));
    town.nurse_does(ahead, |decision| decision.screen(yes, None)).unwrap();
    town.plan(right, day(12, 4));
    assert_eq!(town.case.encounter.state, EncounterState::DischargePlanned { planned_on: day(12, 4) });
    assert_eq!(town.case.events.last().map(|event| event.recorded_at), Some(right));
    let outcome = town.nurse_does(right, |decision| decision.screen(no, None)).unwrap().0;
    assert_eq!(town.case.screening().map(|screening| &screening.outcome), Some(&outcome));
}

#[test]
fn a_stay_that_ended_takes_no_new_plan_but_its_discharge_can_be_cancelled() {
    let mut town = Town::new();
    let now = at(day(11, 20), 10);
    let event = AdtEvent::Discharge { on: day(11, 20), to: Destination::Home, support_unchanged: false };
    let discharged =
        town.nurse_does(now, |decision| decision.record(NewEvent { event, occurred_at: None, note: None }));
    let id = discharged.unwrap().0;
    let plan = AdtEvent::PendingDischarge { planned_on: day(11, 27) };
    assert_eq!(refused(&mut town, plan), Fault::StayEnded.into());
    let cancel = AdtEvent::CancelDischarge { cancels: id };
    town.nurse_does(now, |d| d.record(NewEvent { event: cancel.clone(), occurred_at: None, note: None })).unwrap();
    assert!(town.case.encounter.state.is_open());
    assert_eq!(refused(&mut town, cancel), Refusal::at("cancels", Fault::NothingToCancel));
}

#[test]
fn what_happened_before_the_discharge_may_be_entered_after_it() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 20));
    town.tell(at(day(11, 12), 10));
    let gone = AdtEvent::Discharge { on: day(11, 20), to: Destination::Home, support_unchanged: false };
    let record = |town: &mut Town, event: AdtEvent, occurred_at| {
        town.nurse_does(at(day(11, 21), 10), |d| d.record(NewEvent { event, occurred_at, note: None })).map(drop)
    };
    let left_at = at(day(11, 20), 14);
    town.nurse_does(left_at, |d| d.record(NewEvent { event: gone, occurred_at: None, note: None })).unwrap();
    let (transfer, plan) = (
        AdtEvent::Transfer { ward_id: town.case.encounter.ward_id },
        AdtEvent::PendingDischarge { planned_on: day(11, 18) },
    );
    for late in [transfer, plan.clone()] {
        record(&mut town, late.clone(), Some(at(day(11, 16), 9))).unwrap();
        for after in [Some(left_at), Some(at(day(11, 21), 9)), None] {
            assert_eq!(record(&mut town, late.clone(), after).unwrap_err(), Fault::StayEnded.into(), "{after:?}");
        }
    }
    assert!(matches!(town.case.encounter.state, EncounterState::Discharged { on, .. } if on == day(11, 20)));
    let verdicts: Vec<_> = town.discharge_deadlines().iter().map(|row| row.timeliness).collect();
    assert_eq!(verdicts, [Timeliness::Met { days: 8 }], "a plan heard of afterwards moves no deadline");
    let past = record(&mut town, plan, Some(at(day(11, 19), 9))).unwrap_err();
    assert_eq!(past, Refusal::at("planned_on", Fault::PlannedInThePast), "on the 19th nobody planned for the 18th");
}

#[test]
fn a_ward_of_another_hospital_is_unknown() {
    let town = Town::new();
    let mut ids = crate::Ids::new(at(day(11, 20), 10), 5);
    let context = crate::decide::Context {
        now: at(day(11, 20), 10),
        request_id: ids.next(),
        actor: Some(&town.nurse),
        agreement: &town.agreement,
        calendar: &town.calendar,
        directory: &town.directory,
        seed: 1,
    };
    let stay = NewStay { ward_id: ids.next(), admitted_at: at(day(11, 20), 9), emergency: false, respite: false };
    let refusal = admit(context, town.case.patient.clone(), Vec::new(), None, &stay).unwrap_err();
    assert_eq!(refusal, Refusal::at("ward_id", Fault::UnknownId));
}

#[test]
fn a_notice_of_a_planned_discharge_needs_a_planned_day() {
    let mut town = Town::new();
    let issued = town.nurse_does(at(day(11, 10), 10), |decision| decision.issue(planned_discharge()));
    assert_eq!(issued.unwrap_err(), Fault::NoPlannedDischarge.into());
}

#[test]
fn a_day_told_that_is_no_longer_planned_is_stale() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let told = crate::decide::NewNotice { planned_on: Some(day(11, 26)), ..planned_discharge() };
    let issued = town.nurse_does(at(day(11, 10), 11), |decision| decision.issue(told));
    assert_eq!(issued.unwrap_err(), Refusal::at("planned_on", Fault::Stale));
}

#[test]
fn the_information_sheet_comes_from_the_care_side_and_goes_to_the_ward() {
    let mut town = Town::new();
    let sheet = || crate::decide::NewNotice {
        kind: NoticeKind::AdmissionInformation,
        planned_on: None,
        message: Prose::parse("家では歩行器です。").unwrap(),
    };
    let wrong = town.nurse_does(at(day(11, 3), 9), |decision| decision.issue(sheet()));
    assert_eq!(wrong.unwrap_err(), Refusal::at("kind", Fault::NotAllowed));
    let (id, changes) = town.care_manager_does(at(day(11, 3), 10), |decision| decision.issue(sheet())).unwrap();
    assert_eq!(town.notice(id).recipient.organization_id, town.case.encounter.hospital_id);
    assert_eq!(super::mailboxes(&changes.deliveries), ["ward-0@town.example"]);
}

#[test]
fn a_screening_with_an_unknown_criterion_is_refused() {
    let mut town = Town::new();
    let strange = answers(&town, &[]).yes("no-such-criterion");
    let screened = town.nurse_does(at(day(11, 10), 10), |decision| decision.screen(strange, None));
    assert_eq!(screened.unwrap_err(), Refusal::at("answers", Fault::UnknownCriterion));
}

#[test]
fn a_person_decides_where_the_agreement_says_as_the_situation_asks() {
    let mut town = Town::new();
    let advised = town.agreement.checklist.criteria().iter().find(|c| c.tier == rules::Tier::Advised).unwrap();
    let ticked = answers(&town, &[advised.id.clone().as_str()]);
    let decision = AdvisedDecision { give_notice: false, why: line("家族が同居し、支援は変わらない") };
    town.nurse_does(at(day(11, 9), 10), |d| d.screen(ticked, Some(decision))).unwrap();
    let screening = town.case.screening().unwrap();
    assert!(matches!(screening.outcome, rules::Outcome::NoticeAdvised { .. }));
    assert!(!screening.asks_for_notice());
}

#[test]
fn a_fax_is_unconfirmed_until_somebody_says_that_it_came() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let fax = NewContact {
        kind: NoticeKind::PlannedDischarge,
        medium: Medium::Fax,
        with_whom: line("つなぎ居宅 受付"),
        told_on: Some(day(11, 12)),
        receipt_confirmed: false,
    };
    let (id, _) = town.nurse_does(at(day(11, 12), 10), |decision| decision.log_contact(fax)).unwrap();
    assert!(!town.case.contacts[0].receipt_confirmed);
    town.nurse_does(at(day(11, 13), 10), |decision| decision.confirm_receipt(id)).unwrap();
    assert!(town.case.contacts[0].receipt_confirmed);
}

#[test]
fn a_word_by_phone_counts_like_a_notice() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let call = NewContact {
        kind: NoticeKind::PlannedDischarge,
        medium: Medium::Phone,
        with_whom: line("担当ケアマネジャー"),
        told_on: Some(day(11, 20)),
        receipt_confirmed: false,
    };
    town.nurse_does(at(day(11, 24), 10), |decision| decision.log_contact(call)).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Met { days: 7 });
    assert!(town.case.contacts[0].receipt_confirmed, "somebody was there to hear it");
}

#[test]
fn a_word_logged_by_mistake_is_taken_back_and_counts_for_nothing() {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    let call = NewContact {
        kind: NoticeKind::PlannedDischarge,
        medium: Medium::Phone,
        with_whom: line("別の方の担当でした"),
        told_on: Some(day(11, 12)),
        receipt_confirmed: false,
    };
    let (id, _) = town.nurse_does(at(day(11, 12), 10), |decision| decision.log_contact(call)).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Met { days: 15 });
    let others = town.care_manager_does(at(day(11, 12), 11), |decision| decision.take_back_contact(id));
    assert_eq!(others.unwrap_err(), Fault::NotTheSender.into());
    town.nurse_does(at(day(11, 24), 10), |decision| decision.take_back_contact(id)).unwrap();
    assert_eq!(town.verdict(day(11, 27)), Timeliness::Missed, "nobody was told");
    let gone = AdtEvent::Discharge { on: day(11, 27), to: Destination::Home, support_unchanged: false };
    let now = at(day(11, 27), 15);
    town.nurse_does(now, |d| d.record(NewEvent { event: gone, occurred_at: None, note: None })).unwrap();
    assert_eq!(town.case.fact.as_ref().unwrap().discharge.as_ref().unwrap().word, None);
    assert_eq!(town.case.contacts.len(), 1, "the row stays");
    let again = town.nurse_does(now, |decision| decision.take_back_contact(id));
    assert_eq!(again.unwrap_err(), Fault::TakenBack.into());
    let confirmed = town.nurse_does(now, |decision| decision.confirm_receipt(id));
    assert_eq!(confirmed.unwrap_err(), Fault::TakenBack.into());
}

#[test]
fn the_sheets_fee_days_follow_the_hours_of_the_office_in_charge() {
    let full = |town: &Town| {
        let days = sheet_days(&town.case, &town.agreement, &town.calendar, &town.directory);
        days.map(|days| days.full.last_on)
    };
    // A Friday at 19:00: after the hours of an office that closes at 17:30, within those of one that closes at 20:00.
    let admitted_at = at(day(11, 20), 19);
    let mut town = Town::new();
    town.case.encounter.admitted_at = admitted_at;
    assert_eq!(full(&town), Some(day(11, 21)));
    let late = OfficeHours { closes: NaiveTime::from_hms_opt(20, 0, 0).unwrap(), ..OfficeHours::default() };
    let mut town = Town::whose_offices_keep(&late);
    town.case.encounter.admitted_at = admitted_at;
    assert_eq!(full(&town), Some(day(11, 20)));
    town.case.team[0].from_on = day(11, 22);
    assert_eq!(full(&town), Some(day(11, 20)), "named only after the admission, it is still their sheet");
    town.case.team.clear();
    assert_eq!(full(&town), None);
}
