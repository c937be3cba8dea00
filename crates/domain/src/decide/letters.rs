//! Which mailbox gets which letter: the only place that turns a fact into deliveries.

use super::Decision;
use crate::agreement::EscalationTo;
use crate::deadline::{Deadline, DeadlineRule, DueSteps, Level, miss_days, noons};
use crate::delivery::{Delivery, DeliveryState, Letter};
use crate::notice::Notice;
use crate::party::{ContactUse, OrganizationKind};
use crate::text::EmailAddress;
use crate::{Fault, NoticeId, OrganizationId, Refusal, WardId, WarningId};

impl Decision<'_> {
    /// The letter to the receiver of a notice: the care manager's own mailbox, else the office's first contact.
    ///
    /// Refused when the receiver has no mailbox at all: a notice that nobody can be told of is not accepted.
    pub(super) fn mail_notice(&mut self, notice: &Notice, letter: Letter) -> Result<(), Refusal> {
        let directory = self.context.directory;
        let to = notice.recipient.organization_id;
        let hospital = directory.organization(to).is_some_and(|o| o.kind == OrganizationKind::Hospital);
        let own =
            notice.recipient.care_manager_id.and_then(|id| directory.care_manager(id)).and_then(|c| c.email.clone());
        let mailbox = own.or_else(|| {
            let (use_for, ward) = if hospital {
                (ContactUse::Ward, Some(self.case.encounter.ward_id))
            } else {
                (ContactUse::First, None)
            };
            directory.mailbox(to, use_for, ward).cloned()
        });
        let mailbox = mailbox.ok_or(Fault::NoRecipient)?;
        self.push_delivery(to, mailbox, letter, Some(notice.id), None);
        Ok(())
    }

    /// The letter to whoever sent the notice.
    pub(super) fn mail_sender(&mut self, notice: &Notice, letter: Letter) {
        let at_hospital = notice.sender_id == self.case.encounter.hospital_id;
        let (use_for, ward) =
            if at_hospital { (ContactUse::Ward, Some(self.case.encounter.ward_id)) } else { (ContactUse::First, None) };
        self.mail(notice.sender_id, use_for, ward, letter, None, None);
    }

    /// A letter to one use of an organization; nothing is sent where no mailbox is registered (the page shows the warning all the same).
    pub(super) fn mail(
        &mut self,
        to: OrganizationId,
        use_for: ContactUse,
        ward: Option<WardId>,
        letter: Letter,
        notice_id: Option<NoticeId>,
        warning_id: Option<WarningId>,
    ) {
        if let Some(mailbox) = self.context.directory.mailbox(to, use_for, ward).cloned() {
            self.push_delivery(to, mailbox, letter, notice_id, warning_id);
        }
    }

    fn push_delivery(
        &mut self,
        to: OrganizationId,
        mailbox: EmailAddress,
        letter: Letter,
        notice_id: Option<NoticeId>,
        warning_id: Option<WarningId>,
    ) {
        let waits = self.changes.deliveries.iter().any(|d| d.to == mailbox && d.letter == letter);
        if waits {
            return;
        }
        self.changes.deliveries.push(Delivery {
            id: self.ids.next(),
            region_id: self.case.encounter.region_id,
            organization_id: to,
            encounter_id: Some(self.case.encounter.id),
            notice_id,
            warning_id,
            to: mailbox,
            letter,
            state: DeliveryState::Pending { next_attempt_at: self.context.now, attempts: 0 },
            created_at: self.context.now,
        });
    }

    /// The mails of a warning, to whom the agreement names for any of the steps that are due; each letter knows who else was told.
    pub(super) fn mail_warning(&mut self, deadline: &Deadline, due: &DueSteps, level: Level, warning_id: WarningId) {
        let now = self.told_at(&due.waiting);
        let mut told = self.told_at(&due.taken);
        told.extend(now.iter().filter(|to| !told.contains(to)).copied().collect::<Vec<_>>());
        told.retain(|to| self.has_mailbox(*to, deadline));
        let letter = letter_of(deadline, level, told);
        for to in now {
            self.mail_escalation(to, deadline, &letter, warning_id);
        }
    }

    /// The mail of a warning that `failed` can't take, to whoever stands behind that mailbox.
    pub(super) fn mail_onward(
        &mut self,
        deadline: &Deadline,
        level: Level,
        warning_id: WarningId,
        (of, failed): (OrganizationId, &EmailAddress),
    ) {
        let chain = [EscalationTo::Ward, EscalationTo::CoordinationDesk, EscalationTo::Municipality];
        let takes = |to: EscalationTo| {
            let mut places = self.places_of(to, deadline).into_iter();
            places.any(|(id, use_for, ward)| self.context.directory.mailbox(id, use_for, ward) == Some(failed))
        };
        let behind = match chain.into_iter().rposition(takes) {
            Some(place) => place + 1,
            // The ward in which the person lay before: the desk, too.
            None if of == self.case.encounter.hospital_id => 1,
            // An office's: only the municipality is left.
            None => chain.len() - 1,
        };
        if let Some(to) = chain.get(behind).copied() {
            self.mail_escalation(to, deadline, &letter_of(deadline, level, vec![to]), warning_id);
        }
    }

    /// Whom the agreement names for these levels, each once.
    fn told_at(&self, levels: &[Level]) -> Vec<EscalationTo> {
        let mut told = Vec::new();
        for to in levels.iter().flat_map(|level| self.named_for(*level)) {
            if !told.contains(&to) {
                told.push(to);
            }
        }
        told
    }

    fn named_for(&self, level: Level) -> Vec<EscalationTo> {
        let escalation = &self.context.agreement.escalation;
        match level {
            Level::Ahead(_) | Level::AtOnce => vec![EscalationTo::Ward],
            Level::Missed(n) => {
                let day = miss_days(self.context.agreement).get(usize::from(n)).copied();
                escalation.after_miss.iter().filter(|s| Some(s.after_days) == day).map(|s| s.to).collect()
            }
            Level::Unacknowledged(n) => {
                let noon = noons(self.context.agreement).get(usize::from(n)).copied();
                escalation.unacknowledged.iter().filter(|s| Some(s.working_noons) == noon).map(|s| s.to).collect()
            }
            Level::Undeliverable => vec![EscalationTo::SecondContact, EscalationTo::HospitalToPhone],
        }
    }

    fn mail_escalation(&mut self, to: EscalationTo, deadline: &Deadline, letter: &Letter, warning_id: WarningId) {
        let notice_id = (deadline.rule == DeadlineRule::Acknowledgement).then(|| deadline.subject.into());
        for (organization_id, use_for, ward) in self.places_of(to, deadline) {
            self.mail(organization_id, use_for, ward, letter.clone(), notice_id, Some(warning_id));
        }
    }

    fn has_mailbox(&self, to: EscalationTo, deadline: &Deadline) -> bool {
        let directory = self.context.directory;
        let mut places = self.places_of(to, deadline).into_iter();
        places.any(|(organization_id, use_for, ward)| directory.mailbox(organization_id, use_for, ward).is_some())
    }

    fn places_of(&self, to: EscalationTo, deadline: &Deadline) -> Vec<(OrganizationId, ContactUse, Option<WardId>)> {
        let hospital = self.case.encounter.hospital_id;
        let ward = Some(self.case.encounter.ward_id);
        let receiver = deadline.organization_id;
        match to {
            EscalationTo::Ward => vec![(hospital, ContactUse::Ward, ward)],
            EscalationTo::CoordinationDesk => vec![(hospital, ContactUse::CoordinationDesk, None)],
            EscalationTo::SecondContact => vec![(receiver, ContactUse::Second, None)],
            EscalationTo::HospitalToPhone => {
                vec![(hospital, ContactUse::Ward, ward), (hospital, ContactUse::CoordinationDesk, None)]
            }
            EscalationTo::Municipality => self
                .context
                .directory
                .municipality()
                .map(|city| (city.id, ContactUse::First, None))
                .into_iter()
                .collect(),
        }
    }
}

fn letter_of(deadline: &Deadline, level: Level, told: Vec<EscalationTo>) -> Letter {
    match deadline.rule {
        DeadlineRule::DischargeNotice => {
            Letter::DeadlineWarning { encounter_id: deadline.encounter_id, level, due_on: deadline.due_on, told }
        }
        DeadlineRule::Acknowledgement => Letter::StillWaiting { notice_id: deadline.subject.into(), level, told },
    }
}
