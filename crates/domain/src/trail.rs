//! What is kept about the audit trail itself: daily seals, reviews, and records that were opened in an emergency.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::survey::Month;
use crate::text::{Line, Prose};
use crate::{AccountId, BreakGlassId, EncounterId, Instant, OrganizationId, PatientId, RegionId, ReviewId};

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
