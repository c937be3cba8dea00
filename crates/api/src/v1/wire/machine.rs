//! 外部システム on the wire.

use chrono::NaiveDate;
use domain::decide::NewMachine;
use domain::machine::{Machine, Scope};
use domain::party::Role;
use domain::refusal::Faults;
use domain::text::Line;
use domain::{Fault, Instant, Refusal, WardId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{day, optional, words};

/// A system that shall get a token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineBody {
    /// For people to know it by.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What the token is for; at least one that leads anywhere for an organization of this kind.
    #[schema(value_type = Vec<words::Scope>, min_items = 1)]
    pub scopes: Vec<Scope>,
    /// Only this ward's stays.
    #[schema(value_type = Option<Uuid>)]
    pub ward_id: Option<WardId>,
    /// The last day on which it is good: at most a year ahead, 90 days unless told otherwise.
    #[schema(format = Date)]
    pub expires_on: Option<String>,
}

impl MachineBody {
    /// All faults at once.
    pub fn parse(&self) -> Result<NewMachine, Refusal> {
        let mut faults = Faults::default();
        let name = faults.take("name", Line::parse(&self.name));
        let expires_on: Option<Option<NaiveDate>> =
            faults.take("expires_on", optional(self.expires_on.as_deref(), day));
        faults.check()?;
        let name = name.ok_or(Fault::Missing)?;
        Ok(NewMachine { name, scopes: self.scopes.clone(), ward_id: self.ward_id, expires_on: expires_on.flatten() })
    }
}

/// 外部システム.
#[derive(Debug, Serialize, ToSchema)]
pub struct MachineView {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub name: Line,
    /// The bounds of what it may.
    #[schema(value_type = words::Role)]
    pub role: Role,
    #[schema(value_type = Vec<words::Scope>)]
    pub scopes: Vec<Scope>,
    pub ward_id: Option<Uuid>,
    pub made_by: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Instant,
    /// The first instant at which it is worth nothing.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Instant>,
    /// To the minute; null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Instant>,
}

impl From<&Machine> for MachineView {
    fn from(machine: &Machine) -> Self {
        Self {
            id: machine.id.uuid(),
            name: machine.name.clone(),
            role: machine.role,
            scopes: machine.scopes(),
            ward_id: machine.ward_id.map(WardId::uuid),
            made_by: machine.made_by.uuid(),
            made_at: machine.made_at,
            expires_at: machine.expires_at,
            revoked_at: machine.revoked_at,
            last_used_at: machine.last_used_at,
        }
    }
}

/// A system with its new token.
#[derive(Debug, Serialize, ToSchema)]
pub struct GivenMachineView {
    pub machine: MachineView,
    /// `tsm_…`; only in the very first answer. A repeat with the same key has null here: whoever lost it revokes the machine.
    pub token: Option<String>,
}

/// The newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MachinesView {
    pub machines: Vec<MachineView>,
}
