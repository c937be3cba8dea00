//! One edition of an area's list of criteria.
//!
//! Why a list is checked whole when it is made: a screening happens at a bedside, and must not be the place where a misspelt
//! criterion is found. So a [`Checklist`] that exists is compiled and can be applied; what is wrong is a [`ChecklistError`].

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Answers, Condition, Engine, Facts, Outcome};

/// Words for people, in both languages of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Japanese, the one that binds.
    pub ja: String,
    /// English, beside it.
    pub en: String,
}

impl Wording {
    /// Both texts.
    #[must_use]
    pub fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }
}

/// The stable name of a criterion: lower-case letters, digits and `_`. It outlives the wording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CriterionId(pub String);

impl CriterionId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for CriterionId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl From<String> for CriterionId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl fmt::Display for CriterionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much a hit weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 退院調整が必要な患者: a hit means a notice.
    Required,
    /// それ以外で、注意が必要な患者: a hit means that a person decides.
    Advised,
}

/// A sub-item of a criterion, such as 吸引 under 医療処置.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Its stable name, unique in the list.
    pub id: String,
    /// Its words.
    pub wording: Wording,
}

/// One item of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its stable name.
    pub id: CriterionId,
    /// Its words.
    pub wording: Wording,
    /// Its weight.
    pub tier: Tier,
    /// Sub-items that may be ticked.
    #[serde(default)]
    pub details: Vec<Detail>,
    /// Where the words come from: document and clause.
    pub source: String,
    /// When the records alone make it a hit. A person may tick it as well; a "no" does not undo what the records say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<Condition>,
}

/// A list as it is written down, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecklistDefinition {
    /// The edition's name.
    pub edition: String,
    /// The criteria in the order of the screen.
    pub criteria: Vec<Criterion>,
    /// When the required tier is hit; without it, by any required criterion. Over criteria only, so that every reason has words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_when: Option<Condition>,
    /// When the advised tier is hit; without it, by any advised criterion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advised_when: Option<Condition>,
}

/// A list that cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`{}: expected {expected}", .criterion.map(|place| format!(" of criterion {}", place + 1)).unwrap_or_default())]
pub struct ChecklistError {
    /// The place of the criterion in the list, from 0; `None` when the list itself is wrong.
    pub criterion: Option<usize>,
    /// The key that is wrong.
    pub key: &'static str,
    /// What was expected there.
    pub expected: String,
}

/// A checked and compiled list of one edition. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ChecklistDefinition", into = "ChecklistDefinition")]
pub struct Checklist {
    definition: Arc<ChecklistDefinition>,
    engine: Engine,
}

impl TryFrom<ChecklistDefinition> for Checklist {
    type Error = ChecklistError;

    fn try_from(definition: ChecklistDefinition) -> Result<Self, ChecklistError> {
        check(&definition)?;
        let definition = Arc::new(definition);
        let engine = Engine::compile(&definition)?;
        Ok(Self { definition, engine })
    }
}

impl From<Checklist> for ChecklistDefinition {
    fn from(list: Checklist) -> Self {
        Arc::unwrap_or_clone(list.definition)
    }
}

impl Checklist {
    /// The edition under which a screening was made.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.definition.edition
    }

    /// The criteria in the order of the screen.
    #[must_use]
    pub fn criteria(&self) -> &[Criterion] {
        &self.definition.criteria
    }

    /// The criterion of that id.
    #[must_use]
    pub fn criterion(&self, id: &CriterionId) -> Option<&Criterion> {
        self.definition.criteria.iter().find(|criterion| criterion.id == *id)
    }

    /// Applies the list. The same engine as [`Checklist::compile`], with the bits looked up by name.
    #[must_use]
    pub fn screen(&self, answers: &Answers, facts: &Facts) -> Outcome {
        let verdict = self.engine.screen(self.engine.answer_bits(answers), self.engine.fact_bits(facts));
        self.engine.explain(verdict)
    }

    /// The compiled form, for many screenings at once.
    #[must_use]
    pub fn compile(&self) -> Engine {
        self.engine.clone()
    }

    /// The names of the facts that the list asks about.
    #[must_use]
    pub fn fact_names(&self) -> BTreeSet<&str> {
        self.engine.tests().iter().map(|test| test.name.as_str()).collect()
    }

    /// The ids among the answers that this edition does not have: a form refuses them, a replay ignores them.
    #[must_use]
    pub fn unknown_in<'a>(&self, answers: &'a Answers) -> Vec<&'a str> {
        let criteria = answers.criteria.keys().filter(|id| self.criterion(id).is_none()).map(CriterionId::as_str);
        let has_detail = |id: &str| self.criteria().iter().any(|c| c.details.iter().any(|detail| detail.id == id));
        criteria.chain(answers.details.iter().map(String::as_str).filter(|id| !has_detail(id))).collect()
    }
}

fn is_slug(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn check(list: &ChecklistDefinition) -> Result<(), ChecklistError> {
    let wrong = |criterion, key, expected: &str| Err(ChecklistError { criterion, key, expected: expected.to_owned() });
    if list.edition.trim().is_empty() {
        return wrong(None, "edition", "the name of the edition");
    }
    if list.criteria.is_empty() || list.criteria.len() > 64 {
        return wrong(None, "criteria", "1 to 64 criteria");
    }
    if list.criteria.iter().map(|c| c.details.len()).sum::<usize>() > 64 {
        return wrong(None, "details", "at most 64 details in the whole list");
    }
    let (mut criteria, mut details) = (BTreeSet::new(), BTreeSet::new());
    for (place, criterion) in list.criteria.iter().enumerate() {
        let at = Some(place);
        if !is_slug(criterion.id.as_str()) {
            return wrong(at, "id", "lower-case letters, digits and `_`");
        }
        if let Some(Err(expected)) = criterion.derived.as_ref().map(|c| c.check(&|id| criteria.contains(id), true)) {
            return wrong(at, "derived", &expected);
        }
        if !criteria.insert(&criterion.id) {
            return wrong(at, "id", "an id that no other criterion has");
        }
        if criterion.source.trim().is_empty() {
            return wrong(at, "source", "the document and clause that the words come from");
        }
        for words in std::iter::once(&criterion.wording).chain(criterion.details.iter().map(|d| &d.wording)) {
            if words.ja.trim().is_empty() || words.en.trim().is_empty() {
                return wrong(at, "wording", "words in both languages, ja and en");
            }
        }
        for detail in &criterion.details {
            if !is_slug(&detail.id) || !details.insert(&detail.id) {
                return wrong(at, "details", "ids of lower-case letters, digits and `_`, each once in the whole list");
            }
        }
    }
    for (key, condition) in [("required_when", &list.required_when), ("advised_when", &list.advised_when)] {
        if let Some(Err(expected)) = condition.as_ref().map(|c| c.check(&|id| criteria.contains(id), false)) {
            return wrong(None, key, &expected);
        }
    }
    Ok(())
}
