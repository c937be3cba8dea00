//! The information sheet's last days: 入院時情報連携加算 (I) and (II), as dated tables.
//!
//! Why a doubt travels with a day: the public text lets the day after count too when the admission falls after hours, but does not say whether that
//! rolls on over a further closed day. So the literal day is given, the safe one, and the doubt is said beside it; nobody is told a later
//! day that the insurer may refuse. The sheet itself needs no office to be open: a FAX on a Saturday is in time.

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::calendar::next_day;
use crate::{Calendar, OfficeHours, Wording};

/// The fee tables, one edition after another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<FeeEdition>", into = "Vec<FeeEdition>")]
pub struct SheetFees(Vec<FeeEdition>);

/// The fees from one day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeEdition {
    /// Its name, such as 令和6年4月.
    pub edition: String,
    /// The first day of admission that it judges; it ends where the next one begins.
    pub valid_from: NaiveDate,
    /// The higher fee, (I).
    pub full: FeeRule,
    /// The lower fee, (II).
    pub reduced: FeeRule,
}

/// One fee and its last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRule {
    /// Its name.
    pub name: Wording,
    /// Units paid.
    pub units: u16,
    /// The last day that counts; the day of admission is day 1.
    pub day: u16,
    /// When the day after that counts too.
    pub next_day: NextDay,
    /// What the table leaves in doubt for every case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<Wording>,
}

/// When one more day is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NextDay {
    /// Never.
    Never,
    /// Admitted after office hours, or on a closed day. (2024: 加算(I))
    AfterHoursOrClosed,
    /// Admitted after office hours, and the last day is a closed day. (2024: 加算(II))
    AfterHoursAndLastDayClosed,
}

/// Until when the sheet earns which fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetDays {
    /// The higher fee, (I).
    pub full: FeeDay,
    /// The lower fee, (II).
    pub reduced: FeeDay,
    /// The edition that judged it.
    pub edition: String,
}

/// The last day for one fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeDay {
    /// The fee's name.
    pub name: Wording,
    /// Units paid.
    pub units: u16,
    /// The last day, read literally.
    pub last_on: NaiveDate,
    /// Where the public text does not decide the case: to be shown beside the day.
    pub doubt: Option<Wording>,
}

impl TryFrom<Vec<FeeEdition>> for SheetFees {
    type Error = String;

    fn try_from(editions: Vec<FeeEdition>) -> Result<Self, String> {
        Self::new(editions).map_err(|place| format!("fee table {} does not begin after the one before it", place + 1))
    }
}

impl From<SheetFees> for Vec<FeeEdition> {
    fn from(fees: SheetFees) -> Self {
        fees.0
    }
}

impl SheetFees {
    /// The tables, which must begin on rising days; otherwise the place of the first that does not.
    pub fn new(editions: Vec<FeeEdition>) -> Result<Self, usize> {
        match editions.windows(2).position(|pair| pair[0].valid_from >= pair[1].valid_from) {
            Some(place) => Err(place + 1),
            None => Ok(Self(editions)),
        }
    }

    /// All tables, the oldest first.
    #[must_use]
    pub fn editions(&self) -> &[FeeEdition] {
        &self.0
    }

    /// The last days for a patient admitted at that moment (local time of the care office, whose hours they are). `None` before the first table.
    #[must_use]
    pub fn days(&self, admitted_local: NaiveDateTime, hours: &OfficeHours, calendar: &Calendar) -> Option<SheetDays> {
        let table = self.0.iter().rev().find(|table| table.valid_from <= admitted_local.date())?;
        Some(SheetDays {
            full: table.full.last_day(admitted_local, hours, calendar),
            reduced: table.reduced.last_day(admitted_local, hours, calendar),
            edition: table.edition.clone(),
        })
    }
}

impl FeeRule {
    fn last_day(&self, admitted: NaiveDateTime, hours: &OfficeHours, calendar: &Calendar) -> FeeDay {
        let admitted_on = admitted.date();
        let last_on =
            admitted_on.checked_add_days(Days::new(self.day.saturating_sub(1).into())).unwrap_or(NaiveDate::MAX);
        let is_open = |day| calendar.is_open_on(hours, day);
        let after_hours = calendar.is_after_hours(hours, admitted);
        let (extended, doubt) = match self.next_day {
            NextDay::Never => (false, None),
            NextDay::AfterHoursOrClosed => {
                let extended = after_hours || !is_open(admitted_on);
                (extended, (extended && !is_open(next_day(last_on))).then(rolling_on))
            }
            NextDay::AfterHoursAndLastDayClosed if is_open(last_on) => (false, None),
            NextDay::AfterHoursAndLastDayClosed if after_hours => {
                (true, (!is_open(next_day(last_on))).then(rolling_on))
            }
            // Not after hours: nothing is granted. On a closed day, whether that counts as "after hours" is not said.
            NextDay::AfterHoursAndLastDayClosed => (false, (!is_open(admitted_on)).then(closed_day)),
        };
        FeeDay {
            name: self.name.clone(),
            units: self.units,
            last_on: if extended { next_day(last_on) } else { last_on },
            doubt: doubt.or_else(|| self.doubt.clone()),
        }
    }
}

fn rolling_on() -> Wording {
    Wording::new(
        "この日も休業日です。さらに翌営業日まで延びるかは公表資料に明記がないため、文言どおりの日を示しています。",
        "This day is a closing day too. Whether the period rolls on is not stated publicly; the literal day is shown.",
    )
}

fn closed_day() -> Wording {
    Wording::new(
        "営業日以外の日の入院が「営業時間終了後」に当たるかは公表資料に明記がないため、延長のない日を示しています。",
        "Whether an admission on a closing day counts as after hours is not stated publicly; the day without extension is shown.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, units: u16, day: u16, next_day: NextDay) -> FeeRule {
        FeeRule { name: Wording::new(name, name), units, day, next_day, doubt: None }
    }

    fn fees() -> SheetFees {
        let before = FeeEdition {
            edition: "2018".to_owned(),
            valid_from: "2018-04-01".parse().unwrap(),
            full: rule("(I)", 200, 3, NextDay::Never),
            reduced: rule("(II)", 100, 7, NextDay::Never),
        };
        let after = FeeEdition {
            edition: "2024".to_owned(),
            valid_from: "2024-04-01".parse().unwrap(),
            full: rule("(I)", 250, 1, NextDay::AfterHoursOrClosed),
            reduced: rule("(II)", 200, 3, NextDay::AfterHoursAndLastDayClosed),
        };
        SheetFees::new(vec![before, after]).unwrap()
    }

    fn days(admitted: &str) -> SheetDays {
        fees().days(admitted.parse().unwrap(), &OfficeHours::default(), &Calendar::japan()).unwrap()
    }

    /// Admitted, last day of (I) and of (II); `?` marks a doubt.
    fn holds(cases: &[(&str, &str, &str)]) {
        for (admitted, full, reduced) in cases {
            let found = days(admitted);
            let text = |fee: &FeeDay| format!("{}{}", fee.last_on, if fee.doubt.is_some() { "?" } else { "" });
            assert_eq!(
                (text(&found.full), text(&found.reduced)),
                ((*full).to_owned(), (*reduced).to_owned()),
                "{admitted}"
            );
        }
    }

    #[test]
    fn a_friday_evening_before_a_long_weekend_and_the_moments_around_closing_time() {
        holds(&[
            ("2026-11-20T17:29:59", "2026-11-20", "2026-11-22"),
            ("2026-11-20T17:30:00", "2026-11-21?", "2026-11-23?"), // the 23rd is a holiday
            ("2026-11-20T17:30:01", "2026-11-21?", "2026-11-23?"),
            ("2026-11-20T19:00:00", "2026-11-21?", "2026-11-23?"),
            ("2026-11-20T23:59:59", "2026-11-21?", "2026-11-23?"),
            ("2026-11-21T00:00:00", "2026-11-22?", "2026-11-23?"), // Saturday: closed, not after hours
        ]);
    }

    #[test]
    fn an_ordinary_week_leaves_no_doubt() {
        holds(&[
            ("2026-11-17T10:00:00", "2026-11-17", "2026-11-19"),
            ("2026-11-17T19:00:00", "2026-11-18", "2026-11-19"),
            ("2026-11-13T10:00:00", "2026-11-13", "2026-11-15"), // day 3 is a Sunday, but nothing is granted in office hours
            ("2026-11-13T19:00:00", "2026-11-14?", "2026-11-16"), // after hours: Monday too
            ("2026-11-15T10:00:00", "2026-11-16", "2026-11-17"), // Sunday
        ]);
    }

    #[test]
    fn the_silver_week_of_2026() {
        holds(&[
            ("2026-09-18T17:00:00", "2026-09-18", "2026-09-20"),
            ("2026-09-18T18:00:00", "2026-09-19?", "2026-09-21?"),
            ("2026-09-19T09:00:00", "2026-09-20?", "2026-09-21?"),
            ("2026-09-21T09:00:00", "2026-09-22?", "2026-09-23?"), // the 22nd is a 国民の休日
            ("2026-09-22T09:00:00", "2026-09-23?", "2026-09-24"),
            ("2026-09-23T09:00:00", "2026-09-24", "2026-09-25"),
            ("2026-09-24T09:00:00", "2026-09-24", "2026-09-26"),
        ]);
    }

    #[test]
    fn the_turn_of_the_year_is_closed_by_the_office_not_by_law() {
        holds(&[
            ("2026-12-28T17:29:00", "2026-12-28", "2026-12-30"),
            ("2026-12-28T18:00:00", "2026-12-29?", "2026-12-31?"),
            ("2026-12-29T10:00:00", "2026-12-30?", "2026-12-31?"),
            ("2027-01-03T10:00:00", "2027-01-04", "2027-01-05"),
            ("2027-01-04T18:00:00", "2027-01-05", "2027-01-06"),
        ]);
    }

    #[test]
    fn substitute_days_are_closing_days() {
        holds(&[
            ("2026-05-05T10:00:00", "2026-05-06?", "2026-05-07"),
            ("2026-05-06T10:00:00", "2026-05-07", "2026-05-08"),
            ("2027-03-19T19:00:00", "2027-03-20?", "2027-03-22?"),
            ("2027-03-21T10:00:00", "2027-03-22?", "2027-03-23"),
            ("2027-03-22T10:00:00", "2027-03-23", "2027-03-24"),
        ]);
    }

    #[test]
    fn a_case_is_judged_by_the_table_of_its_own_day() {
        assert_eq!(days("2024-03-31T23:59:59").edition, "2018");
        holds(&[("2024-03-29T19:00:00", "2024-03-31", "2024-04-04")]);
        let first = days("2024-04-01T00:00:00");
        assert_eq!((first.edition.as_str(), first.full.units, first.reduced.units), ("2024", 250, 200));
        assert!(
            fees().days("2018-03-31T12:00:00".parse().unwrap(), &OfficeHours::default(), &Calendar::japan()).is_none()
        );
    }

    #[test]
    fn tables_in_the_wrong_order_are_refused() {
        let mut tables = fees().editions().to_vec();
        tables.reverse();
        assert_eq!(SheetFees::new(tables), Err(1));
    }
}
