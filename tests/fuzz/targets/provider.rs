//! What an OpenID provider answers: the token in the first line with the keys in the rest, or one document, or what a token says. Nothing is
//! taken for a login that isn't from this issuer, for this client, with this nonce.
#![no_main]

#[path = "../../../crates/api/src/oidc/documents.rs"]
#[expect(dead_code, reason = "the provider uses more of it")]
mod documents;
#[path = "../../../crates/api/src/oidc/token.rs"]
#[expect(dead_code, reason = "the provider uses more of it")]
mod token;

use documents::{Discovery, KeySet, Tokens};
use domain::Instant;
use token::{Claims, Unread, Wanted};

const WANTED: Wanted<'_> = Wanted {
    issuer: "https://id.example.jp",
    client_id: "tsunagi",
    nonce: "n-0S6_WzA2Mj",
    begun_at: Instant::from_micros(1_300_000_000_000_000),
    now: Instant::from_micros(1_300_000_060_000_000),
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let keys = serde_json::from_str(rest).map(KeySet::known).unwrap_or_default();
    if let Ok(unread) = Unread::parse(first)
        && let Some(key) = unread.key_among(&keys)
    {
        assert!(unread.read(key, &WANTED).is_err(), "a signature for us can't be guessed");
    }
    if let Ok(claims) = serde_json::from_str::<Claims>(text)
        && claims.check(&WANTED).is_ok()
    {
        assert_eq!(claims.iss, WANTED.issuer);
        assert!((1..=255).contains(&claims.sub.len()));
    }
    if let Ok(found) = serde_json::from_str::<Discovery>(text) {
        assert!(found.issuer.len() + found.jwks_uri.len() <= text.len());
    }
    let _ = serde_json::from_str::<Tokens>(text);
});
