//! Dated rules that turn one day into the last day for something.
//!
//! The discharge notice: n days before the planned day, by the area's agreement. The information sheet: [`SheetFees`], by the national fee
//! table of the day of admission. A case is judged by its own date, never by today's table.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::{Calendar, OfficeHours};

mod sheet;

pub use sheet::{FeeDay, FeeEdition, FeeRule, NextDay, SheetDays, SheetFees};

/// How the days of a period are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Every day counts, closed or not.
    CalendarDays,
    /// Only days on which the receiving office works.
    WorkingDays,
}

/// How long before the planned day a notice is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticePeriod {
    /// Days before the planned day; 5 in Kitami.
    pub days: u16,
    /// Which days count.
    pub counting: Counting,
}

impl NoticePeriod {
    /// The last day on which the notice is in time. In working days: the n-th open day before the planned day, which itself does not count.
    #[must_use]
    pub fn due_on(&self, planned_on: NaiveDate, calendar: &Calendar, hours: &OfficeHours) -> NaiveDate {
        match self.counting {
            Counting::CalendarDays => {
                planned_on.checked_sub_days(Days::new(self.days.into())).unwrap_or(NaiveDate::MIN)
            }
            Counting::WorkingDays => (0..self.days).fold(planned_on, |day, _| calendar.previous_open_day(hours, day)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(days: u16, counting: Counting, planned_on: &str) -> String {
        let period = NoticePeriod { days, counting };
        period.due_on(planned_on.parse().unwrap(), &Calendar::japan(), &OfficeHours::default()).to_string()
    }

    #[test]
    fn five_calendar_days_before_the_planned_day_whatever_lies_between() {
        assert_eq!(due(5, Counting::CalendarDays, "2026-09-24"), "2026-09-19");
        assert_eq!(due(5, Counting::CalendarDays, "2027-01-02"), "2026-12-28");
        assert_eq!(due(5, Counting::CalendarDays, "2028-03-04"), "2028-02-28");
        assert_eq!(due(0, Counting::CalendarDays, "2026-09-24"), "2026-09-24");
        assert_eq!(due(7, Counting::CalendarDays, "2026-10-15"), "2026-10-08");
    }

    #[test]
    fn working_days_skip_what_is_closed() {
        assert_eq!(due(1, Counting::WorkingDays, "2026-09-24"), "2026-09-18");
        assert_eq!(due(5, Counting::WorkingDays, "2026-09-24"), "2026-09-14");
        assert_eq!(due(2, Counting::WorkingDays, "2027-01-04"), "2026-12-25");
        assert_eq!(due(3, Counting::WorkingDays, "2026-11-24"), "2026-11-18");
    }
}
