//! Totals equal their parts: the law that every report is held to before anybody sees it.
//!
//! It is also what a report read back from a file is asked. What it does not promise: that the parts are true.

use domain::agreement::Rate;
use domain::survey::Measure;

use crate::report::{MeasureReport, SurveyReport, Tally};
use crate::{NotificationRate, rates, sum::early_buckets};

/// A total that its parts deny.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{measure:?}: {what} should be {expected} but is {found}")]
pub struct Imbalance {
    /// In which measure.
    pub measure: Measure,
    /// Which sum.
    pub what: String,
    /// By the total.
    pub expected: i64,
    /// By the parts.
    pub found: i64,
}

impl SurveyReport {
    /// Every total equals its parts, on both sides; the first that doesn't is named.
    pub fn check(&self) -> Result<(), Imbalance> {
        let early = early_buckets(self.line_days).unwrap_or_default();
        self.measures().into_iter().try_for_each(|report| Scale { measure: report.measure, early }.report(report))?;
        let scale = Scale { measure: Measure::Discharge, early };
        self.rates.iter().try_for_each(|defined| {
            let figures = |rate| rates::figures(rate, &self.admission.total, &self.discharge.total);
            let figures = Rate::of(&defined.id).map(figures).unwrap_or_default();
            scale.equal(&defined.id, "numerator", figures.numerator, defined.rate.numerator)?;
            scale.equal(&defined.id, "denominator", figures.denominator, defined.rate.denominator)
        })
    }
}

/// Weighs one measure.
struct Scale {
    measure: Measure,
    /// How many of the seven buckets lie before the line.
    early: usize,
}

impl Scale {
    fn report(&self, report: &MeasureReport) -> Result<(), Imbalance> {
        let total = &report.total;
        self.tally("the whole period", total)?;
        self.counts("the methods", total.rate.numerator, report.methods.iter().map(|m| m.count))?;
        self.counts("the exclusions", total.excluded, report.exclusions.iter().map(|e| e.count))?;
        self.parts("the strata", total, report.strata.iter().map(|s| &s.tally))?;
        self.parts("the hospitals", total, report.hospitals.iter().map(|p| &p.tally))?;
        self.parts("the offices", total, report.offices.iter().map(|p| &p.tally))?;
        self.parts("the months", total, report.months.iter().map(|m| &m.tally))?;
        for party in report.hospitals.iter().chain(&report.offices) {
            self.parts(&party.name, &party.tally, party.strata.iter().map(|s| &s.tally))?;
        }
        report.fiscal_years.iter().try_for_each(|year| self.tally(&year.label, &year.tally))
    }

    /// A tally agrees with itself.
    fn tally(&self, of: &str, tally: &Tally) -> Result<(), Imbalance> {
        let NotificationRate { numerator, denominator } = tally.rate;
        for (what, count) in [("excluded", tally.excluded), ("told", numerator), ("not told", denominator - numerator)]
        {
            if count < 0 {
                return self.equal(of, what, 0, count);
            }
        }
        self.equal(of, "excluded and counted", tally.stays, tally.excluded + denominator)?;
        let Some(timing) = &tally.timing else {
            return self.equal(of, "tallies with a timing", i64::from(self.measure == Measure::Discharge), 0);
        };
        let early: i64 = timing.buckets.values().take(self.early).sum();
        self.counts(&format!("{of}: the buckets"), numerator, timing.buckets.values().copied())?;
        self.equal(of, "told in time, of the told", early, timing.early_of_told.numerator)?;
        self.equal(of, "told in time, of the discharged", early, timing.early_of_discharged.numerator)?;
        self.equal(of, "the told", numerator, timing.early_of_told.denominator)?;
        self.equal(of, "the discharged", denominator, timing.early_of_discharged.denominator)
    }

    /// Parts, each of which agrees with itself, sum to the whole.
    fn parts<'a>(&self, of: &str, whole: &Tally, parts: impl Iterator<Item = &'a Tally>) -> Result<(), Imbalance> {
        let mut sums = vec![0; figures(whole).len()];
        for part in parts {
            self.tally(of, part)?;
            for (sum, (_, figure)) in sums.iter_mut().zip(figures(part)) {
                *sum += figure;
            }
        }
        figures(whole).into_iter().zip(sums).try_for_each(|((what, figure), sum)| self.equal(of, what, figure, sum))
    }

    fn counts(&self, of: &str, whole: i64, parts: impl Iterator<Item = i64>) -> Result<(), Imbalance> {
        let mut sum = 0;
        for part in parts {
            if part < 0 {
                return self.equal(of, "one part", 0, part);
            }
            sum += part;
        }
        self.equal(of, "the sum", whole, sum)
    }

    fn equal(&self, of: &str, what: &str, expected: i64, found: i64) -> Result<(), Imbalance> {
        if expected == found {
            Ok(())
        } else {
            Err(Imbalance { measure: self.measure, what: format!("{of}: {what}"), expected, found })
        }
    }
}

fn figures(tally: &Tally) -> Vec<(&'static str, i64)> {
    let mut all = vec![
        ("stays", tally.stays),
        ("excluded", tally.excluded),
        ("told", tally.rate.numerator),
        ("counted", tally.rate.denominator),
    ];
    if let Some(timing) = &tally.timing {
        all.extend(timing.buckets.iter().map(|(lead, count)| (lead.wording().1, *count)));
    }
    all
}
