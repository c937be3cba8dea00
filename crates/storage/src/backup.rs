//! A copy of a SQLite database taken while it is in use, and what is asked of such a copy before it is trusted.

use std::path::Path;

use crate::dialect::Dialect;
use crate::engine::{Target, args};
use crate::error::StoreError;
use crate::migrations::newest_migration;
use crate::sealed::Keyring;
use crate::store::Store;

impl Store {
    /// Writes the database as it stands at one moment into a new file; writers go on meanwhile. The copy is compact, and plain: whoever
    /// calls encrypts it.
    ///
    /// # Errors
    /// [`StoreError::Setup`] on PostgreSQL, which has tools of its own (README, Backup).
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.only_sqlite()?;
        let name = path.to_str().ok_or_else(|| StoreError::Setup { reason: "the path is not UTF-8".into() })?;
        let mut conn = self.inner.target.connect().await?;
        let copied = conn.run("VACUUM INTO $1", args![name]).await;
        conn.close().await;
        Ok(copied?)
    }

    /// What SQLite finds wrong in the file, as the names of what is wrong; empty if nothing.
    pub async fn faults_of_file(&self) -> Result<Vec<String>, StoreError> {
        self.only_sqlite()?;
        let mut faults = Vec::new();
        for row in self.inner.pool.rows("PRAGMA integrity_check", vec![]).await? {
            let found: String = row.get(0)?;
            if found != "ok" {
                faults.push(found);
            }
        }
        for row in self.inner.pool.rows("PRAGMA foreign_key_check", vec![]).await? {
            faults.push(format!("a row of {} refers to nothing", row.get::<String>(0)?));
        }
        Ok(faults)
    }

    /// The last migration that this program knows.
    pub fn newest_schema(&self) -> i64 {
        newest_migration(self.inner.dialect)
    }

    /// Takes the log of a SQLite file back into it, which only works for whoever has it open alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while another process has the file open, even if it does nothing.
    pub async fn fold_log(url: &str) -> Result<(), StoreError> {
        let mut conn = Target::parse(url, Keyring::default())?.connect().await?;
        let folded = conn.rows("PRAGMA journal_mode = DELETE", vec![]).await;
        conn.close().await;
        let mode: Option<String> = folded?.first().map(|row| row.get(0)).transpose()?;
        if mode.as_deref() == Some("delete") {
            Ok(())
        } else {
            Err(StoreError::Unavailable { reason: "in use".into() })
        }
    }

    fn only_sqlite(&self) -> Result<(), StoreError> {
        match self.inner.dialect {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                Err(StoreError::Setup { reason: "only a SQLite file is copied by this program".into() })
            }
        }
    }
}
