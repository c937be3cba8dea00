//! 判定: the ward's answers to the agreement's checklist, the outcome, and what a person decided where the rule leaves it open.
//!
//! A screening keeps the edition under which it was made; its outcome is stored with reasons and wording, so an old decision stays
//! explained after the list has changed.

use rules::{Answers, Facts, Outcome};
use serde::{Deserialize, Serialize};

use crate::text::Line;
use crate::{AccountId, EncounterId, Instant, RegionId, ScreeningId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Screening {
    pub id: ScreeningId,
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    pub edition: String,
    pub answers: Answers,
    pub facts: Facts,
    pub outcome: Outcome,
    /// For 注意が必要な患者 the agreement says "as the situation asks": a person decides, and says why.
    pub decision: Option<AdvisedDecision>,
    pub screened_at: Instant,
    pub screened_by: AccountId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisedDecision {
    pub give_notice: bool,
    pub why: Line,
}

impl Screening {
    /// Whether the discharge has to be told. What is not known yet counts as yes: a warning too many mends itself, a missing one doesn't.
    pub fn asks_for_notice(&self) -> bool {
        match &self.outcome {
            Outcome::NoticeRequired { .. } | Outcome::Incomplete { .. } => true,
            Outcome::NoticeAdvised { .. } => self.decision.as_ref().is_none_or(|decision| decision.give_notice),
            Outcome::NotRequired => false,
        }
    }
}
