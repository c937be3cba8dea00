//! When to look for what a clock that was ahead has left behind.

use domain::Instant;

/// A clock that went back by less was not set.
const SLEWED_SECONDS: i64 = 1;

/// Whoever had read the clock before it was set back has written by then.
const SETTLED_SECONDS: i64 = 60;

/// What one worker has seen of the clock. It looks for a while when it begins and after the clock was set back: not only what stands there
/// already is later than now, but also what requests that were under way are still to write.
#[derive(Debug)]
pub(super) struct SetBack {
    /// Before the first one, later than anything.
    last: Instant,
    look_next: Instant,
    look_until: Instant,
}

impl SetBack {
    pub(super) const fn new() -> Self {
        let (never, always) = (Instant::from_micros(i64::MIN), Instant::from_micros(i64::MAX));
        Self { last: always, look_next: never, look_until: never }
    }

    /// Whether to look, at a time that may be earlier than the last one: once a second until all is settled.
    pub(super) fn looks(&mut self, now: Instant) -> bool {
        if now.plus_seconds(SLEWED_SECONDS) < self.last {
            (self.look_next, self.look_until) = (now, now.plus_seconds(SETTLED_SECONDS));
        }
        self.last = now;
        let looks = now >= self.look_next && now < self.look_until;
        if looks {
            self.look_next = now.plus_seconds(1);
        }
        looks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_at_the_beginning_and_until_all_is_settled() {
        let at = |seconds: i64| Instant::from_micros(seconds * 1_000_000);
        let mut clock = SetBack::new();
        let looked: Vec<_> = (0..200).filter(|second| clock.looks(at(*second))).collect();
        assert_eq!(looked, (0..60).collect::<Vec<_>>());
        assert!(!clock.looks(at(199)), "slewed");
        let back: Vec<_> = (100..300).filter(|second| clock.looks(at(*second))).collect();
        assert_eq!(back, (100..160).collect::<Vec<_>>());
    }

    #[test]
    fn it_looks_once_a_second_at_most() {
        let mut clock = SetBack::new();
        let looked = (0..30).filter(|tenth| clock.looks(Instant::from_micros(tenth * 100_000))).count();
        assert_eq!(looked, 3);
    }
}
