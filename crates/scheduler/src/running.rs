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

impl Scheduler {
    /// Lets the workers work at once, and then at every tick and every `nudge`.
    pub async fn start(self, nudge: Arc<Notify>) -> Result<Running, StartError> {
        let (stop, stopped) = watch::channel(false);
        let ticker = JobScheduler::new().await?;
        let ticked = Arc::clone(&nudge);
        let tick = Job::new_repeated_async(self.tick.max(Duration::from_secs(1)), move |_, _| {
            let ticked = Arc::clone(&ticked);
            Box::pin(async move { ticked.notify_waiters() })
        })?;
        ticker.add(tick).await?;
        ticker.start().await?;
        let (sweeper, sender) = (self.clone(), self);
        let (nudge_again, stopped_again) = (Arc::clone(&nudge), stopped.clone());
        let workers = vec![
            tokio::spawn(tend(move || sweeper.clone().keep_sweeping(Arc::clone(&nudge), stopped.clone()))),
            tokio::spawn(tend(move || sender.clone().keep_sending(Arc::clone(&nudge_again), stopped_again.clone()))),
        ];
        Ok(Running { stop, workers, ticker })
    }

    async fn keep_sweeping(self, nudge: Arc<Notify>, stopped: watch::Receiver<bool>) {
        let run = |stopped| self.sweep_and_nudge(&nudge, stopped);
        self.keep_working(&nudge, stopped, "sweep", run).await;
    }

    async fn sweep_and_nudge(&self, nudge: &Notify, stopped: watch::Receiver<bool>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let report = self.sweep.run(now, &stopped).await?;
        let letters = self.weekly.run_once(now).await?;
        if report.warnings + letters > 0 {
            tracing::info!(warnings = report.warnings, letters, set_aside = report.set_aside, "Swept");
            nudge.notify_waiters();
        }
        Ok(())
    }

    async fn keep_sending(self, nudge: Arc<Notify>, stopped: watch::Receiver<bool>) {
        self.keep_working(&nudge, stopped, "outbox", |stopped| self.send(stopped)).await;
    }

    async fn send(&self, stopped: watch::Receiver<bool>) -> Result<(), StoreError> {
        let report = self.outbox.run(&stopped).await?;
        if report != OutboxReport::default() {
            let OutboxReport { delivered, postponed, given_up } = report;
            tracing::info!(delivered, postponed, given_up, "Sent");
        }
        Ok(())
    }

    async fn keep_working<F: Future<Output = Result<(), StoreError>>>(
        &self,
        nudge: &Notify,
        mut stopped: watch::Receiver<bool>,
        worker: &'static str,
        run: impl Fn(watch::Receiver<bool>) -> F,
    ) {
        loop {
            // Enabled before the run: a nudge during it counts for the next.
            let mut nudged = pin!(nudge.notified());
            nudged.as_mut().enable();
            if let Err(error) = run(stopped.clone()).await {
                tracing::error!(worker, %error, "A run failed; it goes on at the next tick");
            }
            if ends_within(&mut stopped, tokio::time::sleep(self.pause)).await
                || ends_within(&mut stopped, async {
                    tokio::select! {
                        () = nudged => {}
                        () = tokio::time::sleep(self.tick * 3) => {}
                    }
                })
                .await
            {
                return;
            }
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
