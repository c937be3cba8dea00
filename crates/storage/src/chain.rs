//! The audit trail's hash chain: one chain a writer, so that it costs no lock between instances.
//!
//! Each row's hash covers the hash before it and every column, so a row that is changed, removed from the middle or put elsewhere
//! breaks the chain. What it does not promise: rows cut off at the very end of a chain, together with nothing after them, are not
//! missed by the chain itself; compare the ends in [`AuditReport`] with those of a backup.

use domain::changes::AuditEntry;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::rows::AuditRow;

/// The end of this writer's chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain {
    pub(crate) writer_id: Uuid,
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

impl Chain {
    pub(crate) const fn new(writer_id: Uuid) -> Self {
        Self { writer_id, seq: 0, hash: [0; 32] }
    }

    pub(crate) fn link(&mut self, entry: &AuditEntry) -> AuditRow {
        let (seq, prev_hash) = (self.seq + 1, self.hash);
        let hash = hash(self.writer_id, seq, &prev_hash, entry);
        (self.seq, self.hash) = (seq, hash);
        AuditRow { writer_id: self.writer_id, seq, entry: entry.clone(), prev_hash, hash }
    }
}

/// Fixed-width fields, an optional id behind a byte that says whether it is there, and the action with its length in front.
fn hash(writer_id: Uuid, seq: i64, prev_hash: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(prev_hash);
    sha.update(writer_id.as_bytes());
    sha.update(seq.to_be_bytes());
    sha.update(entry.region_id.uuid().as_bytes());
    sha.update(entry.at.micros().to_be_bytes());
    let ids = [
        entry.account_id.map(Uuid::from),
        entry.organization_id.map(Uuid::from),
        entry.patient_id.map(Uuid::from),
        entry.encounter_id.map(Uuid::from),
        entry.notice_id.map(Uuid::from),
    ];
    for id in ids {
        sha.update([u8::from(id.is_some())]);
        sha.update(id.unwrap_or_default().as_bytes());
    }
    sha.update(u64::try_from(entry.action.len()).unwrap_or(u64::MAX).to_be_bytes());
    sha.update(entry.action.as_bytes());
    sha.update(entry.request_id.uuid().as_bytes());
    sha.finalize().into()
}

/// The end of one chain, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainEnd {
    /// The writer.
    pub writer_id: Uuid,
    /// How many rows.
    pub rows: i64,
    /// The last row's hash: what to compare with a backup.
    pub hash: [u8; 32],
    /// The first row that does not follow from the one before it.
    pub broken_at: Option<i64>,
}

/// What a verification of the whole trail found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Every writer's chain.
    pub chains: Vec<ChainEnd>,
}

impl AuditReport {
    /// No row was changed, moved, or taken from the middle.
    pub fn is_whole(&self) -> bool {
        self.chains.iter().all(|chain| chain.broken_at.is_none())
    }

    /// Rows must come ordered by writer and sequence.
    pub(crate) fn follow(&mut self, row: &AuditRow) {
        if self.chains.last().is_none_or(|end| end.writer_id != row.writer_id) {
            self.chains.push(ChainEnd { writer_id: row.writer_id, rows: 0, hash: [0; 32], broken_at: None });
        }
        let end = self.chains.last_mut().expect("a chain was pushed if there was none");
        let follows = row.seq == end.rows + 1
            && row.prev_hash == end.hash
            && row.hash == hash(row.writer_id, row.seq, &row.prev_hash, &row.entry);
        if !follows && end.broken_at.is_none() {
            end.broken_at = Some(row.seq);
        }
        (end.rows, end.hash) = (row.seq, row.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Ids, Instant};

    fn rows() -> Vec<AuditRow> {
        let now = Instant::from_micros(1_790_000_000_000_000);
        let mut ids = Ids::new(now, 1);
        let mut chain = Chain::new(ids.uuid());
        let entry = |ids: &mut Ids| AuditEntry {
            region_id: ids.next(),
            at: now,
            account_id: Some(ids.next()),
            organization_id: None,
            patient_id: Some(ids.next()),
            encounter_id: None,
            notice_id: None,
            action: "look".into(),
            request_id: ids.next(),
        };
        (0..4).map(|_| chain.link(&entry(&mut ids))).collect()
    }

    fn broken_at(rows: &[AuditRow]) -> Option<i64> {
        let mut report = AuditReport::default();
        rows.iter().for_each(|row| report.follow(row));
        report.chains[0].broken_at
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        assert_eq!(broken_at(&rows()), None);
    }

    #[test]
    fn a_changed_moved_or_missing_row_breaks_the_chain() {
        let mut changed = rows();
        changed[1].entry.action = "file".into();
        assert_eq!(broken_at(&changed), Some(2));
        let mut moved_id = rows();
        moved_id[2].entry.encounter_id = moved_id[2].entry.patient_id.take().map(|id| id.uuid().into());
        assert_eq!(broken_at(&moved_id), Some(3));
        let mut missing = rows();
        missing.remove(1);
        assert_eq!(broken_at(&missing), Some(3));
    }
}
