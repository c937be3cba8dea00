//! The first promise against real crashes: the real binary with a real file or server under load, killed without warning again and again,
//! or standing on a disk whose flushes fail, beside a mail server that dies, or before a database whose connections end ([`harm`]).
//!
//! Clients keep what was answered, and ask again with the same idempotency key what was not. Afterwards every answered notice is there,
//! once, its mail was taken by the relay, and the audit trail is whole. `CRASH_ROUNDS=200` runs it for longer; a failing run prints
//! its seed, `CRASH_SEED` takes it.

mod harm;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::Clock;
use domain::time::SystemClock;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use storage::Store;
use tests::binary::{Asker, Balancer, Binary, IN_HAND, founded, setting};
use tests::cut::Line;
use tests::faulty_smtp::FaultySmtp;
use tests::flush::FailingFlush;
use tests::keys::store_options;
use tests::postgres::OwnServer;

use harm::{Harm, Stage};

const CLIENTS: usize = 8;

/// Registers, admits and files, over and over; answers with what was accepted: the stay and its notice.
async fn work(
    asker: Asker,
    client: usize,
    district: String,
    ward: String,
    go_on: Arc<AtomicBool>,
) -> Vec<(String, String)> {
    let mut accepted = Vec::new();
    let planned_on = SystemClock.now().day() + chrono::Days::new(14);
    for nth in 0.. {
        if !go_on.load(Ordering::Relaxed) {
            break;
        }
        let stay = asker.admits(&format!("{client}-{nth}"), &district, &ward).await;
        let (filings, key) = (format!("{stay}/filings"), format!("filing-{client}-{nth}"));
        let filing = json!({ "planned_on": planned_on, "answers": { "criteria": { "adl_decline": "yes" } } });
        let notice = asker.accepted(&filings, &key, &filing).await;
        let same = asker.accepted(&filings, &key, &filing).await;
        assert_eq!(same, notice, "the same key has the same answer");
        accepted.push((stay, notice));
    }
    accepted
}

async fn harmed_again_and_again(mut harm: Harm, database: String, postgres: Option<OwnServer>) {
    let engine = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let seed = setting("CRASH_SEED", rand::random());
    let rounds = harm.share(setting("CRASH_ROUNDS", 20), postgres.is_some());
    println!("CRASH_SEED={seed} CRASH_ROUNDS={rounds}");
    let mut chance = StdRng::seed_from_u64(seed);
    let (store, city) = founded(&database).await;
    store.close().await;

    let relay = FaultySmtp::start([]).await;
    // A mail server that dies refuses what it had in hand: tried again soon, and never given up here.
    let retries = format!("outbox.retry_waits_seconds={:?}", [1; 60]);
    let mut binary = Binary::new(&database, relay.port(), &[retries]);
    if let (Harm::FailedFlushes(disk), None) = (&harm, &postgres) {
        binary = binary.with(disk.environment());
    }
    binary.start();
    let asker = Asker::through(&Balancer::over([binary.address]));
    asker.log_in("nurse").await;

    let go_on = Arc::new(AtomicBool::new(true));
    let (district, ward) = (city.directory().districts()[0].to_string(), city.cast.ward_id.to_string());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(work(asker.clone(), client, district.clone(), ward.clone(), Arc::clone(&go_on))))
        .collect();
    let mut stage = Stage { binary, postgres, relay, asker };
    for round in 0..rounds {
        tokio::time::sleep(Duration::from_millis(chance.random_range(100..900))).await;
        harm.strike(&mut stage, round, &mut chance).await;
    }
    let Stage { mut binary, relay, asker, postgres: _server } = stage;
    go_on.store(false, Ordering::Relaxed);
    let mut accepted = Vec::new();
    for client in clients {
        accepted.extend(client.await.expect("every client was answered"));
    }
    let cut = asker.cut.load(Ordering::Relaxed);
    let was_hard = cut > 0 || !harm.is_heard_of();
    assert!(accepted.len() > CLIENTS && was_hard, "{} accepted, {cut} cut off: that was no test", accepted.len());

    // What a dead process had in hand is free again after its lease; then everything is mailed.
    let region_id = city.region.id;
    let store = Store::open(&database, &store_options()).await.expect("the database opens");
    let began = Instant::now();
    // Those too that tell others that a notice waits: when a time limit falls into the run there are as many as notices.
    while store.outbox_counts(region_id).await.expect("counts").pending_mails > 0 {
        assert!(began.elapsed() < Duration::from_secs(180), "mails wait for ever");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    binary.kill();

    let mut ids = BTreeSet::new();
    for (stay, notice) in &accepted {
        let id = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let case = store.case(region_id, id(stay).parse().expect("an id")).await.expect("readable");
        let case = case.unwrap_or_else(|| panic!("seed {seed}: {stay} was answered and is gone"));
        let kept: Vec<String> = case.notices.iter().map(|notice| notice.id.to_string()).collect();
        assert_eq!(kept, [id(notice)], "seed {seed}: one filing, one notice");
        assert!(ids.insert(id(notice)), "seed {seed}: two filings share {notice}");
    }
    let counts = store.outbox_counts(region_id).await.expect("counts");
    // A filing whose answer was still on its way when the clients stopped is asked again by nobody: there is none, each was awaited.
    assert_eq!(counts.notices, i64::try_from(accepted.len()).expect("few"), "seed {seed}");
    let mails = relay.seen().copies();
    let (distinct, repeats) = (mails.len(), mails.values().sum::<usize>() - mails.len());
    let words = mails.keys().flat_map(|mail| mail.split(|c: char| !c.is_ascii_hexdigit() && c != '-'));
    let taken: HashSet<uuid::Uuid> = words.filter_map(|word| word.parse().ok()).collect();
    for id in &ids {
        // The day's seal is mailed too: only what belongs to a notice is looked for here.
        for (delivery, _) in store.deliveries_of_notice(id.parse().expect("an id")).await.expect("readable") {
            let id = delivery.id.uuid();
            assert!(taken.contains(&id), "seed {seed}: the mail of delivery {id} was never taken");
        }
    }
    assert_eq!(counts.delivered, counts.notices, "seed {seed}: the relay takes everything");
    let strikes = usize::try_from(rounds).expect("few") * 2 + 1;
    let harmed = harm.counted();
    assert!(repeats <= strikes * IN_HAND, "seed {seed}: {repeats} repeats");
    assert!(store.verify_audit().await.expect("readable").is_whole(), "seed {seed}");
    store.close().await;
    println!(
        "proof: {engine}, {rounds} {harmed}: {} filings accepted and all there, {cut} requests cut off and asked again, {distinct} mails, {repeats} \
         of them sent twice",
        accepted.len()
    );
}

/// A database file in a directory of its own, which goes when the test has passed.
async fn in_a_file(harm: Harm) {
    let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
    let path = std::env::temp_dir().join(format!("tsunagi-crash-{unique}"));
    std::fs::create_dir_all(&path).expect("a temporary directory");
    harmed_again_and_again(harm, format!("sqlite://{}/tsunagi.db?mode=rwc", path.display()), None).await;
    std::fs::remove_dir_all(&path).expect("it is ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_however_often_the_service_is_killed_sqlite() {
    in_a_file(Harm::Kills).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_however_often_the_service_is_killed_postgres() {
    let server = OwnServer::start();
    harmed_again_and_again(Harm::Kills, server.url(), Some(server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_on_a_disk_whose_flushes_fail_sqlite() {
    in_a_file(Harm::FailedFlushes(FailingFlush::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_on_a_disk_whose_flushes_fail_postgres() {
    let disk = FailingFlush::new();
    let server = OwnServer::on(&disk);
    harmed_again_and_again(Harm::FailedFlushes(disk), server.url(), Some(server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_however_often_the_mail_server_dies_sqlite() {
    in_a_file(Harm::Relay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_however_often_the_mail_server_dies_postgres() {
    let server = OwnServer::start();
    harmed_again_and_again(Harm::Relay, server.url(), Some(server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_however_often_a_connection_of_the_database_is_ended() {
    let server = OwnServer::start();
    harmed_again_and_again(Harm::Backends, server.url(), Some(server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_over_a_line_to_the_database_that_is_slow_and_cut() {
    let server = OwnServer::start();
    let line = Line::to(server.directory());
    let url = line.url();
    harmed_again_and_again(Harm::Line(line), url, Some(server)).await;
}
