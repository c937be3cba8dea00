//! The agreement's rates, with the figures that belong to them.
//!
//! The agreement says what a rate means, in words; which figures that is stands here, with words for the rates that every report shows
//! and this agreement doesn't explain.
//!
//! # How to add a rate
//!
//! A variant of [`Rate`] with its figures in [`figures`]; the agreement's file gives the words.

use domain::agreement::{Rate, RateDefinition, SurveyDefinition};
use domain::survey::Measure;

use crate::report::{DefinedRate, Tally, Timing, Words};
use crate::{NotificationRate, report::line_wording};

/// In every report, whether or not the agreement has words for them.
const ALWAYS: [Rate; 4] =
    [Rate::AdmissionNotification, Rate::DischargeNotification, Rate::DischargeInTime, Rate::DischargeInTimeOfAll];

/// What a rate is counted from.
pub(crate) fn figures(rate: Rate, admission: &Tally, discharge: &Tally) -> NotificationRate {
    let timing = || discharge.timing.clone().unwrap_or_else(Timing::empty);
    match rate {
        Rate::AdmissionNotification => admission.rate,
        Rate::DischargeNotification => discharge.rate,
        Rate::DischargeInTime => timing().early_of_told,
        Rate::DischargeInTimeOfAll => timing().early_of_discharged,
        Rate::HandoverMissed => {
            let NotificationRate { numerator, denominator } = discharge.rate;
            NotificationRate::new(denominator - numerator, denominator)
        }
    }
}

/// The agreement's rates in its order, then those that every report has.
pub(crate) fn defined(definition: &SurveyDefinition, admission: &Tally, discharge: &Tally) -> Vec<DefinedRate> {
    let besides = ALWAYS.into_iter().filter(|rate| definition.definition(*rate).is_none());
    let besides = besides.map(|rate| (rate, built_in(rate, definition.line_days)));
    let agreed = definition.definitions.iter().map(|rate| (rate.id, words(rate)));
    let counted = |(rate, [name, numerator, denominator]): (Rate, [Words; 3])| DefinedRate {
        id: rate.id().to_owned(),
        name,
        rate: figures(rate, admission, discharge),
        numerator,
        denominator,
    };
    agreed.chain(besides).map(counted).collect()
}

/// 入院連絡率 or 退院連絡率, as the agreement calls it.
pub(crate) fn name(definition: &SurveyDefinition, measure: Measure) -> Words {
    let rate = if measure == Measure::Admission { Rate::AdmissionNotification } else { Rate::DischargeNotification };
    let [name, ..] = definition.definition(rate).map_or_else(|| built_in(rate, definition.line_days), words);
    name
}

fn words(rate: &RateDefinition) -> [Words; 3] {
    [&rate.wording, &rate.numerator, &rate.denominator].map(|words| Words::of((&words.ja, &words.en)))
}

/// For rates that every report shows and this agreement doesn't define.
fn built_in(rate: Rate, line_days: u16) -> [Words; 3] {
    let line = line_wording(line_days);
    match rate {
        Rate::AdmissionNotification => [
            ("入院連絡率", "Admission notification rate"),
            ("入院の連絡があった件数", "Admissions that were told of"),
            ("期間中に入院した件数(対象外を除く)", "Admissions in the period, less the exclusions"),
        ]
        .map(Words::of),
        Rate::DischargeNotification => [
            ("退院連絡率", "Discharge notification rate"),
            ("退院の連絡があった件数", "Discharges that were told of"),
            ("期間中に退院した件数(対象外を除く)", "Discharges in the period, less the exclusions"),
        ]
        .map(Words::of),
        Rate::DischargeInTime => [
            Words { ja: format!("{}の連絡の割合", line.ja), en: format!("Told {}", line.en) },
            Words { ja: format!("{}に連絡があった件数", line.ja), en: format!("Told {}", line.en) },
            Words::of(("退院の連絡があった件数", "Discharges that were told of")),
        ],
        Rate::HandoverMissed => [
            ("引き継ぎ漏れ率", "Missed hand-over rate"),
            ("連絡のないまま退院した件数", "Discharges nobody was told of"),
            ("期間中に退院した件数(対象外を除く)", "Discharges in the period, less the exclusions"),
        ]
        .map(Words::of),
        Rate::DischargeInTimeOfAll => [
            Words {
                ja: format!("{}の連絡率(全退院のうち)", line.ja),
                en: format!("Told {}, of all discharges", line.en),
            },
            Words { ja: format!("{}に連絡があった件数", line.ja), en: format!("Told {}", line.en) },
            Words::of(("期間中に退院した件数(対象外を除く)", "Discharges in the period, less the exclusions")),
        ],
    }
}
