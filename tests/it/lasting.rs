//! Nothing is answered before it lasts: the disk holds a flush, or fails.

use std::path::PathBuf;
use std::time::Duration;

use chrono::Days;
use domain::time::SystemClock;
use domain::{Clock, RegionId};
use hyper::Method;
use serde_json::{Value, json};
use storage::{EncounterFilter, Store};
use tests::binary::{Asker, Balancer, Binary, founded};
use tests::faulty_smtp::FaultySmtp;
use tests::flush::FailingFlush;
use tests::keys::store_options;
use tests::postgres::OwnServer;
use tokio::task::JoinHandle;

const STAYS: &str = "/api/v1/encounters";
const KEY: &str = "held";

/// The service on a disk that does as it is told.
struct Held {
    disk: FailingFlush,
    asker: Asker,
    /// What is asked for: an admission of 北見 花子.
    stay: Value,
    store: Store,
    region: RegionId,
    _binary: Binary,
    _relay: FaultySmtp,
    _server: Option<OwnServer>,
    _place: Option<Place>,
}

/// Where the file lies; it goes at the end.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        // What is left of it is a small file in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Held {
    async fn begin(disk: FailingFlush, database: String, server: Option<OwnServer>) -> Self {
        let (store, city) = founded(&database).await;
        store.close().await;
        let relay = FaultySmtp::start([]).await;
        let mut binary = Binary::new(&database, relay.port(), &[]);
        if server.is_none() {
            binary = binary.with(disk.environment());
        }
        binary.start();
        let asker = Asker::through(&Balancer::over([binary.address]));
        asker.log_in("nurse").await;
        let store = Store::open(&database, &store_options()).await.expect("the database opens");
        let patient = asker.registers("held", city.directory().districts()[0].as_ref(), 32_000).await;
        let stay = json!({
            "patient_id": patient.rsplit('/').next(), "ward_id": city.cast.ward_id.to_string(), "emergency": false,
            "admitted_at": format!("{}T09:00:00+09:00", SystemClock.now().day() - Days::new(2)),
        });
        Self {
            disk,
            asker,
            stay,
            store,
            region: city.region.id,
            _binary: binary,
            _relay: relay,
            _server: server,
            _place: None,
        }
    }

    async fn on_a_file() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let place = Place(std::env::temp_dir().join(format!("tsunagi-lasting-{unique}")));
        std::fs::create_dir_all(&place.0).expect("a temporary directory");
        let url = format!("sqlite://{}/tsunagi.db?mode=rwc", place.0.display());
        Self { _place: Some(place), ..Self::begin(FailingFlush::new(), url, None).await }
    }

    async fn on_a_server() -> Self {
        let disk = FailingFlush::new();
        let server = OwnServer::on(&disk);
        let url = server.url();
        Self::begin(disk, url, Some(server)).await
    }

    async fn stays(&self) -> usize {
        self.store.count_encounters(self.region, &EncounterFilter::default()).await.expect("readable")
    }

    /// Asks for an admission while the disk holds its flushes: there is no answer yet.
    async fn admit_unflushed(&self) -> JoinHandle<Option<(u16, String, Value)>> {
        self.disk.hold();
        let (asker, stay) = (self.asker.clone(), self.stay.clone());
        let asked = tokio::spawn(async move { asker.once(Method::POST, STAYS, KEY, &stay).await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!asked.is_finished(), "answered before it lasts");
        asked
    }
}

async fn is_answered_when_it_lasts(held: Held) {
    let asked = held.admit_unflushed().await;
    held.disk.let_go();
    let (status, ..) = asked.await.expect("no panic").expect("an answer");
    assert_eq!((status, held.stays().await), (201, 1));
}

/// It is made to last by a second try, or refused: whoever asks again by her key is told, and there is one stay, not two.
async fn a_flush_that_fails_is_no_flush(held: Held) {
    let asked = held.admit_unflushed().await;
    held.disk.fail_next();
    held.disk.let_go();
    let first = asked.await.expect("no panic");
    assert!(first.as_ref().is_none_or(|(status, ..)| matches!(status, 201 | 503)), "{first:?}");
    let kept = held.asker.accepted(STAYS, KEY, &held.stay).await;
    assert!(first.is_none_or(|(status, location, _)| status == 503 || location == kept));
    assert_eq!(held.stays().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admission_is_answered_when_it_lasts_sqlite() {
    is_answered_when_it_lasts(Held::on_a_file().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admission_is_answered_when_it_lasts_postgres() {
    is_answered_when_it_lasts(Held::on_a_server().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admission_whose_flush_fails_is_there_once_sqlite() {
    a_flush_that_fails_is_no_flush(Held::on_a_file().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admission_whose_flush_fails_is_there_once_postgres() {
    a_flush_that_fails_is_no_flush(Held::on_a_server().await).await;
}
