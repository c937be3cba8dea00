//! 連絡 on the wire: filing, notices, and what became of them.

use chrono::NaiveDate;
use domain::consent::Content;
use domain::decide::NewNotice;
use domain::directory::Directory;
use domain::notice::{Notice, NoticeKind, NoticeState, Reading, Recipient, RecipientReason};
use domain::refusal::Faults;
use domain::text::{Kana, Line, Prose};
use domain::{Instant, Refusal};
use rules::OutcomeKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::AcknowledgementView;
use super::party::WordingView;
use super::screening::{AnswersSchema, DecisionBody};
use super::stay::StateView;
use super::{day, optional, words};

/// The filing form whole: planned day, answers and message become one command.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FilingBody {
    #[schema(format = Date)]
    pub planned_on: String,
    #[serde(deserialize_with = "super::object")]
    #[schema(value_type = AnswersSchema)]
    pub answers: rules::Answers,
    #[serde(default, deserialize_with = "super::optional_object")]
    pub decision: Option<DecisionBody>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub message: String,
}

/// What a filing came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilingView {
    pub encounter_id: Uuid,
    pub planned_on: NaiveDate,
    #[schema(value_type = words::OutcomeKind)]
    pub outcome: OutcomeKind,
    /// The criteria that were hit, in list order.
    pub because: Vec<String>,
    /// None: the screening does not ask for one.
    pub notice: Option<IssuedView>,
}

/// A notice to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeBody {
    #[schema(value_type = words::NoticeKind)]
    pub kind: NoticeKind,
    /// Of a planned discharge; must be the day that is planned now.
    #[schema(format = Date)]
    pub planned_on: Option<String>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub message: String,
}

impl NoticeBody {
    pub fn parse(&self) -> Result<NewNotice, Refusal> {
        let mut faults = Faults::default();
        let planned_on = faults.take("planned_on", optional(self.planned_on.as_deref(), day));
        let message = faults.take("message", Prose::parse(&self.message));
        faults.check()?;
        let (planned_on, message) = (planned_on.flatten(), message.unwrap_or_default());
        Ok(NewNotice { kind: self.kind, planned_on, message })
    }
}

/// A notice is kept and on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedView {
    pub id: Uuid,
    pub recipient: RecipientView,
}

impl From<&Notice> for IssuedView {
    fn from(notice: &Notice) -> Self {
        Self { id: notice.id.uuid(), recipient: (&notice.recipient).into() }
    }
}

/// Who is told, and why just they.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecipientView {
    pub organization_id: Uuid,
    pub care_manager_id: Option<Uuid>,
    #[schema(value_type = words::RecipientReason)]
    pub because: RecipientReason,
}

impl From<&Recipient> for RecipientView {
    fn from(recipient: &Recipient) -> Self {
        Self {
            organization_id: recipient.organization_id.uuid(),
            care_manager_id: recipient.care_manager_id.map(domain::CareManagerId::uuid),
            because: recipient.because,
        }
    }
}

/// Who would be told, in words.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedRecipientView {
    pub recipient: RecipientView,
    pub organization_name: Option<String>,
    pub care_manager_name: Option<String>,
    pub reason: WordingView,
}

impl NamedRecipientView {
    pub fn of(recipient: &Recipient, directory: &Directory) -> Self {
        let organization = directory.organization(recipient.organization_id);
        let manager = recipient.care_manager_id.and_then(|id| directory.care_manager(id));
        Self {
            recipient: recipient.into(),
            organization_name: organization.map(|organization| organization.name.to_string()),
            care_manager_name: manager.map(|manager| manager.name.to_string()),
            reason: recipient.because.wording().into(),
        }
    }
}

/// 連絡.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeView {
    pub id: Uuid,
    pub encounter_id: Uuid,
    #[schema(value_type = words::NoticeKind)]
    pub kind: NoticeKind,
    pub state: NoticeStateView,
    pub sender_id: Uuid,
    pub recipient: RecipientView,
    /// 第n号 of the receiving organization.
    pub serial: i64,
    /// The day of discharge that it told; null on a tombstone.
    pub planned_on: Option<NaiveDate>,
    /// What the consent in force let it carry.
    #[schema(value_type = words::Content)]
    pub content: Content,
    /// Null for whoever received it once it was taken back or sent back, or once the consent was withdrawn.
    #[schema(value_type = Option<String>)]
    pub message: Option<Prose>,
    pub replaces: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    pub issued_at: Instant,
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        Self {
            id: notice.id.uuid(),
            encounter_id: notice.encounter_id.uuid(),
            kind: notice.kind,
            state: (&notice.state).into(),
            sender_id: notice.sender_id.uuid(),
            recipient: (&notice.recipient).into(),
            serial: notice.serial,
            planned_on: notice.planned_on,
            content: notice.content,
            message: Some(notice.message.clone()),
            replaces: notice.replaces.map(domain::NoticeId::uuid),
            issued_at: notice.issued_at,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeStateView {
    pub state: NoticeStateName,
    /// Since when, unless it is still `issued`.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Instant>,
    /// `withdrawn`.
    #[schema(value_type = Option<String>)]
    pub why: Option<Line>,
    /// `replaced`.
    pub with: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeStateName {
    Issued,
    Acknowledged,
    Declined,
    Withdrawn,
    Replaced,
}

impl NoticeStateName {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Acknowledged => "acknowledged",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
        }
    }
}

impl From<&NoticeState> for NoticeStateView {
    fn from(state: &NoticeState) -> Self {
        use NoticeStateName as Name;
        let view = |state, at: &Instant| Self { state, at: Some(*at), why: None, with: None };
        match state {
            NoticeState::Issued => Self { state: Name::Issued, at: None, why: None, with: None },
            NoticeState::Acknowledged { at, .. } => view(Name::Acknowledged, at),
            NoticeState::Declined { at, .. } => view(Name::Declined, at),
            NoticeState::Withdrawn { at, why, .. } => Self { why: Some(why.clone()), ..view(Name::Withdrawn, at) },
            NoticeState::Replaced { at, with, .. } => Self { with: Some(with.uuid()), ..view(Name::Replaced, at) },
        }
    }
}

/// One notice, opened.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedNoticeView {
    pub notice: NoticeView,
    /// Null for whoever received it once it was taken back or sent back: a tombstone; and where no consent lets it be shown.
    pub patient: Option<super::patient::PatientView>,
    /// Whom it is about and whom to phone; null on a tombstone.
    pub person: Option<super::consent::PersonView>,
    pub acknowledgements: Vec<AcknowledgementView>,
    /// Who has opened it.
    pub readings: Vec<ReadingView>,
    pub deliveries: Vec<DeliveryView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadingView {
    pub account_id: Uuid,
    pub name: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub first_read_at: Instant,
}

impl ReadingView {
    pub fn of(reading: &Reading, names: &[(domain::AccountId, String)]) -> Self {
        let name = names.iter().find(|(id, _)| *id == reading.account_id).map(|(_, name)| name.clone());
        Self { account_id: reading.account_id.uuid(), name, first_read_at: reading.first_read_at }
    }
}

/// A mail about it: how far it has come, not to which address.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    pub id: Uuid,
    pub state: DeliveryStateName,
    pub attempts: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStateName {
    Pending,
    Delivered,
    GivenUp,
}

/// A notice in an inbox.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeLineView {
    pub notice: NoticeView,
    #[schema(value_type = Option<String>)]
    pub patient_name: Option<Line>,
    #[schema(value_type = Option<String>)]
    pub patient_kana: Option<Kana>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NoticePage {
    pub notices: Vec<NoticeLineView>,
    pub next: Option<String>,
}

/// A notice was answered or taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeChangedView {
    pub id: Uuid,
    pub encounter_id: Uuid,
    pub state: NoticeStateView,
    /// The notice that went out in its place: rerouted, or the corrected one.
    pub follow_up: Option<IssuedView>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalBody {
    #[schema(min_length = 1, max_length = 100)]
    pub why: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacementBody {
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub message: String,
}

/// A notice was issued by itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeKeptView {
    pub notice: IssuedView,
    pub encounter_id: Uuid,
    pub state: StateView,
}
