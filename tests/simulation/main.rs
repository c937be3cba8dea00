//! Simulated months of a city, one seed each: what the service does is held against a model that knows nothing of its code.
//!
//! # Who is who
//!
//! - `world` — the real service over HTTP, on a clock that the simulation moves, with the real sweep and the real outbox.
//! - `relay` — a mail relay that refuses, is away for days, and takes a mail while saying that it did not.
//! - `actors` — wards and care managers: late, twice, by phone, wrong, silent.
//! - `model` — what must be so, in plain dates and lists; it is told what the actors did and what they were answered.
//! - `check` — holds one against the other, after every day and at the end.
//!
//! A seed decides everything; a failure prints the seed, the day, what was expected, what stands, and the command that plays it again.
//!
//! What is not simulated: crashes (`tests/it/crash.rs`), several instances, and the answers due to a notice (their warnings only have
//! to go to the right mailboxes).

mod actors;
mod check;
mod model;
mod relay;
mod world;

use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chrono::{Datelike, Days, NaiveDate};
use tests::Engine;

use world::World;

/// Played in every run. Seeds that ever failed stay here.
const FIXED: [u64; 7] = [1, 2, 3, 4, 5, 6, 1_293_682_130];

#[derive(Debug, Clone, Copy)]
struct Asked {
    engine: Engine,
    /// Days on which something happens.
    days: u32,
    /// People admitted, on average, in thirty days.
    monthly: u32,
    /// How long fresh seeds are begun.
    seconds: u64,
}

/// For whoever asks after a failure.
static DAY: AtomicI32 = AtomicI32::new(0);

#[tokio::main]
async fn main() -> ExitCode {
    match played().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(difference) => {
            eprintln!("simulation: {difference:#}");
            ExitCode::FAILURE
        }
    }
}

async fn played() -> Result<()> {
    let (asked, seeds) = arguments()?;
    let began = Instant::now();
    let fresh = seeds.is_empty();
    for seed in if fresh { FIXED.to_vec() } else { seeds } {
        play(seed, asked).await?;
    }
    while fresh && began.elapsed() < Duration::from_secs(asked.seconds) {
        play(u64::from(rand::random::<u32>()), asked).await?;
    }
    Ok(())
}

fn arguments() -> Result<(Asked, Vec<u64>)> {
    let mut asked = Asked { engine: Engine::Sqlite, days: 60, monthly: 20, seconds: 60 };
    let mut seeds = Vec::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|text| text.parse().ok()).with_context(|| format!("{word} takes a number"));
        match word.as_str() {
            "--postgres" => asked.engine = Engine::Postgres,
            "--days" => asked.days = number()?,
            "--monthly" => asked.monthly = number()?,
            "--seconds" => asked.seconds = u64::from(number()?),
            seed => seeds.push(seed.parse().with_context(|| format!("{seed} is neither a seed nor an option"))?),
        }
    }
    Ok((asked, seeds))
}

async fn play(seed: u64, asked: Asked) -> Result<()> {
    // A task of its own, so that a panic names its seed too.
    let local = tokio::task::LocalSet::new();
    let outcome = match local.run_until(async { tokio::task::spawn_local(run(seed, asked)).await }).await {
        Ok(outcome) => outcome,
        Err(broken) => Err(anyhow::anyhow!("it broke off: {broken}")),
    };
    let Err(difference) = outcome else { return Ok(()) };
    let day = NaiveDate::from_num_days_from_ce_opt(DAY.load(Ordering::Relaxed)).unwrap_or_default();
    let engine = if asked.engine == Engine::Postgres { " --postgres" } else { "" };
    let again = format!("tests/simulation/run --days {} --monthly {}{engine} {seed}", asked.days, asked.monthly);
    bail!("seed {seed}, {day}: {difference:#}\n  again: {again}")
}

async fn run(seed: u64, asked: Asked) -> Result<()> {
    let began = Instant::now();
    let first = NaiveDate::from_ymd_opt(2026, 11, 21).context("a day")?;
    // The relay is away for two days of each month.
    let away = (0..u64::from(asked.days)).filter(|day| (day + seed) % 30 / 2 == 3).map(|day| first + Days::new(day));
    let mut world = World::found(seed, asked.engine, away.collect()).await?;
    let days = u64::from(asked.days);
    for day in first.iter_days().take(usize::try_from(days)?) {
        DAY.store(day.num_days_from_ce(), Ordering::Relaxed);
        actors::live(&mut world, day, asked.monthly).await.context("during the day")?;
        check::outbox(&mut world, false).await?;
        let touched: Vec<_> = std::mem::take(&mut world.touched).into_iter().collect();
        for id in touched {
            check::stay(&mut world, &id).await?;
        }
        check::warning_mails(&world, false)?;
    }
    // Nothing happens any more; what waits ends.
    world.relay.recovers();
    for hour in 0..48 {
        world.clock_shows(first + Days::new(days + hour / 24), u32::try_from(hour % 24)? * 3600);
        world.sweep().await?;
    }
    check::outbox(&mut world, true).await?;
    check::warning_mails(&world, true)?;
    let all: Vec<_> = world.model.stays.keys().cloned().collect();
    for id in &all {
        check::stay(&mut world, id).await?;
    }
    check::figures(&mut world).await?;
    let rows = check::audit(&world).await?;
    report(seed, &world, rows, began.elapsed());
    Ok(())
}

fn report(seed: u64, world: &World, audit_rows: i64, took: Duration) {
    use model::Level as L;
    let model = &world.model;
    let letters = world.relay.letters();
    let levels = [L::TwoDaysAhead, L::LastDay, L::AtOnce, L::Missed, L::StillMissed];
    let warnings = levels.map(|level| format!("{} {}", level.code(), model.warnings(level))).join(", ");
    let (_, gone) = model.figures();
    println!(
        "seed {seed}: {} stays, {} discharges ({} told), {} notices, {} requests; warned: {warnings}; {} mails in {} attempts, \
         {} twice, {} given up; {audit_rows} audit rows; {:.1} s",
        model.stays.len(),
        gone.total.stays,
        gone.total.told,
        model.stay_of.len(),
        world.requests,
        letters.len(),
        letters.values().map(|letter| letter.attempts).sum::<u32>(),
        letters.values().filter(|letter| letter.copies > 1).count(),
        letters.values().filter(|letter| letter.given_up).count(),
        took.as_secs_f64(),
    );
}
