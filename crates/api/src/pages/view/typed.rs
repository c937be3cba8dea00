//! What a person typed into a form, kept as it came, so that a refusal can give everything back.

use chrono::{NaiveDate, NaiveTime};
use domain::Fault;

/// The fields that belong to the machinery of a form, not to its content.
pub(crate) const CSRF: &str = "csrf";
pub(crate) const KEY: &str = "idempotency_key";
/// Which button was pressed; anything but [`SEND`] shows the form again without sending.
pub(crate) const ACTION: &str = "action";
pub(crate) const SEND: &str = "send";

/// Names and values in the order of the form; a name may come more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Typed(Vec<(String, String)>);

impl From<Vec<(String, String)>> for Typed {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl Typed {
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The same with this value alone under that name.
    #[must_use]
    pub(crate) fn instead(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.with(name, value)
    }

    /// The first value of that name; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(n, v)| n == name && v == value)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// The button was "send", and not "look again".
    pub(crate) fn wants_sending(&self) -> bool {
        self.get(ACTION) == SEND
    }

    /// Everything but the session's token, secrets and what is good for one moment: what may be held in a page while somebody logs in again.
    pub(crate) fn content(&self) -> impl Iterator<Item = (&str, &str)> {
        let kept = |name: &str| !matches!(name, CSRF | "password" | "new_password" | "code" | "passkey");
        self.0.iter().filter(move |(name, _)| kept(name)).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Without what may never be drawn into a page.
    pub(crate) fn without_secrets(&self) -> Self {
        Self(self.content().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The content as bytes, for the fingerprint of an idempotency key: neither the token nor the key belong to it.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, value) in self.content().filter(|(name, _)| *name != KEY) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    /// A decoder's mark for bytes that were no UTF-8.
    pub(crate) fn is_garbled(&self) -> bool {
        self.0.iter().any(|(name, value)| name.contains('\u{FFFD}') || value.contains('\u{FFFD}'))
    }
}

/// A day as a browser sends it (2026-11-27) or a person writes it (2026/11/27, 2026年11月27日, full-width digits).
pub(crate) fn parse_day(text: &str) -> Result<NaiveDate, Fault> {
    let plain: String = text.trim().chars().map(half_width).collect();
    if plain.is_empty() {
        return Err(Fault::Missing);
    }
    let mut numbers = plain.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty());
    let mut next = || numbers.next().filter(|part| part.len() <= 4).and_then(|part| part.parse::<u32>().ok());
    let day = match (next(), next(), next()) {
        (Some(year), Some(month), Some(day)) if year >= 1000 => {
            i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        }
        _ => None,
    };
    day.filter(|_| numbers.next().is_none()).ok_or(Fault::NotADate)
}

/// A time of day such as 17:05 or 17時5分.
pub(crate) fn parse_time(text: &str) -> Result<NaiveTime, Fault> {
    let plain: String = text.trim().chars().map(half_width).collect();
    if plain.is_empty() {
        return Err(Fault::Missing);
    }
    let mut numbers = plain.split([':', '時', '分']).filter(|part| !part.is_empty());
    let mut next = || numbers.next().and_then(|part| part.parse::<u32>().ok());
    let (hour, minute) = (next(), next());
    hour.and_then(|hour| NaiveTime::from_hms_opt(hour, minute.unwrap_or(0), 0)).ok_or(Fault::NotADate)
}

fn half_width(c: char) -> char {
    match c {
        '\u{FF10}'..='\u{FF19}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{FF1A}' => ':',
        '\u{FF0F}' => '/',
        '\u{FF0D}' | '\u{2010}' | '\u{2212}' | '\u{30FC}' => '-',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_however_it_is_written() {
        let day = "2026-11-27".parse().unwrap();
        for text in ["2026-11-27", "2026/11/27", "2026年11月27日", "２０２６／１１／２７", " 2026-11-27 "]
        {
            assert_eq!(parse_day(text), Ok(day), "{text}");
        }
        for bad in ["2026-02-30", "11/27", "2026-11-27-1", "あした", "99999-1-1", "26-11-27"] {
            assert_eq!(parse_day(bad), Err(Fault::NotADate), "{bad}");
        }
        assert_eq!(parse_day("  "), Err(Fault::Missing));
    }

    #[test]
    fn the_fingerprint_leaves_out_the_token_and_the_key() {
        let typed = Typed::default().with("name", "北見 花子");
        let sent = Typed::default().with(CSRF, "a").with(KEY, "b").with("name", "北見 花子");
        assert_eq!(typed.fingerprint(), sent.fingerprint());
        let before = typed.fingerprint();
        assert_ne!(before, typed.with("more", "x").fingerprint());
    }
}
