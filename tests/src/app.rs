//! The real service on a port of its own.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use domain::changes::Changes;
use domain::credential::{Proof, Session, Stage};
use domain::party::Account;
use domain::time::ManualClock;
use domain::{Clock, Instant};
use scheduler::Scheduler;
use scheduler::mail::{Mail, Mailer, MemoryTransport};
use serde_json::json;
use server::city::{City, CitySize, DEMO_PASSWORD};
use server::config::Config;
use server::service::{self, Parts, Service};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::client::Person;
use crate::keys::key_file;
use crate::postgres;

/// What the forms of [`TestApp::session_of`] bring along.
pub const CSRF: &str = "the form's own token";

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The service with a small fictional city in it. Its clock stands at Friday 2026-11-20, 10:00 in Japan, until the test moves it.
pub struct TestApp {
    pub clock: Arc<ManualClock>,
    pub city: City,
    pub mails: MemoryTransport,
    pub service: Service,
    pub scheduler: Scheduler,
    pub config: Config,
    /// What the configuration was read from, for further instances on the same database.
    pub sets: Vec<String>,
    _directory: Directory,
}

/// Removed with everything in it at the end.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let path = std::env::temp_dir().join(format!("tsunagi-test-{unique}"));
        std::fs::create_dir_all(&path).expect("a temporary directory can be made");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl TestApp {
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    /// With keys of the configuration set (`section.key=value`).
    pub async fn start_with(engine: Engine, sets: &[&str]) -> Self {
        Self::start_mailing(engine, sets, None).await
    }

    /// With a mailer of the test's own instead of [`Self::mails`].
    pub async fn start_mailing(engine: Engine, sets: &[&str], mailer: Option<Mailer>) -> Self {
        let clock = Arc::new(ManualClock::new(at(2026, 11, 20, 10, 0)));
        let directory = Directory::new();
        let url = match engine {
            // The test brings its own.
            _ if sets.iter().any(|set| set.starts_with("database.url=")) => String::from("sqlite::memory:"),
            Engine::Postgres => postgres::fresh_database().await,
            Engine::Sqlite => format!("sqlite://{}/tsunagi.db?mode=rwc", directory.0.display()),
        };
        let sets: Vec<String> = [
            format!("database.url={url:?}"),
            format!("encryption.key_files=[{:?}]", key_file(&directory.0)),
            "server.secure_cookies=false".into(),
            "session.second_factor=false".into(),
        ]
        .into_iter()
        .chain(sets.iter().map(|set| (*set).to_owned()))
        .collect();
        let config = Config::read(None, &sets).expect("the test's configuration");
        let store = service::open_store(&config).await.expect("the database opens");
        store.migrate().await.expect("the migrations run");
        let hash = api::password::hash(DEMO_PASSWORD, &[7; 16]).expect("the fictional password");
        let city = City::plan(1, CitySize::Small, clock.now().day(), &hash);
        city.found(&store).await.expect("the city is founded");
        let mails = MemoryTransport::default();
        let mailer = mailer.unwrap_or_else(|| Mailer::Memory(mails.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let parts = Parts {
            clock: Arc::<ManualClock>::clone(&clock),
            seed: [7; 32],
            mailer: mailer.clone(),
            extra: None,
            demo: false,
            ticking: false,
        };
        let service = Service::start(&config, store.clone(), listener, parts).await.expect("the service starts");
        let calendar = service.app.clone();
        let scheduler = Scheduler::new(
            service::scheduler_settings(&config).expect("settings"),
            store,
            Arc::<ManualClock>::clone(&clock),
            mailer,
            service::agreements(&config).expect("agreements"),
            Arc::new(move || calendar.calendar()),
        );
        Self { clock, city, mails, service, scheduler, config, sets, _directory: directory }
    }

    /// Somebody who is not logged in.
    pub fn nobody(&self) -> Person {
        Person::nobody(format!("http://{}", self.service.address))
    }

    /// Logs one of the fictional people in (`nurse`, `caremanager`, `city`, `coordinator`, `admin`, `auditor`).
    pub async fn log_in(&self, login: &str) -> Person {
        let nobody = self.nobody();
        let reply = nobody.post("/api/v1/session", &json!({ "login": login, "password": DEMO_PASSWORD })).await;
        let token = reply.expect(201)["token"].as_str().expect("a token").to_owned();
        nobody.with_token(&token)
    }

    /// Logs in through the page, as a browser does.
    pub async fn log_in_by_page(&self, login: &str) -> Person {
        let nobody = self.nobody();
        let reply = nobody.submit("/login", &[("login", login), ("password", DEMO_PASSWORD)]).await;
        assert_eq!(reply.status.as_u16(), 303, "{}", reply.text());
        let cookie = reply.header("set-cookie").and_then(|line| line.split(';').next()).expect("a cookie").to_owned();
        nobody.with_cookie(&cookie)
    }

    /// Somebody with a session of that account, made without a login; JSON goes by its token, pages by its cookie and [`CSRF`].
    pub async fn session_of(&self, account: &Account) -> Person {
        let token = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let now = self.clock.now();
        let session = Session {
            token_hash: Sha256::digest(token.as_bytes()).into(),
            id: uuid::Uuid::from_u128(rand::random()).into(),
            region_id: account.region_id,
            account_id: account.id,
            stage: Stage::Open,
            csrf: CSRF.to_owned(),
            agent: String::new(),
            address: String::new(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus_seconds(8 * 3600),
        };
        let credentials = vec![Proof::BeginSession(Box::new(session))];
        let changes = Changes { credentials, ..Changes::default() };
        self.service.store.apply(changes).await.expect("the session is kept");
        self.nobody().with_token(&token).with_cookie_too(&format!("tsunagi={token}"))
    }

    /// Moves the clock to a wall-clock time in Japan.
    pub fn clock_shows(&self, year: i32, month: u32, day: u32, hour: u32, minute: u32) {
        self.clock.set(at(year, month, day, hour, minute));
    }

    /// What the clock shows.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Takes every step that is due now.
    pub async fn sweep(&self) {
        self.scheduler.sweep_once().await.expect("the sweep runs");
    }

    /// Seals the audit trail, if that was not done today.
    pub async fn seal(&self) -> bool {
        self.scheduler.seal_once().await.expect("the trail is sealed")
    }

    /// Sends what is due now; the mails that were taken since the last call.
    pub async fn send_mails(&self) -> Vec<Mail> {
        self.scheduler.send_once().await.expect("the outbox runs");
        self.mails.take_sent()
    }
}

/// A wall-clock time in Japan.
pub fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Instant {
    let day = NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar");
    Instant::at(day, NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of the day"))
}
