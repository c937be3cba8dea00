//! Three instances on one PostgreSQL behind a balancer, under load: one after the other is restarted, one loses its line to the database,
//! one is paused for longer than its leases, one is killed. Every request is answered, and nothing is done twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::Clock;
use domain::deadline::Level;
use domain::time::SystemClock;
use serde_json::json;
use tests::binary::{Asker, Balancer, Binary, IN_HAND, founded, setting};
use tests::cut::Line;
use tests::faulty_smtp::FaultySmtp;
use tests::postgres::OwnServer;

const CLIENTS: usize = 6;
/// Longer than a lease; with `PAUSED_SECONDS=90` longer than PostgreSQL lets a transaction idle, too.
const PAUSED_SECONDS: u64 = 8;

/// What was answered for: a stay whose notice was filed, and one about which nobody was told in time.
struct Accepted {
    told: String,
    warned: String,
}

async fn work(asker: Asker, client: usize, district: String, ward: String, go_on: Arc<AtomicBool>) -> Vec<Accepted> {
    let mut accepted = Vec::new();
    let today = SystemClock.now().day();
    for nth in 0.. {
        if !go_on.load(Ordering::Relaxed) {
            break;
        }
        let told = asker.admits(&format!("told-{client}-{nth}"), &district, &ward).await;
        let warned = asker.admits(&format!("warned-{client}-{nth}"), &district, &ward).await;
        let filing = json!({
            "planned_on": today + chrono::Days::new(14), "answers": { "criteria": { "adl_decline": "yes" } },
        });
        asker.accepted(&format!("{told}/filings"), &format!("filing-{client}-{nth}"), &filing).await;
        // Three days are too few for the period: warned at once.
        let plan = json!({ "event": "pending_discharge", "planned_on": today + chrono::Days::new(3) });
        asker.accepted(&format!("{warned}/events"), &format!("plan-{client}-{nth}"), &plan).await;
        accepted.push(Accepted { told, warned });
    }
    accepted
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(60), "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_instances_do_everything_once_while_each_of_them_fails() {
    let server = OwnServer::start();
    let (store, city) = founded(&server.url()).await;
    let relay = FaultySmtp::start([]).await;
    let mut line = Line::to(server.directory());
    let further = ["server.drain_seconds=1".to_owned()];
    let urls = [server.url(), server.url(), line.url()];
    let mut instances = urls.map(|url| Binary::new(&url, relay.port(), &further));
    instances.iter_mut().for_each(Binary::start);
    let balancer = Balancer::over(instances.iter().map(|instance| instance.address));
    let watching = balancer.watch();
    until("all are ready", async || (0..3).all(|nth| balancer.chooses(nth))).await;
    let asker = Asker::through(&balancer);
    asker.log_in("nurse").await;

    let go_on = Arc::new(AtomicBool::new(true));
    let (district, ward) = (city.directory().districts()[0].to_string(), city.cast.ward_id.to_string());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(work(asker.clone(), client, district.clone(), ward.clone(), Arc::clone(&go_on))))
        .collect();

    // A rolling restart, and not one request that had to be asked twice.
    for (nth, instance) in instances.iter_mut().enumerate() {
        instance.stop().await;
        assert!(!balancer.chooses(nth), "the balancer knew before it stopped");
        instance.start();
        until("a restarted instance is ready", async || balancer.chooses(nth)).await;
    }
    let cut = asker.cut.load(Ordering::Relaxed);
    assert_eq!(cut, 0, "requests cut off by a rolling restart");

    line.cut();
    until("the instance without a database says so", async || !balancer.chooses(2)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    line.mend();
    until("it is back", async || balancer.chooses(2)).await;

    let paused = setting("PAUSED_SECONDS", PAUSED_SECONDS);
    instances[1].signal("STOP");
    until("the paused one is passed over", async || !balancer.chooses(1)).await;
    tokio::time::sleep(Duration::from_secs(paused)).await;
    instances[1].signal("CONT");
    until("it goes on", async || balancer.chooses(1)).await;

    instances[0].kill();
    until("the dead one is passed over", async || !balancer.chooses(0)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    instances[0].start();
    until("it is there again", async || balancer.chooses(0)).await;

    go_on.store(false, Ordering::Relaxed);
    let mut accepted = Vec::new();
    for client in clients {
        accepted.extend(client.await.expect("every client was answered"));
    }
    let region_id = city.region.id;
    let id = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let case = async |path: &str| {
        let case = store.case(region_id, id(path).parse().expect("an id")).await.expect("readable");
        case.expect("what was answered is there")
    };
    // Every stay without a word is warned about, once.
    for one in &accepted {
        until("each is warned about", async || !case(&one.warned).await.warnings.is_empty()).await;
    }
    until("every mail is sent", async || store.outbox_counts(region_id).await.expect("counts").pending_mails == 0)
        .await;
    for one in &accepted {
        let told = case(&one.told).await;
        assert_eq!(told.notices.len(), 1, "{}", one.told);
        assert!(told.warnings.is_empty(), "{}", one.told);
        let warned = case(&one.warned).await;
        let levels: Vec<_> = warned.warnings.iter().map(|warning| warning.level).collect();
        assert_eq!(levels, [Level::AtOnce], "{}", one.warned);
    }
    let counts = store.outbox_counts(region_id).await.expect("counts");
    let number = i64::try_from(accepted.len()).expect("few");
    assert_eq!((counts.notices, counts.delivered), (number, number));
    let mails = relay.seen().copies();
    // One for each notice and each warning; the day's seal besides.
    assert!(mails.len() >= 2 * accepted.len(), "{} mails for {} of each", mails.len(), accepted.len());
    let repeats = mails.values().sum::<usize>() - mails.len();
    // The cut line, the pause and the kill: what each had in hand.
    assert!(repeats <= 3 * IN_HAND, "{repeats} repeats");
    assert!(store.verify_audit().await.expect("readable").is_whole());
    watching.abort();
    store.close().await;
    let cut = asker.cut.load(Ordering::Relaxed);
    println!(
        "proof: three instances, one of them paused for {paused} s: {} notices and as many warnings, {cut} requests asked again, {repeats} mails twice",
        accepted.len()
    );
}
