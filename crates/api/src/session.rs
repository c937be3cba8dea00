//! Sessions, and who is behind a request.
//!
//! - [`SignedIn`] — somebody whose login is complete, or a machine. Everything but the login itself asks for it.
//! - [`Pending`] — somebody whose password was right and who has still to give or to set up the second factor. It opens nothing else.
//!
//! A session is a random token; the store keeps only its SHA-256. Pages carry it in a cookie, whoever speaks JSON as a bearer token.
//! A machine's own token ([`crate::machine`]) stands in for a session under `/api/`, and nowhere else.
//! A cookie is never accepted under `/api/`, so a foreign page can't make a browser write there; forms carry the session's own token
//! besides ([`SignedIn::check_form`]). With each step of the login the token is a new one, so nobody can be made to log in to a
//! session that somebody else knows.
//!
//! A browser on its way to an outside provider and back holds a cookie of its own ([`outside_cookie`]), which opens nothing.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::access::Actor;
use domain::changes::{AuditEntry, Changes};
use domain::credential::{Hash, Proof, Session, Stage};
use domain::machine::Machine;
use domain::party::Account;
use domain::{Instant, RequestId};
use sha2::{Digest, Sha256};
use storage::SessionRow;

use crate::error::ApiError;
use crate::machine;
use crate::neighbours;
use crate::run::{IdempotencyKey, Sender};
use crate::state::App;

/// Under TLS the name binds the cookie to this host and path.
const SECURE_COOKIE: &str = "__Host-tsunagi";
const PLAIN_COOKIE: &str = "tsunagi";
const SECURE_OUTSIDE: &str = "__Host-tsunagi-outside";
const PLAIN_OUTSIDE: &str = "tsunagi-outside";
/// `last_seen_at` is written at most this often, so that reading a page costs no commit.
pub(crate) const TOUCH_SECONDS: i64 = 60;

/// Who is behind a request. As an extractor it refuses with [`ApiError::NotLoggedIn`].
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub actor: Actor,
    pub account: Account,
    /// To be carried in every form.
    pub csrf: String,
    pub request_id: RequestId,
    /// The system behind a token; none: a person.
    pub machine: Option<Machine>,
    token_hash: Hash,
}

/// A login half done. As an extractor it refuses with [`ApiError::NotLoggedIn`].
#[derive(Debug, Clone)]
pub struct Pending {
    pub account: Account,
    pub session: Session,
    pub request_id: RequestId,
}

impl SignedIn {
    /// A system with its token. It has no forms, so no form fits it.
    pub(crate) fn machine(machine: Machine, actor: Actor, request_id: RequestId, token_hash: Hash) -> Self {
        let account = machine.account();
        Self { actor, account, csrf: String::new(), request_id, machine: Some(machine), token_hash }
    }

    pub fn sender(&self, key: Option<IdempotencyKey>, if_match: Option<i64>) -> Sender<'_> {
        Sender { actor: &self.actor, key, if_match, request_id: self.request_id }
    }

    /// Refuses a form that does not carry this session's token.
    pub fn check_form(&self, token: &str) -> Result<(), ApiError> {
        check_form(&self.csrf, token)
    }

    /// What the store knows this session by.
    pub const fn token_hash(&self) -> Hash {
        self.token_hash
    }

    /// Ends this session.
    pub async fn log_out(&self, app: &App) -> Result<(), ApiError> {
        let credentials = vec![Proof::EndSession { token_hash: self.token_hash }];
        let audit = vec![self.audit_entry(app.now(), "log_out")];
        app.store().apply(Changes { credentials, audit, ..Changes::default() }).await?;
        Ok(())
    }

    /// An audit row of this person, on the trail of the region in which she acts; the caller adds whose record it was.
    pub fn audit_entry(&self, at: Instant, action: &str) -> AuditEntry {
        AuditEntry { region_id: self.actor.region_id, ..audit_of(&self.account, at, action, self.request_id) }
    }
}

impl Pending {
    /// Refuses a form that does not carry this session's token.
    pub fn check_form(&self, token: &str) -> Result<(), ApiError> {
        check_form(&self.session.csrf, token)
    }
}

fn check_form(ours: &str, token: &str) -> Result<(), ApiError> {
    let same = Sha256::digest(token.as_bytes()) == Sha256::digest(ours.as_bytes());
    if same && !ours.is_empty() { Ok(()) } else { Err(ApiError::ForeignForm) }
}

/// What an account did to itself.
pub(crate) fn audit_of(account: &Account, at: Instant, action: &str, request_id: RequestId) -> AuditEntry {
    AuditEntry {
        region_id: account.region_id,
        at,
        account_id: Some(account.id),
        organization_id: Some(account.organization_id),
        patient_id: None,
        encounter_id: None,
        notice_id: None,
        action: action.to_owned(),
        request_id,
    }
}

/// The cookie that carries a session; an empty token removes it.
pub fn cookie(app: &App, token: &str) -> Cookie<'static> {
    let secure = app.settings().secure_cookies;
    made(if secure { SECURE_COOKIE } else { PLAIN_COOKIE }, token, secure)
}

/// The cookie of a browser that is on its way to an outside provider. It has to come along when the provider sends her back, which is a link
/// from another site: lax, as the session's. It ends with the browser; how long it is good for is the store's to know.
pub(crate) fn outside_cookie(app: &App, token: &str) -> Cookie<'static> {
    let secure = app.settings().secure_cookies;
    made(if secure { SECURE_OUTSIDE } else { PLAIN_OUTSIDE }, token, secure)
}

/// An empty token removes it.
fn made(name: &'static str, token: &str, secure: bool) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, token.to_owned());
    cookie.set_http_only(true);
    cookie.set_secure(secure);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    if token.is_empty() {
        cookie.make_removal();
    }
    cookie
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if let Some(token) = bearer(&parts.headers).filter(|token| token.starts_with(machine::PREFIX)) {
            let token = token.to_owned();
            return machine::signed_in(parts, app, &token).await;
        }
        let (token_hash, SessionRow { account, session }) = found(parts, app).await?;
        if session.stage != Stage::Open {
            return Err(ApiError::NotLoggedIn);
        }
        let now = app.now();
        if now >= session.last_seen_at.plus_seconds(TOUCH_SECONDS) {
            app.store().touch_session(token_hash, now).await?;
        }
        let actor = neighbours::acting(app, Actor::person(&account), parts.uri.path()).await?;
        let request_id = request_id(parts, app);
        Ok(Self { actor, account, csrf: session.csrf, request_id, machine: None, token_hash })
    }
}

impl FromRequestParts<App> for Pending {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let (_, SessionRow { account, session }) = found(parts, app).await?;
        if session.stage == Stage::Open {
            return Err(ApiError::NotLoggedIn);
        }
        Ok(Self { account, session, request_id: request_id(parts, app) })
    }
}

/// The session of this request, if it has not ended.
async fn found(parts: &Parts, app: &App) -> Result<(Hash, SessionRow), ApiError> {
    let token = presented(&parts.headers, parts.uri.path(), app).ok_or(ApiError::NotLoggedIn)?;
    let token_hash = hash_of(token);
    let (now, idle) = (app.now(), app.settings().session_idle_minutes * 60);
    let row = app.store().session(token_hash).await?;
    let row = row.filter(|row| now < row.session.expires_at && now < row.session.last_seen_at.plus_seconds(idle));
    app.crowd().saw(token, row.is_some());
    Ok((token_hash, row.ok_or(ApiError::NotLoggedIn)?))
}

/// The token that a request brings along; whether it is worth anything is the store's to know.
pub(crate) fn presented<'a>(headers: &'a HeaderMap, path: &str, app: &App) -> Option<&'a str> {
    bearer(headers).or_else(|| cookie_token(headers, path, app))
}

pub(crate) fn request_id(parts: &Parts, app: &App) -> RequestId {
    parts.extensions.get::<RequestId>().copied().unwrap_or_else(|| app.request_id())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn cookie_token<'a>(headers: &'a HeaderMap, path: &str, app: &App) -> Option<&'a str> {
    if path.starts_with("/api/") {
        return None;
    }
    let name = if app.settings().secure_cookies { SECURE_COOKIE } else { PLAIN_COOKIE };
    named(headers, name)
}

/// What the browser holds that is on its way to an outside provider.
pub(crate) fn outside_token<'a>(headers: &'a HeaderMap, app: &App) -> Option<&'a str> {
    named(headers, if app.settings().secure_cookies { SECURE_OUTSIDE } else { PLAIN_OUTSIDE })
}

fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

pub(crate) fn hash_of(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}
