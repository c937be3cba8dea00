//! Passkeys where a login asks for the second factor, and on one's own account. What an answer has to be: [`crate::passkey`].

use domain::changes::Changes;
use domain::credential::{Hash, Passkey, Proof, Stage};
use domain::delivery::AccountNews;
use domain::party::Account;
use domain::text::Line;
use domain::{Fault, PasskeyId, Refusal};
use storage::ApplyError;

use super::{NewSession, letters, open, refuse};
use crate::error::ApiError;
use crate::factor;
use crate::passkey::{Challenge, Passkeys};
use crate::session::{Pending, SignedIn, audit_of};
use crate::state::App;
use crate::throttle::{Attempt, Client, Guessed};

/// A challenge for the step that a login has come to, as JSON for the page's script.
pub async fn challenge(app: &App, pending: &Pending) -> Result<String, ApiError> {
    let known = app.store().passkeys(pending.account.id).await?;
    let begun = if pending.session.stage == Stage::SecondFactor {
        service(app)?.begin_using(&known, app.now())?
    } else {
        service(app)?.begin_adding(&pending.account, &known, app.now())?
    };
    begin(app, pending.session.token_hash, begun).await
}

/// A challenge for one more passkey of somebody who is logged in.
pub async fn challenge_to_add(app: &App, who: &SignedIn) -> Result<String, ApiError> {
    let known = app.store().passkeys(who.account.id).await?;
    let begun = service(app)?.begin_adding(&who.account, &known, app.now())?;
    begin(app, who.token_hash(), begun).await
}

/// The second step of a login, by a passkey.
pub async fn give_passkey(app: &App, client: &Client, pending: &Pending, answer: &str) -> Result<NewSession, ApiError> {
    let Pending { account, session, request_id } = pending;
    if session.stage != Stage::SecondFactor {
        return Err(ApiError::NotLoggedIn);
    }
    let attempt = Attempt::new(&account.login, client);
    let locked = attempt.is_locked(app).await?;
    let (account_id, at) = (account.id, app.now());
    let known = app.store().passkeys(account_id).await?;
    let ceremony = take(app, session.token_hash).await?;
    let used =
        ceremony.and_then(|ceremony| app.settings().passkeys.as_ref()?.finish_using(&ceremony, answer, &known, at));
    let opened = match used.filter(|_| !locked) {
        Some(used) => {
            let claim =
                Proof::PasskeyUsed { account_id, id: used.id, read: used.read, credential: used.credential, at };
            open(app, client, &attempt, pending, vec![claim], Vec::new(), "log_in_by_passkey").await?
        }
        None => None,
    };
    match opened {
        Some(session) => Ok(session),
        None => {
            let audit = Some(audit_of(account, at, "second_factor_refused", *request_id));
            let failed = attempt.failed(app, Guessed::SecondFactor.unless(locked));
            Err(refuse(app, failed, audit, ApiError::PasskeyRefused).await)
        }
    }
}

/// Ends the enrolment that a login asks for, by a first passkey; the recovery codes are shown once.
pub async fn enrol_passkey(
    app: &App,
    client: &Client,
    pending: &Pending,
    name: Line,
    answer: &str,
) -> Result<(NewSession, Vec<String>), ApiError> {
    let Pending { account, session, request_id } = pending;
    if session.stage != Stage::Enrolment {
        return Err(ApiError::NotLoggedIn);
    }
    let attempt = Attempt::new(&account.login, client);
    let locked = attempt.is_locked(app).await?;
    let added = added(app, account, session.token_hash, name, answer).await?;
    let opened = match added.filter(|_| !locked) {
        Some(added) => {
            let (codes, fresh) = fresh_codes(app, account);
            let deliveries = letters(app, account, AccountNews::PasskeyAdded);
            let proofs = vec![added, fresh];
            let opened = open(app, client, &attempt, pending, proofs, deliveries, "log_in_and_add_passkey").await?;
            opened.map(|session| (session, codes))
        }
        None => None,
    };
    match opened {
        Some(opened) => Ok(opened),
        None => {
            let audit = Some(audit_of(account, app.now(), "second_factor_refused", *request_id));
            let failed = attempt.failed(app, Guessed::SecondFactor.unless(locked));
            Err(refuse(app, failed, audit, ApiError::PasskeyRefused).await)
        }
    }
}

/// One more passkey of somebody who is logged in and has just given her password again. The first second factor brings recovery codes.
pub async fn add_passkey(app: &App, who: &SignedIn, name: Line, answer: &str) -> Result<Vec<String>, ApiError> {
    let factors = app.store().factors(who.account.id).await?;
    if factors.passkeys >= Passkey::MOST {
        return Err(Fault::TooManyKept.into());
    }
    let refused = || ApiError::from(Fault::PasskeyRefused);
    let added = added(app, &who.account, who.token_hash(), name, answer).await?.ok_or_else(refused)?;
    let (codes, fresh) = fresh_codes(app, &who.account);
    let (credentials, codes) = if factors.any() { (vec![added], Vec::new()) } else { (vec![added, fresh], codes) };
    let deliveries = letters(app, &who.account, AccountNews::PasskeyAdded);
    let audit = vec![who.audit_entry(app.now(), "add_passkey")];
    match app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await {
        Ok(_) => {
            app.nudge();
            Ok(codes)
        }
        // Another account has this credential, or another window was faster.
        Err(ApplyError::Stale) => Err(refused()),
        Err(error) => Err(error.into()),
    }
}

/// Removes a passkey and ends her other sessions. The last second factor stays where everybody needs one.
pub async fn remove_passkey(app: &App, who: &SignedIn, id: PasskeyId) -> Result<(), ApiError> {
    let account_id = who.account.id;
    let last = app.store().factors(account_id).await?.is_last();
    if !app.store().passkeys(account_id).await?.iter().any(|passkey| passkey.id == id) {
        return Err(Refusal::at("passkey_id", Fault::UnknownId).into());
    }
    let removed = match (last, app.settings().second_factor) {
        (true, true) => return Err(Refusal::at("passkey_id", Fault::LastFactor).into()),
        (true, false) => Proof::DropFactors { account_id },
        (false, _) => Proof::RemovePasskey { account_id, id },
    };
    removes(app, who, removed, AccountNews::PasskeyRemoved, "remove_passkey").await
}

/// Removes the authenticator and ends her other sessions; see [`remove_passkey`].
pub async fn remove_totp(app: &App, who: &SignedIn) -> Result<(), ApiError> {
    let account_id = who.account.id;
    let removed = match (app.store().factors(account_id).await?.is_last(), app.settings().second_factor) {
        (true, true) => return Err(Fault::LastFactor.into()),
        (true, false) => Proof::DropFactors { account_id },
        (false, _) => Proof::RemoveTotp { account_id },
    };
    removes(app, who, removed, AccountNews::FactorRemoved, "remove_factor").await
}

async fn removes(app: &App, who: &SignedIn, removed: Proof, news: AccountNews, action: &str) -> Result<(), ApiError> {
    let others = Proof::EndSessions { account_id: who.account.id, keep: Some(who.token_hash()) };
    let deliveries = letters(app, &who.account, news);
    let audit = vec![who.audit_entry(app.now(), action)];
    let credentials = vec![removed, others];
    app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await?;
    app.nudge();
    Ok(())
}

fn service(app: &App) -> Result<&Passkeys, ApiError> {
    app.settings().passkeys.as_ref().ok_or(Fault::NotFound.into())
}

async fn begin(app: &App, token_hash: Hash, begun: Challenge) -> Result<String, ApiError> {
    let credentials = vec![Proof::Ceremony { token_hash, ceremony: begun.ceremony }];
    app.store().apply(Changes { credentials, ..Changes::default() }).await?;
    Ok(begun.options)
}

/// Takes what is under way out of the session before it is looked at: right or wrong, a challenge is answered once.
async fn take(app: &App, token_hash: Hash) -> Result<Option<String>, ApiError> {
    let Some(ceremony) = app.store().ceremony(token_hash).await? else { return Ok(None) };
    let credentials = vec![Proof::CeremonyOver { token_hash, ceremony: ceremony.clone() }];
    match app.store().apply(Changes { credentials, ..Changes::default() }).await {
        Ok(_) => Ok(Some(ceremony)),
        Err(ApplyError::Stale) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a right answer to the challenge comes to.
async fn added(
    app: &App,
    account: &Account,
    token_hash: Hash,
    name: Line,
    answer: &str,
) -> Result<Option<Proof>, ApiError> {
    let Some(ceremony) = take(app, token_hash).await? else { return Ok(None) };
    let made = service(app)?.finish_adding(&ceremony, answer, app.now());
    Ok(made.map(|(credential_id, credential)| {
        let id = domain::Ids::new(app.now(), app.seed()).next();
        let passkey = Passkey { id, name, credential_id, credential, added_at: app.now(), last_used_at: None };
        Proof::AddPasskey { region_id: account.region_id, account_id: account.id, passkey: Box::new(passkey) }
    }))
}

fn fresh_codes(app: &App, account: &Account) -> (Vec<String>, Proof) {
    let (codes, hashes) = factor::recovery_codes(|| app.random_bytes());
    let (region_id, account_id) = (account.region_id, account.id);
    (codes, Proof::SetRecoveryCodes { region_id, account_id, codes: hashes })
}
