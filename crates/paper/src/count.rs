//! Counts as people read them.

/// With a comma after each three digits: 1,234.
#[must_use]
pub fn thousands(count: impl Into<i128>) -> String {
    grouped(&count.into().to_string())
}

/// The same for a whole number that is written out already.
pub(crate) fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_stands_after_each_three_digits() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (123_456, "123,456"), (-123_456, "-123,456")];
        for (count, shown) in cases {
            assert_eq!(thousands(count), shown);
        }
        assert_eq!(thousands(i64::MIN), "-9,223,372,036,854,775,808");
    }
}
