//! What a collector of traces is sent, and the log beside it: one filing from the web to the mail by the id of its request, and nothing of
//! anybody. The real binary, a relay, and a collector that decodes what comes.

pub(crate) mod collector;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::Clock;
use domain::time::SystemClock;
use serde_json::{Value, json};
use server::city::{City, DEMO_PASSWORD};
use tests::binary::{Asker, Balancer, Binary, founded};
use tests::faulty_smtp::FaultySmtp;
use tests::postgres::fresh_database;
use tests::{Engine, Person, on_both};
use tokio::net::TcpListener;

use collector::{Collector, Received};

const NUMBER: &str = "H987650123";
const KEY: &str = "a key of the collector's";

/// A city that a binary is going to serve, a relay, and a place for its log; removed at the end.
struct Place {
    database: String,
    city: City,
    relay: FaultySmtp,
    directory: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

async fn place(engine: Engine) -> Place {
    let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
    let directory = std::env::temp_dir().join(format!("tsunagi-telemetry-{unique}"));
    std::fs::create_dir_all(&directory).unwrap();
    let database = match engine {
        Engine::Sqlite => format!("sqlite://{}/tsunagi.db?mode=rwc", directory.display()),
        Engine::Postgres => fresh_database().await,
    };
    let (store, city) = founded(&database).await;
    store.close().await;
    Place { database, city, relay: FaultySmtp::start([]).await, directory }
}

impl Place {
    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }

    /// Serves with these keys set, and logs all that it ever logs.
    async fn serves(&self, sets: &[String]) -> Binary {
        let loud = ["log.json=true", "log.filter=\"debug\""].map(str::to_owned);
        let sets: Vec<String> = loud.into_iter().chain(sets.iter().cloned()).collect();
        let mut binary = Binary::new(&self.database, self.relay.port(), &sets).logging_to(self.log());
        binary.start();
        Asker::through(&Balancer::over([binary.address])).ready().await;
        binary
    }
}

async fn nurse(binary: &Binary) -> Person {
    let nobody = binary.nobody();
    let login = json!({ "login": "nurse", "password": DEMO_PASSWORD });
    let session = nobody.post("/api/v1/session", &login).await.expect(201);
    nobody.with_token(session["token"].as_str().unwrap())
}

async fn accepted(nurse: &Person, path: &str, body: &Value) -> (String, String) {
    let key = uuid::Uuid::from_u128(rand::random()).to_string();
    let reply = nurse.post_with(path, body, &[("idempotency-key", &key), ("if-match", "*")]).await;
    reply.expect(201);
    let told = |name| reply.header(name).expect(name).to_owned();
    (told("location"), told("x-request-id"))
}

/// Registers, admits and files; the stay, and the id of the filing's request.
async fn files(nurse: &Person, city: &City) -> (String, String) {
    let today = SystemClock.now().day();
    let person = json!({
        "name": "北見 花子", "kana": "キタミ ハナコ", "birth_on": "1938-04-12", "sex": "female", "care_level": "care2",
        "district": city.directory().districts()[0], "insured_number": NUMBER,
    });
    let (patient, _) = accepted(nurse, "/api/v1/patients", &person).await;
    let stay = json!({
        "patient_id": patient.rsplit('/').next(), "ward_id": city.cast.ward_id, "emergency": false,
        "admitted_at": format!("{}T09:00:00+09:00", today - chrono::Days::new(2)),
    });
    let (stay, _) = accepted(nurse, "/api/v1/encounters", &stay).await;
    let planned_on = today + chrono::Days::new(14);
    let filing = json!({ "planned_on": planned_on, "answers": { "criteria": { "adl_decline": "yes" } } });
    let (_, request) = accepted(nurse, &format!("{stay}/filings"), &filing).await;
    (stay, request)
}

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

/// What may stand neither in a trace nor in a log.
fn personal(place: &Place, stay: &str) -> Vec<String> {
    let mut words =
        ["北見", "花子", "キタミ", "ハナコ", "1938-04-12", NUMBER, "nurse", KEY].map(str::to_owned).to_vec();
    words.push(stay.rsplit('/').next().unwrap().to_owned());
    let seen = place.relay.seen();
    let receivers = seen.commands.iter().filter_map(|line| line.strip_prefix("RCPT TO:<")?.split('>').next());
    let before = words.len();
    words.extend(receivers.map(str::to_owned));
    assert!(words.len() > before, "mails have gone to somebody");
    words
}

on_both! {
    by place;

    async fn a_filing_is_one_trace_and_one_thread_of_the_log_from_the_web_to_the_mail(place: Place) {
        let collector = Collector::start().await;
        let headers = place.directory.join("headers");
        std::fs::write(&headers, format!("X-Key: {KEY}\n")).unwrap();
        let sets = [
            collector.endpoint(),
            format!("telemetry.headers_file={headers:?}"),
            "telemetry.service_name=\"tsunagi-north\"".to_owned(),
        ];
        let mut binary = place.serves(&sets).await;
        let (stay, request) = files(&nurse(&binary).await, &place.city).await;
        let mail = collector.receives("the mail", |it| it.span.name == "mail" && it.is("request_id", &request)).await;
        binary.stop().await;

        let of_request = |it: &Received| it.is("request_id", &request);
        let web = collector.receives("the request", |it| of_request(it) && it.span.kind == 2).await;
        let commit = collector.receives("the commit", |it| of_request(it) && it.span.name == "commit").await;
        let trace = hex(&web.span.trace_id);
        assert_eq!(trace, request.replace('-', ""), "the trace is named by the request");
        assert_eq!((hex(&commit.span.trace_id), hex(&mail.span.trace_id)), (trace.clone(), trace));
        assert!(web.span.parent_span_id.is_empty());
        assert_eq!(commit.span.parent_span_id, web.span.span_id);
        assert_eq!(mail.span.parent_span_id, web.span.span_id);
        assert_eq!(web.service, "tsunagi-north");
        assert_eq!(web.span.name, "POST /api/v1/encounters/{id}/filings");
        assert!(web.is("http.response.status_code", "201") && web.is("http.request.method", "POST"), "{web:?}");
        assert!(commit.is("became", "applied") && commit.attributes.contains_key("commands"), "{commit:?}");
        assert!(mail.is("attempt", "1") && mail.is("response", "ok"), "{mail:?}");
        assert!(mail.span.end_time_unix_nano > mail.span.start_time_unix_nano);
        let sweep = collector.receives("a sweep", |it| it.span.name == "sweep").await;
        assert_eq!(sweep.attributes["request_id"].replace('-', ""), hex(&sweep.span.trace_id));

        let log = lines(&place.log());
        let of = |name: &str, id: &str| {
            log.iter().filter(|line| line["span"]["name"] == name && line["span"]["request_id"] == id).count()
        };
        assert_eq!(of("request", &request), 1, "one line says how it was answered");
        assert_eq!(of("mail", &request), 1, "and one how its mail was");
        assert_eq!(of("sweep", &sweep.attributes["request_id"]), 1);
        assert_eq!(of("sweep", &request), 0);

        for parcel in collector.parcels().iter() {
            assert_eq!(parcel.headers["content-type"], "application/x-protobuf");
            assert_eq!(parcel.headers["x-key"], KEY);
            for word in personal(&place, &stay) {
                let found = parcel.bytes.windows(word.len()).any(|bytes| bytes == word.as_bytes());
                assert!(!found, "{word} has left");
            }
        }
        let text = std::fs::read_to_string(place.log()).unwrap();
        for word in personal(&place, &stay) {
            assert_eq!(text.lines().find(|line| line.contains(&word)), None, "{word} is in the log");
        }
    }

    async fn nobody_waits_for_a_collector_that_is_away_and_it_is_said_once(place: Place) {
        let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let sets = [format!("telemetry.endpoint=\"http://{away}\""), "telemetry.queue=4".to_owned()];
        let mut binary = place.serves(&sets).await;
        let nurse = nurse(&binary).await;
        files(&nurse, &place.city).await;
        let said = |what: &str| lines(&place.log()).iter().filter(|line| line["fields"]["message"] == what).count();
        let gone = "the collector of traces does not take them: they are dropped until it does";
        let began = Instant::now();
        while said(gone) == 0 {
            assert!(began.elapsed() < Duration::from_secs(30), "nothing is said of it");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for _ in 0..10 {
            files(&nurse, &place.city).await;
        }
        nurse.get("/health/ready").await.expect(200);
        let collector = Collector::answering(away.port(), hyper::StatusCode::OK).await;
        collector.receives("a later span", |it| it.span.name == "sweep").await;
        binary.stop().await;
        assert_eq!((said(gone), said("the collector of traces is back")), (1, 1));
        let dropped = collector.spans().iter().filter(|it| it.span.name.ends_with("/filings")).count();
        assert!(dropped < 11, "what found the queue full is gone");
    }

    async fn a_collector_that_takes_a_connection_and_says_nothing_holds_up_neither_a_filing_nor_a_stop(place: Place) {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sets = [
            format!("telemetry.endpoint=\"http://{}\"", silent.local_addr().unwrap()),
            "telemetry.send_within_seconds=2".to_owned(),
        ];
        let mut binary = place.serves(&sets).await;
        let nurse = nurse(&binary).await;
        // It is asked, and keeps us waiting: from here on parcels are under way.
        let asked = tokio::time::timeout(Duration::from_secs(30), silent.accept()).await;
        let (_kept, _) = asked.expect("spans are sent").unwrap();
        files(&nurse, &place.city).await;
        nurse.get("/health/ready").await.expect(200);
        let began = Instant::now();
        binary.stop().await;
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    async fn a_share_of_nothing_sends_nothing(place: Place) {
        let collector = Collector::start().await;
        let mut binary = place.serves(&[collector.endpoint(), "telemetry.sampling_ratio=0.0".to_owned()]).await;
        files(&nurse(&binary).await, &place.city).await;
        binary.stop().await;
        assert_eq!(collector.parcels().len(), 0);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
