//! Logging in, step by step: the password, then the second factor, then the session.
//!
//! ```text
//! password ──► open                     no factor, and none is required
//!          ──► second factor ──► open   a code of the authenticator, a passkey, or a recovery code
//!          ──► enrolment ──► open       a factor is required and there is none yet: it is set up, and its codes are shown once
//! an outside provider ──► open          it answers for both factors of an account that she has linked to her own
//! ```
//!
//! One answer for every refusal of a step: whether an account exists, is locked, is closed or was never opened can't be told from
//! outside, and each costs one run of argon2. A right answer is a claim ([`Proof::is_claim`]): a code that was used, in this very
//! moment or on another instance, is used up.

mod outside;
mod passkeys;

use domain::changes::{AuditEntry, Changes};
use domain::credential::{Hash, Proof, Session, Stage, Totp};
use domain::delivery::{AccountNews, Delivery, DeliveryState, Letter};
use domain::party::Account;
use domain::{Ids, Instant, RequestId};
use storage::ApplyError;

use crate::error::ApiError;
use crate::factor;
use crate::password::Verified;
use crate::session::{Pending, SignedIn, audit_of, hash_of, hex};
use crate::state::App;
use crate::throttle::{Attempt, Client, Guessed};

pub(crate) use outside::{Arrived, arrive, set_out, unlink};
pub use passkeys::{
    add_passkey, challenge, challenge_to_add, enrol_passkey, give_passkey, remove_passkey, remove_totp,
};

/// So long a login may stand half done.
const PENDING_MINUTES: i64 = 10;

/// A fresh session; `token` is shown once.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub token: String,
    pub stage: Stage,
    pub expires_at: Instant,
    pub account: Account,
}

/// The first step. Failures are counted; too many of them lock. Each leaves a row on the trail, whether or not anybody has that name.
pub async fn log_in(
    app: &App,
    client: &Client,
    request_id: RequestId,
    login: &str,
    password: &str,
) -> Result<NewSession, ApiError> {
    let attempt = Attempt::new(login, client);
    if let Err(refused) = attempt.is_locked(app).await {
        if let (ApiError::TooMany, Some(told)) = (&refused, attempt.untold(app).await?) {
            let audit = Some(of_nobody(app, "address_locked", request_id).await?);
            return Err(refuse(app, vec![told], audit, refused).await);
        }
        return Err(refused);
    }
    let named = if login.len() <= 100 { app.store().account_by_login(login).await? } else { None };
    let may = named.as_ref().filter(|account| account.closed_at.is_none() && !account.password_hash.is_empty());
    let hash = may.map(|account| account.password_hash.clone());
    let verified = app.passwords().verify(password, hash).await?;
    // Those who waited for their turn beside this one may have locked it.
    let locked = attempt.is_locked(app).await?;
    let account = match named {
        Some(account) if verified != Verified::Wrong && !locked => account,
        named => {
            // Made for everybody, so that it takes as long.
            let of_nobody = of_nobody(app, "log_in_unknown", request_id).await?;
            let audit = named.map_or(of_nobody, |account| audit_of(&account, app.now(), "log_in_refused", request_id));
            let failed = attempt.failed(app, Guessed::Password.unless(locked));
            return Err(refuse(app, failed, Some(audit), ApiError::LoginRefused).await);
        }
    };
    let has_factor = app.store().factors(account.id).await?.any();
    let stage = match (has_factor, app.settings().second_factor) {
        (true, _) => Stage::SecondFactor,
        (false, true) => Stage::Enrolment,
        (false, false) => Stage::Open,
    };
    let (token, session) = fresh(app, client, &account, stage);
    let mut credentials = Vec::new();
    if stage == Stage::Open {
        credentials.extend(attempt.unlocked(app));
    } else {
        credentials.extend(attempt.not_locked(app));
    }
    if verified == Verified::Outdated {
        let hash = app.passwords().hash(password.to_owned(), app.salt()).await?;
        credentials.push(Proof::Rehash { account_id: account.id, old: account.password_hash.clone(), hash });
    }
    let action = if stage == Stage::Open { "log_in" } else { "log_in_password" };
    let expires_at = session.expires_at;
    credentials.push(Proof::BeginSession(Box::new(session)));
    let audit = vec![audit_of(&account, app.now(), action, request_id)];
    let applied = app.store().apply(Changes { credentials, audit, ..Changes::default() }).await;
    match applied {
        Ok(_) => Ok(begun(app, NewSession { token, stage, expires_at, account })),
        // Locked in this very moment.
        Err(ApplyError::Stale) => Err(ApiError::LoginRefused),
        Err(error) => Err(error.into()),
    }
}

/// The second step: a code of the authenticator, or a recovery code.
pub async fn give_code(app: &App, client: &Client, pending: &Pending, code: &str) -> Result<NewSession, ApiError> {
    let Pending { account, session, request_id } = pending;
    if session.stage != Stage::SecondFactor {
        return Err(ApiError::NotLoggedIn);
    }
    let (account_id, now) = (account.id, app.now());
    let attempt = Attempt::new(&account.login, client);
    let locked = attempt.is_locked(app).await?;
    let recovery = factor::is_recovery_code(code);
    let claim = if recovery {
        Some(Proof::RecoveryCode { account_id, code_hash: factor::code_hash(code), at: now })
    } else {
        let totp = app.store().factors(account_id).await?.totp;
        let step = totp.and_then(|totp| factor::step_of(&totp.secret, code, now));
        step.map(|step| Proof::TotpStep { account_id, step })
    };
    let deliveries = if recovery { letters(app, account, AccountNews::RecoveryCodeUsed) } else { Vec::new() };
    let action = if recovery { "log_in_by_recovery_code" } else { "log_in" };
    let opened = match claim.filter(|_| !locked) {
        Some(claim) => open(app, client, &attempt, pending, vec![claim], deliveries, action).await?,
        None => None,
    };
    match opened {
        Some(session) => Ok(session),
        None => {
            let audit = Some(audit_of(account, now, "second_factor_refused", *request_id));
            let failed = attempt.failed(app, Guessed::SecondFactor.unless(locked));
            Err(refuse(app, failed, audit, ApiError::CodeRefused).await)
        }
    }
}

/// The secret that is being set up in this session; made when it is first asked for.
pub async fn enrolling(app: &App, token_hash: Hash) -> Result<Vec<u8>, ApiError> {
    if let Some(secret) = app.store().enrolling(token_hash).await? {
        return Ok(secret);
    }
    let secret = app.random_bytes()[..factor::SECRET_BYTES].to_vec();
    let credentials = vec![Proof::Enrolling { token_hash, secret: Some(secret.clone()) }];
    app.store().apply(Changes { credentials, ..Changes::default() }).await?;
    Ok(secret)
}

/// Ends the enrolment that a login asks for, by a first code; the recovery codes are shown once.
pub async fn enrol(
    app: &App,
    client: &Client,
    pending: &Pending,
    code: &str,
) -> Result<(NewSession, Vec<String>), ApiError> {
    if pending.session.stage != Stage::Enrolment {
        return Err(ApiError::NotLoggedIn);
    }
    let attempt = Attempt::new(&pending.account.login, client);
    let locked = attempt.is_locked(app).await?;
    let set = set_up(app, &pending.account, pending.session.token_hash, code).await?.filter(|_| !locked);
    let opened = match set {
        Some((proofs, codes)) => {
            let deliveries = letters(app, &pending.account, AccountNews::FactorSet);
            let opened = open(app, client, &attempt, pending, proofs, deliveries, "log_in_and_set_factor").await?;
            opened.map(|session| (session, codes))
        }
        None => None,
    };
    match opened {
        Some(opened) => Ok(opened),
        None => {
            let audit = Some(audit_of(&pending.account, app.now(), "second_factor_refused", pending.request_id));
            let failed = attempt.failed(app, Guessed::SecondFactor.unless(locked));
            Err(refuse(app, failed, audit, ApiError::CodeRefused).await)
        }
    }
}

/// Sets a factor up, or another in place of the old one, for somebody who is logged in and has just given her password again.
pub async fn replace_factor(app: &App, who: &SignedIn, code: &str) -> Result<Vec<String>, ApiError> {
    let token_hash = who.token_hash();
    let Some((mut credentials, codes)) = set_up(app, &who.account, token_hash, code).await? else {
        return Err(ApiError::CodeRefused);
    };
    credentials.push(Proof::Enrolling { token_hash, secret: None });
    credentials.push(Proof::EndSessions { account_id: who.account.id, keep: Some(token_hash) });
    let deliveries = letters(app, &who.account, AccountNews::FactorSet);
    let audit = vec![who.audit_entry(app.now(), "set_factor")];
    app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await?;
    app.nudge();
    Ok(codes)
}

/// What a right first code comes to.
async fn set_up(
    app: &App,
    account: &Account,
    token_hash: Hash,
    code: &str,
) -> Result<Option<(Vec<Proof>, Vec<String>)>, ApiError> {
    let now = app.now();
    let Some(secret) = app.store().enrolling(token_hash).await? else { return Ok(None) };
    let Some(last_step) = factor::step_of(&secret, code, now) else { return Ok(None) };
    let (region_id, account_id) = (account.region_id, account.id);
    let (codes, hashes) = factor::recovery_codes(|| app.random_bytes());
    let totp = Totp { secret, last_step, set_at: now };
    let proofs = vec![
        Proof::SetTotp { region_id, account_id, totp },
        Proof::SetRecoveryCodes { region_id, account_id, codes: hashes },
    ];
    Ok(Some((proofs, codes)))
}

/// Ends the pending session and begins an open one under a new token; `None` when a claim was lost.
async fn open(
    app: &App,
    client: &Client,
    attempt: &Attempt,
    pending: &Pending,
    mut credentials: Vec<Proof>,
    deliveries: Vec<Delivery>,
    action: &str,
) -> Result<Option<NewSession>, ApiError> {
    let account = &pending.account;
    let (token, session) = fresh(app, client, account, Stage::Open);
    let expires_at = session.expires_at;
    credentials.push(Proof::EndSession { token_hash: pending.session.token_hash });
    credentials.extend(attempt.unlocked(app));
    credentials.push(Proof::BeginSession(Box::new(session)));
    let audit = vec![audit_of(account, app.now(), action, pending.request_id)];
    match app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await {
        Ok(_) => {
            app.nudge();
            let account = account.clone();
            Ok(Some(begun(app, NewSession { token, stage: Stage::Open, expires_at, account })))
        }
        Err(ApplyError::Stale) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whoever is in is a caller of her own from her first request on.
fn begun(app: &App, session: NewSession) -> NewSession {
    if session.stage == Stage::Open {
        app.crowd().saw(&session.token, true);
    }
    session
}

fn fresh(app: &App, client: &Client, account: &Account, stage: Stage) -> (String, Session) {
    let now = app.now();
    let token = hex(&app.random_bytes());
    let seconds = if stage == Stage::Open { app.settings().session_hours * 3600 } else { PENDING_MINUTES * 60 };
    let session = Session {
        token_hash: hash_of(&token),
        id: app.request_id().uuid().into(),
        region_id: account.region_id,
        account_id: account.id,
        stage,
        csrf: hex(&app.random_bytes()),
        agent: client.agent.clone(),
        address: client.address(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus_seconds(seconds),
    };
    (token, session)
}

/// A row about somebody who has no account: on the trail of the oldest region, as the installation's own. What was typed is not in it: people type
/// their password there too.
async fn of_nobody(app: &App, action: &str, request_id: RequestId) -> Result<AuditEntry, ApiError> {
    let oldest = app.store().regions().await?.into_iter().next();
    let region_id = oldest.ok_or(ApiError::Inside("there is no region"))?.id;
    Ok(AuditEntry::at_the_machine(region_id, app.now(), action, request_id))
}

/// Counts the failure; what it answers if even that can't be written is the database's error.
async fn refuse(app: &App, failed: Vec<Proof>, audit: Option<AuditEntry>, refused: ApiError) -> ApiError {
    let changes = Changes { credentials: failed, audit: audit.into_iter().collect(), ..Changes::default() };
    app.store().apply(changes).await.map_or_else(ApiError::from, |_| refused)
}

/// The mail that tells somebody what happened to her account; none without an address.
pub(crate) fn letters(app: &App, account: &Account, news: AccountNews) -> Vec<Delivery> {
    delivery(app, account, Letter::AccountChanged { news }).into_iter().collect()
}

pub(crate) fn delivery(app: &App, account: &Account, letter: Letter) -> Option<Delivery> {
    let now = app.now();
    let to = account.email.clone()?;
    Some(Delivery {
        id: Ids::new(now, app.seed()).next(),
        region_id: account.region_id,
        organization_id: account.organization_id,
        encounter_id: None,
        notice_id: None,
        warning_id: None,
        to,
        letter,
        state: DeliveryState::Pending { next_attempt_at: now, attempts: 0 },
        created_at: now,
    })
}
