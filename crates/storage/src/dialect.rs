//! Everything that differs between the two engines, in one file: how a set of rows comes into a statement, how a transaction begins,
//! how a claim passes over locked rows, and what an error means.

use crate::error::Failure;
use crate::table::{Kind, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite = 0,
    Postgres = 1,
}

/// A statement text that is made once per engine, so that the engine's prepared statement is found again.
macro_rules! once {
    ($dialect:expr, $text:expr) => {{
        static TEXT: [std::sync::OnceLock<String>; 2] = [const { std::sync::OnceLock::new() }; 2];
        TEXT[$dialect as usize].get_or_init(|| $text).as_str()
    }};
}
pub(crate) use once;

impl Dialect {
    /// The writer's transaction. SQLite takes the write lock at once, so it never fails half-way for want of it.
    pub(crate) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// A reader's transaction: all its statements see one moment.
    pub(crate) const fn begin_reading(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// `column IN (the ids of parameter n)`, for [`crate::engine::Arg::Ids`].
    pub(crate) fn in_ids(self, column: &str, n: usize) -> String {
        match self {
            Self::Sqlite => format!("{column} IN (SELECT unhex(value) FROM json_each(${n}))"),
            Self::Postgres => format!("{column} = ANY(${n})"),
        }
    }

    /// 16 random bytes of the engine's own.
    pub(crate) const fn random_id(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT randomblob(16)",
            Self::Postgres => "SELECT gen_random_uuid()",
        }
    }

    /// Behind a sub-select that picks rows to claim.
    pub(crate) const fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }

    /// The rows of [`crate::table::Rows::args`], which are the statement's first parameters, as a table named `r`.
    pub(crate) fn rows_of(self, table: &Table, extra: &[(&'static str, Kind)]) -> String {
        let columns = table.given().chain(extra.iter().copied());
        match self {
            Self::Sqlite => {
                // A row is an array: by its place a column is found sooner than by its name.
                let picked = columns.zip(0..).map(|((name, kind), n)| match kind {
                    Kind::Id | Kind::Bytes | Kind::SealedBytes => format!("unhex(value ->> {n}) AS {name}"),
                    _ => format!("value ->> {n} AS {name}"),
                });
                let picked = picked.collect::<Vec<_>>().join(", ");
                // `jsonb_each`: with `json_each` each row is written out as text and parsed again for every column.
                format!("(SELECT {picked} FROM jsonb_each($1)) AS r")
            }
            Self::Postgres => {
                // In the select list: in FROM each array would be written to a store of tuples first.
                let picked = columns.zip(1..).map(|((name, kind), n)| {
                    let (given, cast) = Self::postgres_type(kind);
                    format!("unnest(${n}::{given}[]){cast} AS {name}")
                });
                let picked = picked.collect::<Vec<_>>().join(", ");
                format!("(SELECT {picked}) AS r")
            }
        }
    }

    /// The type in which a value is given, and what makes it the column's own.
    const fn postgres_type(kind: Kind) -> (&'static str, &'static str) {
        match kind {
            Kind::Id => ("uuid", ""),
            Kind::Text | Kind::Sealed => ("text", ""),
            Kind::Day => ("date", ""),
            Kind::At => ("timestamptz", ""),
            Kind::Int => ("bigint", ""),
            Kind::Bool => ("boolean", ""),
            Kind::Json => ("text", "::jsonb"),
            Kind::Bytes | Kind::SealedBytes => ("bytea", ""),
        }
    }

    /// Each chosen organization's first rows of `one`, a query of ids that names the organization `o.id`.
    pub(crate) fn of_each_organization(self, one: &str, chosen: &str) -> String {
        match self {
            Self::Sqlite => {
                format!("SELECT d.id FROM organization AS o JOIN delivery AS d ON d.id IN ({one}) WHERE {chosen}")
            }
            // PostgreSQL would ask `one` for every pair of organization and delivery.
            Self::Postgres => {
                format!("SELECT d.id FROM organization AS o CROSS JOIN LATERAL ({one}) AS d WHERE {chosen}")
            }
        }
    }
}

/// What an error means for whoever ran the statement. Nothing that could quote a value is kept.
pub(crate) fn classify(error: &sqlx::Error) -> Failure {
    use sqlx::Error;
    match error {
        Error::Database(inner) => {
            let code = inner.code().unwrap_or_default().into_owned();
            if inner.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
                classify_sqlite(&code, inner.message())
            } else {
                classify_postgres(code, inner.constraint())
            }
        }
        Error::Io(io) => Failure::Lost { reason: format!("{:?}", io.kind()) },
        Error::Protocol(_) => Failure::Lost { reason: "protocol".into() },
        Error::Tls(_) => Failure::Lost { reason: "tls".into() },
        Error::WorkerCrashed => Failure::Lost { reason: "worker".into() },
        Error::PoolTimedOut => Failure::Unavailable { reason: "all connections are in use".into() },
        Error::PoolClosed => Failure::Unavailable { reason: "closed".into() },
        Error::Encode(_) | Error::InvalidArgument(_) => Failure::Failed { code: "encode".into() },
        _ => Failure::Failed { code: "client".into() },
    }
}

fn classify_sqlite(code: &str, message: &str) -> Failure {
    let primary = code.parse::<i32>().unwrap_or(1) & 0xff;
    // CHECK names the constraint, UNIQUE the columns; both come after the colon and hold names of ours alone.
    let named = || message.split_once(": ").map_or(message, |(_, name)| name).to_owned();
    match primary {
        19 | 20 => Failure::Row { constraint: named() },
        18 => Failure::Row { constraint: "too big".into() },
        5 | 6 => Failure::Unavailable { reason: "the database is locked".into() },
        13 => Failure::Unavailable { reason: "the disk is full".into() },
        10 | 14 | 8 => Failure::Lost { reason: format!("SQLite {code}") },
        11 | 26 => Failure::Failed { code: "the database file is damaged".into() },
        // As `Dialect::as_many` says it.
        1 if message.starts_with("integer overflow") => Failure::Row { constraint: "guard".into() },
        1 if message.starts_with("malformed JSON") => Failure::Row { constraint: "json".into() },
        _ => Failure::Failed { code: format!("SQLite {code}") },
    }
}

fn classify_postgres(code: String, constraint: Option<&str>) -> Failure {
    match code.get(..2).unwrap_or_default() {
        // Integrity, data, or the same key twice in one statement.
        "23" | "22" | "21" => Failure::Row { constraint: constraint.map_or(code, str::to_owned) },
        "40" => Failure::Collision { code },
        "08" | "57" => Failure::Lost { reason: code },
        "53" if code == "53300" => Failure::Lost { reason: code },
        "53" | "55" | "25" | "58" => Failure::Unavailable { reason: code },
        _ => Failure::Failed { code },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_no_fault_of_a_row() {
        assert!(matches!(classify_sqlite("13", "database or disk is full"), Failure::Unavailable { .. }));
        assert!(matches!(classify_postgres("53100".into(), None), Failure::Unavailable { .. }));
    }

    #[test]
    fn a_constraint_is_named_by_both() {
        let name = "notice_serial_given";
        let named = Failure::Row { constraint: name.into() };
        assert_eq!(classify_sqlite("275", &format!("CHECK constraint failed: {name}")), named);
        assert_eq!(classify_postgres("23514".into(), Some(name)), named);
    }
}
