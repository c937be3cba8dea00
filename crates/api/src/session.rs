//! Login, sessions, and who is behind a request.
//!
//! A session is a random token; the store keeps only its SHA-256. Pages carry it in a cookie, machines and tests as a bearer token.
//! A cookie is never accepted under `/api/`, so a foreign page can't make a browser write there; forms carry the session's own token
//! besides ([`SignedIn::check_form`]).

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, SameSite};
use domain::access::Actor;
use domain::changes::AuditEntry;
use domain::party::Account;
use domain::{Instant, RequestId};
use sha2::{Digest, Sha256};
use storage::SessionRow;

use crate::error::ApiError;
use crate::password;
use crate::run::{IdempotencyKey, Sender};
use crate::state::App;

/// Under TLS the name binds the cookie to this host and path.
const SECURE_COOKIE: &str = "__Host-tsunagi";
const PLAIN_COOKIE: &str = "tsunagi";
/// `last_seen_at` is written at most this often, so that reading a page costs no commit.
const TOUCH_SECONDS: i64 = 60;

/// Who is behind a request. As an extractor it refuses with [`ApiError::NotLoggedIn`].
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub actor: Actor,
    pub account: Account,
    /// To be carried in every form.
    pub csrf: String,
    pub request_id: RequestId,
    token_hash: [u8; 32],
}

/// A fresh session; `token` is shown once.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub token: String,
    pub expires_at: Instant,
    pub account: Account,
}

impl SignedIn {
    pub fn sender(&self, key: Option<IdempotencyKey>, if_match: Option<i64>) -> Sender<'_> {
        Sender { actor: &self.actor, key, if_match, request_id: self.request_id }
    }

    /// Refuses a form that does not carry this session's token.
    pub fn check_form(&self, token: &str) -> Result<(), ApiError> {
        let same = Sha256::digest(token.as_bytes()) == Sha256::digest(self.csrf.as_bytes());
        if same && !self.csrf.is_empty() { Ok(()) } else { Err(ApiError::ForeignForm) }
    }

    /// Ends this session.
    pub async fn log_out(&self, app: &App) -> Result<(), ApiError> {
        app.store().delete_session(self.token_hash).await?;
        app.store().append_audit(vec![self.audit_entry(app.now(), "log_out")]).await?;
        Ok(())
    }

    /// An audit row of this person; the caller adds whose record it was.
    pub fn audit_entry(&self, at: Instant, action: &str) -> AuditEntry {
        AuditEntry {
            region_id: self.actor.region_id,
            at,
            account_id: Some(self.actor.account_id),
            organization_id: Some(self.actor.organization_id),
            patient_id: None,
            encounter_id: None,
            notice_id: None,
            action: action.to_owned(),
            request_id: self.request_id,
        }
    }
}

/// Checks login and password; counts failures and locks the account after too many.
///
/// One answer for every refusal: whether an account exists or is locked can't be told from outside.
pub async fn log_in(app: &App, login: &str, password: String) -> Result<NewSession, ApiError> {
    let now = app.now();
    let account = if login.len() <= 100 { app.store().account_by_login(login).await? } else { None };
    let locked = account.as_ref().is_some_and(|account| account.locked_until.is_some_and(|until| now < until));
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let right = password::verify(password, hash).await?;
    let Some(account) = account else { return Err(ApiError::LoginRefused) };
    let request_id = app.request_id();
    let audit = |action: &str| AuditEntry {
        region_id: account.region_id,
        at: now,
        account_id: Some(account.id),
        organization_id: Some(account.organization_id),
        patient_id: None,
        encounter_id: None,
        notice_id: None,
        action: action.to_owned(),
        request_id,
    };
    if locked || !right {
        if !locked {
            let settings = app.settings();
            let lock = account.failed_logins + 1 >= settings.lockout_after;
            let until = lock.then(|| now.plus_seconds(settings.lockout_minutes * 60));
            app.store().record_login_failure(account.id, until).await?;
        }
        app.store().append_audit(vec![audit("log_in_refused")]).await?;
        return Err(ApiError::LoginRefused);
    }
    app.store().record_login_success(account.id).await?;
    let token = hex(&app.random_bytes());
    let expires_at = now.plus_seconds(app.settings().session_hours * 3600);
    let csrf = hex(&app.random_bytes());
    let row = SessionRow { account: account.clone(), created_at: now, last_seen_at: now, expires_at, csrf };
    app.store().add_session(hash_of(&token), &row).await?;
    app.store().append_audit(vec![audit("log_in")]).await?;
    Ok(NewSession { token, expires_at, account })
}

/// The cookie that carries a session; an empty token removes it.
pub fn cookie(app: &App, token: &str) -> Cookie<'static> {
    let secure = app.settings().secure_cookies;
    let name = if secure { SECURE_COOKIE } else { PLAIN_COOKIE };
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
        let token = bearer(parts).or_else(|| cookie_token(parts, app)).ok_or(ApiError::NotLoggedIn)?;
        let token_hash = hash_of(token);
        let session = app.store().session(token_hash).await?.ok_or(ApiError::NotLoggedIn)?;
        let now = app.now();
        let idle = app.settings().session_idle_minutes * 60;
        if now >= session.expires_at || now >= session.last_seen_at.plus_seconds(idle) {
            return Err(ApiError::NotLoggedIn);
        }
        if now >= session.last_seen_at.plus_seconds(TOUCH_SECONDS) {
            app.store().touch_session(token_hash, now).await?;
        }
        let account = session.account;
        let actor = Actor {
            account_id: account.id,
            region_id: account.region_id,
            organization_id: account.organization_id,
            ward_id: account.ward_id,
            care_manager_id: account.care_manager_id,
            role: account.role,
        };
        let request_id = parts.extensions.get::<RequestId>().copied().unwrap_or_else(|| app.request_id());
        Ok(Self { actor, account, csrf: session.csrf, request_id, token_hash })
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    parts.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn cookie_token<'a>(parts: &'a Parts, app: &App) -> Option<&'a str> {
    if parts.uri.path().starts_with("/api/") {
        return None;
    }
    let name = if app.settings().secure_cookies { SECURE_COOKIE } else { PLAIN_COOKIE };
    let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write;
        let _ = write!(text, "{byte:02x}");
        text
    })
}
