//! Holds, and what the retention lets go.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::retention::{LegalHold, PurgeLot};
use domain::{EncounterId, HoldId, Instant, PatientId, RegionId, RequestId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::apply::purge::{STAY_IS_DUE, limits, of_people, of_stays, person_is_due};
use crate::engine::{Row, args};
use crate::error::{StoreError, readable};
use crate::rows::*;
use crate::store::Store;

impl Store {
    /// One hold, lifted or not.
    pub async fn legal_hold(&self, region_id: RegionId, id: HoldId) -> Result<Option<LegalHold>, StoreError> {
        let sql = format!("SELECT {} FROM legal_hold WHERE id = $1 AND region_id = $2", LEGAL_HOLD.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), region_id.uuid()]).await?;
        rows.first().map(read_legal_hold).transpose()
    }

    /// The region's holds: those that stand first, then by age, newest first.
    pub async fn legal_holds(&self, region_id: RegionId, limit: u32) -> Result<Vec<LegalHold>, StoreError> {
        let sql = format!(
            "SELECT {} FROM legal_hold WHERE region_id = $1
             ORDER BY CASE WHEN lifted_at IS NULL THEN 0 ELSE 1 END, id DESC LIMIT $2",
            LEGAL_HOLD.list("")
        );
        let args = args![region_id.uuid(), i64::from(limit)];
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args).await?;
        rows.iter().filter_map(|row| readable(read_legal_hold(row))).collect()
    }

    /// Stays that ended before that day and that nothing holds, oldest first.
    pub async fn purgeable_stays(
        &self,
        region_id: RegionId,
        ended_before_on: NaiveDate,
        limit: u32,
    ) -> Result<Vec<EncounterId>, StoreError> {
        let sql =
            format!("SELECT e.id FROM encounter AS e WHERE e.region_id = $1 AND {STAY_IS_DUE} ORDER BY e.id LIMIT $4");
        let mut args = limits(region_id.uuid(), ended_before_on)[..3].to_vec();
        args.push(i64::from(limit).into());
        self.inner.pool.rows(AssertSqlSafe(sql), args).await?.iter().map(id_of).collect()
    }

    /// People who have nothing left but such stays, or nothing at all.
    pub async fn purgeable_people(
        &self,
        region_id: RegionId,
        ended_before_on: NaiveDate,
        limit: u32,
    ) -> Result<Vec<PatientId>, StoreError> {
        let due = person_is_due();
        let sql = format!("SELECT p.id FROM patient AS p WHERE p.region_id = $1 AND {due} ORDER BY p.id LIMIT $5");
        let mut args = limits(region_id.uuid(), ended_before_on);
        args.push(i64::from(limit).into());
        self.inner.pool.rows(AssertSqlSafe(sql), args).await?.iter().map(id_of).collect()
    }

    /// Stays that ended before that day and that a hold keeps.
    pub async fn held_back(&self, region_id: RegionId, ended_before_on: NaiveDate) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM encounter AS e WHERE e.region_id = $1
                   AND (e.state = 'discharged' AND e.discharged_on < $2
                        OR e.state IN ('cancelled', 'entered_in_error') AND e.admitted_at < $3)
                   AND EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.patient_id = e.patient_id AND h.lifted_at IS NULL
                               AND (h.encounter_id IS NULL OR h.encounter_id = e.id))";
        let args = limits(region_id.uuid(), ended_before_on)[..3].to_vec();
        Ok(self.first(sql, args).await?.unwrap_or(0))
    }

    /// The rows that would go with this lot, by table: nothing is changed.
    pub async fn count_purge(&self, lot: &PurgeLot) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let d = self.inner.dialect;
        let stays: Vec<Uuid> = lot.stays.iter().map(|id| id.uuid()).collect();
        let people: Vec<Uuid> = lot.people.iter().map(|id| id.uuid()).collect();
        let mut counts = BTreeMap::new();
        let of_stays = of_stays(d).into_iter().map(|table| (table, &stays));
        let of_people = of_people(d).into_iter().map(|table| (table, &people));
        for ((table, chosen), ids) in of_stays.chain(of_people).filter(|(_, ids)| !ids.is_empty()) {
            let sql = format!("SELECT count(*) FROM {table} WHERE {chosen}");
            let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![ids.clone()]).await?;
            let count: i64 = rows.first().map_or(Ok(0), |row| row.get(0))?;
            *counts.entry(table).or_default() += u64::try_from(count).unwrap_or(0);
        }
        Ok(counts)
    }

    /// Keeps what a purge let go, in numbers (JSON).
    pub async fn keep_purge(
        &self,
        region_id: RegionId,
        id: RequestId,
        at: Instant,
        ended_before_on: NaiveDate,
        gone: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO purge (region_id, id, purged_at, ended_before_on, gone) VALUES ($1, $2, $3, $4, $5)";
        self.write(sql, args![region_id.uuid(), id.uuid(), at, ended_before_on, gone]).await
    }

    /// The purges of a region, newest first: when, up to which day, and the numbers (JSON).
    pub async fn purges(&self, region_id: RegionId) -> Result<Vec<(Instant, NaiveDate, String)>, StoreError> {
        let sql = "SELECT purged_at, ended_before_on, gone FROM purge WHERE region_id = $1
                   ORDER BY id DESC LIMIT 100";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid()]).await?;
        rows.iter().map(|row| Ok((row.at(0)?, row.get(1)?, row.get(2)?))).collect()
    }
}

fn id_of<T: From<Uuid>>(row: &Row) -> Result<T, StoreError> {
    row.get::<Uuid>(0).map(T::from)
}
