//! What one stay contributes to the yearly survey, and the cells in which contributions are counted.
//!
//! Every change of a stay derives its [`SurveyFact`] anew; the difference between the old and the new fact goes into the counted
//! cells in the same transaction, so a year's figures need no scan. Each fact lands in two cells per measure, one under its hospital
//! and one under its care office; both sides must add up to the same totals.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::notice::Medium;
use crate::patient::CareGroup;
use crate::{EncounterId, OrganizationId, RegionId};

/// 退院連絡の時期: how many days before the actual discharge the first word of it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadTime {
    EightOrMore,
    FiveToSeven,
    TwoToFour,
    DayBefore,
    SameDay,
    After,
    /// The day of the word is not known.
    Unknown,
}

impl LeadTime {
    pub const ALL: [Self; 7] = [
        Self::EightOrMore,
        Self::FiveToSeven,
        Self::TwoToFour,
        Self::DayBefore,
        Self::SameDay,
        Self::After,
        Self::Unknown,
    ];

    /// `days` = discharge − word, in civil days.
    pub const fn from_days(days: Option<i64>) -> Self {
        match days {
            None => Self::Unknown,
            Some(8..) => Self::EightOrMore,
            Some(5..=7) => Self::FiveToSeven,
            Some(2..=4) => Self::TwoToFour,
            Some(1) => Self::DayBefore,
            Some(0) => Self::SameDay,
            Some(_) => Self::After,
        }
    }

    /// Inside the survey's line 退院5日前以上.
    pub const fn five_or_more(self) -> bool {
        matches!(self, Self::EightOrMore | Self::FiveToSeven)
    }

    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::EightOrMore => ("8日以上前", "8 days or more before"),
            Self::FiveToSeven => ("5〜7日前", "5–7 days before"),
            Self::TwoToFour => ("2〜4日前", "2–4 days before"),
            Self::DayBefore => ("退院前日", "the day before"),
            Self::SameDay => ("退院当日", "the day itself"),
            Self::After => ("退院後", "after discharge"),
            Self::Unknown => ("不明", "not known"),
        }
    }
}

/// How the first word was given: through Tsunagi, or outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    System,
    Outside(Medium),
}

/// A civil month, on the wire `YYYYMM` as a number (202610).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(i32);

impl Month {
    pub fn of(day: NaiveDate) -> Self {
        Self(day.year() * 100 + i32::try_from(day.month()).unwrap_or_default())
    }

    /// `None` unless the number is a year and a month 01–12.
    pub fn from_number(number: i32) -> Option<Self> {
        (matches!(number % 100, 1..=12) && number >= 190_001).then_some(Self(number))
    }

    pub const fn number(self) -> i32 {
        self.0
    }

    pub const fn year(self) -> i32 {
        self.0 / 100
    }

    pub const fn month(self) -> i32 {
        self.0 % 100
    }

    #[must_use]
    pub const fn before(self) -> Self {
        if self.month() == 1 { Self((self.year() - 1) * 100 + 12) } else { Self(self.0 - 1) }
    }

    #[must_use]
    pub const fn next(self) -> Self {
        if self.month() == 12 { Self((self.year() + 1) * 100 + 1) } else { Self(self.0 + 1) }
    }
}

/// One stay as the survey sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyFact {
    pub encounter_id: EncounterId,
    pub region_id: RegionId,
    pub hospital_id: OrganizationId,
    /// The office of the person's care manager; none when nobody manages the care (counted apart, as an exclusion).
    pub office_id: Option<OrganizationId>,
    pub group: CareGroup,
    pub admitted_on: NaiveDate,
    /// How the first word of the admission went between hospital and office; none when it was not given.
    pub admission_method: Option<Method>,
    /// Excluded from the admission measure, by the agreement's rule id.
    pub admission_exclusion: Option<String>,
    pub discharge: Option<DischargeFact>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DischargeFact {
    pub discharged_on: NaiveDate,
    /// How and how early the first word of the discharge was given; none when it was not.
    pub word: Option<(Method, LeadTime)>,
    /// Excluded from the discharge measure, by the agreement's rule id.
    pub exclusion: Option<String>,
}

/// The exclusion of stays of people whom no care manager looks after: they are in no office's denominator.
pub const NO_CARE_MANAGER: &str = "no_care_manager";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Counted in the month of admission.
    Admission,
    /// Counted in the month of discharge.
    Discharge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Hospital,
    Office,
}

/// Where a stay is counted. The sum over all cells of one side is the number of stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellKey {
    pub region_id: RegionId,
    pub measure: Measure,
    pub month: Month,
    pub side: Side,
    /// The hospital or the office; none on the office side when nobody manages the care.
    pub party_id: Option<OrganizationId>,
    pub group: CareGroup,
    /// None: no word was given.
    pub method: Option<Method>,
    /// Only for the discharge measure, and only when a word was given.
    pub lead: Option<LeadTime>,
    pub exclusion: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub key: CellKey,
    pub count: i64,
}

impl SurveyFact {
    /// The cells in which this fact counts once.
    pub fn cells(&self) -> Vec<CellKey> {
        let mut cells = Vec::with_capacity(4);
        for (side, party_id) in [(Side::Hospital, Some(self.hospital_id)), (Side::Office, self.office_id)] {
            cells.push(CellKey {
                region_id: self.region_id,
                measure: Measure::Admission,
                month: Month::of(self.admitted_on),
                side,
                party_id,
                group: self.group,
                method: self.admission_method,
                lead: None,
                exclusion: self.admission_exclusion.clone(),
            });
            if let Some(discharge) = &self.discharge {
                cells.push(CellKey {
                    region_id: self.region_id,
                    measure: Measure::Discharge,
                    month: Month::of(discharge.discharged_on),
                    side,
                    party_id,
                    group: self.group,
                    method: discharge.word.map(|(method, _)| method),
                    lead: discharge.word.map(|(_, lead)| lead),
                    exclusion: discharge.exclusion.clone(),
                });
            }
        }
        cells
    }

    /// The change of the counts when `old` becomes `new`: cells that stay the same are not named.
    pub fn difference(old: Option<&Self>, new: Option<&Self>) -> Vec<Cell> {
        let mut counts = std::collections::BTreeMap::<CellKey, i64>::new();
        for key in old.into_iter().flat_map(Self::cells) {
            *counts.entry(key).or_default() -= 1;
        }
        for key in new.into_iter().flat_map(Self::cells) {
            *counts.entry(key).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count != 0).map(|(key, count)| Cell { key, count }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buckets_change_at_eight_five_two_one_and_zero_days() {
        let buckets = [(9, 0), (8, 0), (7, 1), (5, 1), (4, 2), (2, 2), (1, 3), (0, 4), (-1, 5)];
        for (days, bucket) in buckets {
            assert_eq!(LeadTime::from_days(Some(days)), LeadTime::ALL[bucket], "{days} days before");
        }
        assert_eq!(LeadTime::from_days(None), LeadTime::Unknown);
    }

    #[test]
    fn december_is_followed_by_january() {
        assert_eq!(Month::from_number(202_612).map(Month::next), Month::from_number(202_701));
        assert_eq!(Month::from_number(202_613), None);
    }
}
