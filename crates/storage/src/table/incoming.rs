//! Rows on their way into a statement, field after field in the order of the table's columns.
//!
//! Why two forms: SQLite's arguments cost an allocation and a call each, so all rows come as one JSON text; PostgreSQL reads an array a
//! column in its own binary form, and need not parse.

use chrono::NaiveDate;
use domain::Instant;
use serde::Serialize;
use uuid::Uuid;

use super::{Kind, NO_KEY, Table};
use crate::dialect::Dialect;
use crate::engine::{Arg, Column, push_hex};
use crate::error::Failure;
use crate::sealed::{self, Keyring};

/// Some rows of one table.
pub(crate) struct Rows {
    table: &'static Table,
    /// The table's columns without the derived one.
    columns: Vec<(&'static str, Kind)>,
    cells: Cells,
    /// The column of the next value.
    next: usize,
    count: usize,
    keys: Keyring,
    /// The primary key of the row under way, if the table has sealed columns.
    key: Option<Vec<u8>>,
    /// A value could not be sealed: nothing of this may be written.
    unsealed: bool,
}

enum Cells {
    Json(Vec<u8>),
    Columns(Vec<Column>),
}

/// Where the next value goes.
enum Place<'a> {
    Json(&'a mut Vec<u8>),
    Column(&'a mut Column),
}

impl Rows {
    /// The statement reads at what version each row stood, also where there is no row.
    pub(crate) fn with_read_at(&mut self) {
        let number = self.columns.len();
        if let Cells::Columns(columns) = &mut self.cells
            && columns.len() == number
        {
            columns.push(Column::of(Kind::Int));
        }
    }

    pub(crate) fn of(table: &'static Table, dialect: Dialect, keys: &Keyring) -> Self {
        let columns: Vec<_> = table.given().collect();
        let cells = match dialect {
            Dialect::Sqlite => Cells::Json(vec![b'[']),
            Dialect::Postgres => Cells::Columns(columns.iter().map(|(_, kind)| Column::of(*kind)).collect()),
        };
        let key = table.sealed().next().map(|_| Vec::new());
        Self { table, columns, cells, next: 0, count: 0, keys: keys.clone(), key, unsealed: false }
    }

    pub(crate) fn is_of(&self, table: &'static Table) -> bool {
        std::ptr::eq(self.table, table)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One row, field after field in the order of the columns.
    pub(crate) fn row(&mut self, fields: impl FnOnce(&mut Self)) {
        if let Cells::Json(json) = &mut self.cells {
            json.extend_from_slice(if self.count > 0 { b",[" } else { b"[" });
        }
        self.next = 0;
        self.key.iter_mut().for_each(Vec::clear);
        fields(self);
        if let Cells::Json(json) = &mut self.cells {
            json.push(b']');
        }
        self.count += 1;
    }

    /// These, and then those of `other`, of the same table.
    pub(crate) fn append(&mut self, other: &Self) {
        debug_assert_eq!(self.table.name, other.table.name);
        self.unsealed |= other.unsealed;
        if other.count == 0 {
            return;
        }
        match (&mut self.cells, &other.cells) {
            (Cells::Json(json), Cells::Json(more)) => {
                if self.count > 0 {
                    json.push(b',');
                }
                json.extend_from_slice(&more[1..]);
            }
            (Cells::Columns(columns), Cells::Columns(more)) => {
                columns.iter_mut().zip(more).for_each(|(column, more)| column.append(more));
            }
            _ => unreachable!("rows of another engine"),
        }
        self.count += other.count;
    }

    /// What [`Dialect::rows_of`] reads.
    ///
    /// # Errors
    /// Without a key nothing is written rather than something plain.
    pub(crate) fn args(self) -> Result<Vec<Arg>, Failure> {
        if self.unsealed {
            return Err(Failure::Unavailable { reason: NO_KEY.into() });
        }
        Ok(match self.cells {
            Cells::Json(mut json) => {
                json.push(b']');
                vec![Arg::Text(String::from_utf8(json).expect("JSON is UTF-8"))]
            }
            Cells::Columns(columns) => columns.into_iter().map(Arg::Column).collect(),
        })
    }

    fn next(&mut self, kind: Kind) -> Place<'_> {
        let (number, (name, expected)) = (self.next, self.columns[self.next]);
        debug_assert_eq!(kind, expected, "{}.{name}", self.table.name);
        self.next += 1;
        self.place(number)
    }

    /// A value of the next column, if that is part of the key by which sealed columns are bound to their row.
    fn bind(&mut self, value: &[u8]) {
        if let Some(key) = &mut self.key
            && self.table.key().contains(&self.columns[self.next].0)
        {
            sealed::bind(key, value);
        }
    }

    /// Where the next value belongs.
    fn sealed_place(&self) -> Vec<u8> {
        sealed::place(self.table.name, self.columns[self.next].0, self.key.as_deref().unwrap_or_default())
    }

    fn place(&mut self, number: usize) -> Place<'_> {
        match &mut self.cells {
            Cells::Json(json) => {
                if number > 0 {
                    json.push(b',');
                }
                Place::Json(json)
            }
            Cells::Columns(columns) => Place::Column(&mut columns[number]),
        }
    }

    fn null_or<T>(
        &mut self,
        kind: Kind,
        value: Option<T>,
        json: impl FnOnce(&mut Vec<u8>, T),
        column: impl FnOnce(&mut Column, Option<T>),
    ) -> &mut Self {
        match (self.next(kind), value) {
            (Place::Json(text), Some(value)) => json(text, value),
            (Place::Json(text), None) => text.extend_from_slice(b"null"),
            (Place::Column(place), value) => column(place, value),
        }
        self
    }

    pub(crate) fn id(&mut self, id: impl Into<Uuid>) -> &mut Self {
        self.maybe_id(Some(id))
    }

    pub(crate) fn maybe_id(&mut self, id: Option<impl Into<Uuid>>) -> &mut Self {
        let id: Option<Uuid> = id.map(Into::into);
        self.bind(id.as_ref().map_or(&[], |id| id.as_bytes()));
        self.null_or(Kind::Id, id, |json, id| quoted_hex(json, id.as_bytes()), Column::push_id)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bind(bytes);
        self.null_or(Kind::Bytes, Some(bytes), quoted_hex, |column, bytes| {
            column.push_bytes(bytes.map(<[u8]>::to_vec));
        })
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.maybe_text(Some(text))
    }

    pub(crate) fn maybe_text(&mut self, text: Option<&str>) -> &mut Self {
        self.bind(text.unwrap_or_default().as_bytes());
        self.null_or(Kind::Text, text, encode, |column, text| column.push_text(text.map(str::to_owned)))
    }

    /// An enum's name, or a checked text, as serde writes it.
    pub(crate) fn word(&mut self, word: &impl Serialize) -> &mut Self {
        self.maybe_word(Some(word))
    }

    pub(crate) fn maybe_word(&mut self, word: Option<&impl Serialize>) -> &mut Self {
        self.null_or(Kind::Text, word, encode, |column, word| column.push_text(word.map(name_of)))
    }

    pub(crate) fn nested(&mut self, value: &impl Serialize) -> &mut Self {
        self.null_or(Kind::Json, Some(value), encode, |column, value| {
            let text = value.map(|value| serde_json::to_string(value).expect(SAID));
            column.push_text(text);
        })
    }

    /// Text that only the holder of the key reads.
    pub(crate) fn sealed(&mut self, text: &str) -> &mut Self {
        self.maybe_sealed(Some(text))
    }

    pub(crate) fn maybe_sealed(&mut self, text: Option<&str>) -> &mut Self {
        let sealed = text.map(|text| self.keys.seal_text(&self.sealed_place(), text));
        self.unsealed |= sealed == Some(None);
        self.null_or(Kind::Sealed, sealed.flatten(), |json, text| encode(json, &text), Column::push_text)
    }

    pub(crate) fn sealed_json(&mut self, value: &impl Serialize) -> &mut Self {
        self.sealed(&serde_json::to_string(value).expect(SAID))
    }

    pub(crate) fn sealed_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let sealed = self.keys.seal(&self.sealed_place(), bytes);
        self.unsealed |= sealed.is_none();
        self.null_or(Kind::SealedBytes, sealed, |json, bytes| quoted_hex(json, &bytes), Column::push_bytes)
    }

    pub(crate) fn day(&mut self, day: NaiveDate) -> &mut Self {
        self.maybe_day(Some(day))
    }

    pub(crate) fn maybe_day(&mut self, day: Option<NaiveDate>) -> &mut Self {
        self.null_or(Kind::Day, day, |json, day| encode(json, &day), Column::push_day)
    }

    pub(crate) fn at(&mut self, at: Instant) -> &mut Self {
        self.maybe_at(Some(at))
    }

    pub(crate) fn maybe_at(&mut self, at: Option<Instant>) -> &mut Self {
        self.null_or(Kind::At, at, |json, at| encode(json, &at.micros()), Column::push_at)
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.maybe_int(Some(value))
    }

    pub(crate) fn maybe_int(&mut self, value: Option<i64>) -> &mut Self {
        self.null_or(Kind::Int, value, |json, value| encode(json, &value), Column::push_int)
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.maybe_bool(Some(value))
    }

    pub(crate) fn maybe_bool(&mut self, value: Option<bool>) -> &mut Self {
        self.null_or(Kind::Bool, value, |json, value| encode(json, &value), Column::push_bool)
    }

    /// The version at which the row was read, for [`Table::update_guarded`].
    pub(crate) fn read_at(&mut self, version: i64) {
        self.with_read_at();
        match self.place(self.columns.len()) {
            Place::Json(json) => encode(json, &version),
            Place::Column(column) => column.push_int(Some(version)),
        }
    }
}

fn quoted_hex(json: &mut Vec<u8>, bytes: &[u8]) {
    json.push(b'"');
    push_hex(json, bytes);
    json.push(b'"');
}

const SAID: &str = "rows hold nothing that JSON can't say";

fn encode<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(json, value).expect(SAID);
}

/// What [`encode`] puts between quotes.
pub(crate) fn name_of(word: &impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(name)) => name,
        other => unreachable!("an enum without content is written as its name, not {other:?}"),
    }
}
