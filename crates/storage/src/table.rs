//! A table as the code knows it: its columns in one order, from which the statements are made, the rows are written and read again.
//!
//! A row goes in through [`Rows`] and comes out through [`Cursor`]; both follow the order of [`Table::columns`], so a column that is
//! forgotten on one side shows in the first round trip.

mod incoming;

use std::sync::OnceLock;

use domain::Instant;
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as WordError};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::engine::{At, Row, Value};
use crate::error::StoreError;

pub(crate) use incoming::{Rows, name_of};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Text,
    Day,
    At,
    Int,
    Bool,
    Json,
    Bytes,
}

pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// The primary key: what an upsert finds its row by.
    key: &'static [&'static str],
    /// A column that the row does not bring along, and where its value comes from.
    derived: Option<(&'static str, &'static str)>,
    /// What an upsert or an update leaves as it is.
    kept: &'static [&'static str],
    texts: [[OnceLock<String>; 6]; 2],
}

impl Table {
    pub(crate) const fn new(
        name: &'static str,
        columns: &'static [(&'static str, Kind)],
        key: &'static [&'static str],
    ) -> Self {
        let texts = [const { [const { OnceLock::new() }; 6] }; 2];
        Self { name, columns, key, derived: None, kept: &[], texts }
    }

    pub(crate) const fn derive(mut self, column: &'static str, from: &'static str) -> Self {
        self.derived = Some((column, from));
        self
    }

    pub(crate) const fn keep(mut self, columns: &'static [&'static str]) -> Self {
        self.kept = columns;
        self
    }

    /// The columns that a row brings along.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.columns.iter().copied().filter(|(name, _)| self.derived.is_none_or(|(derived, _)| derived != *name))
    }

    fn text(&'static self, dialect: Dialect, which: usize, make: impl FnOnce() -> String) -> &'static str {
        self.texts[dialect as usize][which].get_or_init(make)
    }

    fn insert_text(&self, dialect: Dialect) -> String {
        let names = self.list("");
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|(name, _)| match self.derived {
                Some((derived, from)) if derived == *name => from.to_owned(),
                _ => format!("r.{name}"),
            })
            .collect();
        // `WHERE true` keeps SQLite from reading ON CONFLICT as a join.
        let (table, values, rows) = (self.name, values.join(", "), dialect.rows_of(self, &[]));
        format!("INSERT INTO {table} ({names}) SELECT {values} FROM {rows} WHERE true")
    }

    /// New rows.
    pub(crate) fn add(&'static self, dialect: Dialect) -> &'static str {
        self.text(dialect, 0, || self.insert_text(dialect))
    }

    /// New rows, or the new content of the row with the same key.
    pub(crate) fn put(&'static self, dialect: Dialect) -> &'static str {
        self.text(dialect, 1, || {
            let sets: Vec<_> = self.changing().map(|name| format!("{name} = excluded.{name}")).collect();
            let (insert, key, sets) = (self.insert_text(dialect), self.key.join(", "), sets.join(", "));
            format!("{insert} ON CONFLICT ({key}) DO UPDATE SET {sets}")
        })
    }

    /// New rows, unless the key is there already; answers with the keys of those that were new.
    pub(crate) fn add_once(&'static self, dialect: Dialect) -> &'static str {
        self.text(dialect, 2, || {
            let (insert, key) = (self.insert_text(dialect), self.key.join(", "));
            format!("{insert} ON CONFLICT ({key}) DO NOTHING RETURNING {key}")
        })
    }

    /// Rows that stand at `read_at` in the column `guard`; answers with the ids of those that did.
    pub(crate) fn update_guarded(&'static self, dialect: Dialect, guard: &str) -> &'static str {
        self.text(dialect, 3, || {
            let table = self.name;
            let sets: Vec<_> = self.changing().map(|name| format!("{name} = r.{name}")).collect();
            let (sets, rows) = (sets.join(", "), dialect.rows_of(self, &[("read_at", Kind::Int)]));
            format!(
                "UPDATE {table} SET {sets} FROM {rows} WHERE {table}.id = r.id AND {table}.{guard} = r.read_at RETURNING {table}.id"
            )
        })
    }

    /// Rows by id, whatever they hold.
    pub(crate) fn update(&'static self, dialect: Dialect) -> &'static str {
        self.text(dialect, 4, || {
            let table = self.name;
            let sets: Vec<_> = self.changing().map(|name| format!("{name} = r.{name}")).collect();
            let (sets, rows) = (sets.join(", "), dialect.rows_of(self, &[]));
            format!("UPDATE {table} SET {sets} FROM {rows} WHERE {table}.id = r.id")
        })
    }

    /// Adds each row's `column` to what the row of the same key counts already.
    pub(crate) fn count(&'static self, dialect: Dialect, column: &str, returning: &str) -> &'static str {
        self.text(dialect, 5, || {
            let (table, insert, key) = (self.name, self.insert_text(dialect), self.key.join(", "));
            format!(
                "{insert} ON CONFLICT ({key}) DO UPDATE SET {column} = {table}.{column} + excluded.{column} {returning}"
            )
        })
    }

    fn changing(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|(name, _)| *name).filter(|name| !self.key.contains(name) && !self.kept.contains(name))
    }

    /// The columns, for a SELECT; `prefix` such as `e.`.
    pub(crate) fn list(&self, prefix: &str) -> String {
        self.columns.iter().map(|(name, _)| format!("{prefix}{name}")).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn cursor<'r>(&'static self, row: &'r Row) -> Cursor<'r> {
        self.cursor_from(row, 0)
    }

    /// Reads the table's columns beginning at column `offset` of the answer.
    pub(crate) fn cursor_from<'r>(&'static self, row: &'r Row, offset: usize) -> Cursor<'r> {
        Cursor { table: self, row, offset, next: 0 }
    }
}

/// One row on its way out, column after column.
pub(crate) struct Cursor<'r> {
    table: &'static Table,
    row: &'r Row,
    offset: usize,
    next: usize,
}

impl Cursor<'_> {
    pub(crate) fn get<T: Value>(&mut self) -> Result<T, StoreError> {
        let index = self.next;
        self.next += 1;
        self.row.read(self.offset + index).map_err(|_| self.wrong(index))
    }

    pub(crate) fn id<T: From<Uuid>>(&mut self) -> Result<T, StoreError> {
        self.get::<Uuid>().map(T::from)
    }

    pub(crate) fn maybe_id<T: From<Uuid>>(&mut self) -> Result<Option<T>, StoreError> {
        Ok(self.get::<Option<Uuid>>()?.map(T::from))
    }

    pub(crate) fn at(&mut self) -> Result<Instant, StoreError> {
        self.get::<At>().map(|at| at.0)
    }

    pub(crate) fn maybe_at(&mut self) -> Result<Option<Instant>, StoreError> {
        Ok(self.get::<Option<At>>()?.map(|at| at.0))
    }

    /// Text in a newtype that checks it.
    pub(crate) fn text<T: TryFrom<String>>(&mut self) -> Result<T, StoreError> {
        let text = self.get::<String>()?;
        T::try_from(text).map_err(|_| self.wrong(self.next - 1))
    }

    pub(crate) fn maybe_text<T: TryFrom<String>>(&mut self) -> Result<Option<T>, StoreError> {
        let text = self.get::<Option<String>>()?;
        text.map(T::try_from).transpose().map_err(|_| self.wrong(self.next - 1))
    }

    pub(crate) fn word<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let text = self.get::<String>()?;
        parse_word(&text).ok_or_else(|| self.wrong(self.next - 1))
    }

    pub(crate) fn maybe_word<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        match self.get::<Option<String>>()? {
            None => Ok(None),
            Some(text) => parse_word(&text).map(Some).ok_or_else(|| self.wrong(self.next - 1)),
        }
    }

    pub(crate) fn nested<T: DeserializeOwned + 'static>(&mut self) -> Result<T, StoreError> {
        self.get::<sqlx::types::Json<T>>().map(|json| json.0)
    }

    pub(crate) fn hash(&mut self) -> Result<[u8; 32], StoreError> {
        let bytes = self.get::<Vec<u8>>()?;
        bytes.try_into().map_err(|_| self.wrong(self.next - 1))
    }

    pub(crate) fn skip(&mut self) {
        self.next += 1;
    }

    /// The row says something that no state of ours says: names the column.
    pub(crate) fn inconsistent(&self, column: &'static str) -> StoreError {
        let row = self.row.read::<Uuid>(self.offset).map_or_else(|_| "?".to_owned(), |id| id.to_string());
        StoreError::Inconsistent { table: self.table.name, column, row }
    }

    fn wrong(&self, index: usize) -> StoreError {
        self.inconsistent(self.table.columns.get(index).map_or("?", |(name, _)| name))
    }
}

/// The enum value with this name; `None` when it has no such value.
pub(crate) fn parse_word<T: DeserializeOwned>(text: &str) -> Option<T> {
    let words: serde::de::value::StrDeserializer<'_, WordError> = text.into_deserializer();
    T::deserialize(words).ok()
}
