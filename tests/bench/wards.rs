//! The city's wards, full of people of whom nobody has been told yet.
//!
//! People are admitted one after the other, and each ward files about one of the people who lie there, whoever it is: the stays of one
//! commit are among the last few thousand, as in a region of a million people. In the worst case, a whole country's, they are in no
//! order at all and lie on pages far apart.

use std::collections::VecDeque;

use anyhow::{Context as _, Result, anyhow};
use chrono::Days;
use domain::access::{Actor, Command};
use domain::agreement::Agreement;
use domain::case::Case;
use domain::changes::{Changes, IdempotencyRecord, Write};
use domain::decide::{Context, Decision, NewNotice, NewStay, admit};
use domain::directory::Directory;
use domain::notice::NoticeKind;
use domain::patient::{CareLevel, CareTeamMember, Patient, Sex};
use domain::text::{Kana, Line, Prose};
use domain::time::SystemClock;
use domain::{Clock, Ids, Instant, OrganizationId, WardId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::calendar::Calendar;
use rules::{Answer, Answers};
use server::city::{City, CitySize, DEMO_PASSWORD};
use storage::{ApplyError, Store};

use crate::wire::CLIENTS;

/// Beds of a ward, all of them taken.
pub(crate) const BEDS: usize = 64;
/// People of one lot at most.
const LOT: u64 = 10_000_000;

/// The city on a store, and what decisions need.
pub(crate) struct Wards {
    pub(crate) city: City,
    agreement: Agreement,
    calendar: Calendar,
    directory: Directory,
    offices: Vec<OrganizationId>,
    now: Instant,
}

/// One person in a bed: everything that a filing reads.
pub(crate) struct Stay {
    pub(crate) case: Case,
    /// Who files.
    pub(crate) client: usize,
}

impl Wards {
    /// Founds the city, without anybody's stay.
    pub(crate) async fn found(store: &Store, size: CitySize) -> Result<Self> {
        let now = SystemClock.now();
        let hash = api::password::hash(DEMO_PASSWORD, &[7; 16])?;
        let city = City::plan(1, size, now.day(), &hash);
        city.found(store).await?;
        let offices = city.care_managers.iter().map(|manager| manager.organization_id).collect();
        let directory = city.directory();
        Ok(Self { city, agreement: Agreement::kitami(), calendar: Calendar::japan(), directory, offices, now })
    }

    pub(crate) fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// Logins of ward staff, one a client.
    pub(crate) fn login(&self, client: usize) -> &str {
        &self.account_of(client).login
    }

    pub(crate) fn ward_id(&self, client: usize) -> WardId {
        self.city.wards[client % self.city.wards.len()].id
    }

    fn account_of(&self, client: usize) -> &domain::party::Account {
        let ward = self.ward_id(client);
        let mut staff = self.city.accounts.iter().filter(|account| account.ward_id == Some(ward));
        staff.next().expect("every ward has its staff")
    }

    /// A care manager's login.
    pub(crate) fn care_managers_login(&self) -> Result<&str> {
        let mut accounts = self.city.accounts.iter();
        let account = accounts.find(|account| account.care_manager_id.is_some()).context("a care manager's account")?;
        Ok(&account.login)
    }

    /// The staff of a client's ward.
    pub(crate) fn actor(&self, client: usize) -> Actor {
        self.city.actor(self.account_of(client).id)
    }

    fn context<'a>(&'a self, actor: &'a Actor, seed: u64) -> Context<'a> {
        Context {
            now: self.now,
            request_id: Ids::new(self.now, !seed).next(),
            actor: Some(actor),
            agreement: &self.agreement,
            calendar: &self.calendar,
            directory: &self.directory,
            seed,
        }
    }

    /// When the nth person came: one every ten seconds, the first nine days ago.
    fn admitted_at(&self, nth: usize) -> Result<Instant> {
        Ok(self.now.plus_days(-9).plus_seconds(10 * i64::try_from(nth)?))
    }

    fn person(&self, nth: usize, ids: &mut Ids) -> Result<(Patient, CareTeamMember)> {
        let district = self.directory.districts()[nth % self.directory.districts().len()];
        let patient = Patient {
            id: ids.next(),
            region_id: self.city.region.id,
            name: Line::parse("北見 花子")?,
            kana: Kana::parse("キタミ ハナコ")?,
            birth_on: "1938-04-12".parse()?,
            sex: Sex::Female,
            district: Line::parse(district)?,
            insured_number: None,
            care_level: CareLevel::ALL[5 + nth % 7],
            sharing: domain::consent::Sharing::Everyone,
            version: 1,
        };
        let manager = &self.city.care_managers[nth % self.city.care_managers.len()];
        let charge = CareTeamMember {
            id: ids.next(),
            region_id: patient.region_id,
            patient_id: patient.id,
            organization_id: self.offices[nth % self.offices.len()],
            care_manager_id: manager.id,
            from_on: self.now.day() - Days::new(400),
            until_on: None,
        };
        Ok((patient, charge))
    }

    /// Registers and admits that many people, spread over the clients' wards; answers them in that order.
    pub(crate) async fn admit(&self, store: &Store, number: usize) -> Result<Vec<Stay>> {
        self.admit_lot(store, number, 0).await
    }

    /// The same for further people: those of another lot are others.
    pub(crate) async fn admit_lot(&self, store: &Store, number: usize, lot: u64) -> Result<Vec<Stay>> {
        let mut stays = Vec::with_capacity(number);
        let mut commands = Vec::with_capacity(number);
        for nth in 0..number {
            let client = nth % CLIENTS;
            let (now, seed) = (self.admitted_at(nth)?, 1_000 + lot * LOT + u64::try_from(nth)?);
            let (patient, charge) = self.person(nth, &mut Ids::new(now, !seed))?;
            let actor = self.actor(client);
            let stay =
                NewStay { ward_id: self.ward_id(client), admitted_at: now, emergency: nth % 3 == 0, respite: false };
            let context = Context { now, ..self.context(&actor, seed) };
            let decision = admit(context, patient.clone(), vec![charge.clone()], None, &stay);
            let decision = decision.map_err(|refusal| anyhow!("{refusal:?}"))?;
            let mut case = decision.case().clone();
            let mut changes = decision.conclude(Command::Admit);
            changes.onto(&mut case);
            changes.patient = Some(Write::New(patient));
            changes.team = vec![charge];
            commands.push(changes);
            stays.push(Stay { case, client });
        }
        apply_all(store, commands, 512).await?;
        Ok(stays)
    }

    /// What a filing decides, with the key's record as HTTP would keep it.
    pub(crate) fn filing(&self, stay: &Stay, seed: u64) -> Result<Changes> {
        let actor = self.actor(stay.client);
        let mut decision = Decision::over(self.context(&actor, seed), stay.case.clone());
        let steps = |decision: &mut Decision<'_>| {
            decision.plan_discharge(self.planned_on())?;
            decision.screen(self.answers(), None)?;
            let message = Prose::parse(MESSAGE)?;
            decision.issue(NewNotice { kind: NoticeKind::PlannedDischarge, planned_on: None, message })
        };
        steps(&mut decision).map_err(|refusal| anyhow!("{refusal:?}"))?;
        let mut changes = decision.conclude(Command::IssueNotice);
        changes.idempotency = Some(IdempotencyRecord {
            region_id: actor.region_id,
            account_id: actor.account_id,
            key: format!("floor-{seed}"),
            fingerprint: [7; 32],
            status: 201,
            body: "x".repeat(500),
            location: Some("/api/v1/notices/00000000-0000-0000-0000-000000000000".to_owned()),
            encounter_id: Some(stay.case.encounter.id),
            created_at: self.now,
        });
        Ok(changes)
    }

    /// The body of a filing; a message needs the person's consent.
    pub(crate) fn filing_body(&self, with_message: bool) -> String {
        let mut body = serde_json::json!({ "planned_on": self.planned_on(), "answers": self.answers() });
        if with_message {
            body["message"] = MESSAGE.into();
        }
        body.to_string()
    }

    fn planned_on(&self) -> chrono::NaiveDate {
        self.now.day() + Days::new(14)
    }

    /// Every criterion answered, three of them hit.
    fn answers(&self) -> Answers {
        let mut answers = Answers::new();
        for (place, criterion) in self.agreement.checklist.criteria().iter().enumerate() {
            let answer = if place % 5 == 1 { Answer::Yes } else { Answer::No };
            answers.criteria.insert(criterion.id.clone(), answer);
        }
        answers
    }
}

/// The order in which the stays are filed about: each client's next one is anybody of those `beds` in its ward who came first.
pub(crate) fn in_order_of_filing(stays: Vec<Stay>, beds: usize) -> Vec<Stay> {
    let mut chance = StdRng::seed_from_u64(64);
    let mut waiting: Vec<_> = (0..CLIENTS).map(|_| VecDeque::new()).collect();
    for stay in stays {
        waiting[stay.client].push_back(stay);
    }
    let mut filed = Vec::new();
    while waiting.iter().any(|ward| !ward.is_empty()) {
        for ward in &mut waiting {
            let in_bed = ward.len().min(beds);
            if in_bed > 0 {
                ward.swap(0, chance.random_range(0..in_bed));
                filed.extend(ward.pop_front());
            }
        }
    }
    filed
}

const MESSAGE: &str = "退院の予定が決まりました。ご都合のよい日にお話しさせてください。";

/// Applies them all, so many at a time waiting for their commit.
pub(crate) async fn apply_all(store: &Store, commands: Vec<Changes>, at_a_time: usize) -> Result<()> {
    let commands = std::sync::Arc::new(std::sync::Mutex::new(commands.into_iter()));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..at_a_time {
        let (store, commands) = (store.clone(), std::sync::Arc::clone(&commands));
        workers.spawn(async move {
            loop {
                let next = commands.lock().map_err(|_| ApplyError::Busy)?.next();
                let Some(changes) = next else { return Ok::<(), ApplyError>(()) };
                store.apply(changes).await?;
            }
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker?.context("applying")?;
    }
    Ok(())
}
