//! Instants, civil days, and the clock that is handed in.
//!
//! An [`Instant`] is a whole number of microseconds since 1970 UTC: what both databases keep exactly. A civil day is a
//! [`NaiveDate`] in Japan, never midnight of some instant. Japan has one time zone and no summer time, so the offset is a constant.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MICROS_PER_DAY: i64 = 86_400_000_000;
const JAPAN_AHEAD_OF_UTC: i32 = 9 * 3600;

/// A point in time, in whole microseconds since 1970-01-01 UTC. On the wire RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0 + seconds * 1_000_000)
    }

    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0 + days * MICROS_PER_DAY)
    }

    /// The clock on the wall in Japan at this instant.
    pub fn local(self) -> NaiveDateTime {
        self.utc().with_timezone(&japan()).naive_local()
    }

    /// The civil day in Japan.
    pub fn day(self) -> NaiveDate {
        self.local().date()
    }

    /// The instant at which the clock in Japan shows `time` on `day`.
    pub fn at(day: NaiveDate, time: NaiveTime) -> Self {
        let utc = day.and_time(time).and_utc().timestamp_micros();
        Self(utc - i64::from(JAPAN_AHEAD_OF_UTC) * 1_000_000)
    }

    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

fn japan() -> FixedOffset {
    FixedOffset::east_opt(JAPAN_AHEAD_OF_UTC).expect("nine hours are a valid offset")
}

impl From<DateTime<Utc>> for Instant {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_micros())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DateTime::<Utc>::deserialize(deserializer).map(Self::from)
    }
}

/// Where "now" comes from. Only the binary uses [`SystemClock`].
pub trait Clock: Send + Sync + fmt::Debug {
    fn now(&self) -> Instant;
}

#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Instant {
        Utc::now().into()
    }
}

/// A clock that a test or the demo sets and moves.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub const fn new(at: Instant) -> Self {
        Self(AtomicI64::new(at.micros()))
    }

    pub fn set(&self, at: Instant) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// The machine's clock, moved by a number of seconds: the demo's "next day" button.
#[derive(Debug, Default)]
pub struct ShiftedClock(AtomicI64);

impl ShiftedClock {
    pub fn advance_days(&self, days: i64) {
        self.0.fetch_add(days * MICROS_PER_DAY, Ordering::SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Instant {
        Instant(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_before_midnight_in_japan_is_still_that_day() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let late = Instant::at(day, NaiveTime::from_hms_opt(23, 59, 0).unwrap());
        assert_eq!(late.day(), day);
        assert_eq!(late.plus_seconds(60).day(), day.succ_opt().unwrap());
        assert_eq!(late.to_string(), "2026-11-20T14:59:00Z");
    }

    #[test]
    fn an_instant_reads_back_to_the_microsecond() {
        let at = Instant::from_micros(1_790_000_000_123_456);
        let text = serde_json::to_string(&at).unwrap();
        assert_eq!(serde_json::from_str::<Instant>(&text).unwrap(), at);
    }
}
