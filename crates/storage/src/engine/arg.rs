//! What statements are given, and how each kind is bound on either engine.

use chrono::NaiveDate;
use domain::Instant;
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use uuid::Uuid;

use crate::table::Kind;

/// What a statement is given.
#[derive(Debug, Clone)]
pub(crate) enum Arg {
    Int(i64),
    Id(Uuid),
    MaybeId(Option<Uuid>),
    Text(String),
    At(Instant),
    MaybeAt(Option<Instant>),
    Day(NaiveDate),
    Bytes(Vec<u8>),
    MaybeBytes(Option<Vec<u8>>),
    /// A set of ids: JSON text on SQLite, `uuid[]` on PostgreSQL (`Dialect::in_ids`).
    Ids(Vec<Uuid>),
    /// A set of hashes, likewise.
    Hashes(Vec<[u8; 32]>),
    /// One column of some rows; SQLite is never given one.
    Column(Column),
}

/// The values of one column, row after row.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    Ids(Vec<Option<Uuid>>),
    /// JSON too.
    Texts(Vec<Option<String>>),
    Days(Vec<Option<NaiveDate>>),
    Ats(Vec<Option<Instant>>),
    Ints(Vec<Option<i64>>),
    Bools(Vec<Option<bool>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

/// Each takes one kind; a value of another is a fault of the table's definition, which [`Rows`](crate::table::Rows) checks.
macro_rules! pushes {
    ($($name:ident($kind:ident, $value:ty);)*) => {$(
        pub(crate) fn $name(&mut self, value: Option<$value>) {
            match self {
                Self::$kind(values) => values.push(value),
                other => unreachable!("a value of another kind in {other:?}"),
            }
        }
    )*};
}

impl Column {
    pub(crate) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Id => Self::Ids(Vec::new()),
            Kind::Text | Kind::Json | Kind::Sealed => Self::Texts(Vec::new()),
            Kind::Day => Self::Days(Vec::new()),
            Kind::At => Self::Ats(Vec::new()),
            Kind::Int => Self::Ints(Vec::new()),
            Kind::Bool => Self::Bools(Vec::new()),
            Kind::Bytes | Kind::SealedBytes => Self::Bytes(Vec::new()),
        }
    }

    /// These, and then those of `other`.
    pub(crate) fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Ids(values), Self::Ids(more)) => values.extend_from_slice(more),
            (Self::Texts(values), Self::Texts(more)) => values.extend_from_slice(more),
            (Self::Days(values), Self::Days(more)) => values.extend_from_slice(more),
            (Self::Ats(values), Self::Ats(more)) => values.extend_from_slice(more),
            (Self::Ints(values), Self::Ints(more)) => values.extend_from_slice(more),
            (Self::Bools(values), Self::Bools(more)) => values.extend_from_slice(more),
            (Self::Bytes(values), Self::Bytes(more)) => values.extend_from_slice(more),
            (this, other) => unreachable!("{other:?} behind {this:?}"),
        }
    }

    pushes! { push_id(Ids, Uuid); push_text(Texts, String); push_day(Days, NaiveDate); push_at(Ats, Instant);
    push_int(Ints, i64); push_bool(Bools, bool); push_bytes(Bytes, Vec<u8>); }
}

macro_rules! arg_from {
    ($($from:ty => $kind:ident;)*) => {$(
        impl From<$from> for Arg {
            fn from(value: $from) -> Self {
                Self::$kind(value.into())
            }
        }
    )*};
}

arg_from! { i64 => Int; Uuid => Id; Option<Uuid> => MaybeId; String => Text; &str => Text; Instant => At;
Option<Instant> => MaybeAt; NaiveDate => Day; Vec<u8> => Bytes; Option<Vec<u8>> => MaybeBytes; Vec<Uuid> => Ids; Vec<[u8; 32]> => Hashes; }

macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::engine::Arg::from($value)),*] };
}
pub(crate) use args;

const BINDS: &str = "our argument kinds are bound without failing";

pub(super) fn sqlite(args: Vec<Arg>) -> SqliteArguments {
    let mut bound = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Int(value) => Arguments::add(&mut bound, value),
            Arg::Id(value) => Arguments::add(&mut bound, value),
            Arg::MaybeId(value) => Arguments::add(&mut bound, value),
            Arg::Text(value) => Arguments::add(&mut bound, value),
            Arg::At(value) => Arguments::add(&mut bound, value.micros()),
            Arg::MaybeAt(value) => Arguments::add(&mut bound, value.map(Instant::micros)),
            Arg::Day(value) => Arguments::add(&mut bound, value),
            Arg::Bytes(value) => Arguments::add(&mut bound, value),
            Arg::MaybeBytes(value) => Arguments::add(&mut bound, value),
            Arg::Ids(ids) => Arguments::add(&mut bound, hex_array(ids.iter().map(|id| id.as_bytes().as_slice()))),
            Arg::Hashes(all) => Arguments::add(&mut bound, hex_array(all.iter().map(|hash| hash.as_slice()))),
            Arg::Column(_) => unreachable!("rows come to SQLite as JSON"),
        }
        .expect(BINDS);
    }
    bound
}

pub(super) fn postgres(args: Vec<Arg>) -> PgArguments {
    let mut bound = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Int(value) => bound.add(value),
            Arg::Id(value) => bound.add(value),
            Arg::MaybeId(value) => bound.add(value),
            Arg::Text(value) => bound.add(value),
            Arg::At(value) => bound.add(value.utc()),
            Arg::MaybeAt(value) => bound.add(value.map(Instant::utc)),
            Arg::Day(value) => bound.add(value),
            Arg::Bytes(value) => bound.add(value),
            Arg::MaybeBytes(value) => bound.add(value),
            Arg::Ids(ids) => bound.add(ids),
            Arg::Hashes(all) => bound.add(all.iter().map(|hash| hash.to_vec()).collect::<Vec<_>>()),
            Arg::Column(Column::Ids(values)) => bound.add(values),
            Arg::Column(Column::Texts(values)) => bound.add(values),
            Arg::Column(Column::Days(values)) => bound.add(values),
            Arg::Column(Column::Ats(values)) => {
                bound.add(values.into_iter().map(|at| at.map(Instant::utc)).collect::<Vec<_>>())
            }
            Arg::Column(Column::Ints(values)) => bound.add(values),
            Arg::Column(Column::Bools(values)) => bound.add(values),
            Arg::Column(Column::Bytes(values)) => bound.add(values),
        }
        .expect(BINDS);
    }
    bound
}

fn hex_array<'a>(items: impl Iterator<Item = &'a [u8]>) -> String {
    let mut out = vec![b'['];
    for item in items {
        if out.len() > 1 {
            out.push(b',');
        }
        out.push(b'"');
        push_hex(&mut out, item);
        out.push(b'"');
    }
    out.push(b']');
    String::from_utf8(out).expect("hex digits are ASCII")
}

pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}
