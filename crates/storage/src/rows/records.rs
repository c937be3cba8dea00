//! What is kept about the commands themselves: the first answer to a key, and the audit trail's rows.

use domain::changes::{AuditEntry, IdempotencyRecord};
use uuid::Uuid;

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Bytes, Id, Int, Sealed, SealedBytes, Text};
use crate::table::{Rows, Table};

pub(crate) static IDEMPOTENCY: Table = Table::new(
    "idempotency",
    &[
        ("account_id", Id),
        ("key", Text),
        ("region_id", Id),
        ("fingerprint", SealedBytes),
        ("status", Int),
        ("body", Sealed),
        ("location", Text),
        ("encounter_id", Id),
        ("created_at", At),
    ],
    &["account_id", "key"],
);

pub(crate) fn write_idempotency(rows: &mut Rows, i: &IdempotencyRecord) {
    rows.row(|r| {
        r.id(i.account_id).text(&i.key).id(i.region_id).sealed_bytes(&i.fingerprint);
        r.int(i.status.into()).sealed(&i.body);
        r.maybe_text(i.location.as_deref()).maybe_id(i.encounter_id).at(i.created_at);
    });
}

pub(crate) fn read_idempotency(row: &Row) -> Result<IdempotencyRecord, StoreError> {
    let mut c = IDEMPOTENCY.cursor(row);
    let (account_id, key, region_id, fingerprint) = (c.id()?, c.get()?, c.id()?, c.opened_bytes()?);
    let fingerprint = fingerprint.try_into().map_err(|_| c.inconsistent("fingerprint"))?;
    let status = u16::try_from(c.get::<i64>()?).map_err(|_| c.inconsistent("status"))?;
    let (body, location, encounter_id, created_at) = (c.opened()?, c.get()?, c.maybe_id()?, c.at()?);
    Ok(IdempotencyRecord { region_id, account_id, key, fingerprint, status, body, location, encounter_id, created_at })
}

/// One link of a writer's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The writer whose chain it stands in.
    pub writer_id: Uuid,
    /// From 1, without gaps.
    pub seq: i64,
    /// What happened.
    pub entry: AuditEntry,
    /// The hash of the row before; zeroes at the first.
    pub prev_hash: [u8; 32],
    /// SHA-256 over `prev_hash` and this row.
    pub hash: [u8; 32],
}

pub(crate) static AUDIT: Table = Table::new(
    "audit",
    &[
        ("writer_id", Id),
        ("seq", Int),
        ("region_id", Id),
        ("audited_at", At),
        ("account_id", Id),
        ("organization_id", Id),
        ("patient_id", Id),
        ("encounter_id", Id),
        ("notice_id", Id),
        ("action", Text),
        ("request_id", Id),
        ("prev_hash", Bytes),
        ("hash", Bytes),
    ],
    &["writer_id", "seq"],
);

pub(crate) fn write_audit(rows: &mut Rows, a: &AuditRow) {
    let e = &a.entry;
    rows.row(|r| {
        r.id(a.writer_id).int(a.seq).id(e.region_id).at(e.at).maybe_id(e.account_id).maybe_id(e.organization_id);
        r.maybe_id(e.patient_id).maybe_id(e.encounter_id).maybe_id(e.notice_id).text(&e.action).id(e.request_id);
        r.bytes(&a.prev_hash).bytes(&a.hash);
    });
}

pub(crate) fn read_audit(row: &Row) -> Result<AuditRow, StoreError> {
    let mut c = AUDIT.cursor(row);
    let (writer_id, seq) = (c.id()?, c.get()?);
    let entry = AuditEntry {
        region_id: c.id()?,
        at: c.at()?,
        account_id: c.maybe_id()?,
        organization_id: c.maybe_id()?,
        patient_id: c.maybe_id()?,
        encounter_id: c.maybe_id()?,
        notice_id: c.maybe_id()?,
        action: c.get()?,
        request_id: c.id()?,
    };
    Ok(AuditRow { writer_id, seq, entry, prev_hash: c.hash()?, hash: c.hash()? })
}
