//! Published figures of other places, out of counted cases.

use domain::survey::LeadTime;
use survey::{NotificationRate, Scope};

use crate::cases::{City, METHODS, month, on};

/// `told` of `all` cases, admissions and discharges alike, in October 2026.
fn october(told: usize, all: usize) -> survey::SurveyReport {
    let mut city = City::new(2, 3);
    for case in 0..all {
        let fact = city.stay(on(2026, 10, 1), on(2026, 10, 20));
        if case < told {
            fact.admission_method = Some(METHODS[case % 8]);
            fact.discharge.as_mut().unwrap().word = Some((METHODS[case % 8], LeadTime::ALL[case % 7]));
        }
    }
    city.report(&Scope::month("架空市", month(202_610))).unwrap()
}

#[test]
fn the_published_ratios_come_out_of_counted_cases() {
    for (told, all, percentage) in [(24, 33, "72.7%"), (35, 40, "87.5%"), (52, 54, "96.3%"), (47, 48, "97.9%")] {
        let report = october(told, all);
        for measure in report.measures() {
            let expected = NotificationRate::new(i64::try_from(told).unwrap(), i64::try_from(all).unwrap());
            assert_eq!((measure.total.rate, measure.total.rate.percentage().as_str()), (expected, percentage));
        }
    }
}

#[test]
fn the_timing_has_the_seven_buckets_in_their_order() {
    let report = october(24, 33);
    let timing = report.timing();
    let counted: Vec<_> = timing.buckets.into_iter().collect();
    assert_eq!(counted, std::iter::zip(LeadTime::ALL, [4, 4, 4, 3, 3, 3, 3]).collect::<Vec<_>>());
    assert_eq!(timing.early_of_told, NotificationRate::new(8, 24));
    assert_eq!(timing.early_of_discharged, NotificationRate::new(8, 33));
}

#[test]
fn every_rate_that_the_agreement_defines_is_counted_in_its_words() {
    let report = october(24, 33);
    let rates: Vec<_> = report.rates.iter().map(|r| (r.id.as_str(), r.rate.to_string())).collect();
    let expected = [
        ("admission_notification", "24/33 = 72.7%"),
        ("discharge_notification", "24/33 = 72.7%"),
        ("discharge_in_time", "8/24 = 33.3%"),
        ("discharge_in_time_of_all", "8/33 = 24.2%"),
        ("handover_missed", "9/33 = 27.3%"),
    ];
    assert_eq!(rates, expected.map(|(id, rate)| (id, rate.to_owned())));
    let definition = crate::cases::definition();
    assert_eq!(report.rates[1].denominator.ja, definition.definitions[1].denominator.ja);
}

#[test]
fn a_rate_without_words_of_the_agreement_has_its_own() {
    let mut definition = crate::cases::definition();
    definition.definitions.retain(|rate| rate.id != domain::agreement::Rate::DischargeInTimeOfAll);
    let scope = Scope::month("架空市", month(202_610));
    let as_of = domain::Instant::from_micros(0);
    let report =
        survey::SurveyReport::count(&scope, &[], &definition, &survey::Parties::default(), as_of, "1").unwrap();
    let last = report.rates.last().unwrap();
    assert_eq!(
        (last.id.as_str(), last.name.ja.as_str()),
        ("discharge_in_time_of_all", "退院5日前以上の連絡率(全退院のうち)")
    );
}

#[test]
fn a_line_at_eight_days_takes_the_first_bucket_only() {
    let mut city = City::new(1, 1);
    for lead in LeadTime::ALL {
        city.stay(on(2026, 10, 1), on(2026, 10, 20)).discharge.as_mut().unwrap().word = Some((METHODS[0], lead));
    }
    let mut definition = crate::cases::definition();
    let mut count = |line_days| {
        definition.line_days = line_days;
        let scope = Scope::month("架空市", month(202_610));
        let as_of = domain::Instant::from_micros(0);
        survey::SurveyReport::count(&scope, &city.cells(), &definition, &city.parties, as_of, "1")
    };
    assert_eq!(count(8).unwrap().timing().early_of_told.numerator, 1);
    assert_eq!(count(5).unwrap().timing().early_of_told.numerator, 2);
    assert_eq!(count(7), Err(survey::CountError::Line { days: 7 }), "a line inside a bucket");
}
