//! Store, scheduler and HTTP as one running thing.
//!
//! Start: open the store, migrate, load agreements and calendar, start the scheduler, listen. Stop: readiness says no for as long as a
//! balancer needs to see it; then no new connections, requests in hand are answered, the scheduler finishes the mails in hand, the writer empties its queue.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::{App, EdgeSettings};
use axum::Router;
use domain::Clock;
use domain::agreement::{Agreement, Editions};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rules::calendar::Calendar;
use scheduler::mail::Mailer;
use scheduler::{Running, Scheduler, SchedulerSettings};
use storage::{Store, StoreOptions};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::edge::Edge;
use crate::keys;
use crate::metrics::Metrics;

/// What differs between real use, the demo and a test.
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    /// Starts the stream of chance.
    pub seed: [u8; 32],
    pub mailer: Mailer,
    /// Further routes (the demo's).
    pub extra: Option<Router>,
    pub demo: bool,
    /// Without ticks a test drives sweep and outbox itself.
    pub ticking: bool,
}

/// A running service.
pub struct Service {
    pub address: SocketAddr,
    pub app: App,
    pub store: Store,
    /// None unless configured.
    pub metrics: Option<Metrics>,
    /// None when the service was started without ticks.
    scheduler: Option<Running>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
    /// Looks for a holiday table that another instance was given.
    following: JoinHandle<()>,
    drain: Duration,
    stop_within: Duration,
}

/// Opens the store as configured, with its keys if there are any; does not migrate.
pub async fn open_store(config: &Config) -> Result<Store> {
    let database = &config.database;
    let options = StoreOptions {
        readers: database.readers,
        queue: database.writer_queue,
        batch: database.writer_batch,
        keys: keys::ring(config)?,
    };
    Store::open(&database.url, &options).await.context("opening the database")
}

/// The built-in agreement and those of the configuration, by id.
pub fn agreements(config: &Config) -> Result<HashMap<String, Editions>> {
    let mut by_id = HashMap::<String, Vec<Agreement>>::new();
    let kitami = Agreement::kitami();
    by_id.entry(kitami.id.clone()).or_default().push(kitami);
    for path in &config.agreements.files {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let agreement = Agreement::parse(&path.display().to_string(), &text)?;
        by_id.entry(agreement.id.clone()).or_default().push(agreement);
    }
    let editions = by_id.into_iter().map(|(id, editions)| Ok((id, Editions::new(editions)?)));
    editions.collect()
}

/// The holiday rule with the configuration's overrides and the official table that an administrator loaded.
pub async fn calendar(config: &Config, store: &Store) -> Result<Calendar> {
    let mut calendar = Calendar::japan().with_overrides(config.calendar.overrides.clone());
    if let Some((table, _)) = store.calendar_csv().await? {
        calendar.load_official(&table).context("the official holiday table in the database")?;
    }
    Ok(calendar)
}

async fn follow_holidays(app: App, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = api::holidays::follow(&app).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "Whether there is another holiday table is not known"
            );
        }
    }
}

impl Service {
    /// Starts on `listener`; the store is migrated first.
    pub async fn start(config: &Config, store: Store, listener: TcpListener, parts: Parts) -> Result<Self> {
        let edge = Edge::new(&config.server)?;
        store.migrate().await.context("migrating the database")?;
        let agreements = agreements(config)?;
        let nudge = Arc::new(Notify::new());
        let address = listener.local_addr()?;
        let settings = EdgeSettings {
            public_url: config.server.public_url.clone(),
            secure_cookies: config.server.secure_cookies,
            session_idle_minutes: config.session.idle_minutes,
            session_hours: config.session.hours,
            lockout_after: config.session.lockout_after,
            login_lockout_after: config.session.login_lockout_after,
            lockout_minutes: config.session.lockout_minutes,
            break_glass_minutes: config.audit.break_glass_minutes,
            address_lockout_after: config.session.address_lockout_after,
            second_factor: config.session.second_factor,
            requests_in_hand: config.server.requests_in_hand,
            request_within: Duration::from_secs(config.server.request_within_seconds),
            body_within: Duration::from_secs(config.server.body_within_seconds),
            passkeys: config.passkeys()?,
            oidc: config.oidc()?,
            stale_after_seconds: config.health.stale_after_seconds,
            demo: parts.demo,
        };
        // Web and scheduler make ids side by side: each has a stream of chance of its own.
        let mut chance = StdRng::from_seed(parts.seed);
        let (mut web, mut scheduling) = ([0; 32], [0; 32]);
        chance.fill_bytes(&mut web);
        chance.fill_bytes(&mut scheduling);
        let app = App::new(
            store.clone(),
            Arc::clone(&parts.clock),
            web,
            agreements.clone(),
            calendar(config, &store).await?,
            Arc::clone(&nudge),
            settings,
        );
        let app_clock = Arc::clone(&parts.clock);
        let scheduler = if parts.ticking {
            let calendar_of = app.clone();
            let scheduler = Scheduler::seeded(
                scheduling,
                scheduler_settings(config)?,
                store.clone(),
                parts.clock,
                parts.mailer,
                agreements,
                Arc::new(move || calendar_of.calendar()),
            );
            Some(scheduler.start(nudge).await?)
        } else {
            None
        };
        let following =
            tokio::spawn(follow_holidays(app.clone(), Duration::from_secs(config.sweep.every_seconds.max(1))));
        let metrics = match config.metrics.listen.as_str() {
            "" => None,
            listen => {
                let listen = listen.parse().context("metrics.listen: expected address:port")?;
                Some(Metrics::start(listen, store.clone(), app_clock).await?)
            }
        };
        let router = parts.extra.into_iter().fold(api::router(app.clone()), Router::merge);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.await;
            };
            edge.serve(listener, router, stopped).await
        });
        let drain = Duration::from_secs(config.server.drain_seconds);
        let stop_within = Duration::from_secs(config.server.stop_within_seconds);
        Ok(Self { address, app, store, metrics, scheduler, stop, serving, following, drain, stop_within })
    }

    /// Stops gracefully; what is not done within the configured time is left to the next start, and nothing accepted is lost by it.
    pub async fn stop(self) -> Result<()> {
        self.app.leave();
        tokio::time::sleep(self.drain).await;
        let _ = self.stop.send(());
        self.following.abort();
        let finish = async {
            let _ = self.serving.await;
            if let Some(scheduler) = self.scheduler {
                scheduler.stop().await;
            }
            self.store.close().await;
        };
        if tokio::time::timeout(self.stop_within, finish).await.is_err() {
            tracing::warn!("stopped before everything in hand was done");
        }
        Ok(())
    }
}

/// The scheduler's part of the configuration.
pub fn scheduler_settings(config: &Config) -> Result<SchedulerSettings> {
    Ok(SchedulerSettings {
        public_url: config.server.public_url.clone(),
        from: config.sender()?,
        sweep_every: Duration::from_secs(config.sweep.every_seconds),
        sweep_batch: config.sweep.batch,
        outbox_every: Duration::from_secs(config.outbox.every_seconds),
        outbox_batch: config.outbox.batch,
        concurrency: config.outbox.concurrency,
        in_flight: config.outbox.in_flight,
        lease_seconds: config.outbox.lease_seconds,
        retry: config.retry(),
        weekly_on: config.weekly.weekday,
        weekly_at: config.weekly.at,
        seal_at: config.audit.seal_at,
        watcher: match config.health.watcher_url.as_str() {
            "" => None,
            url => Some(scheduler::Watcher::at(url).context("health.watcher_url")?),
        },
    })
}
