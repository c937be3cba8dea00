//! The points at which an instance can be stopped for good, or held for a while.
//!
//! - `begin` — decisions are made, and the writer has them in hand; no transaction has begun.
//! - `statement` — a statement is about to go to the database, inside a transaction or not, of the writer or of a reader. What goes to
//!   SQLite as one script goes as a whole.
//! - `commit` — the database has committed, and whoever waits for the answer does not know yet.
//! - `mail` — a mail is claimed and made, and the relay has not seen it.
//! - `answered` — the relay has answered, and nothing of it is written down.
//!
//! They are seen from outside, through what the service says of itself anyway: its metrics and the trace of its statements.

use std::sync::{Arc, Mutex, PoisonError, mpsc};

use anyhow::{Result, anyhow};
use metrics::{Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use serde_json::json;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;

use super::say;

struct Armed {
    /// Points still to be passed, this one included.
    nth: i64,
    /// Only points of this kind count.
    at: Option<String>,
    pause: bool,
}

static ARMED: Mutex<Option<Armed>> = Mutex::new(None);
static HELD: Mutex<Option<mpsc::Sender<()>>> = Mutex::new(None);

/// The `nth` point from now on, of one kind or any; 0 is none.
pub(super) fn arm(nth: i64, at: Option<&str>, pause: bool) {
    let armed = (nth > 0).then(|| Armed { nth, at: at.map(str::to_owned), pause });
    *ARMED.lock().unwrap_or_else(PoisonError::into_inner) = armed;
}

pub(super) fn resume() {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Here the process may end, or stand still until it is resumed.
pub(super) fn pass(kind: &str) {
    let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(point) = armed.as_mut().filter(|point| point.at.as_deref().is_none_or(|at| at == kind)) else { return };
    point.nth -= 1;
    if point.nth > 0 {
        return;
    }
    if !point.pause {
        say(&json!({ "dies": kind }));
        // No destructor, no flush, no other thread goes on.
        std::process::abort();
    }
    *armed = None;
    drop(armed);
    let (hold, held) = mpsc::channel();
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Some(hold);
    say(&json!({ "held": kind }));
    // Ends when the other end is dropped.
    let _ = held.recv();
}

pub(super) fn watch() -> Result<()> {
    metrics::set_global_recorder(Watch).map_err(|_| anyhow!("a second recorder"))?;
    Ok(tracing::subscriber::set_global_default(Watch)?)
}

/// Hears what the service says of itself.
struct Watch;

impl GaugeFn for Watch {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, _: f64) {
        pass("begin");
    }
}

impl HistogramFn for Watch {
    fn record(&self, _: f64) {
        pass("commit");
    }
}

impl Recorder for Watch {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        if key.name() == "tsunagi_writer_waiting" { Gauge::from_arc(Arc::new(Self)) } else { Gauge::noop() }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if key.name() == "tsunagi_commit_seconds" { Histogram::from_arc(Arc::new(Self)) } else { Histogram::noop() }
    }
}

impl tracing::Subscriber for Watch {
    fn register_callsite(&self, metadata: &'static tracing::Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "storage::engine" && *metadata.level() == tracing::Level::TRACE
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        pass("statement");
    }

    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
