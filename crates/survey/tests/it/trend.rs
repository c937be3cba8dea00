//! Months and fiscal years.

use domain::survey::LeadTime;
use survey::{NotificationRate, Scope};

use crate::cases::{City, METHODS, month, on};

/// One stay each October from 2023 on, told from 2024 on; and one in May 2026.
fn octobers() -> City {
    let mut city = City::new(1, 1);
    for year in 2023..=2026 {
        let fact = city.stay(on(year, 10, 1), on(year, 10, 20));
        fact.discharge.as_mut().unwrap().word = (year > 2023).then_some((METHODS[0], LeadTime::FiveToSeven));
    }
    city.stay(on(2026, 5, 1), on(2026, 5, 20));
    city
}

#[test]
fn a_month_is_compared_with_the_same_month_of_other_years() {
    let report = octobers().report(&Scope::month("架空市", month(202_610))).unwrap();
    assert_eq!(report.title.ja, "令和8年度 入退院連絡調査");
    assert_eq!(report.period.label.ja, "令和8年10月分");
    let years: Vec<_> = report
        .discharge
        .fiscal_years
        .iter()
        .map(|y| (y.label.as_str(), y.tally.rate.numerator, y.tally.rate.denominator))
        .collect();
    assert_eq!(years, [("令和5年度", 0, 1), ("令和6年度", 1, 1), ("令和7年度", 1, 1), ("令和8年度", 1, 1)]);
    assert_eq!(report.discharge.months.len(), 1);
}

#[test]
fn a_year_is_compared_whole_and_says_how_many_months_it_has() {
    let report = octobers().report(&Scope::fiscal_year("架空市", 2026, 4).unwrap()).unwrap();
    let year = report.discharge.fiscal_years.last().unwrap();
    assert_eq!((year.months, year.of_months, year.tally.stays), (2, 12, 2));
    assert_eq!(report.discharge.months.len(), 12);
    assert_eq!(report.discharge.months[1].tally.rate, NotificationRate::new(0, 1));
    assert_eq!(report.discharge.months[2].tally.rate.percentage(), "—");
}

#[test]
fn a_report_before_the_end_of_its_period_says_so() {
    let city = octobers();
    let count = |scope: Scope| city.report(&scope).unwrap().period.provisional;
    assert!(!count(Scope::month("架空市", month(202_704))), "counted on the first of May");
    assert!(count(Scope::month("架空市", month(202_705))));
}

#[test]
fn a_hospital_without_a_case_has_its_line_and_one_off_the_list_too() {
    let mut city = octobers();
    let gone = city.hospitals[0];
    city.parties.hospitals.remove(&gone);
    let idle = City::new(2, 2).hospitals[1];
    city.parties.hospitals.insert(idle, "架空休診病院".into());
    let report = city.report(&Scope::month("架空市", month(202_610))).unwrap();
    let lines: Vec<_> = report.discharge.hospitals.iter().map(|p| (p.party_id, p.tally.rate.to_string())).collect();
    assert!(lines.contains(&(Some(idle), "0/0 = —".to_owned())), "{lines:?}");
    assert!(lines.contains(&(Some(gone), "1/1 = 100.0%".to_owned())), "{lines:?}");
}
