//! `tsunagi`: serve, demo, migrate, sweep, survey, check, purge, keys, audit, backup.

mod arguments;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Parser;
use domain::time::SystemClock;
use domain::{OrganizationId, RegionId};
use server::backup::{self, sealed::Key};
use server::config::{Config, Transport};
use server::doctor;
use server::keys;
use server::service::{self, Parts, Service};
use server::surveys;
use server::telemetry::Telemetry;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use arguments::{AuditTask, Command, KeyTask, Task};

#[tokio::main]
async fn main() -> Result<()> {
    let command = Command::parse();
    let config = Config::read(command.config.as_deref(), &command.sets)?;
    // Only who serves is traced: the other commands tell whoever runs them.
    let telemetry = match command.task {
        Task::Serve | Task::Sweep => Telemetry::start(&config.telemetry)?,
        _ => None,
    };
    log(&config, telemetry.as_ref())?;
    let done = run(command.task, config).await;
    if let Some(telemetry) = telemetry {
        telemetry.stop().await;
    }
    done
}

async fn run(task: Task, config: Config) -> Result<()> {
    match task {
        Task::Serve => serve(&config).await,
        Task::Demo { listen, directory, small } => server::demo::run(config, &listen, directory, small).await,
        Task::Migrate => migrate(&config).await,
        Task::Found { file } => found(&config, &file).await,
        Task::Neighbour { organization, region, end } => neighbour(&config, organization, region, end).await,
        Task::Sweep => sweep(&config).await,
        Task::Survey { first, last, format, output, region, publish } => {
            surveys::survey(&config, &surveys::Wanted { first, last, format, output, region, publish }).await
        }
        Task::Check => check(&config),
        Task::Doctor => examine(&config).await,
        Task::Backup { to } => back_up(&config, to).await,
        Task::BackupKey { file } => Key::create(&file),
        Task::Restore { from, to, replace } => restore(&config, &from, to, replace).await,
        Task::Purge { really } => purge(&config, really).await,
        Task::Key { task: KeyTask::New { file } } => Key::create(&file),
        Task::Key { task: KeyTask::Rotate } => rotate(&config).await,
        Task::Audit { task: AuditTask::Verify { mailed } } => {
            server::trail::verify(&config, &mailed, &mut std::io::stdout()).await
        }
    }
}

fn log(config: &Config, telemetry: Option<&Telemetry>) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log.filter).context("log.filter")?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // The innermost span has the ids.
    let lines = if config.log.json { lines.json().with_span_list(false).boxed() } else { lines.boxed() };
    tracing_subscriber::registry().with(telemetry.map(Telemetry::layer)).with(lines.with_filter(filter)).init();
    Ok(())
}

async fn serve(config: &Config) -> Result<()> {
    if config.mail.transport != Transport::Smtp {
        bail!("mail.transport: `serve` sends by \"smtp\" only; the others are for the demo and for tests");
    }
    keys::required(config)?;
    let listener = TcpListener::bind(config.server.listen).await.context("server.listen")?;
    let store = service::open_store(config).await?;
    let mut seed = [0; 32];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut seed).context("reading the machine's randomness")?;
    let parts =
        Parts { clock: Arc::new(SystemClock), seed, mailer: config.mailer()?, extra: None, demo: false, ticking: true };
    let service = Service::start(config, store, listener, parts).await?;
    tracing::info!(address = %service.address, "serving");
    server::demo::until_stopped().await;
    tracing::info!("stopping");
    service.stop().await
}

async fn migrate(config: &Config) -> Result<()> {
    let store = service::open_store(config).await?;
    store.migrate().await?;
    println!("schema version {}", store.schema_version().await?);
    store.close().await;
    Ok(())
}

async fn found(config: &Config, file: &Path) -> Result<()> {
    let store = service::open_store(config).await?;
    store.migrate().await?;
    let agreements = service::agreements(config)?;
    let known: Vec<&str> = agreements.keys().map(String::as_str).collect();
    let mut chance = [0; 40];
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, &mut chance).context("reading the machine's randomness")?;
    let (seed, token) = chance.split_at(8);
    let seed = u64::from_le_bytes(seed.try_into()?);
    let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let founded = server::found::found(&store, file, &known, domain::Clock::now(&SystemClock), seed, &token).await;
    store.close().await;
    let founded = founded?;
    for doubt in &founded.doubts {
        println!("Is this code right? {doubt}");
    }
    println!("The administrator sets her password within 72 hours at:\n{}{}", config.server.public_url, founded.link);
    Ok(())
}

async fn neighbour(
    config: &Config,
    organization: Option<OrganizationId>,
    region: Option<RegionId>,
    end: bool,
) -> Result<()> {
    let store = service::open_store(config).await?;
    if let (Some(organization), Some(region)) = (organization, region) {
        let seed = rand::TryRng::try_next_u64(&mut rand::rngs::SysRng)?;
        let now = domain::Clock::now(&SystemClock);
        server::neighbours::neighbour(&store, organization, region, end, now, seed).await?;
    }
    print!("{}", server::neighbours::list(&store).await?);
    store.close().await;
    Ok(())
}

async fn rotate(config: &Config) -> Result<()> {
    keys::required(config)?;
    let store = service::open_store(config).await?;
    let seed = rand::TryRng::try_next_u64(&mut rand::rngs::SysRng)?;
    let rotated = keys::rotate(&store, domain::Clock::now(&SystemClock), seed).await;
    store.close().await;
    print!("{}", rotated?);
    Ok(())
}

async fn sweep(config: &Config) -> Result<()> {
    keys::required(config)?;
    let store = service::open_store(config).await?;
    store.meet_keys().await?;
    let calendar = Arc::new(service::calendar(config, &store).await?);
    let scheduler = scheduler::Scheduler::new(
        service::scheduler_settings(config)?,
        store.clone(),
        Arc::new(SystemClock),
        config.mailer()?,
        service::agreements(config)?,
        Arc::new(move || Arc::clone(&calendar)),
    );
    let swept = scheduler.sweep_once().await?;
    println!("{swept:?}");
    store.close().await;
    Ok(())
}

async fn purge(config: &Config, really: bool) -> Result<()> {
    let store = service::open_store(config).await?;
    let agreements = service::agreements(config)?;
    let now = domain::Clock::now(&SystemClock);
    for region in store.regions().await? {
        let editions = agreements.get(&region.agreement).context("the region's agreement")?;
        let agreement = editions.in_force_on(now.day()).context("no edition of the region's agreement is in force")?;
        let seed = rand::TryRng::try_next_u64(&mut rand::rngs::SysRng)?;
        let purged = server::purge::purge(&store, &region, agreement.retention, now, seed, really).await?;
        print!("{purged}");
    }
    store.close().await;
    Ok(())
}

fn check(config: &Config) -> Result<()> {
    let mut failures = 0;
    for (id, editions) in service::agreements(config)? {
        for agreement in editions.iter() {
            let failed = agreement.check_examples();
            println!("{id} {}: {} worked examples, {} fail", agreement.edition, agreement.examples.len(), failed.len());
            for failure in &failed {
                println!("  {failure}");
            }
            failures += failed.len();
        }
    }
    if failures > 0 {
        bail!("{failures} worked examples do not come out as written");
    }
    Ok(())
}

async fn examine(config: &Config) -> Result<()> {
    let all = doctor::examine(config, domain::Clock::now(&SystemClock)).await;
    all.iter().for_each(|examined| println!("{examined}"));
    if doctor::is_ill(&all) {
        bail!("something is wrong");
    }
    Ok(())
}

async fn back_up(config: &Config, to: Option<PathBuf>) -> Result<()> {
    let key = backup_key(config)?;
    let store = service::open_store(config).await?;
    let directory = to.unwrap_or_else(|| config.backup.directory.clone());
    let now = domain::Clock::now(&SystemClock);
    let made = backup::back_up(&store, &key, &directory, config.backup.keep, now).await;
    store.close().await;
    println!("{}", made?.display());
    Ok(())
}

async fn restore(config: &Config, from: &Path, to: Option<PathBuf>, replace: bool) -> Result<()> {
    let key = backup_key(config)?;
    let database = match to {
        Some(path) => path,
        None => config.sqlite_file().context("database.url names no SQLite file: use --to")?,
    };
    let restored = backup::restore(&key, from, &database, replace, domain::Clock::now(&SystemClock)).await?;
    println!("{}: schema {}, {} audit rows", database.display(), restored.schema, restored.audit_rows);
    let at_hand = keys::ring(config)?.ids();
    for id in restored.keys {
        let named = if at_hand.contains(&id) { "is" } else { "IS NOT (the service will not start without it)" };
        println!("columns are sealed with key {id}, which {named} among encryption.key_files");
    }
    if let Some(aside) = restored.moved_aside {
        println!("the database that was there is now {}", aside.display());
    }
    Ok(())
}

fn backup_key(config: &Config) -> Result<Key> {
    if config.backup.key_file.as_os_str().is_empty() {
        bail!("backup.key_file: expected a file made by `tsunagi backup-key FILE`");
    }
    Key::read(&config.backup.key_file).context("backup.key_file")
}
