//! The rows of one command that need nothing of its transaction. They are written, and sealed, by whoever hands the command over, several
//! at a time; the one writer only joins them.

use domain::changes::{Changes, Write};

use crate::dialect::Dialect;
use crate::rows::*;
use crate::sealed::Keyring;
use crate::table::{Rows, Table};

/// Of each table that there are any of.
pub(crate) struct Ready(Vec<Rows>);

impl Ready {
    pub(crate) fn of(c: &Changes, dialect: Dialect, keys: &Keyring) -> Self {
        let mut ready = Filling { dialect, keys, rows: Vec::with_capacity(12) };
        ready.put(&IDEMPOTENCY, &c.idempotency, write_idempotency);
        ready.put(&PATIENT, new_of(&c.patient), |rows, row| write_patient(rows, row, None));
        ready.put(&PATIENT_MARK, &c.patient, |rows, write| write_patient_marks(rows, keys, write.row()));
        ready.put(&ENCOUNTER, new_of(&c.encounter), |rows, row| write_encounter(rows, row, None));
        ready.put(&CARE_TEAM_MEMBER, &c.team, write_care_team_member);
        ready.put(&EVENT, &c.events, write_event);
        ready.put(&SCREENING, &c.screenings, write_screening);
        ready.put(&DEADLINE, &c.deadlines, write_deadline);
        ready.put(&DELIVERY, &c.deliveries, |rows, row| write_delivery(rows, row, c.request()));
        ready.put(&SURVEY_FACT, &c.fact, write_survey_fact);
        ready.put(&ACKNOWLEDGEMENT, &c.acknowledgements, write_acknowledgement);
        ready.put(&CONTACT, &c.contacts, write_contact);
        ready.put(&READING, &c.readings, write_reading);
        ready.put(&WARNING, &c.warnings, write_warning);
        ready.put(&CONSENT, &c.consents, write_consent);
        ready.put(&DISCLOSURE, &c.disclosures, write_disclosure);
        ready.put(&LEGAL_HOLD, &c.holds, write_legal_hold);
        ready.put(&AUDIT_SEAL, &c.seal, write_audit_seal);
        ready.put(&AUDIT_SEAL_END, &c.seal, write_audit_seal_ends);
        ready.put(&AUDIT_REVIEW, &c.review, write_audit_review);
        ready.put(&BREAK_GLASS, &c.break_glass, write_break_glass);
        ready.put(&CALENDAR_FILE, &c.calendar_file, write_calendar_file);
        Self(ready.rows)
    }

    pub(super) fn rows(&self, table: &'static Table) -> Option<&Rows> {
        self.0.iter().find(|rows| rows.is_of(table))
    }
}

struct Filling<'k> {
    dialect: Dialect,
    keys: &'k Keyring,
    rows: Vec<Rows>,
}

impl Filling<'_> {
    fn put<T>(&mut self, table: &'static Table, of: impl IntoIterator<Item = T>, write: impl Fn(&mut Rows, T)) {
        let mut of = of.into_iter().peekable();
        if of.peek().is_some() {
            let mut rows = Rows::of(table, self.dialect, self.keys);
            of.for_each(|one| write(&mut rows, one));
            self.rows.push(rows);
        }
    }
}

const fn new_of<T>(write: &Option<Write<T>>) -> Option<&T> {
    match write {
        Some(Write::New(row)) => Some(row),
        Some(Write::Update { .. }) | None => None,
    }
}
