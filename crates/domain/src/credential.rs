//! How somebody proves who she is: sessions, second factors, invitations, and the tokens of machines.
//!
//! # Who is who
//!
//! - [`Stage`] — how far a login has come. Only an open session can do anything but its own next step.
//! - [`Totp`], [`Passkey`], recovery codes — the second factor. A step of the first, a ceremony of the second and a code of the third are
//!   accepted once.
//! - [`OutsideIdentity`] — who she is at an outside provider, which answers for both factors; [`SignIn`] — her way there and back.
//! - [`Invitation`] — lets a person set a password: the first one, or a new one.
//! - [`Machine`] — a system of an organization, which proves itself by a token.
//! - [`Proof`] — one change of these, as part of [`crate::changes::Changes`]; some of them are claims.
//!
//! A **claim** can be won once: whoever comes second finds nothing to claim, and the whole command is stale. That a code can't be
//! replayed is thus decided by the database, also between two instances. Failures are counted in one order with the claims: a right
//! guess behind too many wrong ones finds the login locked, however many of them came at once.
//!
//! Tokens and codes are long chance; only their SHA-256 is ever kept. Passwords are short and people's own, so they are kept as argon2id.

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::party::{OrganizationKind, Role};
use crate::text::Line;
use crate::{AccountId, Instant, InvitationId, MachineId, OrganizationId, PasskeyId, RegionId, SessionId};

/// SHA-256 of a token or of a code.
pub type Hash = [u8; 32];

/// How far a login has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The password was right; the second factor is awaited.
    SecondFactor,
    /// The password was right and there is no second factor yet: one has to be set up.
    Enrolment,
    Open,
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub token_hash: Hash,
    pub id: SessionId,
    pub region_id: RegionId,
    pub account_id: AccountId,
    pub stage: Stage,
    /// What forms have to bring along.
    pub csrf: String,
    /// What the browser calls itself, shortened: for the list of one's sessions.
    pub agent: String,
    pub address: String,
    pub created_at: Instant,
    pub last_seen_at: Instant,
    /// The end, whatever happens.
    pub expires_at: Instant,
}

/// RFC 6238: SHA-1, six digits, 30 seconds, as every authenticator knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp {
    pub secret: Vec<u8>,
    /// The last step that was accepted.
    pub last_step: i64,
    pub set_at: Instant,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp").field("last_step", &self.last_step).finish_non_exhaustive()
    }
}

/// パスキー: the public half of a key that never leaves its authenticator, and how far its counter has come. Nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: PasskeyId,
    /// What its owner knows it by.
    pub name: Line,
    /// What its authenticator knows it by; no two accounts have the same.
    pub credential_id: Vec<u8>,
    /// JSON of the library that checks it.
    pub credential: String,
    pub added_at: Instant,
    pub last_used_at: Option<Instant>,
}

impl Passkey {
    /// More than this many nobody has.
    pub const MOST: i64 = 10;
}

/// 外部アカウント: who somebody is at an OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideIdentity {
    pub issuer: String,
    /// SHA-256 over issuer and subject: some providers call people by their address, and nobody has to read it here.
    pub subject_hash: Hash,
    pub linked_at: Instant,
    pub last_used_at: Option<Instant>,
}

/// A sign-in that is under way at an outside provider, in the browser that holds its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    pub token_hash: Hash,
    /// The session that wants to link; none: a login.
    pub linking: Option<Hash>,
    /// Where she was going.
    pub next: String,
    pub expires_at: Instant,
}

/// 招待: who may set the password of which account, until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub region_id: RegionId,
    pub account_id: AccountId,
    /// The second factor was lost too: it goes with the old password.
    pub reset_factor: bool,
    pub invited_by: AccountId,
    pub invited_at: Instant,
    pub expires_at: Instant,
}

impl Invitation {
    /// A link works for so long.
    pub const HOURS: i64 = 72;
}

/// The roles that an administrator may give to people of an organization of this kind.
pub const fn roles_of(kind: OrganizationKind) -> &'static [Role] {
    match kind {
        OrganizationKind::Hospital | OrganizationKind::Guest => {
            &[Role::WardStaff, Role::Coordinator, Role::OrganizationAdministrator]
        }
        OrganizationKind::CareOffice | OrganizationKind::SupportCentre => {
            &[Role::CareManager, Role::OrganizationAdministrator]
        }
        OrganizationKind::Municipality => &[Role::Municipality, Role::Auditor, Role::Administrator],
    }
}

/// Counting failed logins of one login name or one address; while it is locked nothing is counted, so no lock grows longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    pub key: Hash,
    pub at: Instant,
    /// Failures before this are forgotten.
    pub since: Instant,
    /// This many lock.
    pub limit: i64,
    pub until: Instant,
}

/// One change of a credential.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof {
    /// Claim: the login name is not locked; its failures are forgotten.
    Unlocked {
        key: Hash,
        at: Instant,
    },
    /// Claim: the login name is not locked; its failures stay.
    NotLocked {
        key: Hash,
        at: Instant,
    },
    /// Claim: no session or step of this authenticator has used this step or a later one.
    TotpStep {
        account_id: AccountId,
        step: i64,
    },
    /// Claim: the code was not used before.
    RecoveryCode {
        account_id: AccountId,
        code_hash: Hash,
        at: Instant,
    },
    /// Claim: just this ceremony of a passkey is under way in the session; it is over, whatever it came to.
    CeremonyOver {
        token_hash: Hash,
        ceremony: String,
    },
    /// Claim: the passkey is as it was read; its counter and its last use go on.
    PasskeyUsed {
        account_id: AccountId,
        id: PasskeyId,
        read: String,
        credential: String,
        at: Instant,
    },
    /// Claim: nobody has this credential, and she has fewer than [`Passkey::MOST`].
    AddPasskey {
        region_id: RegionId,
        account_id: AccountId,
        passkey: Box<Passkey>,
    },
    /// Claim: she has this passkey, and another second factor stays.
    RemovePasskey {
        account_id: AccountId,
        id: PasskeyId,
    },
    /// Claim: she has an authenticator, and a passkey stays.
    RemoveTotp {
        account_id: AccountId,
    },
    /// Claim: the sign-in is under way; it is over, whatever it came to.
    SignInOver {
        token_hash: Hash,
    },
    /// Claim: nobody has this identity, and she has none of this issuer.
    LinkIdentity {
        region_id: RegionId,
        account_id: AccountId,
        identity: Box<OutsideIdentity>,
    },
    /// Claim: she has an identity of this issuer.
    UnlinkIdentity {
        account_id: AccountId,
        issuer: String,
    },
    /// Claim: the identity is still hers; this is its last use.
    IdentityUsed {
        account_id: AccountId,
        issuer: String,
        subject_hash: Hash,
        at: Instant,
    },
    /// Claim: the invitation stands, by one of its links.
    Invited {
        token_hash: Hash,
        at: Instant,
    },
    /// Claim: the session is there; it ends.
    EndSession {
        token_hash: Hash,
    },
    Failed(Failure),
    BeginSession(Box<Session>),
    /// What is being set up in this session; `None` when it is done.
    Enrolling {
        token_hash: Hash,
        secret: Option<Vec<u8>>,
    },
    /// A ceremony of a passkey has begun in this session; an earlier one is void.
    Ceremony {
        token_hash: Hash,
        ceremony: String,
    },
    /// A way to an outside provider begins; those that ended before `at` are forgotten.
    BeginSignIn {
        sign_in: Box<SignIn>,
        at: Instant,
    },
    SetTotp {
        region_id: RegionId,
        account_id: AccountId,
        totp: Totp,
    },
    /// The new codes; the old ones are gone.
    SetRecoveryCodes {
        region_id: RegionId,
        account_id: AccountId,
        codes: Vec<Hash>,
    },
    /// No second factor any more, of any kind.
    DropFactors {
        account_id: AccountId,
    },
    /// No identity of any provider any more.
    DropIdentities {
        account_id: AccountId,
    },
    /// With `keep` as the only one that stays.
    EndSessions {
        account_id: AccountId,
        keep: Option<Hash>,
    },
    EndOneSession {
        account_id: AccountId,
        id: SessionId,
    },
    /// Remembered among the old ones, of which `keep` stay.
    SetPassword {
        region_id: RegionId,
        account_id: AccountId,
        hash: String,
        at: Instant,
        keep: i64,
    },
    /// The same password under newer parameters: no news to anybody.
    Rehash {
        account_id: AccountId,
        old: String,
        hash: String,
    },
    /// Closes the account, or opens it again.
    Close {
        account_id: AccountId,
        at: Option<Instant>,
    },
    /// Earlier ones of the same account end.
    Invite(Invitation),
    /// One more link of an invitation that stands.
    Link {
        invitation_id: InvitationId,
        token_hash: Hash,
    },
    AddMachine {
        machine: Box<Machine>,
        token_hash: Hash,
    },
    RevokeMachine {
        id: MachineId,
        organization_id: OrganizationId,
        at: Instant,
    },
}

impl Proof {
    /// See the module.
    pub const fn is_claim(&self) -> bool {
        matches!(
            self,
            Self::Unlocked { .. }
                | Self::NotLocked { .. }
                | Self::TotpStep { .. }
                | Self::RecoveryCode { .. }
                | Self::CeremonyOver { .. }
                | Self::PasskeyUsed { .. }
                | Self::AddPasskey { .. }
                | Self::RemovePasskey { .. }
                | Self::RemoveTotp { .. }
                | Self::SignInOver { .. }
                | Self::LinkIdentity { .. }
                | Self::UnlinkIdentity { .. }
                | Self::IdentityUsed { .. }
                | Self::Invited { .. }
                | Self::EndSession { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_a_role_of_another_kind_of_organization() {
        assert!(!roles_of(OrganizationKind::Hospital).contains(&Role::Municipality));
        assert!(!roles_of(OrganizationKind::CareOffice).contains(&Role::WardStaff));
        assert!(!roles_of(OrganizationKind::SupportCentre).contains(&Role::Auditor));
    }
}
