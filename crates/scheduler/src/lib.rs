//! What happens without a request: warnings that fall due, mails that wait, the letter of the week.
//!
//! # Cast list
//!
//! - [`Scheduler`] — holds the workers; [`Scheduler::run_once`] lets each work once, [`Scheduler::start`] keeps them working.
//! - [`Running`] — the workers at work; [`Running::stop`] ends them after what they have in hand.
//! - [`Sweep`] — takes every step that is due on a stay: warnings, and the mails that go with them.
//! - [`Outbox`] — claims deliveries, sends them, records each attempt, escalates what is given up.
//! - [`Sealing`] — seals the audit trail once a day, and mails the seal to the auditor.
//! - [`Watcher`] — somebody outside who is told after each sweep, so that silence is noticed.
//! - [`Weekly`] — tells each office which serial numbers it was sent.
//! - [`letter::Letters`] — turns a delivery into a mail without personal data; [`mail::Mailer`] sends it.
//!
//! # The flow
//!
//! A tick every few seconds and a nudge after every change run the same code, and the code asks the database what is due. The sweep
//! writes warnings with their deliveries in one transaction; the outbox finds them there, like those that the requests wrote. The
//! web and the scheduler meet nowhere but in the tables.
//!
//! # What is not promised
//!
//! - Punctuality to the second: a step is taken at the first tick or nudge after its instant.
//! - Anything by the ticker. tokio-cron-scheduler keeps no state, neither locks nor catches up, and follows the machine's own clock; it
//!   only says "look now", and if it falls silent the workers look by themselves after three times the wait.
//! - Exactly one mail: at least one, with one Message-ID (see [`outbox`]).
//!
//! # How to add a worker
//!
//! It takes no input, asks the store what to do, and does no harm when it runs twice at once: write such a `run_once`, and let
//! [`Scheduler::start`] call it.

mod ground;
pub mod letter;
pub mod mail;
pub mod outbox;
mod running;
pub mod sealing;
pub mod sweep;
pub mod watcher;
pub mod weekly;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveTime, Weekday};
use domain::Clock;
use domain::agreement::Editions;
use domain::delivery::RetrySchedule;
use rand::TryRng;
use rand::rngs::SysRng;
use storage::{Store, StoreError};

use ground::Ground;
use letter::Letters;
use mail::{Mailer, Sender};

pub use ground::CalendarSource;
pub use outbox::{Outbox, OutboxReport, OutboxSettings};
pub use running::{Running, StartError};
pub use sealing::Sealing;
pub use sweep::{Sweep, SweepReport};
pub use watcher::Watcher;
pub use weekly::{Weekly, WeeklySettings};

/// How the scheduler works; every key comes from the configuration.
#[derive(Debug, Clone)]
pub struct SchedulerSettings {
    /// The base of the links in the mails.
    pub public_url: String,
    /// Of every mail.
    pub from: Sender,
    /// How often the sweep looks when nobody nudges; at least a second.
    pub sweep_every: Duration,
    /// Stays that it hands to the writer together; not more than the writer's queue holds.
    pub sweep_batch: u32,
    /// How often the outbox looks when nobody nudges; at least a second.
    pub outbox_every: Duration,
    /// Deliveries claimed together.
    pub outbox_batch: u32,
    /// Sends under way at a time.
    pub concurrency: usize,
    /// See [`OutboxSettings::in_flight`].
    pub in_flight: usize,
    /// See [`OutboxSettings::lease_seconds`].
    pub lease_seconds: i64,
    /// After which waits a failed send is made again.
    pub retry: RetrySchedule,
    /// The day of the weekly letter.
    pub weekly_on: Weekday,
    /// Its time, by the clock in Japan.
    pub weekly_at: NaiveTime,
    /// When the audit trail is sealed each day, by the clock in Japan.
    pub seal_at: NaiveTime,
    /// Who outside is told after each sweep.
    pub watcher: Option<Watcher>,
}

/// The workers. Clones share them.
#[derive(Clone)]
pub struct Scheduler {
    clock: Arc<dyn Clock>,
    sweep: Arc<Sweep>,
    outbox: Arc<Outbox>,
    weekly: Arc<Weekly>,
    sealing: Arc<Sealing>,
    sweep_every: Duration,
    outbox_every: Duration,
    watcher: Option<Watcher>,
}

/// What one run of all workers did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Warnings.
    pub sweep: SweepReport,
    /// Weekly letters written.
    pub weekly_letters: usize,
    /// The audit trail was sealed.
    pub sealed: bool,
    /// Mails.
    pub outbox: OutboxReport,
}

impl Scheduler {
    /// `agreements` by id, as in [`domain::party::Region::agreement`]. Ids and jitter come from the machine's own chance.
    pub fn new(
        settings: SchedulerSettings,
        store: Store,
        clock: Arc<dyn Clock>,
        mailer: Mailer,
        agreements: HashMap<String, Editions>,
        calendar: CalendarSource,
    ) -> Self {
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed).expect("the machine has chance to give");
        Self::seeded(seed, settings, store, clock, mailer, agreements, calendar)
    }

    /// The same with a stream of chance that can be repeated. Two schedulers at one time must not share a seed.
    pub fn seeded(
        seed: [u8; 32],
        settings: SchedulerSettings,
        store: Store,
        clock: Arc<dyn Clock>,
        mailer: Mailer,
        agreements: HashMap<String, Editions>,
        calendar: CalendarSource,
    ) -> Self {
        let ground = Arc::new(Ground::new(store, Arc::clone(&clock), seed, agreements, calendar));
        let letters = Letters::new(&settings.public_url, settings.from);
        let weekly = WeeklySettings { weekday: settings.weekly_on, time: settings.weekly_at };
        let outbox = OutboxSettings {
            concurrency: settings.concurrency,
            in_flight: settings.in_flight,
            batch: settings.outbox_batch,
            lease_seconds: settings.lease_seconds,
            retries: settings.retry,
        };
        Self {
            clock,
            sweep: Arc::new(Sweep::new(Arc::clone(&ground), settings.sweep_batch)),
            weekly: Arc::new(Weekly::new(Arc::clone(&ground), weekly)),
            sealing: Arc::new(Sealing::new(Arc::clone(&ground), settings.seal_at)),
            outbox: Arc::new(Outbox::new(ground, mailer, letters, outbox)),
            sweep_every: settings.sweep_every,
            outbox_every: settings.outbox_every,
            watcher: settings.watcher,
        }
    }

    /// Takes every step that is due now.
    pub async fn sweep_once(&self) -> Result<SweepReport, StoreError> {
        self.sweep.run_once(self.clock.now()).await
    }

    /// Sends what is due now.
    pub async fn send_once(&self) -> Result<OutboxReport, StoreError> {
        self.outbox.run_once().await
    }

    /// Writes the letters of the week that has ended, where they are not there yet.
    pub async fn weekly_once(&self) -> Result<usize, StoreError> {
        self.weekly.run_once(self.clock.now()).await
    }

    /// Seals the audit trail, if that was not done today.
    pub async fn seal_once(&self) -> Result<bool, StoreError> {
        self.sealing.run_once(self.clock.now()).await
    }

    /// Lets each worker work once, the outbox last, so that what the others wrote leaves too.
    pub async fn run_once(&self) -> Result<Report, StoreError> {
        Ok(Report {
            sweep: self.sweep_once().await?,
            weekly_letters: self.weekly_once().await?,
            sealed: self.seal_once().await?,
            outbox: self.send_once().await?,
        })
    }
}
