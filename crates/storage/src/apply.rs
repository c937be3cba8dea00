//! One transaction of the writer: many commands' changes, each table once.
//!
//! The order inside decides who is told what: first the idempotency keys (a repeated one ends that command), then the guards (a stale
//! one ends that command and gives its key back), and only then the rows, so nothing of a command that ended early is ever written.

mod directory;
mod guards;
mod people;
mod proofs;
pub(crate) mod purge;
mod ready;

use std::collections::{BTreeMap, HashMap};

use domain::changes::{Changes, IdempotencyRecord};
use domain::notice::Notice;
use domain::survey::CellKey;
use domain::{NoticeId, OrganizationId, RegionId};
use sqlx::SqlStr;
use uuid::Uuid;

use crate::chain::Chain;
use crate::dialect::Dialect;
use crate::engine::{Arg, Conn, Row, Step};
use crate::error::{Failure, StoreError};
use crate::rows::*;
use crate::table::Kind::{Id, Int};
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

static SERIAL_COUNTER: Table =
    Table::new("serial_counter", &[("organization_id", Id), ("region_id", Id), ("last", Int)], &["organization_id"]);

/// Runs `tasks` in the transaction that `conn` has begun, and ends it. The chain moves on only with the commit.
pub(crate) async fn transaction(
    conn: &mut Conn,
    dialect: Dialect,
    chain: &mut Chain,
    tasks: &[&Task],
) -> Result<Vec<Outcome>, Abort> {
    let mut links = *chain;
    let mut batch =
        Batch { conn, dialect, tasks, outcomes: tasks.iter().map(|_| None).collect(), applied: HashMap::new() };
    let ran = batch.run(&mut links).await;
    let (outcomes, mut applied) = (batch.outcomes, batch.applied);
    match ran {
        Ok(()) => {
            *chain = links;
            let all = outcomes.into_iter().enumerate();
            Ok(all
                .map(|(n, done)| done.unwrap_or_else(|| Outcome::Applied(applied.remove(&n).unwrap_or_default())))
                .collect())
        }
        Err(abort) => {
            // A full disk or a lost connection may have ended the transaction already.
            if let Err(failure) = conn.run("ROLLBACK", vec![]).await {
                tracing::debug!(?failure, "nothing to roll back");
            }
            Err(abort)
        }
    }
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
    async fn run(&mut self, chain: &mut Chain) -> Result<(), Abort> {
        self.keys().await?;
        self.guards().await?;
        self.claims().await?;
        self.purges().await?;
        self.directory().await?;
        self.people_and_stays().await?;
        let notices = self.notices().await?;
        if self.has_answers() {
            self.facts(notices, chain, false).await?;
            self.answers().await?;
            self.trail().await?;
            self.proofs().await?;
            self.bookkeeping().await?;
            Ok(self.conn.run("COMMIT", vec![]).await?)
        } else {
            self.facts(notices, chain, true).await
        }
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

    /// New notices take the next numbers of their receivers; known ones change their state and nothing else.
    async fn notices(&mut self) -> Result<Rows, Abort> {
        let mut wanted = BTreeMap::<OrganizationId, (RegionId, i64)>::new();
        for notice in self.going().flat_map(|(_, c)| &c.notices).filter(|n| is_new(n)) {
            wanted.entry(notice.recipient.organization_id).or_insert((notice.region_id, 0)).1 += 1;
        }
        let mut next = HashMap::<Uuid, i64>::new();
        if !wanted.is_empty() {
            let mut rows = self.rows(&SERIAL_COUNTER);
            for (organization_id, (region_id, count)) in &wanted {
                rows.row(|r| {
                    r.id(*organization_id).id(*region_id).int(*count);
                });
            }
            let sql = SERIAL_COUNTER.count(self.dialect, "last", "RETURNING organization_id, last");
            for row in self.conn.rows(sql, rows.args()?).await? {
                let (organization_id, last): (Uuid, i64) = (row.get(0)?, row.get(1)?);
                let count = wanted.get(&organization_id.into()).map_or(0, |(_, count)| *count);
                next.insert(organization_id, last - count + 1);
            }
        }
        let (mut new, mut settled) = (self.rows(&NOTICE), self.rows(&NOTICE));
        let mut given = Vec::new();
        for (index, changes) in self.going() {
            let mut applied = Applied::default();
            for notice in &changes.notices {
                if is_new(notice) {
                    let serial = next.entry(notice.recipient.organization_id.uuid()).or_insert(1);
                    write_notice(&mut new, notice, *serial);
                    applied.serials.push((notice.id, *serial));
                    *serial += 1;
                } else {
                    write_notice(&mut settled, notice, notice.serial);
                }
            }
            if !applied.serials.is_empty() {
                given.push((index, applied));
            }
        }
        self.applied.extend(given);
        if !settled.is_empty() {
            self.conn.run(NOTICE.update(self.dialect), settled.args()?).await?;
        }
        Ok(new)
    }

    /// What every filing writes, as one script: the same statements each time, whether or not there are rows for all of them.
    async fn facts(&mut self, notices: Rows, chain: &mut Chain, and_commit: bool) -> Result<(), Abort> {
        let d = self.dialect;
        let mut cells = self.rows(&SURVEY_CELL);
        self.sums().iter().filter(|(_, sum)| **sum != 0).for_each(|(key, sum)| write_cell(&mut cells, key, *sum));
        let steps = vec![
            step_of(EVENT.add(d), self.joined(&EVENT, |ready| &ready.events))?,
            step_of(SCREENING.add(d), self.joined(&SCREENING, |ready| &ready.screenings))?,
            step_of(NOTICE.add(d), notices)?,
            step_of(DEADLINE.put(d), self.joined(&DEADLINE, |ready| &ready.deadlines))?,
            step_of(DELIVERY.add(d), self.joined(&DELIVERY, |ready| &ready.deliveries))?,
            step_of(SURVEY_FACT.put(d), self.joined(&SURVEY_FACT, |ready| &ready.fact))?,
            step_of(SURVEY_CELL.count(d, "stays", ""), cells)?,
            self.step(AUDIT.add(d), &AUDIT, |rows, c| {
                c.audit.iter().for_each(|entry| write_audit(rows, &chain.link(entry)));
            })?,
        ];
        if !and_commit && steps.iter().all(|step| step.idle) {
            return Ok(());
        }
        Ok(self.conn.change(steps, and_commit).await?)
    }

    fn sums(&self) -> BTreeMap<&'a CellKey, i64> {
        let mut sums = BTreeMap::new();
        for cell in self.going().flat_map(|(_, c)| &c.cells) {
            *sums.entry(&cell.key).or_default() += cell.count;
        }
        sums
    }

    /// Whether a table is written that [`Self::facts`] doesn't know.
    fn has_answers(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::Run(_)))
            || self.going().any(|(_, c)| {
                let none = c.acknowledgements.is_empty() && c.contacts.is_empty() && c.readings.is_empty();
                let trail = c.seal.is_some() || c.review.is_some() || c.break_glass.is_some();
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

    /// What is kept about the trail itself.
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
    Ok(Step { sql, args: rows.args()?, idle })
}

pub(crate) fn find_key(columns: &str) -> String {
    format!("SELECT {columns} FROM idempotency WHERE account_id = $1 AND key = $2")
}

const fn is_new(notice: &Notice) -> bool {
    notice.serial == 0
}
