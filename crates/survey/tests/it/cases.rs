//! Fictional stays, counted into cells as the store counts them.

use chrono::NaiveDate;
use domain::agreement::{Agreement, SurveyDefinition};
use domain::notice::Medium;
use domain::patient::CareGroup;
use domain::survey::{Cell, DischargeFact, LeadTime, Method, Month, NO_CARE_MANAGER, SurveyFact};
use domain::{Ids, Instant, OrganizationId};
use survey::{CountError, Parties, Scope, SurveyReport};

pub(crate) const METHODS: [Method; 8] = [
    Method::System,
    Method::Outside(Medium::Visit),
    Method::Outside(Medium::Phone),
    Method::Outside(Medium::Fax),
    Method::Outside(Medium::Mail),
    Method::Outside(Medium::Post),
    Method::Outside(Medium::Meeting),
    Method::Outside(Medium::Other),
];

pub(crate) fn on(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub(crate) fn month(number: i32) -> Month {
    Month::from_number(number).unwrap()
}

pub(crate) fn definition() -> SurveyDefinition {
    Agreement::kitami().survey
}

/// A fictional city: hospitals, offices, and whoever was there.
pub(crate) struct City {
    pub(crate) hospitals: Vec<OrganizationId>,
    pub(crate) offices: Vec<OrganizationId>,
    pub(crate) parties: Parties,
    ids: Ids,
    region_id: domain::RegionId,
    pub(crate) facts: Vec<SurveyFact>,
}

impl City {
    pub(crate) fn new(hospitals: usize, offices: usize) -> Self {
        let mut ids = Ids::new(Instant::from_micros(1_790_000_000_000_000), 7);
        let region_id = ids.next();
        let hospitals: Vec<OrganizationId> = (0..hospitals).map(|_| ids.next()).collect();
        let offices: Vec<OrganizationId> = (0..offices).map(|_| ids.next()).collect();
        let parties = Parties {
            hospitals: hospitals.iter().zip(1..).map(|(id, n)| (*id, format!("架空第{n:02}病院"))).collect(),
            offices: offices.iter().zip(1..).map(|(id, n)| (*id, format!("架空居宅介護支援事業所{n:02}"))).collect(),
            ..Parties::default()
        };
        Self { hospitals, offices, parties, ids, region_id, facts: Vec::new() }
    }

    /// A stay of somebody in 要介護, of which nobody has said anything yet.
    pub(crate) fn stay(&mut self, admitted_on: NaiveDate, discharged_on: NaiveDate) -> &mut SurveyFact {
        let n = self.facts.len();
        self.facts.push(SurveyFact {
            encounter_id: self.ids.next(),
            region_id: self.region_id,
            hospital_id: self.hospitals[n % self.hospitals.len()],
            office_id: Some(self.offices[n % self.offices.len()]),
            group: CareGroup::Care,
            admitted_on,
            admission_method: None,
            admission_exclusion: None,
            discharge: Some(DischargeFact { discharged_on, word: None, exclusion: None }),
        });
        self.facts.last_mut().unwrap()
    }

    /// The cells as the store holds them: each fact's difference added up.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut counts = std::collections::BTreeMap::new();
        for cell in self.facts.iter().flat_map(|fact| SurveyFact::difference(None, Some(fact))) {
            *counts.entry(cell.key).or_insert(0) += cell.count;
        }
        counts.into_iter().map(|(key, count)| Cell { key, count }).collect()
    }

    pub(crate) fn report(&self, scope: &Scope) -> Result<SurveyReport, CountError> {
        let as_of = Instant::at(on(2027, 5, 1), chrono::NaiveTime::from_hms_opt(9, 30, 0).unwrap());
        SurveyReport::count(scope, &self.cells(), &definition(), &self.parties, as_of, "2026-04")
    }

    /// Two and a half fiscal years as they might be: from a fixed sequence, growing better year by year.
    pub(crate) fn filled(hospitals: usize, offices: usize, stays: usize) -> Self {
        let mut city = Self::new(hospitals, offices);
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut next = move |of: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % of
        };
        for _ in 0..stays {
            let admitted_on = on(2024, 4, 1) + chrono::Days::new(next(1065));
            let discharged_on = admitted_on + chrono::Days::new(1 + next(28));
            let year = u64::from(admitted_on.years_since(on(2024, 4, 1)).unwrap());
            let (hospital, office) =
                (next(u64::try_from(hospitals).unwrap().pow(2)).isqrt(), next(u64::try_from(offices).unwrap()));
            let (hospital_id, office_id) =
                (city.hospitals[usize::try_from(hospital).unwrap()], city.offices[usize::try_from(office).unwrap()]);
            let fact = city.stay(admitted_on, discharged_on);
            fact.hospital_id = hospital_id;
            fact.office_id = Some(office_id);
            fact.group = [CareGroup::Care, CareGroup::Care, CareGroup::Care, CareGroup::Support, CareGroup::Other]
                [usize::try_from(next(5)).unwrap()];
            let ways = [0, 0, 0, 0, 2, 2, 2, 2, 3, 3, 3, 1, 4, 5, 6, 7];
            let mut way = || METHODS[ways[usize::try_from(next(16)).unwrap()]];
            let (admission, discharge) = (way(), way());
            fact.admission_method = (next(100) < 66 + 8 * year).then_some(admission);
            let lead = LeadTime::from_days((next(20) > 0).then(|| i64::try_from(next(9 + 3 * year)).unwrap() - 1));
            let word = (next(100) < 58 + 11 * year).then_some((discharge, lead));
            fact.discharge.as_mut().unwrap().word = word;
            if next(30) == 0 {
                fact.discharge.as_mut().unwrap().exclusion = Some("died".to_owned());
            }
            if next(25) == 0 {
                fact.office_id = None;
                fact.admission_exclusion = Some(NO_CARE_MANAGER.to_owned());
                fact.discharge.as_mut().unwrap().exclusion = Some(NO_CARE_MANAGER.to_owned());
            }
        }
        city
    }
}
