//! 入退院連絡調査: facts in, report out. One [`SurveyReport`] is the page, the JSON, the CSV and the paper.
//!
//! # Cast list
//!
//! | who | what it is |
//! |---|---|
//! | [`domain::survey::Cell`] | how many stays are alike in everything the survey asks; given by the store, under both sides |
//! | [`Scope`] | the region, and the months that are reported |
//! | [`Parties`] | the names of hospitals and offices |
//! | [`SurveyReport`] | all figures, already in words; what a published year is frozen as |
//! | [`MeasureReport`], [`Tally`], [`Timing`] | one of the two measures; the figures of one group; its seven buckets |
//! | [`NotificationRate`] | numerator and denominator, with the percentage that follows from them |
//! | [`Imbalance`] | a total that its parts deny |
//!
//! # The flow
//!
//! A fact derives its cells (`domain::survey`), the store keeps their sums, [`SurveyReport::count`] makes one pass over them and checks
//! that totals equal their parts; [`SurveyReport::to_json`], [`to_csv`] and [`to_pdf`] only write down what the report holds.
//!
//! # What is not promised
//!
//! That a stay nobody recorded is counted. That rates of few cases mean much: below [`SMALL`] cases the paper says so. That offices
//! or hospitals may be ranked by it: they stand in the order of their names.
//!
//! # How to add a figure
//!
//! Count it in `count.rs`, give it a field in `report.rs`, say in `balance.rs` what it must sum to, then show it in `tidy.rs` and `pdf/`.
//! A report frozen before has no such field: let it be optional.

mod balance;
mod count;
pub mod era;
mod parties;
mod pdf;
mod rate;
mod rates;
mod report;
mod scope;
mod sum;
mod tidy;
mod words;

pub use balance::Imbalance;
pub use count::CountError;
pub use paper::thousands;
pub use parties::Parties;
pub use pdf::{PdfError, to_pdf};
pub use rate::{NO_RATE, NotificationRate, SMALL};
pub use report::{
    DefinedRate, ExclusionCount, MeasureReport, MethodCount, MonthTally, PartyTally, Period, Stratum, StratumTally,
    SurveyReport, Tally, Timing, Words, YearTally, line_wording,
};
pub use scope::{LONGEST, Scope};
pub use tidy::{harmless, to_csv};

/// With the keys in their fixed order: same report, same text.
pub fn to_json(report: &SurveyReport) -> String {
    report.to_json()
}
