//! 連絡ルール: what an area has agreed, as data with an edition and a validity.
//!
//! One file (`config/agreements/kitami.toml`) is one edition of one area's agreement: the list of criteria, the notice period with its warnings, the
//! fees of the information sheet, who is told when a word is missing, what the yearly survey counts, and worked examples.
//!
//! Why data: areas use other lists and other days and change them yearly. A case is judged by the edition in force on its own date, and an old decision
//! stays explained by the edition under which it was made ([`Editions`]).
//!
//! What is not promised: that an agreement is complete or wise. Only that a file which is accepted can be applied, and that its
//! own worked examples come out as it says ([`Agreement::check_examples`]).
//!
//! # How to add a rule
//!
//! A field here, a key in `file.rs` (unknown keys are refused, so a typing error cannot switch a rule off), its check there, a line in
//! `kitami.toml` with a comment, and a test that breaks it.

use chrono::{NaiveDate, NaiveTime};
use rules::{Checklist, FileError, NoticePeriod, SheetFees, Wording};
use serde::{Deserialize, Serialize};

use crate::retention::Retention;

mod editions;
mod examples;
mod file;

pub use editions::{EditionClash, Editions};
pub use examples::{Example, ExampleFailure, Others};

/// One edition of an area's agreement.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The area's name in files and the database: `kitami`.
    pub id: String,
    /// The agreement's title.
    pub name: Wording,
    /// The edition's name, such as 平成28年10月.
    pub edition: String,
    /// The first day on which it holds.
    pub valid_from: NaiveDate,
    /// The last day on which it holds; open while it is the current one.
    pub valid_to: Option<NaiveDate>,
    /// 退院連絡が必要な患者の基準.
    pub checklist: Checklist,
    /// By when the discharge notice must be given.
    pub discharge_notice: DischargeNoticeRule,
    /// Until when the information sheet earns which fee.
    pub sheet_fees: SheetFees,
    /// Who is told when a word is missing.
    pub escalation: Escalation,
    /// What the yearly survey counts.
    pub survey: SurveyDefinition,
    /// How long the region keeps its records.
    pub retention: Retention,
    /// Answers and the outcome they must come to.
    pub examples: Vec<Example>,
}

/// 退院連絡の期限 and the warnings before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DischargeNoticeRule {
    /// Days before the planned day.
    pub period: NoticePeriod,
    /// On how many days before the last day the ward is warned; 0 is the last day itself. Never empty: the warning comes before the miss.
    pub warn_ahead_days: Vec<u16>,
    /// The local time of every warning.
    pub warn_at: NaiveTime,
}

/// Who is told, and when, if a word is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// The discharge notice was not given by its last day. In the order of time.
    pub after_miss: Vec<MissStep>,
    /// A notice was given and not acknowledged. In the order of time.
    pub unacknowledged: Vec<UnacknowledgedStep>,
}

/// Somebody is told after a missed deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissStep {
    /// Who.
    pub to: EscalationTo,
    /// Civil days after the miss; 0 is at once.
    pub after_days: u16,
}

/// Somebody is told of a notice that nobody acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnacknowledgedStep {
    /// Who.
    pub to: EscalationTo,
    /// The nth noon on a working day of the receiving office; from 1.
    pub working_noons: u16,
}

/// Whom an escalation reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationTo {
    /// 病棟
    Ward,
    /// 医療機関の連携窓口
    CoordinationDesk,
    /// The receiving office's second contact.
    SecondContact,
    /// The hospital is asked to phone the office.
    HospitalToPhone,
    /// 市町村
    Municipality,
}

/// 入退院連絡調査: what is counted, and what the rates mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyDefinition {
    /// The surveyed month, 1–12.
    pub month: u32,
    /// The month in which a fiscal year begins, 1–12.
    pub fiscal_year_starts: u32,
    /// So many days before discharge or more is in time: 退院5日前以上.
    pub line_days: u16,
    /// Stays that are left out, and counted as such. The first that applies names the exclusion.
    pub exclusions: Vec<ExclusionRule>,
    /// The rates.
    pub definitions: Vec<RateDefinition>,
}

impl SurveyDefinition {
    /// Where the line may lie: on a border of the seven buckets of 退院連絡の時期.
    pub const LINES: [u16; 5] = [8, 5, 2, 1, 0];

    /// What that rate means.
    #[must_use]
    pub fn definition(&self, id: Rate) -> Option<&RateDefinition> {
        self.definitions.iter().find(|definition| definition.id == id)
    }
}

/// One kind of stay that is left out of the rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExclusionRule {
    /// Its stable name.
    pub id: String,
    /// Its words in the report.
    pub wording: Wording,
    /// Which stays.
    pub when: ExclusionWhen,
}

/// Which stays an exclusion means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ExclusionWhen {
    /// 死亡退院
    Died,
    /// 転院
    Transferred,
    /// A short stay after which the support goes on unchanged.
    ShortUnchanged {
        /// The longest such stay, in days.
        max_days: u16,
    },
    /// 定期的なレスパイト入院
    Respite,
}

/// The rates that can be counted. An agreement gives them its own words and leaves out what it doesn't want explained; one that is not
/// here would be words without a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// 入院連絡率
    AdmissionNotification,
    /// 退院連絡率
    DischargeNotification,
    /// Told before the line, of all discharges that were told of.
    DischargeInTime,
    /// Told before the line, of all discharges that count.
    DischargeInTimeOfAll,
    /// 引き継ぎ漏れ率
    HandoverMissed,
}

impl Rate {
    /// All, in the order of the report.
    pub const ALL: [Self; 5] = [
        Self::AdmissionNotification,
        Self::DischargeNotification,
        Self::DischargeInTime,
        Self::DischargeInTimeOfAll,
        Self::HandoverMissed,
    ];

    /// The rate of that name.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rate| rate.id() == id)
    }

    /// Its stable name, as in the agreement's file and in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::AdmissionNotification => "admission_notification",
            Self::DischargeNotification => "discharge_notification",
            Self::DischargeInTime => "discharge_in_time",
            Self::DischargeInTimeOfAll => "discharge_in_time_of_all",
            Self::HandoverMissed => "handover_missed",
        }
    }
}

/// What one rate means, printed with every report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateDefinition {
    /// Which figures it is.
    pub id: Rate,
    /// Its name in the report.
    pub wording: Wording,
    /// What is counted above the line.
    pub numerator: Wording,
    /// What is counted below it.
    pub denominator: Wording,
}

impl Agreement {
    /// Reads one edition. Fails with file, line, key and what was expected; unknown keys are refused.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, FileError> {
        file::parse(file_name, text)
    }

    /// The agreement of Kitami that is compiled in.
    #[must_use]
    pub fn kitami() -> Self {
        let text = include_str!("../../../config/agreements/kitami.toml");
        Self::parse("kitami.toml", text).expect("the agreement compiled in is tested")
    }

    /// Whether this edition judges cases of that day.
    #[must_use]
    pub fn is_in_force_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// Runs the worked examples; empty when every one comes out as the file says.
    #[must_use]
    pub fn check_examples(&self) -> Vec<ExampleFailure> {
        self.examples.iter().filter_map(|example| example.check(&self.checklist)).collect()
    }
}

#[cfg(test)]
mod tests;
