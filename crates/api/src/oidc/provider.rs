//! The provider's documents, and its token endpoint.
//!
//! Both documents are asked for when they are first needed and kept for a day. A token with a key that isn't in them lets them be asked for
//! again, at most once a minute; while the provider can't be reached, it is tried every five seconds and everybody between hears so at once.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compact_jwt::compact::Jwk;
use domain::Instant;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use outward::{Address, Answer, Caller, NobodyTrusted, connector};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use webauthn_rs::prelude::Url;

use super::documents::{Discovery, KeySet, Tokens};
use super::token::Unread;
use super::{OidcSettings, Outside, not_accepted};
use crate::error::ApiError;

/// One question and its answer; somebody waits for up to four of them.
const WITHIN: Duration = Duration::from_secs(5);
const LARGEST: usize = 256 * 1024;
const KEPT_SECONDS: i64 = 24 * 3600;
const KEYS_ANEW_SECONDS: i64 = 60;
const AGAIN_SECONDS: i64 = 5;

pub(super) struct Provider {
    caller: Caller,
    settings: OidcSettings,
    kept: Mutex<Kept>,
}

/// What is known, and when it was last asked for.
#[derive(Default)]
struct Kept {
    known: Option<Arc<Known>>,
    asked_at: Option<Instant>,
}

/// What the provider says of itself.
pub(super) struct Known {
    pub(super) authorization_endpoint: String,
    token_endpoint: Address,
    /// It takes the secret in the form alone.
    secret_in_form: bool,
    /// Its answers carry its name (RFC 9207).
    pub(super) names_itself: bool,
    keys: Vec<Jwk>,
    known_at: Instant,
}

impl Known {
    pub(super) fn key_of(&self, token: &Unread) -> Option<&Jwk> {
        token.key_among(&self.keys)
    }
}

impl Provider {
    pub(super) fn new(settings: &OidcSettings, secure: bool) -> Result<Self, NobodyTrusted> {
        let tls = if secure { Some(connector(settings.ca_file.as_deref())?) } else { None };
        let caller = Caller::new(tls, WITHIN, LARGEST);
        Ok(Self { caller, settings: settings.clone(), kept: Mutex::default() })
    }

    pub(super) async fn known(&self, now: Instant) -> Result<Arc<Known>, ApiError> {
        self.newer_than(KEPT_SECONDS, AGAIN_SECONDS, now).await
    }

    /// For a key that is not known.
    pub(super) async fn known_anew(&self, now: Instant) -> Result<Arc<Known>, ApiError> {
        self.newer_than(0, KEYS_ANEW_SECONDS, now).await
    }

    /// What was asked for less than `kept` seconds ago; asked for again only if that was not tried in the last `again` seconds.
    async fn newer_than(&self, kept: i64, again: i64, now: Instant) -> Result<Arc<Known>, ApiError> {
        let mut place = self.kept.lock().await;
        let is_fresh = |known: &Arc<Known>| now < known.known_at.plus_seconds(kept);
        if let Some(known) = place.known.as_ref().filter(|known| is_fresh(known)) {
            return Ok(Arc::clone(known));
        }
        if place.asked_at.is_none_or(|at| now >= at.plus_seconds(again)) {
            place.asked_at = Some(now);
            match self.ask(now).await {
                Ok(known) => place.known = Some(Arc::new(known)),
                Err(reason) => tracing::warn!(reason, "the OpenID provider could not be asked about itself"),
            }
        }
        place.known.clone().ok_or_else(|| Outside::Unreached.into())
    }

    pub(super) async fn ask(&self, now: Instant) -> Result<Known, &'static str> {
        let issuer = &self.settings.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovery = self.document(&url).await?;
        if found.issuer != *issuer {
            return Err("the document names another issuer");
        }
        let set: KeySet = self.document(&found.jwks_uri).await?;
        let authorization: Address = found.authorization_endpoint.parse().map_err(|_| "no authorization_endpoint")?;
        let token_endpoint: Address = found.token_endpoint.parse().map_err(|_| "no token_endpoint")?;
        if issuer.starts_with("https:") && !(authorization.is_secure() && token_endpoint.is_secure()) {
            return Err("an endpoint is not https");
        }
        let methods = found.token_endpoint_auth_methods_supported.unwrap_or_default();
        let takes = |method: &str| methods.iter().any(|known| known == method);
        Ok(Known {
            authorization_endpoint: found.authorization_endpoint,
            token_endpoint,
            secret_in_form: takes("client_secret_post") && !takes("client_secret_basic"),
            names_itself: found.authorization_response_iss_parameter_supported,
            keys: set.known(),
            known_at: now,
        })
    }

    async fn document<T: DeserializeOwned>(&self, url: &str) -> Result<T, &'static str> {
        let address: Address = url.parse().map_err(|_| "no address of a document")?;
        let answer = self.caller.ask(Method::GET, &address, &[(ACCEPT, "application/json")], Bytes::new()).await;
        match answer {
            Ok(Answer { status, body }) if status.as_u16() == 200 => {
                serde_json::from_slice(&body).map_err(|_| "a document can't be read")
            }
            Ok(_) => Err("a document is refused"),
            Err(_) => Err("no answer"),
        }
    }

    /// The ID token for the code.
    pub(super) async fn redeem(&self, known: &Known, code: &str, verifier: &str) -> Result<String, ApiError> {
        if code.is_empty() || code.len() > 4096 {
            return Err(not_accepted("no code"));
        }
        let OidcSettings { client_id, client_secret, .. } = &self.settings;
        let redirect_uri = self.settings.redirect_uri();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        let basic = format!("{}:{}", encoded_text(client_id), encoded_text(client_secret));
        let basic = format!("Basic {}", STANDARD.encode(basic));
        let mut headers = vec![(CONTENT_TYPE, "application/x-www-form-urlencoded"), (ACCEPT, "application/json")];
        if known.secret_in_form {
            fields.extend([("client_id", client_id.as_str()), ("client_secret", client_secret.as_str())]);
        } else {
            headers.push((AUTHORIZATION, &basic));
        }
        let body = Bytes::from(encoded(&fields));
        let answer = self.caller.ask(Method::POST, &known.token_endpoint, &headers, body).await;
        let answer = answer.map_err(|reason| {
            tracing::warn!(%reason, "the OpenID provider was not reached");
            Outside::Unreached
        })?;
        match answer.status.as_u16() {
            200 => {}
            500.. => return Err(Outside::Unreached.into()),
            status => {
                tracing::warn!(status, "the OpenID provider did not take the code");
                return Err(Outside::NotAccepted.into());
            }
        }
        let tokens: Tokens = serde_json::from_slice(&answer.body).map_err(|_| not_accepted("no ID token"))?;
        Ok(tokens.id_token)
    }
}

/// RFC 6749, 2.3.1: name and secret as in a form, before they go into the header.
fn encoded_text(text: &str) -> String {
    encoded(&[(text, "")]).trim_end_matches('=').to_owned()
}

/// As a form sends it.
fn encoded(fields: &[(&str, &str)]) -> String {
    let mut form = Url::parse("form:").expect("it is one");
    form.query_pairs_mut().extend_pairs(fields);
    form.query().unwrap_or_default().to_owned()
}
