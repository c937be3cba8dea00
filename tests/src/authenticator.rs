//! An authenticator in software: makes one passkey and answers challenges with it, truthfully or not.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const WITH_KEY: u8 = 0x40;

/// One key; what it says of itself can be set.
#[derive(Debug)]
pub struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    /// The page that the browser says it stands on.
    pub origin: String,
    /// Grows with each use; 0 stays.
    pub counter: u32,
    /// It has seen a fingerprint, or a PIN.
    pub verified: bool,
}

impl Authenticator {
    /// With a key of its own, in a browser that shows `origin`.
    pub fn new(origin: &str) -> Self {
        let chance = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &chance).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, made.as_ref(), &chance).expect("the key");
        let id = Sha256::digest(key.public_key()).to_vec();
        Self { key, id, origin: origin.to_owned(), counter: 1, verified: true }
    }

    /// Answers the challenge to make a passkey.
    pub fn make(&mut self, options: &Value) -> String {
        let options = &options["publicKey"];
        let mut told = self.told(options["rp"]["id"].as_str().expect("a name"), WITH_KEY);
        told.extend([0; 16]);
        told.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        told.extend(&self.id);
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        told.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        told.extend(x);
        told.extend([0x22, 0x58, 0x20]);
        told.extend(y);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(told.len()).expect("short"));
        object.extend(told);
        let client = self.client("webauthn.create", options);
        self.answer(&json!({ "attestationObject": base64(&object), "clientDataJSON": base64(&client) }))
    }

    /// Answers the challenge to use it.
    pub fn sign(&mut self, options: &Value) -> String {
        let options = &options["publicKey"];
        let told = self.told(options["rpId"].as_str().expect("a name"), 0);
        let client = self.client("webauthn.get", options);
        let signed = [told.as_slice(), Sha256::digest(&client).as_slice()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        self.answer(&json!({
            "authenticatorData": base64(&told), "clientDataJSON": base64(&client),
            "signature": base64(signature.as_ref()), "userHandle": null,
        }))
    }

    /// Whether the challenge asks for this one.
    pub fn is_asked_by(&self, options: &Value) -> bool {
        let asked = options["publicKey"]["allowCredentials"].as_array().expect("a list");
        asked.iter().any(|one| one["id"] == base64(&self.id))
    }

    fn told(&mut self, name: &str, flags: u8) -> Vec<u8> {
        let flags = flags | PRESENT | if self.verified { VERIFIED } else { 0 };
        let mut told = Sha256::digest(name).to_vec();
        told.push(flags);
        told.extend(self.counter.to_be_bytes());
        self.counter += u32::from(self.counter > 0);
        told
    }

    fn client(&self, what: &str, options: &Value) -> Vec<u8> {
        let told =
            json!({ "type": what, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false });
        told.to_string().into_bytes()
    }

    fn answer(&self, response: &Value) -> String {
        let id = base64(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "extensions": {}, "response": response }).to_string()
    }
}

/// For addresses, without padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let three = |chunk: &[u8]| {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        let letter = move |at: usize| char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]);
        (0..=chunk.len()).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(three).collect()
}
