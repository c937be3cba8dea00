//! How fast mails leave: one notice at a time on an idle service, and ten thousand deadlines that fall due at one instant.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use server::city::CitySize;
use server::config::Config;
use server::service;
use tokio::sync::Notify;

use crate::Engine;
use crate::service::{Service, post};
use crate::sink::Sink;
use crate::stock::Stock;
use crate::table::{Figure, grouped, millis};
use crate::wards::Wards;
use crate::wire::{CLIENTS, Wire};

/// Notices filed one after the other on the idle service.
const ALONE: usize = 100;

pub(crate) async fn measure(engine: Engine) -> Result<Vec<Figure>> {
    let mut figures = vec![idle(engine).await?];
    figures.extend(at_one_instant(engine).await?);
    Ok(figures)
}

/// From the answer, which follows the commit, to the relay's 250.
async fn idle(engine: Engine) -> Result<Figure> {
    let url = engine.database("mails").await;
    let config = Config::read(None, &[format!("database.url={url:?}"), crate::service::key_setting()])?;
    let store = service::open_store(&config).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let stays = wards.admit(&store, CLIENTS * (ALONE / CLIENTS + 1)).await?;
    store.close().await;
    let sink = Sink::start().await?;
    let service = Service::start_mailing(&url, Some(sink.port())).await?;
    let body = wards.filing_body(true);
    let (mut times, mut request) = (Vec::new(), Vec::new());
    for stay in stays.iter().take(ALONE) {
        let token = service.log_in(wards.login(stay.client)).await?;
        let mut wire = Wire::connect(service.address).await?;
        // Whatever the last one set going is over.
        tokio::time::sleep(Duration::from_millis(400)).await;
        sink.take();
        request.clear();
        let path = format!("/api/v1/encounters/{}/filings", stay.case.encounter.id);
        post(&mut request, &path, Some(&token), None, body.as_bytes());
        ensure!(wire.ask(&request).await?.status == 201, "a filing was refused");
        let answered = Instant::now();
        while sink.count() == 0 {
            ensure!(answered.elapsed() < Duration::from_secs(20), "the mail never came");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let taken = sink.take();
        times.extend(taken.first().map(|(at, _)| at.saturating_duration_since(answered)));
    }
    service.stop()?;
    engine.drop_database("mails");
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Figure::at_most("from the answer to the relay's 250, idle, p99", millis(p99), " ms", 200.0))
}

/// The scheduler of `serve` over a clock of our own, and a relay that keeps up.
async fn at_one_instant(engine: Engine) -> Result<Vec<Figure>> {
    let due = 10_000 / crate::scale();
    let url = engine.database("instant").await;
    let sink = Sink::start().await?;
    let config = Config::read(
        None,
        &[
            format!("database.url={url:?}"),
            crate::service::key_setting(),
            "mail.smtp.host=\"127.0.0.1\"".to_owned(),
            format!("mail.smtp.port={}", sink.port()),
            "mail.smtp.security=\"none\"".to_owned(),
            "mail.smtp.connections=4".to_owned(),
        ],
    )?;
    let store = service::open_store(&config).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let mut stock = Stock::over(&wards);
    stock.fill_over_wards(&store, due, 10).await?;
    let scheduler = stock.scheduler(&config, &store, config.mailer()?)?;
    stock.half_past_nine(10);
    let began = Instant::now();
    let running = scheduler.start(Arc::new(Notify::new())).await?;
    while sink.count() < due {
        ensure!(began.elapsed() < Duration::from_secs(600), "{} of {due} mails came", sink.count());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;
    store.close().await;
    engine.drop_database("instant");
    let taken = sink.take();
    let since = |nth: usize| taken.get(nth).map(|(at, _)| at.duration_since(began)).unwrap_or_default();
    let (first, last) = (since(0), since(taken.len() - 1));
    let mut firsts = BTreeMap::<&str, Duration>::new();
    for (at, address) in &taken {
        firsts.entry(address).or_insert_with(|| at.duration_since(began));
    }
    let latest = firsts.values().max().copied().unwrap_or_default();
    let count = |number: usize| grouped(f64::from(u32::try_from(number).unwrap_or(u32::MAX)));
    let rate = f64::from(u32::try_from(taken.len())?) / (last - first).as_secs_f64();
    Ok(vec![
        Figure::at_most(&format!("{} due at one instant: first mail", count(due)), first.as_secs_f64(), " s", 1.0),
        Figure::told(
            format!("— median, last of {}", count(taken.len())),
            format!("{:.1} s, {:.1} s", since(taken.len() / 2).as_secs_f64(), last.as_secs_f64()),
        ),
        Figure::told(
            format!("— the first mail of each of {} addresses came by", firsts.len()),
            format!("{:.1} s", latest.as_secs_f64()),
        ),
        Figure::at_least("mails, to a relay that keeps up", rate, "/s", 1_000.0),
    ])
}
