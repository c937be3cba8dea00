//! What comes to a stay or a notice that is there already, what is kept about the trail, and the holiday table.

use super::Batch;
use crate::dialect::{Dialect, once};
use crate::engine::Step;
use crate::error::Failure;
use crate::rows::*;

impl Batch<'_> {
    /// Nothing for what is not there.
    pub(super) fn answers(&self) -> Result<Vec<Step>, Failure> {
        let d = self.dialect;
        self.ready_of([
            (ACKNOWLEDGEMENT.add(d), &ACKNOWLEDGEMENT),
            (CONTACT.put(d), &CONTACT),
            (once!(d, first_readings(d)), &READING),
            (WARNING.add(d), &WARNING),
            (CONSENT.add(d), &CONSENT),
            (DISCLOSURE.add(d), &DISCLOSURE),
            (LEGAL_HOLD.put(d), &LEGAL_HOLD),
            (AUDIT_SEAL.add(d), &AUDIT_SEAL),
            (AUDIT_SEAL_END.add(d), &AUDIT_SEAL_END),
            (AUDIT_REVIEW.add(d), &AUDIT_REVIEW),
            (BREAK_GLASS.add(d), &BREAK_GLASS),
            (CALENDAR_FILE.put(d), &CALENDAR_FILE),
        ])
    }
}

/// Whoever has read it already has read it first then.
fn first_readings(d: Dialect) -> String {
    format!("{} ON CONFLICT DO NOTHING", READING.insert_with(d, &[]))
}
