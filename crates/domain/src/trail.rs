//! What is kept about the audit trail itself: daily seals, reviews, and records that were opened in an emergency.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::survey::Month;
use crate::text::{Line, Prose};
use crate::{AccountId, BreakGlassId, EncounterId, Instant, OrganizationId, PatientId, RegionId, ReviewId};

/// What is written on the trail of a list that was looked at: the action, and which stays or notices stood on it.
///
/// Why in one row: a ward's board shows some forty people whenever somebody turns to it; a row for each of them would make the trail forty times as
/// long, and what a list showed can't be worked out afterwards. So the row of the list names them all, and the chain covers them.
pub fn listed(action: &str, items: &[Uuid]) -> String {
    let mut text = String::with_capacity(action.len() + 1 + 32 * items.len());
    text.push_str(action);
    for (nth, item) in items.iter().enumerate() {
        text.push_str(if nth == 0 { ":" } else { "" });
        text.push_str(item.simple().encode_lower(&mut Uuid::encode_buffer()));
    }
    text
}

/// The action as [`listed`] was given it, and what stood on the list; of any other action itself, and nothing.
pub fn parted(action: &str) -> (&str, Vec<Uuid>) {
    let items = |text: &str| -> Option<Vec<Uuid>> {
        let ids = text.as_bytes().chunks(32);
        (!text.is_empty()).then(|| ids.map(|id| Uuid::try_parse_ascii(id).ok()).collect())?
    };
    match action.split_once(':').map(|(name, text)| (name, items(text))) {
        Some((name, Some(items))) => (name, items),
        _ => (action, Vec::new()),
    }
}

/// The ends of all chains at one moment. A row cut off at a chain's end is missed by the seal that came after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSeal {
    /// From 1, without gaps.
    pub number: i64,
    pub sealed_at: Instant,
    /// Of the chains that had grown since the seal before, by writer.
    pub ends: Vec<SealedEnd>,
    /// The hash of the seal before; zeroes at the first.
    pub prev_hash: [u8; 32],
    /// SHA-256 over all of that.
    pub hash: [u8; 32],
}

/// Where a writer's chain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedEnd {
    pub writer_id: Uuid,
    pub seq: i64,
    pub hash: [u8; 32],
}

/// 点検: the trail of a month was looked through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReview {
    pub id: ReviewId,
    pub region_id: RegionId,
    pub month: Month,
    /// What was found, and what is done about it.
    pub remark: Prose,
    pub reviewed_at: Instant,
    pub reviewed_by: AccountId,
}

/// 緊急閲覧: somebody without relation opens a person's record, says why, and may look for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    pub id: BreakGlassId,
    pub region_id: RegionId,
    pub account_id: AccountId,
    pub organization_id: OrganizationId,
    pub patient_id: PatientId,
    /// The stay that was asked for, where it was one.
    pub encounter_id: Option<EncounterId>,
    pub reason: Line,
    pub opened_at: Instant,
    pub until_at: Instant,
}

impl BreakGlass {
    /// Still open at that moment.
    pub fn lasts_at(&self, now: Instant) -> bool {
        self.opened_at <= now && now < self.until_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_s_row_tells_what_stood_on_it_and_other_rows_are_themselves() {
        let items = [Uuid::from_u128(7), Uuid::from_u128(u128::MAX)];
        let action = listed("list_notices", &items);
        assert_eq!(parted(&action), ("list_notices", items.to_vec()));
        assert_eq!(listed("list_notices", &[]), "list_notices");
        for other in ["list_notices", "not_in_scope:list_notices", "not_in_scope:", "file"] {
            assert_eq!(parted(other), (other, Vec::new()));
        }
    }
}
