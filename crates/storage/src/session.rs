//! Accounts and their sessions. The token is only in the cookie; the database knows its SHA-256.

use std::collections::HashMap;
use std::sync::Arc;

use domain::party::Account;
use domain::{AccountId, Instant};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::apply::find_key;
use crate::dialect::{Dialect, once};
use crate::directory::Directories;
use crate::engine::{Conn, args};
use crate::error::StoreError;
use crate::loader::{Read, ReadError};
use crate::rows::{ACCOUNT, IDEMPOTENCY, read_account, read_idempotency};
use crate::store::Store;
use domain::changes::IdempotencyRecord;

/// A session with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Without its password hash.
    pub account: Account,
    /// When the person logged in.
    pub created_at: Instant,
    /// The last request that was noted.
    pub last_seen_at: Instant,
    /// The end, whatever happens.
    pub expires_at: Instant,
    /// What forms have to bring along.
    pub csrf: String,
}

pub(crate) struct Sessions {
    pub(crate) dialect: Dialect,
    pub(crate) directories: Arc<Directories>,
}

impl Read for Sessions {
    type Key = [u8; 32];
    type Found = Option<SessionRow>;

    async fn read(&self, conn: &mut Conn, keys: &[[u8; 32]]) -> Result<Vec<Option<SessionRow>>, ReadError> {
        let sql = once!(self.dialect, {
            let (account, chosen) = (ACCOUNT.list("a."), self.dialect.in_ids("s.token_hash", 1));
            format!(
                "SELECT s.token_hash, s.csrf, s.created_at, s.last_seen_at, s.expires_at, g.directory_version, {account}
                 FROM session AS s
                 JOIN account AS a ON a.id = s.account_id
                 JOIN region AS g ON g.id = s.region_id
                 WHERE {chosen}"
            )
        });
        let mut found = HashMap::with_capacity(keys.len());
        for row in conn.rows(sql, args![keys.to_vec()]).await? {
            let account = Account { password_hash: String::new(), ..read_account(&row, 6)? };
            self.directories.saw(account.region_id, row.get(5)?);
            let session = SessionRow {
                account,
                created_at: row.at(2)?,
                last_seen_at: row.at(3)?,
                expires_at: row.at(4)?,
                csrf: row.get(1)?,
            };
            found.insert(row.get::<Vec<u8>>(0)?, session);
        }
        Ok(keys.iter().map(|key| found.get(key.as_slice()).cloned()).collect())
    }
}

impl Store {
    /// The session of this token, whether or not it has expired: that is the caller's clock to say.
    pub async fn session(&self, token_hash: [u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        self.inner.sessions.load(token_hash).await
    }

    /// A person has logged in.
    pub async fn add_session(&self, token_hash: [u8; 32], session: &SessionRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO session (token_hash, region_id, account_id, csrf, created_at, last_seen_at, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let SessionRow { account, created_at, last_seen_at, expires_at, csrf } = session;
        let (region_id, account_id) = (account.region_id.uuid(), account.id.uuid());
        let args =
            args![token_hash.to_vec(), region_id, account_id, csrf.as_str(), *created_at, *last_seen_at, *expires_at];
        self.write(sql, args).await
    }

    /// The session was used; the idle time counts from here.
    pub async fn touch_session(&self, token_hash: [u8; 32], now: Instant) -> Result<(), StoreError> {
        let sql = "UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2";
        self.write(sql, args![token_hash.to_vec(), now]).await
    }

    /// A person has logged out.
    pub async fn delete_session(&self, token_hash: [u8; 32]) -> Result<(), StoreError> {
        self.write("DELETE FROM session WHERE token_hash = $1", args![token_hash.to_vec()]).await
    }

    /// Sessions past their end.
    pub async fn delete_expired_sessions(&self, now: Instant) -> Result<(), StoreError> {
        self.write("DELETE FROM session WHERE expires_at <= $1", args![now]).await
    }

    /// The account with this login name, with its password hash.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {} FROM account WHERE login = $1", ACCOUNT.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![login]).await?;
        rows.first().map(|row| read_account(row, 0)).transpose()
    }

    /// One account, with its password hash.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {} FROM account WHERE id = $1", ACCOUNT.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        rows.first().map(|row| read_account(row, 0)).transpose()
    }

    /// The names that the screen shows beside what these accounts did.
    pub async fn accounts_named(&self, ids: &[AccountId]) -> Result<Vec<(AccountId, String)>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let sql = format!("SELECT id, name FROM account WHERE {}", self.inner.dialect.in_ids("id", 1));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![ids]).await?;
        rows.iter().map(|row| Ok((row.get::<Uuid>(0)?.into(), row.get(1)?))).collect()
    }

    /// A wrong password; with `locked_until`, one too many.
    pub async fn record_login_failure(&self, id: AccountId, locked_until: Option<Instant>) -> Result<(), StoreError> {
        let sql = "UPDATE account SET failed_logins = failed_logins + 1, locked_until = $2 WHERE id = $1";
        self.write(sql, args![id.uuid(), locked_until]).await
    }

    /// The right password: earlier failures are forgotten.
    pub async fn record_login_success(&self, id: AccountId) -> Result<(), StoreError> {
        let sql = "UPDATE account SET failed_logins = 0, locked_until = NULL
                   WHERE id = $1 AND (failed_logins <> 0 OR locked_until IS NOT NULL)";
        self.write(sql, args![id.uuid()]).await
    }

    /// The first answer to this key, if it was used.
    pub async fn idempotency(&self, id: AccountId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError> {
        let sql = once!(self.inner.dialect, find_key(&IDEMPOTENCY.list("")));
        let rows = self.inner.pool.rows(sql, args![id.uuid(), key]).await?;
        rows.first().map(read_idempotency).transpose()
    }
}
