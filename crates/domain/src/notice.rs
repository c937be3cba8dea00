//! 連絡: a word given through Tsunagi, its answer, and the words given outside it.
//!
//! A notice is addressed to one organization, and to one care manager there if the person has one. It moves
//! `Issued → Acknowledged | Declined`, or is taken back (`Withdrawn`: wrong person or kind; `Replaced`: wrong ward or time). What was
//! taken back stays as a tombstone for whoever follows its link.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::consent::Content;
use crate::text::{Line, Prose};
use crate::{
    AccountId, AcknowledgementId, CareManagerId, ContactId, EncounterId, Instant, NoticeId, OrganizationId, RegionId,
    ScreeningId,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 入院連絡, from either side.
    Admission,
    /// 入院時情報提供, from the care side to the hospital.
    AdmissionInformation,
    /// 退院連絡: the planned day, ahead of time.
    PlannedDischarge,
    /// 退院の連絡 after the fact.
    Discharge,
}

impl NoticeKind {
    pub const ALL: [Self; 4] = [Self::Admission, Self::AdmissionInformation, Self::PlannedDischarge, Self::Discharge];

    /// Counts as a word of the discharge.
    pub const fn tells_discharge(self) -> bool {
        matches!(self, Self::PlannedDischarge | Self::Discharge)
    }

    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Admission => ("入院連絡", "admission notice"),
            Self::AdmissionInformation => ("入院時情報提供", "admission information"),
            Self::PlannedDischarge => ("退院連絡", "planned discharge notice"),
            Self::Discharge => ("退院の報告", "discharge notice"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub id: NoticeId,
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    pub kind: NoticeKind,
    pub state: NoticeState,
    pub sender_id: OrganizationId,
    pub recipient: Recipient,
    /// 第n号 among everything that the receiving organization was ever sent; given by the writer, 0 before that.
    pub serial: i64,
    /// The day of discharge that this notice tells.
    pub planned_on: Option<NaiveDate>,
    pub message: Prose,
    /// What the consent in force let it carry when it was given.
    pub content: Content,
    /// The screening under which it was sent, if one was made.
    pub screening_id: Option<ScreeningId>,
    pub replaces: Option<NoticeId>,
    pub issued_at: Instant,
    pub issued_by: AccountId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NoticeState {
    Issued,
    Acknowledged { at: Instant, by: AccountId },
    Declined { at: Instant, by: AccountId },
    Withdrawn { at: Instant, by: AccountId, why: Line },
    Replaced { at: Instant, by: AccountId, with: NoticeId },
}

impl NoticeState {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Declined { .. } => "declined",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Replaced { .. } => "replaced",
        }
    }
}

impl Notice {
    /// The word still stands: it reached, or is on its way to, somebody who has not sent it back.
    pub const fn stands(&self) -> bool {
        matches!(self.state, NoticeState::Issued | NoticeState::Acknowledged { .. })
    }

    /// About whom it was is shown to `reader` no more: it was taken back, or `reader` sent it back and is not `attached` to the stay otherwise.
    /// Its sender goes on seeing it.
    pub fn is_buried_for(&self, reader: OrganizationId, attached: bool) -> bool {
        let gone = match self.state {
            NoticeState::Withdrawn { .. } | NoticeState::Replaced { .. } => true,
            NoticeState::Declined { .. } => !attached,
            NoticeState::Issued | NoticeState::Acknowledged { .. } => false,
        };
        gone && self.sender_id != reader
    }

    /// What its receiver may answer. A hospital knows whom it has admitted: the word was meant for it or for nobody, so it goes on to
    /// no other office, and no colleague answers in its place.
    pub const fn answers(&self) -> &'static [AnswerKind] {
        match self.recipient.because {
            RecipientReason::HospitalOfStay => &[AnswerKind::Accepted, AnswerKind::NotOurClient],
            RecipientReason::CareManager
            | RecipientReason::SupportCentreOfDistrict
            | RecipientReason::Municipality
            | RecipientReason::NamedByReceiver => &AnswerKind::ALL,
        }
    }
}

/// What an answer says, without the office that it may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    Accepted,
    Away,
    /// From the care side 当事業所の利用者ではない; from a hospital この方の入院はありません.
    NotOurClient,
    OtherOffice,
}

impl AnswerKind {
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Away, Self::NotOurClient, Self::OtherOffice];

    /// As [`Acknowledgement::code`].
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Away => "away",
            Self::NotOurClient => "not_our_client",
            Self::OtherOffice => "other_office",
        }
    }
}

/// Who is told, and why just they.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub organization_id: OrganizationId,
    pub care_manager_id: Option<CareManagerId>,
    pub because: RecipientReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientReason {
    /// The care manager in charge.
    CareManager,
    /// Nobody manages the care: the support centre of the person's district.
    SupportCentreOfDistrict,
    /// No support centre serves the district.
    Municipality,
    /// Back to the hospital, from the care side.
    HospitalOfStay,
    /// The first receiver named another office.
    NamedByReceiver,
}

impl RecipientReason {
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::CareManager => ("担当のケアマネジャーがいるため", "the care manager in charge"),
            Self::SupportCentreOfDistrict => (
                "担当のケアマネジャーがいないため、お住まいの圏域の地域包括支援センターへ",
                "no care manager: the support centre of the district",
            ),
            Self::Municipality => (
                "担当も圏域のセンターも登録がないため、市町村へ",
                "neither care manager nor support centre: the municipality",
            ),
            Self::HospitalOfStay => ("入院先の医療機関へ", "the hospital of the stay"),
            Self::NamedByReceiver => {
                ("はじめの宛先から、こちらの事業所と回答があったため", "named by the first receiver")
            }
        }
    }
}

/// 受領確認: the coded answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Acknowledgement {
    Accepted,
    /// 当事業所の利用者ではない.
    NotOurClient,
    /// 他の事業所の利用者: rerouted there at once.
    OtherOffice {
        to: OrganizationId,
    },
    /// The care manager is away; the office's second contact is told at once.
    Away,
}

impl Acknowledgement {
    pub const fn kind(&self) -> AnswerKind {
        match self {
            Self::Accepted => AnswerKind::Accepted,
            Self::NotOurClient => AnswerKind::NotOurClient,
            Self::OtherOffice { .. } => AnswerKind::OtherOffice,
            Self::Away => AnswerKind::Away,
        }
    }

    pub const fn code(&self) -> &'static str {
        self.kind().code()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgementRecord {
    pub id: AcknowledgementId,
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    pub notice_id: NoticeId,
    pub answer: Acknowledgement,
    pub at: Instant,
    pub by: AccountId,
}

/// Who opened a notice first, and when: listed when it is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub region_id: RegionId,
    pub notice_id: NoticeId,
    pub account_id: AccountId,
    pub first_read_at: Instant,
}

/// How a word is given outside the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    Visit,
    Phone,
    Fax,
    Mail,
    Post,
    /// カンファレンス.
    Meeting,
    Other,
}

impl Medium {
    pub const ALL: [Self; 7] =
        [Self::Visit, Self::Phone, Self::Fax, Self::Mail, Self::Post, Self::Meeting, Self::Other];

    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Visit => ("来院・面談", "visit"),
            Self::Phone => ("電話", "phone"),
            Self::Fax => ("FAX", "FAX"),
            Self::Mail => ("メール", "e-mail"),
            Self::Post => ("郵送", "post"),
            Self::Meeting => ("カンファレンス", "meeting"),
            Self::Other => ("その他", "other"),
        }
    }

    /// Sent without anybody there to hear it: not proven before the other side confirms the receipt.
    pub const fn needs_receipt(self) -> bool {
        matches!(self, Self::Fax | Self::Mail | Self::Post)
    }
}

/// 連絡の記録: a word given outside the system, with the same standing as a notice.
///
/// Logged in three fields: how, with whom, on which day; the receipt of a FAX, mail or letter is 未確認 until confirmed. One that was
/// logged by mistake is taken back: it stays readable as that, and counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    pub kind: NoticeKind,
    pub medium: Medium,
    /// The organization whose account logged it.
    pub by_organization_id: OrganizationId,
    /// Who was told, as the person logging it wrote it.
    pub with_whom: Line,
    /// The day of the word; none when nobody remembers (the survey's 不明).
    pub told_on: Option<NaiveDate>,
    /// The day of discharge that was told.
    pub planned_on: Option<NaiveDate>,
    pub receipt_confirmed: bool,
    pub recorded_at: Instant,
    pub recorded_by: AccountId,
    pub taken_back: Option<TakenBack>,
}

/// When and by whom it was said that a contact was logged by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    pub at: Instant,
    pub by: AccountId,
}

impl Contact {
    /// The word was given, as far as anybody says.
    pub const fn stands(&self) -> bool {
        self.taken_back.is_none()
    }
}
