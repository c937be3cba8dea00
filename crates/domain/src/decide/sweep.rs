//! What the service does by itself: warnings that are due, and mails that could not be delivered.

use super::Decision;
use crate::deadline::{Deadline, DeadlineRule, DueSteps, Ground, Level, Warning, derive, due_steps};
use crate::notice::NoticeState;
use crate::text::EmailAddress;
use crate::{Fault, NoticeId, OrganizationId, Refusal, WarningId};

impl Decision<'_> {
    /// Takes every step that is due: for each deadline one warning, at its latest level, with mails to everybody whom one of its steps
    /// names. The rows' verdicts and next instants follow in the conclusion.
    ///
    /// Idempotent: with nothing due it adds nothing.
    pub fn sweep(&mut self) {
        for deadline in self.deadlines_now() {
            let due = due_steps(&self.case, &deadline, self.ground());
            if let Some(&latest) = due.waiting.last() {
                self.warn(&deadline, latest, &due);
            }
        }
    }

    /// A notice's mail was given up: the office's second contact and the hospital are told, once; nobody when it was answered meanwhile.
    pub fn give_up(&mut self, notice_id: NoticeId) -> Result<(), Refusal> {
        let notice = self.case.notice(notice_id).ok_or(Fault::NotFound)?.clone();
        let key = |d: &&Deadline| d.rule == DeadlineRule::Acknowledgement && d.subject == notice_id.uuid();
        let Some(deadline) = self.case.deadlines.iter().find(key).cloned() else { return Ok(()) };
        let said = self.case.warnings.iter().any(|w| w.subject == notice_id.uuid() && w.level == Level::Undeliverable);
        if notice.state == NoticeState::Issued && !said {
            let at_once = DueSteps { waiting: vec![Level::Undeliverable], ..DueSteps::default() };
            self.warn(&deadline, Level::Undeliverable, &at_once);
        }
        self.concerns = Some(notice_id);
        Ok(())
    }

    /// The mail of a warning could not be delivered to this mailbox: it goes to the next of ward, coordination desk and municipality that
    /// has another one. Nobody is left after the municipality.
    pub fn give_up_warning(
        &mut self,
        warning_id: WarningId,
        failed: (OrganizationId, &EmailAddress),
    ) -> Result<(), Refusal> {
        let warning = self.case.warnings.iter().find(|w| w.id == warning_id).ok_or(Fault::NotFound)?.clone();
        let key = |d: &&Deadline| (d.rule, d.subject, d.due_on) == (warning.rule, warning.subject, warning.due_on);
        let deadline = self.case.deadlines.iter().find(key).ok_or(Fault::NotFound)?.clone();
        self.mail_onward(&deadline, warning.level, warning_id, failed);
        Ok(())
    }

    fn ground(&self) -> Ground<'_> {
        let exclusion = super::fact::discharge_exclusion(&self.case, &self.folded(), self.context.agreement);
        Ground {
            agreement: self.context.agreement,
            calendar: self.context.calendar,
            directory: self.context.directory,
            now: self.context.now,
            excluded: exclusion.is_some(),
        }
    }

    /// The open deadlines as they stand at this instant, whether their row says so already or not.
    fn deadlines_now(&self) -> Vec<Deadline> {
        let mut rows = self.case.deadlines.clone();
        for fresh in derive(&self.case, &self.folded(), self.ground()) {
            match rows.iter_mut().find(|row| row.key() == fresh.key()) {
                Some(row) => *row = fresh,
                None => rows.push(fresh),
            }
        }
        rows.retain(|row| row.open);
        rows
    }

    fn warn(&mut self, deadline: &Deadline, level: Level, due: &DueSteps) {
        let warning = Warning {
            id: self.ids.next(),
            region_id: deadline.region_id,
            encounter_id: deadline.encounter_id,
            rule: deadline.rule,
            subject: deadline.subject,
            due_on: deadline.due_on,
            level,
            warned_at: self.context.now,
        };
        self.mail_warning(deadline, due, level, warning.id);
        self.case.warnings.push(warning.clone());
        self.changes.warnings.push(warning);
    }
}
