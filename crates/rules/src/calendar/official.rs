//! The cabinet office's table of holidays, `syukujitsu.csv`: cp932, a heading, then `YYYY/M/D,name`.
//!
//! Refused rather than guessed at: another encoding (a spreadsheet may have saved it as UTF-8), a row that is no day, days out of
//! order or twice, and a year cut short, since a missing row would quietly open an office on a holiday.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::FileError;

const FILE: &str = "syukujitsu.csv";
/// What the table calls 振替休日 and 国民の休日.
pub(super) const UNNAMED: &str = "休日";
/// 1955 had nine holidays, and no year had fewer since.
const FEWEST_IN_A_YEAR: usize = 9;

/// What a loaded table covers, for the administrator to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfficialTable {
    /// Its first year.
    pub first_year: i32,
    /// Its last year: the last published one.
    pub last_year: i32,
    /// How many days it names.
    pub days: usize,
    /// Days on which it and the built-in rule disagree. The table wins.
    pub differing: Vec<NaiveDate>,
}

pub(super) fn wrong(line: usize, key: &str, expected: impl Into<String>) -> FileError {
    FileError { file: FILE.to_owned(), line, key: key.to_owned(), expected: expected.into() }
}

pub(super) fn read(bytes: &[u8]) -> Result<BTreeMap<NaiveDate, String>, FileError> {
    let mut days: BTreeMap<NaiveDate, String> = BTreeMap::new();
    let mut last_line = 0;
    for (place, raw) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = place + 1;
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let text = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(raw);
        let Some(text) = text else {
            return Err(wrong(line, "encoding", "text in cp932 (Shift_JIS), as downloaded from the cabinet office"));
        };
        if line == 1 {
            if !(text.contains("祝日") && text.split(',').count() == 2) {
                return Err(wrong(
                    1,
                    "heading",
                    "the heading 「国民の祝日・休日月日,国民の祝日・休日名称」 in cp932 (Shift_JIS)",
                ));
            }
            continue;
        }
        if text.trim().is_empty() {
            continue;
        }
        let (on, name) = row(&text).map_err(|(key, expected)| wrong(line, key, expected))?;
        if days.last_key_value().is_some_and(|(last, _)| *last >= on) {
            return Err(wrong(line, "date", "a day after that of the row above"));
        }
        days.insert(on, name);
        last_line = line;
    }
    if days.is_empty() {
        return Err(wrong(2, "date", "a row such as 2027/1/1,元日"));
    }
    let mut years: BTreeMap<i32, usize> = BTreeMap::new();
    for day in days.keys() {
        *years.entry(day.year()).or_default() += 1;
    }
    match years.into_iter().find(|(_, count)| *count < FEWEST_IN_A_YEAR) {
        Some((year, count)) => Err(wrong(last_line, "date", format!("all holidays of {year}, not {count} of them"))),
        None => Ok(days),
    }
}

fn row(text: &str) -> Result<(NaiveDate, String), (&'static str, &'static str)> {
    let mut cells = text.split(',');
    let (Some(day), Some(name), None) = (cells.next(), cells.next(), cells.next()) else {
        return Err(("row", "two cells, YYYY/M/D,name"));
    };
    let mut parts = day.trim().split('/').map(|part| part.parse::<u32>().ok());
    let (Some(Some(year)), Some(Some(month)), Some(Some(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(("date", "a day written YYYY/M/D"));
    };
    let on = i32::try_from(year).ok().filter(|year| (1948..=2200).contains(year));
    let on = on.and_then(|year| NaiveDate::from_ymd_opt(year, month, day)).ok_or(("date", "a day that exists"))?;
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) || name.chars().count() > 40 {
        return Err(("name", "the name of the holiday"));
    }
    Ok((on, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::Calendar;

    fn cp932(text: &str) -> Vec<u8> {
        encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
    }

    fn table_of_2029() -> String {
        let mut text = "国民の祝日・休日月日,国民の祝日・休日名称\r\n".to_owned();
        for day in
            ["1/1,元日", "1/8,成人の日", "2/11,建国記念の日", "2/23,天皇誕生日", "3/20,春分の日", "4/29,昭和の日"]
        {
            text += &format!("2029/{day}\r\n");
        }
        for day in ["4/30,休日", "5/3,憲法記念日", "5/4,みどりの日", "5/5,こどもの日", "7/17,海の日"]
        {
            text += &format!("2029/{day}\r\n");
        }
        text
    }

    #[test]
    fn a_loaded_table_answers_for_its_years_and_publishes_them() {
        let mut calendar = Calendar::japan();
        let loaded = calendar.load_official(&cp932(&table_of_2029())).unwrap();
        assert_eq!((loaded.first_year, loaded.last_year, loaded.days), (2029, 2029, 11));
        let moved: Vec<String> = loaded.differing.iter().map(ToString::to_string).collect();
        assert!(moved.contains(&"2029-07-16".to_owned()) && moved.contains(&"2029-07-17".to_owned()), "{moved:?}");
        let holiday = calendar.holiday_on("2029-07-17".parse().unwrap()).unwrap();
        assert_eq!((holiday.name.as_str(), holiday.published), ("海の日", true));
        assert_eq!(calendar.holiday_on("2029-07-16".parse().unwrap()), None);
        let substitute = calendar.holiday_on("2029-04-30".parse().unwrap()).unwrap();
        assert_eq!(substitute.name, "昭和の日 振替休日", "the table says 休日 only");
        assert!(!calendar.holiday_on("2030-01-01".parse().unwrap()).unwrap().published);
        assert!(!calendar.is_published("2028-07-04".parse().unwrap()), "a year left out stays unpublished");
        assert!(calendar.is_holiday("2027-03-22".parse().unwrap()), "other years keep the rule");
    }

    #[test]
    fn what_is_not_that_table_is_refused_with_its_line_and_changes_nothing() {
        let good = table_of_2029();
        let cases: [(Vec<u8>, usize, &str); 9] = [
            (good.clone().into_bytes(), 1, "encoding"),
            (cp932("date,name\n"), 1, "heading"),
            (cp932(&good.replace("2029/1/8,", "2029/13/8,")), 3, "date"),
            (cp932(&good.replace("2029/1/8,", "2029-01-8,")), 3, "date"),
            (cp932(&good.replace("2029/1/8,", "2029/1/1,")), 3, "date"),
            (cp932(&good.replace("成人の日", "")), 3, "name"),
            (cp932(&good.replace("成人の日", "成人の日,x")), 3, "row"),
            (cp932(good.split("2029/5/4").next().unwrap()), 9, "date"),
            (Vec::new(), 1, "heading"),
        ];
        for (bytes, line, key) in cases {
            let mut calendar = Calendar::japan();
            let error = calendar.load_official(&bytes).unwrap_err();
            assert_eq!((error.line, error.key.as_str()), (line, key), "{error}");
            assert_eq!(calendar, Calendar::japan());
        }
    }
}
