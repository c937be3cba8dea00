//! OpenID Connect: logging in with an account of an outside provider, which has to answer for two factors.
//!
//! # Who is who
//!
//! - [`Oidc`] — the provider as this service knows it: where to send a browser, and who came back.
//! - `provider` — its documents and its token endpoint, asked over [`outward::Caller`].
//! - `token` — what an ID token has to be before it says anything.
//! - [`TwoFactors`] — which of them say that two factors were asked for.
//! - [`Outside`] — why nobody comes of it, for people.
//! - [`crate::login`] — whose account that is, and what becomes of it.
//!
//! # The flow
//!
//! Authorization code with PKCE. The browser gets one token in a cookie for ten minutes; state, nonce and the verifier of PKCE are hashes of
//! it ([`derived`]), so nothing of them has to be kept, and an answer is worth nothing in any other browser. The database knows the token's hash
//! alone, and whoever comes back takes it away: one way there, one answer, on whichever instance.
//!
//! # Why the provider always asks anew
//!
//! The computers of a ward are everybody's. With a login that still stands at the provider, whoever clicks next would be whoever clicked last. So
//! it is asked to ask again (`prompt=login`, `max_age=0`), and its token has to say that it did (`auth_time`), which nobody can take out of
//! the address on the way.
//!
//! # What is not promised
//!
//! - That the provider tells the truth: whoever owns it can log in as everybody who has linked an account of it.
//! - Logging out there when somebody logs out here.
//! - More than RS256 and ES256; encrypted tokens; more than one provider.

mod documents;
mod factors;
mod outside;
mod provider;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::Instant;
use domain::credential::Hash;
use outward::{Address, NobodyTrusted};
use sha2::{Digest, Sha256};
use thiserror::Error;
use webauthn_rs::prelude::Url;

use crate::error::ApiError;
use provider::Provider;

pub use factors::TwoFactors;
pub use outside::Outside;

/// The way there and back ends after so long.
pub const MINUTES: i64 = 10;
/// Where the provider sends browsers back to, behind the address that people see.
pub const CALLBACK: &str = "/login/oidc/callback";

/// What the configuration says.
#[derive(Clone)]
pub struct OidcSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    /// What people know the provider by.
    pub name: String,
    /// Certificates to believe besides the machine's own.
    pub ca_file: Option<PathBuf>,
    pub two_factors: TwoFactors,
    /// Without a trailing slash.
    pub public_url: String,
}

/// Settings that can't work; `.0` is the key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unusable {
    #[error("oidc.issuer: expected https://… without a query (http://… on this machine alone, for a trial)")]
    Issuer,
    #[error("oidc.{0}: expected something, since oidc.issuer names a provider")]
    Missing(&'static str),
    #[error("oidc.two_factors_acr, oidc.two_factors_amr: one of them has to say what a login with two factors is")]
    NoRule,
    #[error("oidc.ca_file: {0}")]
    Trust(#[from] NobodyTrusted),
}

/// Somebody of the provider's, whoever that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Somebody {
    pub(crate) subject_hash: Hash,
    pub(crate) two_factors: bool,
}

/// What a browser brings back.
#[derive(Clone, Default, serde::Deserialize)]
pub(crate) struct Brought {
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    code: String,
    iss: Option<String>,
    error: Option<String>,
}

/// The provider. Clones share what is known of it.
#[derive(Clone)]
pub struct Oidc(Arc<Inner>);

struct Inner {
    settings: OidcSettings,
    provider: Provider,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oidc").field("issuer", &self.0.settings.issuer).finish_non_exhaustive()
    }
}

impl Oidc {
    /// Checks the settings; the provider is not asked anything yet, and may be away.
    pub fn new(settings: OidcSettings) -> Result<Self, Unusable> {
        let address: Address = settings.issuer.parse().map_err(|_| Unusable::Issuer)?;
        let local = matches!(address.host(), "localhost" | "127.0.0.1" | "::1");
        if settings.issuer.contains(['?', '#']) || !(address.is_secure() || local) {
            return Err(Unusable::Issuer);
        }
        let OidcSettings { client_id, client_secret, name, two_factors, .. } = &settings;
        for (key, value) in [("client_id", client_id), ("client_secret_file", client_secret), ("name", name)] {
            if value.trim().is_empty() {
                return Err(Unusable::Missing(key));
            }
        }
        if !two_factors.can_be() {
            return Err(Unusable::NoRule);
        }
        let provider = Provider::new(&settings, address.is_secure())?;
        Ok(Self(Arc::new(Inner { settings, provider })))
    }

    /// Asks the provider about itself; why it is of no use, in words for the operator.
    pub async fn greet(&self, now: Instant) -> Result<(), &'static str> {
        self.0.provider.ask(now).await.map(drop)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.0.settings.issuer
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// Where to send the browser that holds `token`.
    pub(crate) async fn way(&self, token: &str, now: Instant) -> Result<String, ApiError> {
        let known = self.0.provider.known(now).await?;
        let mut to = Url::parse(&known.authorization_endpoint).map_err(|_| Outside::Unreached)?;
        let settings = &self.0.settings;
        let challenge = BASE64.encode(Sha256::digest(derived(token, Kind::Verifier)));
        to.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.redirect_uri())
            .append_pair("state", &derived(token, Kind::State))
            .append_pair("nonce", &derived(token, Kind::Nonce))
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("prompt", "login")
            .append_pair("max_age", "0")
            .append_pair("ui_locales", "ja en");
        if !settings.two_factors.acr.is_empty() {
            to.query_pairs_mut().append_pair("acr_values", &settings.two_factors.acr.join(" "));
        }
        Ok(to.into())
    }

    /// Who came back to the browser that holds `token`, and set out at `begun_at`.
    pub(crate) async fn who(
        &self,
        token: &str,
        brought: &Brought,
        begun_at: Instant,
        now: Instant,
    ) -> Result<Somebody, ApiError> {
        let settings = &self.0.settings;
        let known = self.0.provider.known(now).await?;
        match (&brought.iss, known.names_itself) {
            (Some(iss), _) if *iss == settings.issuer => {}
            (None, false) => {}
            _ => return Err(not_accepted("another issuer has answered")),
        }
        match brought.error.as_deref() {
            None => {}
            Some("access_denied") => return Err(Outside::Cancelled.into()),
            Some("unmet_authentication_requirements") => return Err(Outside::OneFactor.into()),
            Some("server_error" | "temporarily_unavailable") => return Err(Outside::Unreached.into()),
            Some(_) => return Err(not_accepted("the provider refused the request")),
        }
        let id_token = self.0.provider.redeem(&known, &brought.code, &derived(token, Kind::Verifier)).await?;
        let wanted = token::Wanted {
            issuer: &settings.issuer,
            client_id: &settings.client_id,
            nonce: &derived(token, Kind::Nonce),
            begun_at,
            now,
        };
        let id_token = token::Unread::parse(&id_token).map_err(not_accepted)?;
        let keys = match known.key_of(&id_token) {
            Some(_) => known,
            None => self.0.provider.known_anew(now).await?,
        };
        let key = keys.key_of(&id_token).ok_or_else(|| not_accepted("the token is signed with an unknown key"))?;
        let claims = id_token.read(key, &wanted).map_err(not_accepted)?;
        let subject = Sha256::new_with_prefix(&claims.iss).chain_update([0]).chain_update(&claims.sub);
        let two_factors = settings.two_factors.are_in(claims.acr.as_deref(), &claims.amr);
        Ok(Somebody { subject_hash: subject.finalize().into(), two_factors })
    }
}

impl OidcSettings {
    fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.public_url)
    }
}

/// What is made of a browser's token.
#[derive(Debug, Clone, Copy)]
enum Kind {
    State,
    Nonce,
    Verifier,
}

/// 43 characters of base64url, from which nobody comes back to the token or to the other two.
fn derived(token: &str, kind: Kind) -> String {
    let name = match kind {
        Kind::State => "state",
        Kind::Nonce => "nonce",
        Kind::Verifier => "verifier",
    };
    BASE64.encode(Sha256::new_with_prefix(name).chain_update([0]).chain_update(token).finalize())
}

/// Whether the answer is one to what this browser asked.
pub(crate) fn is_state_of(token: &str, state: &str) -> bool {
    Sha256::digest(state) == Sha256::digest(derived(token, Kind::State))
}

/// The reason is for the log alone: it says nothing of a person.
fn not_accepted(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "an answer of the OpenID provider was refused");
    Outside::NotAccepted.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(issuer: &str, change: impl FnOnce(&mut OidcSettings)) -> Option<String> {
        let mut settings = OidcSettings {
            issuer: issuer.into(),
            client_id: "tsunagi".into(),
            client_secret: "secret".into(),
            name: "市の認証基盤".into(),
            ca_file: None,
            two_factors: TwoFactors { acr: Vec::new(), amr: true },
            public_url: "https://tsunagi.example.jp".into(),
        };
        change(&mut settings);
        Oidc::new(settings).err().map(|error| error.to_string())
    }

    #[test]
    fn settings_that_cannot_work_name_their_key() {
        assert_eq!(why("http://localhost:3000", |_| {}), None);
        for bad in ["http://id.example.jp", "id.example.jp", "ldap://x", "http://localhost/?x", "http://localhost/#x"] {
            assert!(why(bad, |_| {}).unwrap().starts_with("oidc.issuer: "), "{bad}");
        }
        let local = "http://localhost:3000";
        assert!(why(local, |s| s.client_id.clear()).unwrap().starts_with("oidc.client_id: "));
        assert!(why(local, |s| s.client_secret = "\n".into()).unwrap().starts_with("oidc.client_secret_file: "));
        assert!(why(local, |s| s.name.clear()).unwrap().starts_with("oidc.name: "));
        assert!(why(local, |s| s.two_factors.amr = false).unwrap().starts_with("oidc.two_factors_acr, "));
        let nowhere = Some(PathBuf::from("/nowhere"));
        assert!(why("https://id.example.jp", |s| s.ca_file = nowhere).unwrap().starts_with("oidc.ca_file: "));
    }

    #[test]
    fn what_is_made_of_a_token_differs_by_kind_and_token() {
        let all = [Kind::State, Kind::Nonce, Kind::Verifier].map(|kind| derived("a", kind));
        assert!(all.iter().all(|text| text.len() == 43));
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != derived("b", Kind::State));
        assert!(is_state_of("a", &all[0]) && !is_state_of("a", &all[1]) && !is_state_of("a", ""));
    }
}
