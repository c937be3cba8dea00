//! Simulated months of a city, one seed each: what the service does is held against a model that knows nothing of its code.
//!
//! # Who is who
//!
//! - `world` — one to three instances of the real service on one database, reached over HTTP; their clocks, turns, deaths.
//! - `instance` — one of them, a process of its own, with the real sweep and the real outbox, and the points at which it can be stopped.
//! - `relay` — a mail relay that refuses, is away for days, and takes a mail while saying that it did not.
//! - `actors` — wards and care managers: late, twice, by phone, wrong, silent.
//! - `model` — what must be so, in plain dates and lists; it is told what the actors did and what they were answered.
//! - `check` — holds one against the other, after every day and at the end.
//!
//! A seed decides everything; a failure prints the seed, the day, what was expected, what stands, and the command that plays it again.
//!
//! Each instance is a process of its own, and dies as one: at a point that the seed chose, without a destructor. Such points lie before each
//! statement that goes to the database, before each transaction, after each commit, before a mail and after the relay's answer
//! (`instance/points.rs`). Or it stands still at such a point while another instance works on the same.
//!
//! # What is not simulated
//!
//! - A stop inside what SQLite runs as one script, or inside a commit: `tests/it/crash.rs` kills at any instant.
//! - Two instances that work in the same instant: they take turns, so that a seed plays again. `tests/it/instances.rs` has them at once.
//! - A database of SQLite in memory: another process could not open it. `TMPDIR=/dev/shm` keeps its file there.
//! - That nobody took a mail (`undeliverable`): its warnings only have to go to the right mailboxes. The weekly letter.
//!
//! How far a seed plays the same again: requests, sweeps and deaths come in one order, counted by points; what a thread of the database does
//! beside them is not counted.

mod actors;
mod check;
mod instance;
mod model;
mod relay;
mod world;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chrono::{Datelike, Days, NaiveDate};
use tests::Engine;

use world::{Pace, What, World, processor};

/// Played in every run. Seeds that ever failed stay here.
const FIXED: [(u64, Engine); 9] =
    [(1, S), (2, P), (3, S), (4, S), (5, P), (14, S), (16, S), (103, S), (1_293_682_130, S)];
const S: Engine = Engine::Sqlite;
const P: Engine = Engine::Postgres;

#[derive(Debug, Clone, Copy)]
struct Asked {
    /// Else SQLite, and now and then PostgreSQL.
    engine: Option<Engine>,
    /// Days on which something happens.
    days: u32,
    /// People admitted, on average, in thirty days.
    monthly: u32,
    /// Else by the seed.
    instances: Option<u32>,
    /// How long fresh seeds are begun.
    seconds: u64,
}

impl Asked {
    /// A short run begins before the turn of the year, before the holidays of May, or before those of September.
    fn first_day(self, seed: u64) -> Option<NaiveDate> {
        let (year, month, day) = match seed / 3 % 4 {
            1 if self.pace().closely => (2026, 12, 19),
            2 if self.pace().closely => (2027, 4, 17),
            3 if self.pace().closely => (2027, 9, 11),
            _ => (2026, 11, 21),
        };
        NaiveDate::from_ymd_opt(year, month, day)
    }

    const fn pace(self) -> Pace {
        if self.days <= 90 { Pace::CLOSE } else { Pace::YEAR }
    }

    fn instances(self, seed: u64) -> usize {
        self.instances.map_or(usize::try_from(seed % 3).unwrap_or_default() + 1, |asked| asked.max(1) as usize)
    }
}

/// For whoever asks after a failure.
static DAY: AtomicI32 = AtomicI32::new(0);

// One thread, so that what happens in an instance happens in one order.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    let done = match words.next_if(|word| word == "instance") {
        Some(_) => instance::live(words).await,
        None => played(words).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(difference) => {
            eprintln!("simulation: {difference:#}");
            ExitCode::FAILURE
        }
    }
}

async fn played(words: impl Iterator<Item = String>) -> Result<()> {
    let (asked, seeds) = arguments(words)?;
    let began = Instant::now();
    let fresh = seeds.is_empty();
    let chosen = match () {
        () if !fresh => seeds.into_iter().map(|seed| (seed, S)).collect(),
        () if asked.pace().closely => FIXED.to_vec(),
        () => vec![(rand::random::<u32>().into(), S)],
    };
    for (seed, engine) in chosen {
        play(seed, asked.engine.unwrap_or(engine), asked).await?;
    }
    while fresh && began.elapsed() < Duration::from_secs(asked.seconds) {
        let seed = rand::random::<u32>();
        play(seed.into(), asked.engine.unwrap_or(if seed.is_multiple_of(4) { P } else { S }), asked).await?;
    }
    Ok(())
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<(Asked, Vec<u64>)> {
    let mut asked = Asked { engine: None, days: 40, monthly: 20, instances: None, seconds: 75 };
    let mut seeds = Vec::new();
    while let Some(word) = words.next() {
        let mut number =
            || words.next().and_then(|text| text.parse().ok()).with_context(|| format!("{word} takes a number"));
        match word.as_str() {
            "--postgres" => asked.engine = Some(Engine::Postgres),
            // A small town. More of them by `--monthly` after it.
            "--year" => (asked.days, asked.monthly, asked.seconds) = (365, 12, 0),
            "--days" => asked.days = number()?,
            "--monthly" => asked.monthly = number()?,
            "--instances" => asked.instances = Some(number()?),
            "--seconds" => asked.seconds = u64::from(number()?),
            seed => seeds.push(seed.parse().with_context(|| format!("{seed} is neither a seed nor an option"))?),
        }
    }
    Ok((asked, seeds))
}

async fn play(seed: u64, engine: Engine, asked: Asked) -> Result<()> {
    // A task of its own, so that a panic names its seed too.
    let local = tokio::task::LocalSet::new();
    let outcome = match local.run_until(async { tokio::task::spawn_local(run(seed, engine, asked)).await }).await {
        Ok(outcome) => outcome,
        Err(broken) => Err(anyhow::anyhow!("it broke off: {broken}")),
    };
    let Err(difference) = outcome else { return Ok(()) };
    let day = NaiveDate::from_num_days_from_ce_opt(DAY.load(Ordering::Relaxed)).unwrap_or_default();
    let engine = if engine == P { " --postgres" } else { "" };
    let year = if asked.pace().closely { "" } else { " --year" };
    let instances = asked.instances(seed);
    let Asked { days, monthly, .. } = asked;
    let again =
        format!("tests/simulation/run{year} --days {days} --monthly {monthly} --instances {instances}{engine} {seed}");
    bail!("seed {seed}, {day}: {difference:#}\n  again: {again}")
}

async fn run(seed: u64, engine: Engine, asked: Asked) -> Result<()> {
    let (began, worked) = (Instant::now(), processor()?);
    let first = asked.first_day(seed).context("a day")?;
    // The relay is away for two days of each month.
    let away = (0..u64::from(asked.days)).filter(|day| (day + seed) % 30 / 2 == 3).map(|day| first + Days::new(day));
    let mut world = World::found(seed, engine, asked.instances(seed), (away.collect(), asked.pace())).await?;
    let days = u64::from(asked.days);
    for day in first.iter_days().take(usize::try_from(days)?) {
        DAY.store(day.num_days_from_ce(), Ordering::Relaxed);
        actors::live(&mut world, day, asked.monthly).await.context("during the day")?;
        let looked = Instant::now();
        check::mails::addresses(&mut world)?;
        let touched = std::mem::take(&mut world.touched);
        check::stays::rows(&world, &touched).await?;
        world.spent.since(looked, What::Checks);
        world.seal().await?;
        let (looked, month_ends) = (Instant::now(), day.succ_opt().is_none_or(|next| next.month() != day.month()));
        if world.pace.closely || month_ends {
            check::mails::outbox(&mut world, false).await?;
            check::mails::warnings(&world, false)?;
            check::audit(&world).await?;
        }
        if month_ends {
            check::figures::figures(&mut world).await?;
        }
        world.model.day_ends(day);
        world.spent.since(looked, What::Checks);
    }
    // Nothing happens any more; what waits ends.
    world.relay.recovers();
    world.calms_down();
    for hour in 0..48 {
        world.clock_shows(first + Days::new(days + hour / 24), u32::try_from(hour % 24)? * 3600);
        world.sweep().await?;
    }
    let looked = Instant::now();
    check::mails::addresses(&mut world)?;
    check::mails::outbox(&mut world, true).await?;
    check::mails::warnings(&world, true)?;
    let all: BTreeSet<_> = world.model.stays.keys().cloned().collect();
    if world.pace.closely {
        for id in &all {
            check::stays::stay(&mut world, id).await?;
        }
    }
    check::stays::rows(&world, &all).await?;
    check::figures::figures(&mut world).await?;
    let rows = check::audit(&world).await?;
    world.spent.since(looked, What::Checks);
    world.ends();
    report(seed, &world, rows, (began.elapsed(), processor()?.saturating_sub(worked)));
    Ok(())
}

fn report(seed: u64, world: &World, audit_rows: i64, (took, processor): (Duration, Duration)) {
    use model::Level as L;
    let model = &world.model;
    let letters = world.relay.letters();
    let (died, interludes) = world.stops();
    let deaths: u32 = died.values().sum();
    let levels = [L::TwoDaysAhead, L::LastDay, L::AtOnce, L::Missed, L::StillMissed];
    let warnings = levels.map(|level| format!("{} {}", level.code(), model.warnings(level))).join(", ");
    let (_, gone) = model.figures();
    println!(
        "seed {seed}: {} stays, {} discharges ({} told), {} notices, {} requests; warned: {warnings}; {} mails in {} attempts, \
         {} twice, {} given up; {deaths} deaths {died:?}, {interludes} times one stood still; {audit_rows} audit rows; {:.1} s ({}; processor {:.1})",
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
        world.spent,
        processor.as_secs_f64(),
    );
}
