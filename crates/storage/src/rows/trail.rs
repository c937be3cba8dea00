//! What is kept about the audit trail itself, and the holiday table: what belongs to the installation.

use domain::changes::CalendarFile;
use domain::survey::Month;
use domain::trail::{AuditReview, AuditSeal, BreakGlass};

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Bytes, Id, Int, Sealed, Text};
use crate::table::{Rows, Table};

pub(crate) static AUDIT_SEAL: Table =
    Table::new("audit_seal", &[("number", Int), ("sealed_at", At), ("prev_hash", Bytes), ("hash", Bytes)], &["number"]);

pub(crate) static AUDIT_SEAL_END: Table = Table::new(
    "audit_seal_end",
    &[("number", Int), ("writer_id", Id), ("seq", Int), ("hash", Bytes)],
    &["number", "writer_id"],
);

pub(crate) fn write_audit_seal(rows: &mut Rows, seal: &AuditSeal) {
    rows.row(|r| {
        r.int(seal.number).at(seal.sealed_at).bytes(&seal.prev_hash).bytes(&seal.hash);
    });
}

pub(crate) fn write_audit_seal_ends(rows: &mut Rows, seal: &AuditSeal) {
    for end in &seal.ends {
        rows.row(|r| {
            r.int(seal.number).id(end.writer_id).int(end.seq).bytes(&end.hash);
        });
    }
}

pub(crate) static AUDIT_REVIEW: Table = Table::new(
    "audit_review",
    &[("region_id", Id), ("id", Id), ("month", Int), ("remark", Text), ("reviewed_at", At), ("reviewed_by", Id)],
    &["region_id", "id"],
);

pub(crate) fn write_audit_review(rows: &mut Rows, review: &AuditReview) {
    rows.row(|r| {
        r.id(review.region_id).id(review.id).int(review.month.number().into()).text(review.remark.as_str());
        r.at(review.reviewed_at).id(review.reviewed_by);
    });
}

pub(crate) fn read_audit_review(row: &Row) -> Result<AuditReview, StoreError> {
    let mut c = AUDIT_REVIEW.cursor(row);
    let (region_id, id) = (c.id()?, c.id()?);
    let month = i32::try_from(c.get::<i64>()?).ok().and_then(Month::from_number);
    let month = month.ok_or_else(|| c.inconsistent("month"))?;
    Ok(AuditReview { id, region_id, month, remark: c.text()?, reviewed_at: c.at()?, reviewed_by: c.id()? })
}

pub(crate) static BREAK_GLASS: Table = Table::new(
    "break_glass",
    &[
        ("region_id", Id),
        ("id", Id),
        ("account_id", Id),
        ("organization_id", Id),
        ("patient_id", Id),
        ("encounter_id", Id),
        ("reason", Sealed),
        ("opened_at", At),
        ("until_at", At),
    ],
    &["region_id", "id"],
);

pub(crate) fn write_break_glass(rows: &mut Rows, b: &BreakGlass) {
    rows.row(|r| {
        r.id(b.region_id).id(b.id).id(b.account_id).id(b.organization_id).id(b.patient_id).maybe_id(b.encounter_id);
        r.sealed(b.reason.as_str()).at(b.opened_at).at(b.until_at);
    });
}

pub(crate) fn read_break_glass(row: &Row) -> Result<BreakGlass, StoreError> {
    let mut c = BREAK_GLASS.cursor(row);
    Ok(BreakGlass {
        region_id: c.id()?,
        id: c.id()?,
        account_id: c.id()?,
        organization_id: c.id()?,
        patient_id: c.id()?,
        encounter_id: c.maybe_id()?,
        reason: c.opened()?,
        opened_at: c.at()?,
        until_at: c.at()?,
    })
}

pub(crate) static CALENDAR_FILE: Table =
    Table::new("calendar_file", &[("loaded_at", At), ("loaded_by", Id), ("csv", Bytes)], &["loaded_at"]);

pub(crate) fn write_calendar_file(rows: &mut Rows, file: &CalendarFile) {
    rows.row(|r| {
        r.at(file.loaded_at).id(file.loaded_by).bytes(&file.csv);
    });
}
