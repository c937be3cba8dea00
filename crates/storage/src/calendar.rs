//! The cabinet office's holiday table as an administrator loaded it. Earlier ones are kept: a deadline was made under them.

use domain::Instant;

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

    /// When the table in force was loaded.
    pub async fn calendar_loaded_at(&self) -> Result<Option<Instant>, StoreError> {
        let sql = "SELECT loaded_at FROM calendar_file ORDER BY loaded_at DESC LIMIT 1";
        let rows = self.inner.pool.rows(sql, args![]).await?;
        rows.first().map(|row| row.at(0)).transpose()
    }
}
