//! The workers at work: a tick or a nudge lets them look, a stop lets them finish what they have in hand.
//!
//! A nudge that comes while a worker is busy is not lost: it looks once more. A run that fails or breaks off is logged, and the next
//! one goes on where it stopped, because nothing is kept but in the database.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use storage::StoreError;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::{OutboxReport, Scheduler};

/// The least pause between two runs, however many nudges come: under load they are worked on together.
const PAUSE: Duration = Duration::from_millis(200);

/// The ticker could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the ticker could not be started")]
pub struct StartError(#[from] JobSchedulerError);

/// Dropped instead of stopped, the workers end as well, but nobody waits for them.
pub struct Running {
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
    ticker: JobScheduler,
}

/// When a worker looks: at a nudge, at its tick, or when neither came for three ticks.
#[derive(Clone)]
struct Beat {
    nudge: Arc<Notify>,
    tick: Arc<Notify>,
    every: Duration,
}

impl Scheduler {
    /// Lets the workers work at once, and then at every tick and every `nudge`.
    pub async fn start(self, nudge: Arc<Notify>) -> Result<Running, StartError> {
        let (stop, stopped) = watch::channel(false);
        let ticker = JobScheduler::new().await?;
        let sweeping = Beat::of(&ticker, &nudge, self.sweep_every).await?;
        let sending = Beat::of(&ticker, &nudge, self.outbox_every).await?;
        ticker.start().await?;
        let (sweeper, sender, stopped_too) = (self.clone(), self, stopped.clone());
        let workers = vec![
            tokio::spawn(tend(move || sweeper.clone().keep_sweeping(sweeping.clone(), stopped.clone()))),
            tokio::spawn(tend(move || sender.clone().keep_sending(sending.clone(), stopped_too.clone()))),
        ];
        Ok(Running { stop, workers, ticker })
    }

    async fn keep_sweeping(self, beat: Beat, stopped: watch::Receiver<bool>) {
        let run = |stopped| self.sweep_and_nudge(&beat.nudge, stopped);
        keep_working("sweep", &beat, stopped, run).await;
    }

    async fn sweep_and_nudge(&self, nudge: &Notify, stopped: watch::Receiver<bool>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let report = self.sweep.run(now, &stopped, &|| nudge.notify_waiters()).await?;
        let letters = self.weekly.run_once(now).await?;
        metrics::counter!("tsunagi_warnings_total").increment(report.warnings as u64);
        metrics::counter!("tsunagi_set_aside_total").increment(report.set_aside as u64);
        let sealed = self.sealing.run_once(now).await?;
        self.watcher.iter().for_each(crate::Watcher::tell);
        if letters > 0 || sealed {
            nudge.notify_waiters();
            tracing::info!(letters, sealed, "The letters of the week, the seal of the day");
        }
        Ok(())
    }

    async fn keep_sending(self, beat: Beat, stopped: watch::Receiver<bool>) {
        keep_working("outbox", &beat, stopped, |stopped| self.send(stopped)).await;
    }

    async fn send(&self, stopped: watch::Receiver<bool>) -> Result<(), StoreError> {
        let report = self.outbox.run(&stopped).await?;
        if report != OutboxReport::default() {
            let OutboxReport { delivered, postponed, given_up } = report;
            for (became, mails) in [("delivered", delivered), ("postponed", postponed), ("given_up", given_up)] {
                metrics::counter!("tsunagi_mails_total", "became" => became).increment(mails as u64);
            }
            tracing::info!(delivered, postponed, given_up, "Sent");
        }
        Ok(())
    }
}

impl Beat {
    async fn of(ticker: &JobScheduler, nudge: &Arc<Notify>, every: Duration) -> Result<Self, JobSchedulerError> {
        let every = every.max(Duration::from_secs(1));
        let tick = Arc::new(Notify::new());
        let ticks = Arc::clone(&tick);
        let job = Job::new_repeated_async(every, move |_, _| {
            let ticks = Arc::clone(&ticks);
            Box::pin(async move { ticks.notify_waiters() })
        })?;
        ticker.add(job).await?;
        Ok(Self { nudge: Arc::clone(nudge), tick, every })
    }
}

async fn keep_working<F: Future<Output = Result<(), StoreError>>>(
    worker: &'static str,
    beat: &Beat,
    mut stopped: watch::Receiver<bool>,
    run: impl Fn(watch::Receiver<bool>) -> F,
) {
    loop {
        // Enabled before the run: a nudge during it counts for the next.
        let (mut nudged, mut ticked) = (pin!(beat.nudge.notified()), pin!(beat.tick.notified()));
        nudged.as_mut().enable();
        ticked.as_mut().enable();
        if let Err(error) = run(stopped.clone()).await {
            tracing::error!(worker, %error, "A run failed; it goes on at the next tick");
        }
        let next = async {
            tokio::time::sleep(PAUSE).await;
            tokio::select! {
                () = nudged => {}
                () = ticked => {}
                () = tokio::time::sleep(beat.every * 3) => {}
            }
        };
        if ends_within(&mut stopped, next).await {
            return;
        }
    }
}

/// Begins a worker again if a defect of the software ends it.
async fn tend<F: Future<Output = ()> + Send + 'static>(begin: impl Fn() -> F) {
    while let Err(error) = tokio::spawn(begin()).await {
        tracing::error!(%error, "A worker broke off and begins again");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Waits for `wait`; true when a stop comes first.
async fn ends_within(stopped: &mut watch::Receiver<bool>, wait: impl Future<Output = ()>) -> bool {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stopped| *stopped) => true,
        () = wait => false,
    }
}

impl Running {
    /// Ends the workers after what they have in hand; no send is cancelled.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = self.ticker.shutdown().await {
            tracing::warn!(%error, "The ticker did not end");
        }
        for worker in self.workers {
            if let Err(error) = worker.await {
                tracing::error!(%error, "A worker broke off");
            }
        }
    }
}
