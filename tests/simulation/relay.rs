//! The mail relay of the simulation: it refuses, falls silent, is away for a day, takes a mail and says that it didn't.
//!
//! What becomes of an attempt depends on the seed, the mailbox, the subject, the day and the number of the attempt alone, so that neither
//! ids nor the order in which mails are sent matter for a replay.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::NaiveDate;
use domain::Clock;
use domain::delivery::Response;
use domain::time::ManualClock;
use scheduler::mail::{Mail, Mailer, MemoryTransport};

/// One letter, however often it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    /// The day of the first attempt.
    sent_on: NaiveDate,
    /// Where its link points to, below the service's address.
    pub(crate) path: String,
    pub(crate) attempts: u32,
    /// How often it lies in the mailbox.
    pub(crate) copies: u32,
    /// The service was told so.
    pub(crate) delivered: bool,
    /// Refused for good, or once more than there are waits.
    pub(crate) given_up: bool,
}

impl Letter {
    /// Carries the word of its notice (or that it was taken back, or still waits), which the answer to the sender does not.
    pub(crate) fn carries(&self, notice: &str) -> bool {
        self.path.strip_prefix("/notices/") == Some(notice) && !self.subject.contains("お送りの連絡に")
    }

    /// The first word of its notice.
    pub(crate) fn is_first_word(&self) -> bool {
        self.subject.contains("が1件届いています")
    }
}

#[derive(Debug)]
struct State {
    seed: u64,
    letters: BTreeMap<String, Letter>,
    away_on: Vec<NaiveDate>,
    healthy: bool,
}

/// Clones are the same relay.
#[derive(Clone)]
pub(crate) struct Relay(Arc<Mutex<State>>);

/// Sends of one mail, the first included: what the configuration promises.
const ATTEMPTS: u32 = 8;

impl Relay {
    pub(crate) fn new(seed: u64, away_on: Vec<NaiveDate>) -> Self {
        Self(Arc::new(Mutex::new(State { seed, letters: BTreeMap::new(), away_on, healthy: false })))
    }

    /// The way out for the outbox. A slow answer moves the clock.
    pub(crate) fn mailer(&self, clock: Arc<ManualClock>) -> Mailer {
        let relay = self.clone();
        Mailer::Memory(MemoryTransport::answering(move |mail| relay.answer(mail, &clock)))
    }

    /// From now on it takes everything but what goes to mailboxes that don't exist.
    pub(crate) fn recovers(&self) {
        self.state().healthy = true;
    }

    /// All letters so far, by Message-ID.
    pub(crate) fn letters(&self) -> BTreeMap<String, Letter> {
        self.state().letters.clone()
    }

    fn answer(&self, mail: &Mail, clock: &ManualClock) -> Response {
        let mut state = self.state();
        let (seed, healthy) = (state.seed, state.healthy);
        let away = !healthy && state.away_on.contains(&clock.now().day());
        let id = mail.message_id.as_str().to_owned();
        let letter = state.letters.entry(id).or_insert_with(|| Letter {
            to: mail.to.as_str().to_owned(),
            subject: mail.subject.as_str().to_owned(),
            sent_on: clock.now().day(),
            path: path_of(&mail.text),
            attempts: 0,
            copies: 0,
            delivered: false,
            given_up: false,
        });
        letter.attempts += 1;
        let office = letter.to.split_once('@').is_some_and(|(_, domain)| domain.starts_with('o'));
        let lost = office && chance(&(seed, &letter.to)) < 60;
        let drawn =
            if healthy { 1_000 } else { chance(&(seed, &letter.to, &letter.subject, letter.sent_on, letter.attempts)) };
        let answer = match drawn {
            _ if lost => Response::FatalError { code: Some(550), detail: "no such mailbox".to_owned() },
            _ if away => Response::TransientError { code: None, detail: "nobody answers".to_owned() },
            0..60 => Response::TransientError { code: Some(451), detail: "later".to_owned() },
            60..90 => {
                // Taken, and the answer was lost.
                letter.copies += 1;
                Response::TransientError { code: None, detail: "cut after the last line".to_owned() }
            }
            90..100 => {
                clock.advance_seconds(100);
                letter.copies += 1;
                Response::Ok
            }
            _ => {
                letter.copies += 1;
                Response::Ok
            }
        };
        match answer {
            Response::Ok => letter.delivered = true,
            Response::FatalError { .. } => letter.given_up = true,
            Response::TransientError { .. } => letter.given_up = letter.attempts >= ATTEMPTS,
        }
        answer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

/// 0 to 999, the same for the same.
fn chance(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish() % 1_000
}

/// The link of a mail, without the service's address.
fn path_of(text: &str) -> String {
    let link = text.split_whitespace().find(|word| word.starts_with("http"));
    link.and_then(|link| link.splitn(4, '/').nth(3)).map_or_else(String::new, |path| format!("/{path}"))
}
