//! Reading the audit trail, and verifying its chains.

use domain::trail::{AuditReview, BreakGlass};
use domain::{AccountId, Instant, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::chain::AuditReport;
use crate::engine::args;
use crate::error::StoreError;
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
        let sql = format!(
            "SELECT {} FROM audit WHERE region_id = $1{asked} ORDER BY audited_at DESC, writer_id, seq DESC LIMIT $2",
            AUDIT.list("")
        );
        self.inner.pool.rows(AssertSqlSafe(sql), args).await?.iter().map(read_audit).collect()
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

    /// Records opened in an emergency, the newest first.
    pub async fn opened_in_emergency(
        &self,
        region_id: RegionId,
        since: Instant,
        limit: u32,
    ) -> Result<Vec<BreakGlass>, StoreError> {
        let sql = format!(
            "SELECT {} FROM break_glass WHERE region_id = $1 AND opened_at >= $2 ORDER BY opened_at DESC, id DESC LIMIT $3",
            BREAK_GLASS.list("")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid(), since, i64::from(limit)]).await?;
        rows.iter().map(read_break_glass).collect()
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
