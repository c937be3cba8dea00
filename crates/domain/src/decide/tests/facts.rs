//! What the records say by themselves, and what the list makes of it.

use rules::{Fact, OutcomeKind};

use super::{Town, answers, at, day};
use crate::patient::CareLevel;

/// What comes of a list on which the ward ticked nothing.
fn unticked(town: &mut Town) -> OutcomeKind {
    let none = answers(town, &[]);
    town.nurse_does(at(day(11, 3), 10), |decision| decision.screen(none, None)).unwrap().0.kind()
}

#[test]
fn a_stay_within_thirty_days_of_the_last_discharge_is_a_repeated_one() {
    // Admitted on 2 November.
    for (last, days, outcome) in [
        (day(11, 2), Some(0), OutcomeKind::NoticeAdvised),
        (day(10, 3), Some(30), OutcomeKind::NoticeAdvised),
        (day(10, 2), Some(31), OutcomeKind::NotRequired),
        (day(11, 3), None, OutcomeKind::NotRequired),
    ] {
        let mut town = Town::new();
        town.case.last_discharge_on = Some(last);
        let known = crate::facts::of(&town.case).get("days_since_last_discharge");
        assert_eq!(known, days.map(Fact::Integer), "discharged on {last}");
        assert_eq!(unticked(&mut town), outcome, "discharged on {last}");
    }
    assert_eq!(crate::facts::of(&Town::new().case).get("days_since_last_discharge"), None, "no earlier stay is known");
}

#[test]
fn an_emergency_admission_and_an_insurance_not_applied_for_are_hits_without_a_tick() {
    let mut town = Town::new();
    assert_eq!(unticked(&mut town), OutcomeKind::NotRequired);
    town.case.encounter.emergency = true;
    assert_eq!(unticked(&mut town), OutcomeKind::NoticeAdvised);
    let mut town = Town::new();
    town.case.patient.care_level = CareLevel::NotApplied;
    assert_eq!(unticked(&mut town), OutcomeKind::NoticeAdvised);
    let derived: Vec<_> = town.case.screening().unwrap().outcome.reasons().iter().map(|r| r.derived).collect();
    assert_eq!(derived, [true]);
    town.case.patient.care_level = CareLevel::Applying;
    assert_eq!(unticked(&mut town), OutcomeKind::NotRequired, "applied for is not: not applied for");
}
