//! The stays of the past: who lay where and how long, who told whom, by what means, how early.
//!
//! The shares are set so that a year looks like a place where most is told and too much of it late: 85–90 % of discharges told,
//! half of them five days or more ahead, 要支援 clearly below 要介護, hospitals better and worse, a little improvement over the year.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use domain::Instant;
use domain::encounter::Destination;
use domain::notice::{Medium, NoticeKind};
use domain::patient::CareGroup;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::Tier;

use super::beds::RESERVED;
use super::course::{Answered, Course, Step, pick};
use super::{City, CitySize, at};

const LENGTHS: [(u32, (u64, u64)); 4] = [(12, (1, 2)), (26, (3, 10)), (40, (11, 30)), (22, (31, 80))];
const DESTINATIONS: [(u32, Destination); 5] = [
    (70, Destination::Home),
    (14, Destination::Facility),
    (8, Destination::OtherHospital),
    (6, Destination::Died),
    (2, Destination::Other),
];
const MEDIA: [(u32, Medium); 7] = [
    (42, Medium::Phone),
    (24, Medium::Fax),
    (12, Medium::Visit),
    (12, Medium::Meeting),
    (5, Medium::Mail),
    (2, Medium::Post),
    (3, Medium::Other),
];
const ANSWERS: [(u32, Answered); 3] =
    [(90, Answered::Soon), (8, Answered::Late), (2, Answered::NotOurs { next: true })];

/// So many days lie between knowing the day and telling it (or not telling it, before the discharge).
const KNOWN_BEFORE: [(u32, u64); 7] = [(46, 0), (14, 1), (12, 2), (10, 4), (8, 6), (6, 8), (4, 12)];

/// When the word of a discharge was given.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// So many days before.
    Ahead(u64, u64),
    After,
    /// Nobody remembers the day.
    SomeDay,
}

const WORDS: [(u32, Word); 7] = [
    (28, Word::Ahead(8, 16)),
    (27, Word::Ahead(5, 7)),
    (19, Word::Ahead(2, 4)),
    (9, Word::Ahead(1, 1)),
    (7, Word::Ahead(0, 0)),
    (5, Word::After),
    (5, Word::SomeDay),
];

/// The discharges of `from..=until`, in the order of their days.
pub(super) fn plan(city: &City, from: NaiveDate, until: NaiveDate, per_month: u32) -> Vec<Course> {
    let reserved = if city.size == CitySize::Full { RESERVED } else { 6 };
    let mut chance = StdRng::seed_from_u64(city.seed ^ 0x6869_7374_6f72_7900);
    let mut last = vec![None; city.people.len()];
    let mut courses = Vec::new();
    let mut owed = 0.0;
    for day in from.iter_days().take_while(|day| *day <= until.min(city.today - Days::new(1))) {
        owed += f64::from(per_month) * 12.0 / 365.25 * weight(day.weekday());
        while owed >= 1.0 {
            owed -= 1.0;
            let &(fewest, most) = pick(&LENGTHS, &mut chance);
            let admitted_on = day - Days::new(chance.random_range(fewest..=most));
            let free = |person: &usize| last[*person].is_none_or(|before| before < admitted_on);
            let drawn = (0..60).map(|_| chance.random_range(reserved..city.people.len())).collect::<Vec<_>>();
            let Some(person) = drawn.into_iter().find(free) else { continue };
            let stay = Past { city, person, admitted_on, on: day, trend: trend(from, day) };
            courses.push(stay.course(last[person], &mut chance));
            last[person] = Some(day);
        }
    }
    courses
}

/// Few go home on a Sunday. The week's mean is 1.
const fn weight(day: Weekday) -> f64 {
    match day {
        Weekday::Sun => 0.35,
        Weekday::Sat => 0.9,
        Weekday::Fri => 1.35,
        _ => 1.1,
    }
}

/// From 0 at the beginning to 1 after a year.
fn trend(from: NaiveDate, day: NaiveDate) -> f64 {
    f64::from(i32::try_from((day - from).num_days()).unwrap_or_default()) / 365.0
}

/// One stay before its steps are drawn.
struct Past<'a> {
    city: &'a City,
    person: usize,
    admitted_on: NaiveDate,
    on: NaiveDate,
    trend: f64,
}

impl Past<'_> {
    fn course(&self, last_discharge_on: Option<NaiveDate>, chance: &mut StdRng) -> Course {
        let ward = chance.random_range(0..self.city.wards.len());
        let emergency = chance.random_bool(0.45);
        let hour = if emergency && self.on > self.admitted_on + Days::new(1) { chance.random_range(0..24) } else { 9 };
        let admitted_at = at(self.admitted_on, hour, chance.random_range(0..60));
        let to = *pick(&DESTINATIONS, chance);
        let long = (self.on - self.admitted_on).num_days() >= 3;
        let support_unchanged = chance.random_bool(if long { 0.3 } else { 0.7 });
        let respite = !emergency && chance.random_bool(0.05);
        let mut steps = Vec::new();
        self.admission(admitted_at, &mut steps, chance);
        self.transfer(ward, &mut steps, chance);
        self.discharge(self.is_told(ward, to, chance), to, &mut steps, chance);
        let left_at = at(self.on, 13, chance.random_range(0..60));
        steps.push((left_at, Step::Discharge { on: self.on, to, support_unchanged }));
        Course {
            seed: chance.random(),
            person: self.person,
            last_discharge_on,
            ward_id: self.city.wards[ward].id,
            admitted_at,
            emergency,
            respite,
            steps,
        }
    }

    fn group(&self) -> CareGroup {
        self.city.people[self.person].patient.care_level.group()
    }

    fn is_told(&self, ward: usize, to: Destination, chance: &mut StdRng) -> bool {
        let base = match self.group() {
            CareGroup::Care => 0.91,
            CareGroup::Support => 0.70,
            CareGroup::Other => 0.60,
        };
        let habit = [0.03, -0.04, 0.02, 0.0, -0.08, 0.05, 0.01][ward % 7];
        let share = if to == Destination::Died { 0.3 } else { base + habit + 0.04 * self.trend };
        chance.random_bool(f64::clamp(share, 0.0, 0.99))
    }

    /// The first days: what goes between office and ward.
    fn admission(&self, admitted_at: Instant, steps: &mut Vec<(Instant, Step)>, chance: &mut StdRng) {
        let kind = NoticeKind::AdmissionInformation;
        let managed = self.city.people[self.person].charge.is_some();
        let share = if self.group() == CareGroup::Support { 0.66 } else { 0.86 };
        if !managed || !chance.random_bool(share) {
            return;
        }
        let told_on = (self.admitted_on + Days::new(chance.random_range(0..4))).min(self.on);
        let told_at = at(told_on, chance.random_range(14..17), chance.random_range(0..60));
        let told_at = told_at.max(admitted_at.plus_seconds(1_800));
        let told_on = told_at.day();
        match chance.random_range(0..100) {
            0..45 => steps.push((told_at, Step::Tell { kind, answered: *pick(&ANSWERS[..2], chance) })),
            45..55 => {
                let asked_at = admitted_at.plus_seconds(1_200);
                steps.push((asked_at, Step::Tell { kind: NoticeKind::Admission, answered: Answered::Soon }));
                steps.push((told_at, Step::Log { kind, medium: Medium::Fax, told_on: Some(told_on) }));
            }
            _ => steps.push((told_at, Step::Log { kind, medium: *pick(&MEDIA, chance), told_on: Some(told_on) })),
        }
    }

    /// One long stay in eight moves to another ward of its hospital on the third day.
    fn transfer(&self, ward: usize, steps: &mut Vec<(Instant, Step)>, chance: &mut StdRng) {
        let ward = &self.city.wards[ward];
        let on = self.admitted_on + Days::new(2);
        let moves = self.on > on + Days::new(8) && chance.random_bool(0.125);
        let other = self.city.wards.iter().find(|w| w.organization_id == ward.organization_id && w.id != ward.id);
        if let (true, Some(other)) = (moves, other) {
            steps.push((at(on, 8, 30), Step::Transfer(other.id)));
        }
    }

    /// Screening, planned days, and the word or its absence.
    fn discharge(&self, told: bool, to: Destination, steps: &mut Vec<(Instant, Step)>, chance: &mut StdRng) {
        let length = (self.on - self.admitted_on).num_days().unsigned_abs();
        let word = if told { Some(*pick(&WORDS, chance)) } else { None };
        let told_ahead = match word {
            Some(Word::Ahead(fewest, most)) => chance.random_range(fewest..=most).min(length),
            _ => 0,
        };
        let days = (told_ahead + *pick(&KNOWN_BEFORE, chance)).min(length);
        let known_on = self.on - Days::new(days);
        let known_at = self.office_time(known_on, chance);
        let told_on = self.on - Days::new(told_ahead);
        // The form plans and tells in one.
        let told_at = if told_on == known_on { known_at } else { self.office_time(told_on, chance) };
        // A death is rarely planned.
        let planned = told || to != Destination::Died;
        self.screen(told, known_at, steps, chance);
        if !planned {
            return;
        }
        let settled_on = if matches!(word, Some(Word::Ahead(..))) { told_on } else { known_on };
        let first = self.first_plan(settled_on, chance);
        steps.push((known_at, Step::Plan(first)));
        match word {
            Some(Word::Ahead(..)) => {
                steps.push((told_at, self.word(NoticeKind::PlannedDischarge, told_on, chance)));
            }
            Some(Word::After) => {
                let told_on = self.on + Days::new(chance.random_range(1..5));
                let told_at = at(told_on, chance.random_range(9..17), chance.random_range(0..60));
                steps.push((told_at, self.word(NoticeKind::Discharge, told_on, chance)));
            }
            Some(Word::SomeDay) => {
                let told_at = at(self.on + Days::new(2), 10, chance.random_range(0..60));
                let medium = *pick(&MEDIA, chance);
                steps.push((told_at, Step::Log { kind: NoticeKind::PlannedDischarge, medium, told_on: None }));
            }
            None => {}
        }
        if first != self.on {
            let moved_on = first.min(self.on) - Days::new(1);
            let moved_at = at(moved_on, 17, chance.random_range(0..30));
            steps.push((moved_at, Step::Plan(self.on)));
            if matches!(word, Some(Word::Ahead(..))) && chance.random_bool(0.7) {
                steps.push((moved_at.plus_seconds(300), self.word(NoticeKind::PlannedDischarge, moved_on, chance)));
            }
        }
    }

    /// On the day itself before the person leaves, on the day of admission after the admission.
    fn office_time(&self, day: NaiveDate, chance: &mut StdRng) -> Instant {
        let hour = match (day == self.on, day == self.admitted_on) {
            (true, _) => chance.random_range(9..12),
            (_, true) => 15,
            _ => chance.random_range(9..17),
        };
        at(day, hour, chance.random_range(0..50))
    }

    /// The day first planned; one in eight moves later, on a day after `settled_on`.
    fn first_plan(&self, settled_on: NaiveDate, chance: &mut StdRng) -> NaiveDate {
        if self.on < settled_on + Days::new(4) || !chance.random_bool(0.125) {
            return self.on;
        }
        let drawn = self.on + Days::new(chance.random_range(0..6)) - Days::new(chance.random_range(0..4));
        drawn.max(settled_on + Days::new(2))
    }

    fn word(&self, kind: NoticeKind, told_on: NaiveDate, chance: &mut StdRng) -> Step {
        if chance.random_bool(0.55) {
            return Step::Tell { kind, answered: *pick(&ANSWERS, chance) };
        }
        Step::Log { kind, medium: *pick(&MEDIA, chance), told_on: Some(told_on) }
    }

    fn screen(&self, told: bool, known_at: Instant, steps: &mut Vec<(Instant, Step)>, chance: &mut StdRng) {
        let hit = match (told, chance.random_range(0..100)) {
            (true, 0..80) | (false, 0..35) => Some(Tier::Required),
            (true, 80..95) | (false, 35..55) => Some(Tier::Advised),
            (true, _) | (false, 55..70) => None,
            (false, _) => return,
        };
        steps.push((known_at.plus_seconds(-600), Step::Screen { hit, give_notice: told }));
    }
}
