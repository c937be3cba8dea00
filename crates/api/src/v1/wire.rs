//! What goes over the wire. The domain stays free of it: here is what a machine may rely on, there what is true.
//!
//! - [`words`] — the coded values, as schemas held equal to the domain's enums.
//! - Asked: `…Body`, read strictly, every unknown key refused; text and days come as strings and become domain types with all faults at once.
//! - Answered: `…View`, whole; `…Line`, in lists; `…Page`, a list with its cursor.
//!
//! # How to add a field
//!
//! To an answer: add it; a machine must bear keys that it doesn't know. To a question: as an `Option`, so that older machines keep working.

pub mod answer;
pub mod consent;
pub mod contact;
pub mod deadline;
pub mod event;
pub mod hold;
pub mod machine;
pub mod notice;
pub mod party;
pub mod patient;
pub mod screening;
pub mod stay;
pub mod words;

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate};
use domain::{Fault, Instant};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A day written `YYYY-MM-DD`, and nothing else.
pub(super) fn day(text: &str) -> Result<NaiveDate, Fault> {
    let shaped = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(place, b)| if matches!(place, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return Err(Fault::NotADate);
    }
    text.parse().map_err(|_| Fault::NotADate)
}

/// An instant as RFC 3339 writes it, between the years 1900 and 2200.
pub(super) fn instant(text: &str) -> Result<Instant, Fault> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| Fault::NotADate)?.to_utc();
    let year = chrono::Datelike::year(&at);
    if (1900..=2200).contains(&year) { Ok(at.into()) } else { Err(Fault::OutOfRange) }
}

/// What was left out, or null, is nothing; what is there is read.
pub(super) fn optional<T>(text: Option<&str>, read: impl Fn(&str) -> Result<T, Fault>) -> Result<Option<T>, Fault> {
    text.map(read).transpose()
}

/// Reads an object as an object: left alone, serde's structs take a list of their fields' values too.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// An object, or null.
pub(super) fn optional_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Wrapped<T>(T);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wrapped<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            object(deserializer).map(Self)
        }
    }

    Ok(Option::<Wrapped<T>>::deserialize(deserializer)?.map(|Wrapped(value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_the_calendar_lacks_is_no_date() {
        assert!(day("2028-02-29").is_ok());
        for bad in ["2026-02-30", "2026-2-3", "20260203", "2026-02-03 ", "+026-02-03", "令和8年2月3日", ""] {
            assert_eq!(day(bad), Err(Fault::NotADate), "{bad}");
        }
    }

    #[test]
    fn an_instant_carries_its_offset() {
        assert_eq!(instant("2026-11-20T09:00:00+09:00"), instant("2026-11-20T00:00:00Z"));
        assert_eq!(instant("2026-11-20T09:00:00"), Err(Fault::NotADate));
        assert_eq!(instant("9999-12-31T00:00:00Z"), Err(Fault::OutOfRange));
    }
}
