//! Warnings, and the deadlines that are overdue or set aside.

use domain::deadline::{Deadline, Warning};
use domain::{EncounterId, Instant, OrganizationId, RegionId, WardId, WarningId};
use uuid::Uuid;

use super::Conditions;
use crate::error::StoreError;
use crate::rows::*;
use crate::store::Store;

/// Which warnings; what is none does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarningFilter {
    /// About stays in this hospital.
    pub hospital_id: Option<OrganizationId>,
    /// About this stay.
    pub encounter_id: Option<EncounterId>,
    /// Given then or later.
    pub since: Option<Instant>,
}

/// One warning of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningLine {
    /// The warning.
    pub warning: Warning,
    /// The hospital of the stay.
    pub hospital_id: OrganizationId,
    /// The ward on which the person is now.
    pub ward_id: WardId,
}

/// One deadline that was missed and is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueLine {
    /// The deadline.
    pub deadline: Deadline,
    /// The hospital of the stay.
    pub hospital_id: OrganizationId,
    /// The ward on which the person is now.
    pub ward_id: WardId,
}

impl Store {
    /// Warnings, newest first; `after` is the last id of the page before.
    pub async fn list_warnings(
        &self,
        region_id: RegionId,
        filter: &WarningFilter,
        after: Option<WarningId>,
        limit: u32,
    ) -> Result<Vec<WarningLine>, StoreError> {
        let mut asked = Conditions::of_region("w", region_id);
        asked.and("e.hospital_id = ?", filter.hospital_id.map(Uuid::from));
        asked.and("w.encounter_id = ?", filter.encounter_id.map(Uuid::from));
        asked.and("w.warned_at >= ?", filter.since);
        asked.and("w.id < ?", after.map(Uuid::from));
        let columns = WARNING.list("w.");
        let select = format!(
            "SELECT e.hospital_id, e.ward_id, {columns} FROM warning AS w JOIN encounter AS e ON e.id = w.encounter_id"
        );
        let rows = self.listed(&select, asked, "w.id DESC", limit).await?;
        rows.iter()
            .map(|row| {
                let (hospital_id, ward_id) = (row.get::<Uuid>(0)?.into(), row.get::<Uuid>(1)?.into());
                Ok(WarningLine { warning: read_warning(row, 2)?, hospital_id, ward_id })
            })
            .collect()
    }

    /// Deadlines that were missed, or could never be met, and still stand open; the longest overdue first.
    pub async fn overdue(&self, region_id: RegionId, limit: u32) -> Result<Vec<OverdueLine>, StoreError> {
        let mut asked = Conditions::of_region("d", region_id);
        asked.plain("d.verdict IN ('missed', 'impossible') AND d.open");
        let columns = DEADLINE.list("d.");
        let select = format!(
            "SELECT e.hospital_id, e.ward_id, {columns} FROM deadline AS d JOIN encounter AS e ON e.id = d.encounter_id"
        );
        let rows = self.listed(&select, asked, "d.due_on, d.encounter_id", limit).await?;
        rows.iter()
            .map(|row| {
                let (hospital_id, ward_id) = (row.get::<Uuid>(0)?.into(), row.get::<Uuid>(1)?.into());
                Ok(OverdueLine { deadline: read_deadline(row, 2)?, hospital_id, ward_id })
            })
            .collect()
    }

    /// What the sweep could not work on.
    pub async fn set_aside_rows(&self, region_id: RegionId) -> Result<Vec<Deadline>, StoreError> {
        let mut asked = Conditions::of_region("d", region_id);
        asked.plain("d.set_aside IS NOT NULL");
        let select = format!("SELECT {} FROM deadline AS d", DEADLINE.list("d."));
        let rows = self.listed(&select, asked, "d.encounter_id, d.due_on", 10_000).await?;
        rows.iter().map(|row| read_deadline(row, 0)).collect()
    }
}
