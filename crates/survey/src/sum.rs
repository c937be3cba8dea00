//! Running counts of one group of stays, and where the line lies among the buckets.

use domain::survey::{CellKey, LeadTime, Measure};

use crate::NotificationRate;
use crate::report::{Tally, Timing};

/// How many of the seven buckets lie before a line of so many days; none when the line would divide a bucket.
pub(crate) const fn early_buckets(line_days: u16) -> Option<usize> {
    match line_days {
        8 => Some(1),
        5 => Some(2),
        2 => Some(3),
        1 => Some(4),
        0 => Some(5),
        _ => None,
    }
}

/// Running counts of one group.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    stays: i64,
    excluded: i64,
    told: i64,
    buckets: [i64; 7],
}

impl Sum {
    /// Counts a cell: excluded, told, or neither.
    pub(crate) fn add(&mut self, key: &CellKey, count: i64) {
        self.stays += count;
        if key.exclusion.is_some() {
            self.excluded += count;
        } else if key.method.is_some() {
            self.told += count;
            self.buckets[key.lead.unwrap_or(LeadTime::Unknown) as usize] += count;
        }
    }

    /// As it stands in the report.
    pub(crate) fn tally(&self, measure: Measure, early: usize) -> Tally {
        let rate = NotificationRate::new(self.told, self.stays - self.excluded);
        let in_time = self.buckets.iter().take(early).sum();
        let timing = || Timing {
            buckets: LeadTime::ALL.into_iter().zip(self.buckets).collect(),
            early_of_told: NotificationRate::new(in_time, rate.numerator),
            early_of_discharged: NotificationRate::new(in_time, rate.denominator),
        };
        Tally { stays: self.stays, excluded: self.excluded, rate, timing: (measure == Measure::Discharge).then(timing) }
    }

    /// Adds another group.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.stays += other.stays;
        self.excluded += other.excluded;
        self.told += other.told;
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += more;
        }
    }
}
