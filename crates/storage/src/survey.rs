//! The survey's figures: the counted cells, the facts behind them, and the years that were published.

use chrono::NaiveDate;
use domain::survey::{Cell, Month, SurveyFact};
use domain::{Instant, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::engine::{Arg, args};
use crate::error::StoreError;
use crate::rows::{PACKED_COUNTS, SURVEY_FACT, packing, read_packed_cells, read_survey_fact};
use crate::store::Store;

impl Store {
    /// The counts of these months, both included. Kept true by every change, so a year costs its cells and not its stays.
    ///
    /// A party's cells of a month come in one row: a row a cell would cost several times what reading it does. Grouped in the key's own order
    /// PostgreSQL would fetch them one by one along the index; SQLite, whose rows lie in that order, doesn't mind.
    pub async fn survey_cells(&self, region_id: RegionId, first: Month, last: Month) -> Result<Vec<Cell>, StoreError> {
        let sql = format!(
            "SELECT region_id, measure, month, side, party_id, {PACKED_COUNTS}
             FROM survey_cell WHERE region_id = $3 AND month BETWEEN $4 AND $5 AND stays <> 0
             GROUP BY region_id, party_id, side, measure, month"
        );
        let [field, count] = packing();
        let args = args![field, count, region_id.uuid(), i64::from(first.number()), i64::from(last.number())];
        self.packed_cells(sql, args).await
    }

    /// The same for comparing years: from the hospitals' side, all hospitals, groups and methods as one, for each told or not.
    pub async fn survey_trend(&self, region_id: RegionId, first: Month, last: Month) -> Result<Vec<Cell>, StoreError> {
        let sql = format!(
            "SELECT region_id, measure, month, side, party_id, {PACKED_COUNTS}
             FROM (SELECT region_id, measure, month, side, $6 AS party_id, min(care_group) AS care_group, min(method) AS method,
                          lead, exclusion, CAST(sum(stays) AS BIGINT) AS stays
                   FROM survey_cell WHERE region_id = $3 AND month BETWEEN $4 AND $5 AND side = 'hospital' AND stays <> 0
                   GROUP BY region_id, month, measure, side, lead, exclusion, method <> '') AS sums
             GROUP BY region_id, month, measure, side, party_id"
        );
        let [field, count] = packing();
        let months = (i64::from(first.number()), i64::from(last.number()));
        self.packed_cells(sql, args![field, count, region_id.uuid(), months.0, months.1, Uuid::nil()]).await
    }

    async fn packed_cells(&self, sql: String, args: Vec<Arg>) -> Result<Vec<Cell>, StoreError> {
        let mut cells = Vec::new();
        for row in self.inner.pool.rows(AssertSqlSafe(sql), args).await? {
            read_packed_cells(&row, &mut cells)?;
        }
        Ok(cells)
    }

    /// Every stay that was admitted or discharged in these months: to count again and compare. A cancelled stay's row is left behind,
    /// and is none of them.
    pub async fn survey_facts(
        &self,
        region_id: RegionId,
        first: Month,
        last: Month,
    ) -> Result<Vec<SurveyFact>, StoreError> {
        let (from, until) = (first_day(first), first_day(last.next()));
        let sql = format!(
            "SELECT {} FROM survey_fact
             WHERE region_id = $1 AND (admitted_on >= $2 AND admitted_on < $3 OR discharged_on >= $2 AND discharged_on < $3)
               AND NOT EXISTS (SELECT 1 FROM encounter AS e
                               WHERE e.id = encounter_id AND e.state IN ('cancelled', 'entered_in_error'))
             ORDER BY encounter_id",
            SURVEY_FACT.list("")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid(), from, until]).await?;
        rows.iter().map(|row| read_survey_fact(row, 0)).collect()
    }

    /// Freezes a report. False, and nothing changed, when this id is published already.
    pub async fn publish_survey(
        &self,
        region_id: RegionId,
        id: &str,
        report: &str,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO published_survey (region_id, id, report, published_at) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (region_id, id) DO NOTHING RETURNING id";
        Ok(!self.written(sql, args![region_id.uuid(), id, report, at]).await?.is_empty())
    }

    /// A published report, byte for byte, and when it was published.
    pub async fn published_survey(
        &self,
        region_id: RegionId,
        id: &str,
    ) -> Result<Option<(String, Instant)>, StoreError> {
        let sql = "SELECT report, published_at FROM published_survey WHERE region_id = $1 AND id = $2";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid(), id]).await?;
        rows.first().map(|row| Ok((row.get(0)?, row.at(1)?))).transpose()
    }

    /// What was published, newest first: id and instant.
    pub async fn list_published(&self, region_id: RegionId) -> Result<Vec<(String, Instant)>, StoreError> {
        let sql = "SELECT id, published_at FROM published_survey WHERE region_id = $1 ORDER BY published_at DESC, id";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid()]).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.at(1)?))).collect()
    }
}

fn first_day(month: Month) -> NaiveDate {
    let number = u32::try_from(month.month()).unwrap_or(1);
    NaiveDate::from_ymd_opt(month.year(), number, 1).unwrap_or_default()
}
