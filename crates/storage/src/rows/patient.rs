//! 本人 and 担当.

use domain::patient::{CareTeamMember, InsuredNumber, Patient};

use crate::engine::Row;
use crate::error::StoreError;
use crate::sealed::Keyring;
use crate::table::Kind::{Day, Id, Int, Sealed, Text};
use crate::table::{Rows, Table};

pub(crate) static PATIENT: Table = Table::new(
    "patient",
    &[
        ("id", Id),
        ("region_id", Id),
        ("name", Sealed),
        ("kana", Sealed),
        ("birth_on", Sealed),
        ("sex", Text),
        ("district", Text),
        ("insured_number", Sealed),
        ("care_level", Text),
        ("sharing", Text),
        ("version", Int),
    ],
    &["id"],
);

pub(crate) fn write_patient(rows: &mut Rows, p: &Patient, read_at: Option<i64>) {
    rows.row(|r| {
        r.id(p.id).id(p.region_id).sealed(p.name.as_str()).sealed(p.kana.as_str()).sealed(&p.birth_on.to_string());
        r.word(&p.sex).text(p.district.as_str());
        r.maybe_sealed(p.insured_number.as_ref().map(InsuredNumber::as_str)).word(&p.care_level).word(&p.sharing);
        r.int(p.version);
        if let Some(version) = read_at {
            r.read_at(version);
        }
    });
}

pub(crate) fn read_patient(row: &Row, offset: usize) -> Result<Patient, StoreError> {
    let mut c = PATIENT.cursor_from(row, offset);
    Ok(Patient {
        id: c.id()?,
        region_id: c.id()?,
        name: c.opened()?,
        kana: c.opened()?,
        birth_on: c.opened_day()?,
        sex: c.word()?,
        district: c.text()?,
        insured_number: c.maybe_opened()?,
        care_level: c.word()?,
        sharing: c.word()?,
        version: c.get()?,
    })
}

/// Of a person, what a list of something else shows.
pub(crate) static PATIENT_NAME: Table =
    Table::new("patient", &[("id", Id), ("name", Sealed), ("kana", Sealed), ("sharing", Text)], &["id"]);

/// Of a person, what a search orders and tells apart by.
pub(crate) static PATIENT_FOUND: Table =
    Table::new("patient", &[("id", Id), ("kana", Sealed), ("insured_number", Sealed)], &["id"]);

/// By what a person is found: [`crate::sealed::marks`].
pub(crate) static PATIENT_MARK: Table =
    Table::new("patient_mark", &[("patient_id", Id), ("mark", Id), ("region_id", Id)], &["mark", "patient_id"]);

pub(crate) fn write_patient_marks(rows: &mut Rows, keys: &Keyring, p: &Patient) {
    for mark in keys.marks_of(p) {
        rows.row(|r| {
            r.id(p.id).id(mark).id(p.region_id);
        });
    }
}

pub(crate) static CARE_TEAM_MEMBER: Table = Table::new(
    "care_team_member",
    &[
        ("patient_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("organization_id", Id),
        ("care_manager_id", Id),
        ("from_on", Day),
        ("until_on", Day),
    ],
    &["patient_id", "id"],
);

pub(crate) fn write_care_team_member(rows: &mut Rows, m: &CareTeamMember) {
    rows.row(|r| {
        r.id(m.patient_id).id(m.id).id(m.region_id).id(m.organization_id).id(m.care_manager_id);
        r.day(m.from_on).maybe_day(m.until_on);
    });
}

pub(crate) fn read_care_team_member(row: &Row, offset: usize) -> Result<CareTeamMember, StoreError> {
    let mut c = CARE_TEAM_MEMBER.cursor_from(row, offset);
    Ok(CareTeamMember {
        patient_id: c.id()?,
        id: c.id()?,
        region_id: c.id()?,
        organization_id: c.id()?,
        care_manager_id: c.id()?,
        from_on: c.get()?,
        until_on: c.get()?,
    })
}
