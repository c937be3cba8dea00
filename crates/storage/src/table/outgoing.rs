//! Rows on their way out, column after column; what is sealed is opened here, in the place where it stands.

use chrono::NaiveDate;
use domain::Instant;
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as WordError};
use uuid::Uuid;

use super::{Kind, NO_KEY, Table};
use crate::engine::{Arg, At, Row, Value};
use crate::error::StoreError;
use crate::sealed::key::KeyId;
use crate::sealed::{self, Closed};

/// One row on its way out, column after column.
pub(crate) struct Cursor<'r> {
    table: &'static Table,
    row: &'r Row,
    offset: usize,
    next: usize,
    /// The row's primary key, once a sealed column has asked for it.
    key: Option<Vec<u8>>,
}

impl<'r> Cursor<'r> {
    pub(super) const fn new(table: &'static Table, row: &'r Row, offset: usize) -> Self {
        Self { table, row, offset, next: 0, key: None }
    }

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

    pub(crate) fn maybe_hash(&mut self) -> Result<Option<[u8; 32]>, StoreError> {
        let bytes = self.get::<Option<Vec<u8>>>()?;
        bytes.map(|bytes| bytes.try_into().map_err(|_| self.wrong(self.next - 1))).transpose()
    }

    /// A sealed text.
    pub(crate) fn opened<T: TryFrom<String>>(&mut self) -> Result<T, StoreError> {
        self.maybe_opened()?.ok_or_else(|| self.wrong(self.next - 1))
    }

    pub(crate) fn maybe_opened<T: TryFrom<String>>(&mut self) -> Result<Option<T>, StoreError> {
        let Some(text) = self.get::<Option<String>>()? else { return Ok(None) };
        let place = self.place()?;
        let text = self.row.keys.open_text(&place, text).map_err(|closed| self.closed(closed))?;
        T::try_from(text).map(Some).map_err(|_| self.wrong(self.next - 1))
    }

    /// A sealed value that was written as JSON.
    pub(crate) fn opened_json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let text: String = self.opened()?;
        serde_json::from_str(&text).map_err(|_| self.wrong(self.next - 1))
    }

    pub(crate) fn opened_day(&mut self) -> Result<NaiveDate, StoreError> {
        let text: String = self.opened()?;
        text.parse().map_err(|_| self.wrong(self.next - 1))
    }

    pub(crate) fn opened_bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        let stored = self.get::<Vec<u8>>()?;
        let place = self.place()?;
        self.row.keys.open(&place, stored).map_err(|closed| self.closed(closed))
    }

    /// What stands in a sealed column, sealed anew with the first key, and as it stands; `None` if it is sealed with that key, or empty.
    pub(crate) fn sealed_anew(
        &mut self,
        column: &str,
        kind: Kind,
        first: KeyId,
    ) -> Result<Option<(Arg, Arg)>, StoreError> {
        self.next = self.table.columns.iter().position(|(name, _)| *name == column).unwrap_or_default();
        let row = self.row;
        let keys = &row.keys;
        let no_key = || StoreError::Unavailable { reason: NO_KEY.into() };
        if kind == Kind::SealedBytes {
            let Some(old) = self.get::<Option<Vec<u8>>>()? else { return Ok(None) };
            if old.starts_with(&sealed::beginning_of_bytes(first)) {
                return Ok(None);
            }
            let place = self.place()?;
            let content = keys.open(&place, old.clone()).map_err(|closed| self.closed(closed))?;
            let new = keys.seal(&place, &content).ok_or_else(no_key)?;
            return Ok(Some((new.into(), old.into())));
        }
        let Some(old) = self.get::<Option<String>>()? else { return Ok(None) };
        if old.starts_with(&sealed::beginning_of_text(first)) {
            return Ok(None);
        }
        let place = self.place()?;
        let content = keys.open_text(&place, old.clone()).map_err(|closed| self.closed(closed))?;
        let new = keys.seal_text(&place, &content).ok_or_else(no_key)?;
        Ok(Some((new.into(), old.into())))
    }

    /// Where the value that was just read belongs.
    fn place(&mut self) -> Result<Vec<u8>, StoreError> {
        let key = match self.key.take() {
            Some(key) => key,
            None => self.bound_key()?,
        };
        let place = sealed::place(self.table.name, self.table.columns[self.next - 1].0, &key);
        self.key = Some(key);
        Ok(place)
    }

    fn bound_key(&self) -> Result<Vec<u8>, StoreError> {
        let mut key = Vec::with_capacity(40);
        for name in self.table.key {
            let found = self.table.columns.iter().enumerate().find(|(_, (column, _))| column == name);
            let Some((index, (_, kind))) = found else { return Err(self.inconsistent(name)) };
            let at = self.offset + index;
            let wrong = |_| self.wrong(index);
            match kind {
                Kind::Id => sealed::bind(&mut key, self.row.read::<Uuid>(at).map_err(wrong)?.as_bytes()),
                Kind::Bytes => sealed::bind(&mut key, &self.row.read::<Vec<u8>>(at).map_err(wrong)?),
                _ => sealed::bind(&mut key, self.row.read::<String>(at).map_err(wrong)?.as_bytes()),
            }
        }
        Ok(key)
    }

    fn closed(&self, closed: Closed) -> StoreError {
        match closed {
            Closed::Wrong => self.wrong(self.next - 1),
            Closed::NoKey => StoreError::Unavailable { reason: NO_KEY.into() },
        }
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
