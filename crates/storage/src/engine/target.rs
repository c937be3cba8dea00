//! Where the database is, and how connections to it are set up.

use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Conn, Link, Links, Pool, Scripts};
use crate::dialect::{Dialect, classify};
use crate::error::{Failure, StoreError};
use crate::sealed::Keyring;

/// How long a statement waits for another process's lock before it is an error.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const STATEMENTS: usize = 400;

#[derive(Debug, Clone)]
pub(crate) struct Target {
    server: Server,
    /// Handed on to everything that is read through it.
    keys: Keyring,
}

#[derive(Debug, Clone)]
enum Server {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

impl Target {
    pub(crate) fn parse(url: &str, keys: Keyring) -> Result<Self, StoreError> {
        Ok(Self { server: Server::parse(url)?, keys })
    }

    pub(crate) const fn keys(&self) -> &Keyring {
        &self.keys
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        match self.server {
            Server::Sqlite(_) => Dialect::Sqlite,
            Server::Postgres(_) => Dialect::Postgres,
        }
    }

    /// For connections that find what they read or change by its key: PostgreSQL plans each statement once, and not by how many keys
    /// there are this time or how small a table was when it was young. The writer's, which are long, it would plan for milliseconds.
    pub(crate) fn by_key(&self) -> Self {
        let server = match &self.server {
            Server::Sqlite(options) => Server::Sqlite(options.clone()),
            Server::Postgres(options) => Server::Postgres(Box::new(planned_once(options))),
        };
        Self { server, keys: self.keys.clone() }
    }

    pub(crate) async fn connect(&self) -> Result<Conn, Failure> {
        let link = match &self.server {
            Server::Sqlite(options) => options.connect().await.map(|c| Link::Sqlite(Box::new(c), Scripts::new())),
            Server::Postgres(options) => options.connect().await.map(|c| Link::Postgres(Box::new(c), Scripts::new())),
        };
        Ok(Conn { link: link.map_err(|error| classify(&error))?, keys: self.keys.clone() })
    }

    pub(crate) fn pool(&self, size: u32) -> Pool {
        let links = match &self.server {
            Server::Sqlite(options) => {
                let options = options.as_ref().clone().pragma("query_only", "ON");
                let pool = SqlitePoolOptions::new().max_connections(size).test_before_acquire(false);
                Links::Sqlite(pool.acquire_timeout(Duration::from_secs(5)).connect_lazy_with(options))
            }
            Server::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(5));
                Links::Postgres(pool.connect_lazy_with(options.as_ref().clone()))
            }
        };
        Pool { links, keys: self.keys.clone() }
    }
}

fn planned_once(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().options([
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        // Workers are called for every statement again, for milliseconds.
        ("max_parallel_workers_per_gather", "0"),
    ])
}

impl Server {
    fn parse(url: &str) -> Result<Self, StoreError> {
        let wrong = |_| StoreError::Setup { reason: "the database URL can't be read".into() };
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(wrong)?;
            let options = options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(LOCK_WAIT)
                .statement_cache_capacity(STATEMENTS)
                .row_buffer_size(4096)
                // 8 MB. With the default of 2 MB every commit would read its pages again. A bigger cache costs the writer as well:
                // after a page was split, a commit looks through all of it; a reader's is forgotten with every commit. The file is
                // not mapped: a reader would give its map back after every commit.
                .pragma("cache_size", "-8192")
                // Whoever else writes (a migration) sees to a log that `checkpoint` does not know of.
                .pragma("wal_autocheckpoint", "32000")
                // What a statement of many rows would have to take back is kept in memory, not in a temporary file.
                .pragma("temp_store", "MEMORY")
                .disable_statement_logging();
            Ok(Self::Sqlite(Box::new(options)))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url).map_err(wrong)?;
            let options = options
                .application_name("tsunagi")
                .options([
                    ("synchronous_commit", "on"),
                    ("lock_timeout", "5s"),
                    ("idle_in_transaction_session_timeout", "60s"),
                    ("jit", "off"),
                ])
                .statement_cache_capacity(STATEMENTS)
                .disable_statement_logging();
            Ok(Self::Postgres(Box::new(options)))
        } else {
            Err(StoreError::Setup { reason: "the database URL begins with neither sqlite: nor postgres:".into() })
        }
    }
}
