//! What happens without a request: warnings that fall due, mails that wait, the letter of the week.
//!
//! # Cast list
//!
//! - [`Scheduler`] — holds the three workers; [`Scheduler::run_once`] lets each work once, [`Scheduler::start`] keeps them working.
//! - [`Running`] — the workers at work; [`Running::stop`] ends them after what they have in hand.
//! - [`Sweep`] — takes every step that is due on a stay: warnings, and the mails that go with them.
//! - [`Outbox`] — claims deliveries, sends them, records each attempt, escalates what is given up.
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
//!   only says "look now", and if it falls silent the workers look by themselves after three ticks.
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
pub mod sweep;
pub mod weekly;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use domain::agreement::Editions;
use storage::{Store, StoreError};

use ground::Ground;
use letter::Letters;
use mail::Mailer;

pub use ground::CalendarSource;
pub use outbox::{Outbox, OutboxReport, OutboxSettings};
pub use running::{Running, StartError};
pub use sweep::{Sweep, SweepReport};
pub use weekly::{Weekly, WeeklySettings};

/// How the scheduler works; every key comes from the configuration.
#[derive(Debug, Clone)]
pub struct SchedulerSettings {
    /// Between two looks at the database when nobody nudges; at least a second.
    pub tick: Duration,
    /// The least pause between two runs, however many nudges come.
    pub pause: Duration,
    /// Stays that the sweep hands to the writer together; not more than its queue holds.
    pub sweep_chunk: usize,
    pub outbox: OutboxSettings,
    pub weekly: WeeklySettings,
    pub letters: Letters,
}

/// The three workers.
#[derive(Clone)]
pub struct Scheduler {
    clock: Arc<dyn Clock>,
    sweep: Arc<Sweep>,
    outbox: Arc<Outbox>,
    weekly: Arc<Weekly>,
    tick: Duration,
    pause: Duration,
}

/// What one run of all workers did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    pub sweep: SweepReport,
    /// Weekly letters written.
    pub weekly_letters: usize,
    pub outbox: OutboxReport,
}

impl Scheduler {
    /// `agreements` by id, as in [`domain::party::Region::agreement`]; `seed` starts the stream of chance (ids, jitter).
    pub fn new(
        settings: SchedulerSettings,
        store: Store,
        clock: Arc<dyn Clock>,
        seed: [u8; 32],
        mailer: Mailer,
        agreements: Arc<HashMap<String, Editions>>,
        calendar: CalendarSource,
    ) -> Self {
        let ground = Arc::new(Ground::new(store, Arc::clone(&clock), seed, agreements, calendar));
        Self {
            clock,
            sweep: Arc::new(Sweep::new(Arc::clone(&ground), settings.sweep_chunk)),
            weekly: Arc::new(Weekly::new(Arc::clone(&ground), settings.weekly)),
            outbox: Arc::new(Outbox::new(ground, mailer, settings.letters, settings.outbox)),
            tick: settings.tick,
            pause: settings.pause,
        }
    }

    pub fn sweep(&self) -> &Sweep {
        &self.sweep
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub fn weekly(&self) -> &Weekly {
        &self.weekly
    }

    /// Lets each worker work once, the outbox last, so that what the others wrote leaves too.
    pub async fn run_once(&self) -> Result<Report, StoreError> {
        let now = self.clock.now();
        Ok(Report {
            sweep: self.sweep.run_once(now).await?,
            weekly_letters: self.weekly.run_once(now).await?,
            outbox: self.outbox.run_once().await?,
        })
    }
}
