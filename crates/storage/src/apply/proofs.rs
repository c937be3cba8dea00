//! Credentials: first the claims and the counted failures of all commands, one command after the other, then what follows from them.
//!
//! Why failures are counted among the claims: of many guesses in one transaction, a right one that comes behind too many wrong ones has
//! to find the login locked.
//!
//! Why one statement each and not one a table: a login costs two runs of argon2, so there are never many of them at a time.

use domain::credential::{Failure as FailedLogin, Invitation, Passkey, Proof, Session};
use domain::machine::Machine;
use uuid::Uuid;

use super::{Abort, Batch};
use crate::engine::{Arg, args};
use crate::error::Failure;
use crate::rows::{seal_enrolling, seal_totp, word};
use crate::sealed::Keyring;

/// The claims of a command that finds nothing to claim end it, and give back what it had claimed.
const UNLOCKED: &str = "INSERT INTO throttle (key, failures, failed_at) VALUES ($1, 0, $2)
    ON CONFLICT (key) DO UPDATE SET failures = 0, locked_until = NULL
    WHERE throttle.locked_until IS NULL OR throttle.locked_until <= $2
    RETURNING failures";
/// Written, not only looked at: a failure of another instance waits for it, or it for the failure.
const NOT_LOCKED: &str = "INSERT INTO throttle (key, failures, failed_at) VALUES ($1, 0, $2)
    ON CONFLICT (key) DO UPDATE SET failures = throttle.failures
    WHERE throttle.locked_until IS NULL OR throttle.locked_until <= $2
    RETURNING failures";
const TOTP_STEP: &str = "UPDATE totp SET last_step = $2 WHERE account_id = $1 AND last_step < $2 RETURNING last_step";
const RECOVERY_CODE: &str = "UPDATE recovery_code SET used_at = $3
    WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL
    RETURNING account_id";
const CEREMONY_OVER: &str =
    "UPDATE session SET ceremony = NULL WHERE token_hash = $1 AND ceremony = $2 RETURNING account_id";
const PASSKEY_USED: &str = "UPDATE passkey SET credential = $4, last_used_at = $5
    WHERE account_id = $1 AND id = $2 AND credential = $3
    RETURNING id";
const ADD_PASSKEY: &str = "INSERT INTO passkey (account_id, id, region_id, name, credential_id, credential, added_at)
    SELECT $1, $2, $3, $4, $5, $6, $7
    WHERE (SELECT count(*) FROM passkey AS p WHERE p.account_id = $1) < $8
    ON CONFLICT (credential_id) DO NOTHING
    RETURNING id";
/// Two removals at once come one after the other, so that neither counts on what the other takes away.
const ONE_AT_A_TIME: &str = "UPDATE account SET login = login WHERE id = $1 RETURNING id";
const REMOVE_PASSKEY: &str = "DELETE FROM passkey WHERE account_id = $1 AND id = $2
    AND (EXISTS (SELECT 1 FROM totp AS t WHERE t.account_id = $1)
      OR EXISTS (SELECT 1 FROM passkey AS p WHERE p.account_id = $1 AND p.id <> $2))
    RETURNING id";
const REMOVE_TOTP: &str = "DELETE FROM totp WHERE account_id = $1
    AND EXISTS (SELECT 1 FROM passkey AS p WHERE p.account_id = $1)
    RETURNING account_id";
const SIGN_IN_OVER: &str = "DELETE FROM outside_sign_in WHERE token_hash = $1 RETURNING token_hash";
const LINK_IDENTITY: &str = "INSERT INTO outside_identity (account_id, issuer, region_id, subject_hash, linked_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
    RETURNING account_id";
const UNLINK_IDENTITY: &str = "DELETE FROM outside_identity WHERE account_id = $1 AND issuer = $2 RETURNING account_id";
const IDENTITY_USED: &str = "UPDATE outside_identity SET last_used_at = $4
    WHERE account_id = $1 AND issuer = $2 AND subject_hash = $3
    RETURNING account_id";
const INVITED: &str = "UPDATE invitation SET ended_at = $2
    WHERE ended_at IS NULL AND expires_at > $2
      AND id IN (SELECT l.invitation_id FROM invitation_link AS l WHERE l.token_hash = $1)
    RETURNING id";
const END_SESSION: &str = "DELETE FROM session WHERE token_hash = $1 RETURNING account_id";

const FORGET_FAILURES: &str =
    "DELETE FROM throttle WHERE failed_at < $1 AND (locked_until IS NULL OR locked_until <= $2)";
const FAILED: &str = "INSERT INTO throttle (key, failures, failed_at, locked_until)
    VALUES ($1, 1, $2, CASE WHEN CAST($4 AS BIGINT) <= 1 THEN $5 END)
    ON CONFLICT (key) DO UPDATE SET
      failures = CASE WHEN throttle.failed_at <= $3 THEN 1 ELSE throttle.failures + 1 END,
      failed_at = $2,
      locked_until = CASE WHEN throttle.failed_at > $3 AND throttle.failures + 1 >= $4 THEN $5 END
    WHERE throttle.locked_until IS NULL OR throttle.locked_until <= $2";
const BEGIN_SESSION: &str = "INSERT INTO session
    (token_hash, id, region_id, account_id, stage, csrf, agent, address, created_at, last_seen_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const FORGET_SIGN_INS: &str = "DELETE FROM outside_sign_in WHERE expires_at <= $1";
const BEGIN_SIGN_IN: &str =
    "INSERT INTO outside_sign_in (token_hash, linking, next, expires_at) VALUES ($1, $2, $3, $4)";
const SET_TOTP: &str = "INSERT INTO totp (account_id, region_id, secret, last_step, set_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (account_id) DO UPDATE SET secret = $3, last_step = $4, set_at = $5";
const NEW_CODE: &str = "INSERT INTO recovery_code (account_id, code_hash, region_id) VALUES ($1, $2, $3)";
const OLD_PASSWORDS: &str = "DELETE FROM old_password WHERE account_id = $1
    AND set_at NOT IN (SELECT o.set_at FROM old_password AS o WHERE o.account_id = $1 ORDER BY o.set_at DESC LIMIT $2)";
const INVITE: &str =
    "INSERT INTO invitation (id, region_id, account_id, reset_factor, invited_by, invited_at, expires_at)
    VALUES ($1, $2, $3, CAST($4 AS BIGINT) <> 0, $5, $6, $7)";
const LINK: &str = "INSERT INTO invitation_link (token_hash, region_id, invitation_id)
    SELECT $2, i.region_id, i.id FROM invitation AS i WHERE i.id = $1 AND i.ended_at IS NULL";
const ADD_MACHINE: &str = "INSERT INTO machine
    (id, region_id, organization_id, ward_id, name, role, rights, token_hash, made_by, made_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const REVOKE_MACHINE: &str =
    "UPDATE machine SET revoked_at = $3 WHERE id = $1 AND organization_id = $2 AND revoked_at IS NULL";

type Statement = (&'static str, Vec<Arg>);

impl Batch<'_> {
    /// Whoever finds nothing to claim is stale; the others are run again without it. Failures take their turn among the claims.
    pub(super) async fn claims(&mut self) -> Result<(), Abort> {
        if !self.has_claims() {
            return Ok(());
        }
        let first: Vec<(usize, &Proof)> = self
            .going()
            .flat_map(|(index, c)| c.credentials.iter().filter(|p| takes_turns(p)).map(move |p| (index, p)))
            .collect();
        for (index, proof) in first {
            for (sql, args) in statements(proof, self.conn.keys())? {
                if self.conn.rows(sql, args).await?.is_empty() && proof.is_claim() {
                    return Err(Abort::Stale(vec![index]));
                }
            }
        }
        Ok(())
    }

    /// Everything that was not written among the claims.
    pub(super) async fn proofs(&mut self) -> Result<(), Abort> {
        let turns_taken = self.has_claims();
        let left = |proof: &&Proof| !(turns_taken && takes_turns(proof));
        let proofs: Vec<&Proof> = self.going().flat_map(|(_, c)| c.credentials.iter().filter(left)).collect();
        for proof in proofs {
            for (sql, args) in statements(proof, self.conn.keys())? {
                self.conn.run(sql, args).await?;
            }
        }
        Ok(())
    }

    fn has_claims(&self) -> bool {
        self.going().any(|(_, c)| c.credentials.iter().any(Proof::is_claim))
    }
}

const fn takes_turns(proof: &Proof) -> bool {
    proof.is_claim() || matches!(proof, Proof::Failed(_))
}

fn statements(proof: &Proof, keys: &Keyring) -> Result<Vec<Statement>, Failure> {
    let id = |id: domain::AccountId| -> Uuid { id.uuid() };
    Ok(match proof {
        Proof::Unlocked { key, at } => vec![(UNLOCKED, args![key.to_vec(), *at])],
        Proof::NotLocked { key, at } => vec![(NOT_LOCKED, args![key.to_vec(), *at])],
        Proof::TotpStep { account_id, step } => vec![(TOTP_STEP, args![id(*account_id), *step])],
        Proof::RecoveryCode { account_id, code_hash, at } => {
            vec![(RECOVERY_CODE, args![id(*account_id), code_hash.to_vec(), *at])]
        }
        Proof::CeremonyOver { token_hash, ceremony } => {
            vec![(CEREMONY_OVER, args![token_hash.to_vec(), ceremony.as_str()])]
        }
        Proof::PasskeyUsed { account_id, id: passkey, read, credential, at } => {
            vec![(PASSKEY_USED, args![id(*account_id), passkey.uuid(), read.as_str(), credential.as_str(), *at])]
        }
        Proof::AddPasskey { region_id, account_id, passkey: p } => {
            let (name, credential) = (p.name.as_str(), p.credential.as_str());
            let new = args![
                id(*account_id),
                p.id.uuid(),
                region_id.uuid(),
                name,
                p.credential_id.clone(),
                credential,
                p.added_at,
                Passkey::MOST
            ];
            vec![(ONE_AT_A_TIME, args![id(*account_id)]), (ADD_PASSKEY, new)]
        }
        Proof::RemovePasskey { account_id, id: passkey } => {
            vec![(ONE_AT_A_TIME, args![id(*account_id)]), (REMOVE_PASSKEY, args![id(*account_id), passkey.uuid()])]
        }
        Proof::RemoveTotp { account_id } => {
            vec![(ONE_AT_A_TIME, args![id(*account_id)]), (REMOVE_TOTP, args![id(*account_id)])]
        }
        Proof::SignInOver { token_hash } => vec![(SIGN_IN_OVER, args![token_hash.to_vec()])],
        Proof::LinkIdentity { region_id, account_id, identity: i } => {
            let (issuer, subject) = (i.issuer.as_str(), i.subject_hash.to_vec());
            vec![(LINK_IDENTITY, args![id(*account_id), issuer, region_id.uuid(), subject, i.linked_at])]
        }
        Proof::UnlinkIdentity { account_id, issuer } => {
            vec![(UNLINK_IDENTITY, args![id(*account_id), issuer.as_str()])]
        }
        Proof::IdentityUsed { account_id, issuer, subject_hash, at } => {
            vec![(IDENTITY_USED, args![id(*account_id), issuer.as_str(), subject_hash.to_vec(), *at])]
        }
        Proof::Invited { token_hash, at } => vec![(INVITED, args![token_hash.to_vec(), *at])],
        Proof::EndSession { token_hash } => vec![(END_SESSION, args![token_hash.to_vec()])],
        Proof::Failed(FailedLogin { key, at, since, limit, until }) => {
            vec![(FORGET_FAILURES, args![*since, *at]), (FAILED, args![key.to_vec(), *at, *since, *limit, *until])]
        }
        Proof::BeginSession(session) => vec![(BEGIN_SESSION, session_args(session))],
        Proof::Enrolling { token_hash, secret: None } => {
            vec![("UPDATE session SET secret = NULL WHERE token_hash = $1", args![token_hash.to_vec()])]
        }
        Proof::Enrolling { token_hash, secret: Some(secret) } => {
            let secret = seal_enrolling(keys, token_hash, secret)?;
            vec![("UPDATE session SET secret = $2 WHERE token_hash = $1", args![token_hash.to_vec(), secret])]
        }
        Proof::Ceremony { token_hash, ceremony } => {
            vec![(
                "UPDATE session SET ceremony = $2 WHERE token_hash = $1",
                args![token_hash.to_vec(), ceremony.as_str()],
            )]
        }
        Proof::BeginSignIn { sign_in: s, at } => {
            let linking = s.linking.map(|hash| hash.to_vec());
            let new = args![s.token_hash.to_vec(), linking, s.next.as_str(), s.expires_at];
            vec![(FORGET_SIGN_INS, args![*at]), (BEGIN_SIGN_IN, new)]
        }
        Proof::SetTotp { region_id, account_id, totp } => {
            let secret = seal_totp(keys, *account_id, &totp.secret)?;
            vec![(SET_TOTP, args![id(*account_id), region_id.uuid(), secret, totp.last_step, totp.set_at])]
        }
        Proof::SetRecoveryCodes { region_id, account_id, codes } => {
            let old = ("DELETE FROM recovery_code WHERE account_id = $1", args![id(*account_id)]);
            let new = codes.iter().map(|code| (NEW_CODE, args![id(*account_id), code.to_vec(), region_id.uuid()]));
            std::iter::once(old).chain(new).collect()
        }
        Proof::DropFactors { account_id } => vec![
            ("DELETE FROM totp WHERE account_id = $1", args![id(*account_id)]),
            ("DELETE FROM recovery_code WHERE account_id = $1", args![id(*account_id)]),
            ("DELETE FROM passkey WHERE account_id = $1", args![id(*account_id)]),
        ],
        Proof::DropIdentities { account_id } => {
            vec![("DELETE FROM outside_identity WHERE account_id = $1", args![id(*account_id)])]
        }
        Proof::EndSessions { account_id, keep } => vec![(
            "DELETE FROM session WHERE account_id = $1 AND token_hash <> $2",
            args![id(*account_id), keep.unwrap_or_default().to_vec()],
        )],
        Proof::EndOneSession { account_id, id: session } => {
            vec![("DELETE FROM session WHERE account_id = $1 AND id = $2", args![id(*account_id), session.uuid()])]
        }
        Proof::SetPassword { region_id, account_id, hash, at, keep } => vec![
            ("UPDATE account SET password_hash = $2 WHERE id = $1", args![id(*account_id), hash.as_str()]),
            (
                "INSERT INTO old_password (account_id, set_at, region_id, password_hash) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (account_id, set_at) DO NOTHING",
                args![id(*account_id), *at, region_id.uuid(), hash.as_str()],
            ),
            (OLD_PASSWORDS, args![id(*account_id), *keep]),
        ],
        Proof::Rehash { account_id, old, hash } => vec![(
            "UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
            args![id(*account_id), old.as_str(), hash.as_str()],
        )],
        Proof::Close { account_id, at } => {
            vec![("UPDATE account SET closed_at = $2 WHERE id = $1", args![id(*account_id), *at])]
        }
        Proof::Invite(invitation) => invite(invitation),
        Proof::Link { invitation_id, token_hash } => {
            vec![(LINK, args![invitation_id.uuid(), token_hash.to_vec()])]
        }
        Proof::AddMachine { machine, token_hash } => vec![(ADD_MACHINE, machine_args(machine, token_hash))],
        Proof::RevokeMachine { id, organization_id, at } => {
            vec![(REVOKE_MACHINE, args![id.uuid(), organization_id.uuid(), *at])]
        }
    })
}

fn session_args(s: &Session) -> Vec<Arg> {
    args![
        s.token_hash.to_vec(),
        s.id.uuid(),
        s.region_id.uuid(),
        s.account_id.uuid(),
        word(&s.stage),
        s.csrf.as_str(),
        s.agent.as_str(),
        s.address.as_str(),
        s.created_at,
        s.last_seen_at,
        s.expires_at
    ]
}

fn invite(i: &Invitation) -> Vec<Statement> {
    let earlier = "UPDATE invitation SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL";
    let new = args![
        i.id.uuid(),
        i.region_id.uuid(),
        i.account_id.uuid(),
        i64::from(i.reset_factor),
        i.invited_by.uuid(),
        i.invited_at,
        i.expires_at
    ];
    vec![(earlier, args![i.account_id.uuid(), i.invited_at]), (INVITE, new)]
}

fn machine_args(m: &Machine, token_hash: &[u8; 32]) -> Vec<Arg> {
    let rights: Vec<&str> = m.rights.iter().map(|right| right.name()).collect();
    args![
        m.id.uuid(),
        m.region_id.uuid(),
        m.organization_id.uuid(),
        m.ward_id.map(Uuid::from),
        m.name.as_str(),
        word(&m.role),
        rights.join(" "),
        token_hash.to_vec(),
        m.made_by.uuid(),
        m.made_at,
        m.expires_at
    ]
}
