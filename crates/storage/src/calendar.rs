//! The cabinet office's holiday table as an administrator loaded it. Earlier ones are kept: a deadline was made under them.

use domain::{AccountId, Instant};

use crate::engine::args;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// The table in force (as downloaded, cp932) and when it was loaded.
    pub async fn calendar_csv(&self) -> Result<Option<(Vec<u8>, Instant)>, StoreError> {
        let sql = "SELECT csv, loaded_at FROM calendar_file ORDER BY loaded_at DESC LIMIT 1";
        let rows = self.inner.pool.rows(sql, args![]).await?;
        rows.first().map(|row| Ok((row.get(0)?, row.at(1)?))).transpose()
    }

    /// Puts a table in force. Whoever calls has parsed it.
    pub async fn put_calendar_csv(&self, bytes: Vec<u8>, at: Instant, by: AccountId) -> Result<(), StoreError> {
        let sql = "INSERT INTO calendar_file (loaded_at, loaded_by, csv) VALUES ($1, $2, $3)
                   ON CONFLICT (loaded_at) DO UPDATE SET loaded_by = excluded.loaded_by, csv = excluded.csv";
        self.write(sql, args![at, by.uuid(), bytes]).await
    }
}
