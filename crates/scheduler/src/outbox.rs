//! The outbox: carries what was written down to the relay, and writes down what became of it.
//!
//! A worker claims deliveries with a lease, a few of each organization in turn, so no office waits behind another. It sends several at a
//! time, records every attempt, and finishes them together. The schedule of retries is configuration; a mail that is given up is an
//! escalation: the office's second contact and the hospital are told **before** the delivery is closed, so that a crash between
//! the two repeats the attempt instead of losing the escalation.
//!
//! At least once: a crash after the relay's 250 sends the same Message-ID again once the lease has run out. A send is never cancelled; a
//! stop waits for those under way. The lease must be longer than the longest send, or two workers may send the same mail; that is
//! why [`OutboxSettings::lease_seconds`] stands next to the mailer's time limits in the configuration.

use std::sync::Arc;
use std::time::Duration;

use domain::delivery::{Attempt, Delivery, DeliveryState, Response, RetrySchedule};
use domain::{AttemptId, Instant};
use storage::{ApplyError, ClaimedDelivery, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::ground::{Ground, Undecided};
use crate::letter::{Addressee, Letters};
use crate::mail::Mailer;

/// An escalation is decided again this often when the stay changes under it.
const TRIES: usize = 5;

/// When the escalation of a mail that is given up could not be written: so much later both are tried again.
const ESCALATION_WAIT_SECONDS: i64 = 60;

/// While a send hangs, the others are looked after this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How the outbox works; every key comes from the configuration.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// Sends under way at a time. More than the mailer has connections only queue there, and the lease runs meanwhile.
    pub concurrency: usize,
    /// Longer than the longest send, with its wait for a connection.
    pub lease_seconds: i64,
    pub retries: RetrySchedule,
}

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxReport {
    pub delivered: usize,
    /// To be tried again later.
    pub postponed: usize,
    pub given_up: usize,
}

/// See the module.
pub struct Outbox {
    ground: Arc<Ground>,
    mailer: Mailer,
    letters: Letters,
    settings: OutboxSettings,
    worker: Uuid,
}

/// A send that has ended.
struct Sent {
    delivery: Delivery,
    attempted_at: Instant,
    response: Response,
}

impl Outbox {
    pub(crate) fn new(ground: Arc<Ground>, mailer: Mailer, letters: Letters, settings: OutboxSettings) -> Self {
        let worker = ground.ids(ground.now()).uuid();
        Self { ground, mailer, letters, settings, worker }
    }

    /// Sends until nothing can be claimed any more. Fails only when the database does; leases then run out by themselves.
    pub async fn run_once(&self) -> Result<OutboxReport, StoreError> {
        self.run(&watch::channel(false).1).await
    }

    /// The same; once `stopped` says so nothing more is claimed, and what is under way is finished.
    pub(crate) async fn run(&self, stopped: &watch::Receiver<bool>) -> Result<OutboxReport, StoreError> {
        let concurrency = self.settings.concurrency.max(1);
        let mut report = OutboxReport::default();
        let mut sending = JoinSet::new();
        let mut may_be_more = true;
        let mut failure = None;
        loop {
            let free = concurrency - sending.len().min(concurrency);
            if may_be_more && failure.is_none() && free * 2 >= concurrency && !*stopped.borrow() {
                match self.claim(free, &mut sending).await {
                    Ok(claimed) => may_be_more = claimed == free,
                    Err(error) => failure = Some(error),
                }
            }
            if sending.is_empty() {
                break;
            }
            let mut ended = Vec::new();
            tokio::select! {
                joined = sending.join_next() => ended.extend(joined),
                () = tokio::time::sleep(LOOK_AGAIN) => may_be_more = true,
            }
            while let Some(joined) = sending.try_join_next() {
                ended.push(joined);
            }
            let ended = ended.into_iter().filter_map(|joined| joined.inspect_err(log_broken_send).ok()).collect();
            match self.finish(ended, &mut report).await {
                // An escalation has mails of its own.
                Ok(given_up) => may_be_more |= given_up || sending.is_empty(),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(report), Err)
    }

    /// Claims up to `free` deliveries and starts to send them.
    async fn claim(&self, free: usize, sending: &mut JoinSet<Sent>) -> Result<usize, StoreError> {
        let now = self.ground.now();
        let lease_until = now.plus_seconds(self.settings.lease_seconds);
        let claimed = self.ground.store.claim_deliveries(self.worker, now, lease_until, free).await?;
        let count = claimed.len();
        for claimed in claimed {
            let mail = self.compose(&claimed).await;
            let (mailer, clock) = (self.mailer.clone(), Arc::clone(&self.ground.clock));
            let delivery = claimed.delivery;
            sending.spawn(async move {
                let attempted_at = clock.now();
                let response = match mail {
                    Ok(mail) => mailer.send(&mail).await,
                    Err(detail) => Response::FatalError { code: None, detail },
                };
                Sent { delivery, attempted_at, response }
            });
        }
        Ok(count)
    }

    async fn compose(&self, claimed: &ClaimedDelivery) -> Result<crate::mail::Mail, String> {
        let delivery = &claimed.delivery;
        let directory = self.ground.store.directory(delivery.region_id).await.ok();
        let kind = directory.and_then(|directory| directory.organization(delivery.organization_id).map(|o| o.kind));
        let to = Addressee { name: claimed.recipient.as_str(), kind };
        self.letters.compose(delivery, claimed.serial, to).map_err(|error| error.to_string())
    }

    /// Writes down what became of the sends; says whether one of them was given up.
    async fn finish(&self, ended: Vec<Sent>, report: &mut OutboxReport) -> Result<bool, StoreError> {
        if ended.is_empty() {
            return Ok(false);
        }
        let now = self.ground.now();
        let mut ids = self.ground.ids(now);
        let mut given_up = false;
        let mut finished = Vec::with_capacity(ended.len());
        for Sent { delivery, attempted_at, response } in ended {
            let attempts_before = attempts(&delivery);
            let mut state = self.settings.retries.after(attempts_before, &response, now, self.ground.chance());
            if let DeliveryState::GivenUp { attempts, .. } = state
                && let Err(error) = self.escalate(&delivery, now).await
            {
                tracing::error!(delivery_id = %delivery.id, %error, "The escalation of a mail has to wait");
                state = DeliveryState::Pending { next_attempt_at: now.plus_seconds(ESCALATION_WAIT_SECONDS), attempts };
            }
            match state {
                DeliveryState::Delivered { .. } => report.delivered += 1,
                DeliveryState::Pending { .. } => report.postponed += 1,
                DeliveryState::GivenUp { .. } => {
                    report.given_up += 1;
                    given_up = true;
                }
            }
            let attempt = Attempt { id: ids.next::<AttemptId>(), delivery_id: delivery.id, attempted_at, response };
            finished.push((attempt, state));
        }
        self.ground.store.finish_deliveries(self.worker, finished).await?;
        Ok(given_up)
    }

    /// Tells whoever the agreement names that a notice's mail could not be delivered; once, however often it is called.
    async fn escalate(&self, delivery: &Delivery, now: Instant) -> Result<(), StoreError> {
        tracing::warn!(
            delivery_id = %delivery.id,
            organization_id = %delivery.organization_id,
            "A mail was given up"
        );
        let (Some(notice_id), Some(encounter_id)) = (delivery.notice_id, delivery.encounter_id) else { return Ok(()) };
        let request_id = self.ground.ids(now).next();
        for _ in 0..TRIES {
            let Some(case) = self.ground.store.case(delivery.region_id, encounter_id).await? else { return Ok(()) };
            let steps = |decision: &mut domain::decide::Decision<'_>| decision.give_up(notice_id);
            let changes = match self.ground.decide(case, now, request_id, "give_up", steps).await {
                Ok(changes) => changes,
                Err(Undecided::Store(error)) => return Err(error),
                Err(undecided) => {
                    tracing::error!(%notice_id, %undecided, "A mail was given up and nobody could be told");
                    return Ok(());
                }
            };
            match self.ground.store.apply(changes).await {
                // Refused: the warning is there already.
                Ok(_) | Err(ApplyError::Refused { .. } | ApplyError::Repeated(_)) => return Ok(()),
                Err(ApplyError::Stale) => {}
                Err(ApplyError::Busy) => return Err(StoreError::Busy),
                Err(ApplyError::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Busy)
    }
}

const fn attempts(delivery: &Delivery) -> i64 {
    match delivery.state {
        DeliveryState::Pending { attempts, .. }
        | DeliveryState::Delivered { attempts, .. }
        | DeliveryState::GivenUp { attempts, .. } => attempts,
    }
}

fn log_broken_send(error: &tokio::task::JoinError) {
    tracing::error!(%error, "A send broke off; it is made again when its lease has run out");
}
