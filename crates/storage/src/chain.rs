//! The audit trail's hash chain: one chain a writer, so that it costs no lock between instances.
//!
//! Each row's hash covers the hash before it and every column, so a row that is changed, removed from the middle or put elsewhere
//! breaks the chain. Rows cut off at the very end of a chain are not missed by the chain itself but by the daily seals
//! ([`crate::Store::next_seal`]); those that came after the last seal are missed by nothing but a backup.

use std::collections::HashMap;

use domain::changes::AuditEntry;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::rows::AuditRow;
use crate::seal::Sealed;

/// The end of this writer's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What is wrong with the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFault {
    /// Rows are gone from the middle of a chain; both ends included.
    Missing {
        writer_id: Uuid,
        from: i64,
        to: i64,
    },
    /// The row isn't what was written, or stands elsewhere than where it was written.
    Changed {
        writer_id: Uuid,
        seq: i64,
    },
    /// The row is whole, but the one before it is another than when it was written.
    Detached {
        writer_id: Uuid,
        seq: i64,
    },
    /// The chain ends before the end that was sealed.
    CutOff {
        writer_id: Uuid,
        number: i64,
        sealed: i64,
        found: i64,
    },
    /// The chain is whole, but another than the one that was sealed: it was written anew.
    Rewritten {
        writer_id: Uuid,
        number: i64,
        seq: i64,
    },
    SealMissing {
        number: i64,
    },
    SealChanged {
        number: i64,
    },
}

impl std::fmt::Display for AuditFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { writer_id, from, to } if from == to => {
                write!(f, "chain {writer_id}: row {from} is missing")
            }
            Self::Missing { writer_id, from, to } => write!(f, "chain {writer_id}: rows {from} to {to} are missing"),
            Self::Changed { writer_id, seq } => {
                write!(f, "chain {writer_id}: row {seq} was changed, or belongs elsewhere")
            }
            Self::Detached { writer_id, seq } => {
                write!(f, "chain {writer_id}: row {seq} does not follow from the row before it")
            }
            Self::CutOff { writer_id, number, sealed, found } => write!(
                f,
                "chain {writer_id}: ends at row {found}, but seal {number} saw row {sealed}: the end was cut off"
            ),
            Self::Rewritten { writer_id, number, seq } => {
                write!(f, "chain {writer_id}: row {seq} is not the one that seal {number} saw: it was written anew")
            }
            Self::SealMissing { number } => write!(f, "seal {number} is missing"),
            Self::SealChanged { number } => write!(f, "seal {number} was changed"),
        }
    }
}

/// What a verification of the whole trail found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Every writer's chain.
    pub chains: Vec<ChainEnd>,
    /// The last seal: its number and its hash, to compare with the auditor's mail.
    pub last_seal: Option<(i64, [u8; 32])>,
    /// Everything that is wrong.
    pub faults: Vec<AuditFault>,
}

impl AuditReport {
    /// No row was changed, moved, taken from the middle, or cut off before the last seal.
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }

    /// Rows must come ordered by writer and sequence.
    pub(crate) fn follow(&mut self, row: &AuditRow, sealed: &Sealed) {
        let writer_id = row.writer_id;
        if self.chains.last().is_none_or(|end| end.writer_id != writer_id) {
            self.chains.push(ChainEnd { writer_id, rows: 0, hash: [0; 32], broken_at: None });
        }
        let end = self.chains.last_mut().expect("a chain was pushed if there was none");
        let (seq, before) = (row.seq, self.faults.len());
        let own = hash(writer_id, seq, &row.prev_hash, &row.entry);
        if seq > end.rows + 1 {
            self.faults.push(AuditFault::Missing { writer_id, from: end.rows + 1, to: seq - 1 });
        } else if row.prev_hash != end.hash {
            self.faults.push(AuditFault::Detached { writer_id, seq });
        }
        if row.hash != own {
            self.faults.push(AuditFault::Changed { writer_id, seq });
        } else if let Some((hash, number)) = sealed.points.get(&(writer_id, seq))
            && *hash != row.hash
        {
            self.faults.push(AuditFault::Rewritten { writer_id, number: *number, seq });
        }
        if self.faults.len() > before && end.broken_at.is_none() {
            end.broken_at = Some(seq);
        }
        (end.rows, end.hash) = (seq, row.hash);
    }

    /// Once all rows were followed: what the seals miss.
    pub(crate) fn compare(&mut self, sealed: Sealed) {
        let ends: HashMap<Uuid, i64> = self.chains.iter().map(|end| (end.writer_id, end.rows)).collect();
        let mut short: Vec<_> = sealed.last.iter().collect();
        short.sort();
        for (writer_id, (seq, number)) in short {
            let found = ends.get(writer_id).copied().unwrap_or(0);
            if found < *seq {
                let (writer_id, number, sealed) = (*writer_id, *number, *seq);
                self.faults.push(AuditFault::CutOff { writer_id, number, sealed, found });
            }
        }
        self.faults.extend(sealed.faults);
        self.last_seal = sealed.newest;
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
        rows.iter().for_each(|row| report.follow(row, &Sealed::default()));
        report.chains[0].broken_at
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        assert_eq!(broken_at(&rows()), None);
    }

    #[test]
    fn a_chain_written_anew_is_not_the_one_that_was_sealed() {
        let rows = rows();
        let mut sealed = Sealed::default();
        sealed.points.insert((rows[2].writer_id, 3), (rows[2].hash, 1));
        sealed.last.insert(rows[2].writer_id, (3, 1));
        let follow = |rows: &[AuditRow]| {
            let mut report = AuditReport::default();
            rows.iter().for_each(|row| report.follow(row, &sealed));
            report.faults
        };
        assert!(follow(&rows).is_empty());
        let mut forger = Chain::new(rows[0].writer_id);
        let forged: Vec<_> =
            rows.iter().map(|row| forger.link(&AuditEntry { action: "nothing".into(), ..row.entry.clone() })).collect();
        let writer_id = rows[0].writer_id;
        assert_eq!(follow(&forged), [AuditFault::Rewritten { writer_id, number: 1, seq: 3 }]);
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
