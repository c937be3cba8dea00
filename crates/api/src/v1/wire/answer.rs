//! 受領確認 on the wire: the receiver's coded answer.

use domain::notice::{Acknowledgement, AcknowledgementRecord};
use domain::{Fault, Instant, OrganizationId, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AcknowledgementCode {
    Accepted,
    NotOurClient,
    OtherOffice,
    Away,
}

/// 受領確認.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgementBody {
    pub code: AcknowledgementCode,
    /// `other_office`: which.
    #[schema(value_type = Option<Uuid>)]
    pub to: Option<OrganizationId>,
}

impl AcknowledgementBody {
    pub fn parse(&self) -> Result<Acknowledgement, Refusal> {
        match (self.code, self.to) {
            (AcknowledgementCode::OtherOffice, Some(to)) => Ok(Acknowledgement::OtherOffice { to }),
            (AcknowledgementCode::OtherOffice, None) => Err(Refusal::at("to", Fault::Missing)),
            (_, Some(_)) => Err(Refusal::at("to", Fault::NotAKnownValue)),
            (AcknowledgementCode::Accepted, None) => Ok(Acknowledgement::Accepted),
            (AcknowledgementCode::NotOurClient, None) => Ok(Acknowledgement::NotOurClient),
            (AcknowledgementCode::Away, None) => Ok(Acknowledgement::Away),
        }
    }
}

/// An answer that was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcknowledgementView {
    pub code: AcknowledgementCode,
    pub to: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

impl From<&AcknowledgementRecord> for AcknowledgementView {
    fn from(record: &AcknowledgementRecord) -> Self {
        let (code, to) = match record.answer {
            Acknowledgement::Accepted => (AcknowledgementCode::Accepted, None),
            Acknowledgement::NotOurClient => (AcknowledgementCode::NotOurClient, None),
            Acknowledgement::OtherOffice { to } => (AcknowledgementCode::OtherOffice, Some(to.uuid())),
            Acknowledgement::Away => (AcknowledgementCode::Away, None),
        };
        Self { code, to, at: record.at }
    }
}
