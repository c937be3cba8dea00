//! Passkeys (WebAuthn) as a second factor: the two ceremonies, each a challenge and its answer.
//!
//! A passkey is bound to a domain name, so the service has to know the name that people see ([`Passkeys::new`]); an answer that was
//! given to any other page is refused by its origin, which is why a copied login page gets nothing from it.
//!
//! What is under way is one JSON text: the library's state and its end. It stands in the session's own row, never in the page, and
//! whoever takes it takes it away ([`domain::credential::Proof::CeremonyOver`]): one challenge, one answer, on whichever instance.
//!
//! # Why the authenticator has to know its user
//!
//! The password is asked for already, and a key that is merely touched would do as a second factor. But on a ward the key stays in the
//! shared machine: with its PIN or fingerprint (user verification) a forgotten one opens nothing.
//!
//! # What is not promised
//!
//! The make of an authenticator is not asked for (no attestation). Most synchronised passkeys have no counter; where there is one, it has
//! to grow, and a copy is refused. The challenge is the library's own chance, not the service's.

use domain::credential::Passkey;
use domain::party::Account;
use domain::{Instant, PasskeyId};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use webauthn_rs::prelude::{
    Credential, CredentialID, Passkey as Key, PasskeyAuthentication, PasskeyRegistration, Url, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::error::ApiError;

/// A ceremony ends after so long: the time that the browser is told, too.
pub const MINUTES: u64 = 5;

/// Why a name can't have passkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unusable {
    #[error(
        "browsers keep passkeys for a name alone (https://name, or http://localhost for a trial), and this is none"
    )]
    Address,
    #[error("a passkey's name is the host of the address or a domain above it")]
    Domain,
}

/// The service as authenticators know it.
#[derive(Debug, Clone)]
pub struct Passkeys {
    webauthn: Webauthn,
}

/// A challenge: what the browser is told, and what is kept of it.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// JSON for the script of the page.
    pub options: String,
    /// See the module.
    pub ceremony: String,
}

/// A passkey was used; what has to be written in place of what was `read`.
#[derive(Debug, Clone)]
pub struct Used {
    pub id: PasskeyId,
    pub read: String,
    pub credential: String,
}

#[derive(Serialize, Deserialize)]
struct Ceremony {
    until: Instant,
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Adding(PasskeyRegistration),
    Using(PasskeyAuthentication),
}

impl Passkeys {
    /// For the address that people see. An empty `domain` is its host; another one has to stand above that, so that passkeys outlive
    /// a change of the host's own name.
    pub fn new(public_url: &str, domain: &str) -> Result<Self, Unusable> {
        let origin = Url::parse(public_url).map_err(|_| Unusable::Address)?;
        let host = origin.domain().ok_or(Unusable::Address)?;
        let local = host == "localhost" || host.ends_with(".localhost");
        if origin.scheme() != "https" && !(origin.scheme() == "http" && local) {
            return Err(Unusable::Address);
        }
        let domain = if domain.is_empty() { host } else { domain };
        // A bare top-level name is nobody's own.
        if domain != host && !domain.contains('.') {
            return Err(Unusable::Domain);
        }
        let builder = WebauthnBuilder::new(domain, &origin).map_err(|_| Unusable::Domain)?;
        let within = std::time::Duration::from_secs(MINUTES * 60);
        let webauthn = builder.rp_name("つなぎ").timeout(within).build().map_err(|_| Unusable::Domain)?;
        Ok(Self { webauthn })
    }

    /// Begins to add a passkey. The authenticator is told the login name alone, and shows it to its owner.
    pub fn begin_adding(&self, account: &Account, known: &[Passkey], now: Instant) -> Result<Challenge, ApiError> {
        let known: Vec<CredentialID> = known.iter().map(|p| p.credential_id.clone()).collect();
        let (id, login) = (account.id.uuid(), account.login.as_str());
        let begun = self.webauthn.start_passkey_registration(id, login, login, Some(known));
        let (options, state) = begun.map_err(|error| inside(&error))?;
        challenge(&options, What::Adding(state), now)
    }

    /// The credential that was made, with what its authenticator knows it by.
    pub fn finish_adding(&self, ceremony: &str, answer: &str, now: Instant) -> Option<(Vec<u8>, String)> {
        let What::Adding(state) = under_way(ceremony, now)? else { return None };
        let answer = serde_json::from_str(answer).ok()?;
        let key = self.webauthn.finish_passkey_registration(&answer, &state).map_err(|error| refused(&error)).ok()?;
        Some((key.cred_id().to_vec(), serde_json::to_string(&key).ok()?))
    }

    /// Begins to use one of her passkeys.
    pub fn begin_using(&self, passkeys: &[Passkey], now: Instant) -> Result<Challenge, ApiError> {
        let keys: Vec<Key> = passkeys.iter().map(key).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(ApiError::PasskeyRefused);
        }
        let (options, state) = self.webauthn.start_passkey_authentication(&keys).map_err(|error| inside(&error))?;
        challenge(&options, What::Using(state), now)
    }

    /// Which of her passkeys, as they are now, answered.
    pub fn finish_using(&self, ceremony: &str, answer: &str, passkeys: &[Passkey], now: Instant) -> Option<Used> {
        let What::Using(state) = under_way(ceremony, now)? else { return None };
        let answer = serde_json::from_str(answer).ok()?;
        let result =
            self.webauthn.finish_passkey_authentication(&answer, &state).map_err(|error| refused(&error)).ok()?;
        // One that was removed since the challenge is none of hers any more.
        let used = passkeys.iter().find(|passkey| passkey.credential_id == result.cred_id().as_slice())?;
        let mut key = key(used).ok()?;
        // The challenge knew the counter of its own moment; it may have gone on since.
        if result.counter() > 0 && result.counter() <= Credential::from(key.clone()).counter {
            return None;
        }
        key.update_credential(&result)?;
        Some(Used { id: used.id, read: used.credential.clone(), credential: serde_json::to_string(&key).ok()? })
    }
}

fn key(passkey: &Passkey) -> Result<Key, ApiError> {
    serde_json::from_str(&passkey.credential).map_err(|_| ApiError::Inside("a passkey can't be read"))
}

fn challenge(options: &impl Serialize, what: What, now: Instant) -> Result<Challenge, ApiError> {
    let until = now.plus_seconds(i64::try_from(MINUTES * 60).unwrap_or(0));
    let text = |value: Result<String, serde_json::Error>| {
        value.map_err(|_| ApiError::Inside("a challenge can't be written down"))
    };
    Ok(Challenge {
        options: text(serde_json::to_string(options))?,
        ceremony: text(serde_json::to_string(&Ceremony { until, what }))?,
    })
}

fn under_way(ceremony: &str, now: Instant) -> Option<What> {
    let Ceremony { until, what } = serde_json::from_str(ceremony).ok()?;
    (now < until).then_some(what)
}

fn inside(error: &WebauthnError) -> ApiError {
    tracing::error!(%error, "a challenge of a passkey could not be made");
    ApiError::Inside("a challenge of a passkey could not be made")
}

/// The library's reason says nothing of a person, and nothing of it is shown.
fn refused(error: &WebauthnError) {
    tracing::info!(%error, "a passkey was refused");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(public_url: &str, domain: &str) -> Option<Unusable> {
        Passkeys::new(public_url, domain).err()
    }

    #[test]
    fn passkeys_are_kept_for_a_name_over_tls_and_for_localhost() {
        for good in ["https://tsunagi.example.jp", "http://localhost:8080", "https://localhost", "http://a.localhost:1"]
        {
            assert_eq!(why(good, ""), None, "{good}");
        }
        for bad in
            ["http://127.0.0.1:8080", "https://192.0.2.1", "https://[::1]", "http://tsunagi.example.jp", "nonsense"]
        {
            assert_eq!(why(bad, ""), Some(Unusable::Address), "{bad}");
        }
    }

    #[test]
    fn a_domain_of_ones_own_stands_above_the_host() {
        assert_eq!(why("https://tsunagi.city.example.jp", "city.example.jp"), None);
        for bad in ["jp", "other.example.jp", "a.tsunagi.city.example.jp", "ity.example.jp"] {
            assert_eq!(why("https://tsunagi.city.example.jp", bad), Some(Unusable::Domain), "{bad}");
        }
    }
}
