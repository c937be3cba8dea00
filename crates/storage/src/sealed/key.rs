//! One key: what is derived from the 32 bytes of its file, each for one purpose, and the cipher.
//!
//! XChaCha20-Poly1305 is ChaCha20-Poly1305 under a key that HChaCha20 makes of the first 16 bytes of chance. Why it is put together here: a filing seals and opens some
//! dozen short texts, and ring's half takes a fifth of the time of the crate that backups are sealed with. A test holds both equal.

use std::fmt;

use chacha20::{R20, hchacha};
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;

pub(crate) const ID: usize = 6;
pub(crate) const NONCE: usize = 24;
pub(crate) const TAG: usize = 16;

/// Tells a key from others and nothing about it. Six bytes: eight characters of base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct KeyId(pub(crate) [u8; ID]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub(crate) struct Key {
    pub(crate) id: KeyId,
    columns: [u8; 32],
    /// Of the marks by which people are found.
    pub(crate) marks: [u8; 32],
}

impl Key {
    pub(crate) fn new(file: &[u8; 32]) -> Self {
        let derived = |purpose: &str| keyed(file, &[b"tsunagi sealed columns 1", purpose.as_bytes()]);
        let mut id = [0; ID];
        id.copy_from_slice(&derived("id")[..ID]);
        Self { id: KeyId(id), columns: derived("columns"), marks: derived("marks") }
    }

    /// Key id, chance, the sealed content and its tag.
    pub(crate) fn seal_onto(&self, into: &mut Vec<u8>, place: &[u8], content: &[u8]) {
        let mut chance = [0; NONCE];
        rand::rng().fill_bytes(&mut chance);
        into.extend_from_slice(&self.id.0);
        into.extend_from_slice(&chance);
        let begin = into.len();
        into.extend_from_slice(content);
        let (cipher, nonce) = cipher(&self.columns, &chance);
        let tag = cipher.seal_in_place_separate_tag(nonce, Aad::from(place), &mut into[begin..]);
        into.extend_from_slice(tag.expect("only a content of many gigabytes is refused").as_ref());
    }

    /// What [`Self::seal_onto`] wrote behind the id.
    pub(crate) fn open(&self, place: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
        let (chance, rest) = rest.split_first_chunk::<NONCE>()?;
        let (cipher, nonce) = cipher(&self.columns, chance);
        let mut content = rest.to_vec();
        let length = cipher.open_in_place(nonce, Aad::from(place), &mut content).ok()?.len();
        content.truncate(length);
        Some(content)
    }
}

fn cipher(key: &[u8; 32], chance: &[u8; NONCE]) -> (LessSafeKey, Nonce) {
    let (mut first, mut rest) = ([0; 16], [0; 12]);
    first.copy_from_slice(&chance[..16]);
    rest[4..].copy_from_slice(&chance[16..]);
    let key = hchacha::<R20>(&(*key).into(), &first.into());
    let key = UnboundKey::new(&CHACHA20_POLY1305, &key).expect("HChaCha20 makes 32 bytes");
    (LessSafeKey::new(key), Nonce::assume_unique_for_key(rest))
}

/// HMAC-SHA-256 over the parts, each with its length.
pub(crate) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use chacha20poly1305::XChaCha20Poly1305;
    use chacha20poly1305::aead::{Aead, Payload};

    use super::*;

    #[test]
    fn another_hand_s_xchacha20_poly1305_opens_what_was_sealed() {
        let key = Key::new(&[1; 32]);
        for length in [0, 1, 20, 64, 1_000] {
            let content: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut sealed = Vec::new();
            key.seal_onto(&mut sealed, b"place", &content);
            let (chance, rest) = sealed[ID..].split_first_chunk::<NONCE>().unwrap();
            let other = XChaCha20Poly1305::new(&key.columns.into());
            let opened = other.decrypt(&(*chance).into(), Payload { msg: rest, aad: b"place" }).unwrap();
            assert_eq!(opened, content);
            assert_eq!(key.open(b"place", &sealed[ID..]), Some(content));
        }
    }
}
