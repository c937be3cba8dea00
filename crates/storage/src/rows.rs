//! The tables and their rows: for each one the columns, how a domain value becomes a row, and how a row becomes a value again.
//!
//! # How to add a column or a table
//!
//! A new migration in both folders (same file name), the column in the table's list here, one line in its writer and one, at the same
//! place, in its reader. A table that a command writes also gets a field in `domain::changes::Changes` and a line in [`crate::apply`].
//! The round-trip test in `tests/it/storage.rs` shows what was forgotten.

mod consent;
mod credential;
mod directory;
mod encounter;
mod notice;
mod outbox;
mod patient;
mod records;
mod survey;
mod timing;
mod trail;

pub(crate) use consent::*;
pub(crate) use credential::*;
pub(crate) use directory::*;
pub(crate) use encounter::*;
pub(crate) use notice::*;
pub(crate) use outbox::*;
pub(crate) use patient::*;
pub use records::AuditRow;
pub(crate) use records::*;
pub(crate) use survey::*;
pub(crate) use timing::*;
pub(crate) use trail::*;
