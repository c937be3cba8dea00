//! The people of the city and who manages their care.

use chrono::{Days, NaiveDate};
use domain::Ids;
use domain::access::Command;
use domain::changes::{AuditEntry, Changes, Write};
use domain::consent::{Consent, ConsentAct, ConsentBy, ConsentKind, ConsentScope, ConsentWay, Sharing};
use domain::party::{CareManager, Region};
use domain::patient::{CareGroup, CareLevel, CareTeamMember, InsuredNumber, Patient, Sex};
use rand::RngExt;
use rand::rngs::StdRng;

use super::names::{self, OUTSIDE, line};
use super::parties::{Parties, districts};
use super::{City, CitySize, at};

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) patient: Patient,
    /// In charge since before anything else happened.
    pub(super) charge: Option<CareTeamMember>,
}

/// The cast comes first: family, female, given name, level, cared for by `caremanager`.
const CAST: [(usize, bool, usize, CareLevel, bool); 6] = [
    (0, true, 0, CareLevel::Care3, true),
    (1, false, 0, CareLevel::Care2, true),
    (2, true, 1, CareLevel::NotApplied, false),
    (3, false, 10, CareLevel::Applying, false),
    (4, true, 2, CareLevel::Care1, false),
    (5, false, 1, CareLevel::Care4, true),
];
/// Of [`CAST`], who lives where no support centre is.
const LIVES_OUTSIDE: usize = 3;

const LEVELS: [(u32, CareLevel); 12] = [
    (70, CareLevel::NotApplied),
    (40, CareLevel::Applying),
    (20, CareLevel::ChangeApplied),
    (20, CareLevel::NotEligible),
    (20, CareLevel::ProgrammeTarget),
    (90, CareLevel::Support1),
    (110, CareLevel::Support2),
    (180, CareLevel::Care1),
    (170, CareLevel::Care2),
    (120, CareLevel::Care3),
    (100, CareLevel::Care4),
    (60, CareLevel::Care5),
];

pub(super) fn plan(
    region: &Region,
    size: CitySize,
    parties: &Parties,
    today: NaiveDate,
    ids: &mut Ids,
    chance: &mut StdRng,
) -> Vec<Person> {
    let number = match size {
        CitySize::Full => 6_400,
        CitySize::Small => 12,
    };
    let districts = districts(size);
    let mut people = Vec::with_capacity(number);
    for nth in 0..number {
        let cast = CAST.get(nth);
        let (female, level) = match cast {
            Some((_, female, _, level, _)) => (*female, *level),
            None => (chance.random_bool(0.58), *super::course::pick(&LEVELS, chance)),
        };
        let (name, kana) = match cast {
            Some((family, female, given, ..)) => names::of_cast(*family, *female, *given),
            None => names::person(female, chance),
        };
        let district = match nth {
            LIVES_OUTSIDE => OUTSIDE,
            0..6 => districts[0],
            _ => districts[chance.random_range(0..districts.len())],
        };
        let patient = Patient {
            id: ids.next(),
            region_id: region.id,
            name,
            kana,
            birth_on: today - Days::new(chance.random_range(65 * 365..99 * 365)),
            sex: if female { Sex::Female } else { Sex::Male },
            district: line(district),
            insured_number: (level != CareLevel::NotApplied).then(|| insured_number(nth)),
            care_level: level,
            sharing: Sharing::Everyone,
            version: 1,
        };
        let manager = match cast {
            Some((.., true)) => Some(&parties.care_managers[0]),
            Some(_) => None,
            None => manager_of(level.group(), &parties.care_managers, chance),
        };
        let from_on = today - Days::new(chance.random_range(600..780));
        let charge = manager.map(|manager| CareTeamMember {
            id: ids.next(),
            region_id: region.id,
            patient_id: patient.id,
            organization_id: manager.organization_id,
            care_manager_id: manager.id,
            from_on,
            until_on: None,
        });
        people.push(Person { patient, charge });
    }
    people
}

fn manager_of<'a>(group: CareGroup, all: &'a [CareManager], chance: &mut StdRng) -> Option<&'a CareManager> {
    let share = match group {
        CareGroup::Care => 0.95,
        CareGroup::Support => 0.88,
        CareGroup::Other => 0.10,
    };
    chance.random_bool(share).then(|| &all[chance.random_range(0..all.len())])
}

/// Every ninth begins with H, as real ones may.
fn insured_number(nth: usize) -> InsuredNumber {
    let text = if nth % 9 == 8 { format!("H{:09}", nth + 1) } else { format!("99{:08}", nth + 1) };
    InsuredNumber::parse(&text).expect("ten characters")
}

impl Person {
    /// The command by which the person is registered.
    pub(super) fn registered(&self, city: &City, ids: &mut Ids) -> Changes {
        let clerk = city.account(city.cast.city);
        let audit = AuditEntry {
            region_id: city.region.id,
            at: at(city.today - Days::new(790), 9, 0),
            account_id: Some(clerk.id),
            organization_id: Some(clerk.organization_id),
            patient_id: Some(self.patient.id),
            encounter_id: None,
            notice_id: None,
            action: Command::WritePatient.name().to_owned(),
            request_id: ids.next(),
        };
        let consent = Consent {
            id: ids.next(),
            region_id: city.region.id,
            patient_id: self.patient.id,
            kind: ConsentKind::InformationSharing,
            act: ConsentAct::Given { scope: ConsentScope::Everyone },
            by: ConsentBy::Person,
            way: ConsentWay::Written,
            declared_on: audit.at.day(),
            recorded_at: audit.at,
            recorded_by: clerk.id,
            organization_id: clerk.organization_id,
        };
        Changes {
            consents: vec![consent],
            patient: Some(Write::New(self.patient.clone())),
            team: self.charge.iter().cloned().collect(),
            audit: vec![audit],
            ..Changes::default()
        }
    }
}
