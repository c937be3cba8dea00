//! 暗号化された欄: personal columns, sealed before they reach the database and opened after they have left it.
//!
//! # Which columns
//!
//! | table | sealed | why |
//! |---|---|---|
//! | `patient` | name, kana, birth_on, insured_number | they say who it is |
//! | `encounter_event` | note | free text about a person |
//! | `screening` | answers, facts, outcome, why | health data, and free text |
//! | `notice` | message, why | free text about a person |
//! | `contact` | with_whom | names the one who was told, who may be family |
//! | `disclosure` | to_whom | the same |
//! | `legal_hold`, `break_glass` | why, lifted_why, reason | free text, in which people write names though they are asked not to |
//! | `idempotency` | body, fingerprint | the first answer may repeat what was typed; a bare hash of it could be guessed |
//! | `totp`, `session` | secret | with it anybody makes the codes of the second factor |
//!
//! What stays readable, because the database finds, orders and counts by it: ids, instants and days of stays, states, districts, sex and
//! care level, survey facts and counts, the kinds of consents and of disclosed items. So does the directory (names and mailboxes of organizations and of
//! the people who work there), which the organizations publish; passwords and tokens are kept as hashes, and mails hold nothing
//! personal. The remark of an audit review is part of what nobody may change, and no key could ever be changed under it.
//!
//! # How
//!
//! XChaCha20-Poly1305 with 24 bytes of chance for every value. Table, column and primary key are authenticated with it, so a value that was put into another place
//! does not open: the row is [inconsistent](crate::StoreError::Inconsistent), left out of lists and told of in the log. In front stands the id of the key:
//! several keys can be known at once, of which the first seals. A sealed text is `" 1:"` and base64; no text that somebody typed begins with a space.
//!
//! Why the chance is not injected as elsewhere: two values under the same key must never share it, not even in two runs from one seed.
//!
//! # Finding people
//!
//! `patient_mark` holds keyed hashes ([`Marks`](marks)) of the first one to eight characters of the reading, of reading and birth date together, and
//! of the insured number; one of another region or under another key has nothing in common with it. Order is made after opening.
//!
//! # Keys
//!
//! `sealing_key` has a sealed word for every key that ever sealed here: a start with a wrong or missing key is refused by it
//! ([`Store::meet_keys`](crate::Store::meet_keys)), not by the first page. [`Rotation`] seals everything anew under the first key, also what an older version
//! left plain: its row there, `plain`, says that plain values are believed until then.
//!
//! # How to seal a column
//!
//! `text` or `bytea` in the migration, `Sealed` or `SealedBytes` in its table's list behind all columns of the key, `sealed` in the writer, `opened` in
//! the reader, and the table in [`SEALED`] below.
//!
//! # What is not promised
//!
//! - Anything against somebody who has the key or reads the memory of the service.
//! - That a whole row, or an older value of the same place, was not put back by somebody who can write to the database.
//! - Secrecy of how long a text is, which people share a mark, and how many do.
//! - A value under a key that is recorded nowhere is told as [unavailable](crate::StoreError::Unavailable), so that a
//!   forgotten key stops work instead of setting stays aside.

pub(crate) mod key;
pub(crate) mod marks;
mod meeting;
mod rotation;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use crate::rows::*;
use crate::table::Table;
use key::{Key, KeyId};

pub use meeting::KeysInUse;
pub use rotation::Rotation;

/// Every table with sealed columns.
pub(crate) static SEALED: [&Table; 11] = [
    &PATIENT,
    &EVENT,
    &SCREENING,
    &NOTICE,
    &CONTACT,
    &DISCLOSURE,
    &LEGAL_HOLD,
    &BREAK_GLASS,
    &IDEMPOTENCY,
    &TOTP,
    &ENROLLING,
];

/// What a sealed text begins with.
const MARK: &str = " 1:";
/// What sealed bytes begin with.
const VERSION: u8 = 1;
/// Nothing sealed is shorter; what is kept plain as bytes (hashes, secrets) is.
const LEAST: usize = 1 + key::ID + key::NONCE + key::TAG;

/// The keys of the sealed columns: the first seals, all open. Clones share what was learned of the database.
#[derive(Clone, Default)]
pub struct Keyring(Arc<Ring>);

#[derive(Default)]
struct Ring {
    keys: Vec<Key>,
    /// Values that an older version left are read as they are.
    plain_stands: AtomicBool,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys.iter().map(|key| key.id.to_string())).finish()
    }
}

/// Why a value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Bent, or from another place, or plain where nothing plain may stand.
    Wrong,
    /// No such key is at hand.
    NoKey,
}

impl Keyring {
    /// Of the bytes of their files. With none, nothing sealed can be read or written.
    pub fn new(keys: &[[u8; 32]]) -> Self {
        Self(Arc::new(Ring { keys: keys.iter().map(Key::new).collect(), plain_stands: AtomicBool::new(false) }))
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.keys.is_empty()
    }

    /// The ids of the keys as `tsunagi doctor` writes them, the sealing one first.
    pub fn ids(&self) -> Vec<String> {
        self.0.keys.iter().map(|key| key.id.to_string()).collect()
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.0.keys
    }

    pub(crate) fn find(&self, id: &[u8]) -> Option<&Key> {
        self.0.keys.iter().find(|key| key.id.0 == id)
    }

    pub(crate) fn plain_stands(&self) -> bool {
        self.0.plain_stands.load(Ordering::Relaxed)
    }

    fn believe_plain(&self, stands: bool) {
        self.0.plain_stands.store(stands, Ordering::Relaxed);
    }

    /// `None` without a key.
    pub(crate) fn seal(&self, place: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = Vec::with_capacity(LEAST + content.len());
        sealed.push(VERSION);
        self.0.keys.first()?.seal_onto(&mut sealed, place, content);
        Some(sealed)
    }

    pub(crate) fn seal_text(&self, place: &[u8], content: &str) -> Option<String> {
        let mut sealed = Vec::with_capacity(LEAST + content.len());
        self.0.keys.first()?.seal_onto(&mut sealed, place, content.as_bytes());
        let mut text = String::with_capacity(MARK.len() + sealed.len().div_ceil(3) * 4);
        text.push_str(MARK);
        BASE64.encode_string(sealed, &mut text);
        Some(text)
    }

    pub(crate) fn open(&self, place: &[u8], mut stored: Vec<u8>) -> Result<Vec<u8>, Closed> {
        if stored.len() < LEAST {
            return if self.plain_stands() { Ok(stored) } else { Err(Closed::Wrong) };
        }
        if stored.remove(0) != VERSION {
            return Err(Closed::Wrong);
        }
        self.open_frame(place, &stored)
    }

    pub(crate) fn open_text(&self, place: &[u8], stored: String) -> Result<String, Closed> {
        let Some(text) = stored.strip_prefix(MARK) else {
            return if self.plain_stands() { Ok(stored) } else { Err(Closed::Wrong) };
        };
        let frame = BASE64.decode(text).map_err(|_| Closed::Wrong)?;
        String::from_utf8(self.open_frame(place, &frame)?).map_err(|_| Closed::Wrong)
    }

    fn open_frame(&self, place: &[u8], frame: &[u8]) -> Result<Vec<u8>, Closed> {
        let (id, rest) = frame.split_at_checked(key::ID).ok_or(Closed::Wrong)?;
        self.find(id).ok_or(Closed::NoKey)?.open(place, rest).ok_or(Closed::Wrong)
    }
}

/// What every text begins with that `id` has sealed.
pub(crate) fn beginning_of_text(id: KeyId) -> String {
    format!("{MARK}{}", BASE64.encode(id.0))
}

/// What all bytes begin with that `id` has sealed.
pub(crate) fn beginning_of_bytes(id: KeyId) -> Vec<u8> {
    std::iter::once(VERSION).chain(id.0).collect()
}

/// Where a value belongs: table, column, and the primary key as [`bind`] wrote it.
pub(crate) fn place(table: &str, column: &str, key: &[u8]) -> Vec<u8> {
    let mut place = Vec::with_capacity(table.len() + column.len() + 2 + key.len());
    for name in [table, column] {
        place.extend_from_slice(name.as_bytes());
        place.push(0);
    }
    place.extend_from_slice(key);
    place
}

/// One value of a primary key, with its length, so that no two keys are written alike.
pub(crate) fn bind(key: &mut Vec<u8>, value: &[u8]) {
    key.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    key.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &[u8] = b"patient\0name\0x";

    #[test]
    fn a_value_opens_in_its_own_place_under_any_key_at_hand() {
        let (old, both) = (Keyring::new(&[[1; 32]]), Keyring::new(&[[2; 32], [1; 32]]));
        let sealed = old.seal_text(PLACE, "北見 花子").unwrap();
        assert!(sealed.starts_with(&beginning_of_text(old.keys()[0].id)));
        assert_eq!(both.open_text(PLACE, sealed.clone()).unwrap(), "北見 花子");
        assert_eq!(both.open_text(b"patient\0name\0y", sealed.clone()), Err(Closed::Wrong), "another row");
        assert_eq!(Keyring::new(&[[2; 32]]).open_text(PLACE, sealed.clone()), Err(Closed::NoKey));
        assert_ne!(old.seal_text(PLACE, "北見 花子").unwrap(), sealed, "never twice the same");
        let bytes = both.seal(PLACE, &[7; 20]).unwrap();
        assert!(bytes.starts_with(&beginning_of_bytes(both.keys()[0].id)));
        assert_eq!(both.open(PLACE, bytes).unwrap(), [7; 20]);
    }

    #[test]
    fn a_bent_value_does_not_open() {
        let ring = Keyring::new(&[[1; 32]]);
        let sealed = ring.seal(PLACE, b"secret").unwrap();
        for at in [0, 8, 30, sealed.len() - 1] {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert_eq!(ring.open(PLACE, bent), Err(Closed::Wrong), "{at}");
        }
        for bad in [" 1:", " 1:あ", " 1:AAAA"] {
            assert!(ring.open_text(PLACE, bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn plain_values_are_read_only_while_they_may_stand() {
        let ring = Keyring::new(&[[1; 32]]);
        assert_eq!(ring.open_text(PLACE, "北見 花子".into()), Err(Closed::Wrong));
        assert_eq!(ring.open(PLACE, vec![9; 32]), Err(Closed::Wrong));
        ring.believe_plain(true);
        assert_eq!(ring.open_text(PLACE, "北見 花子".into()).unwrap(), "北見 花子");
        assert_eq!(ring.open(PLACE, vec![9; 32]).unwrap(), [9; 32]);
    }

    #[test]
    fn nothing_is_sealed_or_told_without_a_key() {
        assert_eq!(Keyring::default().seal_text(PLACE, "x"), None);
        let ring = Keyring::new(&[[1; 32]]);
        assert!(!format!("{ring:?}").contains("01010101"), "{ring:?}");
    }

    #[test]
    fn the_key_of_a_row_stands_before_its_sealed_columns() {
        for table in SEALED {
            let at = |name: &str| table.columns.iter().position(|(column, _)| *column == name).unwrap();
            let last = table.key().iter().map(|name| at(name)).max().unwrap();
            let mut sealed = table.sealed();
            assert!(sealed.all(|(name, _)| at(name) > last), "{}", table.name);
        }
    }
}
