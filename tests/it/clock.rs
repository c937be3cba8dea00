//! The clock of a running service is set forwards and backwards under load, and once while it is dead.
//!
//! What was answered is kept and mailed, no mail waits until a clock that went back has caught up, no deadline is warned about twice, what
//! became due by a step forwards is warned about, and a session ends when the clock says so.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::Clock;
use domain::case::Case;
use domain::deadline::{DeadlineRule, Level};
use domain::delivery::DeliveryState;
use domain::time::SystemClock;
use serde_json::json;
use storage::Store;
use tests::binary::{Asker, Balancer, Binary, IN_HAND, founded};
use tests::clock::{DAY, HOUR, SetClock};
use tests::faulty_smtp::FaultySmtp;
use tests::keys::KeyPlace;
use tests::postgres::OwnServer;

const CLIENTS: usize = 6;
/// Nothing may wait longer than this for a clock that was set: a lease and a tick, not the hour.
const SOON: Duration = Duration::from_secs(25);
/// So long people work between two steps.
const BETWEEN: Duration = Duration::from_millis(1_500);

/// Since the last step of the clock; the steps are numbered.
const AHEAD_TWO_DAYS: usize = 3;
const OVER: usize = 5;

/// What was answered for: a stay whose notice was filed, and one about which nobody was told.
#[derive(Clone)]
struct Accepted {
    told: String,
    untold: String,
    /// How many steps the clock had taken when the first request was sent, and when the last was answered.
    asked: usize,
    answered: usize,
}

/// The ward that everybody works for.
struct Place {
    district: String,
    ward: String,
    steps: AtomicUsize,
    accepted: Mutex<Vec<Accepted>>,
}

impl Place {
    fn accepted(&self) -> Vec<Accepted> {
        self.accepted.lock().expect("nobody panics with it").clone()
    }
}

async fn work(asker: Asker, client: usize, place: Arc<Place>) {
    let today = SystemClock.now().day();
    for nth in 0.. {
        let asked = place.steps.load(Ordering::SeqCst);
        if asked == OVER {
            return;
        }
        let told = asker.admits(&format!("told-{client}-{nth}"), &place.district, &place.ward).await;
        let untold = asker.admits(&format!("untold-{client}-{nth}"), &place.district, &place.ward).await;
        let filing = json!({
            "planned_on": today + chrono::Days::new(14), "answers": { "criteria": { "adl_decline": "yes" } },
        });
        asker.accepted(&format!("{told}/filings"), &format!("filing-{client}-{nth}"), &filing).await;
        // To be told in three days; so the ward is warned tomorrow at nine, and in three days again.
        let plan = json!({ "event": "pending_discharge", "planned_on": today + chrono::Days::new(8) });
        asker.accepted(&format!("{untold}/events"), &format!("plan-{client}-{nth}"), &plan).await;
        let answered = place.steps.load(Ordering::SeqCst);
        place.accepted.lock().expect("nobody panics with it").push(Accepted { told, untold, asked, answered });
    }
}

/// What stands in the database, as an auditor would look.
struct Books {
    store: Store,
    region_id: domain::RegionId,
}

impl Books {
    async fn case(&self, path: &str) -> Case {
        let id = path.rsplit('/').next().unwrap_or_default().parse().expect("an id");
        let case = self.store.case(self.region_id, id).await.expect("readable");
        case.unwrap_or_else(|| panic!("{path} was answered and is gone"))
    }

    /// Of the stay's discharge, in the order in which they were written.
    async fn warned(&self, path: &str) -> Vec<Level> {
        let case = self.case(path).await;
        let ahead = case.warnings.iter().filter(|warning| warning.rule == DeadlineRule::DischargeNotice);
        ahead.map(|warning| warning.level).collect()
    }

    async fn is_mailed(&self, path: &str) -> bool {
        let case = self.case(path).await;
        assert_eq!(case.notices.len(), 1, "{path}: one filing, one notice");
        let deliveries = self.store.deliveries_of_notice(case.notices[0].id).await.expect("readable");
        assert!(!deliveries.is_empty(), "{path}");
        deliveries.iter().all(|(delivery, _)| matches!(delivery.state, DeliveryState::Delivered { .. }))
    }
}

/// Asks until it holds for each of them.
async fn soon(what: &str, all: &[Accepted], holds: impl AsyncFn(&Accepted) -> bool) {
    let began = Instant::now();
    for one in all {
        while !holds(one).await {
            assert!(began.elapsed() < SOON, "not within {SOON:?}: {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn the_clock_is_set(engine: &str, database: String) {
    let (store, city) = founded(&database).await;
    let books = Books { store, region_id: city.region.id };
    let (relay, clock) = (FaultySmtp::start([]).await, SetClock::new());
    let mut service = Binary::new(&database, relay.port(), &[]).with(clock.environment());
    service.start();
    let balancer = Balancer::over([service.address]);
    let (session, mut asker) = (Asker::through(&balancer), Asker::through(&balancer));
    session.log_in("nurse").await;
    asker.log_in_as_often_as_needed("nurse").await;
    let place = Arc::new(Place {
        district: city.directory().districts()[0].to_string(),
        ward: city.cast.ward_id.to_string(),
        steps: AtomicUsize::new(0),
        accepted: Mutex::default(),
    });
    let clients: Vec<_> =
        (0..CLIENTS).map(|client| tokio::spawn(work(asker.clone(), client, Arc::clone(&place)))).collect();
    let step = async |ahead| {
        // In this order: what was answered under the old number was decided before the step.
        place.steps.fetch_add(1, Ordering::SeqCst);
        clock.set(ahead);
        tokio::time::sleep(BETWEEN).await;
        place.accepted()
    };
    tokio::time::sleep(BETWEEN).await;
    assert!(session.is_logged_in().await);

    // An hour forwards: nobody was there for longer than a session waits.
    step(HOUR).await;
    assert!(!session.is_logged_in().await, "a session that nobody used for an hour");
    session.log_in("nurse").await;

    // It dies with mails in hand, and its clock goes back an hour before it comes again.
    service.kill();
    clock.set(0);
    service.start();
    asker.ready().await;
    let so_far = step(0).await;
    assert!(session.is_logged_in().await, "its last use lies ahead, so it has not ended");
    soon("the mails of before leave after a death and an hour back", &so_far, async |one| {
        books.is_mailed(&one.told).await
    })
    .await;
    for one in &so_far {
        assert_eq!(books.warned(&one.untold).await, [], "{}: nothing was due yet", one.untold);
    }

    // Two days forwards, over tomorrow at nine.
    let so_far = step(2 * DAY).await;
    assert!(!session.is_logged_in().await, "a session of two days ago");
    let before: Vec<_> = so_far.into_iter().filter(|one| one.answered < AHEAD_TWO_DAYS).collect();
    assert!(before.len() > CLIENTS, "{} before the step: that was no test", before.len());
    soon("what became due by the step is warned about", &before, async |one| {
        !books.warned(&one.untold).await.is_empty()
    })
    .await;

    // An hour backwards under load.
    let so_far = step(2 * DAY - HOUR).await;
    soon("the mails of before leave after an hour back", &so_far, async |one| books.is_mailed(&one.told).await).await;
    step(2 * DAY - HOUR).await;
    for client in clients {
        client.await.expect("every client was answered");
    }
    let all = place.accepted();
    soon("every mail leaves", &all[..1], async |_| {
        books.store.outbox_counts(books.region_id).await.expect("counts").pending_mails == 0
    })
    .await;
    service.kill();

    let mut warnings = 0;
    for one in &all {
        let warned = books.warned(&one.untold).await;
        match (one.answered < AHEAD_TWO_DAYS, one.asked >= AHEAD_TWO_DAYS) {
            (true, _) => assert_eq!(warned, [Level::Ahead(2)], "{}", one.untold),
            (_, true) => assert_eq!(warned, [], "{}: planned after that day", one.untold),
            // Planned while the clock was set.
            _ => assert!(warned.is_empty() || warned == [Level::Ahead(2)], "{}: {warned:?}", one.untold),
        }
        warnings += warned.len();
        let told = books.case(&one.told).await;
        assert_eq!(told.notices.len(), 1, "{}", one.told);
        let steps: BTreeSet<_> = told.warnings.iter().map(|warning| (warning.rule, warning.level.rank())).collect();
        assert_eq!(steps.len(), told.warnings.len(), "{}: a step was said twice", one.told);
        assert!(
            steps.iter().all(|(rule, _)| *rule == DeadlineRule::Acknowledgement),
            "{}: it was told in time",
            one.told
        );
    }
    let counts = books.store.outbox_counts(books.region_id).await.expect("counts");
    let number = i64::try_from(all.len()).expect("few");
    assert_eq!((counts.notices, counts.delivered), (number, number));
    let mails = relay.seen().copies();
    assert!(mails.len() >= all.len() + warnings, "{} mails", mails.len());
    let repeats = mails.values().sum::<usize>() - mails.len();
    // The death, and each step that may have ended a lease under a mail in hand: back an hour, forwards two days.
    assert!(repeats <= 4 * IN_HAND, "{repeats} repeats");
    assert!(books.store.verify_audit().await.expect("readable").is_whole());
    books.store.close().await;
    println!(
        "proof: {engine}, the clock an hour forwards, an hour back, two days forwards, an hour back: {number} filings accepted and all there, \
         {warnings} of {} stays warned about, each once, {} mails, {repeats} of them sent twice",
        all.len(),
        mails.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_a_running_service_may_be_set_sqlite() {
    let place = KeyPlace::new();
    the_clock_is_set("SQLite", format!("sqlite://{}/tsunagi.db?mode=rwc", place.path().display())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_of_a_running_service_may_be_set_postgres() {
    let server = OwnServer::start();
    the_clock_is_set("PostgreSQL", server.url()).await;
}
