//! 判定 on the wire.

use std::collections::BTreeMap;

use domain::refusal::Faults;
use domain::screening::{AdvisedDecision, Screening};
use domain::text::Line;
use domain::{Instant, Refusal};
use rules::{Outcome, OutcomeKind, Reason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::party::{DetailView, WordingView};
use super::words;

/// What a person ticked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnswersBody)]
pub struct AnswersSchema {
    /// Criterion → answer; one that is absent is unanswered, which is not "no".
    #[schema(required = false)]
    pub criteria: BTreeMap<String, words::Answer>,
    /// Ids of ticked details.
    #[schema(required = false)]
    pub details: Vec<String>,
}

/// Answers to judge, and what the records say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateBody {
    #[serde(deserialize_with = "super::object")]
    #[schema(value_type = AnswersSchema)]
    pub answers: rules::Answers,
    /// Fact → true, false or a whole number; one that is absent is unknown.
    #[serde(default)]
    #[schema(required = false, value_type = BTreeMap<String, FactSchema>)]
    pub facts: rules::Facts,
}

/// A fact's value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Fact)]
#[serde(untagged)]
pub enum FactSchema {
    Bool(bool),
    Integer(i64),
}

/// A screening to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreeningBody {
    #[serde(deserialize_with = "super::object")]
    #[schema(value_type = AnswersSchema)]
    pub answers: rules::Answers,
    #[serde(default, deserialize_with = "super::optional_object")]
    pub decision: Option<DecisionBody>,
}

/// For 注意が必要な患者: a person decides, and says why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionBody {
    pub give_notice: bool,
    #[schema(min_length = 1, max_length = 100)]
    pub why: String,
}

impl DecisionBody {
    pub fn parse(body: Option<&Self>) -> Result<Option<AdvisedDecision>, Refusal> {
        let Some(body) = body else { return Ok(None) };
        let mut faults = Faults::default();
        let why = faults.take("decision.why", Line::parse(&body.why));
        faults.check()?;
        Ok(why.map(|why| AdvisedDecision { give_notice: body.give_notice, why }))
    }
}

/// What the list says, with every reason in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeView {
    #[schema(value_type = words::OutcomeKind)]
    pub outcome: OutcomeKind,
    pub edition: String,
    /// Every hit in list order.
    pub because: Vec<ReasonView>,
    /// What still wants an answer.
    pub missing: Vec<MissingView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonView {
    pub criterion: String,
    #[schema(value_type = words::Tier)]
    pub tier: rules::Tier,
    pub wording: WordingView,
    pub details: Vec<DetailView>,
    /// The records say so.
    pub derived: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MissingView {
    pub criterion: String,
    #[schema(value_type = words::Tier)]
    pub tier: rules::Tier,
    pub wording: WordingView,
}

impl OutcomeView {
    pub fn of(outcome: &Outcome, edition: &str) -> Self {
        let reason = |reason: &Reason| ReasonView {
            criterion: reason.criterion.to_string(),
            tier: reason.tier,
            wording: (&reason.wording).into(),
            details: reason
                .details
                .iter()
                .map(|detail| DetailView { id: detail.id.clone(), wording: (&detail.wording).into() })
                .collect(),
            derived: reason.derived,
        };
        let missing = outcome.missing().iter().map(|missing| MissingView {
            criterion: missing.criterion.to_string(),
            tier: missing.tier,
            wording: (&missing.wording).into(),
        });
        Self {
            outcome: outcome.kind(),
            edition: edition.to_owned(),
            because: outcome.reasons().iter().map(reason).collect(),
            missing: missing.collect(),
        }
    }
}

/// A screening as it was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScreeningView {
    pub id: Uuid,
    pub result: OutcomeView,
    /// Whether the discharge has to be told, with the person's decision where the list leaves it open.
    pub asks_for_notice: bool,
    pub decision: Option<DecisionView>,
    #[schema(value_type = String, format = DateTime)]
    pub screened_at: Instant,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    pub give_notice: bool,
    #[schema(value_type = String)]
    pub why: Line,
}

impl From<&Screening> for ScreeningView {
    fn from(screening: &Screening) -> Self {
        let decision = screening.decision.as_ref();
        Self {
            id: screening.id.uuid(),
            result: OutcomeView::of(&screening.outcome, &screening.edition),
            asks_for_notice: screening.asks_for_notice(),
            decision: decision.map(|d| DecisionView { give_notice: d.give_notice, why: d.why.clone() }),
            screened_at: screening.screened_at,
        }
    }
}
