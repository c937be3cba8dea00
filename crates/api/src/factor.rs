//! The second factor: codes of an authenticator (RFC 6238), and the recovery codes for when it is lost.
//!
//! The secret is shown once as text and as a QR code that this page draws itself: no picture of it is ever asked of anybody else.

use domain::Instant;
use domain::credential::Hash;
use qrcodegen::{QrCode, QrCodeEcc};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

use crate::error::ApiError;

/// How many recovery codes a person gets.
pub const CODES: usize = 10;
/// 160 bits, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;
const ISSUER: &str = "Tsunagi";
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What a person needs to set her authenticator up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// In groups of four, for typing it.
    pub secret: String,
    /// The same as an address that an authenticator on this very device opens.
    pub uri: String,
    /// The modules of the QR code as the `d` of an SVG path, and how many there are on a side.
    pub modules: (String, i32),
}

fn totp(secret: &[u8], login: &str) -> Result<Totp, ApiError> {
    // The issuer and the name stand in an address: a colon would split them.
    let name = login.replace(':', "_");
    let built = Builder::new().with_secret(secret).with_issuer(Some(ISSUER)).with_account_name(name.as_str()).build();
    built.map_err(|_| ApiError::Inside("a secret of the second factor can't be used"))
}

/// How to set up `secret` for `login`.
pub fn setup(secret: &[u8], login: &str) -> Result<Setup, ApiError> {
    let totp = totp(secret, login)?;
    let uri = totp.to_url().map_err(|_| ApiError::Inside("a second factor has no address"))?;
    let text = Secret::from(secret).to_base32();
    let groups: Vec<&str> = (0..text.len()).step_by(4).map(|at| &text[at..text.len().min(at + 4)]).collect();
    let qr = QrCode::encode_text(&uri, QrCodeEcc::Medium).map_err(|_| ApiError::Inside("a QR code is too long"))?;
    Ok(Setup { secret: groups.join(" "), modules: (path(&qr), qr.size()), uri })
}

/// One square for each run of dark modules in a row.
fn path(qr: &QrCode) -> String {
    use std::fmt::Write;
    let mut path = String::new();
    for y in 0..qr.size() {
        let mut x = 0;
        while x < qr.size() {
            let run = (x..qr.size()).take_while(|x| qr.get_module(*x, y)).count();
            if run > 0 {
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += i32::try_from(run).unwrap_or(1).max(1);
        }
    }
    path
}

/// The step whose code this is: now, the one before or the one after, because clocks differ.
pub fn step_of(secret: &[u8], code: &str, now: Instant) -> Option<i64> {
    let digits: String = code.chars().filter_map(digit).collect();
    let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
    let step = totp(secret, "somebody").ok()?.check(&digits, seconds)?;
    i64::try_from(step).ok()
}

/// Digits however they were typed or pasted; spaces and hyphens are left out.
fn digit(c: char) -> Option<char> {
    match c {
        ' ' | '\u{3000}' | '-' => None,
        '\u{FF10}'..='\u{FF19}' => char::from_u32(u32::from(c) - 0xFEE0),
        _ => Some(c),
    }
}

/// What an authenticator would show.
#[doc(hidden)]
pub fn code_at(secret: &[u8], now: Instant) -> Option<String> {
    let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
    Some(totp(secret, "somebody").ok()?.generate(seconds).to_string())
}

/// Codes of 80 bits each, with the hashes that are kept of them. `chance` gives 32 fresh bytes at a time.
pub fn recovery_codes(mut chance: impl FnMut() -> [u8; 32]) -> (Vec<String>, Vec<Hash>) {
    let mut code = || {
        let letters: String =
            chance().iter().take(16).map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
        format!("{}-{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..12], &letters[12..])
    };
    let codes: Vec<String> = (0..CODES).map(|_| code()).collect();
    let hashes = codes.iter().map(|code| code_hash(code)).collect();
    (codes, hashes)
}

/// Whether it looks like a recovery code and not like six digits.
pub fn is_recovery_code(code: &str) -> bool {
    plain(code).len() == 16
}

/// The hash of a recovery code, however it was typed.
pub fn code_hash(code: &str) -> Hash {
    Sha256::digest(plain(code)).into()
}

fn plain(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_for_the_step_before_and_after_and_no_longer() {
        let now = Instant::from_micros(1_790_000_010_000_000);
        let secret = [7; SECRET_BYTES];
        let code = code_at(&secret, now).unwrap();
        let step = now.micros() / 30_000_000;
        for seconds in [-30, 0, 30] {
            assert_eq!(step_of(&secret, &code, now.plus_seconds(seconds)), Some(step), "{seconds}");
        }
        assert_eq!(step_of(&secret, &code, now.plus_seconds(61)), None);
        assert_eq!(step_of(&[8; SECRET_BYTES], &code, now), None);
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert_eq!(step_of(&secret, &spaced, now), Some(step), "pasted with a space");
        let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
        assert_eq!(step_of(&secret, &wide, now), Some(step), "typed in full width");
    }

    #[test]
    fn the_set_up_shows_the_secret_and_draws_it() {
        let setup = setup(&[7; SECRET_BYTES], "nurse").unwrap();
        assert_eq!(setup.secret.replace(' ', ""), Secret::from(&[7; SECRET_BYTES][..]).to_base32());
        assert!(setup.uri.starts_with("otpauth://totp/Tsunagi:nurse?secret="), "{}", setup.uri);
        assert!(setup.modules.0.starts_with("M0 0h7v1h-7z"), "a corner mark");
    }

    #[test]
    fn recovery_codes_are_ten_and_read_however_they_are_typed() {
        let mut seed = 0_u8;
        let (codes, hashes) = recovery_codes(|| {
            seed += 1;
            Sha256::digest([seed]).into()
        });
        assert_eq!((codes.len(), hashes.len()), (10, 10));
        assert_eq!(code_hash(&codes[3].to_uppercase().replace('-', " ")), hashes[3]);
        assert!(is_recovery_code(&codes[0]) && !is_recovery_code("123456"));
    }
}
