//! Everything that is known of one stay: what a decision reads.

use crate::consent::{Content, Sharing};
use crate::deadline::{Deadline, Warning};
use crate::directory::Directory;
use crate::encounter::{Encounter, EncounterEvent};
use crate::notice::{Contact, Notice, Recipient, RecipientReason};
use crate::patient::{CareTeamMember, Patient};
use crate::screening::Screening;
use crate::survey::SurveyFact;
use crate::text::Prose;
use crate::{Instant, NoticeId, OrganizationId};

/// The rows of one stay as read at one moment, each list ordered by id (so by creation).
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub patient: Patient,
    pub encounter: Encounter,
    pub team: Vec<CareTeamMember>,
    /// The discharge day of the person's stay before this one, for "admitted again within n days".
    pub last_discharge_on: Option<chrono::NaiveDate>,
    pub events: Vec<EncounterEvent>,
    pub screenings: Vec<Screening>,
    pub notices: Vec<Notice>,
    pub contacts: Vec<Contact>,
    pub deadlines: Vec<Deadline>,
    pub warnings: Vec<Warning>,
    /// As counted so far; of a stay that became void, as it was counted before.
    pub fact: Option<SurveyFact>,
}

impl Case {
    pub fn notice(&self, id: NoticeId) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.id == id)
    }

    /// Who manages the care now; the latest charge if several overlap.
    pub fn care_team_now(&self, now: Instant) -> Option<&CareTeamMember> {
        self.care_team_on(now.day())
    }

    /// Who managed the care on that day.
    pub fn care_team_on(&self, day: chrono::NaiveDate) -> Option<&CareTeamMember> {
        self.team.iter().filter(|member| member.is_current_on(day)).max_by_key(|member| (member.from_on, member.id))
    }

    /// Whom the hospital tells, as things stand on that day: the care manager in charge → else the support centre of the district → else
    /// the municipality.
    pub fn receiver_on(&self, day: chrono::NaiveDate, directory: &Directory) -> Option<Recipient> {
        let to = |organization_id, care_manager_id, because| Recipient { organization_id, care_manager_id, because };
        if let Some(member) = self.care_team_on(day) {
            return Some(to(member.organization_id, Some(member.care_manager_id), RecipientReason::CareManager));
        }
        let centre = directory.support_centre_of(self.patient.district.as_str());
        let centre = centre.map(|centre| to(centre.id, None, RecipientReason::SupportCentreOfDistrict));
        centre.or_else(|| directory.municipality().map(|city| to(city.id, None, RecipientReason::Municipality)))
    }

    /// The last screening is in force.
    pub fn screening(&self) -> Option<&Screening> {
        self.screenings.iter().max_by_key(|screening| (screening.screened_at, screening.id))
    }

    /// The consent in force lets the organization know more of this stay than the minimal contact. The hospital of the stay knows it
    /// by itself.
    pub fn shares_with(&self, organization_id: OrganizationId, now: Instant) -> bool {
        let in_charge = || self.care_team_now(now).is_some_and(|member| member.organization_id == organization_id);
        organization_id == self.encounter.hospital_id
            || match self.patient.sharing {
                Sharing::Everyone => true,
                Sharing::Care => in_charge(),
                Sharing::None => false,
            }
    }

    /// What a word between the two may carry now: one side is the hospital, and the other has to be in the consent's scope.
    pub fn content_between(&self, sender_id: OrganizationId, recipient_id: OrganizationId, now: Instant) -> Content {
        let full = self.shares_with(sender_id, now) && self.shares_with(recipient_id, now);
        if full { Content::Full } else { Content::Minimal }
    }

    /// What `reader` is shown of a notice: its sender everything; a receiver what it carried, as long as the consent stands and the reader has to
    /// do with the stay.
    pub fn content_for(&self, notice: &Notice, reader: OrganizationId, now: Instant) -> Content {
        let shared =
            notice.content == Content::Full && self.shares_with(reader, now) && !self.buries(notice, reader, now);
        let full = notice.sender_id == reader || shared;
        if full { Content::Full } else { Content::Minimal }
    }

    /// The stay as an organization without consent may see it: where it stands and what was sent, nothing of the person's condition.
    #[must_use]
    pub fn minimal(mut self) -> Self {
        self.events.clear();
        self.screenings.clear();
        self.contacts.clear();
        self.warnings.clear();
        for notice in &mut self.notices {
            notice.message = Prose::default();
        }
        self
    }

    /// The organization has to do with this stay: its hospital, the sender of a notice or the receiver of one that still stands, or who
    /// manages the care. Whoever got a notice by mistake has not.
    pub fn is_attached(&self, organization_id: OrganizationId, now: Instant) -> bool {
        self.encounter.hospital_id == organization_id
            || self.notices.iter().any(|n| n.sender_id == organization_id)
            || self.notices.iter().any(|n| n.recipient.organization_id == organization_id && n.stands())
            || self.care_team_now(now).is_some_and(|member| member.organization_id == organization_id)
    }

    /// Of this notice of the stay `reader` sees a tombstone alone: [`Notice::is_buried_for`].
    pub fn buries(&self, notice: &Notice, reader: OrganizationId, now: Instant) -> bool {
        notice.is_buried_for(reader, self.is_attached(reader, now))
    }

    /// A notice was addressed to the organization at some time, taken back or not.
    pub fn was_addressed_to(&self, organization_id: OrganizationId) -> bool {
        self.notices.iter().any(|n| n.recipient.organization_id == organization_id)
    }
}
