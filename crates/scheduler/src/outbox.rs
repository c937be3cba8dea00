//! The outbox: carries what was written down to the relay, and writes down what became of it.
//!
//! A worker claims deliveries with a lease, a few of each organization in turn, so no office waits behind another. It sends several at a
//! time, records every attempt, and finishes them together. The schedule of retries is configuration; a mail that is given up is an
//! escalation: the office's second contact and the hospital are told **before** the delivery is closed, so that a crash between
//! the two repeats the attempt instead of losing the escalation.
//!
//! At least once: a crash after the relay's 250 sends the same Message-ID again once the lease has run out. A send is never cancelled; a
//! stop waits for those under way. No send begins in the second half of its lease, so with a lease of twice the longest send no two
//! workers send the same mail.
//!
//! A delivery that can't be read is given up at once, with the same escalation: no later attempt could read it either. A stay that can't be
//! read is set aside, so that its silence is seen on the municipality's overview.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::changes::Changes;
use domain::credential::Proof;
use domain::delivery::{Attempt, Delivery, DeliveryState, Letter, Response, RetrySchedule};
use domain::{AttemptId, DeliveryId, EncounterId, Instant, NoticeId, OrganizationId, RegionId};
use sha2::{Digest, Sha256};
use storage::{ApplyError, ClaimedDelivery, FinishedDelivery, StoreError, UnreadableDelivery};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::ground::{Ground, Undecided};
use crate::letter::{Addressee, LetterError, Letters};
use crate::mail::Mailer;

/// An escalation is decided again this often when the stay changes under it.
const TRIES: usize = 5;

/// When the escalation of a mail that is given up could not be written: so much later both are tried again.
const ESCALATION_WAIT_SECONDS: i64 = 60;

/// While a send hangs, the others are looked after this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The outcome of a send is written down again after these waits, when the database can't take it.
const WRITE_AGAIN: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// How the outbox works; every key comes from the configuration.
#[derive(Debug, Clone)]
pub struct OutboxSettings {
    /// Sends under way at a time. More than the mailer has connections only queue there, and the lease runs meanwhile.
    pub concurrency: usize,
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
}

/// A delivery in hand.
struct Claim {
    claimed: ClaimedDelivery,
    begin_before: Instant,
}

/// A send that has ended, or could not begin.
struct Sent {
    mail: InHand,
    attempted_at: Instant,
    response: Response,
}

/// What has to be known of a delivery to end it.
struct InHand {
    id: DeliveryId,
    region_id: RegionId,
    organization_id: OrganizationId,
    encounter_id: Option<EncounterId>,
    notice_id: Option<NoticeId>,
    attempts: i64,
}

impl From<&Delivery> for InHand {
    fn from(d: &Delivery) -> Self {
        let (DeliveryState::Pending { attempts, .. }
        | DeliveryState::Delivered { attempts, .. }
        | DeliveryState::GivenUp { attempts, .. }) = d.state;
        let (region_id, organization_id) = (d.region_id, d.organization_id);
        Self { id: d.id, region_id, organization_id, encounter_id: d.encounter_id, notice_id: d.notice_id, attempts }
    }
}

impl Sent {
    fn unreadable(delivery: UnreadableDelivery, now: Instant) -> Self {
        let UnreadableDelivery { id, region_id, organization_id, encounter_id, notice_id, attempts, error } = delivery;
        tracing::error!(delivery_id = %id, %error, "A delivery can't be read and is given up");
        let detail = format!("it can't be read: {error}");
        let mail = InHand { id, region_id, organization_id, encounter_id, notice_id, attempts };
        Self { mail, attempted_at: now, response: Response::FatalError { code: None, detail } }
    }
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

    /// The same; once `stopped` says so nothing more is claimed, and what is in hand is finished.
    pub(crate) async fn run(&self, stopped: &watch::Receiver<bool>) -> Result<OutboxReport, StoreError> {
        let mut report = OutboxReport::default();
        let mut claimed = VecDeque::new();
        let mut sending = JoinSet::new();
        let mut may_be_more = true;
        let mut failure = None;
        loop {
            if claimed.is_empty() && may_be_more && failure.is_none() && !*stopped.borrow() {
                match self.claim(&mut claimed, &mut report).await {
                    Ok(found) => may_be_more = found,
                    Err(error) => failure = Some(error),
                }
            }
            while sending.len() < self.settings.concurrency.max(1)
                && let Some(next) = claimed.pop_front()
            {
                self.begin(next, &mut sending).await;
            }
            if sending.is_empty() {
                if claimed.is_empty() && !may_be_more || failure.is_some() || *stopped.borrow() {
                    break;
                }
                continue;
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
                Ok(given_up) => may_be_more |= given_up,
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(report), Err)
    }

    /// Takes deliveries in hand, and gives up those that can't be read; says whether there were any.
    async fn claim(&self, hand: &mut VecDeque<Claim>, report: &mut OutboxReport) -> Result<bool, StoreError> {
        let (now, lease) = (self.ground.now(), self.settings.lease_seconds);
        let limit = self.settings.batch.max(1);
        let claimed = self.ground.store.claim_deliveries(self.worker, now, now.plus_seconds(lease), limit).await?;
        let begin_before = now.plus_seconds(lease / 2);
        let found = !claimed.deliveries.is_empty() || !claimed.unreadable.is_empty();
        hand.extend(claimed.deliveries.into_iter().map(|claimed| Claim { claimed, begin_before }));
        let unreadable = claimed.unreadable.into_iter().map(|delivery| Sent::unreadable(delivery, now)).collect();
        self.finish(unreadable, report).await?;
        Ok(found)
    }

    async fn begin(&self, Claim { claimed, begin_before }: Claim, sending: &mut JoinSet<Sent>) {
        if self.ground.now() >= begin_before {
            // Whoever claims it once the lease has run out sends it.
            return;
        }
        let mail = self.compose(&claimed).await;
        let (mailer, clock) = (self.mailer.clone(), Arc::clone(&self.ground.clock));
        let in_hand = InHand::from(&claimed.delivery);
        sending.spawn(async move {
            let attempted_at = clock.now();
            let response = match mail {
                Ok(mail) => mailer.send(&mail).await,
                Err(response) => response,
            };
            Sent { mail: in_hand, attempted_at, response }
        });
    }

    async fn compose(&self, claimed: &ClaimedDelivery) -> Result<crate::mail::Mail, Response> {
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

    /// Writes down what became of the sends; says whether one of them was given up.
    async fn finish(&self, ended: Vec<Sent>, report: &mut OutboxReport) -> Result<bool, StoreError> {
        if ended.is_empty() {
            return Ok(false);
        }
        let now = self.ground.now();
        let mut ids = self.ground.ids(now);
        let mut given_up = false;
        let mut finished = Vec::with_capacity(ended.len());
        for Sent { mail, attempted_at, response } in ended {
            let mut state = self.settings.retries.after(mail.attempts, &response, now, self.ground.chance());
            if let DeliveryState::GivenUp { attempts, .. } = state
                && let Err(error) = self.escalate(&mail, now).await
            {
                tracing::error!(delivery_id = %mail.id, %error, "The escalation of a mail has to wait");
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
            let attempt = Attempt { id: ids.next::<AttemptId>(), delivery_id: mail.id, attempted_at, response };
            finished.push(FinishedDelivery { attempt, state });
        }
        self.write_down(&finished).await?;
        Ok(given_up)
    }

    /// A database that is away for a moment shall not make us send a mail twice.
    async fn write_down(&self, finished: &[FinishedDelivery]) -> Result<(), StoreError> {
        let mut waits = WRITE_AGAIN.iter();
        loop {
            match (self.ground.store.finish_deliveries(self.worker, finished).await, waits.next()) {
                (Err(error), Some(wait)) if error.is_transient() => tokio::time::sleep(*wait).await,
                (Err(error), _) => return Err(error),
                (Ok(held), _) => {
                    for (lost, _) in finished.iter().zip(held).filter(|(_, held)| !held) {
                        tracing::warn!(delivery_id = %lost.attempt.delivery_id, "A send outlasted its lease");
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Tells whoever the agreement names that a notice's mail could not be delivered; once, however often it is called.
    async fn escalate(&self, mail: &InHand, now: Instant) -> Result<(), StoreError> {
        tracing::warn!(delivery_id = %mail.id, organization_id = %mail.organization_id, "A mail was given up");
        let (Some(notice_id), Some(encounter_id)) = (mail.notice_id, mail.encounter_id) else { return Ok(()) };
        let request_id = self.ground.ids(now).next();
        for _ in 0..TRIES {
            let case = match self.ground.store.case(mail.region_id, encounter_id).await {
                Ok(Some(case)) => case,
                Ok(None) => return Ok(()),
                Err(error @ StoreError::Inconsistent { .. }) => {
                    tracing::error!(%notice_id, %error, "A mail was given up and its stay can't be read");
                    return self.ground.store.set_aside(encounter_id, &error.to_string(), now).await;
                }
                Err(error) => return Err(error),
            };
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

fn log_broken_send(error: &tokio::task::JoinError) {
    tracing::error!(%error, "A send broke off; it is made again when its lease has run out");
}
