//! A small town, and what its people do.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{NaiveDate, NaiveTime, Weekday};
use domain::access::{Actor, Command};
use domain::agreement::{Agreement, Editions};
use domain::case::Case;
use domain::changes::{Changes, DirectoryChanges, Write};
use domain::decide::{Context, Decision, NewNotice, NewStay, admit};
use domain::delivery::{Response, RetrySchedule};
use domain::directory::Directory;
use domain::notice::NoticeKind;
use domain::party::{
    Account, CareManager, ContactPoint, ContactUse, Organization, OrganizationKind, Region, Role, Ward,
};
use domain::patient::{CareLevel, CareTeamMember, Patient, Sex};
use domain::text::{EmailAddress, Kana, Line, Prose};
use domain::time::ManualClock;
use domain::{Clock, EncounterId, Ids, Instant, NoticeId, OrganizationId, Refusal, RegionId};
use rules::calendar::{Calendar, OfficeHours};
use scheduler::mail::{Mailer, MemoryTransport, Sender};
use scheduler::{Scheduler, SchedulerSettings};
use storage::{Store, WarningFilter};
use tests::keys::store_options;
use tests::{Engine, at};

/// Declares tests that run on SQLite and on PostgreSQL: each gets a town of its own.
macro_rules! on_both {
    ($(async fn $name:ident($town:ident : Town) $body:block)+) => {
        mod sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $town = Town::found(tests::Engine::Sqlite).await;
                $body
            })+
        }
        mod postgres {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $town = Town::found(tests::Engine::Postgres).await;
                $body
            })+
        }
    };
}
pub(crate) use on_both;

pub(crate) const RETRY_WAITS: [u32; 2] = [60, 600];

pub(crate) struct Town {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mails: MemoryTransport,
    pub(crate) scheduler: Scheduler,
    pub(crate) office: OrganizationId,
    pub(crate) other_office: OrganizationId,
    pub(crate) region: RegionId,
    pub(crate) nurse: Actor,
    pub(crate) care_manager: Actor,
    directory: Arc<Directory>,
    agreement: Agreement,
    seeds: AtomicU64,
    _files: Option<Files>,
}

/// Removed with everything in it at the end.
struct Files(PathBuf);

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

pub(crate) fn november(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

impl Town {
    /// The clock shows Monday 2026-11-02, 10:00.
    pub(crate) async fn found(engine: Engine) -> Self {
        let (url, files) = match engine {
            Engine::Postgres => (tests::postgres::fresh_database().await, None),
            Engine::Sqlite => {
                let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
                let path = std::env::temp_dir().join(format!("tsunagi-town-{unique}"));
                std::fs::create_dir_all(&path).unwrap();
                (format!("sqlite://{}/tsunagi.db?mode=rwc", path.display()), Some(Files(path)))
            }
        };
        let store = Store::open(&url, &store_options()).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Arc::new(ManualClock::new(at(2026, 11, 2, 10, 0)));
        let mut ids = Ids::new(clock.now(), 1);
        let region = Region { id: ids.next(), name: line("つなぎ市"), agreement: "kitami".into() };
        let organization = |id, kind, name: &str, districts: &[&str]| Organization {
            id,
            region_id: region.id,
            kind,
            name: line(name),
            code: None,
            phone: None,
            districts: districts.iter().map(|d| (*d).to_owned()).collect(),
            hours: OfficeHours::default(),
            version: 1,
        };
        let (hospital, office, other_office): (OrganizationId, OrganizationId, OrganizationId) =
            (ids.next(), ids.next(), ids.next());
        let (centre, city) = (ids.next(), ids.next());
        let ward = Ward { id: ids.next(), organization_id: hospital, name: line("3階東") };
        let manager = CareManager { id: ids.next(), organization_id: office, name: line("常呂 二郎"), email: None };
        let mut mailbox = |organization_id, use_for, ward_id, email: &str| ContactPoint {
            id: ids.next(),
            organization_id,
            ward_id,
            use_for,
            email: EmailAddress::parse(&format!("{email}@example.jp")).unwrap(),
        };
        let contact_points = vec![
            mailbox(hospital, ContactUse::Ward, Some(ward.id), "ward"),
            mailbox(hospital, ContactUse::CoordinationDesk, None, "desk"),
            mailbox(hospital, ContactUse::First, None, "hospital"),
            mailbox(office, ContactUse::First, None, "office"),
            mailbox(office, ContactUse::Second, None, "office-second"),
            mailbox(other_office, ContactUse::First, None, "other"),
            mailbox(other_office, ContactUse::Second, None, "other-second"),
            mailbox(centre, ContactUse::First, None, "centre"),
            mailbox(city, ContactUse::First, None, "city"),
        ];
        let account = |id, organization_id, role, login: &str| Account {
            id,
            region_id: region.id,
            organization_id,
            ward_id: (role == Role::WardStaff).then_some(ward.id),
            care_manager_id: (role == Role::CareManager).then_some(manager.id),
            login: login.into(),
            name: line("留辺蘂 三郎"),
            role,
            password_hash: "none".into(),
            email: None,
            closed_at: None,
        };
        let accounts = vec![
            account(ids.next(), hospital, Role::WardStaff, "nurse"),
            account(ids.next(), office, Role::CareManager, "caremanager"),
        ];
        let (nurse, care_manager) = (Actor::person(&accounts[0]), Actor::person(&accounts[1]));
        let region_id = region.id;
        let organizations = vec![
            organization(hospital, OrganizationKind::Hospital, "つなぎ病院", &[]),
            organization(office, OrganizationKind::CareOffice, "ケアプラン青空", &[]),
            organization(other_office, OrganizationKind::CareOffice, "ケアプラン夕風", &[]),
            organization(centre, OrganizationKind::SupportCentre, "中央地域包括支援センター", &["中央"]),
            organization(city, OrganizationKind::Municipality, "つなぎ市介護福祉課", &[]),
        ];
        let directory = DirectoryChanges {
            regions: vec![region],
            organizations,
            wards: vec![ward],
            contact_points,
            care_managers: vec![manager],
            accounts,
            neighbours: Vec::new(),
        };
        store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
        let directory = store.directory(region_id).await.unwrap();
        let mails = MemoryTransport::default();
        let scheduler = scheduler(store.clone(), &clock, &mails);
        let agreement = Agreement::kitami();
        let seeds = AtomicU64::new(100);
        Self {
            url,
            store,
            clock,
            mails,
            scheduler,
            office,
            other_office,
            region: region_id,
            nurse,
            care_manager,
            directory,
            agreement,
            seeds,
            _files: files,
        }
    }

    /// Another instance on the same database.
    pub(crate) async fn another_instance(&self) -> Scheduler {
        let store = Store::open(&self.url, &store_options()).await.unwrap();
        scheduler(store, &self.clock, &self.mails)
    }

    /// The clock shows that time of a day in November 2026.
    pub(crate) fn clock_shows(&self, day: u32, hour: u32, minute: u32) {
        self.clock.set(at(2026, 11, day, hour, minute));
    }

    pub(crate) fn calendar() -> Calendar {
        Calendar::japan()
    }

    fn context<'a>(&'a self, actor: &'a Actor, calendar: &'a Calendar) -> Context<'a> {
        let seed = self.seeds.fetch_add(1, Ordering::SeqCst);
        let now = self.clock.now();
        Context {
            now,
            request_id: Ids::new(now, seed ^ u64::MAX).next(),
            actor: Some(actor),
            agreement: &self.agreement,
            calendar,
            directory: &self.directory,
            seed,
        }
    }

    /// 北見 花子, cared for by the office, comes into the ward; her discharge is planned.
    pub(crate) async fn admit(&self, planned_on: NaiveDate) -> EncounterId {
        let calendar = Self::calendar();
        let context = self.context(&self.nurse, &calendar);
        let mut ids = Ids::new(context.now, context.seed ^ 0xFFFF);
        let patient = Patient {
            id: ids.next(),
            region_id: self.region,
            name: line("北見 花子"),
            kana: Kana::parse("キタミ ハナコ").unwrap(),
            birth_on: NaiveDate::from_ymd_opt(1934, 5, 6).unwrap(),
            sex: Sex::Female,
            district: line("中央"),
            insured_number: None,
            care_level: CareLevel::Care3,
            sharing: domain::consent::Sharing::Everyone,
            version: 1,
        };
        let member = CareTeamMember {
            id: ids.next(),
            region_id: self.region,
            patient_id: patient.id,
            organization_id: self.office,
            care_manager_id: self.care_manager.care_manager_id.unwrap(),
            from_on: november(1),
            until_on: None,
        };
        let registered =
            Changes { patient: Some(Write::New(patient.clone())), team: vec![member.clone()], ..Changes::default() };
        self.store.apply(registered).await.unwrap();
        let ward_id = self.nurse.ward_id.unwrap();
        let stay = NewStay { ward_id, admitted_at: context.now, emergency: false, respite: false };
        let mut decision = admit(context, patient, vec![member], None, &stay).unwrap();
        decision.plan_discharge(planned_on).unwrap();
        let id = decision.case().encounter.id;
        self.store.apply(decision.conclude(Command::Admit)).await.unwrap();
        id
    }

    pub(crate) async fn case(&self, id: EncounterId) -> Case {
        self.store.case(self.region, id).await.unwrap().unwrap()
    }

    /// Somebody does something with a stay.
    pub(crate) async fn step<T>(
        &self,
        actor: &Actor,
        id: EncounterId,
        steps: impl FnOnce(&mut Decision<'_>) -> Result<T, Refusal>,
    ) -> T {
        let calendar = Self::calendar();
        let case = self.case(id).await;
        let mut decision = Decision::over(self.context(actor, &calendar), case);
        let outcome = steps(&mut decision).unwrap();
        self.store.apply(decision.conclude(Command::IssueNotice)).await.unwrap();
        outcome
    }

    /// The nurse tells the office of the planned discharge.
    pub(crate) async fn tell(&self, id: EncounterId) -> NoticeId {
        let notice = NewNotice { kind: NoticeKind::PlannedDischarge, planned_on: None, message: Prose::default() };
        self.step(&self.nurse, id, |decision| decision.issue(notice)).await
    }

    /// Sweeps three times and sends; to whom mails went, and with which subject, sorted.
    pub(crate) async fn mails(&self) -> Vec<(String, String)> {
        for _ in 0..3 {
            self.scheduler.sweep_once().await.unwrap();
        }
        self.scheduler.send_once().await.unwrap();
        let sent = self.mails.take_sent().into_iter();
        let name = |mail: &scheduler::mail::Mail| mail.to.as_str().trim_end_matches("@example.jp").to_owned();
        let mut sent: Vec<_> = sent.map(|mail| (name(&mail), mail.subject.as_str().to_owned())).collect();
        sent.sort();
        sent
    }

    /// Only to whom.
    pub(crate) async fn told(&self) -> Vec<String> {
        self.mails().await.into_iter().map(|(to, _)| to).collect()
    }

    /// Changes just one row behind the store's back.
    pub(crate) async fn spoil(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql);
        let rows = if self.is_sqlite() {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        } else {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query(sql).execute(&pool).await.unwrap().rows_affected()
        };
        assert_eq!(rows, 1);
    }

    /// An id as the engine's SQL writes it.
    pub(crate) fn literal(&self, id: uuid::Uuid) -> String {
        if self.is_sqlite() { format!("x'{}'", id.simple()) } else { format!("'{id}'") }
    }

    fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite")
    }

    /// Nobody is to be told of anything.
    pub(crate) async fn expect_silence(&self) {
        assert_eq!(self.mails().await, []);
    }

    /// The levels of all warnings of a stay, in the order in which they were given.
    pub(crate) async fn warnings(&self, id: EncounterId) -> Vec<String> {
        let filter = WarningFilter { encounter_id: Some(id), ..WarningFilter::default() };
        let mut lines = self.store.list_warnings(self.region, &filter, None, 100).await.unwrap();
        lines.sort_by_key(|line| (line.warning.warned_at.micros(), line.warning.level.code()));
        lines.into_iter().map(|line| line.warning.level.code()).collect()
    }
}

pub(crate) fn scheduler(store: Store, clock: &Arc<ManualClock>, mails: &MemoryTransport) -> Scheduler {
    let settings = SchedulerSettings {
        public_url: "https://tsunagi.example".into(),
        from: Sender::new(None, EmailAddress::parse("no-reply@tsunagi.example").unwrap()),
        sweep_every: Duration::from_secs(1),
        sweep_batch: 7,
        outbox_every: Duration::from_secs(1),
        outbox_batch: 5,
        concurrency: 3,
        in_flight: 7,
        lease_seconds: 300,
        retry: RetrySchedule { waits_seconds: RETRY_WAITS.to_vec(), jitter_percent: 0 },
        weekly_on: Weekday::Mon,
        weekly_at: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
        seal_at: NaiveTime::from_hms_opt(0, 10, 0).unwrap(),
        watcher: None,
    };
    let agreements = HashMap::from([("kitami".to_owned(), Editions::new(vec![Agreement::kitami()]).unwrap())]);
    let calendar = Arc::new(Calendar::japan());
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(clock);
    let mailer = Mailer::Memory(mails.clone());
    Scheduler::new(settings, store, clock, mailer, agreements, Arc::new(move || Arc::clone(&calendar)))
}

pub(crate) fn transient() -> Response {
    Response::TransientError { code: Some(451), detail: "later".into() }
}

pub(crate) fn instant(day: u32, hour: u32, minute: u32) -> Instant {
    at(2026, 11, day, hour, minute)
}
