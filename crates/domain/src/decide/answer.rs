//! The receiver's coded answer, and what follows from it at once.

use super::Decision;
use crate::agreement::EscalationTo;
use crate::consent::Content;
use crate::deadline::Level;
use crate::delivery::Letter;
use crate::notice::{Acknowledgement, AcknowledgementRecord, Notice, NoticeState, Recipient, RecipientReason};
use crate::party::{ContactUse, OrganizationKind};
use crate::text::Prose;
use crate::{Fault, NoticeId, Refusal};

impl Decision<'_> {
    /// Answers a notice for the organization that received it.
    ///
    /// `OtherOffice` goes on to the named office at once, `NotOurClient` to the support centre of the district (or the municipality);
    /// both tell the sender. What a hospital sends back goes nowhere else. `Away` leaves the notice open and tells the office's second
    /// contact. Refused when the receiver can't answer so ([`Notice::answers`]).
    pub fn acknowledge(&mut self, id: NoticeId, answer: Acknowledgement) -> Result<(), Refusal> {
        let mut notice = self.case.notice(id).ok_or(Fault::NotFound)?.clone();
        if !self.speaks_for(notice.recipient.organization_id) {
            return Err(Fault::NotTheReceiver.into());
        }
        match notice.state {
            NoticeState::Issued => {}
            NoticeState::Withdrawn { .. } | NoticeState::Replaced { .. } => return Err(Fault::TakenBack.into()),
            NoticeState::Acknowledged { .. } | NoticeState::Declined { .. } => {
                return Err(Fault::AlreadyAnswered.into());
            }
        }
        if !notice.answers().contains(&answer.kind()) {
            return Err(Refusal::at("code", Fault::NotAnAnswerHere));
        }
        self.changes.acknowledgements.push(AcknowledgementRecord {
            id: self.ids.next(),
            region_id: notice.region_id,
            encounter_id: notice.encounter_id,
            notice_id: id,
            answer,
            at: self.context.now,
            by: self.context.account(),
        });
        let (at, by) = (self.context.now, self.context.account());
        match answer {
            Acknowledgement::Accepted => {
                notice.state = NoticeState::Acknowledged { at, by };
                self.put_notice(notice);
            }
            Acknowledgement::Away => {
                let told = vec![EscalationTo::SecondContact];
                let letter = Letter::StillWaiting { notice_id: id, level: Level::Unacknowledged(0), told };
                self.mail(notice.recipient.organization_id, ContactUse::Second, None, letter, Some(id), None);
            }
            Acknowledgement::NotOurClient | Acknowledgement::OtherOffice { .. } => {
                let next = self.next_recipient(&notice, answer)?;
                notice.state = NoticeState::Declined { at, by };
                self.put_notice(notice.clone());
                self.mail_sender(&notice, Letter::NoticeDeclined { notice_id: id });
                if let Some(next) = next {
                    self.reroute(&notice, next)?;
                }
            }
        }
        self.concerns = Some(id);
        Ok(())
    }

    /// Who hears of it next; nobody when everybody that the rule names has sent it back, then the sender has been told. Nor anybody when
    /// the hospital sends back a word from the care side: the support centre and the city have nothing to do with it.
    fn next_recipient(&self, notice: &Notice, answer: Acknowledgement) -> Result<Option<Recipient>, Refusal> {
        if notice.recipient.because == RecipientReason::HospitalOfStay {
            return Ok(None);
        }
        let directory = self.context.directory;
        if let Acknowledgement::OtherOffice { to } = answer {
            let office = directory.organization(to).filter(|o| {
                matches!(o.kind, OrganizationKind::CareOffice | OrganizationKind::SupportCentre)
                    && o.id != notice.recipient.organization_id
            });
            let office = office.ok_or_else(|| Refusal::at("to", Fault::UnknownId))?;
            let because = RecipientReason::NamedByReceiver;
            return Ok(Some(Recipient { organization_id: office.id, care_manager_id: None, because }));
        }
        let centre = directory.support_centre_of(self.case.patient.district.as_str());
        let centre = centre.map(|o| (o.id, RecipientReason::SupportCentreOfDistrict));
        let city = directory.municipality().map(|o| (o.id, RecipientReason::Municipality));
        let sent_back = |id| {
            id == notice.recipient.organization_id
                || self.case.notices.iter().any(|n| {
                    n.recipient.organization_id == id
                        && matches!(n.state, NoticeState::Declined { .. })
                        && n.kind == notice.kind
                })
        };
        let next = centre.into_iter().chain(city).find(|(id, _)| !sent_back(*id));
        Ok(next.map(|(organization_id, because)| Recipient { organization_id, care_manager_id: None, because }))
    }

    /// The same word from the same sender to somebody else; the clock of the discharge runs on. Whom the consent does not reach is told
    /// the minimal contact: nobody sits there to whom a refusal could be said.
    fn reroute(&mut self, notice: &Notice, recipient: Recipient) -> Result<(), Refusal> {
        let id = self.ids.next();
        let content = self.case.content_between(notice.sender_id, recipient.organization_id, self.context.now);
        let full = content == Content::Full && notice.content == Content::Full;
        let next = Notice {
            id,
            recipient,
            content: if full { Content::Full } else { Content::Minimal },
            message: if full { notice.message.clone() } else { Prose::default() },
            screening_id: notice.screening_id.filter(|_| full),
            state: NoticeState::Issued,
            serial: 0,
            replaces: Some(notice.id),
            issued_at: self.context.now,
            ..notice.clone()
        };
        self.mail_notice(&next, Letter::NoticeWaits { notice_id: id, notice_kind: next.kind })?;
        self.put_notice(next);
        Ok(())
    }
}
