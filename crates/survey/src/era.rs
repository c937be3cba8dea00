//! Japanese eras: the years, months and days as official papers write them.
//!
//! Why our own: three eras and one rule. What it does not promise: days before 昭和 (they are written in western years), and eras
//! still to come.

use chrono::{Datelike, NaiveDate};
use domain::survey::Month;

/// First day of an era, latest first.
const ERAS: [(&str, i32, u32, u32); 3] = [("令和", 2019, 5, 1), ("平成", 1989, 1, 8), ("昭和", 1926, 12, 25)];

/// 令和8年10月1日.
pub fn day(on: NaiveDate) -> String {
    format!("{}{}月{}日", year_of(on), on.month(), on.day())
}

/// 令和8年10月; a month in which the era changed goes by its last day (令和元年5月, 平成元年1月).
pub fn month(month: Month) -> String {
    let last = first_day(month.next()).pred_opt().unwrap_or_default();
    format!("{}{}月", year_of(last), month.month())
}

/// 令和8年度. A year in which the era changed goes by the new one throughout, as the government writes it (令和元年度 for 2019).
pub fn fiscal_year(year: i32) -> String {
    let (name, first) =
        ERAS.iter().map(|(name, first, ..)| (*name, *first)).find(|(_, first)| *first <= year).unwrap_or(("", 1));
    format!("{name}{}年度", counted(year - first + 1))
}

/// 令和8年10月分, or 令和8年4月〜令和9年3月.
pub fn period(first: Month, last: Month) -> String {
    if first == last { format!("{}分", month(first)) } else { format!("{}〜{}", month(first), month(last)) }
}

/// The first day of a month.
pub(crate) fn first_day(month: Month) -> NaiveDate {
    let of_year = u32::try_from(month.month()).unwrap_or(1);
    NaiveDate::from_ymd_opt(month.year(), of_year, 1).unwrap_or_default()
}

fn year_of(on: NaiveDate) -> String {
    let begun =
        |(_, year, month, day): &&(&str, i32, u32, u32)| (*year, *month, *day) <= (on.year(), on.month(), on.day());
    match ERAS.iter().find(begun) {
        Some((name, first, ..)) => format!("{name}{}年", counted(on.year() - first + 1)),
        None => format!("{}年", on.year()),
    }
}

/// The first year of an era is 元年.
fn counted(year: i32) -> String {
    if year == 1 { "元".to_owned() } else { year.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn of(number: i32) -> Month {
        Month::from_number(number).unwrap()
    }

    #[test]
    fn heisei_ends_with_april_2019_and_reiwa_begins_on_the_first_of_may() {
        assert_eq!(day(on(2019, 4, 30)), "平成31年4月30日");
        assert_eq!(day(on(2019, 5, 1)), "令和元年5月1日");
        assert_eq!(month(of(201_904)), "平成31年4月");
        assert_eq!(month(of(201_905)), "令和元年5月");
    }

    #[test]
    fn showa_ends_on_the_seventh_of_january_1989() {
        assert_eq!(day(on(1989, 1, 7)), "昭和64年1月7日");
        assert_eq!(day(on(1989, 1, 8)), "平成元年1月8日");
        assert_eq!(month(of(198_901)), "平成元年1月");
        assert_eq!(day(on(1900, 3, 1)), "1900年3月1日");
    }

    #[test]
    fn a_fiscal_year_keeps_one_era_throughout() {
        for (year, written) in [(2018, "平成30年度"), (2019, "令和元年度"), (2023, "令和5年度"), (2026, "令和8年度")]
        {
            assert_eq!(fiscal_year(year), written);
        }
    }

    #[test]
    fn one_month_is_written_once() {
        assert_eq!(period(of(202_610), of(202_610)), "令和8年10月分");
        assert_eq!(period(of(202_604), of(202_703)), "令和8年4月〜令和9年3月");
    }
}
