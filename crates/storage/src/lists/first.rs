//! What has to be done first: the lists that somebody begins her day with. The database puts them in order, so that what is cut off is
//! the least urgent, and counts them, so that nobody takes a page for the whole.

use domain::{OrganizationId, RegionId};
use sqlx::AssertSqlSafe;

use super::{
    Conditions, EncounterFilter, EncounterLine, NoticeFilter, NoticeLine, encounter_line, encounters, notice_line,
    notices,
};
use crate::error::{StoreError, readable};
use crate::store::Store;

impl Store {
    /// Stays in the order in which what `acting` itself has to do falls due; then those at which it waits for others, in the order of their
    /// deadlines; then the rest, the longest stay first. One that can't be read is left out.
    pub async fn encounters_by_deadline(
        &self,
        region_id: RegionId,
        filter: &EncounterFilter,
        acting: OrganizationId,
        limit: u32,
    ) -> Result<Vec<EncounterLine>, StoreError> {
        let mut asked = filter.conditions(region_id);
        asked.args.push(acting.uuid().into());
        let open = "SELECT min(d.due_on) FROM deadline AS d WHERE d.encounter_id = e.id AND d.open";
        let own = format!("{open} AND d.organization_id = ${}", asked.args.len());
        let order = format!("({own}) NULLS LAST, ({open}) NULLS LAST, e.admitted_at, e.id");
        let rows = self.listed(&encounters(), asked, &order, limit).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            lines.extend(readable(encounter_line(row)).transpose()?);
        }
        self.add_what_is_open(&mut lines).await?;
        Ok(lines)
    }

    /// How many stays the filter lets through.
    pub async fn count_encounters(&self, region_id: RegionId, filter: &EncounterFilter) -> Result<usize, StoreError> {
        self.counted("encounter AS e", filter.conditions(region_id)).await
    }

    /// Notices in the order in which they were given: what waits longest comes first. One that can't be read is left out.
    pub async fn oldest_notices(
        &self,
        region_id: RegionId,
        filter: &NoticeFilter,
        limit: u32,
    ) -> Result<Vec<NoticeLine>, StoreError> {
        let rows = self.listed(&notices(), filter.conditions(region_id), "n.issued_at, n.id", limit).await?;
        rows.iter().filter_map(|row| readable(notice_line(row))).collect()
    }

    /// How many notices the filter lets through.
    pub async fn count_notices(&self, region_id: RegionId, filter: &NoticeFilter) -> Result<usize, StoreError> {
        self.counted("notice AS n JOIN encounter AS e ON e.id = n.encounter_id", filter.conditions(region_id)).await
    }

    async fn counted(&self, from: &str, asked: Conditions) -> Result<usize, StoreError> {
        let sql = format!("SELECT count(*) FROM {from} WHERE {}", asked.sql);
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), asked.args).await?;
        let count = rows.first().map(|row| row.get::<i64>(0)).transpose()?;
        Ok(count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0))
    }
}
