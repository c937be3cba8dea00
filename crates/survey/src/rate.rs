//! A rate that can't be shown without the two numbers that it comes from.

use std::fmt;

use paper::thousands;
use serde::{Deserialize, Serialize};

/// What is shown where there is nothing to divide by.
pub const NO_RATE: &str = "—";

/// Under this many cases one case moves the rate by ten points; pages and paper say so.
pub const SMALL: i64 = 10;

/// 連絡率: told of all that count. On the wire with both numbers and the percentage (one decimal, half up; null when nothing counts);
/// a percentage that isn't the quotient of its numbers is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct NotificationRate {
    /// Cases in which the word was given.
    pub numerator: i64,
    /// All cases that count, exclusions left out.
    pub denominator: i64,
}

impl NotificationRate {
    /// Of two counts.
    pub const fn new(numerator: i64, denominator: i64) -> Self {
        Self { numerator, denominator }
    }

    /// Tenths of a percent, half up; none when the denominator is 0.
    pub fn permille(self) -> Option<i64> {
        let (n, d) = (i128::from(self.numerator), i128::from(self.denominator));
        (d > 0).then(|| i64::try_from((n * 2000 + d) / (2 * d)).unwrap_or(i64::MAX))
    }

    /// 「72.7%」, or 「—」.
    pub fn percentage(self) -> String {
        self.permille().map_or_else(|| NO_RATE.to_owned(), |p| format!("{}.{}%", p / 10, p % 10))
    }

    /// In percent, for the height of a bar.
    pub fn percent(self) -> Option<f64> {
        self.permille().map(|p| p as f64 / 10.0)
    }

    /// One case more or less would move it by ten points.
    pub const fn is_small(self) -> bool {
        0 < self.denominator && self.denominator < SMALL
    }
}

/// 「1,024/1,033 = 99.1%」.
impl fmt::Display for NotificationRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} = {}", thousands(self.numerator), thousands(self.denominator), self.percentage())
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    numerator: i64,
    denominator: i64,
    percent: Option<f64>,
}

impl From<NotificationRate> for Written {
    fn from(rate: NotificationRate) -> Self {
        Self { numerator: rate.numerator, denominator: rate.denominator, percent: rate.percent() }
    }
}

impl TryFrom<Written> for NotificationRate {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let rate = Self::new(written.numerator, written.denominator);
        let same = match (written.percent, rate.percent()) {
            (Some(told), Some(is)) => (told - is).abs() < 0.01,
            (None, None) => true,
            _ => false,
        };
        if same { Ok(rate) } else { Err(format!("the percentage {:?} does not follow from {rate}", written.percent)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_one_decimal_and_round_half_up() {
        let cases = [
            (24, 33, "72.7%"),
            (35, 40, "87.5%"),
            (52, 54, "96.3%"),
            (47, 48, "97.9%"),
            (1, 2000, "0.1%"),
            (0, 7, "0.0%"),
            (7, 7, "100.0%"),
        ];
        for (numerator, denominator, shown) in cases {
            assert_eq!(NotificationRate::new(numerator, denominator).percentage(), shown);
        }
    }

    #[test]
    fn nothing_to_divide_by_gives_a_dash_and_both_numbers() {
        assert_eq!(NotificationRate::default().to_string(), "0/0 = —");
        assert_eq!(NotificationRate::new(1234, 5678).to_string(), "1,234/5,678 = 21.7%");
        assert_eq!(
            serde_json::to_string(&NotificationRate::default()).unwrap(),
            r#"{"numerator":0,"denominator":0,"percent":null}"#
        );
    }

    #[test]
    fn a_percentage_that_its_numbers_deny_is_refused() {
        let read = |text| serde_json::from_str::<NotificationRate>(text);
        assert_eq!(read(r#"{"numerator":24,"denominator":33,"percent":72.7}"#).unwrap(), NotificationRate::new(24, 33));
        assert!(read(r#"{"numerator":24,"denominator":33,"percent":92.7}"#).is_err());
        assert!(read(r#"{"numerator":24,"denominator":33}"#).is_err(), "a rate without its percentage");
    }

    #[test]
    fn counts_beyond_any_country_do_not_overflow() {
        assert_eq!(NotificationRate::new(i64::MAX, i64::MAX).percentage(), "100.0%");
    }
}
