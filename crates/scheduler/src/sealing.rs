//! The daily seal over the audit trail, and its mail to whoever audits.
//!
//! Why it can't be doubled: seals are numbered, and the store refuses a number twice. Why it can't be lost: as long as the last seal is
//! older than the last turn of the day, every look makes one. The mail is written in the transaction of the seal.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveTime;
use domain::changes::Changes;
use domain::delivery::{Delivery, DeliveryState, Letter};
use domain::party::ContactUse;
use domain::trail::AuditSeal;
use domain::{Ids, Instant};
use storage::{ApplyError, Auditor, StoreError};

use crate::ground::Ground;

/// See the module.
pub struct Sealing {
    ground: Arc<Ground>,
    at: NaiveTime,
    /// The turn that this process knows to be sealed.
    sealed: Mutex<Option<Instant>>,
}

impl Sealing {
    pub(crate) fn new(ground: Arc<Ground>, at: NaiveTime) -> Self {
        Self { ground, at, sealed: Mutex::default() }
    }

    /// Seals the trail if that was not done since the last turn of the day; says whether it did.
    pub async fn run_once(&self, now: Instant) -> Result<bool, StoreError> {
        let turn = Instant::at(now.day(), self.at);
        let turn = if turn <= now { turn } else { turn.plus_days(-1) };
        if *self.sealed.lock().unwrap_or_else(PoisonError::into_inner) == Some(turn) {
            return Ok(false);
        }
        let is_due = self.ground.store.last_sealed_at().await?.is_none_or(|at| at < turn);
        let made = is_due && self.seal(now).await?;
        *self.sealed.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
        Ok(made)
    }

    async fn seal(&self, now: Instant) -> Result<bool, StoreError> {
        let seal = self.ground.store.next_seal(now).await?;
        let deliveries = self.letters(&seal, now).await?;
        let request_id = Some(self.ground.ids(now).next());
        match self.ground.store.apply(Changes { seal: Some(seal), deliveries, request_id, ..Changes::default() }).await
        {
            Ok(_) => Ok(true),
            // Another instance has sealed.
            Err(ApplyError::Refused { .. } | ApplyError::Stale | ApplyError::Repeated(_)) => Ok(false),
            Err(ApplyError::Busy) => Err(StoreError::Busy),
            Err(ApplyError::Store(error)) => Err(error),
        }
    }

    /// One to each auditor, at her own mailbox; without one, at her organization's.
    async fn letters(&self, seal: &AuditSeal, now: Instant) -> Result<Vec<Delivery>, StoreError> {
        let mut ids: Ids = self.ground.ids(now);
        let mut letters = Vec::new();
        let hash = seal.hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for Auditor { region_id, organization_id, email } in self.ground.store.auditors().await? {
            let directory = self.ground.store.directory(region_id).await?;
            let mailbox = email.or_else(|| directory.mailbox(organization_id, ContactUse::First, None).cloned());
            let Some(mailbox) = mailbox else { continue };
            letters.push(Delivery {
                id: ids.next(),
                region_id,
                organization_id,
                encounter_id: None,
                notice_id: None,
                warning_id: None,
                to: mailbox,
                letter: Letter::AuditSealed { number: seal.number, hash: hash.clone(), sealed_on: now.day() },
                state: DeliveryState::Pending { next_attempt_at: now, attempts: 0 },
                created_at: now,
            });
        }
        Ok(letters)
    }
}
