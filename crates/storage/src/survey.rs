//! The survey's figures: the counted cells, the facts behind them, and the years that were published.

use chrono::NaiveDate;
use domain::survey::{Cell, Month, SurveyFact};
use domain::{Instant, RegionId};
use sqlx::AssertSqlSafe;

use crate::engine::args;
use crate::error::StoreError;
use crate::rows::{SURVEY_CELL, SURVEY_FACT, read_cell, read_survey_fact};
use crate::store::Store;

impl Store {
    /// The counts of these months, both included. Kept true by every change, so a year costs its cells and not its stays.
    pub async fn survey_cells(&self, region_id: RegionId, first: Month, last: Month) -> Result<Vec<Cell>, StoreError> {
        let sql = format!(
            "SELECT {} FROM survey_cell WHERE region_id = $1 AND month BETWEEN $2 AND $3 AND stays <> 0
             ORDER BY month, measure, side, party_id, care_group, method, lead, exclusion",
            SURVEY_CELL.list("")
        );
        let args = args![region_id.uuid(), i64::from(first.number()), i64::from(last.number())];
        self.inner.pool.rows(AssertSqlSafe(sql), args).await?.iter().map(read_cell).collect()
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
