//! 連絡, its answers and readers, and the words given outside.

use domain::notice::{
    Acknowledgement, AcknowledgementRecord, Contact, Notice, NoticeState, Reading, Recipient, TakenBack,
};
use domain::text::Line;
use domain::{AccountId, NoticeId};

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Bool, Day, Id, Int, Sealed, Text};
use crate::table::{Rows, Table};

pub(crate) static NOTICE: Table = Table::new(
    "notice",
    &[
        ("id", Id),
        ("region_id", Id),
        ("encounter_id", Id),
        ("kind", Text),
        ("state", Text),
        ("settled_at", At),
        ("settled_by", Id),
        ("why", Sealed),
        ("replaced_with", Id),
        ("sender_id", Id),
        ("recipient_id", Id),
        ("care_manager_id", Id),
        ("because", Text),
        ("serial", Int),
        ("planned_on", Day),
        ("message", Sealed),
        ("content", Text),
        ("screening_id", Id),
        ("replaces", Id),
        ("issued_at", At),
        ("issued_by", Id),
    ],
    &["id"],
)
.keep(&[
    "region_id",
    "encounter_id",
    "kind",
    "sender_id",
    "recipient_id",
    "care_manager_id",
    "because",
    "serial",
    "planned_on",
    "message",
    "content",
    "screening_id",
    "replaces",
    "issued_at",
    "issued_by",
]);

pub(crate) fn write_notice(rows: &mut Rows, n: &Notice, serial: i64) {
    let (settled, why, replaced_with) = match &n.state {
        NoticeState::Issued => (None, None, None),
        NoticeState::Acknowledged { at, by } | NoticeState::Declined { at, by } => (Some((*at, *by)), None, None),
        NoticeState::Withdrawn { at, by, why } => (Some((*at, *by)), Some(why), None),
        NoticeState::Replaced { at, by, with } => (Some((*at, *by)), None, Some(*with)),
    };
    rows.row(|r| {
        r.id(n.id).id(n.region_id).id(n.encounter_id).word(&n.kind).text(n.state.name());
        r.maybe_at(settled.map(|(at, _)| at)).maybe_id(settled.map(|(_, by)| by));
        r.maybe_sealed(why.map(Line::as_str)).maybe_id(replaced_with);
        r.id(n.sender_id).id(n.recipient.organization_id).maybe_id(n.recipient.care_manager_id);
        r.word(&n.recipient.because).int(serial).maybe_day(n.planned_on).sealed(n.message.as_str());
        r.word(&n.content).maybe_id(n.screening_id).maybe_id(n.replaces).at(n.issued_at).id(n.issued_by);
    });
}

pub(crate) fn read_notice(row: &Row, offset: usize) -> Result<Notice, StoreError> {
    let mut c = NOTICE.cursor_from(row, offset);
    let (id, region_id, encounter_id, kind) = (c.id()?, c.id()?, c.id()?, c.word()?);
    let state: String = c.get()?;
    let (at, by): (_, Option<AccountId>) = (c.maybe_at()?, c.maybe_id()?);
    let (why, with): (Option<Line>, Option<NoticeId>) = (c.maybe_opened()?, c.maybe_id()?);
    let state = match (state.as_str(), at, by, why, with) {
        ("issued", None, None, None, None) => NoticeState::Issued,
        ("acknowledged", Some(at), Some(by), None, None) => NoticeState::Acknowledged { at, by },
        ("declined", Some(at), Some(by), None, None) => NoticeState::Declined { at, by },
        ("withdrawn", Some(at), Some(by), Some(why), None) => NoticeState::Withdrawn { at, by, why },
        ("replaced", Some(at), Some(by), None, Some(with)) => NoticeState::Replaced { at, by, with },
        _ => return Err(c.inconsistent("state")),
    };
    Ok(Notice {
        id,
        region_id,
        encounter_id,
        kind,
        state,
        sender_id: c.id()?,
        recipient: Recipient { organization_id: c.id()?, care_manager_id: c.maybe_id()?, because: c.word()? },
        serial: c.get()?,
        planned_on: c.get()?,
        message: c.opened()?,
        content: c.word()?,
        screening_id: c.maybe_id()?,
        replaces: c.maybe_id()?,
        issued_at: c.at()?,
        issued_by: c.id()?,
    })
}

pub(crate) static ACKNOWLEDGEMENT: Table = Table::new(
    "acknowledgement",
    &[
        ("notice_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("encounter_id", Id),
        ("answer", Text),
        ("other_office_id", Id),
        ("acknowledged_at", At),
        ("acknowledged_by", Id),
    ],
    &["notice_id", "id"],
);

pub(crate) fn write_acknowledgement(rows: &mut Rows, a: &AcknowledgementRecord) {
    let other = match a.answer {
        Acknowledgement::OtherOffice { to } => Some(to),
        Acknowledgement::Accepted | Acknowledgement::NotOurClient | Acknowledgement::Away => None,
    };
    rows.row(|r| {
        r.id(a.notice_id).id(a.id).id(a.region_id).id(a.encounter_id).text(a.answer.code()).maybe_id(other);
        r.at(a.at).id(a.by);
    });
}

pub(crate) fn read_acknowledgement(row: &Row) -> Result<AcknowledgementRecord, StoreError> {
    let mut c = ACKNOWLEDGEMENT.cursor(row);
    let (notice_id, id, region_id, encounter_id) = (c.id()?, c.id()?, c.id()?, c.id()?);
    let code: String = c.get()?;
    let answer = match (code.as_str(), c.maybe_id()?) {
        ("accepted", None) => Acknowledgement::Accepted,
        ("not_our_client", None) => Acknowledgement::NotOurClient,
        ("other_office", Some(to)) => Acknowledgement::OtherOffice { to },
        ("away", None) => Acknowledgement::Away,
        _ => return Err(c.inconsistent("answer")),
    };
    Ok(AcknowledgementRecord { id, region_id, encounter_id, notice_id, answer, at: c.at()?, by: c.id()? })
}

pub(crate) static READING: Table = Table::new(
    "reading",
    &[("notice_id", Id), ("account_id", Id), ("region_id", Id), ("first_read_at", At)],
    &["notice_id", "account_id"],
);

pub(crate) fn write_reading(rows: &mut Rows, reading: &Reading) {
    rows.row(|r| {
        r.id(reading.notice_id).id(reading.account_id).id(reading.region_id).at(reading.first_read_at);
    });
}

pub(crate) fn read_reading(row: &Row) -> Result<Reading, StoreError> {
    let mut c = READING.cursor(row);
    Ok(Reading { notice_id: c.id()?, account_id: c.id()?, region_id: c.id()?, first_read_at: c.at()? })
}

pub(crate) static CONTACT: Table = Table::new(
    "contact",
    &[
        ("encounter_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("kind", Text),
        ("medium", Text),
        ("by_organization_id", Id),
        ("with_whom", Sealed),
        ("told_on", Day),
        ("planned_on", Day),
        ("receipt_confirmed", Bool),
        ("recorded_at", At),
        ("recorded_by", Id),
        ("taken_back_at", At),
        ("taken_back_by", Id),
    ],
    &["encounter_id", "id"],
);

pub(crate) fn write_contact(rows: &mut Rows, contact: &Contact) {
    rows.row(|r| {
        r.id(contact.encounter_id).id(contact.id).id(contact.region_id).word(&contact.kind).word(&contact.medium);
        r.id(contact.by_organization_id).sealed(contact.with_whom.as_str()).maybe_day(contact.told_on);
        r.maybe_day(contact.planned_on).bool(contact.receipt_confirmed).at(contact.recorded_at).id(contact.recorded_by);
        r.maybe_at(contact.taken_back.map(|taken| taken.at)).maybe_id(contact.taken_back.map(|taken| taken.by));
    });
}

pub(crate) fn read_contact(row: &Row, offset: usize) -> Result<Contact, StoreError> {
    let mut c = CONTACT.cursor_from(row, offset);
    let (encounter_id, id) = (c.id()?, c.id()?);
    Ok(Contact {
        id,
        encounter_id,
        region_id: c.id()?,
        kind: c.word()?,
        medium: c.word()?,
        by_organization_id: c.id()?,
        with_whom: c.opened()?,
        told_on: c.get()?,
        planned_on: c.get()?,
        receipt_confirmed: c.get()?,
        recorded_at: c.at()?,
        recorded_by: c.id()?,
        taken_back: match (c.maybe_at()?, c.maybe_id()?) {
            (Some(at), Some(by)) => Some(TakenBack { at, by }),
            (None, None) => None,
            _ => return Err(c.inconsistent("taken_back_by")),
        },
    })
}
