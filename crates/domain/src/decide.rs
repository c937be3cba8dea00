//! Read, decide, apply: the middle part. Pure.
//!
//! - [`Context`] — who acts, when, under which agreement: everything a decision may know besides the case.
//! - [`Decision`] — a case under work: each step of a command records its facts and is refused or not; several steps make one command
//!   (the filing form plans the discharge, screens and issues the notice in one).
//! - [`Decision::conclude`] — derives what follows from the facts: folded state, deadlines, survey fact, versions, audit row.
//!
//! Steps never write a deadline or a figure themselves. What is **not** decided here: the serial number of a notice (the writer gives it)
//! and the audit chain.

mod account;
mod answer;
mod consent;
mod contact;
mod fact;
mod issue;
mod letters;
mod machine;
mod person;
mod record;
mod screen;
mod sheet;
mod stay;
mod sweep;
#[cfg(test)]
mod tests;

use rules::calendar::Calendar;

use crate::access::{Actor, Command};
use crate::agreement::Agreement;
use crate::case::Case;
use crate::changes::{AuditEntry, Changes, Write};
use crate::deadline::{Ground, derive};
use crate::directory::Directory;
use crate::encounter::{Folded, fold};
use crate::{AccountId, Ids, Instant, NoticeId, RequestId};

pub use account::{NewPerson, administrates, check_login, close, end_sessions, invite, reinvite};
pub use consent::{NewConsent, record_consent, with_consent};
pub use contact::NewContact;
pub use fact::survey_fact;
pub use issue::{NewNotice, recipient_of};
pub use machine::{NewMachine, Refused, add_machine, revoke_machine, token_refused};
pub use person::{NewPatient, PatientDoubt, charge, correct_patient, register_patient};
pub use record::{NewHold, disclose, hold, lift, purged};
pub use screen::NewFiling;
pub use sheet::sheet_days;
pub use stay::{NewEvent, NewStay, admit};

/// Everything a decision may know besides the case.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub now: Instant,
    pub request_id: RequestId,
    /// None: the service itself.
    pub actor: Option<&'a Actor>,
    pub agreement: &'a Agreement,
    pub calendar: &'a Calendar,
    pub directory: &'a Directory,
    /// Of the ids that this decision makes.
    pub seed: u64,
}

impl Context<'_> {
    pub fn ids(&self) -> Ids {
        Ids::new(self.now, self.seed)
    }

    fn account(&self) -> AccountId {
        self.actor.map_or_else(|| uuid::Uuid::nil().into(), |actor| actor.account_id)
    }

    fn audit(&self, region_id: crate::RegionId, action: &str) -> AuditEntry {
        AuditEntry {
            region_id,
            at: self.now,
            account_id: self.actor.map(|actor| actor.account_id),
            organization_id: self.actor.map(|actor| actor.organization_id),
            patient_id: None,
            encounter_id: None,
            notice_id: None,
            action: action.to_owned(),
            request_id: self.request_id,
        }
    }
}

/// A case under work.
#[derive(Debug)]
pub struct Decision<'a> {
    context: Context<'a>,
    ids: Ids,
    case: Case,
    changes: Changes,
    /// The stay is made by this very decision.
    is_new: bool,
    read_revision: i64,
    /// The notice that the audit row names.
    concerns: Option<NoticeId>,
}

impl<'a> Decision<'a> {
    pub fn over(context: Context<'a>, mut case: Case) -> Self {
        let read_revision = case.encounter.revision;
        if case.encounter.state.is_void() {
            // Its counts were taken back when it became void; the row of the fact is left behind.
            case.fact = None;
        }
        Self {
            ids: context.ids(),
            context,
            case,
            changes: Changes::default(),
            is_new: false,
            read_revision,
            concerns: None,
        }
    }

    /// The case with the steps taken so far.
    pub const fn case(&self) -> &Case {
        &self.case
    }

    fn folded(&self) -> Folded {
        fold(&self.case.events)
    }

    /// The changes of a command that a person gave: raises the version that readers see.
    pub fn conclude(mut self, command: Command) -> Changes {
        self.case.encounter.version += 1;
        self.finish(command.name())
    }

    /// The changes of something that leaves the stay as readers know it: the sweep, a reading.
    pub fn conclude_silently(self, action: &str) -> Changes {
        self.finish(action)
    }

    fn finish(mut self, action: &str) -> Changes {
        let folded = self.folded();
        let encounter = &mut self.case.encounter;
        encounter.state = folded.state.clone();
        encounter.admitted_at = folded.admitted_at.unwrap_or(encounter.admitted_at);
        encounter.ward_id = folded.ward_id.unwrap_or(encounter.ward_id);
        encounter.emergency = folded.emergency;
        encounter.revision += 1;

        let exclusion = fact::discharge_exclusion(&self.case, &folded, self.context.agreement);
        let ground = Ground {
            agreement: self.context.agreement,
            calendar: self.context.calendar,
            directory: self.context.directory,
            now: self.context.now,
            excluded: exclusion.is_some(),
        };
        self.changes.deadlines = derive(&self.case, &folded, ground);

        let new_fact = survey_fact(&self.case, &folded, self.context.agreement, self.context.now);
        self.changes.cells = crate::survey::SurveyFact::difference(self.case.fact.as_ref(), new_fact.as_ref());
        self.changes.fact = new_fact.filter(|new| self.case.fact.as_ref() != Some(new));

        let row = self.case.encounter.clone();
        let mut audit = self.context.audit(row.region_id, action);
        audit.patient_id = Some(row.patient_id);
        audit.encounter_id = Some(row.id);
        audit.notice_id = self.concerns;
        self.changes.audit.push(audit);
        self.changes.encounter =
            Some(if self.is_new { Write::New(row) } else { Write::Update { row, read_at: self.read_revision } });
        self.changes
    }
}
