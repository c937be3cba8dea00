//! The filing form as one step: what has to be answered before anything is sent.

use rules::{Answers, Outcome, OutcomeKind};

use super::{Town, answers, at, day, line};
use crate::decide::NewFiling;
use crate::screening::AdvisedDecision;
use crate::text::Prose;
use crate::{Fault, NoticeId, Refusal};

fn file(
    town: &mut Town,
    answers: Answers,
    decided: Result<Option<AdvisedDecision>, Refusal>,
) -> Result<(Outcome, Option<NoticeId>), Refusal> {
    let filing = NewFiling { planned_on: day(11, 27), answers, message: Prose::default() };
    town.nurse_does(at(day(11, 10), 10), |decision| decision.file(&filing, || decided)).map(|(filed, _)| filed)
}

#[test]
fn a_required_hit_plans_screens_and_tells_in_one() {
    let mut town = Town::new();
    let (outcome, notice_id) = file(&mut town, Answers::new().yes("adl_decline"), Ok(None)).unwrap();
    assert_eq!(outcome.kind(), OutcomeKind::NoticeRequired);
    assert_eq!(town.notice(notice_id.unwrap()).planned_on, Some(day(11, 27)));
    assert_eq!(town.case.screenings.len(), 1);
}

#[test]
fn a_list_without_an_answer_that_could_decide_is_refused_and_nothing_is_kept() {
    let mut town = Town::new();
    for open in [Answers::new(), Answers::new().no("adl_decline"), Answers::new().yes("alcohol")] {
        let refused = file(&mut town, open, Ok(None)).unwrap_err();
        assert_eq!(refused, Refusal::at("answers", Fault::ScreeningIncomplete));
    }
    assert!(town.case.screenings.is_empty() && town.case.notices.is_empty() && town.case.encounter.state.is_open());
    assert_eq!(town.discharge_deadlines().len(), 0, "the day is not planned either");
}

#[test]
fn where_the_list_leaves_it_open_a_person_decides_and_says_why() {
    let advised = |town: &Town| answers(town, &["alcohol"]);
    let mut town = Town::new();
    let ticked = advised(&town);
    assert_eq!(file(&mut town, ticked.clone(), Ok(None)).unwrap_err(), Refusal::at("decision", Fault::ReasonMissing));
    let unreadable = Refusal::at("why", Fault::ReasonMissing);
    assert_eq!(file(&mut town, ticked.clone(), Err(unreadable.clone())).unwrap_err(), unreadable);
    let said =
        |give_notice| Ok(Some(AdvisedDecision { give_notice, why: line("家族が毎日介護できるため") }));
    let (outcome, notice_id) = file(&mut town, ticked, said(false)).unwrap();
    assert_eq!((outcome.kind(), notice_id), (OutcomeKind::NoticeAdvised, None));
    let mut town = Town::new();
    let ticked = advised(&town);
    assert!(file(&mut town, ticked, said(true)).unwrap().1.is_some());
}

#[test]
fn nobody_is_asked_where_the_list_decides() {
    let unasked = Refusal::at("decision", Fault::NotAllowed);
    let mut town = Town::new();
    let none = answers(&town, &[]);
    let (outcome, notice_id) = file(&mut town, none, Err(unasked.clone())).unwrap();
    assert_eq!((outcome, notice_id), (Outcome::NotRequired, None));
    let mut town = Town::new();
    assert!(file(&mut town, Answers::new().yes("dementia"), Err(unasked)).unwrap().1.is_some());
}
