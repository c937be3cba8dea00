//! The yearly figures, counted by hand.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{Entry, Kind, Model, Stay};

/// Of one group of stays. Everything is 0 at first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) stays: i64,
    pub(crate) excluded: i64,
    pub(crate) told: i64,
    /// Of discharges: by bucket.
    pub(crate) buckets: BTreeMap<&'static str, i64>,
}

/// Of admissions, or of discharges.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) total: Tally,
    pub(crate) by_hospital: BTreeMap<String, Tally>,
    /// 202612.
    pub(crate) by_month: BTreeMap<i64, Tally>,
    pub(crate) exclusions: BTreeMap<&'static str, i64>,
}

impl Figures {
    fn count(&mut self, stay: &Stay, day: NaiveDate, excluded: Option<&'static str>, told: Option<&'static str>) {
        let month = i64::from(day.year()) * 100 + i64::from(day.month());
        let of_hospital = self.by_hospital.entry(stay.hospital.clone()).or_default();
        for tally in [&mut self.total, of_hospital, self.by_month.entry(month).or_default()] {
            tally.stays += 1;
            if excluded.is_some() {
                tally.excluded += 1;
            } else if let Some(bucket) = told {
                tally.told += 1;
                *tally.buckets.entry(bucket).or_default() += 1;
            }
        }
        if let Some(rule) = excluded {
            *self.exclusions.entry(rule).or_default() += 1;
        }
    }
}

const fn bucket(days: i64) -> &'static str {
    match days {
        8.. => "eight_or_more",
        5..=7 => "five_to_seven",
        2..=4 => "two_to_four",
        1 => "day_before",
        0 => "same_day",
        _ => "after",
    }
}

impl Stay {
    /// Why this discharge is not counted, besides that nobody manages the care.
    pub(super) fn exclusion(&self, gone: &Entry) -> Option<&'static str> {
        match gone.to {
            "died" => Some("died"),
            "other_hospital" => Some("transferred"),
            _ if gone.unchanged && (gone.on - self.admitted_on).num_days() <= 2 => Some("short_unchanged"),
            _ if self.respite => Some("respite"),
            _ => None,
        }
    }

    /// How early the first word of the discharge was; a word of an unknown day only if there is no other.
    fn first_word(&self, gone: NaiveDate) -> Option<&'static str> {
        let words: Vec<_> = self.words.iter().filter(|word| word.kind.is_of_discharge() && word.stands()).collect();
        let first = words.iter().filter_map(|word| word.told_on).min();
        first.map(|day| bucket((gone - day).num_days())).or((!words.is_empty()).then_some("unknown"))
    }
}

impl Model {
    /// Admissions and discharges.
    pub(crate) fn figures(&self) -> (Figures, Figures) {
        let (mut admissions, mut discharges) = (Figures::default(), Figures::default());
        for stay in self.stays.values().filter(|stay| stay.void.is_none()) {
            let nobody = stay.manager.is_none().then_some("no_care_manager");
            let of_admission = |kind| matches!(kind, Kind::Admission | Kind::Sheet);
            let told = stay.words.iter().any(|word| of_admission(word.kind) && word.stands());
            admissions.count(stay, stay.admitted_on, nobody, told.then_some("told"));
            if let Some(gone) = stay.discharge() {
                let excluded = stay.exclusion(gone).or(nobody);
                discharges.count(stay, gone.on, excluded, stay.first_word(gone.on));
            }
        }
        (admissions, discharges)
    }
}
