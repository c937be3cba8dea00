//! 期限 and 警告 on the wire.

use chrono::NaiveDate;
use domain::Instant;
use domain::deadline::{Deadline, DeadlineRule, Excuse, Timeliness, Warning};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words;

/// 期限.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    pub encounter_id: Uuid,
    #[schema(value_type = words::DeadlineRule)]
    pub rule: DeadlineRule,
    /// The stay or the notice.
    pub subject: Uuid,
    /// The last day in time.
    pub due_on: NaiveDate,
    pub planned_on: Option<NaiveDate>,
    pub timeliness: TimelinessView,
    pub open: bool,
    /// When something must be done next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Instant>,
    pub organization_id: Uuid,
}

impl From<&Deadline> for DeadlineView {
    fn from(deadline: &Deadline) -> Self {
        Self {
            encounter_id: deadline.encounter_id.uuid(),
            rule: deadline.rule,
            subject: deadline.subject,
            due_on: deadline.due_on,
            planned_on: deadline.planned_on,
            timeliness: deadline.timeliness.into(),
            open: deadline.open,
            next_at: deadline.next_at,
            organization_id: deadline.organization_id.uuid(),
        }
    }
}

/// Whether the word was given in time.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TimelinessView {
    pub verdict: Verdict,
    /// `met`, `late`: days before the planned day.
    pub days: Option<i64>,
    /// `excused`.
    #[schema(value_type = Option<words::Excuse>)]
    pub reason: Option<Excuse>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    NotDue,
    Due,
    Met,
    Late,
    Missed,
    Impossible,
    Excused,
}

impl From<Timeliness> for TimelinessView {
    fn from(timeliness: Timeliness) -> Self {
        let (verdict, days, reason) = match timeliness {
            Timeliness::NotDue => (Verdict::NotDue, None, None),
            Timeliness::Due => (Verdict::Due, None, None),
            Timeliness::Met { days } => (Verdict::Met, Some(days), None),
            Timeliness::Late { days } => (Verdict::Late, Some(days), None),
            Timeliness::Missed => (Verdict::Missed, None, None),
            Timeliness::Impossible => (Verdict::Impossible, None, None),
            Timeliness::Excused { reason } => (Verdict::Excused, None, Some(reason)),
        };
        Self { verdict, days, reason }
    }
}

/// 警告.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningView {
    pub id: Uuid,
    pub encounter_id: Uuid,
    #[schema(value_type = words::DeadlineRule)]
    pub rule: DeadlineRule,
    pub due_on: NaiveDate,
    /// `ahead-2`, `at-once`, `missed-0`, `unacknowledged-1`, `undeliverable`.
    pub level: String,
    #[schema(value_type = String, format = DateTime)]
    pub warned_at: Instant,
    /// In lists: whose stay it is.
    pub hospital_id: Option<Uuid>,
    pub ward_id: Option<Uuid>,
}

impl From<&Warning> for WarningView {
    fn from(warning: &Warning) -> Self {
        Self {
            id: warning.id.uuid(),
            encounter_id: warning.encounter_id.uuid(),
            rule: warning.rule,
            due_on: warning.due_on,
            level: warning.level.code(),
            warned_at: warning.warned_at,
            hospital_id: None,
            ward_id: None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WarningPage {
    pub warnings: Vec<WarningView>,
    pub next: Option<String>,
}
