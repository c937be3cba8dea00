//! What an OpenID provider answers as JSON: read as little as is needed, so that whatever else stands there can't be in the way.

use compact_jwt::compact::Jwk;
use serde::Deserialize;

/// What it says of itself (OpenID Connect Discovery 1.0, 3).
#[derive(Deserialize)]
pub(super) struct Discovery {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// Its keys (RFC 7517, 5).
#[derive(Deserialize)]
pub(super) struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Keys of other kinds are for others.
    pub(super) fn known(self) -> Vec<Jwk> {
        self.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()
    }
}

/// What a code was good for (RFC 6749, 5.1).
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
}
