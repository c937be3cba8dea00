//! The outbox: claims and attempts; in [`figures`], the counts behind the promise that nothing accepted is lost.
//!
//! A claim is a compare-and-set with a lease. Its candidates are looked for on a reader's connection, office by office along the index,
//! so a backlog of one office neither hides the others nor costs the writer anything; the writer then takes those that are still free.
//! A worker that dies leaves a lease that runs out, and the delivery is claimed again: at least once, never nothing.

/// A statement over `office`: those for which mails wait, from one to the next along the index of pending deliveries.
macro_rules! among_offices {
    ($select:literal) => {
        concat!(
            "WITH RECURSIVE office (id) AS (
              SELECT (SELECT organization_id FROM delivery WHERE state = 'pending' ORDER BY organization_id LIMIT 1)
              UNION ALL
              SELECT (SELECT d.organization_id FROM delivery AS d
                      WHERE d.state = 'pending' AND d.organization_id > office.id
                      ORDER BY d.organization_id LIMIT 1)
              FROM office WHERE office.id IS NOT NULL)
            ",
            $select
        )
    };
}

mod figures;

use domain::delivery::{Attempt, Delivery, DeliveryState};
use domain::text::Line;
use domain::{DeliveryId, EncounterId, Instant, NoticeId, OrganizationId, RegionId, RequestId};
use sqlx::SqlSafeStr;
use uuid::Uuid;

use crate::apply::Op;
use crate::dialect::once;
use crate::engine::{Row, args};
use crate::error::StoreError;
use crate::rows::*;
use crate::store::Store;
use crate::table::Kind::{At, Id, Int, Text};
use crate::table::{Rows, Table};

pub use figures::{OutboxCounts, RefusedLine};

/// A delivery that this worker alone may send until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedDelivery {
    /// The delivery as it stood.
    pub delivery: Delivery,
    /// 第n号 of its notice.
    pub serial: Option<i64>,
    /// Whose mail it is.
    pub organization_name: Line,
    /// Whose command caused it; none where an older version wrote it.
    pub request_id: Option<RequestId>,
}

/// A claimed delivery of which a column holds what can't be: to be given up, for no later attempt can read it either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableDelivery {
    /// Which.
    pub id: DeliveryId,
    /// Whose.
    pub region_id: RegionId,
    /// Whose mail it is.
    pub organization_id: OrganizationId,
    /// The stay that it was about.
    pub encounter_id: Option<EncounterId>,
    /// The notice whose word it carried.
    pub notice_id: Option<NoticeId>,
    /// Made before.
    pub attempts: i64,
    /// As in [`ClaimedDelivery::request_id`].
    pub request_id: Option<RequestId>,
    /// Names the column.
    pub error: StoreError,
}

/// What a worker has in hand after a claim.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claimed {
    /// To be sent.
    pub deliveries: Vec<ClaimedDelivery>,
    /// To be given up; they never stand in the way of the others.
    pub unreadable: Vec<UnreadableDelivery>,
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedDelivery {
    /// Recorded in any case.
    pub attempt: Attempt,
    /// Takes effect if the lease still stands.
    pub state: DeliveryState,
}

/// What a finished attempt sets; the lease is checked against it.
static FINISH: Table = Table::new(
    "delivery",
    &[
        ("id", Id),
        ("state", Text),
        ("attempts", Int),
        ("next_attempt_at", At),
        ("finished_at", At),
        ("lease_worker", Id),
    ],
    &["id"],
);

impl Store {
    /// Up to `limit` deliveries whose time has come, shared out evenly among the organizations that wait. Never those that the worker has in
    /// hand already (`ours`), even where their lease has run out.
    pub async fn claim_deliveries(
        &self,
        worker: Uuid,
        now: Instant,
        lease_until: Instant,
        limit: u32,
        ours: &[DeliveryId],
    ) -> Result<Claimed, StoreError> {
        let mut candidates = self.candidates(now, limit).await?;
        candidates.retain(|id| !ours.contains(&DeliveryId::from(*id)));
        let mut claimed = Claimed::default();
        if candidates.is_empty() {
            return Ok(claimed);
        }
        let d = self.inner.dialect;
        let sql = once!(d, {
            let (columns, chosen, skip) = (DELIVERY.list("delivery."), d.in_ids("f.id", 4), d.skip_locked());
            format!(
                "UPDATE delivery SET lease_worker = $1, lease_until = $3
                 WHERE id IN (
                   SELECT f.id FROM delivery AS f
                   WHERE {chosen} AND f.state = 'pending' AND f.next_attempt_at <= $2
                     AND (f.lease_until IS NULL OR f.lease_until <= $2)
                   {skip})
                 RETURNING {columns},
                   (SELECT n.serial FROM notice AS n WHERE n.id = delivery.notice_id),
                   (SELECT o.name FROM organization AS o WHERE o.id = delivery.organization_id)"
            )
        });
        let rows = self.written(sql, args![worker, now, lease_until, candidates]).await?;
        for row in &rows {
            match read_claimed(row) {
                Ok(delivery) => claimed.deliveries.push(delivery),
                Err(error) => match read_unreadable(row, error) {
                    Ok(unreadable) => claimed.unreadable.push(unreadable),
                    // Without its ids nobody can be told; it stays claimed, and readiness counts how long.
                    Err(error) => tracing::error!(%error, "A claimed delivery can't be told from others"),
                },
            }
        }
        Ok(claimed)
    }

    /// Walks from organization to organization along the index of pending deliveries, then takes each one's oldest.
    async fn candidates(&self, now: Instant, limit: u32) -> Result<Vec<Uuid>, StoreError> {
        let offices = among_offices!(
            "SELECT o.id FROM office AS o WHERE o.id IS NOT NULL AND EXISTS (
              SELECT 1 FROM delivery AS d
              WHERE d.organization_id = o.id AND d.state = 'pending' AND d.next_attempt_at <= $1
                AND (d.lease_until IS NULL OR d.lease_until <= $1))"
        );
        let rows = self.inner.pool.rows(offices, args![now]).await?;
        let mut offices = rows.iter().map(|row| row.get::<Uuid>(0)).collect::<Result<Vec<_>, _>>()?;
        if offices.is_empty() {
            return Ok(offices);
        }
        // With more offices than places, whoever has waited is not always behind the same ones: the walk begins elsewhere each time.
        let start = usize::try_from(now.micros().unsigned_abs() % 1_000_003).unwrap_or(0) % offices.len();
        offices.rotate_left(start);
        let limit = i64::from(limit.max(1));
        let count = i64::try_from(offices.len()).unwrap_or(i64::MAX);
        offices.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let each = (limit + count - 1) / count;
        let d = self.inner.dialect;
        let sql = once!(d, {
            let one = "SELECT c.id FROM delivery AS c
                   WHERE c.organization_id = o.id AND c.state = 'pending' AND c.next_attempt_at <= $1
                     AND (c.lease_until IS NULL OR c.lease_until <= $1)
                   ORDER BY c.next_attempt_at, c.id LIMIT $3";
            format!("{} LIMIT $4", d.of_each_organization(one, &d.in_ids("o.id", 2)))
        });
        let rows = self.inner.pool.rows(sql, args![now, offices, each, limit]).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Sets right what a clock that was ahead wrote: a delivery made after `now` is due now, and a lease that lasts beyond `longest` has ended,
    /// unless the worker has it in hand (`ours`). Nothing else would be tried before the clock has caught up.
    pub async fn recall_deliveries(
        &self,
        now: Instant,
        longest: Instant,
        ours: &[DeliveryId],
    ) -> Result<(), StoreError> {
        let d = self.inner.dialect;
        let sql = once!(d, {
            let over = format!("lease_until > $2 AND NOT ({})", d.in_ids("id", 3));
            format!(
                "UPDATE delivery
                 SET next_attempt_at = CASE WHEN created_at > $1 THEN $1 ELSE next_attempt_at END,
                   lease_worker = CASE WHEN {over} THEN NULL ELSE lease_worker END,
                   lease_until = CASE WHEN {over} THEN NULL ELSE lease_until END
                 WHERE state = 'pending' AND (created_at > $1 OR {over})"
            )
        });
        let ours: Vec<Uuid> = ours.iter().map(|id| id.uuid()).collect();
        self.write(sql, args![now, longest, ours]).await
    }

    /// Records an attempt and what follows from it; false when the lease was lost meanwhile (the attempt is recorded all the same).
    pub async fn finish_delivery(
        &self,
        worker: Uuid,
        attempt: Attempt,
        state: DeliveryState,
    ) -> Result<bool, StoreError> {
        let held = self.finish_deliveries(worker, &[FinishedDelivery { attempt, state }]).await?;
        Ok(held.first().copied().unwrap_or(false))
    }

    /// The same for many, in their order. A delivery may be finished once in one call.
    pub async fn finish_deliveries(&self, worker: Uuid, done: &[FinishedDelivery]) -> Result<Vec<bool>, StoreError> {
        if done.is_empty() {
            return Ok(Vec::new());
        }
        let d = self.inner.dialect;
        let (mut attempts, mut finishes) = (Rows::of(&ATTEMPT, d, self.keys()), Rows::of(&FINISH, d, self.keys()));
        for finished in done {
            write_attempt(&mut attempts, &finished.attempt);
            let (state, count, next_attempt_at, finished_at) = delivery_columns(&finished.state);
            finishes.row(|r| {
                r.id(finished.attempt.delivery_id).text(state).int(count);
                r.maybe_at(next_attempt_at).maybe_at(finished_at).id(worker);
            });
        }
        let finish = once!(d, {
            let rows = d.rows_of(&FINISH, &[]);
            format!(
                "UPDATE delivery SET state = r.state, attempts = r.attempts, next_attempt_at = r.next_attempt_at,
                   finished_at = r.finished_at, lease_worker = NULL, lease_until = NULL
                 FROM {rows} WHERE delivery.id = r.id AND delivery.lease_worker = r.lease_worker RETURNING delivery.id"
            )
        });
        let ops = vec![
            Op { sql: ATTEMPT.add(d).into_sql_str(), args: attempts.args()? },
            Op { sql: finish.into_sql_str(), args: finishes.args()? },
        ];
        let answers = self.written_all(ops).await?;
        let held = answers.get(1).map_or(&[][..], Vec::as_slice);
        let held = held.iter().map(|row| Ok(row.get::<Uuid>(0)?.into()));
        let held = held.collect::<Result<std::collections::HashSet<DeliveryId>, StoreError>>()?;
        Ok(done.iter().map(|finished| held.contains(&finished.attempt.delivery_id)).collect())
    }

    /// The serial numbers that each organization was sent in `from..until`: the weekly letter says them.
    pub async fn weekly_serials(
        &self,
        region_id: RegionId,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<(OrganizationId, i64, i64)>, StoreError> {
        // By the receiver's own region: its numbers run through whatever regions it takes part in.
        let sql = "SELECT n.recipient_id, min(n.serial), max(n.serial) FROM notice AS n
                   JOIN organization AS o ON o.id = n.recipient_id
                   WHERE o.region_id = $1 AND n.issued_at >= $2 AND n.issued_at < $3
                   GROUP BY n.recipient_id ORDER BY n.recipient_id";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid(), from, until]).await?;
        rows.iter().map(|row| Ok((row.get::<Uuid>(0)?.into(), row.get(1)?, row.get(2)?))).collect()
    }
}

fn read_claimed(row: &Row) -> Result<ClaimedDelivery, StoreError> {
    let delivery = read_delivery(row)?;
    let serial_at = DELIVERY.columns.len();
    let row_of_name = delivery.organization_id.to_string();
    let wrong = |_| StoreError::Inconsistent { table: "organization", column: "name", row: row_of_name };
    let organization_name = Line::try_from(row.get::<String>(serial_at + 1)?).map_err(wrong)?;
    let request_id = request_of_delivery(row)?;
    Ok(ClaimedDelivery { delivery, serial: row.get(serial_at)?, organization_name, request_id })
}

fn read_unreadable(row: &Row, error: StoreError) -> Result<UnreadableDelivery, StoreError> {
    let mut c = DELIVERY.cursor(row);
    let (id, region_id, organization_id) = (c.id()?, c.id()?, c.id()?);
    let (encounter_id, notice_id) = (c.maybe_id()?, c.maybe_id()?);
    let attempts = row.get(place_in_delivery("attempts"))?;
    let request_id = request_of_delivery(row)?;
    Ok(UnreadableDelivery { id, region_id, organization_id, encounter_id, notice_id, attempts, request_id, error })
}
