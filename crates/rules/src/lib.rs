//! The rule engine of Tsunagi. Pure: no clock, no chance, no input or output, and not a word about hospitals.
//!
//! # Cast list
//!
//! | who | what it is |
//! |---|---|
//! | [`Checklist`] | one edition of an area's list: [`Criterion`]s in two [`Tier`]s, and the conditions under which each tier is hit |
//! | [`Answers`], [`Facts`] | what a person ticked; what the records say. Unanswered is not "no", unknown is not "false" |
//! | [`Outcome`] | what the list says about them, with every reason in words; [`OutcomeKind`] is its bare name |
//! | [`Engine`] | the compiled list, on sets of bits; the one place where the logic stands |
//! | [`replay()`] | last year's screenings under next year's edition |
//! | [`Calendar`], [`OfficeHours`] | holidays of Japan, and the closing days of one office |
//! | [`NoticePeriod`], [`SheetFees`] | dated rules that turn a day into a last day |
//! | [`FileError`] | why a file was refused: file, line, key, what was expected |
//!
//! # The flow
//!
//! An agreement file becomes a [`Checklist`] (checked whole, compiled once); a ward's answers and the stay's facts become
//! bits; the engine gives a [`Verdict`]; [`Engine::explain`] turns it into an [`Outcome`] that is stored with the edition.
//!
//! # What is not promised
//!
//! That a list is wise: only that it is applied as written. That a holiday past the published years will be kept by
//! parliament: such days are marked. That a fee is paid: where the public text is silent, the literal day comes with a doubt.
//!
//! # How to add
//!
//! A new kind of condition: a variant of [`Condition`], one arm in `engine::Group::compile`; it must be monotone (a further "yes"
//! never makes it false), or the properties in `tests/properties.rs` fail. A new holiday: one row in `calendar::japan`.

mod answers;
pub mod calendar;
mod checklist;
mod condition;
mod engine;
mod file_error;
mod outcome;
pub mod period;
mod replay;

pub use answers::{Answer, Answers, Fact, Facts};
pub use calendar::{Calendar, Holiday, HolidayOverride, OfficeHours, OfficialTable};
pub use checklist::{Checklist, ChecklistDefinition, ChecklistError, Criterion, CriterionId, Detail, Tier, Wording};
pub use condition::{AtLeast, Condition, FactTest};
pub use engine::{AnswerBits, Engine, FactBits, Verdict};
pub use file_error::FileError;
pub use outcome::{Missing, Outcome, OutcomeKind, Reason};
pub use period::{Counting, FeeDay, FeeEdition, FeeRule, NextDay, NoticePeriod, SheetDays, SheetFees};
pub use replay::{Change, Counts, Replay, replay};
