//! The one writer of the process: a bounded queue, and a task that takes what waits, applies it in one transaction and answers after
//! the commit. So one flush of the disk carries many commands, and the audit chain needs no lock.
//!
//! A transaction that fails for one row's sake is run again in halves until the bad command stands alone; the others are applied. The
//! task survives every failure of the database: it answers, rolls back, connects again if need be, and takes the next lot.

mod waiting;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use domain::RequestId;
use domain::changes::Changes;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, Span};

use crate::apply::{Abort, Applied, Command, Op, Outcome, Ready, Task, transaction};
use crate::chain::Chain;
use crate::checkpoint::Checkpoints;
use crate::dialect::Dialect;
use crate::directory::Directories;
use crate::engine::{Conn, Row, Target, args};
use crate::error::{ApplyError, Failure, StoreError};
use crate::lot::share;
use crate::sealed::Keyring;
use waiting::{Committed, Reply, Waiting};

/// How often a transaction that collided with another process's is run again.
const COLLISIONS: u32 = 5;

#[derive(Debug, Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
    dialect: Dialect,
    keys: Keyring,
}

enum Job {
    Work(Waiting),
    /// Everything before it is answered, then the writer ends.
    Stop(oneshot::Sender<()>),
}

fn closed() -> StoreError {
    StoreError::Unavailable { reason: "the store is closed".into() }
}

impl Writer {
    pub(crate) fn start(
        target: Target,
        conn: Conn,
        chain: Chain,
        queue: usize,
        batch: usize,
        directories: Arc<Directories>,
        checkpoints: Option<Checkpoints>,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let (dialect, keys) = (target.dialect(), conn.keys().clone());
        let work = Work { target, conn: Some(conn), chain, directories, checkpoints, committed: Vec::new() };
        tokio::spawn(work.run(receiver, batch.max(1)));
        Self { queue: sender, dialect, keys }
    }

    pub(crate) async fn apply(&self, changes: Changes) -> Result<Applied, ApplyError> {
        let (reply, answer) = oneshot::channel();
        let ready = Ready::of(&changes, self.dialect, &self.keys);
        let request = changes.request();
        let task = Task::Apply(Box::new(Command { changes, ready }));
        let commit = self.put(task, Reply::Apply(reply), request).map_err(|refused| match refused {
            StoreError::Busy => ApplyError::Busy,
            other => other.into(),
        })?;
        answer.instrument(commit).await.unwrap_or_else(|_| Err(closed().into()))
    }

    /// Runs the statements in the writer's next transaction; answers each one's rows.
    pub(crate) async fn run(&self, ops: Vec<Op>) -> Result<Vec<Vec<Row>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let commit = self.put(Task::Run(ops), Reply::Run(reply), None)?;
        answer.instrument(commit).await.unwrap_or_else(|_| Err(closed()))
    }

    /// Into the queue, or it is refused at once.
    fn put(&self, task: Task, reply: Reply, request: Option<RequestId>) -> Result<Span, StoreError> {
        let (waiting, commit) = Waiting::of(task, reply, request);
        self.queue.try_send(Job::Work(waiting)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        Ok(commit)
    }

    pub(crate) async fn stop(&self) {
        let (done, ended) = oneshot::channel();
        if self.queue.send(Job::Stop(done)).await.is_ok() {
            // An error means that it has ended already.
            ended.await.unwrap_or_default();
        }
    }
}

struct Work {
    target: Target,
    conn: Option<Conn>,
    chain: Chain,
    directories: Arc<Directories>,
    checkpoints: Option<Checkpoints>,
    /// Not answered yet.
    committed: Vec<Committed>,
}

impl Work {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>, batch: usize) {
        let mut jobs = Vec::with_capacity(batch);
        let mut carried = VecDeque::<Waiting>::new();
        let mut stop = None;
        while stop.is_none() || !carried.is_empty() {
            if carried.is_empty() && queue.recv_many(&mut jobs, share(queue.len(), batch)).await == 0 {
                break;
            }
            metrics::gauge!("tsunagi_writer_waiting").set(u32::try_from(queue.len()).unwrap_or(u32::MAX));
            let mut lot: Vec<Waiting> = Vec::with_capacity(batch);
            let mut keys = HashSet::new();
            let mut later = VecDeque::new();
            let work = carried.drain(..).chain(jobs.drain(..).filter_map(|job| match job {
                Job::Work(waiting) => Some(waiting),
                Job::Stop(done) => {
                    stop = Some(done);
                    None
                }
            }));
            for waiting in work {
                // A key that is in this transaction already waits for the next one, where it is a repeat.
                if waiting.key().is_none_or(|key| keys.insert(key)) {
                    lot.push(waiting);
                } else {
                    later.push_back(waiting);
                }
            }
            carried = later;
            self.serve(lot).await;
            if carried.is_empty() && queue.is_empty() {
                self.answer_all();
            }
        }
        self.answer_all();
        if let Some(conn) = self.conn.take() {
            conn.close().await;
        }
        if let Some(done) = stop {
            drop(queue);
            // Whoever asked may have gone away.
            done.send(()).unwrap_or_default();
        }
    }

    async fn serve(&mut self, lot: Vec<Waiting>) {
        let mut lots = vec![(lot, 0)];
        while let Some((mut lot, collisions)) = lots.pop() {
            if lot.is_empty() {
                continue;
            }
            let began = Instant::now();
            let committed = std::mem::take(&mut self.committed);
            // The transaction is on its way to the database before the first of them is told.
            let told = async { committed.into_iter().for_each(Committed::answer) };
            let (attempted, ()) = tokio::join!(biased; self.attempt(&lot), told);
            match attempted {
                Ok(outcomes) => {
                    let took = began.elapsed();
                    metrics::histogram!("tsunagi_commit_seconds").record(took);
                    metrics::histogram!("tsunagi_commit_commands").record(u32::try_from(lot.len()).unwrap_or(u32::MAX));
                    if lot.iter().any(|waiting| changes_directory(&waiting.task)) {
                        self.directories.forget();
                    }
                    let commands = lot.len();
                    self.committed.push(Committed { lot, outcomes, took });
                    if self.checkpoints.as_mut().is_some_and(|checkpoints| checkpoints.wrote(commands)) {
                        self.answer_all();
                        if let (Some(checkpoints), Some(conn)) = (&self.checkpoints, &mut self.conn) {
                            checkpoints.finish(conn).await;
                        }
                    }
                }
                Err(Abort::Stale(indexes)) => {
                    for index in indexes.into_iter().rev() {
                        lot.remove(index).answer(Outcome::Stale);
                    }
                    lots.push((lot, collisions));
                }
                Err(Abort::Failure(Failure::Row { .. })) if lot.len() > 1 => {
                    let second = lot.split_off(lot.len() / 2);
                    lots.push((second, 0));
                    lots.push((lot, 0));
                }
                Err(Abort::Failure(Failure::Collision { .. })) if collisions < COLLISIONS => {
                    lots.push((lot, collisions + 1));
                }
                Err(Abort::Failure(failure)) => {
                    if failure.is_fault() {
                        tracing::warn!(?failure, commands = lot.len(), "a transaction failed");
                    } else {
                        tracing::debug!(?failure, "a constraint refused a command");
                    }
                    lot.into_iter().for_each(|waiting| waiting.refuse(&failure));
                }
            }
        }
    }

    fn answer_all(&mut self) {
        self.committed.drain(..).for_each(Committed::answer);
    }

    async fn attempt(&mut self, lot: &[Waiting]) -> Result<Vec<Outcome>, Abort> {
        let tasks: Vec<&Task> = lot.iter().map(|waiting| &waiting.task).collect();
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.reconnect().await?,
        };
        let witnessed = tasks.iter().all(|task| is_witnessed(task));
        // Where the trail can't say afterwards what has come, nothing is sent over a connection that went while nothing was going on.
        if !witnessed && matches!(conn.run("SELECT 1", vec![]).await, Err(Failure::Lost { .. })) {
            conn = self.reconnect().await?;
        }
        let before = self.chain;
        let mut ran = transaction(&mut conn, self.target.dialect(), &mut self.chain, &tasks).await;
        if witnessed && is_lost(&ran) {
            conn = self.reconnect().await?;
            // Nothing of it has come. Should it still be on its way, the trail takes only one of the two: both have the same numbers.
            if self.chain == before {
                ran = transaction(&mut conn, self.target.dialect(), &mut self.chain, &tasks).await;
            }
        }
        if !is_lost(&ran) {
            self.conn = Some(conn);
        }
        ran
    }

    /// Whether the last commit before the loss counted is only known to the database: the chain goes on from what stands there.
    async fn reconnect(&mut self) -> Result<Conn, Abort> {
        let mut conn = self.target.connect().await?;
        let sql = "SELECT seq, hash FROM audit WHERE writer_id = $1 ORDER BY seq DESC LIMIT 1";
        let last = conn.rows(sql, args![self.chain.writer_id]).await?;
        self.chain = Chain::new(self.chain.writer_id);
        if let Some(row) = last.first() {
            let hash = row.get::<Vec<u8>>(1)?.try_into();
            self.chain.hash = hash.map_err(|_| Failure::Failed { code: "audit.hash".into() })?;
            self.chain.seq = row.get(0)?;
        }
        Ok(conn)
    }
}

/// Its transaction moves the audit chain on.
fn is_witnessed(task: &Task) -> bool {
    matches!(task, Task::Apply(command) if !command.changes.audit.is_empty())
}

const fn is_lost<T>(ran: &Result<T, Abort>) -> bool {
    matches!(ran, Err(Abort::Failure(Failure::Lost { .. })))
}

fn changes_directory(task: &Task) -> bool {
    match task {
        Task::Apply(command) => command.changes.directory != domain::changes::DirectoryChanges::default(),
        Task::Run(_) => false,
    }
}
