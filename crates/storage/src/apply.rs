//! One transaction of the writer: many commands' changes, each table once.
//!
//! The order inside decides who is told what: first the idempotency keys (a repeated one ends that command), then the guards (a stale
//! one ends that command and gives its key back), and only then the rows, so nothing of a command that ended early is ever written.

mod answers;
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
use domain::changes::{Changes, IdempotencyRecord};
use sqlx::SqlStr;

use crate::chain::Chain;
use crate::dialect::Dialect;
use crate::engine::{Arg, Conn, Row, Step};
use crate::error::{Failure, StoreError};
use crate::table::{Rows, Table};

use filed::Reach;
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
    if let Err(abort) = batch.write_filed(&mut links, Reach::Whole).await {
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
        self.forget_marks().await?;
        self.write_filed(chain, Reach::Rest).await
    }

    /// What has to hear from the database, or is one statement after the other: it comes behind the rest.
    async fn proofs_and_end(&mut self) -> Result<(), Abort> {
        self.proofs().await?;
        self.bookkeeping().await?;
        Ok(self.conn.run("COMMIT", vec![]).await?)
    }

    fn has_proofs(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::Run(_)))
            || self.going().any(|(_, c)| !c.credentials.is_empty())
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
    fn joined(&self, table: &'static Table) -> Rows {
        let mut rows = self.rows(table);
        self.commands().filter_map(|(_, command)| command.ready.rows(table)).for_each(|more| rows.append(more));
        rows
    }

    fn ready(&self, sql: &'static str, table: &'static Table) -> Result<Step, Failure> {
        step_of(sql, self.joined(table))
    }

    /// Steps for those tables of which rows were ready.
    fn ready_of<const N: usize>(&self, of: [(&'static str, &'static Table); N]) -> Result<Vec<Step>, Failure> {
        let steps = of.into_iter().map(|(sql, table)| self.ready(sql, table));
        steps.filter(|step| !step.as_ref().is_ok_and(|step| step.idle)).collect()
    }

    /// None yet of this table.
    fn rows(&self, table: &'static Table) -> Rows {
        Rows::of(table, self.dialect, self.conn.keys())
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
