//! The agreement's rates, with the figures that belong to them.
//!
//! The agreement says what a rate means, by an id and in words; which figures that is stands here. A rate that can't be counted is
//! refused: words without their figure, or under a wrong one, would be worse than no report.
//!
//! # How to add a rate
//!
//! An id in [`KNOWN`] with its figures in [`figures`]; the agreement's file gives the words.

use domain::agreement::{RateDefinition, SurveyDefinition};
use domain::survey::Measure;

use crate::count::CountError;
use crate::report::{DefinedRate, Tally, Timing, Words};
use crate::{NotificationRate, report::line_wording};

const ADMISSION: &str = "admission_notification";
const DISCHARGE: &str = "discharge_notification";
const IN_TIME: &str = "discharge_in_time";
const IN_TIME_OF_ALL: &str = "discharge_in_time_of_all";
const MISSED: &str = "handover_missed";

/// Every id that an agreement may define.
pub const KNOWN: [&str; 5] = [ADMISSION, DISCHARGE, IN_TIME, IN_TIME_OF_ALL, MISSED];

/// What a rate is counted from; none for an unknown id.
pub(crate) fn figures(id: &str, admission: &Tally, discharge: &Tally) -> Option<NotificationRate> {
    let timing = || discharge.timing.clone().unwrap_or_else(Timing::empty);
    match id {
        ADMISSION => Some(admission.rate),
        DISCHARGE => Some(discharge.rate),
        IN_TIME => Some(timing().early_of_told),
        IN_TIME_OF_ALL => Some(timing().early_of_discharged),
        MISSED => {
            let NotificationRate { numerator, denominator } = discharge.rate;
            Some(NotificationRate::new(denominator - numerator, denominator))
        }
        _ => None,
    }
}

/// The agreement's rates in its order, then those that every report has.
pub(crate) fn defined(
    definition: &SurveyDefinition,
    admission: &Tally,
    discharge: &Tally,
) -> Result<Vec<DefinedRate>, CountError> {
    let besides = [ADMISSION, DISCHARGE, IN_TIME, IN_TIME_OF_ALL]
        .into_iter()
        .filter(|id| definition.definition(id).is_none())
        .map(|id| (id.to_owned(), built_in(id, definition.line_days)));
    let agreed = definition.definitions.iter().map(|rate| (rate.id.clone(), words(rate)));
    let counted = |(id, [name, numerator, denominator]): (String, [Words; 3])| {
        let rate = figures(&id, admission, discharge).ok_or_else(|| CountError::UnknownRate { id: id.clone() })?;
        Ok(DefinedRate { id, name, rate, numerator, denominator })
    };
    agreed.chain(besides).map(counted).collect()
}

/// 入院連絡率 or 退院連絡率, as the agreement calls it.
pub(crate) fn name(definition: &SurveyDefinition, measure: Measure) -> Words {
    let id = if measure == Measure::Admission { ADMISSION } else { DISCHARGE };
    let [name, ..] = definition.definition(id).map_or_else(|| built_in(id, definition.line_days), words);
    name
}

fn words(rate: &RateDefinition) -> [Words; 3] {
    [&rate.wording, &rate.numerator, &rate.denominator].map(|words| Words::of((&words.ja, &words.en)))
}

/// For rates that every report shows and this agreement doesn't define.
fn built_in(id: &str, line_days: u16) -> [Words; 3] {
    let line = line_wording(line_days);
    match id {
        ADMISSION => [
            ("入院連絡率", "Admission notification rate"),
            ("入院の連絡があった件数", "Admissions that were told of"),
            ("期間中に入院した件数(対象外を除く)", "Admissions in the period, less the exclusions"),
        ]
        .map(Words::of),
        DISCHARGE => [
            ("退院連絡率", "Discharge notification rate"),
            ("退院の連絡があった件数", "Discharges that were told of"),
            ("期間中に退院した件数(対象外を除く)", "Discharges in the period, less the exclusions"),
        ]
        .map(Words::of),
        IN_TIME => [
            Words { ja: format!("{}の連絡の割合", line.ja), en: format!("Told {}", line.en) },
            Words { ja: format!("{}に連絡があった件数", line.ja), en: format!("Told {}", line.en) },
            Words::of(("退院の連絡があった件数", "Discharges that were told of")),
        ],
        _ => [
            Words {
                ja: format!("{}の連絡率(全退院のうち)", line.ja),
                en: format!("Told {}, of all discharges", line.en),
            },
            Words { ja: format!("{}に連絡があった件数", line.ja), en: format!("Told {}", line.en) },
            Words::of(("期間中に退院した件数(対象外を除く)", "Discharges in the period, less the exclusions")),
        ],
    }
}
