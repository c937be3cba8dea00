//! Accounts of an outside provider: logging in with one, linking one to one's own account, and taking it off. What the provider has to
//! say: [`crate::oidc`].
//!
//! Nobody is found by an address or a name: an outside account logs in as whoever has linked it, herself, while she was logged in and had given her
//! password again. Whether nobody has linked it, her account is closed, or her login locked, is one and the same answer. What fails before it is known whose it
//! is, is counted by address alone and stands on no trail: it belongs to no region, as a login name that nobody has.

use domain::changes::Changes;
use domain::credential::{OutsideIdentity, Proof, SignIn, Stage};
use domain::delivery::AccountNews;
use domain::party::Account;
use domain::{Fault, RequestId};
use storage::ApplyError;

use super::{NewSession, begun, fresh, letters, refuse};
use crate::error::ApiError;
use crate::oidc::{self, Brought, Oidc, Outside, Somebody};
use crate::session::{SignedIn, audit_of, hash_of, hex};
use crate::state::App;
use crate::throttle::{Attempt, Client, Guessed};

/// An address of ours is no longer; whoever comes with more is not led there.
const LONGEST_NEXT: usize = 1000;

/// A browser sets out: what it has to hold, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) token: String,
    pub(crate) to: String,
}

/// What a browser that came back has come to.
#[derive(Debug, Clone)]
pub(crate) enum Arrived {
    LoggedIn {
        session: Box<NewSession>,
        next: String,
    },
    /// Linked, or why not.
    Linking(Result<(), Outside>),
}

/// Begins a login (and then to `next`), or linking by whoever is logged in and has just given her password again.
pub(crate) async fn set_out(app: &App, next: &str, linking: Option<&SignedIn>) -> Result<Way, ApiError> {
    let (oidc, now) = (service(app)?, app.now());
    let token = hex(&app.random_bytes());
    let to = oidc.way(&token, now).await?;
    let sign_in = SignIn {
        token_hash: hash_of(&token),
        linking: linking.map(SignedIn::token_hash),
        next: if next.len() <= LONGEST_NEXT { next.to_owned() } else { "/".to_owned() },
        expires_at: now.plus_seconds(oidc::MINUTES * 60),
    };
    let credentials = vec![Proof::BeginSignIn { sign_in: Box::new(sign_in), at: now }];
    app.store().apply(Changes { credentials, ..Changes::default() }).await?;
    Ok(Way { token, to })
}

/// Takes what the browser with this token brings back; `who` is logged in in it.
pub(crate) async fn arrive(
    app: &App,
    client: &Client,
    request_id: RequestId,
    token: Option<&str>,
    brought: &Brought,
    who: Option<&SignedIn>,
) -> Result<Arrived, ApiError> {
    let oidc = service(app)?;
    let nobody = Attempt::new("", client);
    nobody.is_locked(app).await?;
    let token = token.ok_or(Outside::Over)?;
    let Some(sign_in) = take(app, token, &brought.state).await? else { return Err(Outside::Over.into()) };
    let begun_at = sign_in.expires_at.plus_seconds(-oidc::MINUTES * 60);
    let found = oidc.who(token, brought, begun_at, app.now()).await;
    match (sign_in.linking, who) {
        (None, _) => {
            let session = log_in(app, oidc, client, request_id, found).await?;
            Ok(Arrived::LoggedIn { session: Box::new(session), next: sign_in.next })
        }
        (Some(hash), Some(who)) if who.token_hash() == hash => match link(app, oidc, who, found).await {
            Ok(()) => Ok(Arrived::Linking(Ok(()))),
            Err(ApiError::Outside(why)) => {
                let audit = vec![who.audit_entry(app.now(), "outside_link_refused")];
                app.store().append_audit(audit).await?;
                Ok(Arrived::Linking(Err(why)))
            }
            Err(error) => Err(error),
        },
        // The session that wanted it has ended meanwhile.
        (Some(_), _) => Err(Outside::Over.into()),
    }
}

/// Takes an outside account off, and ends her other sessions: one of them may have been opened by it.
pub(crate) async fn unlink(app: &App, who: &SignedIn, issuer: &str) -> Result<(), ApiError> {
    let account_id = who.account.id;
    let removed = Proof::UnlinkIdentity { account_id, issuer: issuer.to_owned() };
    let others = Proof::EndSessions { account_id, keep: Some(who.token_hash()) };
    let deliveries = letters(app, &who.account, AccountNews::IdentityUnlinked);
    let audit = vec![who.audit_entry(app.now(), "unlink_outside_account")];
    let credentials = vec![removed, others];
    match app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await {
        Ok(_) => {
            app.nudge();
            Ok(())
        }
        // Another window was faster.
        Err(ApplyError::Stale) => Err(Fault::UnknownId.into()),
        Err(error) => Err(error.into()),
    }
}

async fn log_in(
    app: &App,
    oidc: &Oidc,
    client: &Client,
    request_id: RequestId,
    found: Result<Somebody, ApiError>,
) -> Result<NewSession, ApiError> {
    // Counted by address: whoever has half of her outside account shall not lock her own login with it.
    let failed = || Attempt::new("", client).failed(app, Guessed::Nothing);
    let Somebody { subject_hash, two_factors } = match found {
        Ok(somebody) => somebody,
        // Somebody who changed her mind, or a provider that is away, has guessed nothing.
        Err(error @ ApiError::Outside(Outside::Cancelled | Outside::Unreached)) => return Err(error),
        Err(ApiError::Outside(why)) => return Err(refuse(app, failed(), None, why.into()).await),
        Err(error) => return Err(error),
    };
    let account = app.store().account_by_identity(oidc.issuer(), subject_hash).await?;
    let audit = account.as_ref().map(|account| audit_of(account, app.now(), "outside_log_in_refused", request_id));
    if !two_factors {
        return Err(refuse(app, failed(), audit, Outside::OneFactor.into()).await);
    }
    if let Some(account) = account.filter(|account| account.closed_at.is_none()) {
        let (issuer, at) = (oidc.issuer().to_owned(), app.now());
        let used = Proof::IdentityUsed { account_id: account.id, issuer, subject_hash, at };
        if let Some(session) = open(app, client, request_id, account, used).await? {
            return Ok(session);
        }
    }
    Err(refuse(app, failed(), audit, Outside::Unknown.into()).await)
}

/// None: her login is locked, or the link was taken off in this very moment.
async fn open(
    app: &App,
    client: &Client,
    request_id: RequestId,
    account: Account,
    used: Proof,
) -> Result<Option<NewSession>, ApiError> {
    let attempt = Attempt::new(&account.login, client);
    if attempt.is_locked(app).await? {
        return Ok(None);
    }
    let (token, session) = fresh(app, client, &account, Stage::Open);
    let expires_at = session.expires_at;
    let opened = Proof::BeginSession(Box::new(session));
    let credentials = std::iter::once(used).chain(attempt.unlocked(app)).chain([opened]).collect();
    let audit = vec![audit_of(&account, app.now(), "log_in_by_outside_account", request_id)];
    match app.store().apply(Changes { credentials, audit, ..Changes::default() }).await {
        Ok(_) => Ok(Some(begun(app, NewSession { token, stage: Stage::Open, expires_at, account }))),
        Err(ApplyError::Stale) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn link(app: &App, oidc: &Oidc, who: &SignedIn, found: Result<Somebody, ApiError>) -> Result<(), ApiError> {
    let Somebody { subject_hash, two_factors } = found?;
    if !two_factors {
        return Err(Outside::OneFactor.into());
    }
    let (account, now) = (&who.account, app.now());
    let identity =
        OutsideIdentity { issuer: oidc.issuer().to_owned(), subject_hash, linked_at: now, last_used_at: None };
    let (region_id, account_id) = (account.region_id, account.id);
    let credentials = vec![Proof::LinkIdentity { region_id, account_id, identity: Box::new(identity) }];
    let deliveries = letters(app, account, AccountNews::IdentityLinked);
    let audit = vec![who.audit_entry(now, "link_outside_account")];
    match app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await {
        Ok(_) => {
            app.nudge();
            Ok(())
        }
        Err(ApplyError::Stale) => Err(Outside::Taken.into()),
        Err(error) => Err(error.into()),
    }
}

/// The way there of this browser, if it is the one that the answer belongs to; it is over then. An answer that doesn't belong to it leaves it standing:
/// a foreign page can send any browser here.
async fn take(app: &App, token: &str, state: &str) -> Result<Option<SignIn>, ApiError> {
    if !oidc::is_state_of(token, state) {
        return Ok(None);
    }
    let Some(sign_in) = app.store().sign_in(hash_of(token)).await? else { return Ok(None) };
    let credentials = vec![Proof::SignInOver { token_hash: sign_in.token_hash }];
    match app.store().apply(Changes { credentials, ..Changes::default() }).await {
        Ok(_) => Ok(Some(sign_in).filter(|sign_in| app.now() < sign_in.expires_at)),
        Err(ApplyError::Stale) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn service(app: &App) -> Result<&Oidc, ApiError> {
    app.settings().oidc.as_ref().ok_or(Fault::NotFound.into())
}
