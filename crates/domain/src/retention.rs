//! 保存期間: how long records are kept, what keeps them longer, and what goes in the end.
//!
//! A stay goes when it ended longer ago than its region's agreement says ([`Retention`]); its person goes with her last stay, unless
//! something newer stands with her. A [`LegalHold`] keeps either until it is lifted. What stays for good: the counted cells and the
//! published years, which hold no person, and the audit trail, which holds ids.

use chrono::{Months, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::Line;
use crate::{AccountId, EncounterId, HoldId, Instant, PatientId, RegionId};

/// How long a region keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Full years after the last day of the stay.
    pub years_after_stay: u32,
}

impl Default for Retention {
    /// Five years, as many ordinances say; two are the national minimum.
    fn default() -> Self {
        Self { years_after_stay: 5 }
    }
}

impl Retention {
    /// Of what an agreement may say.
    pub const YEARS: std::ops::RangeInclusive<u32> = 2..=30;

    /// What ended before this day has been kept long enough on `today`.
    pub fn ended_before_on(self, today: NaiveDate) -> NaiveDate {
        today.checked_sub_months(Months::new(12 * self.years_after_stay)).unwrap_or(NaiveDate::MIN)
    }
}

/// 保全: a dispute, an inquiry, a request: nothing of it goes before the hold is lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// Its own.
    pub id: HoldId,
    /// Where.
    pub region_id: RegionId,
    /// Whose record.
    pub patient_id: PatientId,
    /// One stay; none: everything of the person.
    pub encounter_id: Option<EncounterId>,
    /// Why, without a name.
    pub why: Line,
    /// Since when.
    pub held_at: Instant,
    /// Who set it.
    pub held_by: AccountId,
    /// None while it stands.
    pub lifted: Option<Lifted>,
}

/// The end of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: AccountId,
    /// Why, without a name.
    pub why: Line,
}

/// What a purge lets go in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeLot {
    /// Where.
    pub region_id: RegionId,
    /// The first day of what is kept.
    pub ended_before_on: NaiveDate,
    /// Stays with everything that belongs to them.
    pub stays: Vec<EncounterId>,
    /// People who have nothing left but these stays.
    pub people: Vec<PatientId>,
}

/// The least id that was made on that day or later: ids carry their instant.
pub fn first_id_on(day: NaiveDate) -> Uuid {
    let millis = u128::try_from(Instant::at(day, NaiveTime::MIN).micros() / 1_000).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ids;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn five_full_years_have_to_pass() {
        let kept = Retention::default();
        assert_eq!(kept.ended_before_on(day("2026-11-20")), day("2021-11-20"));
        assert_eq!(kept.ended_before_on(day("2028-02-29")), day("2023-02-28"));
    }

    #[test]
    fn an_id_tells_on_which_day_it_was_made() {
        let midnight = Instant::at(day("2026-11-20"), NaiveTime::MIN);
        let (before, after) = (midnight.plus_seconds(-1), midnight);
        let first = first_id_on(day("2026-11-20"));
        assert!(Ids::new(before, 1).next::<HoldId>().uuid() < first);
        assert!(Ids::new(after, 1).next::<HoldId>().uuid() >= first);
    }
}
