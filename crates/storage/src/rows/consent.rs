//! 同意, 第三者提供の記録, 保全.

use domain::consent::{Consent, ConsentAct};
use domain::disclosure::Disclosure;
use domain::retention::{LegalHold, Lifted};

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Day, Id, Json, Sealed, Text};
use crate::table::{Rows, Table};

pub(crate) static CONSENT: Table = Table::new(
    "consent",
    &[
        ("patient_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("kind", Text),
        ("act", Text),
        ("scope", Text),
        ("given_by", Text),
        ("way", Text),
        ("declared_on", Day),
        ("recorded_at", At),
        ("recorded_by", Id),
        ("organization_id", Id),
    ],
    &["patient_id", "id"],
);

pub(crate) fn write_consent(rows: &mut Rows, c: &Consent) {
    let (act, scope) = match &c.act {
        ConsentAct::Given { scope } => ("given", Some(scope)),
        ConsentAct::Withdrawn => ("withdrawn", None),
    };
    rows.row(|r| {
        r.id(c.patient_id).id(c.id).id(c.region_id).word(&c.kind).text(act).maybe_word(scope).word(&c.by).word(&c.way);
        r.day(c.declared_on).at(c.recorded_at).id(c.recorded_by).id(c.organization_id);
    });
}

pub(crate) fn read_consent(row: &Row) -> Result<Consent, StoreError> {
    let mut c = CONSENT.cursor(row);
    let (patient_id, id, region_id, kind) = (c.id()?, c.id()?, c.id()?, c.word()?);
    let act: String = c.get()?;
    let act = match (act.as_str(), c.maybe_word()?) {
        ("given", Some(scope)) => ConsentAct::Given { scope },
        ("withdrawn", None) => ConsentAct::Withdrawn,
        _ => return Err(c.inconsistent("act")),
    };
    Ok(Consent {
        id,
        region_id,
        patient_id,
        kind,
        act,
        by: c.word()?,
        way: c.word()?,
        declared_on: c.get()?,
        recorded_at: c.at()?,
        recorded_by: c.id()?,
        organization_id: c.id()?,
    })
}

pub(crate) static DISCLOSURE: Table = Table::new(
    "disclosure",
    &[
        ("patient_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("occasion", Text),
        ("to_whom", Sealed),
        ("items", Json),
        ("disclosed_at", At),
        ("disclosed_by", Id),
        ("organization_id", Id),
    ],
    &["patient_id", "id"],
);

pub(crate) fn write_disclosure(rows: &mut Rows, d: &Disclosure) {
    rows.row(|r| {
        r.id(d.patient_id).id(d.id).id(d.region_id).word(&d.occasion).sealed(d.to_whom.as_str()).nested(&d.items);
        r.at(d.disclosed_at).id(d.disclosed_by).id(d.organization_id);
    });
}

pub(crate) fn read_disclosure(row: &Row) -> Result<Disclosure, StoreError> {
    let mut c = DISCLOSURE.cursor(row);
    let (patient_id, id, region_id) = (c.id()?, c.id()?, c.id()?);
    Ok(Disclosure {
        id,
        region_id,
        patient_id,
        occasion: c.word()?,
        to_whom: c.opened()?,
        items: c.nested()?,
        disclosed_at: c.at()?,
        disclosed_by: c.id()?,
        organization_id: c.id()?,
    })
}

pub(crate) static LEGAL_HOLD: Table = Table::new(
    "legal_hold",
    &[
        ("id", Id),
        ("region_id", Id),
        ("patient_id", Id),
        ("encounter_id", Id),
        ("why", Sealed),
        ("held_at", At),
        ("held_by", Id),
        ("lifted_at", At),
        ("lifted_by", Id),
        ("lifted_why", Sealed),
    ],
    &["id"],
);

pub(crate) fn write_legal_hold(rows: &mut Rows, h: &LegalHold) {
    let lifted = h.lifted.as_ref();
    rows.row(|r| {
        r.id(h.id).id(h.region_id).id(h.patient_id).maybe_id(h.encounter_id).sealed(h.why.as_str());
        r.at(h.held_at).id(h.held_by).maybe_at(lifted.map(|l| l.at)).maybe_id(lifted.map(|l| l.by));
        r.maybe_sealed(lifted.map(|l| l.why.as_str()));
    });
}

pub(crate) fn read_legal_hold(row: &Row) -> Result<LegalHold, StoreError> {
    let mut c = LEGAL_HOLD.cursor(row);
    let (id, region_id, patient_id, encounter_id) = (c.id()?, c.id()?, c.id()?, c.maybe_id()?);
    let (why, held_at, held_by) = (c.opened()?, c.at()?, c.id()?);
    let lifted = match (c.maybe_at()?, c.maybe_id()?, c.maybe_opened()?) {
        (None, None, None) => None,
        (Some(at), Some(by), Some(why)) => Some(Lifted { at, by, why }),
        _ => return Err(c.inconsistent("lifted_at")),
    };
    Ok(LegalHold { id, region_id, patient_id, encounter_id, why, held_at, held_by, lifted })
}
