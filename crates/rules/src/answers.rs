//! What goes into a screening: a person's answers, and facts from the records.
//!
//! Both are maps by name, so that answers given under one edition can be read, stored and replayed under another.
//! A name that an edition does not know is ignored by the screening; [`Checklist::unknown_in`](crate::Checklist::unknown_in)
//! lists such names for whoever takes input.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::CriterionId;

/// A person's word on one criterion. A criterion without an answer is unanswered, which is a third thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// 該当する
    Yes,
    /// 該当しない
    No,
}

/// A person's answers to one checklist, and the details ticked below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    /// Criterion → answer; absent is unanswered.
    pub criteria: BTreeMap<CriterionId, Answer>,
    /// Ids of ticked details (吸引, 褥瘡 …). A ticked detail says "yes" to its criterion, whatever else is said about it.
    pub details: BTreeSet<String>,
}

impl Answers {
    /// Nothing answered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same answers, with "yes" to this criterion.
    #[must_use]
    pub fn yes(mut self, id: impl Into<CriterionId>) -> Self {
        self.criteria.insert(id.into(), Answer::Yes);
        self
    }

    /// The same answers, with "no" to this criterion.
    #[must_use]
    pub fn no(mut self, id: impl Into<CriterionId>) -> Self {
        self.criteria.insert(id.into(), Answer::No);
        self
    }

    /// The same answers, with this detail ticked.
    #[must_use]
    pub fn detail(mut self, id: impl Into<String>) -> Self {
        self.details.insert(id.into());
        self
    }

    /// What was said about this criterion itself (its details aside).
    #[must_use]
    pub fn get(&self, id: &CriterionId) -> Option<Answer> {
        self.criteria.get(id).copied()
    }
}

/// One fact from the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Such as `emergency_admission`.
    Bool(bool),
    /// Such as `days_since_last_discharge`.
    Integer(i64),
}

impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Fact {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

/// Named facts. An absent fact is unknown, never false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, Fact>);

impl Facts {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same facts and this one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Fact>) -> Self {
        self.insert(name, value);
        self
    }

    /// Adds a fact, or replaces what was known under that name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Fact>) {
        self.0.insert(name.into(), value.into());
    }

    /// The fact of that name, if it is known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Fact> {
        self.0.get(name).copied()
    }

    /// All known facts by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Fact)> {
        self.0.iter().map(|(name, fact)| (name.as_str(), *fact))
    }
}
