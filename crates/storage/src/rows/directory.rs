//! Regions, organizations, and who belongs to them.

use domain::party::{Account, CareManager, ContactPoint, Neighbour, Organization, Region, Ward};

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Id, Int, Json, Text};
use crate::table::{Rows, Table};

const REGION_OF_ORGANIZATION: &str = "(SELECT o.region_id FROM organization AS o WHERE o.id = r.organization_id)";

pub(crate) static REGION: Table = Table::new("region", &[("id", Id), ("name", Text), ("agreement", Text)], &["id"]);

pub(crate) fn write_region(rows: &mut Rows, region: &Region) {
    rows.row(|r| {
        r.id(region.id).text(region.name.as_str()).text(&region.agreement);
    });
}

pub(crate) fn read_region(row: &Row) -> Result<Region, StoreError> {
    let mut c = REGION.cursor(row);
    Ok(Region { id: c.id()?, name: c.text()?, agreement: c.get()? })
}

pub(crate) static ORGANIZATION: Table = Table::new(
    "organization",
    &[
        ("id", Id),
        ("region_id", Id),
        ("kind", Text),
        ("name", Text),
        ("code", Text),
        ("phone", Text),
        ("districts", Json),
        ("hours", Json),
        ("version", Int),
    ],
    &["id"],
);

pub(crate) fn write_organization(rows: &mut Rows, o: &Organization) {
    rows.row(|r| {
        r.id(o.id).id(o.region_id).word(&o.kind).text(o.name.as_str());
        r.maybe_word(o.code.as_ref()).maybe_word(o.phone.as_ref()).nested(&o.districts).nested(&o.hours).int(o.version);
    });
}

pub(crate) fn read_organization(row: &Row) -> Result<Organization, StoreError> {
    let mut c = ORGANIZATION.cursor(row);
    Ok(Organization {
        id: c.id()?,
        region_id: c.id()?,
        kind: c.word()?,
        name: c.text()?,
        code: c.maybe_text()?,
        phone: c.maybe_text()?,
        districts: c.nested()?,
        hours: c.nested()?,
        version: c.get()?,
    })
}

pub(crate) static NEIGHBOUR: Table = Table::new(
    "organization_region",
    &[("organization_id", Id), ("region_id", Id), ("joined_at", At), ("ended_at", At)],
    &["organization_id", "region_id"],
)
.keep(&["joined_at"]);

pub(crate) fn write_neighbour(rows: &mut Rows, n: &Neighbour) {
    rows.row(|r| {
        r.id(n.organization_id).id(n.region_id).at(n.joined_at).maybe_at(n.ended_at);
    });
}

pub(crate) fn read_neighbour(row: &Row) -> Result<Neighbour, StoreError> {
    let mut c = NEIGHBOUR.cursor(row);
    Ok(Neighbour { organization_id: c.id()?, region_id: c.id()?, joined_at: c.at()?, ended_at: c.maybe_at()? })
}

pub(crate) static WARD: Table =
    Table::new("ward", &[("id", Id), ("region_id", Id), ("organization_id", Id), ("name", Text)], &["id"])
        .derive("region_id", REGION_OF_ORGANIZATION);

pub(crate) fn write_ward(rows: &mut Rows, ward: &Ward) {
    rows.row(|r| {
        r.id(ward.id).id(ward.organization_id).text(ward.name.as_str());
    });
}

pub(crate) fn read_ward(row: &Row) -> Result<Ward, StoreError> {
    let mut c = WARD.cursor(row);
    let id = c.id()?;
    c.skip();
    Ok(Ward { id, organization_id: c.id()?, name: c.text()? })
}

pub(crate) static CONTACT_POINT: Table = Table::new(
    "contact_point",
    &[("id", Id), ("region_id", Id), ("organization_id", Id), ("ward_id", Id), ("use_for", Text), ("email", Text)],
    &["id"],
)
.derive("region_id", REGION_OF_ORGANIZATION);

pub(crate) fn write_contact_point(rows: &mut Rows, point: &ContactPoint) {
    rows.row(|r| {
        r.id(point.id).id(point.organization_id).maybe_id(point.ward_id).word(&point.use_for).word(&point.email);
    });
}

pub(crate) fn read_contact_point(row: &Row) -> Result<ContactPoint, StoreError> {
    let mut c = CONTACT_POINT.cursor(row);
    let id = c.id()?;
    c.skip();
    Ok(ContactPoint { id, organization_id: c.id()?, ward_id: c.maybe_id()?, use_for: c.word()?, email: c.text()? })
}

pub(crate) static CARE_MANAGER: Table = Table::new(
    "care_manager",
    &[("id", Id), ("region_id", Id), ("organization_id", Id), ("name", Text), ("email", Text)],
    &["id"],
)
.derive("region_id", REGION_OF_ORGANIZATION);

pub(crate) fn write_care_manager(rows: &mut Rows, manager: &CareManager) {
    rows.row(|r| {
        r.id(manager.id).id(manager.organization_id).text(manager.name.as_str()).maybe_word(manager.email.as_ref());
    });
}

pub(crate) fn read_care_manager(row: &Row) -> Result<CareManager, StoreError> {
    let mut c = CARE_MANAGER.cursor(row);
    let id = c.id()?;
    c.skip();
    Ok(CareManager { id, organization_id: c.id()?, name: c.text()?, email: c.maybe_text()? })
}

pub(crate) static ACCOUNT: Table = Table::new(
    "account",
    &[
        ("id", Id),
        ("region_id", Id),
        ("organization_id", Id),
        ("ward_id", Id),
        ("care_manager_id", Id),
        ("login", Text),
        ("name", Text),
        ("role", Text),
        ("email", Text),
        ("password_hash", Text),
        ("closed_at", At),
    ],
    &["id"],
);

pub(crate) fn write_account(rows: &mut Rows, a: &Account) {
    rows.row(|r| {
        r.id(a.id).id(a.region_id).id(a.organization_id).maybe_id(a.ward_id).maybe_id(a.care_manager_id);
        r.text(&a.login).text(a.name.as_str()).word(&a.role).maybe_word(a.email.as_ref());
        r.text(&a.password_hash).maybe_at(a.closed_at);
    });
}

pub(crate) fn read_account(row: &Row, offset: usize) -> Result<Account, StoreError> {
    let mut c = ACCOUNT.cursor_from(row, offset);
    Ok(Account {
        id: c.id()?,
        region_id: c.id()?,
        organization_id: c.id()?,
        ward_id: c.maybe_id()?,
        care_manager_id: c.maybe_id()?,
        login: c.get()?,
        name: c.text()?,
        role: c.word()?,
        email: c.maybe_text()?,
        password_hash: c.get()?,
        closed_at: c.maybe_at()?,
    })
}
