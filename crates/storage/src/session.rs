//! Accounts and their sessions. The token is only in the cookie; the database knows its SHA-256.

use std::collections::HashMap;
use std::sync::Arc;

use domain::credential::Session;
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
use crate::rows::{ACCOUNT, IDEMPOTENCY, SESSION, read_account, read_idempotency, read_session};
use crate::store::Store;
use domain::changes::IdempotencyRecord;

/// A session with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Without its password hash.
    pub account: Account,
    /// How far it has come, and until when it is.
    pub session: Session,
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
            let (account, session, chosen) =
                (ACCOUNT.list("a."), SESSION.list("s."), self.dialect.in_ids("s.token_hash", 1));
            format!(
                "SELECT g.directory_version, {session}, {account}
                 FROM session AS s
                 JOIN account AS a ON a.id = s.account_id
                 JOIN region AS g ON g.id = s.region_id
                 WHERE {chosen} AND a.closed_at IS NULL"
            )
        });
        let mut found = HashMap::with_capacity(keys.len());
        for row in conn.rows(sql, args![keys.to_vec()]).await? {
            let session = read_session(&row, 1)?;
            let account = Account { password_hash: String::new(), ..read_account(&row, 1 + SESSION.columns.len())? };
            self.directories.saw(account.region_id, row.get(0)?);
            found.insert(session.token_hash, SessionRow { account, session });
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }
}

impl Store {
    /// The session of this token, whether or not it has expired: that is the caller's clock to say.
    pub async fn session(&self, token_hash: [u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        self.inner.sessions.load(token_hash).await
    }

    /// The session was used; the idle time counts from here.
    pub async fn touch_session(&self, token_hash: [u8; 32], now: Instant) -> Result<(), StoreError> {
        let sql = "UPDATE session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2";
        self.write(sql, args![token_hash.to_vec(), now]).await
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

    /// The names that the screen shows beside what these accounts, or machines, did.
    pub async fn accounts_named(&self, ids: &[AccountId]) -> Result<Vec<(AccountId, String)>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let chosen = self.inner.dialect.in_ids("id", 1);
        let sql = format!(
            "SELECT id, name FROM account WHERE {chosen}
             UNION ALL
             SELECT id, name FROM machine WHERE {chosen}"
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![ids]).await?;
        rows.iter().map(|row| Ok((row.get::<Uuid>(0)?.into(), row.get(1)?))).collect()
    }

    /// The first answer to this key, if it was used.
    pub async fn idempotency(&self, id: AccountId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError> {
        let sql = once!(self.inner.dialect, find_key(&IDEMPOTENCY.list("")));
        let rows = self.inner.pool.rows(sql, args![id.uuid(), key]).await?;
        rows.first().map(read_idempotency).transpose()
    }
}
