//! The tables of the paper. Figures stand at the right; a rate stands beside its fraction.

use std::collections::BTreeMap;

use domain::OrganizationId;
use domain::survey::LeadTime;
use paper::{Align, Cell, Document, Table, thousands};

use crate::NotificationRate;
use crate::report::{DefinedRate, PartyTally, SurveyReport, Tally, Timing, line_wording};

const NAME: (f32, Align) = (4.4, Align::Start);
const FRACTION: (f32, Align) = (1.5, Align::End);
const RATE: (f32, Align) = (1.4, Align::End);

/// Tables of so many rows aren't broken over pages.
const SHORT: usize = 20;

/// The rates of the whole period, each with what it means in the words of the agreement.
pub(super) fn rates(paper: &mut Document, report: &SurveyReport) {
    let mut table = Table::new([(2.3, Align::Start), (5.0, Align::Start), (1.5, Align::End), (1.2, Align::End)]);
    table.head(["", "分子と分母", "件数", "率"]);
    for DefinedRate { name, rate, numerator, denominator, .. } in &report.rates {
        table.row([
            Cell::from(name.ja.as_str()).strong(),
            format!("分子: {}\n分母: {}", numerator.ja, denominator.ja).into(),
            fraction(*rate).into(),
            Cell::from(marked(*rate)).strong(),
        ]);
    }
    paper.table(&table);
}

/// What is left out of both measures, rule by rule.
pub(super) fn exclusions(paper: &mut Document, report: &SurveyReport) {
    let mut rows = Vec::<(&str, [i64; 2])>::new();
    for (at, measure) in report.measures().into_iter().enumerate() {
        for exclusion in &measure.exclusions {
            let place = rows.iter().position(|(name, _)| *name == exclusion.name.ja).unwrap_or_else(|| {
                rows.push((&exclusion.name.ja, [0; 2]));
                rows.len() - 1
            });
            rows[place].1[at] += exclusion.count;
        }
    }
    let mut table = Table::new([(6.0, Align::Start), (1.2, Align::End), (1.2, Align::End)]);
    table.head(["理由", "入院(件)", "退院(件)"]);
    for (name, counts) in rows {
        table.row([name.to_owned(), thousands(counts[0]), thousands(counts[1])]);
    }
    let all = report.measures().map(|measure| thousands(measure.total.excluded));
    let [admission, discharge] = all;
    table.total(["計".to_owned(), admission, discharge]);
    paper.table(&table);
}

/// 要介護, 要支援, その他.
pub(super) fn strata(paper: &mut Document, report: &SurveyReport) {
    let mut table = three_rates("区分", report.line_days);
    for (admission, discharge) in report.admission.strata.iter().zip(&report.discharge.strata) {
        table.row(row(&admission.name.ja, Some(&admission.tally), Some(&discharge.tally)));
    }
    table.total(row("計", Some(&report.admission.total), Some(&report.discharge.total)));
    paper.table(&table);
    notes(
        paper,
        report.line_days,
        report.measures().iter().flat_map(|measure| measure.strata.iter().map(|s| &s.tally)),
    );
}

/// The buckets in numbers: the chart shows shares only.
pub(super) fn timing(paper: &mut Document, report: &SurveyReport) {
    let discharge = &report.discharge;
    let columns = std::iter::once(("計", &discharge.total))
        .chain(discharge.strata.iter().map(|s| (s.name.ja.as_str(), &s.tally)));
    let columns: Vec<_> =
        columns.map(|(name, tally)| (name, tally.timing.clone().unwrap_or_else(Timing::empty))).collect();
    let mut table = Table::new(std::iter::once((3.0, Align::Start)).chain(columns.iter().map(|_| (1.4, Align::End))));
    table.head(std::iter::once("時期(件)").chain(columns.iter().map(|(name, _)| *name)));
    for lead in LeadTime::ALL {
        let counts = columns.iter().map(|(_, timing)| thousands(timing.count(lead)));
        table.row(std::iter::once(lead.wording().0.to_owned()).chain(counts));
    }
    let told = columns.iter().map(|(_, timing)| thousands(timing.early_of_told.denominator));
    table.total(std::iter::once("連絡のあった退院".to_owned()).chain(told));
    paper.table(&table);
}

/// One line a hospital or office; both measures side by side.
pub(super) fn parties(
    paper: &mut Document,
    head: &str,
    admission: &[PartyTally],
    discharge: &[PartyTally],
    report: &SurveyReport,
) {
    paper.heading(1, &format!("{head}別"));
    let mut table = three_rates(head, report.line_days);
    // A party may stand in one of the lists only; both are in the same order.
    let of_id = |list: &[PartyTally]| list.iter().map(|p| (p.party_id, p.tally.clone())).collect::<BTreeMap<_, _>>();
    let (admitted, discharged): (BTreeMap<Option<OrganizationId>, Tally>, _) = (of_id(admission), of_id(discharge));
    let only_discharged = discharge.iter().filter(|party| !admitted.contains_key(&party.party_id));
    let mut all: Vec<_> =
        admission.iter().chain(only_discharged).map(|p| (p.party_id.is_none(), &p.name, p.party_id)).collect();
    all.sort();
    for (_, name, id) in all {
        let (admitted, discharged) = (admitted.get(&id), discharged.get(&id));
        // Stays that nobody looks after are excluded as a rule, and stand among the exclusions then.
        let counts = [admitted, discharged].into_iter().flatten().any(|tally| tally.rate.denominator > 0);
        if id.is_some() || counts {
            table.row(row(name, admitted, discharged));
        }
    }
    table.total(row("計", Some(&report.admission.total), Some(&report.discharge.total)));
    if admission.len().max(discharge.len()) <= SHORT {
        paper.keep_together(|paper| paper.table(&table));
    } else {
        paper.table(&table);
    }
    notes(paper, report.line_days, admission.iter().chain(discharge).map(|party| &party.tally));
}

/// By month; nothing when there is but one.
pub(super) fn months(paper: &mut Document, report: &SurveyReport) {
    let (admission, discharge) = (&report.admission, &report.discharge);
    if admission.months.len() > 1 {
        paper.heading(1, "月別");
        let mut table = three_rates("月", report.line_days);
        for (admitted, discharged) in admission.months.iter().zip(&discharge.months) {
            table.row(row(&admitted.label, Some(&admitted.tally), Some(&discharged.tally)));
        }
        table.total(row("計", Some(&admission.total), Some(&discharge.total)));
        paper.table(&table);
        notes(paper, report.line_days, admission.months.iter().chain(&discharge.months).map(|month| &month.tally));
    }
}

/// By fiscal year; nothing when there is but one.
pub(super) fn years(paper: &mut Document, report: &SurveyReport) {
    let mut years: BTreeMap<i32, (&str, [Option<&Tally>; 2], bool)> = BTreeMap::new();
    for (at, measure) in report.measures().into_iter().enumerate() {
        for year in &measure.fiscal_years {
            let entry = years.entry(year.fiscal_year).or_insert((&year.label, [None; 2], false));
            entry.1[at] = Some(&year.tally);
            entry.2 |= year.months < year.of_months;
        }
    }
    if years.len() > 1 {
        paper.heading(1, "年度別");
        let mut table = three_rates("年度", report.line_days);
        for (label, tallies, partial) in years.values() {
            let mark = if *partial { " †" } else { "" };
            table.row(row(&format!("{label}{mark}"), tallies[0], tallies[1]));
        }
        paper.table(&table);
        paper.note("各年度とも、この報告の期間と同じ月を集計しました。");
        if years.values().any(|(_, _, partial)| *partial) {
            paper.note("† 記録のない月があります。");
        }
    }
}

fn three_rates(name: &str, line_days: u16) -> Table {
    let mut table = Table::new([NAME, FRACTION, RATE, FRACTION, RATE, FRACTION, RATE]);
    let group = |text: &str| Cell::from(text).spanning(2);
    table.head([Cell::from(""), group("入院連絡"), group("退院連絡"), group(&line_wording(line_days).ja)]);
    table.head([name, "件数", "率", "件数", "率", "件数", "率"]);
    table
}

fn row(name: &str, admission: Option<&Tally>, discharge: Option<&Tally>) -> Vec<String> {
    let rate = |tally: Option<&Tally>| tally.map(|tally| tally.rate).unwrap_or_default();
    let timing = discharge.and_then(|tally| tally.timing.clone()).unwrap_or_else(Timing::empty);
    let rates = [rate(admission), rate(discharge), timing.early_of_discharged];
    let cells = rates.into_iter().flat_map(|rate| [fraction(rate), marked(rate)]);
    std::iter::once(name.to_owned()).chain(cells).collect()
}

fn fraction(rate: NotificationRate) -> String {
    format!("{}/{}", thousands(rate.numerator), thousands(rate.denominator))
}

fn marked(rate: NotificationRate) -> String {
    let mark = if rate.is_small() { "*" } else { "" };
    format!("{mark}{}", rate.percentage())
}

fn notes<'a>(paper: &mut Document, line_days: u16, mut tallies: impl Iterator<Item = &'a Tally>) {
    let small = if tallies.any(|tally| tally.rate.is_small()) { super::small_note() } else { String::new() };
    paper.note(&format!("「{}」の分母は、対象外を除く全退院です。{small}", line_wording(line_days).ja));
}
