//! Totals equal their parts, whatever the cases were.

use chrono::Days;
use domain::Instant;
use domain::patient::CareGroup;
use domain::survey::{DischargeFact, LeadTime, NO_CARE_MANAGER, Side};
use proptest::option;
use proptest::prelude::*;
use survey::{CountError, NotificationRate, Scope, SurveyReport, Tally};

use crate::cases::{City, METHODS, definition, month, on};

#[derive(Debug, Clone)]
struct Case {
    hospital: usize,
    /// 3: nobody manages the care.
    office: usize,
    group: usize,
    admitted_after: u64,
    stayed: Option<u64>,
    admission: Option<usize>,
    word: Option<(usize, usize)>,
    exclusions: [Option<usize>; 2],
}

const RULES: [&str; 3] = ["died", "transferred", "a_rule_of_an_older_edition"];

fn case() -> impl Strategy<Value = Case> {
    let exclusion = || option::weighted(0.2, 0..RULES.len());
    (
        0..3_usize,
        0..4_usize,
        0..3_usize,
        0..800_u64,
        option::of(0..60_u64),
        option::of(0..8_usize),
        option::of((0..8_usize, 0..7_usize)),
        [exclusion(), exclusion()],
    )
        .prop_map(|(hospital, office, group, admitted_after, stayed, admission, word, exclusions)| Case {
            hospital,
            office,
            group,
            admitted_after,
            stayed,
            admission,
            word,
            exclusions,
        })
}

fn city(cases: &[Case]) -> City {
    let mut city = City::new(3, 3);
    for case in cases {
        let admitted_on = on(2025, 2, 1) + Days::new(case.admitted_after);
        let (hospital_id, office_id) = (city.hospitals[case.hospital], city.offices.get(case.office).copied());
        let by_rule = |rule: Option<usize>| {
            let nobody = office_id.is_none().then(|| NO_CARE_MANAGER.to_owned());
            rule.map(|rule| RULES[rule].to_owned()).or(nobody)
        };
        let fact = city.stay(admitted_on, admitted_on);
        fact.hospital_id = hospital_id;
        fact.office_id = office_id;
        fact.group = CareGroup::ALL[case.group];
        fact.admission_method = case.admission.map(|way| METHODS[way]);
        fact.admission_exclusion = by_rule(case.exclusions[0]);
        fact.discharge = case.stayed.map(|days| DischargeFact {
            discharged_on: admitted_on + Days::new(days),
            word: case.word.map(|(way, lead)| (METHODS[way], LeadTime::ALL[lead])),
            exclusion: by_rule(case.exclusions[1]),
        });
    }
    city
}

fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> (i64, i64, i64, i64) {
    tallies.fold((0, 0, 0, 0), |sum, tally| {
        let early = tally.timing.as_ref().map_or(0, |timing| timing.early_of_told.numerator);
        (sum.0 + tally.stays, sum.1 + tally.excluded, sum.2 + tally.rate.numerator, sum.3 + early)
    })
}

proptest! {
    #[test]
    fn totals_equal_their_parts_on_both_sides(cases in prop::collection::vec(case(), 0..120), length in 1..14_usize) {
        let city = city(&cases);
        let first = month(202_504);
        let last = std::iter::successors(Some(first), |m| Some(m.next())).nth(length - 1).unwrap();
        let scope = Scope { region_name: "架空市".into(), first, last };
        let report = city.report(&scope).unwrap();
        prop_assert_eq!(report.check(), Ok(()));

        let inside = |day: chrono::NaiveDate| (first..=last).contains(&domain::survey::Month::of(day));
        let admitted: Vec<_> = city.facts.iter().filter(|fact| inside(fact.admitted_on)).collect();
        let discharged: Vec<_> = city.facts.iter().filter_map(|f| f.discharge.as_ref()).filter(|d| inside(d.discharged_on)).collect();
        let told = i64::try_from(admitted.iter().filter(|f| f.admission_exclusion.is_none() && f.admission_method.is_some()).count()).unwrap();
        let counted = i64::try_from(admitted.iter().filter(|f| f.admission_exclusion.is_none()).count()).unwrap();
        prop_assert_eq!(report.admission.total.rate, NotificationRate::new(told, counted));
        let told = i64::try_from(discharged.iter().filter(|d| d.exclusion.is_none() && d.word.is_some()).count()).unwrap();
        let counted = i64::try_from(discharged.iter().filter(|d| d.exclusion.is_none()).count()).unwrap();
        prop_assert_eq!(report.discharge.total.rate, NotificationRate::new(told, counted));

        for measure in report.measures() {
            let total = sum(std::iter::once(&measure.total));
            prop_assert_eq!(sum(measure.strata.iter().map(|s| &s.tally)), total);
            prop_assert_eq!(sum(measure.hospitals.iter().map(|p| &p.tally)), total);
            prop_assert_eq!(sum(measure.offices.iter().map(|p| &p.tally)), total);
            prop_assert_eq!(sum(measure.months.iter().map(|m| &m.tally)), total);
            prop_assert!(measure.total.rate.numerator <= measure.total.rate.denominator);
            prop_assert_eq!(measure.total.excluded + measure.total.rate.denominator, measure.total.stays);
            prop_assert_eq!(measure.exclusions.iter().map(|e| e.count).sum::<i64>(), measure.total.excluded);
            prop_assert_eq!(measure.methods.iter().map(|m| m.count).sum::<i64>(), measure.total.rate.numerator);
        }
        prop_assert_eq!(report.timing().buckets.values().sum::<i64>(), report.discharge.total.rate.numerator);
    }

    #[test]
    fn neither_the_order_nor_the_splitting_of_cells_matters(cases in prop::collection::vec(case(), 1..60), turn in 0..1000_usize) {
        let city = city(&cases);
        let scope = Scope::fiscal_year("架空市", 2025, 4).unwrap();
        let count = |cells: &[_]| SurveyReport::count(&scope, cells, &definition(), &city.parties, Instant::from_micros(0), "1").unwrap();
        let mut cells = city.cells();
        let report = count(&cells);
        cells.reverse();
        let middle = turn % cells.len();
        cells.rotate_left(middle);
        let mut part = cells[middle].clone();
        part.count = 3;
        cells[middle].count -= 3;
        cells.push(part);
        prop_assert_eq!(count(&cells).to_json(), report.to_json());
    }
}

#[test]
fn cells_of_which_one_side_is_missing_give_no_report() {
    let mut city = City::new(1, 1);
    city.stay(on(2026, 10, 1), on(2026, 10, 9));
    let scope = Scope::month("架空市", month(202_610));
    let mut cells = city.cells();
    cells.retain(|cell| cell.key.side == Side::Hospital);
    let counted = SurveyReport::count(&scope, &cells, &definition(), &city.parties, Instant::from_micros(0), "1");
    let Err(CountError::Imbalance(imbalance)) = counted else { panic!("the office side is missing: {counted:?}") };
    assert_eq!((imbalance.what.as_str(), imbalance.expected, imbalance.found), ("the offices: stays", 1, 0));
}

#[test]
fn a_negative_count_gives_no_report() {
    let mut city = City::new(1, 1);
    city.stay(on(2026, 10, 1), on(2026, 10, 9));
    let mut cells = city.cells();
    cells.iter_mut().for_each(|cell| cell.count = -1);
    let scope = Scope::month("架空市", month(202_610));
    let counted = SurveyReport::count(&scope, &cells, &definition(), &city.parties, Instant::from_micros(0), "1");
    assert!(matches!(counted, Err(CountError::Imbalance(_))), "{counted:?}");
}

#[test]
fn cells_of_two_regions_and_a_period_without_end_are_refused() {
    let [mut one, scope] =
        [City::new(1, 1), City::new(1, 1)].map(|city| (city, Scope::month("架空市", month(202_610))));
    one.0.stay(on(2026, 10, 1), on(2026, 10, 9));
    let mut cells = one.0.cells();
    cells[0].key.region_id = uuid::Uuid::nil().into();
    let count = |scope: &Scope, cells: &[_]| {
        SurveyReport::count(scope, cells, &definition(), &one.0.parties, Instant::from_micros(0), "1").map(|_| ())
    };
    assert_eq!(count(&scope.1, &cells), Err(CountError::SeveralRegions));
    for (first, last) in [(202_610, 202_609), (190_001, 202_610)] {
        let (first, last) = (month(first), month(last));
        let refused = Err(CountError::Period { first, last });
        assert_eq!(count(&Scope { region_name: "架空市".into(), first, last }, &[]), refused);
    }
}
