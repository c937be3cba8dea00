//! Notices filed over HTTP: the whole of a filing, durable, as ward staff send it; and the floors below it.
//!
//! One filing logs in by its bearer session, reads the stay, plans the discharge, screens, issues the notice, derives deadlines and
//! survey fact, and is answered after the commit of: stay, event, screening, notice with its serial number, deadlines, delivery, fact, counted
//! cells, audit row in its chain, idempotency key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use domain::EncounterId;
use server::city::CitySize;
use storage::Store;

use crate::Engine;
use crate::processes::{Used, flushes};
use crate::service::{Service, get, post};
use crate::table::{Figure, grouped, median, millis};
use crate::wards::{BEDS, Stay, Wards, apply_all, in_order_of_filing};
use crate::wire::{CLIENTS, Storm, storm};

const WARM_UP: usize = 30;
const ALONE: usize = CLIENTS * 3;
/// Of so many rounds of admissions, one is kept for the worst case.
const KEPT: usize = 6;

pub(crate) async fn measure(engine: Engine) -> Result<Vec<Figure>> {
    let each = 500 / crate::scale().min(20);
    let floor_filings = CLIENTS * each;
    let url = engine.database("notices").await;
    let store = Store::open(&url, &crate::options()).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let by_rule = (WARM_UP + each + ALONE / CLIENTS + each + each) * CLIENTS;
    let stays = wards.admit(&store, by_rule * KEPT / (KEPT - 1) + CLIENTS * KEPT).await?;
    let (kept, stays): (Vec<_>, Vec<_>) =
        stays.into_iter().enumerate().partition(|(nth, _)| nth / CLIENTS % KEPT == KEPT - 1);
    let in_no_order = in_order_of_filing(kept.into_iter().map(|(_, stay)| stay).collect(), usize::MAX);
    let mut stays = in_order_of_filing(stays.into_iter().map(|(_, stay)| stay).collect(), BEDS);
    stays.truncate(by_rule);
    let unwitnessed = stays.split_off(by_rule - floor_filings);
    let floor = stays.split_off(by_rule - 2 * floor_filings);

    // The rows alone: the same commands, decided beforehand, by as many clients; and once more without their audit rows.
    let decided =
        floor.iter().zip(5_000_000..).map(|(stay, seed)| wards.filing(stay, seed)).collect::<Result<Vec<_>>>()?;
    let began = Instant::now();
    apply_all(&store, decided, CLIENTS).await?;
    let rows_alone = per_second(floor_filings, began.elapsed());
    let mut decided =
        unwitnessed.iter().zip(6_000_000..).map(|(stay, seed)| wards.filing(stay, seed)).collect::<Result<Vec<_>>>()?;
    decided.iter_mut().for_each(|changes| changes.audit.clear());
    let began = Instant::now();
    apply_all(&store, decided, CLIENTS).await?;
    let rows_unwitnessed = per_second(floor_filings, began.elapsed());
    let notices_before = store.outbox_counts(wards.city.region.id).await?.notices;
    store.close().await;

    let service = Service::start(&url).await?;
    let (mut tokens, mut logins) = (Vec::new(), Vec::new());
    for client in 0..CLIENTS {
        let began = Instant::now();
        tokens.push(service.log_in(wards.login(client)).await?);
        logins.push(began.elapsed());
    }
    let tokens = Arc::new(tokens);
    let speed_before = fixed_work();
    // Somebody in each case: strangers of one network share a few places, and would be refused.
    let whos = Arc::clone(&tokens);
    let http_alone = storm(service.address, CLIENTS, each * 2, 200, move |client, _, into| {
        into.extend_from_slice(&get("/health/live", whos.get(client).map(String::as_str)));
    })
    .await?;
    let whos = Arc::clone(&tokens);
    let session_alone = move |client: usize, _, into: &mut Vec<u8>| {
        into.extend_from_slice(&get("/api/v1/me", whos.get(client).map(String::as_str)));
    };
    let session_alone = storm(service.address, CLIENTS, each * 2, 200, session_alone).await?;

    let body: Arc<[u8]> = wards.filing_body(true).into_bytes().into();
    let (ids, in_no_order) = (ids_of(&stays), ids_of(&in_no_order));
    // The nth filing of a client concerns the nth of its stays.
    let file = |ids: &Arc<[EncounterId]>, first: usize| {
        let (tokens, body, ids) = (Arc::clone(&tokens), Arc::clone(&body), Arc::clone(ids));
        move |client: usize, nth: usize, into: &mut Vec<u8>| {
            let id = ids[(first + nth) * CLIENTS + client];
            let path = format!("/api/v1/encounters/{id}/filings");
            post(into, &path, tokens.get(client).map(String::as_str), Some(&key(id)), &body);
        }
    };
    storm(service.address, CLIENTS, WARM_UP, 201, file(&ids, 0)).await?;
    let (before, server_before, flushed_before) = (service.used()?, Used::by_database_server()?, flushes());
    let filed = storm(service.address, CLIENTS, each, 201, file(&ids, WARM_UP)).await?;
    let (used, server) = (service.used()?.since(before), Used::by_database_server()?.since(server_before));
    let flushed = flushes().zip(flushed_before).map(|(after, before)| after - before);
    let (own, memory) = (service.own_memory()?, service.memory()?);
    let speed_after = fixed_work();
    let rest = ids[CLIENTS * (WARM_UP + each)..].to_vec();
    let alone = alone(&service, &tokens, &body, &rest).await?;
    let worst_each = in_no_order.len() / CLIENTS;
    let worst = storm(service.address, CLIENTS, worst_each, 201, file(&in_no_order, 0)).await?;
    service.stop()?;

    let store = Store::open(&url, &crate::options()).await?;
    let notices = store.outbox_counts(wards.city.region.id).await?.notices - notices_before;
    let expected = CLIENTS * (WARM_UP + each + worst_each) + rest.len();
    ensure!(
        notices == i64::try_from(expected)?,
        "{expected} filings were accepted, {notices} notices stand in the database"
    );
    store.close().await;
    engine.drop_database("notices");

    let number = f64::from(u32::try_from(CLIENTS * each)?);
    Ok(vec![
        Figure::at_least("filed over HTTP, 64 clients", filed.rate(), "/s", 4_000.0),
        Figure::at_most("— p99", millis(filed.quantile(0.99)), " ms", 40.0),
        Figure::told("— p50", format!("{} ms", grouped(millis(filed.quantile(0.5))))),
        Figure::told(
            "— processor time of the service a filing",
            format!("{} µs", grouped(used.seconds / number * 1e6)),
        ),
        Figure::told("— of the database server a filing", format!("{} µs", grouped(server.seconds / number * 1e6))),
        Figure::told(
            "— bytes written a filing, all together",
            format!("{} KB", grouped((used.bytes + server.bytes) / number / 1024.0)),
        ),
        Figure::told("— flushes a filing, all together", each_of(flushed, number)),
        Figure::told(
            "— memory of the service after it, its own and with the mapped file",
            format!("{} MB, {} MB", grouped(own), grouped(memory)),
        ),
        Figure::told(
            "worst case, stays in no order at all: rate, p99",
            format!("{}/s, {} ms", grouped(worst.rate()), grouped(millis(worst.quantile(0.99)))),
        ),
        Figure::told("one client alone, p50", format!("{} ms", grouped(millis(alone.quantile(0.5))))),
        Figure::told("floor: the same rows without HTTP, 64 at a time", format!("{}/s", grouped(rows_alone))),
        Figure::told("— without their audit rows", format!("{}/s", grouped(rows_unwitnessed))),
        Figure::told("floor: HTTP with a session, no rows", format!("{}/s", grouped(session_alone.rate()))),
        Figure::told("floor: HTTP without anything", format!("{}/s", grouped(http_alone.rate()))),
        Figure::told(
            "a login with its password, one after the other, p50",
            format!("{} ms", grouped(millis(median(logins)))),
        ),
        Figure::told(
            "a fixed piece of work on one core, before and after the filings",
            format!("{}, {} ms", grouped(millis(speed_before)), grouped(millis(speed_after))),
        ),
        Figure::told("a flush of a file on this disk", format!("{} ms", grouped(millis(flush()?)))),
    ])
}

/// One person files, nobody else does: what one round costs.
async fn alone(service: &Service, tokens: &Arc<Vec<String>>, body: &Arc<[u8]>, ids: &[EncounterId]) -> Result<Storm> {
    // The stays that are left are client 0's, 1's … in turn: each is filed by its own ward.
    let mut storms = Vec::new();
    for (client, id) in ids.iter().copied().enumerate() {
        let (tokens, body) = (Arc::clone(tokens), Arc::clone(body));
        let one = move |_, _, into: &mut Vec<u8>| {
            let path = format!("/api/v1/encounters/{id}/filings");
            let token = tokens.get(client % CLIENTS).map(String::as_str);
            post(into, &path, token, Some(&key(id)), &body);
        };
        storms.push(storm(service.address, 1, 1, 201, one).await?);
    }
    Ok(Storm::of(storms))
}

/// What so many filings share.
pub(crate) fn each_of(count: Option<u64>, filings: f64) -> String {
    let count = count.and_then(|count| u32::try_from(count).ok());
    count.map_or_else(|| "not counted".to_owned(), |count| format!("{:.3}", f64::from(count) / filings))
}

pub(crate) fn ids_of(stays: &[Stay]) -> Arc<[EncounterId]> {
    stays.iter().map(|stay| stay.case.encounter.id).collect()
}

/// As a client makes it: nothing in it is in order.
pub(crate) fn key(id: EncounterId) -> String {
    let id = id.uuid().simple().to_string();
    id.chars().rev().collect()
}

fn per_second(number: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

/// How fast this machine is at the moment: figures of two runs can be compared only as far as this says the same in both.
fn fixed_work() -> Duration {
    let work = || {
        let began = Instant::now();
        let mixed = (0..40_000_000_u64)
            .fold(1, |mixed: u64, n| (mixed ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23));
        std::hint::black_box(mixed);
        began.elapsed()
    };
    median((0..5).map(|_| work()).collect())
}

/// What this process's disk takes for a flush (with the slow disk: 2 ms more).
fn flush() -> Result<Duration> {
    let path = crate::work().join("flush");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..51 {
        std::io::Write::write_all(&mut file, &[7; 4096])?;
        let began = Instant::now();
        file.sync_data()?;
        times.push(began.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(median(times))
}
