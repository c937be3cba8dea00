//! The outbox: carries what was written down to the relay, and writes down what became of it.
//!
//! A worker claims deliveries with a lease, a few of each organization in turn, so no office waits behind another. It sends several at a
//! time, and while those are under way it claims the next and writes down what became of the last ([`outcome`]): under load each of
//! these waits for the writer, and none of them for another. The schedule of retries is configuration; a mail that is given up is an
//! escalation: the office's second contact and the hospital are told **before** the delivery is closed, so that a crash between
//! the two repeats the attempt instead of losing the escalation.
//!
//! At least once: a crash after the relay's 250 sends the same Message-ID again once the lease has run out. A send is never cancelled; a
//! stop waits for those under way. No send begins in the second half of its lease, so with a lease of twice the longest send no two
//! workers send the same mail. [`OutboxSettings::in_flight`] bounds how many may be repeated so.
//!
//! The clock may be set back under it, or while it is down: then whatever was written after the time that it shows now is taken to be due, and
//! a lease of more than twice its length to have ended, but for what is in hand. A retry that had been put off waits longer by the step.
//!
//! A delivery that can't be read is given up at once, with the same escalation: no later attempt could read it either. A stay that can't be
//! read is set aside, so that its silence is seen on the municipality's overview.

mod outcome;
mod set_back;

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::changes::Changes;
use domain::credential::Proof;
use domain::delivery::{Delivery, Letter, Response, RetrySchedule};
use domain::{DeliveryId, Instant};
use sha2::{Digest, Sha256};
use storage::{ApplyError, Claimed, ClaimedDelivery, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

use crate::ground::Ground;
use crate::letter::{Addressee, LetterError, Letters};
use crate::mail::{Mail, Mailer};
use outcome::{InHand, Sent};
use set_back::SetBack;

/// While a send hangs, the others are looked after this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How the outbox works; every key comes from the configuration.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// Sends under way at a time. More than the mailer has connections only queue there, and the lease runs meanwhile.
    pub concurrency: usize,
    /// Mails under way, or sent and not yet written down as sent: a crash repeats so many at most.
    pub in_flight: usize,
    /// Claimed together.
    pub batch: u32,
    /// More than twice the longest send, with its wait for a connection: no send begins in the second half of its lease.
    pub lease_seconds: i64,
    /// After which waits a failed send is made again, and when it is given up.
    pub retries: RetrySchedule,
}

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxReport {
    /// Taken over by the relay.
    pub delivered: usize,
    /// To be tried again later.
    pub postponed: usize,
    /// Escalated.
    pub given_up: usize,
}

/// See the module.
pub struct Outbox {
    ground: Arc<Ground>,
    mailer: Mailer,
    letters: Letters,
    settings: OutboxSettings,
    worker: Uuid,
    clock: Mutex<SetBack>,
}

/// A delivery in hand.
struct Claim {
    claimed: ClaimedDelivery,
    begin_before: Instant,
}

impl Claim {
    const fn id(&self) -> DeliveryId {
        self.claimed.delivery.id
    }
}

impl Outbox {
    pub(crate) fn new(ground: Arc<Ground>, mailer: Mailer, letters: Letters, settings: OutboxSettings) -> Self {
        let worker = ground.ids(ground.now()).uuid();
        Self { ground, mailer, letters, settings, worker, clock: Mutex::new(SetBack::new()) }
    }

    /// Sends until nothing can be claimed any more. Fails only when the database does; leases then run out by themselves.
    pub async fn run_once(self: &Arc<Self>) -> Result<OutboxReport, StoreError> {
        self.run(&watch::channel(false).1).await
    }

    /// The same; once `stopped` says so nothing more is claimed, and what is in hand is finished.
    pub(crate) async fn run(self: &Arc<Self>, stopped: &watch::Receiver<bool>) -> Result<OutboxReport, StoreError> {
        let mut report = OutboxReport::default();
        let mut hand = VecDeque::<Claim>::new();
        let mut sending = JoinSet::new();
        let mut ended: Vec<Sent> = Vec::new();
        let (mut claiming, mut writing) = (None, None);
        // With the task that sends it, if it could be read.
        let mut unwritten = HashMap::new();
        let mut may_be_more = true;
        let mut failure = None;
        loop {
            // The next are claimed while the last of those before are under way.
            if may_be_more
                && claiming.is_none()
                && hand.len() + unwritten.len() < self.settings.in_flight
                && failure.is_none()
                && !*stopped.borrow()
            {
                may_be_more = false;
                let ours = unwritten.keys().copied().chain(hand.iter().map(Claim::id)).collect();
                claiming = Some(Box::pin(self.claim(ours)));
            }
            if writing.is_none() && !ended.is_empty() {
                writing = Some(Box::pin(self.write_down(std::mem::take(&mut ended))));
            }
            while sending.len() < self.settings.concurrency && unwritten.len() < self.settings.in_flight {
                let Some(next) = hand.pop_front() else { break };
                let id = next.id();
                unwritten.insert(id, Some(sending.spawn(Arc::clone(self).send(next)).id()));
            }
            if sending.is_empty() && claiming.is_none() && writing.is_none() {
                break;
            }
            tokio::select! {
                biased;
                written = ended_of(&mut writing) => match written {
                    Ok((became, written)) => {
                        unwritten.retain(|id, _| !written.contains(id));
                        // An escalation has mails of its own.
                        may_be_more |= became.given_up > 0;
                        report += became;
                    }
                    // They stay counted: so much may be sent twice, and no more is begun than that.
                    Err(error) => failure = Some(error),
                },
                claimed = ended_of(&mut claiming) => match claimed {
                    Ok((claims, unreadable)) => {
                        may_be_more |= !claims.is_empty() || !unreadable.is_empty();
                        hand.extend(claims);
                        unwritten.extend(unreadable.iter().map(|sent| (sent.mail.id, None)));
                        ended.extend(unreadable);
                    }
                    Err(error) => failure = Some(error),
                },
                Some(joined) = sending.join_next() => {
                    for joined in std::iter::once(joined).chain(std::iter::from_fn(|| sending.try_join_next())) {
                        match joined {
                            Ok(Ok(sent)) => ended.push(sent),
                            Ok(Err(late)) => drop(unwritten.remove(&late)),
                            Err(broken) => {
                                log_broken_send(&broken);
                                unwritten.retain(|_, task| *task != Some(broken.id()));
                            }
                        }
                    }
                }
                () = tokio::time::sleep(LOOK_AGAIN) => may_be_more = true,
            }
        }
        failure.map_or(Ok(report), Err)
    }

    /// Takes deliveries in hand; those that can't be read have ended with that. Those that are `ours` are not taken twice, though the
    /// process may have stood still for longer than their lease.
    async fn claim(&self, ours: Vec<DeliveryId>) -> Result<(Vec<Claim>, Vec<Sent>), StoreError> {
        let (now, lease) = (self.ground.now(), self.settings.lease_seconds);
        let limit = self.settings.batch.max(1);
        let store = &self.ground.store;
        let looks = self.clock.lock().unwrap_or_else(PoisonError::into_inner).looks(now);
        if looks {
            store.recall_deliveries(now, now.plus_seconds(2 * lease), &ours).await?;
        }
        let Claimed { deliveries, unreadable } =
            store.claim_deliveries(self.worker, now, now.plus_seconds(lease), limit, &ours).await?;
        let begin_before = now.plus_seconds(lease / 2);
        let claims = deliveries.into_iter().map(|claimed| Claim { claimed, begin_before }).collect();
        Ok((claims, unreadable.into_iter().map(|delivery| Sent::unreadable(delivery, now)).collect()))
    }

    /// An error when it is too late to begin: whoever claims it once the lease has run out sends it.
    async fn send(self: Arc<Self>, Claim { claimed, begin_before }: Claim) -> Result<Sent, DeliveryId> {
        let attempted_at = self.ground.now();
        if attempted_at >= begin_before {
            return Err(claimed.delivery.id);
        }
        let mail = InHand::from(&claimed);
        let attempt = mail.attempt();
        let response = async {
            let response = match self.compose(&claimed).await {
                Ok(mail) => self.mailer.send(&mail).await,
                Err(response) => response,
            };
            outcome::note(&response);
            response
        };
        let response = response.instrument(attempt).await;
        Ok(Sent { mail, attempted_at, response })
    }

    async fn compose(&self, claimed: &ClaimedDelivery) -> Result<Mail, Response> {
        let delivery = &claimed.delivery;
        let directory = self.ground.store.directory(delivery.region_id).await.ok();
        let kind = directory.and_then(|directory| directory.organization(delivery.organization_id).map(|o| o.kind));
        let later = |error: ApplyError| Response::TransientError { code: None, detail: error.to_string() };
        let secret = self.link(delivery).await.map_err(later)?;
        let to = Addressee { name: claimed.organization_name.as_str(), kind, secret: secret.as_deref() };
        let never = |error: LetterError| Response::FatalError { code: None, detail: error.to_string() };
        self.letters.compose(delivery, claimed.serial, to).map_err(never)
    }

    /// A fresh link for this attempt, of an invitation: its token goes into the mail and nowhere else.
    async fn link(&self, delivery: &Delivery) -> Result<Option<String>, ApplyError> {
        let Letter::Invitation { invitation_id, .. } = delivery.letter else { return Ok(None) };
        let token = self.ground.token();
        let token_hash = Sha256::digest(token.as_bytes()).into();
        let credentials = vec![Proof::Link { invitation_id, token_hash }];
        self.ground.store.apply(Changes { credentials, ..Changes::default() }).await?;
        Ok(Some(token))
    }
}

/// What comes of the work that is under way; never comes when none is.
async fn ended_of<F: Future>(work: &mut Option<Pin<Box<F>>>) -> F::Output {
    match work {
        Some(under_way) => {
            let output = under_way.as_mut().await;
            *work = None;
            output
        }
        None => std::future::pending().await,
    }
}

fn log_broken_send(error: &tokio::task::JoinError) {
    tracing::error!(%error, "A send broke off; it is made again when its lease has run out");
}
