//! What waits for its transaction, and how it is told what came of it.

use std::time::Duration;

use domain::RequestId;
use tokio::sync::oneshot;
use tracing::Span;
use tracing::field::{Empty, display};
use uuid::Uuid;

use crate::apply::{Applied, Outcome, Task};
use crate::engine::Row;
use crate::error::{ApplyError, Failure, StoreError};

pub(super) struct Waiting {
    pub(super) task: Task,
    reply: Reply,
    commit: Span,
}

pub(super) enum Reply {
    Apply(oneshot::Sender<Result<Applied, ApplyError>>),
    Run(oneshot::Sender<Result<Vec<Vec<Row>>, StoreError>>),
}

impl Waiting {
    /// Its span, of logs and traces, lasts from the queue to the answer; only traces look so closely.
    pub(super) fn of(task: Task, reply: Reply, request: Option<RequestId>) -> (Self, Span) {
        let request_id = request.map(display);
        let commit = tracing::debug_span!(
            "commit",
            request_id,
            commands = Empty,
            transaction_micros = Empty,
            became = Empty,
            otel.status_code = Empty
        );
        (Self { task, reply, commit: commit.clone() }, commit)
    }

    pub(super) fn key(&self) -> Option<(Uuid, String)> {
        match &self.task {
            Task::Apply(command) => command.changes.idempotency.as_ref().map(|i| (i.account_id.uuid(), i.key.clone())),
            Task::Run(_) => None,
        }
    }

    /// Whoever waited may have gone away; what was committed stays.
    pub(super) fn answer(self, outcome: Outcome) {
        let became = match outcome {
            Outcome::Applied(_) | Outcome::Ran(_) => "applied",
            Outcome::Stale => "stale",
            Outcome::Repeated(_) => "repeated",
        };
        self.commit.record("became", became);
        match (self.reply, outcome) {
            (Reply::Apply(reply), outcome) => {
                let result = match outcome {
                    Outcome::Applied(applied) => Ok(applied),
                    Outcome::Stale => Err(ApplyError::Stale),
                    Outcome::Repeated(record) => Err(ApplyError::Repeated(record)),
                    Outcome::Ran(_) => Ok(Applied::default()),
                };
                drop(reply.send(result));
            }
            (Reply::Run(reply), Outcome::Ran(answers)) => drop(reply.send(Ok(answers))),
            (Reply::Run(reply), _) => drop(reply.send(Ok(Vec::new()))),
        }
    }

    pub(super) fn refuse(self, failure: &Failure) {
        self.commit.record("became", if failure.is_fault() { "failed" } else { "refused" });
        if failure.is_fault() {
            self.commit.record("otel.status_code", "ERROR");
        }
        match self.reply {
            Reply::Apply(reply) => drop(reply.send(Err(failure.clone().into()))),
            Reply::Run(reply) => drop(reply.send(Err(failure.clone().into()))),
        }
    }
}

/// A transaction that stands. Whoever waits for it is told while the database works on the next one, if there is one.
pub(super) struct Committed {
    pub(super) lot: Vec<Waiting>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) took: Duration,
}

impl Committed {
    pub(super) fn answer(self) {
        let micros = i64::try_from(self.took.as_micros()).unwrap_or(i64::MAX);
        let shared = i64::try_from(self.lot.len()).unwrap_or(i64::MAX);
        for (waiting, outcome) in self.lot.into_iter().zip(self.outcomes) {
            waiting.commit.record("commands", shared).record("transaction_micros", micros);
            waiting.answer(outcome);
        }
    }
}
