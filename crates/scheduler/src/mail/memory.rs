//! Mail into memory, for tests: what was sent can be read, and what the sends are answered can be scripted, or decided mail by mail.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use domain::delivery::Response;

use super::Mail;

/// Keeps every mail that it answered with `Ok`. Clones share one memory.
#[derive(Clone, Default)]
pub struct MemoryTransport {
    memory: Arc<Mutex<Memory>>,
    rule: Option<Rule>,
}

type Rule = Arc<dyn Fn(&Mail) -> Response + Send + Sync>;

#[derive(Default)]
struct Memory {
    sent: Vec<Mail>,
    attempts: usize,
    answers: VecDeque<Response>,
}

impl MemoryTransport {
    /// A memory that answers each mail by `rule`, unless an answer was scripted.
    pub fn answering(rule: impl Fn(&Mail) -> Response + Send + Sync + 'static) -> Self {
        Self { rule: Some(Arc::new(rule)), ..Self::default() }
    }

    /// The next sends that have no answer yet get these, in order; after them `Ok` again.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Response>) {
        self.memory().answers.extend(answers);
    }

    /// The mails that were answered with `Ok`, oldest first; a repeat stands there twice.
    #[must_use]
    pub fn sent(&self) -> Vec<Mail> {
        self.memory().sent.clone()
    }

    /// Takes the mails that were sent since the last call.
    #[must_use]
    pub fn take_sent(&self) -> Vec<Mail> {
        std::mem::take(&mut self.memory().sent)
    }

    /// How often a send was asked for, whatever the answer.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.memory().attempts
    }

    pub(super) fn send(&self, mail: &Mail) -> Response {
        let mut memory = self.memory();
        memory.attempts += 1;
        let by_rule = || self.rule.as_ref().map_or(Response::Ok, |rule| rule(mail));
        let answer = match mail.to_bytes() {
            Ok(_) => memory.answers.pop_front().unwrap_or_else(by_rule),
            Err(refused) => Response::FatalError { code: None, detail: refused.to_string() },
        };
        if matches!(answer, Response::Ok) {
            memory.sent.push(mail.clone());
        }
        answer
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no holder of this lock panics")
    }
}

impl fmt::Debug for MemoryTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryTransport({} sent)", self.memory().sent.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::message::tests::sample, *};

    #[test]
    fn scripted_answers_come_first_and_only_accepted_mail_is_kept() {
        let memory = MemoryTransport::default();
        memory.answer_next([Response::TransientError { code: Some(451), detail: "later".to_owned() }]);
        assert!(matches!(memory.send(&sample()), Response::TransientError { code: Some(451), .. }));
        assert!(memory.sent().is_empty());
        let shared = memory.clone();
        assert!(matches!(memory.send(&sample()), Response::Ok));
        assert_eq!((shared.take_sent().len(), memory.sent().len(), memory.attempts()), (1, 0, 2));
    }

    #[test]
    fn a_rule_answers_what_was_not_scripted() {
        let refused = || Response::FatalError { code: Some(550), detail: "no such mailbox".to_owned() };
        let memory = MemoryTransport::answering(move |_| refused());
        memory.answer_next([Response::Ok]);
        assert_eq!((memory.send(&sample()), memory.send(&sample())), (Response::Ok, refused()));
        assert_eq!(memory.sent().len(), 1);
    }
}
