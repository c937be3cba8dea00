//! One key: what is derived from the 32 bytes of its file, each for one purpose.

use std::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
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
    cipher: XChaCha20Poly1305,
    /// Of the marks by which people are found.
    pub(crate) marks: [u8; 32],
}

impl Key {
    pub(crate) fn new(file: &[u8; 32]) -> Self {
        let derived = |purpose: &str| keyed(file, &[b"tsunagi sealed columns 1", purpose.as_bytes()]);
        let mut id = [0; ID];
        id.copy_from_slice(&derived("id")[..ID]);
        Self { id: KeyId(id), cipher: XChaCha20Poly1305::new(&derived("columns").into()), marks: derived("marks") }
    }

    /// Key id, chance, the sealed content and its tag.
    pub(crate) fn seal_onto(&self, into: &mut Vec<u8>, place: &[u8], content: &[u8]) {
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        into.extend_from_slice(&self.id.0);
        into.extend_from_slice(&nonce);
        let begin = into.len();
        into.extend_from_slice(content);
        let nonce = XNonce::from(nonce);
        let tag = self.cipher.encrypt_inout_detached(&nonce, place, (&mut into[begin..]).into());
        into.extend_from_slice(tag.expect("only a content of many gigabytes is refused").as_slice());
    }

    /// What [`Self::seal_onto`] wrote behind the id.
    pub(crate) fn open(&self, place: &[u8], rest: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (content, tag) = rest.split_last_chunk::<TAG>()?;
        let mut content = content.to_vec();
        let nonce = XNonce::from(*nonce);
        let opened = self.cipher.decrypt_inout_detached(&nonce, place, content.as_mut_slice().into(), &(*tag).into());
        opened.ok().map(|()| content)
    }
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
