//! 保全 on the wire.

use domain::retention::LegalHold;
use domain::text::Line;
use domain::{EncounterId, Instant, PatientId, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Keeps a person's record, or one stay of hers, from the purge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// The person; or the stay below.
    #[schema(value_type = Option<Uuid>)]
    pub patient_id: Option<PatientId>,
    #[schema(value_type = Option<Uuid>)]
    pub encounter_id: Option<EncounterId>,
    /// Without a name.
    #[schema(min_length = 1, max_length = 100)]
    pub why: String,
}

/// The end of a hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftBody {
    /// Without a name.
    #[schema(min_length = 1, max_length = 100)]
    pub why: String,
}

/// A reason, asked for by that name.
pub fn why(text: &str) -> Result<Line, Refusal> {
    Line::parse(text).map_err(|fault| {
        Refusal::at("why", if fault == domain::Fault::Missing { domain::Fault::ReasonMissing } else { fault })
    })
}

/// 保全.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldView {
    pub id: Uuid,
    pub patient_id: Uuid,
    /// Null: everything of the person.
    pub encounter_id: Option<Uuid>,
    #[schema(value_type = String)]
    pub why: Line,
    #[schema(value_type = String, format = DateTime)]
    pub held_at: Instant,
    /// Null while it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lifted_at: Option<Instant>,
    #[schema(value_type = Option<String>)]
    pub lifted_why: Option<Line>,
}

impl From<&LegalHold> for HoldView {
    fn from(hold: &LegalHold) -> Self {
        Self {
            id: hold.id.uuid(),
            patient_id: hold.patient_id.uuid(),
            encounter_id: hold.encounter_id.map(EncounterId::uuid),
            why: hold.why.clone(),
            held_at: hold.held_at,
            lifted_at: hold.lifted.as_ref().map(|lifted| lifted.at),
            lifted_why: hold.lifted.as_ref().map(|lifted| lifted.why.clone()),
        }
    }
}

/// Those that stand first, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldsView {
    pub holds: Vec<HoldView>,
}
