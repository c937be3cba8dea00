//! Reading the audit trail, and verifying its chains.

use domain::{AccountId, Instant, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::chain::AuditReport;
use crate::engine::args;
use crate::error::StoreError;
use crate::rows::{AUDIT, AuditRow, read_audit};
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

    /// Follows every chain from its first row; a page at a time, so its memory doesn't grow with the trail.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
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
                report.follow(&row);
                (writer_id, seq) = (row.writer_id, row.seq);
            }
            if i64::try_from(rows.len()).unwrap_or(0) < PAGE {
                return Ok(report);
            }
        }
    }
}
