//! Daily seals over the ends of the audit chains: what a chain can't tell by itself, that rows were cut off at its end.
//!
//! A seal holds the end of each chain that has grown since the seal before, and the hash of that seal; its own hash goes to the auditor
//! by mail, so that whoever cuts off the seals as well is found out by a mail that names a later one.

use std::collections::HashMap;

use domain::text::EmailAddress;
use domain::trail::{AuditSeal, SealedEnd};
use domain::{Instant, OrganizationId, RegionId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::chain::AuditFault;
use crate::engine::{Row, args};
use crate::error::{Failure, StoreError};
use crate::store::Store;

/// Who is sent the seals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auditor {
    pub region_id: RegionId,
    pub organization_id: OrganizationId,
    pub email: Option<EmailAddress>,
}

/// What the seals say of the chains.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    /// Each end that was ever sealed, with its hash and the number of the seal.
    pub(crate) points: HashMap<(Uuid, i64), ([u8; 32], i64)>,
    /// The last end of each chain, with the number of the seal.
    pub(crate) last: HashMap<Uuid, (i64, i64)>,
    /// The last seal: its number and hash.
    pub(crate) newest: Option<(i64, [u8; 32])>,
    /// By number.
    pub(crate) hashes: HashMap<i64, [u8; 32]>,
    pub(crate) faults: Vec<AuditFault>,
}

fn hash(number: i64, sealed_at: Instant, ends: &[SealedEnd], prev_hash: &[u8; 32]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(prev_hash);
    sha.update(number.to_be_bytes());
    sha.update(sealed_at.micros().to_be_bytes());
    for end in ends {
        sha.update(end.writer_id.as_bytes());
        sha.update(end.seq.to_be_bytes());
        sha.update(end.hash);
    }
    sha.finalize().into()
}

impl Store {
    /// The seal that comes next, over the chains as they end now. Two instances may make the same: only one is kept.
    pub async fn next_seal(&self, now: Instant) -> Result<AuditSeal, StoreError> {
        let sealed = self.seals().await?;
        let (last, prev_hash) = sealed.newest.unwrap_or((0, [0; 32]));
        let mut ends = Vec::new();
        let mut writer_id = Uuid::nil();
        // From one chain to the next by the key: the cost follows the chains, not the rows.
        let next = "SELECT writer_id, seq, hash FROM audit
             WHERE writer_id = (SELECT writer_id FROM audit WHERE writer_id > $1 ORDER BY writer_id LIMIT 1)
             ORDER BY seq DESC LIMIT 1";
        while let Some(row) = self.inner.pool.rows(next, args![writer_id]).await?.first() {
            let end = SealedEnd { writer_id: row.get(0)?, seq: row.get(1)?, hash: as_hash(row.get(2)?, "audit")? };
            writer_id = end.writer_id;
            if sealed.last.get(&writer_id).is_none_or(|(seq, _)| *seq < end.seq) {
                ends.push(end);
            }
        }
        let number = last + 1;
        Ok(AuditSeal { number, sealed_at: now, hash: hash(number, now, &ends, &prev_hash), ends, prev_hash })
    }

    /// When the trail was sealed last.
    pub async fn last_sealed_at(&self) -> Result<Option<Instant>, StoreError> {
        let sql = "SELECT sealed_at FROM audit_seal ORDER BY number DESC LIMIT 1";
        self.inner.pool.rows(sql, args![]).await?.first().map(|row| row.at(0)).transpose()
    }

    /// Who audits, and her own mailbox if she has one.
    pub async fn auditors(&self) -> Result<Vec<Auditor>, StoreError> {
        let sql = "SELECT DISTINCT region_id, organization_id, email FROM account
                   WHERE role = 'auditor' AND closed_at IS NULL ORDER BY 1, 2, 3";
        let rows = self.inner.pool.rows(sql, args![]).await?;
        let auditor = |row: &Row| {
            let email = row.get::<Option<String>>(2)?.map(|text| EmailAddress::parse(&text)).transpose();
            let email =
                email.map_err(|_| StoreError::Inconsistent { table: "account", column: "email", row: "?".into() })?;
            let (region_id, organization_id) = (row.get::<Uuid>(0)?.into(), row.get::<Uuid>(1)?.into());
            Ok(Auditor { region_id, organization_id, email })
        };
        rows.iter().map(auditor).collect()
    }

    /// All seals, each checked against the one before it.
    pub(crate) async fn seals(&self) -> Result<Sealed, StoreError> {
        let mut ends = HashMap::<i64, Vec<SealedEnd>>::new();
        let sql = "SELECT number, writer_id, seq, hash FROM audit_seal_end ORDER BY number, writer_id";
        for row in self.inner.pool.rows(sql, args![]).await? {
            let end =
                SealedEnd { writer_id: row.get(1)?, seq: row.get(2)?, hash: as_hash(row.get(3)?, "audit_seal_end")? };
            ends.entry(row.get(0)?).or_default().push(end);
        }
        let mut sealed = Sealed::default();
        let (mut last, mut before) = (0, [0; 32]);
        let sql = "SELECT number, sealed_at, prev_hash, hash FROM audit_seal ORDER BY number";
        for row in self.inner.pool.rows(sql, args![]).await? {
            let (number, sealed_at): (i64, Instant) = (row.get(0)?, row.at(1)?);
            let (prev, own) = (as_hash(row.get(2)?, "audit_seal")?, as_hash(row.get(3)?, "audit_seal")?);
            let its = ends.remove(&number).unwrap_or_default();
            if number != last + 1 {
                sealed.faults.push(AuditFault::SealMissing { number: last + 1 });
            } else if prev != before || own != hash(number, sealed_at, &its, &prev) {
                sealed.faults.push(AuditFault::SealChanged { number });
            }
            for end in its {
                sealed.points.insert((end.writer_id, end.seq), (end.hash, number));
                sealed.last.insert(end.writer_id, (end.seq, number));
            }
            sealed.hashes.insert(number, own);
            (last, before) = (number, own);
        }
        sealed.newest = (last > 0).then_some((last, before));
        Ok(sealed)
    }
}

fn as_hash(bytes: Vec<u8>, table: &'static str) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| Failure::Failed { code: format!("{table}.hash") }.into())
}
