//! The rows of one command that need nothing of its transaction. They are written, and sealed, by whoever hands the command over, several
//! at a time; the one writer only joins them.

use domain::changes::Changes;

use crate::dialect::Dialect;
use crate::rows::*;
use crate::sealed::Keyring;
use crate::table::{Rows, Table};

/// See the module.
pub(crate) struct Ready {
    pub(super) key: Rows,
    pub(super) events: Rows,
    pub(super) screenings: Rows,
    pub(super) deadlines: Rows,
    pub(super) deliveries: Rows,
    pub(super) fact: Rows,
}

impl Ready {
    pub(crate) fn of(changes: &Changes, dialect: Dialect, keys: &Keyring) -> Self {
        let none = |table: &'static Table| Rows::of(table, dialect, keys);
        let mut ready = Self {
            key: none(&IDEMPOTENCY),
            events: none(&EVENT),
            screenings: none(&SCREENING),
            deadlines: none(&DEADLINE),
            deliveries: none(&DELIVERY),
            fact: none(&SURVEY_FACT),
        };
        changes.idempotency.iter().for_each(|row| write_idempotency(&mut ready.key, row));
        changes.events.iter().for_each(|row| write_event(&mut ready.events, row));
        changes.screenings.iter().for_each(|row| write_screening(&mut ready.screenings, row));
        changes.deadlines.iter().for_each(|row| write_deadline(&mut ready.deadlines, row));
        changes.deliveries.iter().for_each(|row| write_delivery(&mut ready.deliveries, row, changes.request()));
        changes.fact.iter().for_each(|row| write_survey_fact(&mut ready.fact, row));
        ready
    }
}
