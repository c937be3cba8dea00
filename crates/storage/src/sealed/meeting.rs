//! What a start asks of its keys, and which keys are in use.

use std::collections::BTreeMap;

use base64::Engine as _;
use sqlx::AssertSqlSafe;

use super::key::{self, KeyId};
use super::{BASE64, LEAST, MARK, SEALED};
use crate::engine::{Row, args};
use crate::error::StoreError;
use crate::store::Store;
use crate::table::Kind::{Sealed, Text};
use crate::table::{Kind, Rows, Table};

/// A sealed word for every key that ever sealed here.
static SEALING_KEY: Table = Table::new("sealing_key", &[("id", Text), ("canary", Sealed)], &["id"]);

const CANARY: &str = "カナリア";
/// The row that says that values from before there were keys stand plain.
const PLAIN: &str = "plain";

/// Values of sealed columns, by what they were sealed with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeysInUse {
    /// By the key's id, as [`Keyring::ids`](crate::Keyring::ids) writes it.
    pub sealed: BTreeMap<String, i64>,
    /// Left by a version without keys.
    pub plain: i64,
}

impl KeysInUse {
    /// Those that are not sealed with this key.
    pub fn others(&self, id: &str) -> i64 {
        self.plain + self.sealed.iter().filter(|(other, _)| *other != id).map(|(_, count)| count).sum::<i64>()
    }
}

impl Store {
    /// Whether the keys at hand open what is stored; notes the first as one that seals here. Asks nothing without keys.
    ///
    /// A key that is not at hand any more is forgotten once nothing is sealed with it.
    ///
    /// # Errors
    /// [`StoreError::Setup`] names a key that is missing, or one that is not what it was.
    pub async fn meet_keys(&self) -> Result<(), StoreError> {
        let keys = self.keys();
        let Some(first) = keys.keys().first() else { return Ok(()) };
        let (mut plain, mut missing, mut noted) = (false, Vec::new(), false);
        let sql = format!("SELECT {} FROM sealing_key ORDER BY id", SEALING_KEY.list(""));
        for row in self.inner.pool.rows(AssertSqlSafe(sql), args![]).await? {
            let id: String = row.get(0)?;
            if id == PLAIN {
                plain = true;
            } else if keys.ids().contains(&id) {
                opens(&row, &id)?;
                noted |= id == first.id.to_string();
            } else {
                missing.push(id);
            }
        }
        if !missing.is_empty() {
            let in_use = self.keys_in_use().await?;
            for id in missing {
                if in_use.sealed.contains_key(&id) {
                    return Err(refused(format!(
                        "it holds values sealed with key {id}, whose file encryption.key_files doesn't name"
                    )));
                }
                self.written("DELETE FROM sealing_key WHERE id = $1", args![id]).await?;
            }
        }
        if !noted {
            let mut rows = Rows::of(&SEALING_KEY, self.inner.dialect, keys);
            rows.row(|r| {
                r.text(&first.id.to_string()).sealed(CANARY);
            });
            self.written(SEALING_KEY.add_once(self.inner.dialect), rows.args()?).await?;
        }
        keys.believe_plain(plain);
        Ok(())
    }

    /// The ids of all keys that something may be sealed with here, whether or not they are at hand.
    pub async fn recorded_keys(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT id FROM sealing_key WHERE id <> $1 ORDER BY id";
        self.inner.pool.rows(sql, args![PLAIN]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// Whether values from before there were keys may stand plain.
    pub async fn plain_stands(&self) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM sealing_key WHERE id = $1";
        Ok(self.first::<i64>(sql, args![PLAIN]).await?.unwrap_or(0) > 0)
    }

    /// Nothing plain is believed from the next start on.
    pub(super) async fn plain_is_over(&self) -> Result<(), StoreError> {
        self.write("DELETE FROM sealing_key WHERE id = $1", args![PLAIN]).await?;
        self.keys().believe_plain(false);
        Ok(())
    }

    /// Counts the values of all sealed columns by key: looks at every row.
    pub async fn keys_in_use(&self) -> Result<KeysInUse, StoreError> {
        let mut found = KeysInUse::default();
        for table in SEALED {
            for (column, kind) in table.sealed() {
                let name = table.name;
                let beginning = match kind {
                    Kind::SealedBytes => {
                        format!("CASE WHEN length({column}) >= {LEAST} THEN substr({column}, 2, {}) END", key::ID)
                    }
                    _ => {
                        let (mark, from, length) = (MARK.len(), MARK.len() + 1, key::ID / 3 * 4);
                        format!(
                            "CASE WHEN substr({column}, 1, {mark}) = '{MARK}' THEN substr({column}, {from}, {length}) END"
                        )
                    }
                };
                let sql =
                    format!("SELECT {beginning}, count(*) FROM {name} WHERE {column} IS NOT NULL GROUP BY {beginning}");
                for row in self.inner.pool.rows(AssertSqlSafe(sql), args![]).await? {
                    let count: i64 = row.get(1)?;
                    match key_of(&row, kind)? {
                        Some(id) => *found.sealed.entry(id.to_string()).or_default() += count,
                        None => found.plain += count,
                    }
                }
            }
        }
        Ok(found)
    }
}

/// `None`: plain.
fn key_of(row: &Row, kind: Kind) -> Result<Option<KeyId>, StoreError> {
    let id = match kind {
        Kind::SealedBytes => row.get::<Option<Vec<u8>>>(0)?,
        _ => row.get::<Option<String>>(0)?.map(|text| BASE64.decode(text).unwrap_or_default()),
    };
    Ok(id.and_then(|id| id.try_into().ok()).map(KeyId))
}

fn opens(row: &Row, id: &str) -> Result<(), StoreError> {
    let mut c = SEALING_KEY.cursor(row);
    c.skip();
    match c.opened::<String>() {
        Ok(word) if word == CANARY => Ok(()),
        _ => Err(refused(format!("key {id} does not open what was sealed with it"))),
    }
}

fn refused(reason: String) -> StoreError {
    StoreError::Setup { reason }
}
