//! What a report is about: one region, a run of months, and the fiscal years to compare it with.

use domain::Instant;
use domain::survey::Month;

use crate::era;

/// The most months that one report spans: ten years.
pub const LONGEST: usize = 120;

/// The region and the period of a report, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// As it is printed on the title.
    pub region_name: String,
    /// First month.
    pub first: Month,
    /// Last month, itself included.
    pub last: Month,
}

impl Scope {
    /// One month: the agreement's survey month, usually.
    pub fn month(region_name: impl Into<String>, month: Month) -> Self {
        Self { region_name: region_name.into(), first: month, last: month }
    }

    /// A whole fiscal year that begins with the month `starts` (4: April); none when there is no such month.
    pub fn fiscal_year(region_name: impl Into<String>, year: i32, starts: u32) -> Option<Self> {
        let first = Month::from_number(year * 100 + i32::try_from(starts).ok()?)?;
        let last = ordinal_month(ordinal(first) + 11)?;
        Some(Self { region_name: region_name.into(), first, last })
    }
}

/// Months on one scale, so that they can be subtracted.
pub(crate) const fn ordinal(month: Month) -> i32 {
    month.year() * 12 + month.month() - 1
}

fn ordinal_month(ordinal: i32) -> Option<Month> {
    Month::from_number(ordinal.div_euclid(12) * 100 + ordinal.rem_euclid(12) + 1)
}

/// The months from `first` to `last`; empty when they are the wrong way round.
pub(crate) fn months(first: Month, last: Month) -> Vec<Month> {
    std::iter::successors(Some(first), |month| Some(month.next()))
        .take_while(|month| *month <= last)
        .take(LONGEST + 1)
        .collect()
}

/// The fiscal year in which a month lies, when years begin with the month `starts`.
pub(crate) fn fiscal_year_of(month: Month, starts: u32) -> i32 {
    if i64::from(month.month()) < i64::from(starts) { month.year() - 1 } else { month.year() }
}

/// The month is over as of this instant.
pub(crate) fn is_over(month: Month, as_of: Instant) -> bool {
    era::first_day(month.next()) <= as_of.day()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: i32) -> Month {
        Month::from_number(number).unwrap()
    }

    #[test]
    fn a_fiscal_year_runs_from_april_to_march() {
        let scope = Scope::fiscal_year("架空市", 2026, 4).unwrap();
        assert_eq!((scope.first, scope.last), (of(202_604), of(202_703)));
        assert_eq!(months(scope.first, scope.last).len(), 12);
        assert_eq!(Scope::fiscal_year("架空市", 2026, 13), None);
    }

    #[test]
    fn march_belongs_to_the_year_before() {
        assert_eq!(fiscal_year_of(of(202_703), 4), 2026);
        assert_eq!(fiscal_year_of(of(202_704), 4), 2027);
        assert_eq!(fiscal_year_of(of(202_701), 1), 2027);
    }

    #[test]
    fn a_month_is_over_with_the_first_day_of_the_next_in_japan() {
        let midnight = Instant::at(era::first_day(of(202_611)), chrono::NaiveTime::MIN);
        assert!(is_over(of(202_610), midnight));
        assert!(!is_over(of(202_610), midnight.plus_seconds(-1)));
    }
}
