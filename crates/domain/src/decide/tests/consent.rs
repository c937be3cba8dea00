//! What a notice may carry, by what the person has said.

use super::{Town, answers, at, day};
use crate::consent::{Consent, ConsentAct, ConsentBy, ConsentKind, ConsentScope, ConsentWay, Content, Sharing};
use crate::decide::{Context, Decision, NewConsent, NewNotice, record_consent};
use crate::disclosure::{Item, Line};
use crate::notice::{Acknowledgement, NoticeKind};
use crate::text::Prose;
use crate::{Fault, NoticeId, Refusal};

fn town(sharing: Sharing) -> Town {
    let mut town = Town::new();
    town.plan(at(day(11, 10), 10), day(11, 27));
    town.case.patient.sharing = sharing;
    let screening = answers(&town, &["adl_decline"]);
    town.nurse_does(at(day(11, 10), 11), |decision| decision.screen(screening, None)).unwrap();
    town
}

fn tell(decision: &mut Decision<'_>, message: &str) -> Result<NoticeId, Refusal> {
    let message = Prose::parse(message).unwrap();
    decision.issue(NewNotice { kind: NoticeKind::PlannedDischarge, planned_on: None, message })
}

const WORDS: &str = "手すりが必要です。";

#[test]
fn without_consent_only_the_minimal_contact_can_be_sent() {
    let mut town = town(Sharing::None);
    let now = at(day(11, 12), 10);
    let refused = town.nurse_does(now, |decision| tell(decision, WORDS)).unwrap_err();
    assert_eq!(refused.faults, [("message", Fault::ConsentMissing)]);
    let (id, changes) = town.nurse_does(now, |decision| tell(decision, "")).unwrap();
    let notice = town.notice(id);
    assert_eq!((notice.content, notice.screening_id), (Content::Minimal, None));
    assert_eq!(notice.planned_on, Some(day(11, 27)), "that she goes home, and when, is told");
    assert_eq!(changes.deliveries.len(), 1, "the office hears of it all the same");
    assert_eq!(Line::of_notice(notice).items, [Item::Name, Item::Stay, Item::DischargeDay]);
}

#[test]
fn a_consent_ticked_on_the_form_lets_the_same_command_send_everything() {
    let mut town = town(Sharing::None);
    let both = |decision: &mut Decision<'_>| {
        decision.consent(ConsentWay::Oral)?;
        tell(decision, WORDS)
    };
    let (id, changes) = town.nurse_does(at(day(11, 12), 10), both).unwrap();
    assert_eq!(town.notice(id).content, Content::Full);
    assert!(town.notice(id).screening_id.is_some());
    assert_eq!(town.case.patient.sharing, Sharing::Everyone);
    assert_eq!((changes.consents.len(), changes.consents[0].declared_on), (1, day(11, 12)));
    let done: Vec<_> = changes.audit.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(done, ["write_consent", "issue_notice"]);
    assert!(Line::of_notice(town.notice(id)).items.contains(&Item::Message));
}

#[test]
fn a_consent_for_the_office_in_charge_does_not_reach_the_next_office() {
    let mut town = town(Sharing::Care);
    let (id, _) = town.nurse_does(at(day(11, 12), 10), |decision| tell(decision, WORDS)).unwrap();
    assert_eq!(town.notice(id).content, Content::Full);
    let answer = Acknowledgement::OtherOffice { to: town.other_office };
    town.care_manager_does(at(day(11, 12), 11), |decision| decision.acknowledge(id, answer)).unwrap();
    let next = town.case.notices.last().unwrap();
    assert_eq!((next.recipient.organization_id, next.content), (town.other_office, Content::Minimal));
    assert!(next.message.is_empty() && next.screening_id.is_none());
}

#[test]
fn the_care_side_too_needs_the_consent_for_its_sheet() {
    let mut town = town(Sharing::None);
    let sheet = |decision: &mut Decision<'_>| {
        let message = Prose::parse("独居です。").unwrap();
        decision.issue(NewNotice { kind: NoticeKind::AdmissionInformation, planned_on: None, message })
    };
    let refused = town.care_manager_does(at(day(11, 3), 10), sheet).unwrap_err();
    assert_eq!(refused.faults, [("message", Fault::ConsentMissing)]);
    town.case.patient.sharing = Sharing::Care;
    let (id, _) = town.care_manager_does(at(day(11, 3), 11), sheet).unwrap();
    assert!(Line::of_notice(town.notice(id)).items.contains(&Item::InformationSheet));
}

#[test]
fn after_a_withdrawal_the_receiver_is_shown_the_minimum_and_the_hospital_its_own() {
    let mut town = town(Sharing::Everyone);
    let (id, _) = town.nurse_does(at(day(11, 12), 10), |decision| tell(decision, WORDS)).unwrap();
    let (office, hospital, now) = (town.care_manager.organization_id, town.nurse.organization_id, at(day(11, 13), 9));
    assert_eq!(town.case.content_for(town.notice(id), office, now), Content::Full);
    town.case.patient.sharing = Sharing::None;
    assert_eq!(town.case.content_for(town.notice(id), office, now), Content::Minimal);
    assert_eq!(town.case.content_for(town.notice(id), hospital, now), Content::Full);
    assert!(!town.case.shares_with(office, now) && town.case.shares_with(hospital, now));
    let minimal = town.case.clone().minimal();
    assert!(minimal.screenings.is_empty() && minimal.events.is_empty() && minimal.notices[0].message.is_empty());
}

#[test]
fn a_withdrawal_needs_a_consent_that_was_given_before_it() {
    let town = town(Sharing::None);
    let now = at(day(11, 20), 10);
    let context = Context {
        now,
        request_id: crate::Ids::new(now, 3).next(),
        actor: Some(&town.nurse),
        agreement: &town.agreement,
        calendar: &town.calendar,
        directory: &town.directory,
        seed: 1,
    };
    let said = |act, declared_on| NewConsent {
        kind: ConsentKind::InformationSharing,
        act,
        by: ConsentBy::Family,
        way: ConsentWay::Written,
        declared_on,
    };
    let record = |known: &[Consent], new| record_consent(&context, &town.case.patient, known, new);
    let given = ConsentAct::Given { scope: ConsentScope::Care };
    let fault = |known: &[Consent], new| record(known, new).unwrap_err().faults;
    assert_eq!(fault(&[], said(ConsentAct::Withdrawn, day(11, 20))), [("act", Fault::NothingToWithdraw)]);
    assert_eq!(fault(&[], said(given, day(11, 21))), [("declared_on", Fault::InTheFuture)]);
    let (_, changes) = record(&[], said(given, day(11, 15))).unwrap();
    assert_eq!(changes.patient.as_ref().unwrap().row().sharing, Sharing::Care);
    let known = changes.consents;
    let mut ahead = known.clone();
    ahead[0].recorded_at = now.plus_seconds(120);
    let (_, changes) = record(&ahead, said(ConsentAct::Withdrawn, day(11, 15))).unwrap();
    assert_eq!(
        changes.patient.unwrap().row().sharing,
        Sharing::None,
        "given by a clock that was ahead, withdrawn the same day"
    );
    assert_eq!(fault(&known, said(ConsentAct::Withdrawn, day(11, 14))), [("declared_on", Fault::OutOfRange)]);
    let (_, changes) = record(&known, said(ConsentAct::Withdrawn, day(11, 16))).unwrap();
    assert_eq!(changes.patient.unwrap().row().sharing, Sharing::None);
}
