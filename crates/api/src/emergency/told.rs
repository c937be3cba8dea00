//! Who hears that a record was opened in an emergency: whoever has to do with the person, whoever answers for the one who opened it, and, where the
//! first are none, the auditors at once instead of with the month's review.

use domain::delivery::{Delivery, DeliveryState, Letter};
use domain::directory::Directory;
use domain::party::ContactUse;
use domain::patient::CareTeamMember;
use domain::text::EmailAddress;
use domain::trail::BreakGlass;
use domain::{EncounterId, Ids, OrganizationId};
use storage::EncounterLine;

use crate::error::ApiError;
use crate::state::App;

/// What was opened, and what is known of the person.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) glass: &'a BreakGlass,
    pub(super) directory: &'a Directory,
    /// That go on.
    pub(super) stays: &'a [EncounterLine],
    pub(super) team: &'a [CareTeamMember],
}

impl Opening<'_> {
    /// A mail to each.
    pub(super) async fn letters(&self, app: &App, ids: &mut Ids) -> Result<Vec<Delivery>, ApiError> {
        let mut letters = self.letters_to_those_concerned(ids);
        let ours = self.glass.organization_id;
        let opened_on = self.glass.opened_at.day();
        let nobody = letters.is_empty();
        let administrators = app.store().administrators_of(ours).await?;
        let mut mailboxes: Vec<EmailAddress> = administrators.into_iter().filter_map(|account| account.email).collect();
        if mailboxes.is_empty() {
            mailboxes.extend(self.directory.mailbox(ours, ContactUse::CoordinationDesk, None).cloned());
        }
        for mailbox in mailboxes {
            letters.push(self.letter(ids, ours, mailbox, None, Letter::EmergencyUsed { by_ours: true, opened_on }));
        }
        let auditors = if nobody { app.store().auditors().await? } else { Vec::new() };
        for auditor in auditors.into_iter().filter(|auditor| auditor.region_id == self.glass.region_id) {
            let theirs = || self.directory.mailbox(auditor.organization_id, ContactUse::First, None).cloned();
            if let Some(mailbox) = auditor.email.clone().or_else(theirs) {
                let letter = Letter::EmergencyUsed { by_ours: false, opened_on };
                letters.push(self.letter(ids, auditor.organization_id, mailbox, None, letter));
            }
        }
        Ok(letters)
    }

    /// Her hospitals and her care office, but for whoever opened it.
    fn letters_to_those_concerned(&self, ids: &mut Ids) -> Vec<Delivery> {
        let at = self.glass.opened_at;
        let desk =
            |stay: &EncounterLine| (stay.encounter.hospital_id, ContactUse::CoordinationDesk, Some(stay.encounter.id));
        let first = self.stays.first().map(|stay| stay.encounter.id);
        let in_charge = self.team.iter().filter(|member| member.is_current_on(at.day()));
        let offices = in_charge.map(|member| (member.organization_id, ContactUse::First, first));
        let told = self.stays.iter().map(desk).chain(offices).filter(|(to, ..)| *to != self.glass.organization_id);
        let mut letters = Vec::new();
        for (to, use_for, encounter_id) in told {
            if let Some(mailbox) = self.directory.mailbox(to, use_for, None) {
                let letter = Letter::OpenedInEmergency { encounter_id, opened_on: at.day() };
                letters.push(self.letter(ids, to, mailbox.clone(), encounter_id, letter));
            }
        }
        letters
    }

    fn letter(
        &self,
        ids: &mut Ids,
        organization_id: OrganizationId,
        to: EmailAddress,
        encounter_id: Option<EncounterId>,
        letter: Letter,
    ) -> Delivery {
        Delivery {
            id: ids.next(),
            region_id: self.glass.region_id,
            organization_id,
            encounter_id,
            notice_id: None,
            warning_id: None,
            to,
            letter,
            state: DeliveryState::Pending { next_attempt_at: self.glass.opened_at, attempts: 0 },
            created_at: self.glass.opened_at,
        }
    }
}
