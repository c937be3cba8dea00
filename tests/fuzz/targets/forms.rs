//! A form as a browser sends it: whatever the bytes, what may be held in a page holds no secret, and days and times are read or refused.
#![no_main]

#[path = "../../../crates/api/src/pages/view/typed.rs"]
#[expect(dead_code, reason = "the pages use more of it")]
mod typed;

use typed::{Typed, parse_day, parse_time};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // As axum reads it.
    let Ok(pairs) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(bytes) else { return };
    for (_, value) in &pairs {
        if let Ok(day) = parse_day(value) {
            assert_eq!(parse_day(&day.format("%Y-%m-%d").to_string()), Ok(day), "{value}");
        }
        let _ = parse_time(value);
    }
    let typed = Typed::from(pairs);
    let kept = typed.without_secrets();
    assert!(kept.content().all(|(name, _)| !matches!(name, "csrf" | "password" | "new_password" | "code" | "passkey")));
    assert_eq!(kept.fingerprint(), typed.fingerprint());
    assert!(!kept.is_garbled() || typed.is_garbled());
});
