//! Reading the audit trail, and verifying its chains.

mod cursor;

use std::collections::HashMap;

use domain::trail::{AuditReview, BreakGlass};
use domain::{AccountId, BreakGlassId, EncounterId, Instant, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

pub use self::cursor::AuditCursor;
use crate::chain::AuditReport;
use crate::engine::args;
use crate::error::{StoreError, readable};
use crate::rows::{AUDIT, AUDIT_REVIEW, AuditRow, BREAK_GLASS, read_audit, read_audit_review, read_break_glass};
use crate::store::Store;

/// Which rows; what is none does not narrow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whose record was looked at or changed.
    pub patient_id: Option<PatientId>,
    /// Who did it.
    pub account_id: Option<AccountId>,
    /// Then or later.
    pub since: Option<Instant>,
    /// Before then.
    pub until: Option<Instant>,
    /// Behind this row of the page before.
    pub after: Option<AuditCursor>,
}

impl AuditCursor {
    /// Behind this row.
    pub const fn of(row: &AuditRow) -> Self {
        Self { at: row.entry.at, writer_id: row.writer_id, seq: row.seq }
    }
}

/// Rows read at a time while verifying.
const PAGE: i64 = 5_000;

impl Store {
    /// The trail, newest first.
    pub async fn audit(
        &self,
        region_id: RegionId,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let mut args = args![region_id.uuid(), i64::from(limit)];
        let mut asked = String::new();
        for (column, id) in
            [("patient_id", filter.patient_id.map(Uuid::from)), ("account_id", filter.account_id.map(Uuid::from))]
        {
            if let Some(id) = id {
                args.push(id.into());
                asked.push_str(&format!(" AND {column} = ${}", args.len()));
            }
        }
        if let Some(since) = filter.since {
            args.push(since.into());
            asked.push_str(&format!(" AND audited_at >= ${}", args.len()));
        }
        if let Some(until) = filter.until {
            args.push(until.into());
            asked.push_str(&format!(" AND audited_at < ${}", args.len()));
        }
        if let Some(AuditCursor { at, writer_id, seq }) = filter.after {
            args.extend(args![at, writer_id, seq]);
            let n = args.len();
            asked.push_str(&format!(" AND (audited_at, writer_id, seq) < (${}, ${}, ${n})", n - 2, n - 1));
        }
        let sql = format!(
            "SELECT {} FROM audit WHERE region_id = $1{asked} ORDER BY audited_at DESC, writer_id DESC, seq DESC LIMIT $2",
            AUDIT.list("")
        );
        self.inner.pool.rows(AssertSqlSafe(sql), args).await?.iter().map(read_audit).collect()
    }

    /// The stay and the person behind each of these stays and notices of the region; without what is no more.
    pub async fn people_behind(
        &self,
        region_id: RegionId,
        items: &[Uuid],
    ) -> Result<HashMap<Uuid, (EncounterId, PatientId)>, StoreError> {
        let (stays, notices) = (self.inner.dialect.in_ids("e.id", 2), self.inner.dialect.in_ids("n.id", 2));
        let sql = format!(
            "SELECT e.id, e.id, e.patient_id FROM encounter AS e WHERE e.region_id = $1 AND {stays}
             UNION ALL SELECT n.id, e.id, e.patient_id FROM notice AS n JOIN encounter AS e ON e.id = n.encounter_id
                       WHERE n.region_id = $1 AND {notices}"
        );
        let mut found = HashMap::new();
        for lot in items.chunks(2_000) {
            let args = args![region_id.uuid(), lot.to_vec()];
            for row in self.inner.pool.rows(AssertSqlSafe(sql.clone()), args).await? {
                found.insert(row.get(0)?, (row.get::<Uuid>(1)?.into(), row.get::<Uuid>(2)?.into()));
            }
        }
        Ok(found)
    }

    /// The reviews of the region's trail, the newest first.
    pub async fn audit_reviews(&self, region_id: RegionId) -> Result<Vec<AuditReview>, StoreError> {
        let sql = format!(
            "SELECT {} FROM audit_review WHERE region_id = $1 ORDER BY reviewed_at DESC, id DESC",
            AUDIT_REVIEW.list("")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid()]).await?;
        rows.iter().map(read_audit_review).collect()
    }

    /// Records opened in an emergency, the newest first; `after` is the last of the page before.
    pub async fn opened_in_emergency(
        &self,
        region_id: RegionId,
        since: Instant,
        after: Option<BreakGlassId>,
        limit: u32,
    ) -> Result<Vec<BreakGlass>, StoreError> {
        let mut args = args![region_id.uuid(), since, i64::from(limit)];
        let mut behind = "";
        if let Some(after) = after {
            args.push(after.uuid().into());
            behind = "AND (opened_at, id) < (SELECT o.opened_at, o.id FROM break_glass AS o WHERE o.region_id = $1 AND o.id = $4)";
        }
        let sql = format!(
            "SELECT {} FROM break_glass WHERE region_id = $1 AND opened_at >= $2 {behind}
             ORDER BY opened_at DESC, id DESC LIMIT $3",
            BREAK_GLASS.list("")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args).await?;
        rows.iter().filter_map(|row| readable(read_break_glass(row))).collect()
    }

    /// Until when the person's record stays open to the account, if it opened it in an emergency.
    pub async fn open_in_emergency(
        &self,
        region_id: RegionId,
        account_id: AccountId,
        patient_id: PatientId,
        now: Instant,
    ) -> Result<Option<Instant>, StoreError> {
        let sql = "SELECT until_at FROM break_glass
             WHERE account_id = $1 AND patient_id = $2 AND until_at > $3 AND region_id = $4
             ORDER BY until_at DESC LIMIT 1";
        let args = args![account_id.uuid(), patient_id.uuid(), now, region_id.uuid()];
        self.inner.pool.rows(sql, args).await?.first().map(|row| row.at(0)).transpose()
    }

    /// The hash of a seal, to compare with the auditor's mail.
    pub async fn seal_hash(&self, number: i64) -> Result<Option<[u8; 32]>, StoreError> {
        Ok(self.seals().await?.hashes.get(&number).copied())
    }

    /// Follows every chain from its first row and compares with the seals; a page at a time, so its memory doesn't grow with the trail.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        // The seals first: what is written meanwhile lies behind them.
        let sealed = self.seals().await?;
        let mut report = AuditReport::default();
        let (mut writer_id, mut seq) = (Uuid::nil(), 0_i64);
        let sql = format!(
            "SELECT {} FROM audit WHERE (writer_id, seq) > ($1, $2) ORDER BY writer_id, seq LIMIT $3",
            AUDIT.list("")
        );
        loop {
            let rows = self.inner.pool.rows(AssertSqlSafe(sql.clone()), args![writer_id, seq, PAGE]).await?;
            for row in &rows {
                let row = read_audit(row)?;
                report.follow(&row, &sealed);
                (writer_id, seq) = (row.writer_id, row.seq);
            }
            if i64::try_from(rows.len()).unwrap_or(0) < PAGE {
                report.compare(sealed);
                return Ok(report);
            }
        }
    }
}
