use std::collections::{BTreeMap, BTreeSet};

use domain::deadline::Timeliness;
use domain::delivery::DeliveryState;
use domain::party::OrganizationKind;
use domain::patient::CareGroup;
use domain::survey::{LeadTime, Method};

use super::*;

fn today() -> NaiveDate {
    "2026-11-20".parse().unwrap()
}

fn played(city: &City, courses: &[course::Course]) -> Vec<Changes> {
    let (agreement, calendar, directory) = (Agreement::kitami(), Calendar::japan(), city.directory());
    let ground = Ground::new(city, &agreement, &calendar, &directory, city.evening_before());
    courses.iter().map(|course| course.play(&ground).unwrap()).collect()
}

#[test]
fn the_full_city_has_as_many_of_each_as_the_survey_of_kitami() {
    let city = City::plan(1, CitySize::Full, today(), "hash");
    let count = |kind| city.organizations.iter().filter(|o| o.kind == kind).count();
    assert_eq!(count(OrganizationKind::Hospital), 16);
    assert_eq!(count(OrganizationKind::CareOffice), 67);
    assert_eq!(count(OrganizationKind::SupportCentre), 8);
    assert_eq!(count(OrganizationKind::Municipality), 1);
    assert_eq!(city.care_managers.len(), 196);
    let logins: BTreeSet<_> = city.accounts.iter().map(|account| &account.login).collect();
    assert_eq!(logins.len(), city.accounts.len());
    let names: BTreeSet<_> = city.organizations.iter().map(|o| &o.name).collect();
    assert_eq!(names.len(), city.organizations.len());
    assert!(city.contact_points.iter().all(|point| point.email.as_str().ends_with(".example.jp")));
    assert_eq!(city.patient(city.cast.hanako).name.as_str(), "北見 花子");
}

#[test]
fn the_same_seed_and_day_give_the_same_city_and_the_same_stays() {
    let week = (today() - chrono::Days::new(10), today() - chrono::Days::new(3));
    let make = |seed| {
        let city = City::plan(seed, CitySize::Full, today(), "hash");
        let stays = played(&city, &history::plan(&city, week.0, week.1, 300));
        (city.accounts.clone(), city.beds(), stays)
    };
    assert_eq!(make(7), make(7));
    assert_ne!(make(7).1, make(8).1);
}

#[test]
fn every_bed_tells_its_story() {
    let city = City::plan(1, CitySize::Full, today(), "hash");
    let beds = beds::plan(&city);
    assert!((38..=44).contains(&beds.len()), "{}", beds.len());
    assert_eq!(beds.iter().filter(|(bed, _)| bed.ward_id == city.cast.ward_id).count(), 6);
    let courses: Vec<_> = beds.iter().map(|(_, course)| course.clone()).collect();
    for ((bed, _), changes) in beds.iter().zip(played(&city, &courses)) {
        let encounter = changes.encounter.as_ref().unwrap().row();
        assert_eq!(encounter.id, bed.encounter_id);
        assert!(encounter.state.is_open());
        let verdicts: Vec<_> = changes.deadlines.iter().filter(|d| d.open).map(|d| d.timeliness).collect();
        let has = |verdict| verdicts.contains(&verdict);
        let right = match bed.story {
            Story::Fresh | Story::Told | Story::Phoned | Story::NotNeeded => verdicts.is_empty(),
            Story::DueInTwoDays => has(Timeliness::NotDue),
            Story::Missed => has(Timeliness::Missed),
            Story::Impossible => has(Timeliness::Impossible),
            Story::Unanswered | Story::SentOn | Story::SheetWaits => verdicts.len() == 1,
            Story::Moved => verdicts.len() == 1 && changes.notices.len() == 1,
        };
        assert!(right, "{:?}: {:?}", bed.story, changes.deadlines);
        assert!(changes.deliveries.iter().all(|d| matches!(d.state, DeliveryState::Delivered { .. })));
    }
    assert_eq!(city.hanakos_stay(), beds[0].0.encounter_id);
}

#[test]
fn a_year_of_stays_looks_like_a_city_that_tells_most_of_it() {
    let city = City::plan(1, CitySize::Full, today(), "hash");
    let from = "2025-11-20".parse().unwrap();
    let courses = history::plan(&city, from, today() - chrono::Days::new(1), 120);
    assert!((1_400..=1_480).contains(&courses.len()), "{}", courses.len());
    let facts: Vec<_> = played(&city, &courses).into_iter().filter_map(|changes| changes.fact).collect();
    assert_eq!(facts.len(), courses.len());

    let counted = facts.iter().filter_map(|f| Some((f.group, f.discharge.as_ref()?)));
    let counted: Vec<_> = counted.filter(|(_, discharge)| discharge.exclusion.is_none()).collect();
    let rate = |of: &dyn Fn(CareGroup) -> bool| {
        let all = counted.iter().filter(|(group, _)| of(*group));
        let (told, all) = all.fold((0, 0), |(told, all), (_, d)| (told + i32::from(d.word.is_some()), all + 1));
        f64::from(told) / f64::from(all)
    };
    assert!((0.84..=0.91).contains(&rate(&|_| true)), "{}", rate(&|_| true));
    assert!(rate(&|g| g == CareGroup::Care) > rate(&|g| g == CareGroup::Support) + 0.1);

    let words: Vec<(Method, LeadTime)> = counted.iter().filter_map(|(_, discharge)| discharge.word).collect();
    let leads: BTreeSet<_> = words.iter().map(|(_, lead)| *lead).collect();
    assert_eq!(leads.len(), LeadTime::ALL.len());
    let methods: BTreeSet<_> = words.iter().map(|(method, _)| *method).collect();
    assert!(methods.len() >= 7, "{methods:?}");
    let mut exclusions = BTreeMap::<_, i32>::new();
    for fact in &facts {
        *exclusions.entry(fact.discharge.as_ref().and_then(|d| d.exclusion.clone())).or_default() += 1;
    }
    assert_eq!(exclusions.len(), 6, "{exclusions:?}");
}

#[test]
fn nothing_of_the_past_is_due_this_morning() {
    let city = City::plan(3, CitySize::Full, today(), "hash");
    let from = today() - chrono::Days::new(40);
    let courses = history::plan(&city, from, today() - chrono::Days::new(12), 200);
    let evening = city.evening_before();
    for changes in played(&city, &courses) {
        assert!(changes.deadlines.iter().all(|d| d.next_at.is_none_or(|at| at > evening)), "{:?}", changes.deadlines);
        let unique: BTreeSet<_> = changes.warnings.iter().map(|w| (w.subject, w.due_on, w.level.code())).collect();
        assert_eq!(unique.len(), changes.warnings.len());
    }
}
