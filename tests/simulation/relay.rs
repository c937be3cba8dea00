//! The mail relay of the simulation: it refuses, falls silent, is away for a day, takes a mail and says that it didn't, or takes
//! it twice.
//!
//! What becomes of an attempt depends on the seed, the mailbox, the subject, the day and the number of the attempt alone, so that neither
//! ids nor the order in which mails are sent matter for a replay.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use domain::Clock;
use domain::delivery::Response;
use domain::time::ManualClock;
use serde_json::Value;

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
    /// Attempts of which the service may know nothing.
    pub(crate) lost: u32,
    /// How often it lies in the mailbox.
    pub(crate) copies: u32,
    /// The service was told so.
    pub(crate) delivered: bool,
    /// The instance died before it could be certain that it wrote the last answer down.
    pub(crate) unsure: bool,
    /// Refused for good, or once more than there are waits.
    pub(crate) given_up: bool,
}

impl Letter {
    /// Carries the word of its notice (or that it was taken back, or still waits), which the answer to the sender does not.
    pub(crate) fn carries_it(&self) -> bool {
        !self.subject.contains("お送りの連絡に")
    }

    /// It is not tried again. After a crash the service may have counted fewer attempts than were made.
    pub(crate) const fn has_ended(&self) -> bool {
        self.delivered || self.given_up || self.attempts >= ATTEMPTS
    }

    /// The first word of its notice.
    pub(crate) fn is_first_word(&self) -> bool {
        self.subject.contains("が1件届いています")
    }
}

#[derive(Debug)]
pub(crate) struct Relay {
    seed: u64,
    letters: BTreeMap<String, Letter>,
    /// By what they point to.
    by_path: BTreeMap<String, BTreeSet<String>>,
    away_on: Vec<NaiveDate>,
    healthy: bool,
    /// No answer is slow.
    keeps_to_the_clock: bool,
    /// Answered since the outbox began its run.
    in_hand: Vec<String>,
    /// Met for the first time since somebody last asked.
    fresh: Vec<String>,
    /// Sent again although the service had written down that they were taken.
    needless: Vec<String>,
}

/// Sends of one mail, the first included: what the configuration promises.
const ATTEMPTS: u32 = 8;

impl Relay {
    pub(crate) fn new(seed: u64, away_on: Vec<NaiveDate>) -> Self {
        Self {
            seed,
            letters: BTreeMap::new(),
            by_path: BTreeMap::new(),
            away_on,
            healthy: false,
            keeps_to_the_clock: false,
            in_hand: Vec::new(),
            fresh: Vec::new(),
            needless: Vec::new(),
        }
    }

    /// From now on it takes everything but what goes to mailboxes that don't exist.
    pub(crate) fn recovers(&mut self) {
        self.healthy = true;
    }

    /// While an instance stands still with a mail in hand, answers take no time.
    pub(crate) fn keeps_to_the_clock(&mut self, keeps: bool) {
        self.keeps_to_the_clock = keeps;
    }

    /// All letters so far, by Message-ID.
    pub(crate) fn letters(&self) -> &BTreeMap<String, Letter> {
        &self.letters
    }

    pub(crate) fn take_fresh(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fresh)
    }

    /// Those that point there.
    pub(crate) fn about<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Letter> + use<'a> {
        self.by_path.get(path).into_iter().flatten().filter_map(|id| self.letters.get(id))
    }

    pub(crate) fn needless(&self) -> &[String] {
        &self.needless
    }

    /// An outbox begins its run.
    pub(crate) fn opens(&mut self) {
        self.in_hand.clear();
    }

    /// It died: which of its answers it wrote down is not known here.
    pub(crate) fn broke_off(&mut self) {
        for id in self.in_hand.drain(..) {
            self.letters.entry(id).and_modify(|letter| letter.unsure = true);
        }
    }

    /// Answers a mail. A slow answer moves the clock.
    pub(crate) fn answer(&mut self, mail: &Value, clock: &ManualClock) -> Result<Response> {
        let text = |field: &str| mail[field].as_str().map(str::to_owned).context("a part of a mail");
        let (id, to, subject, path) = (text("id")?, text("to")?, text("subject")?, path_of(&text("text")?));
        let (seed, healthy, sent_on) = (self.seed, self.healthy, clock.now().day());
        let away = !healthy && self.away_on.contains(&sent_on);
        self.in_hand.push(id.clone());
        if !self.letters.contains_key(&id) {
            self.by_path.entry(path.clone()).or_default().insert(id.clone());
            self.fresh.push(id.clone());
        }
        let letter = self.letters.entry(id.clone()).or_insert_with(|| Letter {
            to,
            subject,
            sent_on,
            path,
            attempts: 0,
            lost: 0,
            copies: 0,
            delivered: false,
            unsure: false,
            given_up: false,
        });
        if (letter.delivered || letter.given_up) && !letter.unsure {
            self.needless.push(id);
        }
        letter.attempts += 1;
        // Whoever sends it again did not write down what became of it.
        (letter.delivered, letter.given_up) = (false, false);
        if std::mem::take(&mut letter.unsure) {
            letter.lost += 1;
        }
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
                if !self.keeps_to_the_clock {
                    clock.advance_seconds(100);
                }
                letter.copies += 1;
                Response::Ok
            }
            100..110 => {
                // It puts the mail into the mailbox twice by itself.
                letter.copies += 2;
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
            Response::TransientError { .. } => letter.given_up = letter.attempts >= ATTEMPTS + letter.lost,
        }
        Ok(answer)
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
