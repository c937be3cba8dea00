//! A word given outside the system: by phone, FAX, in the corridor. It counts like a notice.

use chrono::NaiveDate;

use super::Decision;
use crate::encounter::EncounterState;
use crate::notice::{Contact, Medium, NoticeKind, TakenBack};
use crate::text::Line;
use crate::{ContactId, Fault, Refusal};

/// Three fields to fill in: how, with whom, on which day.
#[derive(Debug, Clone)]
pub struct NewContact {
    pub kind: NoticeKind,
    pub medium: Medium,
    pub with_whom: Line,
    /// None: nobody remembers.
    pub told_on: Option<NaiveDate>,
    pub receipt_confirmed: bool,
}

impl Decision<'_> {
    /// Logs a word given outside. The day of discharge that was told is the one planned (or done) now; nobody can have told it before the
    /// person came.
    pub fn log_contact(&mut self, new: NewContact) -> Result<ContactId, Refusal> {
        let state = self.folded().state;
        let today = self.context.now.day();
        if state.is_void() {
            return Err(Fault::StayCancelled.into());
        }
        if new.told_on.is_some_and(|day| day > today) {
            return Err(Refusal::at("told_on", Fault::InTheFuture));
        }
        if new.told_on.is_some_and(|day| (today - day).num_days() > 366) {
            return Err(Refusal::at("told_on", Fault::OutOfRange));
        }
        let planned_on = match (new.kind.tells_discharge(), state) {
            (true, EncounterState::DischargePlanned { planned_on }) => Some(planned_on),
            (true, EncounterState::Discharged { on, .. }) => self.folded().plan().map(|p| p.planned_on).or(Some(on)),
            (true, _) => return Err(Refusal::at("kind", Fault::NoPlannedDischarge)),
            (false, _) => None,
        };
        let admitted_on = self.case.encounter.admitted_at.day();
        if new.kind.tells_discharge() && new.told_on.is_some_and(|day| day < admitted_on) {
            return Err(Refusal::at("told_on", Fault::ToldBeforeAdmission));
        }
        let by = self.context.actor.ok_or(Fault::NotAllowed)?.organization_id;
        let contact = Contact {
            id: self.ids.next(),
            region_id: self.case.encounter.region_id,
            encounter_id: self.case.encounter.id,
            kind: new.kind,
            medium: new.medium,
            by_organization_id: by,
            with_whom: new.with_whom,
            told_on: new.told_on,
            planned_on,
            receipt_confirmed: new.receipt_confirmed || !new.medium.needs_receipt(),
            recorded_at: self.context.now,
            recorded_by: self.context.account(),
            taken_back: None,
        };
        let id = contact.id;
        self.case.contacts.push(contact.clone());
        self.changes.contacts.push(contact);
        Ok(id)
    }

    /// The other side has confirmed that the FAX, mail or letter came.
    pub fn confirm_receipt(&mut self, id: ContactId) -> Result<(), Refusal> {
        let contact = self.case.contacts.iter_mut().find(|contact| contact.id == id).ok_or(Fault::NotFound)?;
        if !contact.stands() {
            return Err(Fault::TakenBack.into());
        }
        contact.receipt_confirmed = true;
        self.changes.contacts.push(contact.clone());
        Ok(())
    }

    /// Takes back what was logged by mistake, for the organization that logged it: the deadline runs as if nothing had been said, and the
    /// figures don't count it. The row stays.
    pub fn take_back_contact(&mut self, id: ContactId) -> Result<(), Refusal> {
        let by_organization = self.context.actor.ok_or(Fault::NotAllowed)?.organization_id;
        let taken_back = TakenBack { at: self.context.now, by: self.context.account() };
        let contact = self.case.contacts.iter_mut().find(|contact| contact.id == id).ok_or(Fault::NotFound)?;
        if contact.by_organization_id != by_organization {
            return Err(Fault::NotTheSender.into());
        }
        if !contact.stands() {
            return Err(Fault::TakenBack.into());
        }
        contact.taken_back = Some(taken_back);
        self.changes.contacts.push(contact.clone());
        Ok(())
    }
}
