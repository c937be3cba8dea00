//! What became of a send: written down, postponed by the schedule of retries, or given up with an escalation.

use std::time::Duration;

use domain::delivery::{Attempt, DeliveryState, Response};
use domain::text::EmailAddress;
use domain::{AttemptId, DeliveryId, EncounterId, Instant, NoticeId, OrganizationId, RegionId, RequestId, WarningId};
use storage::{ApplyError, ClaimedDelivery, FinishedDelivery, StoreError, UnreadableDelivery};
use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

use super::{Outbox, OutboxReport};
use crate::ground::Undecided;

/// An escalation is decided again this often when the stay changes under it.
const TRIES: usize = 5;

/// When the escalation of a mail that is given up could not be written: so much later both are tried again.
const ESCALATION_WAIT_SECONDS: i64 = 60;

/// The outcome of a send is written down again after these waits, when the database can't take it.
const WRITE_AGAIN: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// A send that has ended, or could not begin.
pub(super) struct Sent {
    pub(super) mail: InHand,
    pub(super) attempted_at: Instant,
    pub(super) response: Response,
}

/// What has to be known of a delivery to end it.
pub(super) struct InHand {
    pub(super) id: DeliveryId,
    region_id: RegionId,
    organization_id: OrganizationId,
    encounter_id: Option<EncounterId>,
    notice_id: Option<NoticeId>,
    /// The warning whose mail it is, and the mailbox; a delivery that can't be read does not say.
    warning: Option<(WarningId, EmailAddress)>,
    attempts: i64,
    request_id: Option<RequestId>,
}

/// What is said once a mail is given up.
enum Escalation {
    /// Nobody acknowledges what never came.
    Notice(NoticeId),
    /// A warning that nobody reads is none.
    Warning(WarningId, EmailAddress),
}

impl From<&ClaimedDelivery> for InHand {
    fn from(ClaimedDelivery { delivery: d, request_id, .. }: &ClaimedDelivery) -> Self {
        let (DeliveryState::Pending { attempts, .. }
        | DeliveryState::Delivered { attempts, .. }
        | DeliveryState::GivenUp { attempts, .. }) = d.state;
        let (region_id, organization_id) = (d.region_id, d.organization_id);
        let warning = d.warning_id.map(|id| (id, d.to.clone()));
        let (encounter_id, notice_id, request_id) = (d.encounter_id, d.notice_id, *request_id);
        Self { id: d.id, region_id, organization_id, encounter_id, notice_id, warning, attempts, request_id }
    }
}

impl InHand {
    /// One attempt, in logs and traces. As loud as the gravest line in it: a filter never takes the ids off an error.
    pub(super) fn attempt(&self) -> Span {
        let (cause, attempt) = (self.request_id.map(display), self.attempts + 1);
        tracing::error_span!("mail", request_id = cause, delivery_id = %self.id, attempt, response = Empty, code = Empty)
    }

    /// What has to be said once it is given up; nothing of a letter that concerns no stay.
    fn next(&self) -> Option<Escalation> {
        match (self.notice_id, &self.warning) {
            (Some(notice_id), _) => Some(Escalation::Notice(notice_id)),
            (None, Some((warning_id, to))) => Some(Escalation::Warning(*warning_id, to.clone())),
            (None, None) => None,
        }
    }

    fn escalation(&self) -> Span {
        tracing::error_span!("escalation", request_id = self.request_id.map(display), delivery_id = %self.id)
    }
}

/// What the relay said, in the attempt's own words.
pub(super) fn note(response: &Response) {
    let (word, code) = match response {
        Response::Ok => ("ok", None),
        Response::TransientError { code, .. } => ("transient", *code),
        Response::FatalError { code, .. } => ("fatal", *code),
    };
    Span::current().record("response", word).record("code", code.map(i64::from));
    tracing::debug!("A mail was tried");
}

impl Sent {
    pub(super) fn unreadable(delivery: UnreadableDelivery, now: Instant) -> Self {
        let UnreadableDelivery { id, region_id, organization_id, encounter_id, notice_id, attempts, .. } = delivery;
        let (request_id, error) = (delivery.request_id, delivery.error);
        tracing::error!(request_id = request_id.map(display), delivery_id = %id, %error, "A delivery can't be read and is given up");
        let detail = format!("it can't be read: {error}");
        let mail =
            InHand { id, region_id, organization_id, encounter_id, notice_id, warning: None, attempts, request_id };
        Self { mail, attempted_at: now, response: Response::FatalError { code: None, detail } }
    }
}

impl std::ops::AddAssign for OutboxReport {
    fn add_assign(&mut self, more: Self) {
        self.delivered += more.delivered;
        self.postponed += more.postponed;
        self.given_up += more.given_up;
    }
}

impl Outbox {
    /// Writes down what became of the sends, and names them.
    pub(super) async fn write_down(&self, ended: Vec<Sent>) -> Result<(OutboxReport, Vec<DeliveryId>), StoreError> {
        let now = self.ground.now();
        let mut ids = self.ground.ids(now);
        let mut report = OutboxReport::default();
        let mut finished = Vec::with_capacity(ended.len());
        for Sent { mail, attempted_at, response } in ended {
            let mut state = self.settings.retries.after(mail.attempts, &response, now, self.ground.chance());
            if let DeliveryState::GivenUp { attempts, .. } = state
                && let Err(error) = self.escalate(&mail, now).instrument(mail.escalation()).await
            {
                let cause = mail.request_id.map(display);
                tracing::error!(request_id = cause, delivery_id = %mail.id, %error, "The escalation of a mail has to wait");
                state = DeliveryState::Pending { next_attempt_at: now.plus_seconds(ESCALATION_WAIT_SECONDS), attempts };
            }
            match state {
                DeliveryState::Delivered { .. } => report.delivered += 1,
                DeliveryState::Pending { .. } => report.postponed += 1,
                DeliveryState::GivenUp { .. } => report.given_up += 1,
            }
            let attempt = Attempt { id: ids.next::<AttemptId>(), delivery_id: mail.id, attempted_at, response };
            finished.push(FinishedDelivery { attempt, state });
        }
        self.finish(&finished).await?;
        Ok((report, finished.iter().map(|finished| finished.attempt.delivery_id).collect()))
    }

    /// A database that is away for a moment shall not make us send a mail twice.
    async fn finish(&self, finished: &[FinishedDelivery]) -> Result<(), StoreError> {
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

    /// Tells whoever the agreement names that a notice's mail could not be delivered; once, however often it is called. The mail of a
    /// warning goes on to whoever stands behind that mailbox: once more where a crash comes between this and the record of the attempt.
    async fn escalate(&self, mail: &InHand, now: Instant) -> Result<(), StoreError> {
        tracing::warn!(organization_id = %mail.organization_id, "A mail was given up");
        let (Some(next), Some(encounter_id)) = (mail.next(), mail.encounter_id) else { return Ok(()) };
        let request_id = self.ground.ids(now).next();
        for _ in 0..TRIES {
            let case = match self.ground.store.case(mail.region_id, encounter_id).await {
                Ok(Some(case)) => case,
                Ok(None) => return Ok(()),
                Err(error @ StoreError::Inconsistent { .. }) => {
                    tracing::error!(%encounter_id, %error, "A mail was given up and its stay can't be read");
                    return self.ground.store.set_aside(encounter_id, &error.to_string(), now).await;
                }
                Err(error) => return Err(error),
            };
            let steps = |decision: &mut domain::decide::Decision<'_>| match &next {
                Escalation::Notice(notice_id) => decision.give_up(*notice_id),
                Escalation::Warning(warning_id, to) => {
                    decision.give_up_warning(*warning_id, (mail.organization_id, to))
                }
            };
            let changes = match self.ground.decide(case, now, request_id, "give_up", steps).await {
                Ok(changes) => changes,
                Err(Undecided::Store(error)) => return Err(error),
                Err(undecided) => {
                    // The municipality sees it on its overview.
                    tracing::error!(%encounter_id, %undecided, "A mail was given up and nobody could be told");
                    return self.ground.store.set_aside(encounter_id, &undecided.to_string(), now).await;
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
