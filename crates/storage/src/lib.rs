//! The only SQL of Tsunagi: one [`Store`] over SQLite or PostgreSQL, chosen by URL.
//!
//! # Who is who
//!
//! | module | what it does |
//! |---|---|
//! | [`store`](Store) | opens, migrates, closes; every other module adds its methods to [`Store`] |
//! | `writer` | the one writer of the process: a bounded queue, many commands to a transaction, answers after the commit |
//! | `apply` | that transaction: keys, guards, then each table once over one JSON parameter |
//! | `checkpoint` | SQLite's log into its file, beside the writer |
//! | `chain` | the audit trail's hashes, made in the writer |
//! | `loader` | grouped reads: stays (`case`) and sessions (`session`) that are asked for one by one and read together |
//! | `lot` | how much of what waits the writer and the loaders take at once |
//! | `rows` | the tables' columns; how a value becomes a row and a row a value |
//! | `table` | statements made from the columns |
//! | `sealed` | personal columns: which, how they are sealed, how people are found all the same, and new keys |
//! | `engine` | a connection, a pool, a row and an argument over either engine: all that is seen of sqlx |
//! | `dialect` | everything that differs between the engines |
//!
//! # The flow
//!
//! A handler reads ([`Store::session`], [`Store::case`], each in a lot with whoever else is waiting), decides in `domain`, and hands the
//! `Changes` to [`Store::apply`]. Nothing is answered before the commit. A stale command is decided again by the handler; a repeated
//! one gets the first answer.
//!
//! # How to add a query
//!
//! Write it as a method of [`Store`] in the module of its subject, in the SQL that both engines speak: `$1`, `ON CONFLICT`,
//! `RETURNING`, `UPDATE … FROM`, row values, `CAST(sum(x) AS BIGINT)`; no `now()`, no arithmetic on days. Columns come from
//! `TABLE.list("alias.")` and go through the table's reader. A set of ids is `Arg::Ids` with `Dialect::in_ids`. A test of it goes to
//! `tests/it/storage.rs`, where it runs on both engines. How to add a column or a table: see `rows`.
//!
//! # What is not promised
//!
//! - A command that ends in [`StoreError::Unavailable`] may have been written if the connection broke during the commit; the same
//!   `Idempotency-Key` tells.
//! - Lists are read without a transaction of their own: two pages of one list may see different moments.
//! - A SQLite file has one writing process. A second one is kept out only by SQLite's lock.

mod apply;
mod audit;
mod backup;
mod calendar;
mod case;
mod chain;
mod checkpoint;
mod consent;
mod credential;
mod dialect;
mod directory;
mod engine;
mod error;
mod lists;
mod loader;
mod lot;
mod migrations;
mod outbox;
mod patients;
mod retention;
mod rows;
mod seal;
mod sealed;
mod session;
mod store;
mod survey;
mod sweep;
mod table;
mod writer;

pub use apply::Applied;
pub use audit::{AuditCursor, AuditFilter};
pub use chain::{AuditFault, AuditReport, ChainEnd};
pub use credential::{Factors, InvitationRow, PersonLine};
pub use directory::Record;
pub use error::{ApplyError, StoreError};
pub use lists::{EncounterFilter, EncounterLine, NoticeFilter, NoticeLine, OverdueLine, WarningFilter, WarningLine};
pub use outbox::{Claimed, ClaimedDelivery, FinishedDelivery, OutboxCounts, RefusedLine, UnreadableDelivery};
pub use patients::InCharge;
pub use rows::AuditRow;
pub use seal::Auditor;
pub use sealed::{Keyring, KeysInUse, Rotation};
pub use session::SessionRow;
pub use store::{Store, StoreOptions};
