//! What comes to a stay or a notice that is there already, and what is kept about the trail.

use super::Batch;
use crate::dialect::{Dialect, once};
use crate::engine::Step;
use crate::error::Failure;
use crate::rows::*;

impl Batch<'_> {
    /// Nothing for what is not there.
    pub(super) fn answers(&self) -> Result<Vec<Step>, Failure> {
        let d = self.dialect;
        let steps = [
            self.ready(ACKNOWLEDGEMENT.add(d), &ACKNOWLEDGEMENT)?,
            self.ready(CONTACT.put(d), &CONTACT)?,
            self.ready(once!(d, first_readings(d)), &READING)?,
            self.ready(WARNING.add(d), &WARNING)?,
            self.ready(CONSENT.add(d), &CONSENT)?,
            self.ready(DISCLOSURE.add(d), &DISCLOSURE)?,
            self.ready(LEGAL_HOLD.put(d), &LEGAL_HOLD)?,
            self.ready(AUDIT_SEAL.add(d), &AUDIT_SEAL)?,
            self.ready(AUDIT_SEAL_END.add(d), &AUDIT_SEAL_END)?,
            self.ready(AUDIT_REVIEW.add(d), &AUDIT_REVIEW)?,
            self.ready(BREAK_GLASS.add(d), &BREAK_GLASS)?,
            self.ready(CALENDAR_FILE.put(d), &CALENDAR_FILE)?,
        ];
        Ok(steps.into_iter().filter(|step| !step.idle).collect())
    }
}

/// Whoever has read it already has read it first then.
fn first_readings(d: Dialect) -> String {
    format!("{} ON CONFLICT DO NOTHING", READING.insert_with(d, &[]))
}
