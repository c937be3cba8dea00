//! What an ID token has to be before it says anything (OpenID Connect Core 3.1.3.7).

use std::str::FromStr;

use compact_jwt::compact::{JwaAlg, Jwk, JwkUse, JwsCompact};
use compact_jwt::crypto::{JwsEs256Verifier, JwsRs256Verifier};
use compact_jwt::jws::Jws;
use compact_jwt::traits::{JwsVerifiable, JwsVerifier};
use domain::Instant;
use serde::Deserialize;

/// Two clocks may differ by so much.
const SKEW_SECONDS: i64 = 60;
/// 2048 bits.
const SHORTEST_RSA: usize = 256;

/// What is asked of the claims.
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// When the browser set out; the provider has asked for the factors after that.
    pub(super) begun_at: Instant,
    pub(super) now: Instant,
}

/// A token whose signature nobody has looked at.
pub(super) struct Unread(JwsCompact);

#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    aud: OneOrMore,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    auth_time: Option<f64>,
    nonce: Option<String>,
    pub(super) acr: Option<String>,
    #[serde(default)]
    pub(super) amr: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Unread {
    /// Of an algorithm that we know: neither `none` nor one with a shared secret gets further.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let token = JwsCompact::from_str(text).map_err(|_| "no signed token of a known algorithm")?;
        match token.alg() {
            JwaAlg::RS256 | JwaAlg::ES256 => Ok(Self(token)),
            JwaAlg::HS256 => Err("signed with a shared secret"),
        }
    }

    /// The key that it names, of the kind that its algorithm needs; one without a name is the only one of its kind.
    pub(super) fn key_among<'k>(&self, keys: &'k [Jwk]) -> Option<&'k Jwk> {
        let mut fitting = keys.iter().filter(|key| fits(self.0.alg(), key));
        match self.0.kid() {
            Some(wanted) => fitting.find(|key| kid(key) == Some(wanted)),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }

    /// What it says, if it is signed with that key and meant for us, here and now.
    pub(super) fn read(&self, key: &Jwk, wanted: &Wanted<'_>) -> Result<Claims, &'static str> {
        let claims: Claims = self.verified(key)?.from_json().map_err(|_| "the claims can't be read")?;
        claims.check(wanted)?;
        Ok(claims)
    }

    fn verified(&self, key: &Jwk) -> Result<Jws, &'static str> {
        let unusable = |_| "the provider's key can't be used";
        let verified = match self.0.alg() {
            JwaAlg::RS256 => JwsRs256Verifier::try_from(key).map_err(unusable)?.verify(&self.0),
            JwaAlg::ES256 => JwsEs256Verifier::try_from(key).map_err(unusable)?.verify(&self.0),
            JwaAlg::HS256 => return Err("signed with a shared secret"),
        };
        verified.map_err(|_| "the signature is wrong")
    }
}

impl Claims {
    pub(super) fn check(&self, wanted: &Wanted<'_>) -> Result<(), &'static str> {
        let now = wanted.now.micros() / 1_000_000;
        let soon = (now + SKEW_SECONDS) as f64;
        let ago = (now - SKEW_SECONDS) as f64;
        let begun = (wanted.begun_at.micros() / 1_000_000 - SKEW_SECONDS) as f64;
        // Another audience beside us is one that we know nothing of.
        let ours = match &self.aud {
            OneOrMore::One(aud) => aud == wanted.client_id,
            OneOrMore::More(all) => !all.is_empty() && all.iter().all(|aud| aud == wanted.client_id),
        };
        let rules = [
            (self.iss == wanted.issuer, "another issuer"),
            (ours, "another audience"),
            (self.azp.as_ref().is_none_or(|azp| azp == wanted.client_id), "made for another party"),
            (self.exp > ago, "expired"),
            (self.iat < soon && self.nbf.is_none_or(|nbf| nbf < soon), "from the future"),
            (self.nonce.as_deref() == Some(wanted.nonce), "another nonce"),
            (self.auth_time.is_some(), "auth_time is missing"),
            (self.auth_time.is_some_and(|at| at >= begun && at < soon), "the provider has not asked anew"),
            ((1..=255).contains(&self.sub.len()), "no subject"),
        ];
        rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, fault)| Err(fault))
    }
}

fn fits(alg: JwaAlg, key: &Jwk) -> bool {
    let signs = |given: &Option<JwaAlg>, r#use: &Option<JwkUse>| {
        given.is_none_or(|given| given == alg) && *r#use != Some(JwkUse::Enc)
    };
    match key {
        Jwk::RSA { n, alg: given, use_, .. } => {
            let bytes = n.iter().skip_while(|byte| **byte == 0).count();
            alg == JwaAlg::RS256 && signs(given, use_) && bytes >= SHORTEST_RSA
        }
        Jwk::EC { alg: given, use_, .. } => alg == JwaAlg::ES256 && signs(given, use_),
    }
}

fn kid(key: &Jwk) -> Option<&str> {
    match key {
        Jwk::RSA { kid, .. } | Jwk::EC { kid, .. } => kid.as_deref(),
    }
}
