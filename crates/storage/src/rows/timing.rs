//! 期限 and 警告.

use domain::deadline::{Deadline, Excuse, Level, Timeliness, Warning};

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Bool, Day, Id, Int, Text};
use crate::table::{Rows, Table};

pub(crate) static DEADLINE: Table = Table::new(
    "deadline",
    &[
        ("encounter_id", Id),
        ("rule", Text),
        ("subject", Id),
        ("due_on", Day),
        ("region_id", Id),
        ("planned_on", Day),
        ("known_at", At),
        ("verdict", Text),
        ("days", Int),
        ("excuse", Text),
        ("open", Bool),
        ("next_at", At),
        ("organization_id", Id),
        ("set_aside", Text),
    ],
    &["encounter_id", "rule", "subject", "due_on"],
);

pub(crate) fn write_deadline(rows: &mut Rows, d: &Deadline) {
    let (verdict, days, excuse) = match d.timeliness {
        Timeliness::NotDue => ("not_due", None, None),
        Timeliness::Due => ("due", None, None),
        Timeliness::Met { days } => ("met", Some(days), None),
        Timeliness::Late { days } => ("late", Some(days), None),
        Timeliness::Missed => ("missed", None, None),
        Timeliness::Impossible => ("impossible", None, None),
        Timeliness::Excused { reason } => ("excused", None, Some(reason)),
    };
    rows.row(|r| {
        r.id(d.encounter_id).word(&d.rule).id(d.subject).day(d.due_on).id(d.region_id).maybe_day(d.planned_on);
        r.at(d.known_at).text(verdict).maybe_int(days).maybe_word(excuse.as_ref()).bool(d.open).maybe_at(d.next_at);
        r.id(d.organization_id).maybe_text(d.set_aside.as_deref());
    });
}

pub(crate) fn read_deadline(row: &Row, offset: usize) -> Result<Deadline, StoreError> {
    let mut c = DEADLINE.cursor_from(row, offset);
    let (encounter_id, rule, subject, due_on) = (c.id()?, c.word()?, c.id()?, c.get()?);
    let (region_id, planned_on, known_at) = (c.id()?, c.get()?, c.at()?);
    let verdict: String = c.get()?;
    let (days, excuse): (Option<i64>, Option<Excuse>) = (c.get()?, c.maybe_word()?);
    let timeliness = match (verdict.as_str(), days, excuse) {
        ("not_due", None, None) => Timeliness::NotDue,
        ("due", None, None) => Timeliness::Due,
        ("met", Some(days), None) => Timeliness::Met { days },
        ("late", Some(days), None) => Timeliness::Late { days },
        ("missed", None, None) => Timeliness::Missed,
        ("impossible", None, None) => Timeliness::Impossible,
        ("excused", None, Some(reason)) => Timeliness::Excused { reason },
        _ => return Err(c.inconsistent("verdict")),
    };
    Ok(Deadline {
        region_id,
        encounter_id,
        rule,
        subject,
        due_on,
        planned_on,
        known_at,
        timeliness,
        open: c.get()?,
        next_at: c.maybe_at()?,
        organization_id: c.id()?,
        set_aside: c.get()?,
    })
}

pub(crate) static WARNING: Table = Table::new(
    "warning",
    &[
        ("encounter_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("rule", Text),
        ("subject", Id),
        ("due_on", Day),
        ("level", Text),
        ("warned_at", At),
    ],
    &["encounter_id", "id"],
);

pub(crate) fn write_warning(rows: &mut Rows, w: &Warning) {
    rows.row(|r| {
        r.id(w.encounter_id).id(w.id).id(w.region_id).word(&w.rule).id(w.subject).day(w.due_on);
        r.text(&w.level.code()).at(w.warned_at);
    });
}

pub(crate) fn read_warning(row: &Row, offset: usize) -> Result<Warning, StoreError> {
    let mut c = WARNING.cursor_from(row, offset);
    let (encounter_id, id, region_id) = (c.id()?, c.id()?, c.id()?);
    let (rule, subject, due_on) = (c.word()?, c.id()?, c.get()?);
    let level = Level::from_code(&c.get::<String>()?).ok_or_else(|| c.inconsistent("level"))?;
    Ok(Warning { id, region_id, encounter_id, rule, subject, due_on, level, warned_at: c.at()? })
}
