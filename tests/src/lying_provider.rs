//! An OpenID provider that says what a test wants it to. No real one signs a wrong token.

use std::sync::{Arc, Mutex, PoisonError};

use axum::routing::{get, post};
use axum::{Json, Router};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::authenticator::base64;

/// What it says at the moment.
#[derive(Debug, Clone, Default)]
pub struct Says {
    /// For the next code, whatever that is.
    pub id_token: String,
    /// The answer to a code; 200 with the token unless it is set.
    pub refuses: Option<u16>,
    /// Further members of the document about itself.
    pub document: Value,
    pub keys: Value,
    /// How often it was asked for its keys.
    pub asked: usize,
}

/// See the module.
#[derive(Debug)]
pub struct LyingProvider {
    pub issuer: String,
    says: Arc<Mutex<Says>>,
    key: EcdsaKeyPair,
}

impl LyingProvider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("its address"));
        let says = Arc::new(Mutex::new(Says::default()));
        let heard = |says: &Arc<Mutex<Says>>| says.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (document, keys, token) = (Arc::clone(&says), Arc::clone(&says), Arc::clone(&says));
        let name = issuer.clone();
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(async move || {
                    let mut about = json!({
                        "issuer": name,
                        "authorization_endpoint": format!("{name}/auth"),
                        "token_endpoint": format!("{name}/token"),
                        "jwks_uri": format!("{name}/jwks"),
                    });
                    let more = heard(&document).document;
                    more.as_object().into_iter().flatten().for_each(|(key, value)| about[key] = value.clone());
                    Json(about)
                }),
            )
            .route(
                "/jwks",
                get(async move || {
                    let mut says = keys.lock().unwrap_or_else(PoisonError::into_inner);
                    says.asked += 1;
                    Json(says.keys.clone())
                }),
            )
            .route(
                "/token",
                post(async move || {
                    let says = heard(&token);
                    let status = says.refuses.unwrap_or(200);
                    let body = Json(json!({ "id_token": says.id_token, "access_token": "x", "token_type": "Bearer" }));
                    (axum::http::StatusCode::from_u16(status).expect("a status"), body)
                }),
            );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let lying = Self { issuer, says, key: fresh_key() };
        lying.now_says(|says| says.keys = json!({ "keys": [lying.public_key("one")] }));
        lying
    }

    /// Changes what it says from now on.
    pub fn now_says(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.says.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub fn asked_for_keys(&self) -> usize {
        self.says.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    /// Another key from now on, for its signatures alone: it is not among the published ones.
    pub fn takes_another_key(&mut self) {
        self.key = fresh_key();
    }

    /// Its public key, under a name.
    pub fn public_key(&self, kid: &str) -> Value {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": base64(x), "y": base64(y) })
    }

    /// A token with this header and these claims, signed with its own key, whatever the header says.
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        let text = unsigned(header, claims);
        let signature = self.key.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
        format!("{text}.{}", base64(signature.as_ref()))
    }

    /// Signed with the public key as if it were a shared secret: as raw point, and as it is published.
    pub fn signed_with_the_public_key(&self, header: &Value, claims: &Value) -> [String; 2] {
        let published = self.public_key("one").to_string();
        [self.key.public_key().as_ref(), published.as_bytes()].map(|secret| {
            let text = unsigned(header, claims);
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
            format!("{text}.{}", base64(tag.as_ref()))
        })
    }
}

/// Header and claims of a token.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()))
}

fn fresh_key() -> EcdsaKeyPair {
    let chance = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &chance).expect("the key")
}
