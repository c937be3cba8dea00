//! What a notice, a read, a page and a sweep cost with whatever lies in the database.
//!
//! What is filed about is new each time ([`Wards::admit_lot`]), and what falls due as well; what a look leaves behind (notices that nobody
//! acknowledges, their mails) is swept and sent before the next one, beside the measurement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use scheduler::Scheduler;
use scheduler::mail::{Mailer, MemoryTransport};
use server::city::DEMO_PASSWORD;
use server::config::Config;
use server::service;
use storage::{EncounterFilter, Store};

use crate::Engine;
use crate::notices::{each_of, ids_of, key};
use crate::past::any_stays;
use crate::processes::{Used, flushes};
use crate::service::{Service, get, key_setting, post};
use crate::stock::{DUE, Stock};
use crate::table::{grouped, millis};
use crate::wards::{BEDS, Wards, in_order_of_filing};
use crate::wire::{CLIENTS, Storm, Wire, header, storm};

const WARM_UP: usize = 10;
/// Reads of each kind.
const READS: usize = 300;
/// Days between two looks, by the scheduler's clock: each finds only its own stays due.
const DAYS_APART: u64 = 5;

/// One place from which to look at one database, again and again.
pub(crate) struct Lookout<'a> {
    engine: Engine,
    url: String,
    config: Config,
    wards: &'a Wards,
    stock: Stock<'a>,
    mails: MemoryTransport,
    looks: u64,
}

/// What one look saw.
pub(crate) struct Look {
    pub(crate) filed: Storm,
    pub(crate) service_micros: f64,
    pub(crate) server_micros: f64,
    pub(crate) kilobytes: f64,
    pub(crate) flushes: String,
    pub(crate) ready_after: Duration,
    /// Over HTTP, of stays that lie there now; from the store alone, of any.
    pub(crate) stay: Storm,
    pub(crate) any_case: Vec<Duration>,
    /// Over HTTP: the day's list of a hospital that has so many [`Self::open`] stays.
    pub(crate) board: Storm,
    pub(crate) open: usize,
    pub(crate) inbox: Storm,
    pub(crate) health: Storm,
    pub(crate) stay_page: Storm,
    pub(crate) own_memory: f64,
    pub(crate) memory: f64,
    pub(crate) sweep: Duration,
}

impl<'a> Lookout<'a> {
    pub(crate) fn over(engine: Engine, url: &str, wards: &'a Wards) -> Result<Self> {
        let config = Config::read(None, &[format!("database.url={url:?}"), key_setting()])?;
        let (stock, mails) = (Stock::over(wards), MemoryTransport::default());
        Ok(Self { engine, url: url.to_owned(), config, wards, stock, mails, looks: 0 })
    }

    pub(crate) async fn look(&mut self) -> Result<Look> {
        self.looks += 1;
        let each = 500 / crate::scale().min(20);
        let store = service::open_store(&self.config).await?;
        let sweep = self.sweep(&store).await?;
        let people = (WARM_UP + each) * CLIENTS;
        let stays = self.wards.admit_lot(&store, people, self.looks).await?;
        let ids = ids_of(&in_order_of_filing(stays, BEDS));
        let any_case = self.any_case(&store).await?;
        let hospital_id = Some(self.wards.actor(0).organization_id);
        let filter = EncounterFilter { hospital_id, open_only: true, ..EncounterFilter::default() };
        let open = store.count_encounters(self.wards.city.region.id, &filter).await?;
        store.close().await;

        let service = Service::start(&self.url).await?;
        let mut tokens = Vec::new();
        for client in 0..CLIENTS {
            tokens.push(service.log_in(self.wards.login(client)).await?);
        }
        let tokens = Arc::new(tokens);
        let body: Arc<[u8]> = self.wards.filing_body(true).into_bytes().into();
        let file = |first: usize| {
            let (tokens, body, ids) = (Arc::clone(&tokens), Arc::clone(&body), Arc::clone(&ids));
            move |client: usize, nth: usize, into: &mut Vec<u8>| {
                let id = ids[(first + nth) * CLIENTS + client];
                let path = format!("/api/v1/encounters/{id}/filings");
                post(into, &path, tokens.get(client).map(String::as_str), Some(&key(id)), &body);
            }
        };
        storm(service.address, CLIENTS, WARM_UP, 201, file(0)).await?;
        let (before, server_before, flushed_before) = (service.used()?, Used::by_database_server()?, flushes());
        let filed = storm(service.address, CLIENTS, each, 201, file(WARM_UP)).await?;
        let (used, server) = (service.used()?.since(before), Used::by_database_server()?.since(server_before));
        let flushed = flushes().zip(flushed_before).map(|(after, before)| after - before);

        let (of_ward, reads) = (Arc::clone(&ids), reads());
        let token = tokens.first().context("a client")?.clone();
        let stay = storm(service.address, 1, reads, 200, move |_, nth, into| {
            let id = of_ward[nth * CLIENTS % of_ward.len()];
            into.extend_from_slice(&get(&format!("/api/v1/encounters/{id}"), Some(&token)));
        });
        let stay = stay.await?;
        let cookie = log_in_by_page(&service, self.wards.login(0)).await?;
        let board = page(&service, "/", &cookie).await?;
        let stay_page = storm(service.address, 1, reads, 200, move |_, nth, into| {
            into.extend_from_slice(&page_of(&format!("/encounters/{}", ids[nth * CLIENTS % ids.len()]), &cookie));
        });
        let stay_page = stay_page.await?;
        let cookie = log_in_by_page(&service, self.wards.care_managers_login()?).await?;
        let inbox = page(&service, "/notices", &cookie).await?;
        let health = page(&service, "/health/ready", &cookie).await?;
        let (own_memory, memory, ready_after) = (service.own_memory()?, service.memory()?, service.ready_after);
        service.stop()?;

        let number = f64::from(u32::try_from(CLIENTS * each)?);
        Ok(Look {
            filed,
            service_micros: used.seconds / number * 1e6,
            server_micros: server.seconds / number * 1e6,
            kilobytes: (used.bytes + server.bytes) / number / 1024.0,
            flushes: each_of(flushed, number),
            ready_after,
            stay,
            any_case,
            board,
            open,
            inbox,
            health,
            stay_page,
            own_memory,
            memory,
            sweep,
        })
    }

    fn scheduler(&self, store: &Store) -> Result<Scheduler> {
        self.stock.scheduler(&self.config, store, Mailer::Memory(self.mails.clone()))
    }

    /// What is left from before is dealt with first, an hour before it begins.
    async fn sweep(&mut self, store: &Store) -> Result<Duration> {
        let (scheduler, day) = (self.scheduler(store)?, self.looks * DAYS_APART);
        self.stock.half_past(8, day);
        scheduler.sweep_once().await?;
        self.send(&scheduler, store).await?;
        let due = due();
        self.stock.fill(store, due, day).await?;
        let took = self.stock.sweep_on(&scheduler, day, due).await?;
        self.send(&scheduler, store).await?;
        Ok(took)
    }

    async fn send(&self, scheduler: &Scheduler, store: &Store) -> Result<()> {
        while store.pending_mails().await? > 0 {
            let sent = scheduler.send_once().await?.delivered;
            ensure!(sent > 0, "mails wait that can't be sent");
            // Kept by nobody.
            drop(self.mails.take_sent());
        }
        Ok(())
    }

    /// Reads of stays from anywhere in the past, as the store reads a case for a command.
    async fn any_case(&self, store: &Store) -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        for id in any_stays(self.engine, &self.url, reads()).await? {
            let began = Instant::now();
            let case = store.case(self.wards.city.region.id, id).await?;
            times.push(began.elapsed());
            ensure!(case.is_some(), "a stay of the past is gone");
        }
        times.sort_unstable();
        Ok(times)
    }
}

/// So many stays fall due for each sweep.
pub(crate) fn due() -> usize {
    DUE / crate::scale().min(20)
}

fn reads() -> usize {
    READS / crate::scale().min(10)
}

/// "p50, p99 ms".
pub(crate) fn both(storm: &Storm) -> String {
    format!("{}, {} ms", grouped(millis(storm.quantile(0.5))), grouped(millis(storm.quantile(0.99))))
}

/// The cookie of a new session.
async fn log_in_by_page(service: &Service, login: &str) -> Result<String> {
    let form = format!("login={login}&password={DEMO_PASSWORD}");
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut wire = Wire::connect(service.address).await?;
    let reply = wire.ask(request.as_bytes()).await?;
    ensure!(reply.status == 303, "logging in as {login}: {}", reply.status);
    let cookie = header(reply.head, "set-cookie").and_then(|line| line.split(';').next());
    Ok(cookie.context("a cookie")?.to_owned())
}

/// One page, asked for again and again.
async fn page(service: &Service, path: &'static str, cookie: &str) -> Result<Storm> {
    let request = page_of(path, cookie);
    storm(service.address, 1, reads(), 200, move |_, _, into| into.extend_from_slice(&request)).await
}

fn page_of(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}
