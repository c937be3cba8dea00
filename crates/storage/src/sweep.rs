//! What the scheduler asks: which stays are due, until when it may sleep, and who runs a job that must run once.

use domain::{EncounterId, Instant};
use uuid::Uuid;

use crate::engine::args;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Stays with an open deadline whose time has come, the longest waiting first. The cost follows what is due, not what is open.
    pub async fn due_encounters(&self, now: Instant, limit: u32) -> Result<Vec<EncounterId>, StoreError> {
        let sql = "SELECT encounter_id, min(next_at) FROM deadline
                   WHERE open AND set_aside IS NULL AND next_at <= $1
                   GROUP BY encounter_id ORDER BY 2, 1 LIMIT $2";
        let rows = self.inner.pool.rows(sql, args![now, i64::from(limit)]).await?;
        rows.iter().map(|row| row.get::<Uuid>(0).map(EncounterId::from)).collect()
    }

    /// The next instant at which a deadline needs the sweep.
    pub async fn next_deadline_at(&self) -> Result<Option<Instant>, StoreError> {
        let sql = "SELECT next_at FROM deadline WHERE open AND set_aside IS NULL AND next_at IS NOT NULL
                   ORDER BY next_at LIMIT 1";
        self.inner.pool.rows(sql, args![]).await?.first().map(|row| row.at(0)).transpose()
    }

    /// The sweep could not work on this stay: it is left alone, and shown with the reason, until the stay changes.
    pub async fn set_aside(&self, id: EncounterId, reason: &str, now: Instant) -> Result<(), StoreError> {
        let sql = "UPDATE deadline SET set_aside = $2, set_aside_at = $3
                   WHERE encounter_id = $1 AND open AND set_aside IS NULL";
        self.write(sql, args![id.uuid(), reason, now]).await
    }

    /// A sweep has come to its end.
    pub async fn record_sweep(&self, now: Instant) -> Result<(), StoreError> {
        let sql = "INSERT INTO sweep (id, swept_at) VALUES (1, $1)
                   ON CONFLICT (id) DO UPDATE SET swept_at = excluded.swept_at WHERE sweep.swept_at < excluded.swept_at";
        self.write(sql, args![now]).await
    }

    /// When any instance last came to the end of a sweep.
    pub async fn last_sweep_at(&self) -> Result<Option<Instant>, StoreError> {
        self.inner.pool.rows("SELECT swept_at FROM sweep", args![]).await?.first().map(|row| row.at(0)).transpose()
    }

    /// True for the first that asks for this name (such as `weekly-2026-W47-<region>`), in whatever process.
    pub async fn claim_once(&self, name: &str, now: Instant) -> Result<bool, StoreError> {
        let sql = "INSERT INTO job_run (name, claimed_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name";
        Ok(!self.written(sql, args![name, now]).await?.is_empty())
    }
}
