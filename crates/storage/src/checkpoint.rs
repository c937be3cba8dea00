//! SQLite's checkpoints: what the write-ahead log holds is copied into the database file beside the writer, on a connection of its own.
//!
//! Why: a checkpoint copies thousands of pages and flushes them; made by the writer, everybody who waits for the next commit would wait for
//! it too. While it copies, the writer goes on; so under load the log never comes to its beginning again, and grows. Therefore, when the log
//! is long, checkpoints follow one another until little is left to copy; the writer makes the last one itself, with nobody beside it, and
//! the log begins anew.
//!
//! What it doesn't promise: anything about durability. What was answered is in the log, flushed, whether or not it was ever copied.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, Notify, watch};

use crate::dialect::Dialect;
use crate::engine::{Conn, Target};
use crate::error::{Failure, StoreError};

/// A checkpoint after so many commands, some nine thousand pages of the log. Each ends in flushes, behind which the writer's own wait:
/// with a quarter of the commands they held it up for more than a quarter of its time.
const COMMANDS: usize = 1024;

/// A log of more pages than this, 80 MB, is long: two checkpoints. With a longer one, what the last copies keeps the disk busy for longer.
const LONG: i64 = 20_000;

/// Pages that came into a long log during a checkpoint: so few are left to the writer.
const FEW: i64 = 100;

/// A long log is left to the writer after so many checkpoints, however much has come meanwhile.
const ROUNDS: usize = 6;

/// The writer's end: counts what it has written.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    shared: Arc<Shared>,
    commands: usize,
}

#[derive(Debug, Default)]
struct Shared {
    due: Notify,
    /// Whoever makes a checkpoint holds it: SQLite refuses a second one at the same time.
    turn: Mutex<()>,
    /// The log is long, and what is left of it is the writer's.
    left: AtomicBool,
}

impl Checkpoints {
    /// None where the server looks after its log itself.
    pub(crate) fn start(target: &Target, closing: watch::Receiver<bool>) -> Option<Self> {
        (target.dialect() == Dialect::Sqlite).then(|| {
            let shared = Arc::new(Shared::default());
            tokio::spawn(run(target.clone(), Arc::clone(&shared), closing));
            Self { shared, commands: 0 }
        })
    }

    /// After each of the writer's transactions: whether the last pages of a long log are left to it, to be copied by [`Self::finish`].
    pub(crate) fn wrote(&mut self, commands: usize) -> bool {
        self.commands += commands;
        if self.commands >= COMMANDS {
            self.commands = 0;
            self.shared.due.notify_one();
        }
        self.shared.left.swap(false, Ordering::Relaxed)
    }

    /// Between two transactions of the writer, over its own connection; everybody waits for it.
    pub(crate) async fn finish(&self, conn: &mut Conn) {
        if let Err(failure) = self.shared.checkpoint(conn).await {
            told(&failure);
        }
    }
}

impl Shared {
    /// Answers with the length of the log.
    async fn checkpoint(&self, conn: &mut Conn) -> Result<i64, Failure> {
        let _turn = self.turn.lock().await;
        let answer = conn.rows("PRAGMA wal_checkpoint(PASSIVE)", vec![]).await?;
        let log = answer.first().map_or(Ok(0), |row| row.get::<i64>(1));
        let failed = |error: StoreError| Failure::Failed { code: error.to_string() };
        log.map_err(failed)
    }
}

/// The next one copies what this one left.
fn told(failure: &Failure) {
    tracing::warn!(?failure, "a checkpoint failed");
}

async fn run(target: Target, shared: Arc<Shared>, mut closing: watch::Receiver<bool>) {
    let mut kept = None;
    loop {
        tokio::select! {
            () = shared.due.notified() => {}
            // An error means that the store is gone.
            _ = closing.wait_for(|closing| *closing) => break,
        }
        kept = match checkpoint(&target, &shared, kept).await {
            Ok(conn) => Some(conn),
            Err(failure) => {
                told(&failure);
                None
            }
        };
    }
    if let Some(conn) = kept {
        conn.close().await;
    }
}

async fn checkpoint(target: &Target, shared: &Shared, kept: Option<Conn>) -> Result<Conn, Failure> {
    let mut conn = match kept {
        Some(conn) => conn,
        None => target.connect().await?,
    };
    let mut log = shared.checkpoint(&mut conn).await?;
    let mut rounds = 1;
    while log > LONG {
        let before = log;
        log = shared.checkpoint(&mut conn).await?;
        rounds += 1;
        if log - before < FEW || rounds >= ROUNDS {
            shared.left.store(log > LONG, Ordering::Relaxed);
            break;
        }
    }
    Ok(conn)
}
