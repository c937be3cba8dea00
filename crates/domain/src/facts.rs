//! What the records say of a stay by themselves, for criteria that nobody has to tick.
//!
//! One list for both sides: what a stay's facts are ([`of()`]), and what an agreement's file may ask about ([`may_ask`]). A name that is
//! not here would never be known, and its criterion never hold, without anybody seeing it.
//!
//! # How to add a fact
//!
//! A line in [`KNOWN`], a line in the comment on top of `kitami.toml`, and a test in `decide/tests/facts.rs`.

use rules::{Fact, FactTest, Facts};

use crate::case::Case;
use crate::patient::CareLevel;

/// What kind of question a fact answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactKind {
    YesNo,
    Number,
}

/// A fact that the records hold.
#[derive(Debug)]
pub struct KnownFact {
    /// As the agreement's file writes it.
    pub name: &'static str,
    pub kind: FactKind,
    /// None: not known of this stay.
    value: fn(&Case) -> Option<Fact>,
}

/// All of them.
pub const KNOWN: [KnownFact; 3] = [
    KnownFact {
        name: "emergency_admission",
        kind: FactKind::YesNo,
        value: |case| Some(Fact::Bool(case.encounter.emergency)),
    },
    KnownFact {
        name: "insurance_not_applied",
        kind: FactKind::YesNo,
        value: |case| Some(Fact::Bool(case.patient.care_level == CareLevel::NotApplied)),
    },
    // Known only where an earlier stay has ended before this one began: an overlap is a slip in the records, not a readmission.
    KnownFact {
        name: "days_since_last_discharge",
        kind: FactKind::Number,
        value: |case| {
            let days = (case.encounter.admitted_at.day() - case.last_discharge_on?).num_days();
            (days >= 0).then_some(Fact::Integer(days))
        },
    },
];

/// What the records say of this stay.
pub fn of(case: &Case) -> Facts {
    let known = KNOWN.iter().filter_map(|fact| Some((fact.name, (fact.value)(case)?)));
    known.fold(Facts::new(), |facts, (name, value)| facts.with(name, value))
}

/// Says what was expected if a condition asks for a fact that is not here, or asks it as if it were of the other kind.
pub fn may_ask(test: &FactTest) -> Result<(), String> {
    let name = &test.name;
    let compares = test.at_least.is_some() || test.at_most.is_some();
    match (known(name)?.kind, compares) {
        (FactKind::YesNo, true) => Err(format!("no bound for `{name}`, which is true or false")),
        (FactKind::Number, false) => Err(format!("`at_least` or `at_most` for `{name}`, which is a number")),
        _ => Ok(()),
    }
}

/// The same of a worked example, which gives a value.
pub fn may_be(name: &str, value: Fact) -> Result<(), String> {
    match (known(name)?.kind, value) {
        (FactKind::YesNo, Fact::Integer(_)) => Err(format!("true or false for `{name}`")),
        (FactKind::Number, Fact::Bool(_)) => Err(format!("a whole number for `{name}`")),
        _ => Ok(()),
    }
}

fn known(name: &str) -> Result<&'static KnownFact, String> {
    let all = || KNOWN.iter().map(|fact| format!("`{}`", fact.name)).collect::<Vec<_>>().join(", ");
    KNOWN.iter().find(|fact| fact.name == name).ok_or_else(|| format!("one of the facts {}, not `{name}`", all()))
}
