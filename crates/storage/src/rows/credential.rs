//! Credentials as they are read. They are written by `apply::proofs`, statement by statement.

use domain::AccountId;
use domain::access::Command;
use domain::credential::{Hash, OutsideIdentity, Passkey, Session, SignIn, Totp};
use domain::machine::Machine;
use serde::Serialize;

use crate::engine::Row;
use crate::error::{Failure, StoreError};
use crate::sealed::{self, Keyring};
use crate::table::Kind::{At, Bytes, Id, Int, SealedBytes, Text};
use crate::table::{NO_KEY, Table};

pub(crate) static SESSION: Table = Table::new(
    "session",
    &[
        ("token_hash", Bytes),
        ("id", Id),
        ("region_id", Id),
        ("account_id", Id),
        ("stage", Text),
        ("csrf", Text),
        ("agent", Text),
        ("address", Text),
        ("created_at", At),
        ("last_seen_at", At),
        ("expires_at", At),
    ],
    &["token_hash"],
);

pub(crate) fn read_session(row: &Row, offset: usize) -> Result<Session, StoreError> {
    let mut c = SESSION.cursor_from(row, offset);
    Ok(Session {
        token_hash: c.hash()?,
        id: c.id()?,
        region_id: c.id()?,
        account_id: c.id()?,
        stage: c.word()?,
        csrf: c.get()?,
        agent: c.get()?,
        address: c.get()?,
        created_at: c.at()?,
        last_seen_at: c.at()?,
        expires_at: c.at()?,
    })
}

pub(crate) static TOTP: Table = Table::new(
    "totp",
    &[("account_id", Id), ("secret", SealedBytes), ("last_step", Int), ("set_at", At)],
    &["account_id"],
);

pub(crate) fn read_totp(row: &Row) -> Result<Totp, StoreError> {
    let mut c = TOTP.cursor(row);
    c.skip();
    Ok(Totp { secret: c.opened_bytes()?, last_step: c.get()?, set_at: c.at()? })
}

/// The second factor that is being set up in a session.
pub(crate) static ENROLLING: Table =
    Table::new("session", &[("token_hash", Bytes), ("secret", SealedBytes)], &["token_hash"]);

pub(crate) fn read_enrolling(row: &Row) -> Result<Vec<u8>, StoreError> {
    let mut c = ENROLLING.cursor(row);
    c.skip();
    c.opened_bytes()
}

pub(crate) fn seal_totp(keys: &Keyring, id: AccountId, secret: &[u8]) -> Result<Vec<u8>, Failure> {
    seal(keys, &TOTP, id.uuid().as_bytes(), secret)
}

pub(crate) fn seal_enrolling(keys: &Keyring, token_hash: &Hash, secret: &[u8]) -> Result<Vec<u8>, Failure> {
    seal(keys, &ENROLLING, token_hash, secret)
}

fn seal(keys: &Keyring, table: &Table, key: &[u8], secret: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut bound = Vec::new();
    sealed::bind(&mut bound, key);
    let sealed = keys.seal(&sealed::place(table.name, "secret", &bound), secret);
    sealed.ok_or_else(|| Failure::Unavailable { reason: NO_KEY.into() })
}

pub(crate) static PASSKEY: Table = Table::new(
    "passkey",
    &[
        ("id", Id),
        ("name", Text),
        ("credential_id", Bytes),
        ("credential", Text),
        ("added_at", At),
        ("last_used_at", At),
    ],
    &["account_id", "id"],
);

pub(crate) fn read_passkey(row: &Row) -> Result<Passkey, StoreError> {
    let mut c = PASSKEY.cursor(row);
    Ok(Passkey {
        id: c.id()?,
        name: c.text()?,
        credential_id: c.get()?,
        credential: c.get()?,
        added_at: c.at()?,
        last_used_at: c.maybe_at()?,
    })
}

pub(crate) static OUTSIDE_IDENTITY: Table = Table::new(
    "outside_identity",
    &[("issuer", Text), ("subject_hash", Bytes), ("linked_at", At), ("last_used_at", At)],
    &["account_id", "issuer"],
);

pub(crate) fn read_outside_identity(row: &Row) -> Result<OutsideIdentity, StoreError> {
    let mut c = OUTSIDE_IDENTITY.cursor(row);
    Ok(OutsideIdentity { issuer: c.get()?, subject_hash: c.hash()?, linked_at: c.at()?, last_used_at: c.maybe_at()? })
}

pub(crate) static SIGN_IN: Table = Table::new(
    "outside_sign_in",
    &[("token_hash", Bytes), ("linking", Bytes), ("next", Text), ("expires_at", At)],
    &["token_hash"],
);

pub(crate) fn read_sign_in(row: &Row) -> Result<SignIn, StoreError> {
    let mut c = SIGN_IN.cursor(row);
    Ok(SignIn { token_hash: c.hash()?, linking: c.maybe_hash()?, next: c.get()?, expires_at: c.at()? })
}

pub(crate) static MACHINE: Table = Table::new(
    "machine",
    &[
        ("id", Id),
        ("region_id", Id),
        ("organization_id", Id),
        ("ward_id", Id),
        ("name", Text),
        ("role", Text),
        ("rights", Text),
        ("made_by", Id),
        ("made_at", At),
        ("expires_at", At),
        ("revoked_at", At),
        ("last_used_at", At),
    ],
    &["id"],
);

pub(crate) fn read_machine(row: &Row, offset: usize) -> Result<Machine, StoreError> {
    let mut c = MACHINE.cursor_from(row, offset);
    Ok(Machine {
        id: c.id()?,
        region_id: c.id()?,
        organization_id: c.id()?,
        ward_id: c.maybe_id()?,
        name: c.text()?,
        role: c.word()?,
        rights: {
            let names: String = c.get()?;
            let known = names.split(' ').filter_map(|name| Command::ALL.into_iter().find(|c| c.name() == name));
            known.collect()
        },
        made_by: c.id()?,
        made_at: c.at()?,
        expires_at: c.at()?,
        revoked_at: c.maybe_at()?,
        last_used_at: c.maybe_at()?,
    })
}

/// An enum's name as serde writes it.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
