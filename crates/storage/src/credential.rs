//! Reading what people and machines prove themselves with. Writing goes through `Changes::credentials`.

use domain::credential::{Hash, OutsideIdentity, Passkey, Session, SignIn, Totp};
use domain::machine::Machine;
use domain::party::Account;
use domain::{AccountId, Instant, InvitationId, MachineId, OrganizationId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::dialect::once;
use crate::engine::args;
use crate::error::StoreError;
use crate::rows::{
    ACCOUNT, MACHINE, OUTSIDE_IDENTITY, PASSKEY, SESSION, SIGN_IN, TOTP, read_account, read_enrolling, read_machine,
    read_outside_identity, read_passkey, read_session, read_sign_in, read_totp,
};
use crate::store::Store;

/// The second factors of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Factors {
    /// An authenticator with codes.
    pub totp: Option<Totp>,
    /// Recovery codes that were not used yet.
    pub codes_left: i64,
    /// How many passkeys.
    pub passkeys: i64,
}

impl Factors {
    /// Something that a login has to ask for.
    pub const fn any(&self) -> bool {
        self.totp.is_some() || self.passkeys > 0
    }

    /// One thing alone that a login could ask for.
    pub const fn is_last(&self) -> bool {
        self.passkeys + if self.totp.is_some() { 1 } else { 0 } <= 1
    }
}

/// An invitation that stands, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// To be claimed by a link.
    pub id: InvitationId,
    /// The end of its links.
    pub expires_at: Instant,
    /// The second factor goes too.
    pub reset_factor: bool,
    /// Whose password is set; with its hash.
    pub account: Account,
}

/// One line of an administrator's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLine {
    /// Without its password hash.
    pub account: Account,
    /// A password was set.
    pub has_password: bool,
    /// A second factor was set up.
    pub has_factor: bool,
    /// Invited and not yet come.
    pub invited_until: Option<Instant>,
    /// Open sessions.
    pub sessions: i64,
}

impl Store {
    /// Whether one of these keys is locked at `now`.
    pub async fn is_locked(&self, keys: &[Hash], now: Instant) -> Result<Vec<Hash>, StoreError> {
        let dialect = self.inner.dialect;
        let sql = format!("SELECT key FROM throttle WHERE {} AND locked_until > $2", dialect.in_ids("key", 1));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![keys.to_vec(), now]).await?;
        let keys = rows.iter().map(|row| row.get::<Vec<u8>>(0)?.try_into().map_err(|_| wrong("throttle", "key")));
        keys.collect()
    }

    /// What second factors a person has.
    pub async fn factors(&self, id: AccountId) -> Result<Factors, StoreError> {
        let sql = format!("SELECT {} FROM totp WHERE account_id = $1", TOTP.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        let totp = rows.first().map(read_totp).transpose()?;
        let codes = "SELECT count(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL";
        let codes_left = self.first(codes, args![id.uuid()]).await?.unwrap_or(0);
        let passkeys = "SELECT count(*) FROM passkey WHERE account_id = $1";
        let passkeys = self.first(passkeys, args![id.uuid()]).await?.unwrap_or(0);
        Ok(Factors { totp, codes_left, passkeys })
    }

    /// The second factor that is being set up in this session.
    pub async fn enrolling(&self, token_hash: Hash) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT token_hash, secret FROM session WHERE token_hash = $1 AND secret IS NOT NULL";
        self.inner.pool.rows(sql, args![token_hash.to_vec()]).await?.first().map(read_enrolling).transpose()
    }

    /// Her passkeys, oldest first.
    pub async fn passkeys(&self, id: AccountId) -> Result<Vec<Passkey>, StoreError> {
        let sql = format!("SELECT {} FROM passkey WHERE account_id = $1 ORDER BY added_at, id", PASSKEY.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        rows.iter().map(read_passkey).collect()
    }

    /// The ceremony of a passkey that is under way in this session.
    pub async fn ceremony(&self, token_hash: Hash) -> Result<Option<String>, StoreError> {
        let sql = "SELECT ceremony FROM session WHERE token_hash = $1";
        Ok(self.first::<Option<String>>(sql, args![token_hash.to_vec()]).await?.flatten())
    }

    /// Who she is at outside providers, oldest first.
    pub async fn outside_identities(&self, id: AccountId) -> Result<Vec<OutsideIdentity>, StoreError> {
        let columns = OUTSIDE_IDENTITY.list("");
        let sql = format!("SELECT {columns} FROM outside_identity WHERE account_id = $1 ORDER BY linked_at, issuer");
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        rows.iter().map(read_outside_identity).collect()
    }

    /// Whose identity it is, closed or not, without the password hash.
    pub async fn account_by_identity(&self, issuer: &str, subject: Hash) -> Result<Option<Account>, StoreError> {
        let sql = format!(
            "SELECT {} FROM outside_identity AS o
             JOIN account AS a ON a.id = o.account_id
             WHERE o.issuer = $1 AND o.subject_hash = $2",
            ACCOUNT.list("a.")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![issuer, subject.to_vec()]).await?;
        let bare = |row: &crate::engine::Row| Ok(Account { password_hash: String::new(), ..read_account(row, 0)? });
        rows.first().map(bare).transpose()
    }

    /// The sign-in at a provider of this token, whether or not it has ended: that is the caller's clock to say.
    pub async fn sign_in(&self, token_hash: Hash) -> Result<Option<SignIn>, StoreError> {
        let sql = format!("SELECT {} FROM outside_sign_in WHERE token_hash = $1", SIGN_IN.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![token_hash.to_vec()]).await?;
        rows.first().map(read_sign_in).transpose()
    }

    /// Sessions of a person that have not ended by themselves, newest first.
    pub async fn sessions_of(&self, id: AccountId, now: Instant) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {} FROM session WHERE account_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id",
            SESSION.list("")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), now]).await?;
        rows.iter().map(|row| read_session(row, 0)).collect()
    }

    /// The hashes of the last passwords.
    pub async fn old_passwords(&self, id: AccountId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT password_hash FROM old_password WHERE account_id = $1 ORDER BY set_at DESC";
        self.inner.pool.rows(sql, args![id.uuid()]).await?.iter().map(|row| row.get(0)).collect()
    }

    /// The invitation of this link, if it stands.
    pub async fn invitation(&self, token_hash: Hash, now: Instant) -> Result<Option<InvitationRow>, StoreError> {
        let sql = format!(
            "SELECT i.id, i.expires_at, i.reset_factor, {}
             FROM invitation_link AS l
             JOIN invitation AS i ON i.id = l.invitation_id
             JOIN account AS a ON a.id = i.account_id
             WHERE l.token_hash = $1 AND i.ended_at IS NULL AND i.expires_at > $2 AND a.closed_at IS NULL",
            ACCOUNT.list("a.")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![token_hash.to_vec(), now]).await?;
        let found = rows.first().map(|row| {
            Ok(InvitationRow {
                id: row.get::<uuid::Uuid>(0)?.into(),
                expires_at: row.at(1)?,
                reset_factor: row.get(2)?,
                account: read_account(row, 3)?,
            })
        });
        found.transpose()
    }

    /// The people of an organization, by login; with a region, also whoever administrates another organization of it.
    pub async fn people_of(
        &self,
        id: OrganizationId,
        everywhere: Option<RegionId>,
        now: Instant,
    ) -> Result<Vec<PersonLine>, StoreError> {
        let sql = format!(
            "SELECT a.password_hash <> '',
               EXISTS (SELECT 1 FROM totp AS t WHERE t.account_id = a.id)
                 OR EXISTS (SELECT 1 FROM passkey AS p WHERE p.account_id = a.id),
               (SELECT max(i.expires_at) FROM invitation AS i WHERE i.account_id = a.id AND i.ended_at IS NULL AND i.expires_at > $2),
               (SELECT count(*) FROM session AS s WHERE s.account_id = a.id AND s.stage = 'open' AND s.expires_at > $2),
               {}
             FROM account AS a
             WHERE a.organization_id = $1 OR (a.region_id = $3 AND a.role = 'organization_administrator')
             ORDER BY a.organization_id <> $1, a.login",
            ACCOUNT.list("a.")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), now, everywhere.map(Uuid::from)]).await?;
        let line = |row: &crate::engine::Row| {
            Ok(PersonLine {
                account: Account { password_hash: String::new(), ..read_account(row, 4)? },
                has_password: row.get(0)?,
                has_factor: row.get(1)?,
                invited_until: row.get::<Option<crate::engine::At>>(2)?.map(|at| at.0),
                sessions: row.get(3)?,
            })
        };
        rows.iter().map(line).collect()
    }

    /// The machine of this token, whether or not it is over: that is the caller's clock to say.
    pub async fn machine_by_token(&self, token_hash: Hash) -> Result<Option<Machine>, StoreError> {
        let sql = once!(self.inner.dialect, {
            let machine = MACHINE.list("m.");
            format!(
                "SELECT g.directory_version, {machine}
                 FROM machine AS m
                 JOIN region AS g ON g.id = m.region_id
                 WHERE m.token_hash = $1"
            )
        });
        let rows = self.inner.pool.rows(sql, args![token_hash.to_vec()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let machine = read_machine(row, 1)?;
        self.inner.directories.saw(machine.region_id, row.get(0)?);
        Ok(Some(machine))
    }

    /// One machine of an organization.
    pub async fn machine(&self, organization_id: OrganizationId, id: MachineId) -> Result<Option<Machine>, StoreError> {
        let sql = format!("SELECT {} FROM machine WHERE id = $1 AND organization_id = $2", MACHINE.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), organization_id.uuid()]).await?;
        rows.first().map(|row| read_machine(row, 0)).transpose()
    }

    /// Name of the person or the machine that the audit trail of this region knows by that id.
    pub async fn acting(&self, region_id: RegionId, id: AccountId) -> Result<Option<String>, StoreError> {
        // Whose organization takes part in the region, or did, may stand on its trail too.
        let sql = "SELECT a.name FROM account AS a WHERE a.id = $1
                     AND (a.region_id = $2 OR a.organization_id IN (SELECT n.organization_id FROM organization_region AS n WHERE n.region_id = $2))
                   UNION ALL
                   SELECT m.name FROM machine AS m WHERE m.id = $1
                     AND (m.region_id = $2 OR m.organization_id IN (SELECT n.organization_id FROM organization_region AS n WHERE n.region_id = $2))";
        self.first(sql, args![id.uuid(), region_id.uuid()]).await
    }

    /// Where the person or the machine of that id belongs.
    pub async fn home_of(&self, id: AccountId) -> Result<Option<(OrganizationId, RegionId)>, StoreError> {
        let sql = "SELECT organization_id, region_id FROM account WHERE id = $1
                   UNION ALL SELECT organization_id, region_id FROM machine WHERE id = $1";
        let rows = self.inner.pool.rows(sql, args![id.uuid()]).await?;
        rows.first().map(|row| Ok((row.get::<Uuid>(0)?.into(), row.get::<Uuid>(1)?.into()))).transpose()
    }

    /// Whoever administrates the people and machines of an organization, without password hashes.
    pub async fn administrators_of(&self, id: OrganizationId) -> Result<Vec<Account>, StoreError> {
        let sql = format!(
            "SELECT {} FROM account
             WHERE organization_id = $1 AND role IN ('administrator', 'organization_administrator') AND closed_at IS NULL
             ORDER BY id",
            ACCOUNT.list("")
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        let bare = |row: &crate::engine::Row| Ok(Account { password_hash: String::new(), ..read_account(row, 0)? });
        rows.iter().map(bare).collect()
    }

    /// The machines of an organization, newest first.
    pub async fn machines_of(&self, id: OrganizationId) -> Result<Vec<Machine>, StoreError> {
        let sql = format!("SELECT {} FROM machine WHERE organization_id = $1 ORDER BY id DESC", MACHINE.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        rows.iter().map(|row| read_machine(row, 0)).collect()
    }

    /// A machine's token was used.
    pub async fn touch_machine(&self, machine: &Machine, now: Instant) -> Result<(), StoreError> {
        let sql = "UPDATE machine SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
        self.write(sql, args![machine.id.uuid(), now]).await
    }
}

fn wrong(table: &'static str, column: &'static str) -> StoreError {
    StoreError::Inconsistent { table, column, row: "?".into() }
}
