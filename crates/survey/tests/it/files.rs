//! JSON, CSV and PDF of one report.

use survey::{Scope, SurveyReport, to_csv, to_json, to_pdf};

use crate::cases::{City, month, on};

fn year() -> SurveyReport {
    City::filled(16, 67, 6000).report(&Scope::fiscal_year("架空市", 2026, 4).unwrap()).unwrap()
}

#[test]
fn a_report_read_back_from_its_json_is_the_same_and_still_balanced() {
    let report = year();
    let text = to_json(&report);
    let read: SurveyReport = serde_json::from_str(&text).unwrap();
    assert_eq!(read, report);
    assert_eq!(to_json(&read), text);
    assert_eq!(read.check(), Ok(()));
}

#[test]
fn a_figure_changed_by_hand_is_found() {
    let mut report = year();
    report.discharge.hospitals[3].tally.stays += 1;
    report.discharge.hospitals[3].tally.excluded += 1;
    assert!(report.check().is_err());
}

#[test]
fn the_csv_opens_in_excel_and_every_rate_has_its_numbers() {
    let report = year();
    let file = to_csv(&report);
    let text = std::str::from_utf8(&file).unwrap().strip_prefix('\u{FEFF}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(
        reader.headers().unwrap(),
        ["section", "item", "stratum", "numerator", "denominator", "rate"].as_slice()
    );
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    for row in rows.iter().filter(|row| !row[5].is_empty()) {
        let (n, d): (i64, i64) = (row[3].parse().unwrap(), row[4].parse().unwrap());
        assert_eq!(row[5], survey::NotificationRate::new(n, d).percentage());
    }
    let total = rows.iter().find(|row| row[0] == report.discharge.name.ja && row[2] == *"計").unwrap();
    assert_eq!(total[3], report.discharge.total.rate.numerator.to_string());
    assert!(rows.iter().any(|row| &row[0] == "率の定め"), "the definitions are printed");
    let mut figures: Vec<_> = rows.iter().map(|row| [&row[0], &row[1], &row[2]].map(str::to_owned)).collect();
    let all = figures.len();
    figures.sort();
    figures.dedup();
    assert_eq!(figures.len(), all, "each row has its own name");
}

#[test]
fn a_name_that_a_spreadsheet_would_run_is_made_harmless() {
    for name in ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\u{FF1D}1+1"] {
        let mut city = City::new(1, 1);
        city.stay(on(2026, 10, 1), on(2026, 10, 9));
        city.parties.hospitals.values_mut().for_each(|hospital| name.clone_into(hospital));
        let file = to_csv(&city.report(&Scope::month("架空市", month(202_610))).unwrap());
        let mut reader = csv::Reader::from_reader(&file[3..]);
        let cells: Vec<_> =
            reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect();
        assert!(cells.contains(&format!("'{name}")), "{name}");
        assert!(!cells.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\u{FF1D}'])), "{name}");
    }
}

#[test]
fn the_same_report_gives_the_same_paper() {
    let report = year();
    let pdf = to_pdf(&report).unwrap();
    assert!(pdf.starts_with(b"%PDF"));
    assert!(pdf.len() < 400_000, "{} bytes", pdf.len());
    let read: SurveyReport = serde_json::from_str(&to_json(&report)).unwrap();
    assert!(to_pdf(&read).unwrap() == pdf, "different bytes");
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/year.pdf"), &pdf).unwrap();
}

#[test]
fn a_month_and_an_empty_month_have_their_paper_too() {
    let city = City::filled(4, 7, 900);
    for (number, name) in [(202_610, "month.pdf"), (202_703, "few.pdf"), (203_001, "empty.pdf")] {
        let report = city.report(&Scope::month("架空市", month(number))).unwrap();
        let pdf = to_pdf(&report).unwrap();
        std::fs::write(format!("{}/{name}", env!("CARGO_TARGET_TMPDIR")), &pdf).unwrap();
        assert!(pdf.starts_with(b"%PDF"));
    }
}
