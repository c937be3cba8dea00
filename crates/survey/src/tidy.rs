//! One tidy table for spreadsheets: section, item, stratum, numerator, denominator, rate.
//!
//! UTF-8 with a byte order mark, or Excel reads it as cp932. A cell that a spreadsheet would take for a formula gets an apostrophe
//! before it: names come from outside.

use csv::{Terminator, WriterBuilder};

use crate::NotificationRate;
use crate::report::{MeasureReport, PartyTally, StratumTally, SurveyReport, Tally, line_wording};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const HEAD: [&str; 6] = ["section", "item", "stratum", "numerator", "denominator", "rate"];
const ALL: &str = "計";

/// The whole report as one table. Rows without figures say what the figures are of.
pub fn to_csv(report: &SurveyReport) -> Vec<u8> {
    let mut rows = Rows::default();
    let about = [
        ("調査", report.title.ja.clone()),
        ("地域", report.region_name.clone()),
        ("期間", report.period.label.ja.clone()),
        ("状態", if report.period.provisional { "途中経過" } else { "期間終了後の集計" }.to_owned()),
        ("集計時点", report.as_of.to_string()),
        ("連絡ルールの版", report.edition.clone()),
    ];
    for (item, value) in &about {
        rows.row([item, value, "", "", "", ""]);
    }
    for defined in &report.rates {
        let words = format!("分子:{} 分母:{}", defined.numerator.ja, defined.denominator.ja);
        rows.row(["率の定め", &defined.name.ja, &words, "", "", ""]);
    }
    for defined in &report.rates {
        rows.rate("率", &defined.name.ja, ALL, defined.rate);
    }
    for measure in report.measures() {
        rows.measure(measure);
    }
    rows.timing(report);
    let mut file = BYTE_ORDER_MARK.to_vec();
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut file);
    writer
        .write_record(HEAD)
        .and_then(|()| rows.0.iter().try_for_each(|row| writer.write_record(row)))
        .expect("six cells go into memory");
    drop(writer);
    file
}

#[derive(Default)]
struct Rows(Vec<[String; 6]>);

impl Rows {
    fn row(&mut self, cells: [&str; 6]) {
        self.0.push(cells.map(harmless));
    }

    fn rate(&mut self, section: &str, item: &str, stratum: &str, rate: NotificationRate) {
        let (numerator, denominator) = (rate.numerator.to_string(), rate.denominator.to_string());
        self.row([section, item, stratum, &numerator, &denominator, &rate.percentage()]);
    }

    fn measure(&mut self, report: &MeasureReport) {
        let name = &report.name.ja;
        let section = |of: &str| format!("{name} {of}");
        self.rate(name, "期間計", ALL, report.total.rate);
        self.strata(name, "期間計", &report.strata);
        for method in &report.methods {
            let share = NotificationRate::new(method.count, report.total.rate.numerator);
            self.rate(&section("方法"), &method.name.ja, ALL, share);
        }
        for exclusion in &report.exclusions {
            let share = NotificationRate::new(exclusion.count, report.total.stays);
            self.rate(&section("対象外"), &exclusion.name.ja, ALL, share);
        }
        self.parties(&section("医療機関別"), &report.hospitals);
        self.parties(&section("事業所別"), &report.offices);
        for month in &report.months {
            self.rate(&section("月別"), &month.label, ALL, month.tally.rate);
        }
        for year in &report.fiscal_years {
            self.rate(&section("年度別"), &year.label, ALL, year.tally.rate);
        }
    }

    fn parties(&mut self, section: &str, parties: &[PartyTally]) {
        for party in parties {
            self.rate(section, &party.name, ALL, party.tally.rate);
            self.strata(section, &party.name, &party.strata);
        }
    }

    fn strata(&mut self, section: &str, item: &str, strata: &[StratumTally]) {
        for stratum in strata {
            self.rate(section, item, &stratum.name.ja, stratum.tally.rate);
        }
    }

    fn timing(&mut self, report: &SurveyReport) {
        let discharge = &report.discharge;
        self.buckets("期間計", ALL, &discharge.total);
        for stratum in &discharge.strata {
            self.buckets("期間計", &stratum.name.ja, &stratum.tally);
        }
        let line = line_wording(report.line_days).ja;
        self.early(&line, "期間計", ALL, &discharge.total);
        for stratum in &discharge.strata {
            self.early(&line, "期間計", &stratum.name.ja, &stratum.tally);
        }
        for party in discharge.hospitals.iter().chain(&discharge.offices) {
            self.early(&line, &party.name, ALL, &party.tally);
        }
        for month in &discharge.months {
            self.early(&line, &month.label, ALL, &month.tally);
        }
        for year in &discharge.fiscal_years {
            self.early(&line, &year.label, ALL, &year.tally);
        }
    }

    fn buckets(&mut self, item: &str, stratum: &str, tally: &Tally) {
        for (lead, count) in tally.timing.iter().flat_map(|timing| &timing.buckets) {
            let share = NotificationRate::new(*count, tally.rate.numerator);
            self.rate("退院連絡の時期", &format!("{item} {}", lead.wording().0), stratum, share);
        }
    }

    fn early(&mut self, line: &str, item: &str, stratum: &str, tally: &Tally) {
        let Some(timing) = &tally.timing else { return };
        self.rate(&format!("{line}(連絡ありのうち)"), item, stratum, timing.early_of_told);
        self.rate(&format!("{line}(全退院のうち)"), item, stratum, timing.early_of_discharged);
    }
}

/// Text that a spreadsheet would run is made text again; full-width signs count too, a Japanese Excel takes them for formulas.
pub fn harmless(text: &str) -> String {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}']);
    if runs { format!("'{text}") } else { text.to_owned() }
}
