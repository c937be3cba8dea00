//! Opening, migrating and closing; what the other modules hang their methods on.

use std::sync::Arc;

use domain::changes::{AuditEntry, Changes};
use sqlx::SqlSafeStr;
use tokio::sync::watch;
use uuid::Uuid;

use crate::apply::{Applied, Op};
use crate::case::Cases;
use crate::chain::Chain;
use crate::checkpoint::Checkpoints;
use crate::dialect::Dialect;
use crate::directory::Directories;
use crate::engine::{Arg, Conn, Pool, Row, Target};
use crate::error::{ApplyError, StoreError};
use crate::loader::Loader;
use crate::migrations::{migrator, newest_migration};
use crate::sealed::Keyring;
use crate::session::Sessions;
use crate::writer::Writer;

/// How much the store takes upon itself.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Connections for reading.
    pub readers: u32,
    /// Commands that may wait for the writer; one more is refused as busy.
    pub queue: usize,
    /// Commands in one transaction at most.
    pub batch: usize,
    /// What sealed columns are opened and sealed with. With none, whatever has to do with a person fails.
    pub keys: Keyring,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { readers: 4, queue: 4096, batch: 256, keys: Keyring::default() }
    }
}

/// The database of one process. Clones share everything.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) dialect: Dialect,
    pub(crate) target: Target,
    pub(crate) pool: Pool,
    pub(crate) cases: Loader<Cases>,
    pub(crate) sessions: Loader<Sessions>,
    pub(crate) directories: Arc<Directories>,
    writer: Writer,
    closing: watch::Sender<bool>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dialect", &self.inner.dialect).finish_non_exhaustive()
    }
}

impl Store {
    /// `sqlite://path?mode=rwc` or `postgres://…`. Connects once, so a wrong URL is known here; does not migrate.
    pub async fn open(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let target = Target::parse(url, options.keys.clone())?;
        let dialect = target.dialect();
        let writing = target.by_key();
        let mut conn = writing.connect().await?;
        let writer_id = random_id(&mut conn, dialect).await?;
        let pool = target.pool(options.readers.max(1));
        let directories = Arc::new(Directories::default());
        let (closing, closed) = watch::channel(false);
        let cases = Cases { dialect, directories: Arc::clone(&directories) };
        let cases = Loader::start(cases, &target, options.queue, &closed);
        let sessions = Sessions { dialect, directories: Arc::clone(&directories) };
        let sessions = Loader::start(sessions, &target, options.queue, &closed);
        let (queue, batch) = (options.queue, options.batch);
        let chain = Chain::new(writer_id);
        let checkpoints = Checkpoints::start(&target, closed);
        let writer = Writer::start(writing, conn, chain, queue, batch, Arc::clone(&directories), checkpoints);
        let inner = Inner { dialect, target, pool, cases, sessions, directories, writer, closing };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Brings the schema up to date, and [meets the keys](Self::meet_keys) if there are any. Several instances may try at once: PostgreSQL lets one through at a time.
    ///
    /// A role that may not make tables (PostgreSQL, `config/postgres-service-role.sql`) only sees to it that the owner has done so.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        if !self.may_make_tables().await? {
            let (found, newest) = (self.schema_version().await?, newest_migration(self.inner.dialect));
            if found == newest {
                return self.meet_keys().await;
            }
            let reason = format!(
                "the database is at migration {found}, this program needs {newest}, and this role may not migrate: run \
                 `tsunagi migrate` as the owner, and grant the service's rights again"
            );
            return Err(StoreError::Setup { reason });
        }
        let failed = |error: sqlx::migrate::MigrateError| StoreError::Setup { reason: migration_fault(&error) };
        let mut conn = self.inner.target.connect().await?;
        conn.migrate(migrator(self.inner.dialect)).await.map_err(failed)?;
        conn.close().await;
        self.meet_keys().await
    }

    async fn may_make_tables(&self) -> Result<bool, StoreError> {
        match self.inner.dialect {
            Dialect::Sqlite => Ok(true),
            Dialect::Postgres => {
                let sql = "SELECT has_schema_privilege(current_schema(), 'CREATE')";
                Ok(self.first(sql, vec![]).await?.unwrap_or(false))
            }
        }
    }

    /// The number of the last migration; 0 on an empty database.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        let known = match self.inner.dialect {
            Dialect::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
            Dialect::Postgres => {
                "SELECT count(*) FROM information_schema.tables
                 WHERE table_name = '_sqlx_migrations' AND table_schema = current_schema()"
            }
        };
        if self.first::<i64>(known, vec![]).await? == Some(0) {
            return Ok(0);
        }
        let sql = "SELECT CAST(coalesce(max(version), 0) AS BIGINT) FROM _sqlx_migrations WHERE success";
        Ok(self.first(sql, vec![]).await?.unwrap_or(0))
    }

    /// The database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.inner.pool.rows("SELECT 1", vec![]).await.map(drop)
    }

    /// Answers everything that is waiting, then lets go of the database.
    pub async fn close(&self) {
        self.inner.closing.send_replace(true);
        self.inner.writer.stop().await;
        self.inner.pool.close().await;
    }

    /// Hands a command's rows to the writer; answers after the commit.
    pub async fn apply(&self, changes: Changes) -> Result<Applied, ApplyError> {
        self.inner.writer.apply(changes).await
    }

    /// Audit rows of reads, which change nothing else.
    pub async fn append_audit(&self, audit: Vec<AuditEntry>) -> Result<(), ApplyError> {
        self.apply(Changes { audit, ..Changes::default() }).await.map(drop)
    }

    /// The ids of the keys at hand, the sealing one first.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().ids()
    }

    pub(crate) fn keys(&self) -> &Keyring {
        self.inner.target.keys()
    }

    /// One statement of bookkeeping, in the writer's next transaction.
    pub(crate) async fn write(&self, sql: &'static str, args: Vec<Arg>) -> Result<(), StoreError> {
        self.written(sql, args).await.map(drop)
    }

    pub(crate) async fn written(&self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        let mut answers = self.inner.writer.run(vec![Op { sql: sql.into_sql_str(), args }]).await?;
        Ok(answers.pop().unwrap_or_default())
    }

    pub(crate) async fn written_all(&self, ops: Vec<Op>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.inner.writer.run(ops).await
    }

    /// The first column of the first row.
    pub(crate) async fn first<T: crate::engine::Value>(
        &self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<Option<T>, StoreError> {
        self.inner.pool.rows(sql, args).await?.first().map(|row| row.get(0)).transpose()
    }
}

/// The writer's name in the audit trail: chance of the database's own, since no two processes may share it.
async fn random_id(conn: &mut Conn, dialect: Dialect) -> Result<Uuid, StoreError> {
    let rows = conn.rows(dialect.random_id(), vec![]).await?;
    rows.first().ok_or_else(|| StoreError::Failed { code: "random".into() })?.get(0)
}

fn migration_fault(error: &sqlx::migrate::MigrateError) -> String {
    use sqlx::migrate::MigrateError;
    match error {
        MigrateError::VersionMissing(version) => {
            format!(
                "the database has migration {version}, which this program doesn't know: it was written by a newer one"
            )
        }
        MigrateError::VersionMismatch(version) => format!("migration {version} was changed after it was applied"),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            format!("a migration failed: {:?}", crate::dialect::classify(error))
        }
        _ => "the migrations can't be applied".into(),
    }
}
