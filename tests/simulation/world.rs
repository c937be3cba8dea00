//! The service under simulation, and the ways in which the actors touch it: requests over HTTP, the hands of the clock, the sweep.
//!
//! One to three instances work on one database, one at a time by chance, each with a clock of its own. Any of them may die in the middle
//! of a request, of the sweep or of the outbox ([`crate::instance`]); whoever was not answered asks again with the same key.

mod spent;
mod turns;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use chrono::{NaiveDate, NaiveDateTime};
use domain::party::{ContactUse, OrganizationKind};
use domain::{AccountId, Clock};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use server::city::City;
use tests::{Engine, Person, TestApp};

use crate::actors::{Manner, Slip};
use crate::check::mails::Unsettled;
use crate::model::{Model, Parties};
use crate::relay::Relay;
pub(crate) use spent::{Spent, What, processor};
use turns::{NEVER, Turns};

/// How closely it is looked at, and how much goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Looks after every step as the ward does, and reads the whole trail every day: what a year would take hours for.
    pub(crate) closely: bool,
    /// Of the deaths and interludes of a close look, which come by requests and sweeps: fewer of them in a year with nine times the days.
    pub(crate) mishaps: f64,
    /// Of all answers, those that never arrive, so that the same is sent again.
    lost_answers: f64,
    /// A session is used no longer than that.
    session_minutes: i64,
}

impl Pace {
    pub(crate) const CLOSE: Self = Self { closely: true, mishaps: 1.0, lost_answers: 0.1, session_minutes: 10 };
    /// Everybody logs in twice a day.
    pub(crate) const YEAR: Self = Self { closely: false, mishaps: 0.05, lost_answers: 0.02, session_minutes: 7 * 60 };

    /// Of the configuration.
    const fn sets(self) -> &'static [&'static str] {
        // One mail at a time, so that a replay sends them in the same order.
        if self.closely { &["outbox.in_flight=1"] } else { &["outbox.in_flight=32", "session.idle_minutes=480"] }
    }
}

pub(crate) struct World {
    /// Its database is that of all instances; its own service does nothing.
    pub(crate) app: TestApp,
    turns: Turns,
    pub(crate) relay: Relay,
    pub(crate) model: Model,
    pub(crate) chance: StdRng,
    /// What each ward does about a stay; the model knows nothing of it.
    pub(crate) manners: BTreeMap<String, Manner>,
    /// Made, and not noticed yet.
    pub(crate) slips: Vec<Slip>,
    /// Stays at which somebody did something since the last look.
    pub(crate) touched: BTreeSet<String>,
    pub(crate) unsettled: Unsettled,
    /// Ids of the agreement's criteria.
    pub(crate) criteria: Vec<String>,
    pub(crate) requests: u64,
    pub(crate) spent: Spent,
    /// Nobody does anything before that day.
    pub(crate) away_until: Option<NaiveDate>,
    pub(crate) pace: Pace,
    sessions: HashMap<AccountId, (Person, NaiveDateTime)>,
    /// Nobody in particular, whose connections all use.
    anybody: Person,
}

impl World {
    /// A city where nobody lies in hospital yet.
    pub(crate) async fn found(
        seed: u64,
        engine: Engine,
        instances: usize,
        (away_on, pace): (Vec<NaiveDate>, Pace),
    ) -> Result<Self> {
        let app = TestApp::start_with(engine, pace.sets()).await;
        let model = Model { parties: parties(&app.city), ..Model::default() };
        let anybody = app.nobody();
        let mut world = Self {
            turns: Turns::new(instances, app.now()),
            anybody,
            app,
            relay: Relay::new(seed, away_on),
            model,
            chance: StdRng::seed_from_u64(seed),
            manners: BTreeMap::new(),
            slips: Vec::new(),
            touched: BTreeSet::new(),
            unsettled: Unsettled::default(),
            criteria: Vec::new(),
            requests: 0,
            spent: Spent::default(),
            away_until: None,
            pace,
            sessions: HashMap::new(),
        };
        let agreement = world.sees(world.app.city.cast.nurse, "/api/v1/agreement").await?;
        let ids = agreement["criteria"].as_array().into_iter().flatten().filter_map(|row| row["id"].as_str());
        world.criteria = ids.map(str::to_owned).collect();
        ensure!(!world.criteria.is_empty(), "the agreement shows its criteria");
        Ok(world)
    }

    /// The clock on the wall in Japan, as the instance whose turn it is shows it.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.app.clock.now().local()
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.now().date()
    }

    async fn person(&mut self, who: AccountId) -> Person {
        let now = self.now();
        match self.sessions.get(&who) {
            Some((person, since)) if (now - *since).num_minutes().abs() < self.pace.session_minutes => person.clone(),
            _ => {
                let began = Instant::now();
                // Over the same connections as everybody: one for each session would be some twentieth of a year's time.
                let person = self.app.session_of(self.app.city.account(who)).await.beside(&self.anybody);
                self.spent.since(began, What::Logins);
                self.sessions.insert(who, (person.clone(), now));
                person
            }
        }
    }

    pub(crate) async fn sees(&mut self, who: AccountId, path: &str) -> Result<Value> {
        let began = Instant::now();
        let person = self.person(who).await;
        let reply = person.at(self.ready(NEVER)?.address).get(path).await;
        self.requests += 1;
        self.spent.since(began, What::Requests);
        ensure!(
            reply.status.is_success(),
            "GET {path}: expected to be shown, stands {} {}",
            reply.status,
            reply.text()
        );
        Ok(reply.json())
    }

    /// Does what may be done by the model; now and then the answer is lost, or the instance dies, and it is sent again.
    pub(crate) async fn does(&mut self, who: AccountId, path: &str, body: &Value) -> Result<Value> {
        self.requests += 1;
        let (key, began) = (format!("simulated-{}", self.requests), Instant::now());
        let mut stop = self.stop(0.04, 24);
        let reply = loop {
            let person = self.person(who).await;
            let address = self.ready(std::mem::replace(&mut stop, NEVER))?.address;
            if let Some(reply) = person.at(address).try_post(path, body, &key).await {
                break reply;
            }
            self.buries()?;
        };
        if !reply.status.is_success() {
            bail!("POST {path} {body}: expected to be taken, stands {} {}", reply.status, reply.text());
        }
        if self.chance.random_bool(self.pace.lost_answers) {
            self.takes_over();
            let person = self.person(who).await;
            let address = self.ready(NEVER)?.address;
            let again = person.at(address).try_post(path, body, &key).await.context("the second answer")?;
            let same = (again.status, again.text()) == (reply.status, reply.text());
            ensure!(
                same,
                "POST {path} sent twice: expected {}, stands {} {}",
                reply.text(),
                again.status,
                again.text()
            );
        }
        self.spent.since(began, What::Requests);
        Ok(reply.json())
    }

    /// Tries what may not be done.
    pub(crate) async fn fails_to(&mut self, who: AccountId, path: &str, body: &Value) -> Result<()> {
        self.requests += 1;
        let began = Instant::now();
        let person = self.person(who).await;
        let reply = person.at(self.ready(NEVER)?.address).post(path, body).await;
        self.spent.since(began, What::Requests);
        ensure!(reply.status.is_client_error(), "POST {path} {body}: expected a refusal, stands {}", reply.status);
        Ok(())
    }

    /// Whoever works on that ward.
    pub(crate) fn of_ward(&self, ward: &str) -> AccountId {
        let found =
            self.app.city.accounts.iter().find(|account| account.ward_id.is_some_and(|id| id.to_string() == ward));
        found.expect("every ward has its staff").id
    }

    /// Whoever answers for an organization: its care manager who was named, else anybody there.
    pub(crate) fn of_receiver(&self, organization: &str, manager: Option<&str>) -> AccountId {
        let named = |id: domain::CareManagerId| Some(id.to_string()) == manager.map(str::to_owned);
        let accounts =
            || self.app.city.accounts.iter().filter(|account| account.organization_id.to_string() == organization);
        let found = accounts().find(|account| account.care_manager_id.is_some_and(named)).or_else(|| accounts().next());
        found.expect("every organization has somebody").id
    }
}

/// The city as the model knows it.
fn parties(city: &City) -> Parties {
    let mut parties = Parties::default();
    for point in &city.contact_points {
        let (organization, mailbox) = (point.organization_id.to_string(), point.email.as_str().to_owned());
        match (point.use_for, point.ward_id) {
            (ContactUse::Ward, Some(ward)) => {
                parties.wards.insert(ward.to_string(), (organization, mailbox));
            }
            (ContactUse::CoordinationDesk, _) => {
                parties.desks.insert(organization, mailbox);
            }
            _ => parties.boxes.entry(organization).or_default().push(mailbox),
        }
    }
    for manager in &city.care_managers {
        let own = manager.email.as_ref().map(|email| email.as_str().to_owned());
        parties.managers.insert(manager.id.to_string(), (manager.organization_id.to_string(), own));
    }
    for organization in &city.organizations {
        let id = organization.id.to_string();
        for district in &organization.districts {
            parties.centres.insert(district.clone(), id.clone());
        }
        if !organization.hours.closed_on_holidays {
            parties.busy.insert(id.clone());
        }
        if organization.kind == OrganizationKind::Municipality {
            parties.city = id;
        }
    }
    parties
}
