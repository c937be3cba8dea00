//! One instance of the service in a process of its own: the real router, sweep, outbox and storage, on a clock that the simulation moves.
//!
//! The process is this binary again, told what to do line by line over its input; what it says comes back the same way. Requests reach it
//! over HTTP like any other service's. It ends as a crash ends a process (no destructor runs, nothing is flushed or closed), at the point
//! that was agreed with it beforehand.
//!
//! - [`live`] — the process itself.
//! - [`machine`] — the simulation's hand on it: starts it, moves its clock, arms a point, hears what it says.
//! - [`points`] — the places at which it can be stopped.

pub(crate) mod machine;
mod points;

use std::io::{BufRead, Write};
use std::sync::{Arc, mpsc};

use anyhow::{Context as _, Result, bail};
use domain::delivery::Response;
use domain::time::ManualClock;
use domain::{Clock, Instant};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use scheduler::Scheduler;
use scheduler::mail::{Mail, Mailer, MemoryTransport};
use serde_json::{Value, json};
use server::config::Config;
use server::service::{self, Parts, Service};
use tokio::net::TcpListener;
use tokio::sync::mpsc as queue;

/// A line to the simulation, whole, from whichever thread.
fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    // Whoever listened may be gone; then this process is about to end as well.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Everything the process does, until its input ends. `words`: the seed, the instant, the settings.
pub(crate) async fn live(mut words: impl Iterator<Item = String>) -> Result<()> {
    points::watch()?;
    let seed: u64 = words.next().context("a seed")?.parse()?;
    let clock = Arc::new(ManualClock::new(Instant::from_micros(words.next().context("an instant")?.parse()?)));
    let config = Config::read(None, &words.collect::<Vec<_>>())?;
    let (answers, answer) = mpsc::channel();
    let (orders, mut ordered) = queue::unbounded_channel();
    let listening = Arc::clone(&clock);
    std::thread::spawn(move || listen(&listening, &answers, &orders));

    let store = service::open_store(&config).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut chance = StdRng::seed_from_u64(seed);
    let mailer = mailer(answer);
    let parts = Parts {
        clock: Arc::<ManualClock>::clone(&clock),
        seed: chance.random(),
        mailer: mailer.clone(),
        extra: None,
        demo: false,
        ticking: false,
    };
    let service = Service::start(&config, store.clone(), listener, parts).await?;
    let calendar = service.app.clone();
    let scheduler = Scheduler::seeded(
        chance.random(),
        service::scheduler_settings(&config)?,
        store,
        clock,
        mailer,
        service::agreements(&config)?,
        Arc::new(move || calendar.calendar()),
    );
    say(&json!({ "ready": service.address.to_string() }));
    while let Some(order) = ordered.recv().await {
        let done = done(&scheduler, &order).await.unwrap_or_else(|error| json!({ "failed": format!("{error:#}") }));
        say(&json!({ "done": done }));
    }
    Ok(())
}

async fn done(scheduler: &Scheduler, order: &str) -> Result<Value> {
    Ok(match order {
        "sweep" => {
            let swept = scheduler.sweep_once().await?;
            json!({ "warnings": swept.warnings, "left": swept.set_aside + swept.left })
        }
        "send" => {
            let sent = scheduler.send_once().await?;
            json!({ "sent": sent.delivered + sent.postponed + sent.given_up })
        }
        "seal" => json!({ "sealed": scheduler.seal_once().await? }),
        other => bail!("no such order: {other}"),
    })
}

/// What is to be obeyed at once goes by this thread, whatever the others do: the clock, the points, the relay's answers.
fn listen(clock: &ManualClock, answers: &mpsc::Sender<Response>, orders: &queue::UnboundedSender<String>) {
    for line in std::io::stdin().lock().lines() {
        let Ok(order) = line.map_err(drop).and_then(|line| serde_json::from_str::<Value>(&line).map_err(drop)) else {
            break;
        };
        if let Some(micros) = order["clock"].as_i64() {
            clock.set(Instant::from_micros(micros));
        }
        if let Some(nth) = order["arm"].as_i64() {
            points::arm(nth, order["at"].as_str(), order["pause"] == true);
            say(&json!({ "armed": clock.now().micros() }));
        } else if let Ok(answer) = serde_json::from_value(order["relay"].clone()) {
            // The outbox waits for it, or has gone with everything else.
            let _ = answers.send(answer);
        } else if order["resume"] == true {
            points::resume();
        } else if let Some(what) = order["do"].as_str() {
            let _ = orders.send(what.to_owned());
        }
    }
    // The simulation is gone, and nobody needs this process any more.
    std::process::exit(0);
}

/// The relay is the simulation: each mail goes there, and waits for its answer.
fn mailer(answer: mpsc::Receiver<Response>) -> Mailer {
    let answer = std::sync::Mutex::new(answer);
    Mailer::Memory(MemoryTransport::answering(move |mail: &Mail| {
        points::pass("mail");
        say(&json!({ "mail": {
            "id": mail.message_id.as_str(), "to": mail.to.as_str(), "subject": mail.subject.as_str(), "text": &mail.text,
        } }));
        let answered = answer.lock().ok().and_then(|answer| answer.recv().ok());
        points::pass("answered");
        answered.unwrap_or(Response::TransientError { code: None, detail: "no relay any more".to_owned() })
    }))
}
