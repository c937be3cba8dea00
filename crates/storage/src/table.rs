//! A table as the code knows it: its columns in one order, from which the statements are made, the rows are written and read again.
//!
//! A row goes in through [`Rows`] and comes out through [`Cursor`]; both follow the order of [`Table::columns`], so a column that is
//! forgotten on one side shows in the first round trip.

mod incoming;
mod outgoing;

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::dialect::Dialect;
use crate::engine::Row;

pub(crate) use incoming::{Rows, name_of};
pub(crate) use outgoing::{Cursor, parse_word};

/// Told of whoever reads or writes a sealed column without its key.
pub(crate) const NO_KEY: &str = "a value is sealed with a key that is not at hand";

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
    /// Text that only the holder of the key reads ([`crate::sealed`]).
    Sealed,
    SealedBytes,
}

impl Kind {
    pub(crate) const fn is_sealed(self) -> bool {
        matches!(self, Self::Sealed | Self::SealedBytes)
    }
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

    pub(crate) const fn key(&self) -> &'static [&'static str] {
        self.key
    }

    pub(crate) fn sealed(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.columns.iter().copied().filter(|(_, kind)| kind.is_sealed())
    }

    /// The columns that a row brings along.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        self.columns.iter().copied().filter(|(name, _)| self.derived.is_none_or(|(derived, _)| derived != *name))
    }

    fn text(&'static self, dialect: Dialect, which: usize, make: impl FnOnce() -> String) -> &'static str {
        self.texts[dialect as usize][which].get_or_init(make)
    }

    fn insert_text(&self, dialect: Dialect) -> String {
        self.insert_with(dialect, &[])
    }

    /// New rows, the columns of `instead` with these values.
    pub(crate) fn insert_with(&self, dialect: Dialect, instead: &[(&str, String)]) -> String {
        let names = self.list("");
        let instead = instead.iter().map(|(name, value)| (*name, value.as_str())).chain(self.derived);
        let instead: HashMap<&str, &str> = instead.collect();
        let value = |name: &str| instead.get(name).map_or_else(|| format!("r.{name}"), |value| (*value).to_owned());
        let values: Vec<String> = self.columns.iter().map(|(name, _)| value(name)).collect();
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
        self.text(dialect, 3, || format!("{} RETURNING {}.id", self.guarded_text(dialect, guard), self.name))
    }

    /// The same without an answer.
    pub(crate) fn guarded_text(&self, dialect: Dialect, guard: &str) -> String {
        let table = self.name;
        let sets: Vec<_> = self.changing().map(|name| format!("{name} = r.{name}")).collect();
        let (sets, rows) = (sets.join(", "), dialect.rows_of(self, &[("read_at", Kind::Int)]));
        format!("UPDATE {table} SET {sets} FROM {rows} WHERE {table}.id = r.id AND {table}.{guard} = r.read_at")
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
        Cursor::new(self, row, offset)
    }
}
