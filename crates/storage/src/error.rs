//! What can go wrong in the store, without a word of what was stored.
//!
//! Why so: the engines' messages may quote values (a name, a birth date), so nothing of them is kept but codes, the names of our own
//! constraints and columns, and SQLite's fixed phrases.

use domain::changes::IdempotencyRecord;
use thiserror::Error;

/// Why a read or a piece of bookkeeping failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Full, locked, gone or overrun: the same request may succeed later.
    #[error("the database can't serve now ({reason})")]
    Unavailable {
        /// A code or a fixed phrase.
        reason: String,
    },
    /// The writer's queue is full.
    #[error("the store is busy")]
    Busy,
    /// A named constraint said no.
    #[error("the row was refused by {constraint}")]
    Refused {
        /// The constraint's name, or the engine's code.
        constraint: String,
    },
    /// A statement that the engine doesn't take: a defect of ours, or a schema that is not ours.
    #[error("the database refused the statement ({code})")]
    Failed {
        /// The engine's code or fixed phrase.
        code: String,
    },
    /// A row that no state explains.
    #[error("{table}.{column} holds what can't be, row {row}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's first key column.
        row: String,
    },
    /// No such region.
    #[error("there is no such region")]
    UnknownRegion,
    /// The URL names no engine of ours, or the schema could not be brought up to date.
    #[error("the store can't be opened: {reason}")]
    Setup {
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// Trying the same again later may help.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Busy)
    }
}

/// Why a command's changes were not applied.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ApplyError {
    /// What the command was decided on is no longer true: decide again.
    #[error("the case has changed meanwhile")]
    Stale,
    /// The key was used before; this was the first answer.
    #[error("the key was used before")]
    Repeated(Box<IdempotencyRecord>),
    /// The writer's queue is full: 503 with `Retry-After`.
    #[error("the store is busy")]
    Busy,
    /// This command alone broke a constraint; nothing of it is written.
    #[error("refused by {constraint}")]
    Refused {
        /// The constraint's name, or the engine's code.
        constraint: String,
    },
    /// The database failed; nothing of the command is known to be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an engine's error asks of whoever ran the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A row is at fault; the others of the same transaction may be good.
    Row {
        constraint: String,
    },
    /// Two transactions stood in each other's way: run it again.
    Collision {
        code: String,
    },
    /// The connection is of no use any more.
    Lost {
        reason: String,
    },
    /// Locked or full; the connection is good.
    Unavailable {
        reason: String,
    },
    Failed {
        code: String,
    },
}

impl Failure {
    /// A constraint that refuses one command is that command's answer, not a fault of the store.
    pub(crate) const fn is_fault(&self) -> bool {
        !matches!(self, Self::Row { .. })
    }
}

/// Of a list: a row that can't be read is told of in the log and left out, so that it doesn't hide the others.
pub(crate) fn readable<T>(read: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
    match read {
        Err(error @ StoreError::Inconsistent { .. }) => {
            tracing::error!(%error, "A row can't be read and is left out");
            None
        }
        read => Some(read),
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Row { constraint } => Self::Refused { constraint },
            Failure::Collision { code: reason } | Failure::Lost { reason } | Failure::Unavailable { reason } => {
                Self::Unavailable { reason }
            }
            Failure::Failed { code } => Self::Failed { code },
        }
    }
}

impl From<Failure> for ApplyError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Row { constraint } => Self::Refused { constraint },
            other => Self::Store(other.into()),
        }
    }
}
