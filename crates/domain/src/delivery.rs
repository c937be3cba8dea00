//! One mail on its way to one address: what caused it, every attempt, and what the other side said.
//!
//! A [`Delivery`] is written in the transaction of the fact that causes it; an [`Attempt`] is a row of its own and never overwritten.
//! At least once: a crash between the relay's 250 and our note of it sends the same Message-ID again.
//!
//! What a mail says is fixed by its [`Letter`], which has no personal fields.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::agreement::EscalationTo;
use crate::deadline::Level;
use crate::notice::NoticeKind;
use crate::text::EmailAddress;
use crate::{AttemptId, DeliveryId, EncounterId, Instant, InvitationId, NoticeId, OrganizationId, RegionId, WarningId};

/// What the relay's answer means for the message. `detail` never holds an address or the relay's raw text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    Ok,
    /// Try again: 4xx, a refused, cut or hanging connection.
    TransientError {
        code: Option<u16>,
        detail: String,
    },
    /// Give up: 5xx.
    FatalError {
        code: Option<u16>,
        detail: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub region_id: RegionId,
    /// The organization whose mail it is: a thousand due at once, no office waits behind another.
    pub organization_id: OrganizationId,
    /// The stay that the mail is about; none for the weekly letter.
    pub encounter_id: Option<EncounterId>,
    /// Promise 1 counts the deliveries of notices: this one carries the word of `notice_id`.
    pub notice_id: Option<NoticeId>,
    pub warning_id: Option<WarningId>,
    pub to: EmailAddress,
    pub letter: Letter,
    pub state: DeliveryState,
    pub created_at: Instant,
}

impl Delivery {
    /// The same for every attempt, so that a receiver can drop a repeat.
    pub fn message_id(&self, domain: &str) -> String {
        format!("<{}@{domain}>", self.id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryState {
    Pending {
        next_attempt_at: Instant,
        attempts: i64,
    },
    Delivered {
        at: Instant,
        attempts: i64,
    },
    /// The other side refused for good, or the schedule of retries is used up; an escalation, not a log line.
    GivenUp {
        at: Instant,
        attempts: i64,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: AttemptId,
    pub delivery_id: DeliveryId,
    pub attempted_at: Instant,
    pub response: Response,
}

/// Everything a mail may say. No field can carry personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// "An item waits for your office": the link opens the notice.
    NoticeWaits { notice_id: NoticeId, notice_kind: NoticeKind },
    /// The notice was withdrawn or replaced; its link shows a tombstone.
    NoticeTakenBack { notice_id: NoticeId, replaced: bool },
    /// A deadline of a stay of this ward or region nears, is due, or was missed. `told`: everybody who was told of it so far, the
    /// reader among them.
    DeadlineWarning {
        encounter_id: EncounterId,
        level: Level,
        due_on: NaiveDate,
        #[serde(default)]
        told: Vec<EscalationTo>,
    },
    /// A notice has not been acknowledged (or could not be delivered); `notice_id` is the one that waits, `told` as above.
    StillWaiting {
        notice_id: NoticeId,
        level: Level,
        #[serde(default)]
        told: Vec<EscalationTo>,
    },
    /// The sender is told that the receiver declined.
    NoticeDeclined { notice_id: NoticeId },
    /// The serial numbers that this organization was sent in the week before `until_on`; a missing number shows a lost mail.
    WeeklySerials { first: i64, last: i64, from_on: NaiveDate, until_on: NaiveDate },
    /// Somebody without relation opened the record of a person whom this organization has to do with.
    OpenedInEmergency { encounter_id: Option<EncounterId>, opened_on: NaiveDate },
    /// A record was opened in an emergency: to whoever answers for the one who did it, and to the auditor where nobody else could be told.
    EmergencyUsed { by_ours: bool, opened_on: NaiveDate },
    /// To the auditor: the number and the hash of the day's seal over the audit trail, to be kept outside the database.
    AuditSealed { number: i64, hash: String, sealed_on: NaiveDate },
    /// Somebody may set her password. The link is made when the mail is, so it is written down nowhere.
    Invitation { invitation_id: InvitationId, reset: bool },
    /// Something about an account changed; whoever did not do it should say so.
    AccountChanged { news: AccountNews },
    /// To the administrators of an organization: one of its systems got a token, or lost it.
    MachineChanged { added: bool },
}

/// What changed about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountNews {
    PasswordSet,
    FactorSet,
    FactorRemoved,
    PasskeyAdded,
    PasskeyRemoved,
    IdentityLinked,
    IdentityUnlinked,
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
}

/// When a failed attempt is made again: a list of waits, then the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetrySchedule {
    /// Seconds to wait after the first, second, … failed attempt.
    pub waits_seconds: Vec<u32>,
    /// Each wait is stretched by up to this share, so that a thousand failed together don't return together.
    pub jitter_percent: u8,
}

impl RetrySchedule {
    /// What becomes of a delivery whose attempt was answered by `response`; `chance` in 0..1 spreads the waits.
    pub fn after(&self, attempts_before: i64, response: &Response, now: Instant, chance: f64) -> DeliveryState {
        let attempts = attempts_before + 1;
        match response {
            Response::Ok => DeliveryState::Delivered { at: now, attempts },
            Response::FatalError { .. } => DeliveryState::GivenUp { at: now, attempts },
            Response::TransientError { .. } => {
                let wait = usize::try_from(attempts_before).ok().and_then(|index| self.waits_seconds.get(index));
                match wait {
                    None => DeliveryState::GivenUp { at: now, attempts },
                    Some(&seconds) => {
                        let stretch = 1.0 + f64::from(self.jitter_percent) / 100.0 * chance.clamp(0.0, 1.0);
                        #[expect(clippy::cast_possible_truncation, reason = "a wait of some days in µs fits i64")]
                        let micros = (f64::from(seconds) * stretch * 1e6) as i64;
                        let next_attempt_at = Instant::from_micros(now.micros() + micros);
                        DeliveryState::Pending { next_attempt_at, attempts }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient() -> Response {
        Response::TransientError { code: Some(451), detail: "later".into() }
    }

    #[test]
    fn a_refusal_for_now_is_tried_again_until_the_schedule_ends() {
        let schedule = RetrySchedule { waits_seconds: vec![10, 60], jitter_percent: 50 };
        let now = Instant::from_micros(0);
        let first = schedule.after(0, &transient(), now, 0.0);
        assert_eq!(first, DeliveryState::Pending { next_attempt_at: now.plus_seconds(10), attempts: 1 });
        let second = schedule.after(1, &transient(), now, 1.0);
        assert_eq!(second, DeliveryState::Pending { next_attempt_at: now.plus_seconds(90), attempts: 2 });
        assert_eq!(schedule.after(2, &transient(), now, 0.0), DeliveryState::GivenUp { at: now, attempts: 3 });
    }

    #[test]
    fn a_refusal_for_good_is_given_up_at_once() {
        let schedule = RetrySchedule { waits_seconds: vec![10], jitter_percent: 0 };
        let now = Instant::from_micros(0);
        let fatal = Response::FatalError { code: Some(550), detail: "no such mailbox".into() };
        assert_eq!(schedule.after(0, &fatal, now, 0.0), DeliveryState::GivenUp { at: now, attempts: 1 });
    }
}
