//! Where the mails stand: what is counted, what waits, and what nobody takes.

use domain::{Instant, OrganizationId, RegionId};
use uuid::Uuid;

use crate::engine::{Row, args};
use crate::error::StoreError;
use crate::store::Store;

/// Promise 1 in numbers: `notices = delivered + given_up + pending + without_mail`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Notices accepted.
    pub notices: i64,
    /// At least one mail of the notice to its receiver was taken by the relay; those that only tell others that it waits don't count.
    pub delivered: i64,
    /// None was, and at least one is still to be tried.
    pub pending: i64,
    /// All were given up: escalated.
    pub given_up: i64,
    /// Notices to receivers without a mailbox: shown in their inbox alone, and warned about like any that nobody acknowledges.
    pub without_mail: i64,
    /// All mails still to be sent, of whatever kind.
    pub pending_mails: i64,
}

/// Mails to one organization that were given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Whose mailbox does not take them.
    pub organization_id: OrganizationId,
    /// How many.
    pub mails: i64,
    /// When the last of them was given up.
    pub last_at: Instant,
}

impl Store {
    /// Where the region's notices and mails stand at this moment.
    pub async fn outbox_counts(&self, region_id: RegionId) -> Result<OutboxCounts, StoreError> {
        let sql = "SELECT count(*),
                     CAST(coalesce(sum(CASE WHEN delivered > 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
                     CAST(coalesce(sum(CASE WHEN delivered = 0 AND pending > 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
                     CAST(coalesce(sum(CASE WHEN delivered = 0 AND pending = 0 AND given_up > 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
                     CAST(coalesce(sum(CASE WHEN delivered = 0 AND pending = 0 AND given_up = 0 THEN 1 ELSE 0 END), 0) AS BIGINT),
                     (SELECT count(*) FROM delivery AS m WHERE m.region_id = $1 AND m.state = 'pending')
                   FROM (SELECT n.id,
                           sum(CASE WHEN d.state = 'delivered' THEN 1 ELSE 0 END) AS delivered,
                           sum(CASE WHEN d.state = 'pending' THEN 1 ELSE 0 END) AS pending,
                           sum(CASE WHEN d.state = 'given_up' THEN 1 ELSE 0 END) AS given_up
                         FROM notice AS n LEFT JOIN delivery AS d ON d.notice_id = n.id AND d.organization_id = n.recipient_id
                         WHERE n.region_id = $1 GROUP BY n.id) AS each_notice";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid()]).await?;
        let Some(row) = rows.first() else { return Ok(OutboxCounts::default()) };
        Ok(OutboxCounts {
            notices: row.get(0)?,
            delivered: row.get(1)?,
            pending: row.get(2)?,
            given_up: row.get(3)?,
            without_mail: row.get(4)?,
            pending_mails: row.get(5)?,
        })
    }

    /// How many mails are still to be sent, of all regions.
    pub async fn pending_mails(&self) -> Result<i64, StoreError> {
        let sql = "SELECT CAST(count(*) AS BIGINT) FROM delivery WHERE state = 'pending'";
        Ok(self.first(sql, vec![]).await?.unwrap_or(0))
    }

    /// When the longest waiting delivery that is due should have gone; none when nothing due waits.
    pub async fn oldest_pending_delivery_at(&self, now: Instant) -> Result<Option<Instant>, StoreError> {
        // Each office's first, along the index by office.
        let sql = among_offices!(
            "SELECT first_at FROM (
              SELECT (SELECT d.next_attempt_at FROM delivery AS d
                      WHERE d.organization_id = o.id AND d.state = 'pending'
                      ORDER BY d.next_attempt_at LIMIT 1) AS first_at
              FROM office AS o WHERE o.id IS NOT NULL) AS firsts
            WHERE first_at <= $1 ORDER BY first_at LIMIT 1"
        );
        self.inner.pool.rows(sql, args![now]).await?.first().map(|row| row.at(0)).transpose()
    }

    /// Since when mails wait that should be gone; none when there are none.
    ///
    /// That is the longest overdue attempt, or, if it is older, the first mail after the last one that was delivered: while the relay is
    /// away no attempt is overdue, each is made in time and fails. One mailbox that takes nothing counts only until a later mail leaves.
    pub async fn mails_wait_since(&self, now: Instant) -> Result<Option<Instant>, StoreError> {
        // Ids are in the order of time, so both ends are found along the primary key; SQLite takes it where an id is compared.
        let sql = "SELECT created_at FROM delivery
                   WHERE state = 'pending' AND created_at <= $1
                     AND id > coalesce((SELECT d.id FROM delivery AS d WHERE d.state = 'delivered' AND d.id > $2 ORDER BY d.id DESC LIMIT 1), $2)
                   ORDER BY id LIMIT 1";
        let rows = self.inner.pool.rows(sql, args![now, Uuid::nil()]).await?;
        let held_up = rows.first().map(|row| row.at(0)).transpose()?;
        let overdue = self.oldest_pending_delivery_at(now).await?;
        Ok(held_up.into_iter().chain(overdue).min())
    }

    /// Mails given up then or later, by the organization that they were for; what was given up last comes first.
    pub async fn refused_mails(&self, region_id: RegionId, since: Instant) -> Result<Vec<RefusedLine>, StoreError> {
        let sql = "SELECT organization_id, CAST(count(*) AS BIGINT), max(finished_at) FROM delivery
                   WHERE region_id = $1 AND state = 'given_up' AND finished_at >= $2
                   GROUP BY organization_id ORDER BY max(finished_at) DESC, organization_id";
        let rows = self.inner.pool.rows(sql, args![region_id.uuid(), since]).await?;
        let line = |row: &Row| {
            Ok(RefusedLine { organization_id: row.get::<Uuid>(0)?.into(), mails: row.get(1)?, last_at: row.at(2)? })
        };
        rows.iter().map(line).collect()
    }
}
