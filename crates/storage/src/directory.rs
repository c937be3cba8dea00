//! The directory of a region, held in memory.
//!
//! Each grouped read brings the region's directory version along, so a copy that is no longer true is noticed at no cost of its own:
//! by the next request or sweep after the change, in every process. In the process that made the change, at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::directory::Directory;
use domain::party::{Neighbour, Region};
use domain::{EncounterId, NoticeId, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::engine::{Row, args};
use crate::error::StoreError;
use crate::rows::*;
use crate::store::Store;
use crate::table::Table;

/// What a region is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A stay.
    Encounter(EncounterId),
    /// A person.
    Patient(PatientId),
    /// A notice.
    Notice(NoticeId),
}

#[derive(Debug, Default)]
pub(crate) struct Directories {
    held: Mutex<HashMap<RegionId, Held>>,
}

#[derive(Debug, Default)]
struct Held {
    directory: Option<Arc<Directory>>,
    seen: i64,
}

impl Directories {
    /// A statement has just read this version.
    pub(crate) fn saw(&self, region_id: RegionId, version: i64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let region = held.entry(region_id).or_default();
        region.seen = region.seen.max(version);
    }

    pub(crate) fn forget(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).values_mut().for_each(|held| held.directory = None);
    }

    fn current(&self, region_id: RegionId) -> Option<Arc<Directory>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let region = held.get(&region_id)?;
        region.directory.clone().filter(|directory| directory.version >= region.seen)
    }

    fn keep(&self, directory: &Arc<Directory>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let region = held.entry(directory.region.id).or_default();
        region.seen = region.seen.max(directory.version);
        region.directory = Some(Arc::clone(directory));
    }
}

impl Store {
    /// The region's directory, from memory while its version stands.
    pub async fn directory(&self, region_id: RegionId) -> Result<Arc<Directory>, StoreError> {
        if let Some(directory) = self.inner.directories.current(region_id) {
            return Ok(directory);
        }
        let columns = REGION.list("");
        let sql = format!("SELECT {columns}, directory_version FROM region WHERE id = $1");
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid()]).await?;
        // The version is read before the rows: rows that are newer than it are read again next time, never the other way round.
        let row = rows.first().ok_or(StoreError::UnknownRegion)?;
        let (region, version) = (read_region(row)?, row.get(REGION.columns.len())?);
        let directory = Directory::new(
            region,
            version,
            self.of_region(region_id, &ORGANIZATION, "id", read_organization).await?,
            self.of_region(region_id, &WARD, "organization_id", read_ward).await?,
            self.of_region(region_id, &CARE_MANAGER, "organization_id", read_care_manager).await?,
            self.of_region(region_id, &CONTACT_POINT, "organization_id", read_contact_point).await?,
        );
        let sql = "SELECT n.organization_id, n.region_id FROM organization_region AS n
                   JOIN organization AS o ON o.id = n.organization_id
                   WHERE o.region_id = $1 AND n.ended_at IS NULL
                   ORDER BY n.region_id";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid()]).await?;
        let pair = |row: &Row| Ok((row.get::<Uuid>(0)?.into(), row.get::<Uuid>(1)?.into()));
        let neighbours = rows.iter().map(pair).collect::<Result<Vec<_>, StoreError>>()?;
        let directory = directory.with_neighbours(neighbours);
        let directory = Arc::new(directory);
        self.inner.directories.keep(&directory);
        Ok(directory)
    }

    /// Rows of the region's organizations, and of those that take part in it.
    async fn of_region<T>(
        &self,
        region_id: RegionId,
        table: &'static Table,
        organization: &str,
        read: fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (columns, name) = (table.list(""), table.name);
        let sql = format!(
            "SELECT {columns} FROM {name}
             WHERE region_id = $1
                OR {organization} IN (SELECT n.organization_id FROM organization_region AS n
                                      WHERE n.region_id = $1 AND n.ended_at IS NULL)
             ORDER BY id"
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid()]).await?;
        rows.iter().map(read).collect()
    }

    /// Who takes part in a further region, or did.
    pub async fn neighbours(&self) -> Result<Vec<Neighbour>, StoreError> {
        let sql = format!("SELECT {} FROM organization_region ORDER BY organization_id, region_id", NEIGHBOUR.list(""));
        self.inner.pool.rows(AssertSqlSafe(sql), args![]).await?.iter().map(read_neighbour).collect()
    }

    /// The region of a stay, a person or a notice.
    pub async fn region_of(&self, record: Record) -> Result<Option<RegionId>, StoreError> {
        let (sql, id) = match record {
            Record::Encounter(id) => ("SELECT region_id FROM encounter WHERE id = $1", id.uuid()),
            Record::Patient(id) => ("SELECT region_id FROM patient WHERE id = $1", id.uuid()),
            Record::Notice(id) => ("SELECT region_id FROM notice WHERE id = $1", id.uuid()),
        };
        Ok(self.first::<Uuid>(sql, args![id]).await?.map(RegionId::from))
    }

    /// Every region of the installation, oldest first.
    pub async fn regions(&self) -> Result<Vec<Region>, StoreError> {
        let sql = format!("SELECT {} FROM region ORDER BY id", REGION.list(""));
        self.inner.pool.rows(AssertSqlSafe(sql), args![]).await?.iter().map(read_region).collect()
    }
}
