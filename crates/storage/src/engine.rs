//! One connection, one pool, one row over either engine: the whole of what the rest of the crate sees of sqlx.
//!
//! Why an enum and no `Store<DB>`: every statement goes through [`Conn::rows`] with a handful of argument kinds, so two arms here
//! replace a page of trait bounds on each function there, and the crate compiles once.

mod arg;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Instant;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow, Postgres};
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Decode, Row as _, SqlSafeStr, Type};

use crate::dialect::{Dialect, classify};
use crate::error::{Failure, StoreError};

pub(crate) use arg::{Arg, Column, args, push_hex};
use arg::{postgres, sqlite};

/// How long a statement waits for another process's lock before it is an error.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const STATEMENTS: usize = 400;
/// 8 MB: a reader's pages are forgotten with every commit of the writer.
const READER_CACHE: &str = "-8192";

#[derive(Debug, Clone)]
pub(crate) enum Target {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
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
                // Pages of the writer's: with the default of 2 MB every commit would read its pages again. A bigger cache costs as
                // well: after a page was split, a commit looks through all of it. The file is not mapped: a reader would give its
                // map back after every commit of the writer.
                .pragma("cache_size", "-24576")
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

    pub(crate) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// For connections that only ever look rows up by their keys: PostgreSQL plans each statement once, and not by how many keys there are
    /// this time or how small a table was when it was young.
    pub(crate) fn for_lookups(&self) -> Self {
        match self {
            Self::Sqlite(options) => {
                Self::Sqlite(Box::new(options.as_ref().clone().pragma("cache_size", READER_CACHE)))
            }
            Self::Postgres(options) => {
                let settings = [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off")];
                Self::Postgres(Box::new(options.as_ref().clone().options(settings)))
            }
        }
    }

    pub(crate) async fn connect(&self) -> Result<Conn, Failure> {
        match self {
            Self::Sqlite(options) => options.connect().await.map(|c| Conn::Sqlite(Box::new(c), Scripts::new())),
            Self::Postgres(options) => options.connect().await.map(|c| Conn::Postgres(Box::new(c))),
        }
        .map_err(|error| classify(&error))
    }

    pub(crate) fn pool(&self, size: u32) -> Pool {
        match self {
            Self::Sqlite(options) => {
                let options = options.as_ref().clone().pragma("query_only", "ON").pragma("cache_size", READER_CACHE);
                let pool = SqlitePoolOptions::new().max_connections(size).test_before_acquire(false);
                Pool::Sqlite(pool.acquire_timeout(Duration::from_secs(5)).connect_lazy_with(options))
            }
            Self::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(5));
                Pool::Postgres(pool.connect_lazy_with(options.as_ref().clone()))
            }
        }
    }
}

#[derive(Debug)]
pub(crate) enum Conn {
    Sqlite(Box<SqliteConnection>, Scripts),
    Postgres(Box<PgConnection>),
}

/// Joined texts by the addresses of their parts.
pub(crate) type Scripts = HashMap<Vec<usize>, Arc<str>>;

/// One statement of a script.
pub(crate) struct Step {
    pub(crate) sql: &'static str,
    pub(crate) args: Vec<Arg>,
    /// It changes nothing and is there only to keep the script's text the same.
    pub(crate) idle: bool,
}

impl Step {
    pub(crate) const fn new(sql: &'static str, args: Vec<Arg>) -> Self {
        Self { sql, args, idle: false }
    }
}

/// The statements behind one another, the parameters of each numbered on from those before it.
fn join(steps: &[Step]) -> String {
    let (mut text, mut before) = (String::new(), 0);
    for step in steps {
        let mut parts = step.sql.split('$');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let number = part[..digits].parse::<usize>().expect("a dollar sign begins a parameter");
            text.push_str(&format!("${}{}", number + before, &part[digits..]));
        }
        text.push_str(";\n");
        before += step.args.len();
    }
    text
}

#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Conn {
    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>, Failure> {
        let sql = sql.into_sql_str();
        match self {
            Self::Sqlite(conn, _) => {
                let found = sqlx::query_with(sql, sqlite(args)).fetch_all(conn.as_mut()).await;
                found.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(conn) => {
                let found = sqlx::query_with(sql, postgres(args)).fetch_all(conn.as_mut()).await;
                found.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|error| classify(&error))
    }

    /// Without rows: one answer instead of a stream.
    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<(), Failure> {
        let sql = sql.into_sql_str();
        match self {
            Self::Sqlite(conn, _) => sqlx::query_with(sql, sqlite(args)).execute(conn.as_mut()).await.map(drop),
            Self::Postgres(conn) => sqlx::query_with(sql, postgres(args)).execute(conn.as_mut()).await.map(drop),
        }
        .map_err(|error| classify(&error))
    }

    /// Several statements, and all their rows. SQLite runs them in one go: what costs there is not the statement but the way to
    /// sqlx's thread and back. PostgreSQL takes one statement at a time.
    pub(crate) async fn script(&mut self, steps: Vec<Step>) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Sqlite(conn, scripts) => {
                let parts = steps.iter().map(|step| step.sql.as_ptr().addr()).collect();
                let text = Arc::clone(scripts.entry(parts).or_insert_with(|| join(&steps).into()));
                let args = steps.into_iter().flat_map(|step| step.args).collect();
                let found = sqlx::query_with(AssertSqlSafe(text), sqlite(args)).fetch_all(conn.as_mut()).await;
                found.map(|rows| rows.into_iter().map(Row::Sqlite).collect()).map_err(|error| classify(&error))
            }
            Self::Postgres(_) => {
                let mut found = Vec::new();
                for step in steps.into_iter().filter(|step| !step.idle) {
                    found.append(&mut self.rows(step.sql, step.args).await?);
                }
                Ok(found)
            }
        }
    }

    pub(crate) async fn close(self) {
        let closed = match self {
            Self::Sqlite(conn, _) => conn.close().await,
            Self::Postgres(conn) => conn.close().await,
        };
        if let Err(error) = closed {
            tracing::debug!(failure = ?classify(&error), "a connection did not close cleanly");
        }
    }
}

impl Pool {
    /// A read is repeated when its connection turns out to be dead: after a restart of the server every pooled one is.
    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>, StoreError> {
        let sql = sql.into_sql_str();
        let mut tries = 0;
        loop {
            let (sql, args) = (sql.clone(), args.clone());
            let found: Result<Vec<Row>, sqlx::Error> = match self {
                Self::Sqlite(pool) => {
                    let found = sqlx::query_with(sql, sqlite(args)).fetch_all(pool).await;
                    found.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
                }
                Self::Postgres(pool) => {
                    let found = sqlx::query_with(sql, postgres(args)).fetch_all(pool).await;
                    found.map(|rows| rows.into_iter().map(Row::Postgres).collect())
                }
            };
            match found.map_err(|error| classify(&error)) {
                Ok(rows) => return Ok(rows),
                Err(Failure::Lost { .. }) if tries < 3 => tries += 1,
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What both engines can read.
pub(crate) trait Value:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Value for T where T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl Row {
    pub(crate) fn read<T: Value>(&self, index: usize) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(index),
            Self::Postgres(row) => row.try_get(index),
        }
    }

    /// A column of a statement that reads no whole table row.
    pub(crate) fn get<T: Value>(&self, index: usize) -> Result<T, StoreError> {
        self.read(index).map_err(|_| StoreError::Failed { code: format!("column {index} of the answer") })
    }

    pub(crate) fn at(&self, index: usize) -> Result<Instant, StoreError> {
        self.get::<At>(index).map(|at| at.0)
    }
}

/// An instant: whole microseconds as INTEGER, or timestamptz.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub(crate) Instant);

impl Type<Sqlite> for At {
    fn type_info() -> sqlx::sqlite::SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(ty: &sqlx::sqlite::SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(ty)
    }
}

impl Type<Postgres> for At {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Sqlite> for At {
    fn decode(value: sqlx::sqlite::SqliteValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        <i64 as Decode<Sqlite>>::decode(value).map(|micros| Self(Instant::from_micros(micros)))
    }
}

impl<'r> Decode<'r, Postgres> for At {
    fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        <DateTime<Utc> as Decode<Postgres>>::decode(value).map(|at| Self(at.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_joined_statements_are_numbered_on() {
        let steps = [
            Step::new("BEGIN", vec![]),
            Step::new("UPDATE a SET b = $2 WHERE c = $1", args![1_i64, 2_i64]),
            Step::new("DELETE FROM a WHERE c = $1", args![3_i64]),
        ];
        assert_eq!(join(&steps), "BEGIN;\nUPDATE a SET b = $2 WHERE c = $1;\nDELETE FROM a WHERE c = $3;\n");
    }
}
