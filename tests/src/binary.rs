//! The service as an operator runs it, in a process of its own, and people who ask it until they are answered.
//!
//! - [`Binary`] — starts, stops, kills and pauses `tsunagi serve`.
//! - [`Balancer`] — chooses among instances by what `/health/ready` says, as the box in front of them does.
//! - [`founded`] — a database with the small city, as all of them begin.
//! - [`Asker`] — repeats a request with the same idempotency key until there is an answer; counts how often that was needed.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use domain::Clock;
use domain::time::SystemClock;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use server::city::{City, CitySize, DEMO_PASSWORD};
use storage::Store;
use tokio::task::JoinHandle;

use crate::client::Person;
use crate::keys::{KeyPlace, key_file, store_options};

/// How often a balancer looks.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// Mails that one process has in hand at a time: each may be sent once more after a kill.
pub const IN_HAND: usize = 8;

/// `tsunagi serve` with a database, a relay on loopback, and short intervals.
pub struct Binary {
    pub address: SocketAddr,
    sets: Vec<String>,
    environment: Vec<(&'static str, PathBuf)>,
    log: Option<PathBuf>,
    child: Option<Child>,
    _key: KeyPlace,
}

impl Binary {
    /// On a free port; `further` are keys of the configuration, `section.key=value`.
    pub fn new(database: &str, relay: u16, further: &[String]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("its address");
        let key = KeyPlace::new();
        let mut sets = vec![
            format!("database.url={database:?}"),
            format!("encryption.key_files=[{:?}]", key_file(key.path())),
            format!("server.listen=\"{address}\""),
            "server.secure_cookies=false".into(),
            "session.second_factor=false".into(),
            "mail.smtp.host=\"127.0.0.1\"".into(),
            format!("mail.smtp.port={relay}"),
            "mail.smtp.security=\"none\"".into(),
            "mail.smtp.connect_within_seconds=1".into(),
            "mail.smtp.send_within_seconds=1".into(),
            format!("outbox.in_flight={IN_HAND}"),
            // Longer than twice the longest send; what a dead process had in hand is free again after it.
            "outbox.lease_seconds=5".into(),
            "outbox.every_seconds=1".into(),
            "sweep.every_seconds=1".into(),
            "log.filter=\"error\"".into(),
        ];
        sets.extend_from_slice(further);
        Self { address, sets, environment: Vec::new(), log: None, child: None, _key: key }
    }

    /// With this in its environment: a disk that fails, a clock that is set.
    #[must_use]
    pub fn with(mut self, environment: [(&'static str, PathBuf); 2]) -> Self {
        self.environment.extend(environment);
        self
    }

    /// What it logs is written behind what stands in this file.
    #[must_use]
    pub fn logging_to(mut self, file: PathBuf) -> Self {
        self.log = Some(file);
        self
    }

    /// Somebody in front of it who is not logged in.
    pub fn nobody(&self) -> Person {
        Person::nobody(format!("http://{}", self.address))
    }

    pub fn start(&mut self) {
        let deps = std::env::current_exe().expect("the test's own path");
        let binary = deps.parent().and_then(|deps| deps.parent()).expect("target/…/deps").join("tsunagi");
        assert!(binary.exists(), "{} is missing: cargo build --workspace --all-targets", binary.display());
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.log.as_ref().map_or_else(Stdio::null, appending));
        self.sets.iter().for_each(|set| {
            command.arg("--set").arg(set);
        });
        self.child = Some(command.spawn().expect("the service starts"));
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ended");
        }
    }

    /// `STOP`, `CONT`: as `kill` names them.
    pub fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().is_ok_and(|sent| sent.success()));
    }

    /// As systemd stops it; waits until it has ended.
    pub async fn stop(&mut self) {
        self.signal("TERM");
        let mut child = self.child.take().expect("it runs");
        let ended = tokio::task::spawn_blocking(move || child.wait()).await.expect("waiting is no panic");
        assert!(ended.expect("it ended").success(), "the service did not stop well");
    }
}

fn appending(file: &PathBuf) -> Stdio {
    std::fs::OpenOptions::new().create(true).append(true).open(file).expect("the log can be written").into()
}

impl Drop for Binary {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How long or how often, from the environment: the long runs of `tests/prove`.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The small city in an empty database, and the store that it was written with.
pub async fn founded(url: &str) -> (Store, City) {
    let store = Store::open(url, &store_options()).await.expect("the database opens");
    store.migrate().await.expect("the migrations run");
    let hash = api::password::hash(DEMO_PASSWORD, &[7; 16]).expect("the fictional password");
    let city = City::plan(1, CitySize::Small, SystemClock.now().day(), &hash);
    city.found(&store).await.expect("the city is founded");
    (store, city)
}

type Http = Client<HttpConnector, Full<Bytes>>;

struct Place {
    base: String,
    ready: AtomicBool,
}

/// One after the other of those that are ready; all of them while none is.
pub struct Balancer {
    places: Vec<Place>,
    next: AtomicUsize,
}

impl Balancer {
    pub fn over(addresses: impl IntoIterator<Item = SocketAddr>) -> Arc<Self> {
        let place = |address| Place { base: format!("http://{address}"), ready: AtomicBool::new(true) };
        Arc::new(Self { places: addresses.into_iter().map(place).collect(), next: AtomicUsize::new(0) })
    }

    /// Looks at every instance again and again, until the task is aborted.
    pub fn watch(self: &Arc<Self>) -> JoinHandle<()> {
        let balancer = Arc::clone(self);
        let http: Http = Client::builder(TokioExecutor::new()).build_http();
        tokio::spawn(async move {
            loop {
                for place in &balancer.places {
                    let uri = format!("{}/health/ready", place.base).parse().expect("an address");
                    let looked = tokio::time::timeout(Duration::from_millis(500), http.get(uri)).await;
                    place.ready.store(matches!(looked, Ok(Ok(reply)) if reply.status() == 200), Ordering::Relaxed);
                }
                tokio::time::sleep(LOOKS_EVERY).await;
            }
        })
    }

    /// Whether the nth instance is chosen at present.
    pub fn chooses(&self, nth: usize) -> bool {
        self.places[nth].ready.load(Ordering::Relaxed)
    }

    fn choose(&self) -> &str {
        let ready: Vec<_> = self.places.iter().filter(|place| place.ready.load(Ordering::Relaxed)).collect();
        let among = if ready.is_empty() { self.places.iter().collect() } else { ready };
        &among[self.next.fetch_add(1, Ordering::Relaxed) % among.len()].base
    }
}

/// Somebody who asks until there is an answer.
#[derive(Clone)]
pub struct Asker {
    http: Http,
    balancer: Arc<Balancer>,
    token: Arc<Mutex<String>>,
    /// Who logs in again when the session has ended; otherwise that fails the test.
    again: Option<Arc<str>>,
    /// Requests that were cut off or refused for now, and had to be asked again.
    pub cut: Arc<AtomicUsize>,
}

impl Asker {
    pub fn through(balancer: &Arc<Balancer>) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self { http, balancer: Arc::clone(balancer), token: Arc::default(), again: None, cut: Arc::default() }
    }

    /// Logs in once a service is ready, and again if that is cut off; so do the clones of this one.
    pub async fn log_in(&self, login: &str) {
        let began = Instant::now();
        let login = json!({ "login": login, "password": DEMO_PASSWORD });
        loop {
            self.ready().await;
            let answer = self.once(Method::POST, "/api/v1/session", "", &login).await;
            if let Some((201, _, session)) = &answer {
                *self.token() = session["token"].as_str().expect("a token").to_owned();
                return;
            }
            let cut_off = answer.is_none_or(|(status, ..)| status >= 500);
            assert!(cut_off && began.elapsed() < Duration::from_secs(60), "no login");
        }
    }

    /// The same, and again whenever the session has ended.
    pub async fn log_in_as_often_as_needed(&mut self, login: &str) {
        self.log_in(login).await;
        self.again = Some(login.into());
    }

    fn token(&self) -> MutexGuard<'_, String> {
        self.token.lock().expect("no holder of this lock panics")
    }

    /// Whether the session still opens something.
    pub async fn is_logged_in(&self) -> bool {
        let (status, ..) = self.once(Method::GET, "/api/v1/me", "", &Value::Null).await.expect("an answer");
        assert!(matches!(status, 200 | 401), "{status}");
        status == 200
    }

    /// Status, `Location` and body; none when there is no answer within five seconds.
    pub async fn once(&self, method: Method, path: &str, key: &str, body: &Value) -> Option<(u16, String, Value)> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.balancer.choose()))
            .header("authorization", format!("Bearer {}", *self.token()))
            .header("idempotency-key", key)
            .header("if-match", "*")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .expect("a request of the test");
        let reply = tokio::time::timeout(Duration::from_secs(5), self.http.request(request)).await.ok()?.ok()?;
        let (parts, body) = reply.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let location = parts.headers.get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        Some((parts.status.as_u16(), location, serde_json::from_slice(&body).unwrap_or_default()))
    }

    /// Repeats the same request with the same key until it is answered for good.
    pub async fn until_answered(&self, path: &str, key: &str, body: &Value) -> (u16, String) {
        let began = Instant::now();
        loop {
            match self.once(Method::POST, path, key, body).await {
                Some((status, location, _)) if status < 500 && status != 409 => return (status, location),
                _ => {
                    assert!(began.elapsed() < Duration::from_secs(60), "{path} was never answered");
                    self.cut.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    /// Something that has to be accepted; answers with where it is.
    pub async fn accepted(&self, path: &str, key: &str, body: &Value) -> String {
        loop {
            match (self.until_answered(path, key, body).await, &self.again) {
                ((201, location), _) => return location,
                ((401, _), Some(login)) => self.log_in(login).await,
                ((status, _), _) => panic!("{path}: {status}"),
            }
        }
    }

    /// Registers 北見 花子, born so many days ago; answers with where she is.
    pub async fn registers(&self, key: &str, district: &str, days_ago: u64) -> String {
        let born_on = SystemClock.now().day() - chrono::Days::new(days_ago);
        let person = json!({
            "name": "北見 花子", "kana": "キタミ ハナコ", "birth_on": born_on, "sex": "female", "care_level": "care2",
            "district": district,
        });
        self.accepted("/api/v1/patients", &format!("person-{key}"), &person).await
    }

    /// Registers 北見 花子 and admits her two days ago; answers with where the stay is.
    pub async fn admits(&self, key: &str, district: &str, ward: &str) -> String {
        let patient = self.registers(key, district, 32_000).await;
        let admitted_on = SystemClock.now().day() - chrono::Days::new(2);
        let stay = json!({
            "patient_id": patient.rsplit('/').next(), "ward_id": ward, "emergency": false,
            "admitted_at": format!("{admitted_on}T09:00:00+09:00"),
        });
        self.accepted("/api/v1/encounters", &format!("stay-{key}"), &stay).await
    }

    pub async fn ready(&self) {
        let began = Instant::now();
        while !matches!(self.once(Method::GET, "/health/ready", "", &Value::Null).await, Some((200, ..))) {
            assert!(began.elapsed() < Duration::from_secs(60), "the service did not come back");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
