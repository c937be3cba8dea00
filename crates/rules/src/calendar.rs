//! Which days are holidays in Japan, and on which days an office is open.
//!
//! Three layers, the later one wins: the rule of the law (1955–2099, [`japan`]), the cabinet office's table where an administrator has loaded
//! it (`syukujitsu.csv`; it answers alone for the years it covers), and single overrides from the configuration.
//!
//! Why the rule and not only the table: the table ends with next year, and a period may be asked about a day beyond it. Parliament has moved
//! holidays at short notice (2019, 2020, 2021), so what lies past the published years is marked 未公表 and never silently taken for certain.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::FileError;

pub mod japan;
mod office;
mod official;

pub use office::{MonthDay, OfficeHours, YearlyClosing};
pub use official::OfficialTable;

/// The last year whose holidays were published when this was built (each February brings the next year).
pub const PUBLISHED_UNTIL: i32 = 2027;

/// A holiday, or a day that is free because of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holiday {
    /// Its name as published, such as 春分の日 or 春分の日 振替休日.
    pub name: String,
    /// False past the published years (未公表): computed by the law as it stands today.
    pub published: bool,
}

/// One day on which the configuration knows better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayOverride {
    /// The day.
    pub on: NaiveDate,
    /// The holiday's name; without it the day is no holiday.
    #[serde(default)]
    pub name: Option<String>,
}

/// The holidays of Japan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    overrides: BTreeMap<NaiveDate, Option<String>>,
    official: BTreeMap<NaiveDate, String>,
    official_years: BTreeSet<i32>,
    published_until: i32,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::japan()
    }
}

impl Calendar {
    /// The rule alone.
    #[must_use]
    pub fn japan() -> Self {
        Self {
            overrides: BTreeMap::new(),
            official: BTreeMap::new(),
            official_years: BTreeSet::new(),
            published_until: PUBLISHED_UNTIL,
        }
    }

    /// The same calendar with single days set by the configuration.
    #[must_use]
    pub fn with_overrides(mut self, overrides: impl IntoIterator<Item = HolidayOverride>) -> Self {
        self.overrides.extend(overrides.into_iter().map(|day| (day.on, day.name)));
        self
    }

    /// Takes over the cabinet office's table, as downloaded (cp932), in place of one loaded before. It answers alone for the years in it, and raises the last published year.
    /// Fails, and changes nothing, when the file is not that table: the error names the line.
    pub fn load_official(&mut self, bytes: &[u8]) -> Result<OfficialTable, FileError> {
        let days = official::read(bytes)?;
        let years: BTreeSet<i32> = days.keys().map(NaiveDate::year).collect();
        let (Some(&first_year), Some(&last_year)) = (years.first(), years.last()) else {
            return Err(official::wrong(1, "date", "at least one year of holidays"));
        };
        let by_rule = |year: &i32| japan::holidays_of(*year).keys().copied();
        let ruled: BTreeSet<NaiveDate> = years.iter().flat_map(by_rule).collect();
        let differing = days.keys().copied().collect::<BTreeSet<_>>().symmetric_difference(&ruled).copied().collect();
        self.published_until = PUBLISHED_UNTIL.max(last_year);
        self.official = days;
        self.official_years = years;
        Ok(OfficialTable { first_year, last_year, days: self.official.len(), differing })
    }

    /// The last year whose holidays are published.
    #[must_use]
    pub fn published_until(&self) -> i32 {
        self.published_until
    }

    /// The holiday on that day. Before 1955 and after 2099 only overrides and a loaded table know anything.
    #[must_use]
    pub fn holiday_on(&self, day: NaiveDate) -> Option<Holiday> {
        let name = self.name_on(day)?;
        Some(Holiday { name: name.to_owned(), published: self.is_published(day) })
    }

    /// Whether the holidays of that day's year are published; otherwise 未公表 belongs beside anything computed from the day, holiday or not.
    #[must_use]
    pub fn is_published(&self, day: NaiveDate) -> bool {
        day.year() <= PUBLISHED_UNTIL || self.official_years.contains(&day.year())
    }

    /// Whether the day is a holiday (Sundays as such are not).
    #[must_use]
    pub fn is_holiday(&self, day: NaiveDate) -> bool {
        self.name_on(day).is_some()
    }

    fn name_on(&self, day: NaiveDate) -> Option<&str> {
        if let Some(name) = self.overrides.get(&day) {
            return name.as_deref();
        }
        let by_rule = japan::holidays_of(day.year()).get(&day).map(String::as_str);
        if self.official_years.contains(&day.year()) {
            // The table decides the day; where it says no more than 休日, the rule knows of which holiday.
            let name = self.official.get(&day)?.as_str();
            return Some(if name == official::UNNAMED { by_rule.unwrap_or(name) } else { name });
        }
        by_rule
    }

    /// Whether the office works on that day at all.
    #[must_use]
    pub fn is_open_on(&self, hours: &OfficeHours, day: NaiveDate) -> bool {
        let closed = hours.closed_weekdays.contains(&day.weekday())
            || hours.closed_on.contains(&day)
            || hours.closed_yearly.iter().any(|range| range.contains(day))
            || (hours.closed_on_holidays && self.is_holiday(day));
        !closed
    }

    /// The first open day strictly after that day. An office that does not open within a year is taken to open the day after: a notice
    /// must not wait for ever on a typing error.
    #[must_use]
    pub fn next_open_day(&self, hours: &OfficeHours, after: NaiveDate) -> NaiveDate {
        let mut ahead = after.iter_days().skip(1).take(366);
        ahead.find(|day| self.is_open_on(hours, *day)).unwrap_or_else(|| next_day(after))
    }

    /// The last open day strictly before that day; as forgiving as [`Calendar::next_open_day`].
    #[must_use]
    pub fn previous_open_day(&self, hours: &OfficeHours, before: NaiveDate) -> NaiveDate {
        let mut back = (1..=366).filter_map(|n| before.checked_sub_days(Days::new(n)));
        back.find(|day| self.is_open_on(hours, *day)).unwrap_or_else(|| before.pred_opt().unwrap_or(before))
    }

    /// Whether the moment (local time of the office) lies at or past closing time of an open day. On a closed day there are no hours to be after, so the
    /// answer is no; ask [`Calendar::is_open_on`] too.
    #[must_use]
    pub fn is_after_hours(&self, hours: &OfficeHours, local: NaiveDateTime) -> bool {
        self.is_open_on(hours, local.date()) && local.time() >= hours.closes
    }
}

pub(crate) fn next_day(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_rule_equals_the_published_tables_of_2019_to_2027() {
        let fixture = include_str!("calendar/holidays-jp-2019-2027.csv");
        let wanted: Vec<(NaiveDate, String)> = fixture
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(','))
            .map(|(on, name)| (day(on), name.to_owned()))
            .collect();
        let calendar = Calendar::japan();
        let found: Vec<(NaiveDate, String)> = day("2019-01-01")
            .iter_days()
            .take_while(|day| day.year() <= 2027)
            .filter_map(|day| calendar.holiday_on(day).map(|holiday| (day, holiday.name)))
            .collect();
        assert_eq!(found, wanted);
        assert!(found.len() > 140);
    }

    #[test]
    fn years_past_the_published_ones_are_marked() {
        let calendar = Calendar::japan();
        assert!(calendar.holiday_on(day("2027-11-23")).unwrap().published);
        assert!(!calendar.holiday_on(day("2028-01-01")).unwrap().published);
        assert_eq!(calendar.holiday_on(day("2028-01-02")), None);
    }

    #[test]
    fn an_override_adds_or_removes_a_single_day() {
        let calendar = Calendar::japan().with_overrides([
            HolidayOverride { on: day("2026-10-12"), name: None },
            HolidayOverride { on: day("2026-10-09"), name: Some("開町記念日".to_owned()) },
        ]);
        assert_eq!(calendar.holiday_on(day("2026-10-12")), None);
        assert_eq!(calendar.holiday_on(day("2026-10-09")).unwrap().name, "開町記念日");
    }

    #[test]
    fn the_office_is_closed_at_weekends_holidays_and_the_turn_of_the_year() {
        let (calendar, hours) = (Calendar::japan(), OfficeHours::default());
        for (after, next) in [
            ("2026-11-20", "2026-11-24"), // Friday; Monday the 23rd is a holiday
            ("2026-09-18", "2026-09-24"), // 19–23: weekend, 敬老の日, 国民の休日, 秋分の日
            ("2026-12-28", "2027-01-04"), // 12/29–1/3
            ("2026-05-01", "2026-05-07"), // the 6th is a substitute day
            ("2027-03-19", "2027-03-23"), // the 22nd is a substitute day
            ("2026-11-17", "2026-11-18"),
        ] {
            assert_eq!(calendar.next_open_day(&hours, day(after)), day(next), "after {after}");
            let before = calendar.previous_open_day(&hours, day(next));
            assert_eq!(before, day(after), "before {next}");
        }
    }

    #[test]
    fn an_office_that_never_opens_does_not_hang_the_search() {
        let closed = YearlyClosing { from: "01-01".parse().unwrap(), to: "12-31".parse().unwrap() };
        let hours = OfficeHours { closed_yearly: vec![closed], ..OfficeHours::default() };
        assert_eq!(Calendar::japan().next_open_day(&hours, day("2026-11-20")), day("2026-11-21"));
    }

    #[test]
    fn the_hours_end_with_the_closing_minute() {
        let (calendar, hours) = (Calendar::japan(), OfficeHours::default());
        let at = |text: &str| calendar.is_after_hours(&hours, text.parse().unwrap());
        assert!(!at("2026-11-20T17:29:59"));
        assert!(at("2026-11-20T17:30:00"));
        assert!(at("2026-11-20T17:30:01"));
        assert!(!at("2026-11-20T03:00:00"), "before opening the day still lies ahead");
        assert!(!at("2026-11-21T19:00:00"), "a closed day has no hours");
    }
}
