//! The holiday law of Japan (国民の祝日に関する法律) as a rule, 1955–2099.
//!
//! Holidays of the law with the years in which they held; the days moved by the special laws of 2019, 2020 and 2021; then 振替休日 (since
//! 1973-04-12; since 2007 past further holidays) and 国民の休日 (a day between two holidays, since the end of 1985). The equinoxes are the usual
//! approximation; the real ones are announced a year ahead, which is why unpublished years are marked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The years that the rule knows.
pub const YEARS: std::ops::RangeInclusive<i32> = 1955..=2099;

type Year = BTreeMap<NaiveDate, String>;

static TABLE: LazyLock<Vec<Year>> = LazyLock::new(|| YEARS.map(compute).collect());
static UNKNOWN: Year = Year::new();

/// The year's holidays with their names; empty outside [`YEARS`].
#[must_use]
pub fn holidays_of(year: i32) -> &'static BTreeMap<NaiveDate, String> {
    usize::try_from(year - YEARS.start()).ok().and_then(|place| TABLE.get(place)).unwrap_or(&UNKNOWN)
}

#[derive(Clone, Copy)]
enum On {
    Day(u32, u32),
    /// Month and which Monday of it.
    Monday(u32, u8),
    Spring,
    Autumn,
}

const ALWAYS: i32 = i32::MAX;

/// From year, to year, when, name.
#[rustfmt::skip]
const LAW: &[(i32, i32, On, &str)] = &[
    (1948, ALWAYS, On::Day(1, 1), "元日"),
    (1948, 1999, On::Day(1, 15), "成人の日"), (2000, ALWAYS, On::Monday(1, 2), "成人の日"),
    (1967, ALWAYS, On::Day(2, 11), "建国記念の日"),
    (2020, ALWAYS, On::Day(2, 23), "天皇誕生日"),
    (1948, ALWAYS, On::Spring, "春分の日"),
    (1948, 1988, On::Day(4, 29), "天皇誕生日"), (1989, 2006, On::Day(4, 29), "みどりの日"), (2007, ALWAYS, On::Day(4, 29), "昭和の日"),
    (2019, 2019, On::Day(5, 1), "天皇の即位の日"),
    (1948, ALWAYS, On::Day(5, 3), "憲法記念日"),
    (2007, ALWAYS, On::Day(5, 4), "みどりの日"),
    (1948, ALWAYS, On::Day(5, 5), "こどもの日"),
    (1996, 2002, On::Day(7, 20), "海の日"), (2003, 2019, On::Monday(7, 3), "海の日"), (2020, 2020, On::Day(7, 23), "海の日"),
    (2021, 2021, On::Day(7, 22), "海の日"), (2022, ALWAYS, On::Monday(7, 3), "海の日"),
    (2016, 2019, On::Day(8, 11), "山の日"), (2020, 2020, On::Day(8, 10), "山の日"), (2021, 2021, On::Day(8, 8), "山の日"),
    (2022, ALWAYS, On::Day(8, 11), "山の日"),
    (1966, 2002, On::Day(9, 15), "敬老の日"), (2003, ALWAYS, On::Monday(9, 3), "敬老の日"),
    (1948, ALWAYS, On::Autumn, "秋分の日"),
    (1966, 1999, On::Day(10, 10), "体育の日"), (2000, 2019, On::Monday(10, 2), "体育の日"),
    (2020, 2020, On::Day(7, 24), "スポーツの日"), (2021, 2021, On::Day(7, 23), "スポーツの日"), (2022, ALWAYS, On::Monday(10, 2), "スポーツの日"),
    (2019, 2019, On::Day(10, 22), "即位礼正殿の儀"),
    (1948, ALWAYS, On::Day(11, 3), "文化の日"),
    (1948, ALWAYS, On::Day(11, 23), "勤労感謝の日"),
    (1989, 2018, On::Day(12, 23), "天皇誕生日"),
    // Holidays of one day, by their own laws.
    (1959, 1959, On::Day(4, 10), "皇太子明仁親王の結婚の儀"), (1989, 1989, On::Day(2, 24), "昭和天皇の大喪の礼"),
    (1990, 1990, On::Day(11, 12), "即位礼正殿の儀"), (1993, 1993, On::Day(6, 9), "皇太子徳仁親王の結婚の儀"),
];

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("the law names days that exist")
}

/// Approximation of the equinoxes by the national observatory's formula; `days` is the constant in millionths of a day.
fn equinox(year: i32, month: u32, until_1979: i32, since_1980: i32) -> NaiveDate {
    let (start, leap) = if year < 1980 { (until_1979, (year - 1983) / 4) } else { (since_1980, (year - 1980) / 4) };
    let day = (start + 242_194 * (year - 1980) - leap * 1_000_000) / 1_000_000;
    date(year, month, day.unsigned_abs())
}

fn compute(year: i32) -> Year {
    let in_force = LAW.iter().filter(|(from, to, ..)| (*from..=*to).contains(&year));
    let law: Year = in_force
        .map(|(_, _, on, name)| {
            let on = match *on {
                On::Day(month, day) => date(year, month, day),
                On::Monday(month, nth) => NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth)
                    .expect("every month has that Monday"),
                On::Spring => equinox(year, 3, 20_835_700, 20_843_100),
                On::Autumn => equinox(year, 9, 23_258_800, 23_248_800),
            };
            (on, (*name).to_owned())
        })
        .collect();

    let mut days = law.clone();
    for (on, name) in &law {
        if on.weekday() == Weekday::Sun && *on >= date(1973, 4, 12) {
            let free = on.iter_days().skip(1).find(|day| year < 2007 || !law.contains_key(day));
            days.entry(free.expect("holidays end")).or_insert_with(|| format!("{name} 振替休日"));
        }
    }
    for on in law.keys() {
        let (between, next) = (*on + Days::new(1), *on + Days::new(2));
        let allowed = year >= 1986 && (year >= 2007 || between.weekday() != Weekday::Sun);
        if allowed && law.contains_key(&next) {
            days.entry(between).or_insert_with(|| "国民の休日".to_owned());
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> Option<&'static str> {
        let day: NaiveDate = text.parse().unwrap();
        holidays_of(day.year()).get(&day).map(String::as_str)
    }

    #[test]
    fn the_changes_of_the_law_are_known() {
        for (day, name) in [
            ("1955-03-21", Some("春分の日")),
            ("1959-04-10", Some("皇太子明仁親王の結婚の儀")),
            ("1966-02-11", None),
            ("1967-02-11", Some("建国記念の日")),
            ("1973-02-12", None),
            ("1973-04-30", Some("天皇誕生日 振替休日")),
            ("1979-09-24", Some("秋分の日")),
            ("1985-05-04", None),
            ("1987-05-04", Some("憲法記念日 振替休日")),
            ("1988-05-04", Some("国民の休日")),
            ("1988-12-23", None),
            ("1989-02-24", Some("昭和天皇の大喪の礼")),
            ("1989-04-29", Some("みどりの日")),
            ("1989-12-23", Some("天皇誕生日")),
            ("1990-11-12", Some("即位礼正殿の儀")),
            ("1993-06-09", Some("皇太子徳仁親王の結婚の儀")),
            ("1999-01-15", Some("成人の日")),
            ("2000-01-10", Some("成人の日")),
            ("2003-07-21", Some("海の日")),
            ("2006-05-04", Some("国民の休日")),
            ("2007-05-04", Some("みどりの日")),
            ("2008-05-06", Some("みどりの日 振替休日")),
            ("2009-09-22", Some("国民の休日")),
            ("2015-08-11", None),
            ("2019-12-23", None),
            ("2019-02-23", None),
            ("2032-09-21", Some("国民の休日")),
        ] {
            assert_eq!(on(day), name, "{day}");
        }
        // 1986-05-04 was a Sunday: no 国民の休日 on it under the law of the time.
        assert_eq!(on("1986-05-04"), None);
    }

    /// Compared with the cabinet office's table as of August 2026, all 1,067 days of 1955–2027; what stays here is its fingerprint.
    #[test]
    fn the_rule_equals_the_cabinet_offices_table_of_1955_to_2027() {
        let days: Vec<NaiveDate> = (1955..=2027).flat_map(|year| holidays_of(year).keys().copied()).collect();
        let fingerprint = days.iter().fold(0_u64, |hash, day| {
            hash.wrapping_mul(1_000_003).wrapping_add(u64::from(day.num_days_from_ce().unsigned_abs()))
        });
        assert_eq!((days.len(), fingerprint), (1_067, 18_146_572_071_190_576_606));
    }

    #[test]
    fn the_rule_ends_where_it_says() {
        assert!(holidays_of(1954).is_empty() && holidays_of(2100).is_empty());
        assert!(!holidays_of(1955).is_empty() && !holidays_of(2099).is_empty());
        assert_eq!(holidays_of(1955).len(), 9);
    }
}
