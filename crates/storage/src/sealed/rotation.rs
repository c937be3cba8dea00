//! 鍵の交換: everything is sealed anew under the first key, in small lots, while the service runs.
//!
//! A lot is a transaction of the writer. Each value is replaced only where it still is what was read, so nobody's change is lost; people
//! go through the same guarded write as a correction, because their marks are made anew with them. A rotation that was killed
//! is begun again: what is sealed with the first key already is passed over by the database.

use std::collections::BTreeMap;

use domain::changes::{Changes, Write};
use domain::patient::Patient;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use uuid::Uuid;

use super::key::KeyId;
use super::{SEALED, beginning_of_bytes, beginning_of_text};
use crate::apply::Op;
use crate::dialect::Dialect;
use crate::engine::{Arg, Row, args};
use crate::error::{ApplyError, StoreError};
use crate::rows::{PATIENT, read_patient};
use crate::store::Store;
use crate::table::{Kind, Table};

/// Rows of one transaction.
const LOT: i64 = 100;

/// How far a rotation has come, and what it did.
#[derive(Debug, Default)]
pub struct Rotation {
    /// Of [`SEALED`].
    table: usize,
    /// The key of the last row that was looked at.
    after: Vec<Arg>,
    /// Values that were sealed anew, by table; people count once.
    pub sealed: BTreeMap<&'static str, u64>,
    /// Values that don't open, by table: they were left as they are.
    pub unreadable: BTreeMap<&'static str, u64>,
}

impl Rotation {
    /// Goes through all tables once more, for what was changed meanwhile.
    pub fn again(&mut self) {
        self.table = 0;
        self.after.clear();
        self.unreadable.clear();
    }
}

impl Store {
    /// One more lot; false when there is none left. The same call may be made again after a failure that is transient.
    pub async fn rotate_some(&self, rotation: &mut Rotation) -> Result<bool, StoreError> {
        let Some(first) = self.keys().keys().first().map(|key| key.id) else {
            return Err(StoreError::Setup { reason: "there is no key to seal with".into() });
        };
        let Some(table) = SEALED.get(rotation.table).copied() else { return Ok(false) };
        let rows = self.not_under(first, table, &rotation.after).await?;
        let Some(last) = rows.last() else {
            rotation.table += 1;
            rotation.after.clear();
            return Ok(rotation.table < SEALED.len());
        };
        let after = key_of(table, last)?;
        let (sealed, unreadable) = if table.name == PATIENT.name {
            self.write_people_again(&rows).await?
        } else {
            self.seal_again(first, table, &rows).await?
        };
        for (counts, count) in [(&mut rotation.sealed, sealed), (&mut rotation.unreadable, unreadable)] {
            if count > 0 {
                *counts.entry(table.name).or_default() += count;
            }
        }
        rotation.after = after;
        Ok(true)
    }

    /// The next rows of `table` in which anything is plain or sealed with another key.
    async fn not_under(&self, first: KeyId, table: &'static Table, after: &[Arg]) -> Result<Vec<Row>, StoreError> {
        let (text, bytes) = (beginning_of_text(first), beginning_of_bytes(first));
        let (text_length, bytes_length) = (text.len(), bytes.len());
        let mut args = args![LOT];
        let mut others = Vec::new();
        for (column, kind) in table.sealed() {
            let (beginning, length) = match kind {
                Kind::SealedBytes => (Arg::from(bytes.clone()), bytes_length),
                _ => (Arg::from(text.as_str()), text_length),
            };
            args.push(beginning);
            others.push(format!("substr({column}, 1, {length}) <> ${}", args.len()));
        }
        let key = table.key().join(", ");
        let mut behind = String::new();
        if !after.is_empty() {
            let places: Vec<String> = (1..=after.len()).map(|n| format!("${}", args.len() + n)).collect();
            behind = format!(" AND ({key}) > ({})", places.join(", "));
            args.extend_from_slice(after);
        }
        let sql = format!(
            "SELECT {} FROM {} WHERE ({}){behind} ORDER BY {key} LIMIT $1",
            table.list(""),
            table.name,
            others.join(" OR ")
        );
        self.inner.pool.rows(AssertSqlSafe(sql), args).await
    }

    async fn seal_again(&self, first: KeyId, table: &'static Table, rows: &[Row]) -> Result<(u64, u64), StoreError> {
        let (mut ops, mut unreadable) = (Vec::new(), 0);
        for row in rows {
            let key = key_of(table, row)?;
            for (column, kind) in table.sealed() {
                match table.cursor(row).sealed_anew(column, kind, first) {
                    Ok(None) => {}
                    Ok(Some((new, old))) => ops.push(replace(table, column, &key, new, old)),
                    Err(StoreError::Inconsistent { .. } | StoreError::Unavailable { .. }) => unreadable += 1,
                    Err(error) => return Err(error),
                }
            }
        }
        if ops.is_empty() {
            return Ok((0, unreadable));
        }
        let sealed = self.written_all(ops).await?.iter().filter(|rows| !rows.is_empty()).count();
        Ok((sealed as u64, unreadable))
    }

    /// Whoever was changed meanwhile was sealed by that.
    async fn write_people_again(&self, rows: &[Row]) -> Result<(u64, u64), StoreError> {
        let (mut sealed, mut unreadable) = (0, 0);
        let mut writing = tokio::task::JoinSet::new();
        for row in rows {
            let person: Patient = match read_patient(row, 0) {
                Ok(person) => person,
                Err(StoreError::Inconsistent { .. } | StoreError::Unavailable { .. }) => {
                    unreadable += 1;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let (store, read_at) = (self.clone(), person.version);
            let patient = Some(Write::Update { row: person, read_at });
            writing.spawn(async move { store.apply(Changes { patient, ..Changes::default() }).await });
        }
        while let Some(written) = writing.join_next().await {
            match written {
                Ok(Ok(_)) => sealed += 1,
                Ok(Err(ApplyError::Stale)) => {}
                Ok(Err(ApplyError::Store(error))) => return Err(error),
                Ok(Err(ApplyError::Busy)) | Err(_) => return Err(StoreError::Busy),
                Ok(Err(ApplyError::Refused { constraint })) => return Err(StoreError::Refused { constraint }),
                Ok(Err(ApplyError::Repeated(_))) => {}
            }
        }
        Ok((sealed, unreadable))
    }

    /// Ends the time in which plain values are believed, once there are none left: then SQLite's file is written anew, for pages that
    /// it doesn't use any more still hold them. False while there are some, or when the file could not be written anew.
    ///
    /// PostgreSQL's owner does the same with `VACUUM FULL`.
    pub async fn end_plain(&self) -> Result<bool, StoreError> {
        if self.keys_in_use().await?.plain > 0 {
            return Ok(false);
        }
        if self.inner.dialect == Dialect::Sqlite {
            let mut conn = self.inner.target.connect().await?;
            let anew = conn.run("VACUUM", vec![]).await;
            let log = conn.rows("PRAGMA wal_checkpoint(TRUNCATE)", vec![]).await;
            conn.close().await;
            anew?;
            let busy: Option<i64> = log?.first().map(|row| row.get(0)).transpose()?;
            if busy != Some(0) {
                return Ok(false);
            }
        }
        self.plain_is_over().await?;
        Ok(true)
    }
}

fn key_of(table: &'static Table, row: &Row) -> Result<Vec<Arg>, StoreError> {
    let columns = table.columns.iter().enumerate().filter(|(_, (name, _))| table.key().contains(name));
    let mut key: Vec<(usize, Arg)> = Vec::new();
    for (index, (name, kind)) in columns {
        let value = match kind {
            Kind::Id => Arg::from(row.get::<Uuid>(index)?),
            Kind::Bytes => Arg::from(row.get::<Vec<u8>>(index)?),
            _ => Arg::from(row.get::<String>(index)?),
        };
        let place = table.key().iter().position(|key| key == name);
        key.push((place.unwrap_or(index), value));
    }
    key.sort_by_key(|(place, _)| *place);
    Ok(key.into_iter().map(|(_, value)| value).collect())
}

fn replace(table: &'static Table, column: &str, key: &[Arg], new: Arg, old: Arg) -> Op {
    let mut args = vec![new, old];
    let mut same = String::new();
    for (name, value) in table.key().iter().zip(key) {
        args.push(value.clone());
        same.push_str(&format!(" AND {name} = ${}", args.len()));
    }
    let sql = format!("UPDATE {} SET {column} = $1 WHERE {column} = $2{same} RETURNING 1", table.name);
    Op { sql: AssertSqlSafe(sql).into_sql_str(), args }
}
