//! One transaction of the writer: many commands' changes, each table once.
//!
//! The order inside decides who is told what: first the idempotency keys (a repeated one ends that command), then the guards (a stale
//! one ends that command and gives its key back), and only then the rows, so nothing of a command that ended early is ever written.

mod at_once;
mod directory;
mod filed;
mod guards;
mod people;
mod proofs;
pub(crate) mod purge;
mod ready;

use std::collections::{BTreeMap, HashMap};

use domain::NoticeId;
use domain::changes::{Changes, IdempotencyRecord, Write};
use sqlx::SqlStr;

use crate::chain::Chain;
use crate::dialect::Dialect;
use crate::engine::{Arg, Conn, Row, Step};
use crate::error::{Failure, StoreError};
use crate::rows::*;
use crate::table::{Rows, Table};

pub(crate) use ready::Ready;

/// What came of a command's changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The serial numbers that its new notices were given.
    pub serials: Vec<(NoticeId, i64)>,
    /// Rows that a purge deleted, by table.
    pub gone: BTreeMap<&'static str, u64>,
}

/// One small statement of our own bookkeeping.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    pub(crate) sql: SqlStr,
    pub(crate) args: Vec<Arg>,
}

/// What a decision came to, and its rows as far as they are ready.
pub(crate) struct Command {
    pub(crate) changes: Changes,
    pub(crate) ready: Ready,
}

/// What one transaction is made of.
pub(crate) enum Task {
    Apply(Box<Command>),
    Run(Vec<Op>),
}

pub(crate) enum Outcome {
    Applied(Applied),
    Stale,
    Repeated(Box<IdempotencyRecord>),
    Ran(Vec<Vec<Row>>),
}

/// Why the whole transaction was given up.
#[derive(Debug)]
pub(crate) enum Abort {
    Failure(Failure),
    /// These commands are stale in one of their two guards: run the others without them.
    Stale(Vec<usize>),
}

impl From<Failure> for Abort {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for Abort {
    fn from(error: StoreError) -> Self {
        Self::Failure(Failure::Failed { code: error.to_string() })
    }
}

impl Command {
    /// It has rows that its own others refer to.
    fn brings_people(&self) -> bool {
        let c = &self.changes;
        c.patient.is_some() || matches!(c.encounter, Some(Write::New(_))) || !c.team.is_empty()
    }
}

/// Runs `tasks` in one transaction: at once if they fit, step by step if they don't or if that was refused. The chain moves on only with
/// the commit.
pub(crate) async fn transaction(
    conn: &mut Conn,
    dialect: Dialect,
    chain: &mut Chain,
    tasks: &[&Task],
) -> Result<Vec<Outcome>, Abort> {
    if let Some(outcomes) = all_at_once(conn, dialect, chain, tasks).await? {
        return Ok(outcomes);
    }
    let mut links = *chain;
    let mut batch = Batch::of(conn, dialect, tasks);
    if let Err(abort) = batch.step_by_step(&mut links).await {
        batch.roll_back().await;
        return Err(abort);
    }
    *chain = links;
    Ok(batch.told())
}

/// None when they don't fit, or when a row was refused: whose, has to be found out.
async fn all_at_once(
    conn: &mut Conn,
    dialect: Dialect,
    chain: &mut Chain,
    tasks: &[&Task],
) -> Result<Option<Vec<Outcome>>, Abort> {
    let mut links = *chain;
    let mut batch = Batch::of(conn, dialect, tasks);
    if !batch.fits_at_once() {
        return Ok(None);
    }
    if let Err(abort) = batch.at_once(&mut links).await {
        batch.roll_back().await;
        return if matches!(abort, Abort::Failure(Failure::Row { .. })) { Ok(None) } else { Err(abort) };
    }
    *chain = links;
    Ok(Some(batch.told()))
}

struct Batch<'a> {
    conn: &'a mut Conn,
    dialect: Dialect,
    tasks: &'a [&'a Task],
    /// None while the task is still going.
    outcomes: Vec<Option<Outcome>>,
    applied: HashMap<usize, Applied>,
}

impl<'a> Batch<'a> {
    fn of(conn: &'a mut Conn, dialect: Dialect, tasks: &'a [&'a Task]) -> Self {
        Self { conn, dialect, tasks, outcomes: tasks.iter().map(|_| None).collect(), applied: HashMap::new() }
    }

    fn told(self) -> Vec<Outcome> {
        let (outcomes, mut applied) = (self.outcomes, self.applied);
        let all = outcomes.into_iter().enumerate();
        all.map(|(n, done)| done.unwrap_or_else(|| Outcome::Applied(applied.remove(&n).unwrap_or_default()))).collect()
    }

    /// A full disk or a lost connection may have ended the transaction already.
    async fn roll_back(&mut self) {
        if let Err(failure) = self.conn.run("ROLLBACK", vec![]).await {
            tracing::debug!(?failure, "nothing to roll back");
        }
    }

    /// One thing after the other: whatever the database answers decides how it goes on.
    async fn step_by_step(&mut self, chain: &mut Chain) -> Result<(), Abort> {
        self.conn.run(self.dialect.begin(), vec![]).await?;
        self.keys().await?;
        self.guards().await?;
        self.claims().await?;
        self.purges().await?;
        self.directory().await?;
        self.people_and_stays().await?;
        self.write_filed(chain, filed::Front { opens: false, checks: false }).await
    }

    async fn answers_and_end(&mut self) -> Result<(), Abort> {
        self.answers().await?;
        self.trail().await?;
        self.proofs().await?;
        self.bookkeeping().await?;
        Ok(self.conn.run("COMMIT", vec![]).await?)
    }

    /// The commands still going, with their places.
    fn going(&self) -> impl Iterator<Item = (usize, &'a Changes)> {
        self.commands().map(|(index, command)| (index, &command.changes))
    }

    fn commands(&self) -> impl Iterator<Item = (usize, &'a Command)> {
        let tasks: &'a [&'a Task] = self.tasks;
        tasks.iter().enumerate().filter_map(|(index, task)| match task {
            Task::Apply(command) if self.outcomes[index].is_none() => Some((index, command.as_ref())),
            _ => None,
        })
    }

    /// Rows that were ready before the transaction.
    fn joined(&self, table: &'static Table, of: impl Fn(&Ready) -> &Rows) -> Rows {
        let mut rows = self.rows(table);
        self.commands().for_each(|(_, command)| rows.append(of(&command.ready)));
        rows
    }

    /// None yet of this table.
    fn rows(&self, table: &'static Table) -> Rows {
        Rows::of(table, self.dialect, self.conn.keys())
    }

    fn step(
        &self,
        sql: &'static str,
        table: &'static Table,
        mut fill: impl FnMut(&mut Rows, &Changes),
    ) -> Result<Step, Failure> {
        let mut rows = self.rows(table);
        self.going().for_each(|(_, changes)| fill(&mut rows, changes));
        step_of(sql, rows)
    }

    async fn write(
        &mut self,
        sql: &'static str,
        table: &'static Table,
        mut fill: impl FnMut(&mut Rows, &Changes),
    ) -> Result<(), Failure> {
        let mut rows = self.rows(table);
        self.going().for_each(|(_, changes)| fill(&mut rows, changes));
        if rows.is_empty() { Ok(()) } else { self.conn.run(sql, rows.args()?).await }
    }

    /// Whether a table is written that [`Self::write_filed`] doesn't know.
    fn has_answers(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::Run(_)))
            || self.going().any(|(_, c)| {
                let none = c.acknowledgements.is_empty() && c.contacts.is_empty() && c.readings.is_empty();
                let trail =
                    c.seal.is_some() || c.review.is_some() || c.break_glass.is_some() || c.calendar_file.is_some();
                let no_law = c.consents.is_empty() && c.disclosures.is_empty() && c.holds.is_empty();
                let own = trail || !c.credentials.is_empty() || c.purge.is_some();
                !none || !no_law || !c.warnings.is_empty() || own
            })
    }

    /// What comes to a stay or a notice that is there already.
    async fn answers(&mut self) -> Result<(), Abort> {
        let d = self.dialect;
        self.write(ACKNOWLEDGEMENT.add(d), &ACKNOWLEDGEMENT, |rows, c| {
            c.acknowledgements.iter().for_each(|row| write_acknowledgement(rows, row));
        })
        .await?;
        self.write(CONTACT.put(d), &CONTACT, |rows, c| c.contacts.iter().for_each(|row| write_contact(rows, row)))
            .await?;
        self.write(READING.add_once(d), &READING, |rows, c| c.readings.iter().for_each(|row| write_reading(rows, row)))
            .await?;
        self.write(WARNING.add(d), &WARNING, |rows, c| c.warnings.iter().for_each(|row| write_warning(rows, row)))
            .await?;
        self.write(CONSENT.add(d), &CONSENT, |rows, c| c.consents.iter().for_each(|row| write_consent(rows, row)))
            .await?;
        self.write(DISCLOSURE.add(d), &DISCLOSURE, |rows, c| {
            c.disclosures.iter().for_each(|row| write_disclosure(rows, row));
        })
        .await?;
        self.write(LEGAL_HOLD.put(d), &LEGAL_HOLD, |rows, c| {
            c.holds.iter().for_each(|row| write_legal_hold(rows, row));
        })
        .await?;
        Ok(())
    }

    /// What is kept about the trail itself, and the holiday table.
    async fn trail(&mut self) -> Result<(), Abort> {
        let d = self.dialect;
        self.write(AUDIT_SEAL.add(d), &AUDIT_SEAL, |rows, c| c.seal.iter().for_each(|s| write_audit_seal(rows, s)))
            .await?;
        self.write(AUDIT_SEAL_END.add(d), &AUDIT_SEAL_END, |rows, c| {
            c.seal.iter().for_each(|seal| write_audit_seal_ends(rows, seal));
        })
        .await?;
        self.write(AUDIT_REVIEW.add(d), &AUDIT_REVIEW, |rows, c| {
            c.review.iter().for_each(|row| write_audit_review(rows, row));
        })
        .await?;
        self.write(BREAK_GLASS.add(d), &BREAK_GLASS, |rows, c| {
            c.break_glass.iter().for_each(|row| write_break_glass(rows, row));
        })
        .await?;
        self.write(CALENDAR_FILE.put(d), &CALENDAR_FILE, |rows, c| {
            c.calendar_file.iter().for_each(|file| write_calendar_file(rows, file));
        })
        .await?;
        Ok(())
    }

    async fn bookkeeping(&mut self) -> Result<(), Abort> {
        for index in 0..self.tasks.len() {
            if let Task::Run(ops) = self.tasks[index] {
                let mut answers = Vec::with_capacity(ops.len());
                for op in ops {
                    answers.push(self.conn.rows(op.sql.clone(), op.args.clone()).await?);
                }
                self.outcomes[index] = Some(Outcome::Ran(answers));
            }
        }
        Ok(())
    }
}

fn step_of(sql: &'static str, rows: Rows) -> Result<Step, Failure> {
    let idle = rows.is_empty();
    Ok(Step { idle, ..Step::new(sql, rows.args()?) })
}

pub(crate) fn find_key(columns: &str) -> String {
    format!("SELECT {columns} FROM idempotency WHERE account_id = $1 AND key = $2")
}
