//! The stays that are open now: each tells one story, so that every board and every colour has somebody on it.

use chrono::{Days, NaiveDate};
use domain::notice::{Medium, NoticeKind};
use domain::{EncounterId, PatientId, WardId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::Tier;

use super::course::{Answered, Course, Step};
use super::{City, CitySize, at};

/// So many people at the head of a full city are kept for the cast and the beds; the past doesn't touch them.
pub(super) const RESERVED: usize = 120;

/// How a stay stands this morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Story {
    /// Admitted, no discharge planned.
    Fresh,
    /// Planned for today week; the last day for the notice is in two days.
    DueInTwoDays,
    /// Planned within the period, known in time, nobody told.
    Missed,
    /// Planned for tomorrow, known since yesterday.
    Impossible,
    /// Told in time and acknowledged.
    Told,
    /// Told in time, no answer.
    Unanswered,
    /// Screened, nobody has to be told.
    NotNeeded,
    /// Told by phone.
    Phoned,
    /// The office said "not our client"; the support centre has not answered yet.
    SentOn,
    /// Told, then the day moved and nobody was told of the new one.
    Moved,
    /// The care manager's sheet waits for the ward.
    SheetWaits,
}

/// A stay that is open this morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bed {
    /// What has happened.
    pub story: Story,
    /// Who lies in it.
    pub patient_id: PatientId,
    /// The stay.
    pub encounter_id: EncounterId,
    /// Where it stands.
    pub ward_id: WardId,
}

/// In the nurse's ward, 北見 花子 first.
const NURSES_WARD: [Story; 6] =
    [Story::Fresh, Story::Unanswered, Story::Fresh, Story::DueInTwoDays, Story::Missed, Story::Told];

/// In the other wards, again and again.
const ELSEWHERE: [Story; 12] = [
    Story::Told,
    Story::Fresh,
    Story::Unanswered,
    Story::DueInTwoDays,
    Story::Phoned,
    Story::NotNeeded,
    Story::Impossible,
    Story::SentOn,
    Story::Moved,
    Story::SheetWaits,
    Story::Missed,
    Story::Told,
];

/// The beds and the courses that fill them.
pub(super) fn plan(city: &City) -> Vec<(Bed, Course)> {
    let mut chance = StdRng::seed_from_u64(city.seed ^ 0x6265_6473);
    let mut beds = Vec::new();
    let mut others = 6..city.people.len().min(RESERVED);
    let managed = |person: &usize| city.people[*person].charge.is_some();
    if city.size == CitySize::Small {
        beds.push(bed(city, Story::Fresh, 0, 0, &mut chance));
        beds.push(bed(city, Story::Fresh, 2, 0, &mut chance));
        return beds;
    }
    for (nth, story) in NURSES_WARD.into_iter().enumerate() {
        let person = if nth < 3 { Some(nth) } else { others.find(managed) };
        beds.extend(person.map(|person| bed(city, story, person, 0, &mut chance)));
    }
    for (nth, story) in ELSEWHERE.into_iter().cycle().take(36).enumerate() {
        // Every third may be somebody without a care manager; a sheet and "not our client" need an office.
        let needs_office = matches!(story, Story::SheetWaits | Story::SentOn) || nth % 3 > 0;
        let person = others.find(|person| !needs_office || managed(person));
        let ward = chance.random_range(1..city.wards.len());
        beds.extend(person.map(|person| bed(city, story, person, ward, &mut chance)));
    }
    beds
}

fn bed(city: &City, story: Story, person: usize, ward: usize, chance: &mut StdRng) -> (Bed, Course) {
    let ward_id = city.wards[ward].id;
    let yesterday = city.today - Days::new(1);
    let days = match story {
        Story::Fresh | Story::SheetWaits => chance.random_range(1..6),
        Story::Impossible => chance.random_range(2..9),
        _ => chance.random_range(13..30),
    };
    let admitted_on = yesterday - Days::new(days);
    let course = Course {
        seed: chance.random(),
        person,
        last_discharge_on: None,
        ward_id,
        admitted_at: at(admitted_on, chance.random_range(9..15), chance.random_range(0..60)),
        emergency: chance.random_bool(0.4),
        respite: false,
        steps: steps(story, city.today, admitted_on, chance),
    };
    let patient_id = city.people[person].patient.id;
    (Bed { story, patient_id, encounter_id: course.encounter_id(), ward_id }, course)
}

fn steps(story: Story, today: NaiveDate, admitted_on: NaiveDate, chance: &mut StdRng) -> Vec<(domain::Instant, Step)> {
    let before = |days: u64, hour: u32| at(today - Days::new(days), hour, 15);
    let planned = |days: u64| Step::Plan(today + Days::new(days));
    let tell = |answered| Step::Tell { kind: NoticeKind::PlannedDischarge, answered };
    let screened = |hit, give_notice| (at(admitted_on + Days::new(1), 11, 0), Step::Screen { hit, give_notice });
    let required = screened(Some(Tier::Required), true);
    let spread = chance.random_range(0..3);
    match story {
        Story::Fresh => Vec::new(),
        Story::DueInTwoDays => vec![required, (before(2, 10), planned(7))],
        Story::Missed => vec![required, (before(8, 10), planned(2 + spread.min(1)))],
        Story::Impossible => vec![required, (before(1, 15), planned(1 + spread / 2))],
        Story::Told => vec![required, (before(4, 10), planned(5 + spread)), (before(4, 11), tell(Answered::Soon))],
        Story::Unanswered => {
            vec![required, (before(2, 13), planned(6 + spread)), (before(2, 14), tell(Answered::Never))]
        }
        Story::NotNeeded => vec![screened(None, false), (before(3, 10), planned(5))],
        Story::Phoned => {
            let kind = NoticeKind::PlannedDischarge;
            let told_on = Some(today - Days::new(3));
            vec![
                required,
                (before(3, 10), planned(6 + spread)),
                (before(3, 12), Step::Log { kind, medium: Medium::Phone, told_on }),
            ]
        }
        Story::SentOn => {
            let told = tell(Answered::NotOurs { next: false });
            vec![required, (before(2, 9), planned(8)), (before(2, 10), told)]
        }
        Story::Moved => vec![
            required,
            (before(6, 10), planned(9)),
            (before(6, 11), tell(Answered::Soon)),
            (before(1, 16), planned(6)),
        ],
        Story::SheetWaits => {
            let kind = NoticeKind::AdmissionInformation;
            vec![(before(1, 14), Step::Tell { kind, answered: Answered::Never })]
        }
    }
}
