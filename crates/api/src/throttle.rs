//! Guessing costs time: failed logins are counted, and too many of them lock for a while. What is counted, and what is then locked:
//!
//! | counter | limit | why |
//! |---|---|---|
//! | login name from one network | `lockout_after` | guessing one password; elsewhere its owner still gets in |
//! | login name, from anywhere | `login_lockout_after`, much higher | guessing it from many networks; a stranger alone can't lock somebody out |
//! | second steps of a login name, from anywhere | `lockout_after` | six digits are few; only whoever knows the password gets there |
//! | network | `address_lockout_after` | guessing many login names |
//!
//! A login name that nobody has is counted just like one that somebody has, in the same statements, so neither the answer nor its time
//! tells them apart. A locked login name is answered like a wrong password; a locked address is told so (429), which says nothing
//! about any account. What is tried while a name is locked is not looked at and so counts for nothing but the network: nobody makes
//! a lock last by going on.
//!
//! Many guesses at once are no way around it: whether a name is locked is asked after the password was looked at, and is a claim of
//! whatever a right one opens, in one order with the failures of the same transaction.
//!
//! Wrong tokens of machines are counted by address alone and apart from logins: a system that goes on with an old token must not keep
//! the people behind the same address out. Right ones are never asked about: 256 bits aren't guessed, and a hospital is one address.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use domain::changes::{AuditEntry, Changes};
use domain::credential::{Failure, Hash, Proof};
use sha2::{Digest, Sha256};

use crate::error::ApiError;
use crate::state::App;

/// Where a request comes from, as far as the edge can tell.
#[derive(Debug, Clone, Default)]
pub struct Client {
    address: Option<IpAddr>,
    /// What the browser calls itself, shortened.
    pub agent: String,
}

impl Client {
    /// For people to read; empty when it is not known.
    pub fn address(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }

    fn network(&self) -> Option<String> {
        self.address.map(|address| network(address).to_string())
    }

    fn key(&self) -> Option<Hash> {
        self.network().map(|network| key("address", &network))
    }
}

/// One household or office, by its first address: an IPv4 address, or the /64 of an IPv6 one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        Ok(Self { address, agent: agent.chars().filter(|c| !c.is_control()).take(160).collect() })
    }
}

/// The counters of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// The login name from this network.
    here: Hash,
    login: Hash,
    second: Hash,
    address: Option<Hash>,
}

/// What a failure was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessed {
    Password,
    /// A code, or a passkey.
    SecondFactor,
    /// Whatever it was, it was not looked at: the name is locked, or there is none.
    Nothing,
}

impl Guessed {
    /// Of a name that may be locked.
    pub const fn unless(self, locked: bool) -> Self {
        if locked { Self::Nothing } else { self }
    }
}

impl Attempt {
    pub fn new(login: &str, client: &Client) -> Self {
        let here = format!("{}\0{login}", client.network().unwrap_or_default());
        let (here, login, second) = (key("login from", &here), key("login", login), key("second step", login));
        Self { here, login, second, address: client.key() }
    }

    /// Whether the login name is locked; refuses when the address is.
    pub async fn is_locked(&self, app: &App) -> Result<bool, ApiError> {
        let keys: Vec<Hash> = self.of_the_name().into_iter().chain(self.address).collect();
        let locked = app.store().is_locked(&keys, app.now()).await?;
        if self.address.is_some_and(|address| locked.contains(&address)) {
            return Err(ApiError::TooMany);
        }
        Ok(!locked.is_empty())
    }

    /// What notes that a locked address was told of, if that was not done yet while this lock lasts: a row for each refusal would let
    /// anybody fill the trail.
    pub(crate) async fn untold(&self, app: &App) -> Result<Option<Proof>, ApiError> {
        let Some(address) = self.address else { return Ok(None) };
        let told = Sha256::new_with_prefix("told").chain_update(address).finalize().into();
        let was_told = !app.store().is_locked(&[told], app.now()).await?.is_empty();
        Ok((!was_told).then(|| count(app, told, 1)))
    }

    /// Claims that it is not locked; its failures stay.
    pub fn not_locked(&self, app: &App) -> impl Iterator<Item = Proof> + use<> {
        let at = app.now();
        self.of_the_name().into_iter().map(move |key| Proof::NotLocked { key, at })
    }

    /// Claims that it is not locked; its failures are forgotten. Those of the address stay: one good login among many bad ones is
    /// what guessing looks like.
    pub fn unlocked(&self, app: &App) -> impl Iterator<Item = Proof> + use<> {
        let at = app.now();
        self.of_the_name().into_iter().map(move |key| Proof::Unlocked { key, at })
    }

    /// Counts a failure.
    pub fn failed(&self, app: &App, guessed: Guessed) -> Vec<Proof> {
        let settings = app.settings();
        let mut counted = match guessed {
            Guessed::Password => {
                vec![(self.here, settings.lockout_after), (self.login, settings.login_lockout_after)]
            }
            Guessed::SecondFactor => vec![(self.second, settings.lockout_after)],
            Guessed::Nothing => Vec::new(),
        };
        counted.extend(self.address.map(|address| (address, settings.address_lockout_after)));
        counted.into_iter().map(|(key, limit)| count(app, key, limit)).collect()
    }

    const fn of_the_name(&self) -> [Hash; 3] {
        [self.here, self.login, self.second]
    }
}

/// Counts a wrong token, with what the trail says of it; refuses when there were too many from there, and then keeps nothing.
pub(crate) async fn wrong_token(app: &App, client: &Client, audit: Option<AuditEntry>) -> Result<(), ApiError> {
    let key = client.network().map(|network| key("token", &network));
    if let Some(key) = key
        && !app.store().is_locked(&[key], app.now()).await?.is_empty()
    {
        return Err(ApiError::TooMany);
    }
    let credentials = key.map(|key| count(app, key, app.settings().address_lockout_after)).into_iter().collect();
    let changes = Changes { credentials, audit: audit.into_iter().collect(), ..Changes::default() };
    app.store().apply(changes).await?;
    Ok(())
}

fn count(app: &App, key: Hash, limit: i64) -> Proof {
    let (now, seconds) = (app.now(), app.settings().lockout_minutes * 60);
    let (since, until) = (now.plus_seconds(-seconds), now.plus_seconds(seconds));
    Proof::Failed(Failure { key, at: now, since, limit, until })
}

fn key(kind: &str, value: &str) -> Hash {
    Sha256::new_with_prefix(kind).chain_update([0]).chain_update(value).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Option<Hash> {
        Client { address: Some(address.parse().unwrap()), agent: String::new() }.key()
    }

    #[test]
    fn one_network_of_ipv6_is_one_address() {
        assert_eq!(at("2001:db8:1:2::3"), at("2001:db8:1:2:ffff::1"));
        assert_ne!(at("2001:db8:1:2::3"), at("2001:db8:1:3::3"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
