//! What a screening comes to, with its reasons in words.
//!
//! An outcome carries the wording it was made under, so it still explains itself when the list has long changed.

use serde::{Deserialize, Serialize};

use crate::{CriterionId, Detail, Tier, Wording};

/// The result of a screening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// 退院調整が必要: the care manager or the support centre must be told. Stands even while other criteria are unanswered.
    NoticeRequired {
        /// Every hit in list order, of both tiers: the reader wants the advised ones too.
        because: Vec<Reason>,
    },
    /// 注意が必要: a person decides, and says why. Only once every required criterion is answered "no".
    NoticeAdvised {
        /// Every hit in list order.
        because: Vec<Reason>,
    },
    /// No criterion is hit and none is open.
    NotRequired,
    /// Not decided: unanswered is not "no".
    Incomplete {
        /// The unanswered criteria that could still decide it, in list order.
        missing: Vec<Missing>,
    },
}

/// The bare name of an outcome, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// See [`Outcome::NotRequired`].
    NotRequired,
    /// See [`Outcome::Incomplete`].
    Incomplete,
    /// See [`Outcome::NoticeAdvised`].
    NoticeAdvised,
    /// See [`Outcome::NoticeRequired`].
    NoticeRequired,
}

impl OutcomeKind {
    /// From the lowest to the highest.
    pub const ALL: [Self; 4] = [Self::NotRequired, Self::Incomplete, Self::NoticeAdvised, Self::NoticeRequired];

    /// The name as it stands in files and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotRequired => "not_required",
            Self::Incomplete => "incomplete",
            Self::NoticeAdvised => "notice_advised",
            Self::NoticeRequired => "notice_required",
        }
    }
}

/// One criterion that is hit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which criterion.
    pub criterion: CriterionId,
    /// Its tier.
    pub tier: Tier,
    /// Its words in the edition of the screening.
    pub wording: Wording,
    /// The details ticked below it.
    #[serde(default)]
    pub details: Vec<Detail>,
    /// True if the records say so (a person may have ticked it besides).
    pub derived: bool,
}

/// One criterion that still needs an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Which criterion.
    pub criterion: CriterionId,
    /// Its tier.
    pub tier: Tier,
    /// Its words in the edition of the screening.
    pub wording: Wording,
}

impl Outcome {
    /// The bare name.
    #[must_use]
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::NoticeRequired { .. } => OutcomeKind::NoticeRequired,
            Self::NoticeAdvised { .. } => OutcomeKind::NoticeAdvised,
            Self::NotRequired => OutcomeKind::NotRequired,
            Self::Incomplete { .. } => OutcomeKind::Incomplete,
        }
    }

    /// The hits behind it; empty for [`Outcome::NotRequired`] and [`Outcome::Incomplete`].
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::NoticeRequired { because } | Self::NoticeAdvised { because } => because,
            Self::NotRequired | Self::Incomplete { .. } => &[],
        }
    }

    /// The criteria still wanting an answer; empty unless [`Outcome::Incomplete`].
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        match self {
            Self::Incomplete { missing } => missing,
            _ => &[],
        }
    }
}
