//! The primary is lost and its standby promoted: what was answered is there, if the primary waited for the standby; and if it did not?
//!
//! The service asks for `synchronous_commit=on`. That means the standby's disk as well once `synchronous_standby_names` names it, and the
//! primary's alone otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use storage::Store;
use tests::binary::{Asker, Balancer, Binary, founded};
use tests::cut::Line;
use tests::faulty_smtp::FaultySmtp;
use tests::keys::store_options;
use tests::postgres::OwnServer;

const CLIENTS: usize = 6;

/// Registers people until it is told to stop; answers with what was accepted.
async fn work(asker: Asker, client: usize, district: String, go_on: Arc<AtomicBool>) -> Vec<String> {
    let mut accepted = Vec::new();
    for nth in 0.. {
        if !go_on.load(Ordering::Relaxed) {
            break;
        }
        let location = asker.registers(&format!("{client}-{nth}"), &district, 25_000 + nth).await;
        accepted.push(location);
    }
    accepted
}

/// How many of the accepted are gone after the standby took over, and how many there were.
async fn lost_with_the_primary(waits_for_the_standby: bool) -> (usize, usize) {
    let mut primary = OwnServer::start();
    let (store, city) = founded(&primary.url()).await;
    store.close().await;
    let mut standby = OwnServer::standby_of(&primary);
    if waits_for_the_standby {
        primary.tell("ALTER SYSTEM SET synchronous_standby_names = '*'");
        primary.tell("SELECT pg_reload_conf()");
    }

    let relay = FaultySmtp::start([]).await;
    let mut line = Line::to(primary.directory());
    let mut binary = Binary::new(&line.url(), relay.port(), &[]);
    binary.start();
    let asker = Asker::through(&Balancer::over([binary.address]));
    asker.log_in("nurse").await;
    let go_on = Arc::new(AtomicBool::new(true));
    let district = city.directory().districts()[0].to_string();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(work(asker.clone(), client, district.clone(), Arc::clone(&go_on))))
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;

    primary.die().await;
    // Whoever watches over the databases decides, promotes, and leads the service there.
    line.cut();
    standby.promote().await;
    line.lead_to(standby.directory());
    line.mend();
    asker.ready().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    go_on.store(false, Ordering::Relaxed);
    let mut accepted = Vec::new();
    for client in clients {
        accepted.extend(client.await.expect("every client was answered"));
    }
    binary.kill();

    let store = Store::open(&standby.url(), &store_options()).await.expect("the standby answers");
    let mut lost = 0;
    for location in &accepted {
        let id = location.rsplit('/').next().unwrap_or_default().parse().expect("an id");
        lost += usize::from(store.patient(city.region.id, id).await.expect("readable").is_none());
    }
    assert!(store.verify_audit().await.expect("readable").is_whole());
    store.close().await;
    (lost, accepted.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_answered_is_lost_with_the_primary_when_it_waits_for_its_standby() {
    let (lost, accepted) = lost_with_the_primary(true).await;
    println!(
        "proof: primary killed, standby promoted, synchronous_standby_names = '*': {lost} of {accepted} answered are lost"
    );
    assert!(accepted > CLIENTS, "that was no test");
    assert_eq!(lost, 0);
}

/// Without it a standby may lack the last moments: told, not hidden.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_does_not_wait_may_take_the_last_moment_with_it() {
    let (lost, accepted) = lost_with_the_primary(false).await;
    println!("proof: primary killed, standby promoted, no synchronous standby: {lost} of {accepted} answered are lost");
    assert!(accepted > CLIENTS && lost < accepted, "{lost} of {accepted}");
}
