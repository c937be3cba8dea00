//! Where the time of a run goes.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Of people, those of checks among them.
    Requests,
    Sweeps,
    Mails,
    /// Of instances, wherever one was needed: counted there as well.
    Starts,
    /// Counted as requests as well.
    Logins,
    Checks,
}

#[derive(Debug, Default)]
pub(crate) struct Spent(BTreeMap<What, Duration>);

impl Spent {
    pub(crate) fn since(&mut self, began: Instant, what: What) {
        *self.0.entry(what).or_default() += began.elapsed();
    }
}

/// Processor time of this process and of those that it has seen end, user and system together. On a machine that has other work, too, the
/// clock on the wall says little.
pub(crate) fn processor() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    // utime, stime, cutime, cstime: in hundredths of a second (`USER_HZ`).
    let ticks: u64 = fields.skip(11).take(4).map_while(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (what, spent)) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{} {:.1}", format!("{what:?}").to_lowercase(), spent.as_secs_f64())?;
        }
        Ok(())
    }
}
