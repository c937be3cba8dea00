//! 連絡の記録 on the wire: a word given outside the system, in three fields.

use chrono::NaiveDate;
use domain::decide::NewContact;
use domain::notice::{Contact, Medium, NoticeKind};
use domain::refusal::Faults;
use domain::text::Line;
use domain::{Fault, Instant, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{day, optional, words};

/// 連絡の記録.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    #[schema(value_type = words::NoticeKind)]
    pub kind: NoticeKind,
    #[schema(value_type = words::Medium)]
    pub medium: Medium,
    #[schema(min_length = 1, max_length = 100)]
    pub with_whom: String,
    /// Left out: nobody remembers.
    #[schema(format = Date)]
    pub told_on: Option<String>,
    #[serde(default)]
    pub receipt_confirmed: bool,
}

impl ContactBody {
    pub fn parse(&self) -> Result<NewContact, Refusal> {
        let mut faults = Faults::default();
        let with_whom = faults.take("with_whom", Line::parse(&self.with_whom));
        let told_on = faults.take("told_on", optional(self.told_on.as_deref(), day));
        faults.check()?;
        let with_whom = with_whom.ok_or(Fault::Missing)?;
        let (told_on, receipt_confirmed) = (told_on.flatten(), self.receipt_confirmed);
        Ok(NewContact { kind: self.kind, medium: self.medium, with_whom, told_on, receipt_confirmed })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ContactView {
    pub id: Uuid,
    #[schema(value_type = words::NoticeKind)]
    pub kind: NoticeKind,
    #[schema(value_type = words::Medium)]
    pub medium: Medium,
    pub by_organization_id: Uuid,
    #[schema(value_type = String)]
    pub with_whom: Line,
    pub told_on: Option<NaiveDate>,
    pub planned_on: Option<NaiveDate>,
    /// False: 未確認.
    pub receipt_confirmed: bool,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// Logged by mistake, and taken back then: it counts for nothing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_back_at: Option<Instant>,
}

impl From<&Contact> for ContactView {
    fn from(contact: &Contact) -> Self {
        Self {
            id: contact.id.uuid(),
            kind: contact.kind,
            medium: contact.medium,
            by_organization_id: contact.by_organization_id.uuid(),
            with_whom: contact.with_whom.clone(),
            told_on: contact.told_on,
            planned_on: contact.planned_on,
            receipt_confirmed: contact.receipt_confirmed,
            recorded_at: contact.recorded_at,
            taken_back_at: contact.taken_back.map(|taken| taken.at),
        }
    }
}
