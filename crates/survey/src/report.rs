//! The report: everything that the page, the JSON, the CSV and the paper show, already counted and already in words.
//!
//! Why whole: a published year is frozen by storing this report. Whatever is drawn from it later needs neither the cells, nor the
//! directory, nor the agreement of that year, and comes out the same.
//!
//! What it does not promise: that a report read from a file is sound. [`SurveyReport::check`] says so.

use std::collections::BTreeMap;

use domain::patient::CareGroup;
use domain::survey::{LeadTime, Measure, Method, Month};
use domain::{Instant, OrganizationId};
use serde::{Deserialize, Serialize};

use crate::NotificationRate;

/// 要介護, 要支援, その他: how every figure is split.
pub type Stratum = CareGroup;

/// Words in both languages; the Japanese ones bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Words {
    pub(crate) fn of((ja, en): (&str, &str)) -> Self {
        Self { ja: ja.to_owned(), en: en.to_owned() }
    }
}

/// 入退院連絡調査 of one region and period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyReport {
    /// 令和8年度 入退院連絡調査.
    pub title: Words,
    /// The municipality.
    pub region_name: String,
    /// What is counted, from when to when.
    pub period: Period,
    /// The instant up to which what was recorded is in the figures.
    pub as_of: Instant,
    /// The edition of the agreement whose definitions and exclusions apply.
    pub edition: String,
    /// The line 退院5日前以上, in days.
    pub line_days: u16,
    /// The rates in the words and the order of the agreement, with their figures.
    pub rates: Vec<DefinedRate>,
    /// 入院連絡率.
    pub admission: MeasureReport,
    /// 退院連絡率, with its timing.
    pub discharge: MeasureReport,
}

/// The months of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// First month.
    pub first: Month,
    /// Last month, itself included.
    pub last: Month,
    /// 令和8年10月分.
    pub label: Words,
    /// The last month was not over as of the report: 途中経過.
    pub provisional: bool,
}

/// One rate of the whole period, as the agreement defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinedRate {
    /// The agreement's id for it; see [`domain::agreement::Rate`].
    pub id: String,
    /// 退院連絡率.
    pub name: Words,
    /// Its figures.
    pub rate: NotificationRate,
    /// What is counted.
    pub numerator: Words,
    /// Of what.
    pub denominator: Words,
}

/// Everything about one of the two measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureReport {
    /// Which of the two.
    pub measure: Measure,
    /// 入院連絡率 or 退院連絡率.
    pub name: Words,
    /// All stays of the period.
    pub total: Tally,
    /// All methods in a fixed order, those without a case too. They sum to the numerator.
    pub methods: Vec<MethodCount>,
    /// By the agreement's rules, then the built-in one, then what only an older edition knows. They sum to the excluded.
    pub exclusions: Vec<ExclusionCount>,
    /// The three strata; they sum to the total.
    pub strata: Vec<StratumTally>,
    /// By hospital, in the order of their names; they sum to the total.
    pub hospitals: Vec<PartyTally>,
    /// By office, in the order of their names, stays without an office last; they sum to the total.
    pub offices: Vec<PartyTally>,
    /// Every month of the period; they sum to the total.
    pub months: Vec<MonthTally>,
    /// The same months of each fiscal year that cells were given for.
    pub fiscal_years: Vec<YearTally>,
}

/// What is counted of one group of stays. `excluded + rate.denominator == stays`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// All of them.
    pub stays: i64,
    /// Left out by a named exclusion.
    pub excluded: i64,
    /// Told, of those that count.
    pub rate: NotificationRate,
    /// Of the discharge measure only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
}

/// 退院連絡の時期. The buckets sum to the numerator of the rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// All seven.
    pub buckets: BTreeMap<LeadTime, i64>,
    /// Told before the line, of all that were told of.
    pub early_of_told: NotificationRate,
    /// Told before the line, of all discharges that count.
    pub early_of_discharged: NotificationRate,
}

/// How often one way was used for the first word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodCount {
    /// The way.
    pub method: Method,
    /// Its name.
    pub name: Words,
    /// Cases.
    pub count: i64,
}

/// How many stays one rule leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExclusionCount {
    /// The agreement's rule id.
    pub id: String,
    /// In the words of the agreement.
    pub name: Words,
    /// Stays.
    pub count: i64,
}

/// One stratum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StratumTally {
    /// Which.
    pub stratum: Stratum,
    /// Its name.
    pub name: Words,
    /// Its figures.
    pub tally: Tally,
}

/// One hospital or office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyTally {
    /// None: stays that no office looks after.
    pub party_id: Option<OrganizationId>,
    /// Its name when the report was made.
    pub name: String,
    /// Its figures.
    pub tally: Tally,
    /// The three strata; they sum to the figures.
    pub strata: Vec<StratumTally>,
}

/// One month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthTally {
    /// Which.
    pub month: Month,
    /// 令和8年10月.
    pub label: String,
    /// Its figures.
    pub tally: Tally,
}

/// One fiscal year, as far as the period's months reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearTally {
    /// 2026 for the year that begins in 2026.
    pub fiscal_year: i32,
    /// 令和8年度.
    pub label: String,
    /// Months of the year that have a stay of this measure …
    pub months: usize,
    /// … of this many that are compared.
    pub of_months: usize,
    /// Its figures.
    pub tally: Tally,
}

impl SurveyReport {
    /// The two measures, admission first.
    pub const fn measures(&self) -> [&MeasureReport; 2] {
        [&self.admission, &self.discharge]
    }

    /// The timing of the whole period; all zero in a report that lacks it.
    pub fn timing(&self) -> Timing {
        self.discharge.total.timing.clone().unwrap_or_else(Timing::empty)
    }

    /// With the keys in their fixed order: same report, same text.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a report has only text keys and finite numbers");
        text.push('\n');
        text
    }
}

impl Timing {
    pub(crate) fn empty() -> Self {
        let none = NotificationRate::default();
        Self { buckets: LeadTime::ALL.map(|lead| (lead, 0)).into(), early_of_told: none, early_of_discharged: none }
    }

    /// Cases in one bucket.
    pub fn count(&self, lead: LeadTime) -> i64 {
        self.buckets.get(&lead).copied().unwrap_or_default()
    }
}

/// The line, in words: 退院5日前以上.
pub fn line_wording(line_days: u16) -> Words {
    Words { ja: format!("退院{line_days}日前以上"), en: format!("{line_days} days or more before discharge") }
}
