//! 期限 and 警告: until when something must be told or acknowledged, and what was done as the day came near.
//!
//! Deadlines are a pure function of the case ([`derive()`]); their result stands as rows, rewritten in the transaction of every
//! change, and `next_at` is the next instant at which something must happen. The sweep only asks which rows are due.

mod derive;
mod instants;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{EncounterId, Instant, OrganizationId, RegionId, WarningId};

pub use derive::{DueSteps, Ground, Step, derive, due_steps};
pub(crate) use instants::{miss_days, noons};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineRule {
    /// The discharge must be told n days before the planned day. Subject: the stay.
    DischargeNotice,
    /// A notice must be acknowledged by the receiver's next working noon. Subject: the notice.
    Acknowledgement,
}

/// Whether the word was given in time, as far as it was known at each moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Timeliness {
    NotDue,
    /// The last day is today.
    Due,
    /// Told `days` before the planned day.
    Met {
        days: i64,
    },
    /// Told, but after the last day, `days` before the planned day (negative: after it).
    Late {
        days: i64,
    },
    Missed,
    /// The planned day became known too late for the full period: due at once, and counted apart.
    Impossible,
    Excused {
        reason: Excuse,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Excuse {
    /// The screening says that nobody has to be told, or a person decided so and said why.
    NotRequired,
    /// The planned day moved before the deadline came; or its last day did, by a new edition of the agreement or another office's closing
    /// days.
    DateMoved,
    /// The plan, or the whole stay, was cancelled.
    Cancelled,
    /// The discharge is of a kind that the agreement leaves out (death, transfer …).
    Excluded,
    /// The notice was taken back.
    TakenBack,
}

/// One deadline of one stay. The key is encounter + rule + subject + `due_on`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    pub rule: DeadlineRule,
    /// The stay or the notice.
    pub subject: Uuid,
    /// The last civil day in time.
    pub due_on: NaiveDate,
    /// The planned day that it is counted from, if it is.
    pub planned_on: Option<NaiveDate>,
    /// Since when the deadline is known.
    pub known_at: Instant,
    pub timeliness: Timeliness,
    /// Something may still have to be done.
    pub open: bool,
    /// When something must be done next; none when there is nothing left to do.
    pub next_at: Option<Instant>,
    /// The organization that has to act: the hospital, or the notice's receiver.
    pub organization_id: OrganizationId,
    /// Set when the sweep could not work on this row: shown to the municipality, not tried again before the stay changes.
    pub set_aside: Option<String>,
}

impl Deadline {
    pub fn key(&self) -> (DeadlineRule, Uuid, NaiveDate) {
        (self.rule, self.subject, self.due_on)
    }
}

/// How far a deadline's warnings have gone; ordered, each at most once per deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// This many days before the last day.
    Ahead(u16),
    /// Known too late for the period: now.
    AtOnce,
    /// The nth step after the miss, from 0.
    Missed(u16),
    /// The nth step of a notice that nobody acknowledged, from 0.
    Unacknowledged(u16),
    /// Its mail could not be delivered; comes outside the order of the others.
    Undeliverable,
}

impl Level {
    /// Later steps have higher ranks.
    pub const fn rank(self) -> i32 {
        match self {
            Self::Ahead(days) => -1 - days as i32,
            Self::AtOnce => 0,
            Self::Missed(step) | Self::Unacknowledged(step) => 1 + step as i32,
            Self::Undeliverable => i32::MIN,
        }
    }

    /// As in the store and the API: `ahead-2`, `at-once`, `missed-0`, `unacknowledged-1`, `undeliverable`.
    pub fn code(self) -> String {
        match self {
            Self::Ahead(days) => format!("ahead-{days}"),
            Self::AtOnce => "at-once".into(),
            Self::Missed(step) => format!("missed-{step}"),
            Self::Unacknowledged(step) => format!("unacknowledged-{step}"),
            Self::Undeliverable => "undeliverable".into(),
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "at-once" => return Some(Self::AtOnce),
            "undeliverable" => return Some(Self::Undeliverable),
            _ => {}
        }
        let (name, number) = code.rsplit_once('-')?;
        let number = number.parse().ok()?;
        match name {
            "ahead" => Some(Self::Ahead(number)),
            "missed" => Some(Self::Missed(number)),
            "unacknowledged" => Some(Self::Unacknowledged(number)),
            _ => None,
        }
    }
}

/// 警告: at most one per encounter, rule, subject, day and level; the store's unique constraint says so too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    pub id: WarningId,
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    pub rule: DeadlineRule,
    pub subject: Uuid,
    pub due_on: NaiveDate,
    pub level: Level,
    pub warned_at: Instant,
}
