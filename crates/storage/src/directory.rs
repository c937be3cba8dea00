//! The directory of a region, held in memory.
//!
//! Each grouped read brings the region's directory version along, so a copy that is no longer true is noticed at no cost of its own:
//! by the next request or sweep after the change, in every process. In the process that made the change, at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::RegionId;
use domain::directory::Directory;
use domain::party::Region;
use sqlx::AssertSqlSafe;

use crate::engine::{Row, args};
use crate::error::StoreError;
use crate::rows::*;
use crate::store::Store;
use crate::table::Table;

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
            self.of_region(region_id, &ORGANIZATION, read_organization).await?,
            self.of_region(region_id, &WARD, read_ward).await?,
            self.of_region(region_id, &CARE_MANAGER, read_care_manager).await?,
            self.of_region(region_id, &CONTACT_POINT, read_contact_point).await?,
        );
        let directory = Arc::new(directory);
        self.inner.directories.keep(&directory);
        Ok(directory)
    }

    async fn of_region<T>(
        &self,
        region_id: RegionId,
        table: &'static Table,
        read: fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (columns, name) = (table.list(""), table.name);
        let sql = format!("SELECT {columns} FROM {name} WHERE region_id = $1 ORDER BY id");
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid()]).await?;
        rows.iter().map(read).collect()
    }

    /// Every region of the installation, oldest first.
    pub async fn regions(&self) -> Result<Vec<Region>, StoreError> {
        let sql = format!("SELECT {} FROM region ORDER BY id", REGION.list(""));
        self.inner.pool.rows(AssertSqlSafe(sql), args![]).await?.iter().map(read_region).collect()
    }
}
