//! The agreement file, and everything that may be wrong with it.
//!
//! Two passes: serde reads the keys (and refuses unknown ones), then the rules between keys are checked. Tables that repeat remember
//! where they stand in the text, so that the second pass names a line as well as the first.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rules::{
    Checklist, ChecklistDefinition, ChecklistError, Condition, Criterion, FeeEdition, FileError, NextDay, SheetFees,
    Wording,
};
use serde::Deserialize;
use toml::Spanned;

use crate::facts;
use crate::retention::Retention;

use super::{Agreement, DischargeNoticeRule, Escalation, Example, Rate, SurveyDefinition};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    edition: String,
    valid_from: NaiveDate,
    #[serde(default)]
    valid_to: Option<NaiveDate>,
    name: Wording,
    checklist: List,
    discharge_notice: Spanned<DischargeNoticeRule>,
    sheet_fees: Vec<Spanned<FeeEdition>>,
    escalation: Spanned<Escalation>,
    survey: Spanned<SurveyDefinition>,
    #[serde(default)]
    retention: Option<Spanned<Retention>>,
    examples: Vec<Spanned<Example>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    criteria: Vec<Spanned<Criterion>>,
    #[serde(default)]
    required_when: Option<Condition>,
    #[serde(default)]
    advised_when: Option<Condition>,
}

/// Makes errors that point into the text.
struct Place<'a> {
    file: &'a str,
    text: &'a str,
}

impl Place<'_> {
    fn wrong(&self, table_at: usize, key: &str, expected: impl Into<String>) -> FileError {
        FileError::in_table(self.file, self.text, table_at, key, expected)
    }

    fn ensure(&self, holds: bool, table_at: usize, key: &str, expected: &str) -> Result<(), FileError> {
        if holds { Ok(()) } else { Err(self.wrong(table_at, key, expected)) }
    }

    /// Where a table is written; the whole text's beginning if it is not.
    fn table(&self, header: &str) -> usize {
        self.text.find(&format!("\n{header}")).map_or(0, |at| at + 1)
    }
}

pub(super) fn parse(file_name: &str, text: &str) -> Result<Agreement, FileError> {
    let file: File = toml::from_str(text).map_err(|error| FileError::from_toml(file_name, text, &error))?;
    let place = Place { file: file_name, text };
    let is_slug =
        |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    place.ensure(is_slug(&file.id), 0, "id", "lower-case letters, digits and `_`")?;
    place.ensure(!file.edition.trim().is_empty(), 0, "edition", "the name of the edition")?;
    let in_order = file.valid_to.is_none_or(|last| last >= file.valid_from);
    place.ensure(in_order, 0, "valid_to", "a day not before `valid_from`")?;

    let checklist = checklist(&place, file.edition.clone(), file.checklist)?;
    let sheet_fees = sheet_fees(&place, file.sheet_fees)?;
    check_discharge_notice(&place, &file.discharge_notice)?;
    check_escalation(&place, &file.escalation)?;
    check_survey(&place, &file.survey)?;
    let retention = file.retention.map(Spanned::into_inner).unwrap_or_default();
    let kept = Retention::YEARS.contains(&retention.years_after_stay);
    place.ensure(kept, place.table("[retention]"), "years_after_stay", "2 to 30 years")?;
    place.ensure(!file.examples.is_empty(), 0, "examples", "at least one worked example")?;
    for example in &file.examples {
        check_example(&place, example.span().start, example.get_ref(), &checklist)?;
    }
    Ok(Agreement {
        id: file.id,
        name: file.name,
        edition: file.edition,
        valid_from: file.valid_from,
        valid_to: file.valid_to,
        checklist,
        discharge_notice: file.discharge_notice.into_inner(),
        sheet_fees,
        escalation: file.escalation.into_inner(),
        survey: file.survey.into_inner(),
        retention,
        examples: file.examples.into_iter().map(Spanned::into_inner).collect(),
    })
}

fn checklist(place: &Place<'_>, edition: String, list: List) -> Result<Checklist, FileError> {
    for criterion in &list.criteria {
        let asked = criterion.get_ref().derived.iter().flat_map(Condition::fact_tests);
        if let Some(expected) = asked.filter_map(|test| facts::may_ask(test).err()).next() {
            return Err(place.wrong(criterion.span().start, "derived", expected));
        }
    }
    let starts: Vec<usize> = list.criteria.iter().map(|criterion| criterion.span().start).collect();
    let definition = ChecklistDefinition {
        edition,
        criteria: list.criteria.into_iter().map(Spanned::into_inner).collect(),
        required_when: list.required_when,
        advised_when: list.advised_when,
    };
    Checklist::try_from(definition).map_err(|ChecklistError { criterion, key, expected }| {
        let table_at = criterion.and_then(|nth| starts.get(nth).copied());
        place.wrong(table_at.unwrap_or_else(|| place.table("[checklist]")), key, expected)
    })
}

fn sheet_fees(place: &Place<'_>, tables: Vec<Spanned<FeeEdition>>) -> Result<SheetFees, FileError> {
    let starts: Vec<usize> = tables.iter().map(|table| table.span().start).collect();
    place.ensure(!tables.is_empty(), 0, "sheet_fees", "at least one fee table")?;
    for table in &tables {
        for (key, fee) in [("full", &table.get_ref().full), ("reduced", &table.get_ref().reduced)] {
            let expected = "a last day of 1 (the day of admission) to 31";
            place.ensure((1..=31).contains(&fee.day), table.span().start, &format!("{key}.day"), expected)?;
            let rolls = fee.next_day == NextDay::AfterHoursAndLastDayClosed;
            place.ensure(
                !rolls || fee.day > 1,
                table.span().start,
                &format!("{key}.next_day"),
                "a later `day` than 1 for this",
            )?;
        }
    }
    SheetFees::new(tables.into_iter().map(Spanned::into_inner).collect())
        .map_err(|nth| place.wrong(starts[nth], "valid_from", "a day after that of the table above"))
}

fn check_discharge_notice(place: &Place<'_>, rule: &Spanned<DischargeNoticeRule>) -> Result<(), FileError> {
    let (at, rule) = (place.table("[discharge_notice]"), rule.get_ref());
    place.ensure((1..=60).contains(&rule.period.days), at, "period", "1 to 60 days")?;
    let distinct: BTreeSet<u16> = rule.warn_ahead_days.iter().copied().collect();
    let holds =
        !distinct.is_empty() && distinct.len() == rule.warn_ahead_days.len() && distinct.iter().all(|days| *days <= 60);
    place.ensure(holds, at, "warn_ahead_days", "at least one number of days, each once, up to 60")
}

fn check_escalation(place: &Place<'_>, escalation: &Spanned<Escalation>) -> Result<(), FileError> {
    let (at, escalation) = (place.table("[escalation]"), escalation.get_ref());
    let days: Vec<u16> = escalation.after_miss.iter().map(|step| step.after_days).collect();
    let noons: Vec<u16> = escalation.unacknowledged.iter().map(|step| step.working_noons).collect();
    place.ensure(
        !days.is_empty() && days.is_sorted(),
        at,
        "after_miss",
        "at least one step, in the order of `after_days`",
    )?;
    let holds = !noons.is_empty() && noons.is_sorted() && noons[0] >= 1;
    place.ensure(holds, at, "unacknowledged", "at least one step, in the order of `working_noons`, from 1")
}

fn check_survey(place: &Place<'_>, survey: &Spanned<SurveyDefinition>) -> Result<(), FileError> {
    let (at, survey) = (place.table("[survey]"), survey.get_ref());
    place.ensure((1..=12).contains(&survey.month), at, "month", "a month, 1 to 12")?;
    place.ensure((1..=12).contains(&survey.fiscal_year_starts), at, "fiscal_year_starts", "a month, 1 to 12")?;
    let exclusions: BTreeSet<&str> = survey.exclusions.iter().map(|rule| rule.id.as_str()).collect();
    place.ensure(exclusions.len() == survey.exclusions.len(), at, "exclusions", "each exclusion's `id` once")?;
    place.ensure(SurveyDefinition::LINES.contains(&survey.line_days), at, "line_days", "8, 5, 2, 1 or 0 days")?;
    let rates: BTreeSet<Rate> = survey.definitions.iter().map(|rate| rate.id).collect();
    place.ensure(rates.len() == survey.definitions.len(), at, "definitions", "each rate's `id` once")?;
    for wanted in [Rate::AdmissionNotification, Rate::DischargeNotification] {
        let expected = format!("a definition with the id `{}`", wanted.id());
        place.ensure(rates.contains(&wanted), at, "definitions", &expected)?;
    }
    Ok(())
}

fn check_example(place: &Place<'_>, at: usize, example: &Example, list: &Checklist) -> Result<(), FileError> {
    let answered = [
        ("yes", Some(&example.yes)),
        ("no", Some(&example.no)),
        ("because", example.because.as_ref()),
        ("missing", example.missing.as_ref()),
    ];
    for (key, ids) in answered {
        for id in ids.into_iter().flatten() {
            if list.criterion(id).is_none() {
                return Err(place.wrong(at, key, format!("a criterion of the list, not `{id}`")));
            }
        }
    }
    let answers = example.answers(list);
    if let Some(unknown) = list.unknown_in(&answers).first() {
        return Err(place.wrong(at, "details", format!("a detail of the list, not `{unknown}`")));
    }
    let known = list.fact_names();
    for (name, value) in example.facts.iter() {
        if !known.contains(name) {
            return Err(place.wrong(at, "facts", format!("a fact that the list asks about, not `{name}`")));
        }
        facts::may_be(name, value).map_err(|expected| place.wrong(at, "facts", expected))?;
    }
    Ok(())
}
