//! Where a page of the trail ended, as its reader carries it.

use domain::Instant;
use uuid::Uuid;

/// A row's place in the order of the list. As text 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    pub(super) at: Instant,
    pub(super) writer_id: Uuid,
    pub(super) seq: i64,
}

impl AuditCursor {
    /// What [`ToString`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = |part: &str| i64::from_str_radix(part, 16).ok();
        let (at, rest) = shaped.then(|| text.split_at(16))?;
        let (writer_id, seq) = rest.split_at(32);
        let (at, seq) = (number(at)?, number(seq)?);
        Some(Self { at: Instant::from_micros(at), writer_id: Uuid::try_parse(writer_id).ok()?, seq })
    }
}

impl std::fmt::Display for AuditCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}{}{:016x}", self.at.micros(), self.writer_id.simple(), self.seq)
    }
}
