//! Conditions over criteria and facts, as an agreement file writes them:
//! `{ any_of = [{ fact = { name = "emergency_admission" } }, { criterion = "readmitted" }] }`.
//!
//! There is no "not" over criteria: a condition that a further tick could make false would let a nurse lower an outcome
//! by finding more need. A fact may be asked to be false, since nobody ticks a fact.

use serde::{Deserialize, Serialize};

use crate::{CriterionId, Fact};

/// When something holds. Three-valued: an unanswered criterion or unknown fact leaves it open unless the rest decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// The criterion is answered "yes", or derived.
    Criterion(CriterionId),
    /// The fact passes the test.
    Fact(FactTest),
    /// At least one holds.
    AnyOf(Vec<Condition>),
    /// Every one holds.
    AllOf(Vec<Condition>),
    /// At least `n` hold.
    AtLeast(AtLeast),
}

/// `{ at_least = { n = 2, of = [ … ] } }`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtLeast {
    /// How many must hold.
    pub n: u32,
    /// Of these.
    pub of: Vec<Condition>,
}

/// A question to one fact: `{ name = "emergency_admission" }` (is it true?), `{ name = "…", is = false }`, or a comparison
/// `{ name = "days_since_last_discharge", at_most = 30 }`; both bounds together mean "between", both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactTest {
    /// The fact's name.
    pub name: String,
    /// The wanted truth of a yes/no fact; true unless told otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<bool>,
    /// The smallest integer that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    /// The largest integer that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

impl FactTest {
    /// Whether the fact passes; `None` if it is unknown, or of the other kind than the question.
    pub(crate) fn holds(&self, fact: Option<Fact>) -> Option<bool> {
        let compares = self.at_least.is_some() || self.at_most.is_some();
        match (fact?, compares) {
            (Fact::Bool(value), false) => Some(value == self.is.unwrap_or(true)),
            (Fact::Integer(value), true) => {
                Some(self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most))
            }
            (Fact::Bool(_), true) | (Fact::Integer(_), false) => None,
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("the name of a fact".to_owned());
        }
        if self.is.is_some() && (self.at_least.is_some() || self.at_most.is_some()) {
            return Err(format!("either `is` or a bound for the fact `{}`, not both", self.name));
        }
        if let (Some(least), Some(most)) = (self.at_least, self.at_most)
            && least > most
        {
            return Err(format!("`at_least` not above `at_most` for the fact `{}`", self.name));
        }
        Ok(())
    }
}

impl Condition {
    /// Says what was expected if this condition cannot be applied: an unknown criterion, an empty group, an impossible
    /// count, the same member twice (`at_least` would count it twice), or a fact where `facts` are not allowed.
    pub(crate) fn check(&self, is_known: &dyn Fn(&CriterionId) -> bool, facts: bool) -> Result<(), String> {
        let (members, need) = match self {
            Self::Criterion(id) if is_known(id) => return Ok(()),
            Self::Criterion(id) => return Err(format!("a criterion that stands earlier in the list, not `{id}`")),
            Self::Fact(test) if facts => return test.check(),
            Self::Fact(test) => {
                return Err(format!(
                    "criteria only: give the fact `{}` a criterion of its own, with a wording",
                    test.name
                ));
            }
            Self::AnyOf(members) => (members, 1),
            Self::AllOf(members) => (members, members.len()),
            Self::AtLeast(AtLeast { n, of }) => (of, *n as usize),
        };
        if members.is_empty() {
            return Err("at least one condition in the group".to_owned());
        }
        if need == 0 || need > members.len() {
            return Err(format!("`n` from 1 to {}", members.len()));
        }
        for (place, member) in members.iter().enumerate() {
            if members[..place].contains(member) {
                return Err("each condition once in a group".to_owned());
            }
            member.check(is_known, facts)?;
        }
        Ok(())
    }

    /// Every question to a fact in the condition.
    #[must_use]
    pub fn fact_tests(&self) -> Vec<&FactTest> {
        let mut tests = Vec::new();
        self.for_each_fact(&mut |test| tests.push(test));
        tests
    }

    /// Calls `f` with every fact test in the condition.
    pub(crate) fn for_each_fact<'a>(&'a self, f: &mut dyn FnMut(&'a FactTest)) {
        match self {
            Self::Criterion(_) => {}
            Self::Fact(test) => f(test),
            Self::AnyOf(of) | Self::AllOf(of) | Self::AtLeast(AtLeast { of, .. }) => {
                for member in of {
                    member.for_each_fact(f);
                }
            }
        }
    }
}
