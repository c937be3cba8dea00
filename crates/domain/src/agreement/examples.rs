//! Worked examples: the agreement says in its own file what some answers must come to.
//!
//! They are for the people who agree on a list: whoever changes a tier sees at once which of the examples they had in mind comes out otherwise.

use std::fmt;

use rules::{Answers, Checklist, CriterionId, Facts, Outcome, OutcomeKind};
use serde::Deserialize;

/// Answers and the outcome they must come to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows, in a sentence.
    pub name: String,
    /// Criteria answered "yes".
    #[serde(default)]
    pub yes: Vec<CriterionId>,
    /// Criteria answered "no".
    #[serde(default)]
    pub no: Vec<CriterionId>,
    /// Ticked details.
    #[serde(default)]
    pub details: Vec<String>,
    /// How the remaining criteria are answered.
    pub others: Others,
    /// What the records say.
    #[serde(default)]
    pub facts: Facts,
    /// The wanted outcome.
    pub outcome: OutcomeKind,
    /// The wanted reasons in list order, if the example names them.
    #[serde(default)]
    pub because: Option<Vec<CriterionId>>,
    /// The wanted missing criteria in list order, if the example names them.
    #[serde(default)]
    pub missing: Option<Vec<CriterionId>>,
}

/// How an example answers the criteria that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Others {
    /// With "no".
    No,
    /// Not at all.
    Unanswered,
}

/// An example that comes out otherwise than its file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFailure {
    /// The example's sentence.
    pub name: String,
    /// The outcome and reasons that the file wants.
    pub expected: String,
    /// Those that the list gives.
    pub found: String,
}

impl fmt::Display for ExampleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "「{}」: expected {}, found {}", self.name, self.expected, self.found)
    }
}

impl Example {
    /// Its answers to that list.
    #[must_use]
    pub fn answers(&self, list: &Checklist) -> Answers {
        let mut answers = Answers::new();
        if self.others == Others::No {
            answers = list.criteria().iter().fold(answers, |answers, criterion| answers.no(criterion.id.clone()));
        }
        answers = self.no.iter().fold(answers, |answers, id| answers.no(id.clone()));
        answers = self.yes.iter().fold(answers, |answers, id| answers.yes(id.clone()));
        self.details.iter().fold(answers, |answers, id| answers.detail(id.clone()))
    }

    pub(super) fn check(&self, list: &Checklist) -> Option<ExampleFailure> {
        let outcome = list.screen(&self.answers(list), &self.facts);
        let (because, missing) = (reasons(&outcome), missing(&outcome));
        let wanted_because = self.because.as_ref().unwrap_or(&because);
        let wanted_missing = self.missing.as_ref().unwrap_or(&missing);
        let holds = outcome.kind() == self.outcome && *wanted_because == because && *wanted_missing == missing;
        (!holds).then(|| ExampleFailure {
            name: self.name.clone(),
            expected: describe(self.outcome, self.because.as_deref(), self.missing.as_deref()),
            found: describe(outcome.kind(), Some(&because), Some(&missing)),
        })
    }
}

fn reasons(outcome: &Outcome) -> Vec<CriterionId> {
    outcome.reasons().iter().map(|reason| reason.criterion.clone()).collect()
}

fn missing(outcome: &Outcome) -> Vec<CriterionId> {
    outcome.missing().iter().map(|missing| missing.criterion.clone()).collect()
}

fn describe(kind: OutcomeKind, because: Option<&[CriterionId]>, missing: Option<&[CriterionId]>) -> String {
    let mut text = kind.as_str().to_owned();
    for (word, ids) in [("because of", because), ("missing", missing)] {
        if let Some(ids) = ids.filter(|ids| !ids.is_empty()) {
            let ids: Vec<&str> = ids.iter().map(CriterionId::as_str).collect();
            text += &format!(" {word} {}", ids.join(", "));
        }
    }
    text
}
