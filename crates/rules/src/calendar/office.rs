//! When one organization works: closed weekdays, holidays or not, its closing days of each year, single closed days, hours.
//!
//! Each organization's own, never a table for all: 12/29–1/3 is in no holiday law, and some offices work on Saturdays.
//! Hours over midnight are not supported; a house that never closes is written 00:00 to 23:59:59.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};

/// Opening days and hours of one organization, in its local time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, try_from = "Written", into = "Written")]
pub struct OfficeHours {
    /// Weekdays without work; never all seven.
    pub closed_weekdays: Vec<Weekday>,
    /// Whether holidays are closing days.
    pub closed_on_holidays: bool,
    /// Closing days of every year, such as 12-29 to 01-03.
    pub closed_yearly: Vec<YearlyClosing>,
    /// Single closed days.
    pub closed_on: BTreeSet<NaiveDate>,
    /// The first minute of work.
    pub opens: NaiveTime,
    /// The first minute after work; from here on it is 営業時間終了後.
    pub closes: NaiveTime,
}

impl Default for OfficeHours {
    /// Monday to Friday 8:30–17:30, closed on holidays and from 12-29 to 01-03.
    fn default() -> Self {
        Written::default().try_into().expect("the default hours are valid")
    }
}

/// A stretch of days that returns every year; it may run over the turn of the year. Both ends are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearlyClosing {
    /// The first closed day.
    pub from: MonthDay,
    /// The last closed day.
    pub to: MonthDay,
}

impl YearlyClosing {
    pub(super) fn contains(self, day: NaiveDate) -> bool {
        let day = MonthDay { month: day.month(), day: day.day() };
        if self.from <= self.to { self.from <= day && day <= self.to } else { self.from <= day || day <= self.to }
    }
}

/// A day of any year, written `12-29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MonthDay {
    month: u32,
    day: u32,
}

impl FromStr for MonthDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = format!("2000-{text}").parse::<NaiveDate>().ok().filter(|_| text.len() == 5);
        let day = day.ok_or_else(|| format!("`{text}` is not a day of the year, expected MM-DD"))?;
        Ok(Self { month: day.month(), day: day.day() })
    }
}

impl TryFrom<String> for MonthDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<MonthDay> for String {
    fn from(day: MonthDay) -> Self {
        day.to_string()
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

/// The hours as files and the database hold them: every key may be left out, times are `HH:MM`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    closed_weekdays: Vec<Weekday>,
    closed_on_holidays: bool,
    closed_yearly: Vec<YearlyClosing>,
    closed_on: BTreeSet<NaiveDate>,
    opens: String,
    closes: String,
}

impl Default for Written {
    fn default() -> Self {
        let turn_of_the_year =
            YearlyClosing { from: MonthDay { month: 12, day: 29 }, to: MonthDay { month: 1, day: 3 } };
        Self {
            closed_weekdays: vec![Weekday::Sat, Weekday::Sun],
            closed_on_holidays: true,
            closed_yearly: vec![turn_of_the_year],
            closed_on: BTreeSet::new(),
            opens: "08:30".to_owned(),
            closes: "17:30".to_owned(),
        }
    }
}

fn time(text: &str) -> Result<NaiveTime, String> {
    let parsed = NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"));
    parsed.map_err(|_| format!("`{text}` is not a time of day, expected HH:MM"))
}

impl TryFrom<Written> for OfficeHours {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (opens, closes) = (time(&written.opens)?, time(&written.closes)?);
        if opens >= closes {
            return Err("the hours end before they begin, expected `opens` earlier than `closes`".to_owned());
        }
        let weekdays: BTreeSet<u32> = written.closed_weekdays.iter().map(Weekday::num_days_from_monday).collect();
        if weekdays.len() == 7 {
            return Err("the office never opens, expected at least one weekday that is not closed".to_owned());
        }
        Ok(Self {
            closed_weekdays: written.closed_weekdays,
            closed_on_holidays: written.closed_on_holidays,
            closed_yearly: written.closed_yearly,
            closed_on: written.closed_on,
            opens,
            closes,
        })
    }
}

impl From<OfficeHours> for Written {
    fn from(hours: OfficeHours) -> Self {
        Self {
            closed_weekdays: hours.closed_weekdays,
            closed_on_holidays: hours.closed_on_holidays,
            closed_yearly: hours.closed_yearly,
            closed_on: hours.closed_on,
            opens: hours.opens.format("%H:%M:%S").to_string(),
            closes: hours.closes.format("%H:%M:%S").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_from_a_file_and_written_back() {
        let hours: OfficeHours = toml::from_str(
            r#"
            closed_weekdays = ["Sun"]
            closed_on_holidays = false
            closed_yearly = [{ from = "08-13", to = "08-16" }]
            closed_on = ["2026-10-01"]
            opens = "09:00"
            closes = "18:00"
            "#,
        )
        .unwrap();
        assert_eq!(hours.closes, NaiveTime::from_hms_opt(18, 0, 0).unwrap());
        assert!(hours.closed_yearly[0].contains("2031-08-16".parse().unwrap()));
        assert!(!hours.closed_yearly[0].contains("2031-08-17".parse().unwrap()));
        assert_eq!(toml::from_str::<OfficeHours>(&toml::to_string(&hours).unwrap()).unwrap(), hours);
        assert_eq!(toml::from_str::<OfficeHours>("").unwrap(), OfficeHours::default());
    }

    #[test]
    fn impossible_hours_are_refused() {
        for text in [
            "opens = \"18:00\"\ncloses = \"09:00\"",
            "opens = \"nine\"",
            "closed_yearly = [{ from = \"02-30\", to = \"03-01\" }]",
            "closed_weekdays = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]",
            "lunch = \"12:00\"",
        ] {
            assert!(toml::from_str::<OfficeHours>(text).is_err(), "{text}");
        }
    }
}
