//! What Tsunagi promises of speed and size, measured on this machine in one run, printed as one table.
//!
//! # Who is who
//!
//! - `table` — the figures, beside what was promised.
//! - `wire` — a load generator that costs little: keep-alive connections, requests as ready bytes.
//! - `service` — the real binary in its own process, started on a database that was prepared.
//! - `processes` — what service and database server use.
//! - `wards` — the people and stays that are filed about.
//! - `notices` — filings over HTTP, beside their floors. Runs in a process of its own for each engine and each disk, so that the slow
//!   disk (`flush.c`, preloaded) slows everything that flushes: the service, the database server, and the floor.
//! - `growth` — what a notice, a read and a sweep cost with ten thousand stays and with a million; `large` — the same, and start, pages and
//!   backup, with a file of 5 GB. `look` — what both measure; `past` — stays of years gone by.
//! - `load` — load that lasts, too much of it, and one who floods. `mails` — how fast they leave. `sink` — a relay that keeps up.
//! - `stock` — sweep and survey over what lies there, and `waiting`, how ten million deadlines come to lie there; `rules_and_form`, `idle` — the rest.
//!
//! # How to read it
//!
//! Load generator, service and database share the cores that the last line names. A floor is what the same machine does of the same
//! work with a part left out: the rows without HTTP, HTTP without the rows. Ratios travel between machines; absolute numbers don't.
//! Nothing here fails for being slow.

mod growth;
mod idle;
mod large;
mod load;
mod look;
mod mails;
mod notices;
mod past;
mod processes;
mod rules_and_form;
mod service;
mod sink;
mod stock;
mod table;
mod waiting;
mod wards;
mod wire;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use storage::StoreOptions;
use table::{Figure, Table};

/// What can be asked for.
const ENGINES: [&str; 2] = ["sqlite", "postgres"];
const PARTS: [&str; 10] = ["notices", "rules", "form", "survey", "stock", "idle", "mails", "load", "growth", "large"];

/// Divides rows and requests: to see that the bench works, not how fast the service is.
fn scale() -> usize {
    std::env::var("BENCH_SCALE").ok().and_then(|text| text.parse().ok()).filter(|scale| *scale > 0).unwrap_or(1)
}

/// Where databases may stand.
fn work() -> PathBuf {
    std::env::var_os("BENCH_WORK").map_or_else(std::env::temp_dir, PathBuf::from)
}

/// As `serve` opens its store by default.
fn options() -> StoreOptions {
    StoreOptions { readers: 4, queue: 1024, batch: 128, keys: tests::keys::keys() }
}

/// The database engines, by the name under which a part is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// As the parts of this program are named.
    const fn part(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// Gives the disk back.
    fn drop_database(self, name: &str) {
        for suffix in ["db", "db-wal", "db-shm"] {
            // Not every one is there.
            let _ = std::fs::remove_file(work().join(format!("{name}-{}.{suffix}", std::process::id())));
        }
    }

    /// A new database without tables.
    async fn database(self, name: &str) -> String {
        match self {
            Self::Sqlite => {
                let path = work().join(format!("{name}-{}.db", std::process::id()));
                format!("sqlite://{}?mode=rwc", path.display())
            }
            Self::Postgres => tests::postgres::empty_database().await,
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    match asked.first().map(String::as_str) {
        Some("--notices-sqlite") => return Figure::send(&notices::measure(Engine::Sqlite).await?),
        Some("--notices-postgres") => return Figure::send(&notices::measure(Engine::Postgres).await?),
        Some("--load-sqlite") => return Figure::send(&load::measure(Engine::Sqlite).await?),
        Some("--load-postgres") => return Figure::send(&load::measure(Engine::Postgres).await?),
        Some("--mails-sqlite") => return Figure::send(&mails::measure(Engine::Sqlite).await?),
        Some("--mails-postgres") => return Figure::send(&mails::measure(Engine::Postgres).await?),
        Some("--growth-sqlite") => return Figure::send(&growth::measure(Engine::Sqlite).await?),
        Some("--growth-postgres") => return Figure::send(&growth::measure(Engine::Postgres).await?),
        Some("--large-sqlite") => return Figure::send(&large::measure().await?),
        Some("--survey-sqlite") => return Figure::send(&stock::measure_survey(Engine::Sqlite).await?),
        Some("--survey-postgres") => return Figure::send(&stock::measure_survey(Engine::Postgres).await?),
        Some("--stock-sqlite") => return Figure::send(&stock::measure(Engine::Sqlite).await?),
        Some("--stock-postgres") => return Figure::send(&stock::measure(Engine::Postgres).await?),
        _ => {}
    }
    // On one engine alone, if it is named.
    let (engines, asked): (Vec<_>, Vec<_>) = asked.into_iter().partition(|name| ENGINES.contains(&name.as_str()));
    let on = |engine: Engine| engines.is_empty() || engines.iter().any(|name| name == engine.part());
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|name| name == part);
    if let Some(unknown) = asked.iter().find(|name| !PARTS.contains(&name.as_str())) {
        bail!("{unknown}: expected one of {}", PARTS.join(", "));
    }
    let mut table = Table::default();
    if wanted("rules") {
        table.add("Rule engine", rules_and_form::rules());
    }
    if wanted("form") {
        table.add("Form", rules_and_form::form()?);
    }
    if wanted("idle") {
        table.add("Size and start", idle::measure().await?);
    }
    for engine in [Engine::Sqlite, Engine::Postgres].into_iter().filter(|engine| on(*engine)) {
        let part = engine.part();
        if wanted("notices") {
            let name = engine.name();
            table.add(&format!("Notices, {name}"), in_own_process(&format!("--notices-{part}"), false)?);
            table.add(
                &format!("Notices, {name}, each flush 2 ms longer"),
                in_own_process(&format!("--notices-{part}"), true)?,
            );
        }
        for (part, title) in [("mails", "Mails"), ("load", "Load"), ("growth", "Growth")] {
            // Load and growth take their time only when they are asked for.
            if asked.iter().any(|name| name == part) || part == "mails" && asked.is_empty() {
                let figures = in_own_process(&format!("--{part}-{}", engine.part()), false)?;
                table.add(&format!("{title}, {}", engine.name()), figures);
            }
        }
        if wanted("survey") {
            table.add(&format!("Survey, {}", engine.name()), in_own_process(&format!("--survey-{part}"), false)?);
        }
        if wanted("stock") {
            table.add(&format!("Stock, {}", engine.name()), in_own_process(&format!("--stock-{part}"), false)?);
        }
    }
    if asked.iter().any(|name| name == "large") {
        table.add("Large, SQLite", in_own_process("--large-sqlite", false)?);
    }
    println!("{table}");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("\n{cores} cores, scale 1:{}.", scale());
    Ok(())
}

fn in_own_process(part: &str, slow_disk: bool) -> Result<Vec<Figure>> {
    eprintln!("bench: {part}{}", if slow_disk { ", slow disk" } else { "" });
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(part).stderr(std::process::Stdio::inherit());
    match std::env::var_os("BENCH_FLUSH") {
        Some(flush) => command.env("LD_PRELOAD", flush),
        // Without it there is no slow disk.
        None if slow_disk => return Ok(Vec::new()),
        None => &mut command,
    };
    if slow_disk {
        command.env("BENCH_FLUSH_WAIT", "2000");
    }
    let ran = command.output().with_context(|| format!("running {part}"))?;
    if !ran.status.success() {
        bail!("{part} failed: {}", ran.status);
    }
    Figure::receive(&ran.stdout)
}
