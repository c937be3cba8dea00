//! つなぎ市: the fictional city of the demo and of the tests.
//!
//! # Who is in it
//!
//! - [`City`] — everything that exists before the first stay: the region, 16 hospitals with their wards, 67 care offices with 196 care
//!   managers, 8 support centres, the municipality, their mailboxes (all under `example.jp`), accounts, and the people.
//! - [`Cast`] — the few of them that the demo's story and the tests name.
//! - [`Bed`] and its [`Story`] — a stay that is open now, so that boards look alive.
//! - `history` — the stays of a past year; each is a `Course`, a list of dated steps.
//!
//! Nothing here writes a row that the service itself would not write: every step of every stay goes through
//! [`domain::decide`] with the clock of its day, and the sweeps between the steps are taken as well. The steps of one stay are
//! folded into one command, so a year costs some ten thousand commands instead of a hundred thousand.
//!
//! The same seed, size and day give the same rows. Mails of the past are recorded as delivered: nothing that happened before the
//! city is founded is sent.
//!
//! What is not promised: that the figures resemble any real city's. Names of people are place names; whoever recognizes themselves is
//! mistaken.

mod applying;
mod beds;
mod course;
mod history;
mod merge;
mod names;
mod parties;
mod people;

use anyhow::Context as _;
use chrono::{Datelike, NaiveDate, NaiveTime};
use domain::access::Actor;
use domain::agreement::Agreement;
use domain::changes::{Changes, DirectoryChanges};
use domain::directory::Directory;
use domain::party::{Account, CareManager, ContactPoint, Organization, Region, Ward};
use domain::patient::Patient;
use domain::{AccountId, CareManagerId, EncounterId, Ids, Instant, OrganizationId, PatientId, RegionId, WardId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rules::calendar::Calendar;
use storage::Store;

use applying::Applying;
use course::Ground;
use people::Person;

pub use beds::{Bed, Story};

/// The password of every account of the demo. It protects nothing: the demo listens on loopback and holds nobody's data.
pub const DEMO_PASSWORD: &str = "tsunagi-demo-only";

/// Discharges of people of 65 and more in a city like this.
const PER_MONTH: u32 = 900;
/// The agreement's id that the city's region follows.
const AGREEMENT: &str = "kitami";

/// How much of the city is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CitySize {
    /// As in the survey of Kitami: 16 hospitals, 67 offices, 196 care managers, and the people of a year.
    Full,
    /// For tests: 2 hospitals, 3 offices, 4 care managers, 2 support centres, 12 people.
    Small,
}

/// The city before anybody is admitted.
#[derive(Debug, Clone)]
pub struct City {
    /// Of everything that chance decides.
    pub seed: u64,
    /// How much of it there is.
    pub size: CitySize,
    /// The day on which it is looked at; nothing happens on it yet.
    pub today: NaiveDate,
    /// つなぎ市.
    pub region: Region,
    /// Hospitals first, then care offices, support centres, the municipality.
    pub organizations: Vec<Organization>,
    /// Of the hospitals, in their order.
    pub wards: Vec<Ward>,
    /// Mailboxes, none of which exists.
    pub contact_points: Vec<ContactPoint>,
    /// In the order of their offices.
    pub care_managers: Vec<CareManager>,
    /// Every ward, office and centre has one; the fixed logins are listed in [`Cast`].
    pub accounts: Vec<Account>,
    /// Who the stories name.
    pub cast: Cast,
    people: Vec<Person>,
}

/// The people, places and accounts that the demo's story and the tests name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cast {
    /// Login `nurse`: ward staff of [`Cast::ward_id`].
    pub nurse: AccountId,
    /// Login `coordinator`: the coordination desk of the nurse's hospital.
    pub coordinator: AccountId,
    /// Login `caremanager`.
    pub caremanager: AccountId,
    /// Login `centre`: the support centre of the first district.
    pub centre: AccountId,
    /// Login `city`.
    pub city: AccountId,
    /// Login `auditor`.
    pub auditor: AccountId,
    /// Login `admin`.
    pub admin: AccountId,
    /// The nurse's hospital.
    pub hospital_id: OrganizationId,
    /// The nurse's ward.
    pub ward_id: WardId,
    /// Another hospital, with nothing to do with the story.
    pub other_hospital_id: OrganizationId,
    /// The care manager's office.
    pub office_id: OrganizationId,
    /// Another office, with nothing to do with the story.
    pub other_office_id: OrganizationId,
    /// Who logs in as `caremanager`.
    pub care_manager_id: CareManagerId,
    /// The support centre of the first district.
    pub centre_id: OrganizationId,
    /// The municipality's own organization.
    pub municipality_id: OrganizationId,
    /// 北見 花子: 要介護3, in the nurse's ward, cared for by `caremanager`; no discharge is planned yet.
    pub hanako: PatientId,
    /// In the nurse's ward, without a care manager; the first district's support centre would be told.
    pub in_hospital_unmanaged: PatientId,
    /// At home, cared for by `caremanager`.
    pub at_home: PatientId,
    /// At home, without a care manager, in the first district.
    pub unmanaged: PatientId,
    /// At home, without a care manager, in a district that no support centre serves.
    pub outside: PatientId,
}

impl City {
    /// Draws the city. Pure. `password_hash` is of [`DEMO_PASSWORD`], made once by the caller, for every account.
    #[must_use]
    pub fn plan(seed: u64, size: CitySize, today: NaiveDate, password_hash: &str) -> Self {
        let founded_at = at(today - chrono::Days::new(800), 9, 0);
        let mut ids = Ids::new(founded_at, seed);
        let mut chance = StdRng::seed_from_u64(seed ^ 0x7375_6e61_6769);
        let region_id = ids.next::<RegionId>();
        let name = names::line("つなぎ市(架空)");
        let region = Region { id: region_id, name, agreement: AGREEMENT.to_owned() };
        let parties = parties::plan(region_id, size, password_hash, &mut ids, &mut chance);
        let people = people::plan(&region, size, &parties, today, &mut ids, &mut chance);
        let cast = parties.cast(&people);
        let parties::Parties { organizations, wards, contact_points, care_managers, accounts } = parties;
        Self { seed, size, today, region, organizations, wards, contact_points, care_managers, accounts, cast, people }
    }

    /// The account of that login; the fixed ones are listed in [`Cast`].
    #[must_use]
    pub fn account(&self, id: AccountId) -> &Account {
        self.accounts.iter().find(|account| account.id == id).expect("the id is of this city")
    }

    /// Acts as that account.
    #[must_use]
    pub fn actor(&self, id: AccountId) -> Actor {
        Actor::person(self.account(id))
    }

    /// The person as founded.
    #[must_use]
    pub fn patient(&self, id: PatientId) -> &Patient {
        let person = self.people.iter().find(|person| person.patient.id == id);
        &person.expect("the id is of this city").patient
    }

    /// Everybody as founded.
    pub fn people(&self) -> impl Iterator<Item = &Patient> {
        self.people.iter().map(|person| &person.patient)
    }

    /// Whose care the office manages since before anything else happened.
    pub fn people_in_charge_of(&self, office: OrganizationId) -> impl Iterator<Item = &Patient> {
        let theirs =
            move |person: &&Person| person.charge.as_ref().is_some_and(|charge| charge.organization_id == office);
        self.people.iter().filter(theirs).map(|person| &person.patient)
    }

    /// How many people live here.
    #[must_use]
    pub fn population(&self) -> usize {
        self.people.len()
    }

    /// The directory as the store will give it.
    #[must_use]
    pub fn directory(&self) -> Directory {
        Directory::new(
            self.region.clone(),
            1,
            self.organizations.clone(),
            self.wards.clone(),
            self.care_managers.clone(),
            self.contact_points.clone(),
        )
    }

    /// The stays that [`City::fill_beds`] opens.
    #[must_use]
    pub fn beds(&self) -> Vec<Bed> {
        beds::plan(self).into_iter().map(|(bed, _)| bed).collect()
    }

    /// 北見 花子's stay, once the beds are filled.
    #[must_use]
    pub fn hanakos_stay(&self) -> EncounterId {
        let beds = self.beds();
        beds.iter().find(|bed| bed.patient_id == self.cast.hanako).expect("she lies in the nurse's ward").encounter_id
    }

    /// Puts the directory, the accounts and the people into an empty store.
    pub async fn found(&self, store: &Store) -> anyhow::Result<()> {
        let directory = DirectoryChanges {
            regions: vec![self.region.clone()],
            organizations: self.organizations.clone(),
            wards: self.wards.clone(),
            contact_points: self.contact_points.clone(),
            care_managers: self.care_managers.clone(),
            accounts: self.accounts.clone(),
            neighbours: Vec::new(),
        };
        let changes = Changes { directory, ..Changes::default() };
        store.apply(changes).await.context("founding the city's directory")?;
        let mut applying = Applying::to(store);
        let mut ids = Ids::new(at(self.today - chrono::Days::new(790), 9, 0), self.seed);
        for person in &self.people {
            applying.push(person.registered(self, &mut ids)).await?;
        }
        applying.finish().await
    }

    /// Opens the stays of [`City::beds`] as of yesterday evening. Answers how many.
    pub async fn fill_beds(&self, store: &Store, agreement: &Agreement, calendar: &Calendar) -> anyhow::Result<usize> {
        let directory = self.directory();
        let ground = Ground::new(self, agreement, calendar, &directory, self.evening_before());
        let mut applying = Applying::to(store);
        let beds = beds::plan(self);
        for (_, course) in &beds {
            applying.push(course.play(&ground)?).await?;
        }
        applying.finish().await?;
        Ok(beds.len())
    }

    /// Lets the last whole fiscal year and this one up to yesterday happen, some 900 discharges a month, then fills the beds. Answers how many stays.
    ///
    /// `now` lies on the city's [`City::today`]. Works on the calling task and leaves the writing to the store's own: seconds, not
    /// milliseconds.
    pub async fn live(
        &self,
        store: &Store,
        agreement: &Agreement,
        calendar: &Calendar,
        now: Instant,
    ) -> anyhow::Result<usize> {
        let today = now.day();
        let starts = agreement.survey.fiscal_year_starts;
        let year = today.year() - 1 - i32::from(today.month() < starts);
        let from = NaiveDate::from_ymd_opt(year, starts, 1).context("the first day of the fiscal year")?;
        let past =
            self.live_between(store, agreement, calendar, (from, today - chrono::Days::new(1)), PER_MONTH).await?;
        Ok(past + self.fill_beds(store, agreement, calendar).await?)
    }

    /// Lets the discharges of the days from the first to the second (before today) happen, some `per_month` a month. Answers how many.
    pub async fn live_between(
        &self,
        store: &Store,
        agreement: &Agreement,
        calendar: &Calendar,
        days: (NaiveDate, NaiveDate),
        per_month: u32,
    ) -> anyhow::Result<usize> {
        let directory = self.directory();
        let ground = Ground::new(self, agreement, calendar, &directory, self.evening_before());
        let courses = history::plan(self, days.0, days.1, per_month);
        let mut applying = Applying::to(store);
        for course in &courses {
            applying.push(course.play(&ground)?).await?;
        }
        applying.finish().await?;
        Ok(courses.len())
    }

    /// The last moment of which the past knows.
    fn evening_before(&self) -> Instant {
        at(self.today - chrono::Days::new(1), 18, 0)
    }
}

/// That time of that day in Japan.
fn at(day: NaiveDate, hour: u32, minute: u32) -> Instant {
    Instant::at(day, NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of day"))
}

#[cfg(test)]
mod tests;
