//! Stays that only wait, by the million: one stay with its deadline, written by the service, copied inside the database.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::Engine;

/// Copied in one transaction.
const LOT: usize = 200_000;
const MODEL: &str = "SELECT encounter_id FROM deadline WHERE open AND set_aside IS NULL ORDER BY next_at DESC LIMIT 1";

enum Line {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Copies of one stay, each due a microsecond after the one before.
pub(crate) struct Waiting {
    line: Line,
    /// What adds the copies of the numbers that follow: first the stays, then their deadlines.
    adding: [String; 2],
    /// So far.
    pub(crate) copied: usize,
}

impl Waiting {
    /// Of the stay whose deadline comes due last.
    pub(crate) async fn like_the_last(engine: Engine, url: &str) -> Result<Self> {
        let mut line = Line::to(engine, url).await?;
        let (model, id, next_at) = match &mut line {
            Line::Sqlite(line) => {
                let model: Uuid = sqlx::query_scalar(MODEL).fetch_one(line).await?;
                (format!("x'{}'", model.simple()), "unhex(printf('7fffffff%024x', n))", "next_at + n")
            }
            Line::Postgres(line) => {
                let model: Uuid = sqlx::query_scalar(MODEL).fetch_one(line).await?;
                let id = "CAST('7fffffff' || lpad(to_hex(n), 24, '0') AS uuid)";
                (format!("'{model}'"), id, "next_at + n * interval '1 microsecond'")
            }
        };
        let stays = line.copying("encounter", &[("id", id)], &format!("id = {model}")).await?;
        let new = [("encounter_id", id), ("subject", id), ("next_at", next_at)];
        let deadlines = line.copying("deadline", &new, &format!("encounter_id = {model}")).await?;
        Ok(Self { line, adding: [stays, deadlines], copied: 0 })
    }

    pub(crate) async fn fill_up_to(&mut self, number: usize) -> Result<()> {
        while self.copied < number {
            let last = number.min(self.copied + LOT);
            let first = self.copied + 1;
            let counted = format!(
                "WITH RECURSIVE counted (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM counted WHERE n < {last})"
            );
            let [stays, deadlines] = &self.adding;
            self.line.run(format!("BEGIN; {counted} {stays}; {counted} {deadlines}; COMMIT")).await?;
            self.copied = last;
        }
        eprintln!("bench: {number} wait");
        self.line.settle().await
    }
}

impl Line {
    async fn to(engine: Engine, url: &str) -> Result<Self> {
        Ok(match engine {
            Engine::Sqlite => Self::Sqlite(SqliteConnection::connect(url).await?),
            Engine::Postgres => Self::Postgres(PgConnection::connect(url).await?),
        })
    }

    /// A statement that adds copies of a row, some columns of it new: in words of the number `n`.
    async fn copying(&mut self, table: &str, new: &[(&str, &str)], which: &str) -> Result<String> {
        let columns: Vec<String> = match self {
            Self::Sqlite(line) => {
                let sql = format!("SELECT name FROM pragma_table_info('{table}')");
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(line).await?
            }
            Self::Postgres(line) => {
                let sql =
                    format!("SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'");
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(line).await?
            }
        };
        let copied = columns.iter().map(|column| {
            new.iter().find(|(name, _)| name == column).map_or(column.as_str(), |(_, expression)| *expression)
        });
        let copied: Vec<&str> = copied.collect();
        let (columns, copied) = (columns.join(", "), copied.join(", "));
        Ok(format!("INSERT INTO {table} ({columns}) SELECT {copied} FROM {table}, counted WHERE {which}"))
    }

    async fn run(&mut self, sql: String) -> Result<()> {
        match self {
            Self::Sqlite(line) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(line).await.map(drop)?,
            Self::Postgres(line) => sqlx::raw_sql(AssertSqlSafe(sql)).execute(line).await.map(drop)?,
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(line) => sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(line).await.map(drop)?,
            Self::Postgres(line) => {
                sqlx::raw_sql("VACUUM ANALYZE").execute(&mut *line).await?;
                sqlx::raw_sql("CHECKPOINT").execute(line).await?;
            }
        }
        Ok(())
    }
}

/// Writes down what waits to be written, and on PostgreSQL clears up and counts as autovacuum has in a database that was years in the filling.
pub(crate) async fn settle(engine: Engine, url: &str) -> Result<()> {
    Line::to(engine, url).await?.settle().await
}
