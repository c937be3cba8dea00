//! Steps that give a word: who is told and why, issue, withdraw, replace.

use chrono::NaiveDate;

use super::{Context, Decision};
use crate::case::Case;
use crate::consent::Content;
use crate::delivery::Letter;
use crate::encounter::EncounterState;
use crate::notice::{Notice, NoticeKind, NoticeState, Reading, Recipient, RecipientReason};
use crate::party::{OrganizationKind, Role};
use crate::text::{Line, Prose};
use crate::{Fault, NoticeId, Refusal};

/// A notice to be issued.
#[derive(Debug, Clone)]
pub struct NewNotice {
    pub kind: NoticeKind,
    /// Of a planned discharge: the day told; left out, the day that is planned now.
    pub planned_on: Option<NaiveDate>,
    pub message: Prose,
}

/// Who is told of this stay: whom [`Case::receiver_on`] names for a word of the hospital's. A word from the care side goes to the
/// hospital.
pub fn recipient_of(case: &Case, context: &Context<'_>) -> Result<Recipient, Fault> {
    let hospital_id = case.encounter.hospital_id;
    if context.actor.is_some_and(|actor| actor.organization_id != hospital_id) {
        let because = RecipientReason::HospitalOfStay;
        return Ok(Recipient { organization_id: hospital_id, care_manager_id: None, because });
    }
    case.receiver_on(context.now.day(), context.directory).ok_or(Fault::NoRecipient)
}

impl Decision<'_> {
    /// Issues a notice to whoever [`recipient_of`] names, with its mail. Without a consent that reaches both sides it carries the
    /// minimal contact alone ([`Content::Minimal`]): no screening, and a message is refused, never dropped unsaid.
    pub fn issue(&mut self, new: NewNotice) -> Result<NoticeId, Refusal> {
        let recipient = recipient_of(&self.case, &self.context)?;
        self.issue_to(new, recipient, None)
    }

    pub(super) fn issue_to(
        &mut self,
        new: NewNotice,
        recipient: Recipient,
        replaces: Option<NoticeId>,
    ) -> Result<NoticeId, Refusal> {
        let planned_on = self.told_day(&new)?;
        self.check_kind(new.kind)?;
        let told_already = self.case.notices.iter().any(|n| {
            n.stands()
                && Some(n.id) != replaces
                && n.kind == new.kind
                && n.kind != NoticeKind::AdmissionInformation
                && n.planned_on == planned_on
                && n.recipient.organization_id == recipient.organization_id
        });
        if told_already {
            return Err(Fault::AlreadyTold.into());
        }
        let sender_id = match self.context.actor {
            Some(actor) => actor.organization_id,
            None => self.case.encounter.hospital_id,
        };
        let content = self.case.content_between(sender_id, recipient.organization_id, self.context.now);
        if content == Content::Minimal && !new.message.is_empty() {
            return Err(Refusal::at("message", Fault::ConsentMissing));
        }
        let screening = self.case.screening().filter(|_| content == Content::Full);
        let notice = Notice {
            id: self.ids.next(),
            region_id: self.case.encounter.region_id,
            encounter_id: self.case.encounter.id,
            kind: new.kind,
            state: NoticeState::Issued,
            sender_id,
            recipient,
            serial: 0,
            planned_on,
            message: new.message,
            content,
            screening_id: screening.map(|screening| screening.id),
            replaces,
            issued_at: self.context.now,
            issued_by: self.context.account(),
        };
        let id = notice.id;
        self.mail_notice(&notice, Letter::NoticeWaits { notice_id: id, notice_kind: notice.kind })?;
        self.concerns = Some(id);
        self.put_notice(notice);
        Ok(id)
    }

    fn told_day(&self, new: &NewNotice) -> Result<Option<NaiveDate>, Refusal> {
        match (new.kind, &self.folded().state) {
            (NoticeKind::PlannedDischarge, EncounterState::DischargePlanned { planned_on }) => match new.planned_on {
                Some(day) if day != *planned_on => Err(Refusal::at("planned_on", Fault::Stale)),
                _ => Ok(Some(*planned_on)),
            },
            (NoticeKind::PlannedDischarge, EncounterState::Discharged { .. }) => Err(Fault::StayEnded.into()),
            (NoticeKind::PlannedDischarge, _) => Err(Fault::NoPlannedDischarge.into()),
            (NoticeKind::Discharge, EncounterState::Discharged { on, .. }) => Ok(Some(*on)),
            (NoticeKind::Discharge, _) => Err(Fault::NotDischarged.into()),
            _ => Ok(None),
        }
    }

    /// The sheet comes from the care side; the word of a discharge from the hospital; an admission may be told by either.
    fn check_kind(&self, kind: NoticeKind) -> Result<(), Refusal> {
        if self.folded().state.is_void() {
            return Err(Fault::StayCancelled.into());
        }
        let Some(actor) = self.context.actor else { return Ok(()) };
        let from_hospital = actor.organization_id == self.case.encounter.hospital_id;
        let allowed = match kind {
            NoticeKind::Admission => true,
            NoticeKind::AdmissionInformation => !from_hospital,
            NoticeKind::PlannedDischarge | NoticeKind::Discharge => from_hospital,
        };
        if allowed { Ok(()) } else { Err(Refusal::at("kind", Fault::NotAllowed)) }
    }

    /// Takes a notice back: a wrong person or a wrong kind. Its receiver is told, its link shows a tombstone.
    pub fn withdraw(&mut self, id: NoticeId, why: Line) -> Result<(), Refusal> {
        let mut notice = self.own_standing_notice(id)?;
        notice.state = NoticeState::Withdrawn { at: self.context.now, by: self.context.account(), why };
        self.mail_notice(&notice, Letter::NoticeTakenBack { notice_id: id, replaced: false })?;
        self.concerns = Some(id);
        self.put_notice(notice);
        Ok(())
    }

    /// Puts a corrected notice in the place of one with a wrong ward or time; no withdrawal before it.
    pub fn replace(&mut self, id: NoticeId, message: Prose) -> Result<NoticeId, Refusal> {
        let mut old = self.own_standing_notice(id)?;
        let recipient = recipient_of(&self.case, &self.context)?;
        let elsewhere = recipient.organization_id != old.recipient.organization_id;
        let new = NewNotice { kind: old.kind, planned_on: None, message };
        let with = self.issue_to(new, recipient, Some(id))?;
        if elsewhere {
            self.mail_notice(&old, Letter::NoticeTakenBack { notice_id: id, replaced: true })?;
        }
        old.state = NoticeState::Replaced { at: self.context.now, by: self.context.account(), with };
        self.put_notice(old);
        Ok(with)
    }

    fn own_standing_notice(&self, id: NoticeId) -> Result<Notice, Refusal> {
        let notice = self.case.notice(id).ok_or(Fault::NotFound)?;
        let ours = self.context.actor.is_some_and(|actor| actor.organization_id == notice.sender_id);
        match notice.state {
            _ if !ours => Err(Fault::NotTheSender.into()),
            NoticeState::Withdrawn { .. } | NoticeState::Replaced { .. } => Err(Fault::TakenBack.into()),
            _ => Ok(notice.clone()),
        }
    }

    pub(super) fn put_notice(&mut self, notice: Notice) {
        put(&mut self.case.notices, notice.clone());
        put(&mut self.changes.notices, notice);
    }

    /// Notes that the actor opened the notice; the first time counts.
    pub fn read(&mut self, id: NoticeId) -> Result<(), Refusal> {
        let notice = self.case.notice(id).ok_or(Fault::NotFound)?;
        self.concerns = Some(id);
        self.changes.readings.push(Reading {
            region_id: notice.region_id,
            notice_id: id,
            account_id: self.context.account(),
            first_read_at: self.context.now,
        });
        Ok(())
    }

    /// The actor speaks for the organization, by role.
    pub(super) fn speaks_for(&self, organization_id: crate::OrganizationId) -> bool {
        let hospital = self.context.directory.organization(organization_id).map(|o| o.kind);
        self.context.actor.is_some_and(|actor| {
            let clerk = !matches!(actor.role, Role::Auditor | Role::Administrator | Role::OrganizationAdministrator);
            actor.organization_id == organization_id && (clerk || hospital == Some(OrganizationKind::Guest))
        })
    }
}

fn put(notices: &mut Vec<Notice>, notice: Notice) {
    match notices.iter_mut().find(|old| old.id == notice.id) {
        Some(old) => *old = notice,
        None => notices.push(notice),
    }
}
