//! One connection, one pool, one row over either engine: the whole of what the rest of the crate sees of sqlx.
//!
//! Why an enum and no `Store<DB>`: every statement goes through [`Conn::rows`] with a handful of argument kinds, so two arms here
//! replace a page of trait bounds on each function there, and the crate compiles once.
//!
//! Each statement is traced before it goes (`storage::engine=trace`): its text, never what is bound to it.

mod arg;
mod script;
mod target;

use chrono::{DateTime, Utc};
use domain::Instant;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnection, PgPool, PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Decode, Row as _, SqlSafeStr, Type};

use crate::dialect::{Dialect, classify};
use crate::error::{Failure, StoreError};
use crate::sealed::Keyring;

pub(crate) use arg::{Arg, Column, args, push_hex};
use arg::{postgres, sqlite};
pub(crate) use script::Step;
use script::{Scripts, join, made, weave};
pub(crate) use target::Target;

const COMMIT: &str = "COMMIT";

/// Which ends of its transaction a set of steps brings along.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) opens: bool,
    pub(crate) closes: bool,
}

#[derive(Debug)]
pub(crate) struct Conn {
    link: Link,
    keys: Keyring,
}

#[derive(Debug)]
enum Link {
    Sqlite(Box<SqliteConnection>, Scripts),
    Postgres(Box<PgConnection>, Scripts),
}

#[derive(Debug, Clone)]
pub(crate) struct Pool {
    links: Links,
    keys: Keyring,
}

#[derive(Debug, Clone)]
enum Links {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Conn {
    pub(crate) const fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// Applies what is not applied yet of `of`, the engine's own.
    pub(crate) async fn migrate(&mut self, of: &Migrator) -> Result<(), MigrateError> {
        match &mut self.link {
            Link::Sqlite(conn, _) => of.run(conn.as_mut()).await,
            Link::Postgres(conn, _) => of.run(conn.as_mut()).await,
        }
    }

    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>, Failure> {
        let sql = sql.into_sql_str();
        tracing::trace!(sql = sql.as_str(), "A statement");
        match &mut self.link {
            Link::Sqlite(conn, _) => {
                let found = sqlx::query_with(sql, sqlite(args)).fetch_all(conn.as_mut()).await;
                found.map(|rows| rows_of(rows, Found::Sqlite, &self.keys))
            }
            Link::Postgres(conn, _) => {
                let found = sqlx::query_with(sql, postgres(args)).fetch_all(conn.as_mut()).await;
                found.map(|rows| rows_of(rows, Found::Postgres, &self.keys))
            }
        }
        .map_err(|error| classify(&error))
    }

    /// Without rows: one answer instead of a stream.
    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<(), Failure> {
        let sql = sql.into_sql_str();
        tracing::trace!(sql = sql.as_str(), "A statement");
        match &mut self.link {
            Link::Sqlite(conn, _) => sqlx::query_with(sql, sqlite(args)).execute(conn.as_mut()).await.map(drop),
            Link::Postgres(conn, _) => sqlx::query_with(sql, postgres(args)).execute(conn.as_mut()).await.map(drop),
        }
        .map_err(|error| classify(&error))
    }

    /// Several statements, and all their rows. SQLite runs them in one go: what costs there is not the statement but the way to
    /// sqlx's thread and back. PostgreSQL takes one statement at a time.
    pub(crate) async fn script(&mut self, steps: Vec<Step>) -> Result<Vec<Row>, Failure> {
        match &mut self.link {
            Link::Sqlite(conn, scripts) => {
                let (text, args) = made(scripts, steps, join);
                tracing::trace!(sql = &*text, "A script");
                let found = sqlx::query_with(AssertSqlSafe(text), sqlite(args)).fetch_all(conn.as_mut()).await;
                found.map(|rows| rows_of(rows, Found::Sqlite, &self.keys)).map_err(|error| classify(&error))
            }
            Link::Postgres(..) => {
                let mut found = Vec::new();
                for step in steps.into_iter().filter(|step| !step.idle) {
                    found.append(&mut self.rows(step.sql, step.args).await?);
                }
                Ok(found)
            }
        }
    }

    /// A whole transaction, or the middle of one: changes of which a later one may build on what an earlier one answers. SQLite runs
    /// them in their order; PostgreSQL takes them as one statement, in which a step finds an earlier one by its name. Answers with
    /// SQLite's rows of all steps, and PostgreSQL's of the last.
    pub(crate) async fn together(&mut self, mut steps: Vec<Step>, ends: Ends) -> Result<Vec<Row>, Failure> {
        match &mut self.link {
            Link::Sqlite(..) => {
                if ends.opens {
                    steps.insert(0, Step::new(Dialect::Sqlite.begin(), vec![]));
                }
                steps.extend(ends.closes.then(|| Step::new(COMMIT, vec![])));
                self.script(steps).await
            }
            Link::Postgres(..) => {
                let whole = ends.opens && ends.closes;
                if ends.opens && !whole {
                    self.run(Dialect::Postgres.begin(), vec![]).await?;
                }
                let rows = self.woven(steps).await?;
                if ends.closes && !whole {
                    self.run(COMMIT, vec![]).await?;
                }
                Ok(rows)
            }
        }
    }

    /// PostgreSQL's: the steps that are not idle, as one statement.
    async fn woven(&mut self, mut steps: Vec<Step>) -> Result<Vec<Row>, Failure> {
        let Link::Postgres(conn, scripts) = &mut self.link else { return Ok(Vec::new()) };
        steps.retain(|step| !step.idle);
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let (text, args) = made(scripts, steps, weave);
        tracing::trace!(sql = &*text, "A statement");
        let found = sqlx::query_with(AssertSqlSafe(text), postgres(args)).fetch_all(conn.as_mut()).await;
        found.map(|rows| rows_of(rows, Found::Postgres, &self.keys)).map_err(|error| classify(&error))
    }

    pub(crate) async fn close(self) {
        let closed = match self.link {
            Link::Sqlite(conn, _) => conn.close().await,
            Link::Postgres(conn, _) => conn.close().await,
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
            tracing::trace!(sql = sql.as_str(), "A statement of a reader");
            let found: Result<Vec<Row>, sqlx::Error> = match &self.links {
                Links::Sqlite(pool) => {
                    let found = sqlx::query_with(sql, sqlite(args)).fetch_all(pool).await;
                    found.map(|rows| rows_of(rows, Found::Sqlite, &self.keys))
                }
                Links::Postgres(pool) => {
                    let found = sqlx::query_with(sql, postgres(args)).fetch_all(pool).await;
                    found.map(|rows| rows_of(rows, Found::Postgres, &self.keys))
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
        match &self.links {
            Links::Sqlite(pool) => pool.close().await,
            Links::Postgres(pool) => pool.close().await,
        }
    }
}

/// One row of an answer, with what its sealed columns are opened with.
pub(crate) struct Row {
    found: Found,
    pub(crate) keys: Keyring,
}

enum Found {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

fn rows_of<R>(rows: Vec<R>, found: fn(R) -> Found, keys: &Keyring) -> Vec<Row> {
    rows.into_iter().map(|row| Row { found: found(row), keys: keys.clone() }).collect()
}

/// What both engines can read.
pub(crate) trait Value:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Value for T where T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres> {}

impl Row {
    pub(crate) fn read<T: Value>(&self, index: usize) -> Result<T, sqlx::Error> {
        match &self.found {
            Found::Sqlite(row) => row.try_get(index),
            Found::Postgres(row) => row.try_get(index),
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
