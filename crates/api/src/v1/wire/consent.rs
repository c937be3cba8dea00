//! 同意 and 第三者提供の記録 on the wire.

use chrono::NaiveDate;
use domain::consent::{Consent, ConsentAct, ConsentBy, ConsentKind, ConsentScope, ConsentWay, Sharing};
use domain::decide::NewConsent;
use domain::directory::Directory;
use domain::disclosure::{Item, Line, Occasion, Receiver};
use domain::notice::Medium;
use domain::patient::Patient;
use domain::text::{Kana, Line as Words};
use domain::{Fault, Instant, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::patient::{CareTeamMemberView, PatientView};
use super::stay::EncounterHead;
use super::{day, words};

/// Given or withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentActName {
    Given,
    Withdrawn,
}

/// What was said about consent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    #[schema(value_type = words::ConsentKind)]
    pub kind: ConsentKind,
    #[schema(inline)]
    pub act: ConsentActName,
    /// Of a consent that is given; `everyone` unless told otherwise.
    #[schema(value_type = Option<words::ConsentScope>)]
    pub scope: Option<ConsentScope>,
    #[schema(value_type = words::ConsentBy)]
    pub by: ConsentBy,
    #[schema(value_type = words::ConsentWay)]
    pub way: ConsentWay,
    /// The day on which it was said.
    #[schema(format = Date)]
    pub declared_on: String,
}

impl ConsentBody {
    pub fn parse(&self) -> Result<NewConsent, Refusal> {
        let declared_on = day(&self.declared_on).map_err(|fault| Refusal::at("declared_on", fault))?;
        let act = match (self.act, self.scope) {
            (ConsentActName::Given, scope) => ConsentAct::Given { scope: scope.unwrap_or(ConsentScope::Everyone) },
            (ConsentActName::Withdrawn, None) => ConsentAct::Withdrawn,
            (ConsentActName::Withdrawn, Some(_)) => return Err(Refusal::at("scope", Fault::NotAKnownValue)),
        };
        Ok(NewConsent { kind: self.kind, act, by: self.by, way: self.way, declared_on })
    }
}

/// One thing that was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentView {
    pub id: Uuid,
    #[schema(value_type = words::ConsentKind)]
    pub kind: ConsentKind,
    #[schema(inline)]
    pub act: ConsentActName,
    #[schema(value_type = Option<words::ConsentScope>)]
    pub scope: Option<ConsentScope>,
    #[schema(value_type = words::ConsentBy)]
    pub by: ConsentBy,
    #[schema(value_type = words::ConsentWay)]
    pub way: ConsentWay,
    pub declared_on: NaiveDate,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// The organization whose account recorded it.
    pub organization_id: Uuid,
}

impl From<&Consent> for ConsentView {
    fn from(consent: &Consent) -> Self {
        let (act, scope) = match consent.act {
            ConsentAct::Given { scope } => (ConsentActName::Given, Some(scope)),
            ConsentAct::Withdrawn => (ConsentActName::Withdrawn, None),
        };
        Self {
            id: consent.id.uuid(),
            kind: consent.kind,
            act,
            scope,
            by: consent.by,
            way: consent.way,
            declared_on: consent.declared_on,
            recorded_at: consent.recorded_at,
            organization_id: consent.organization_id.uuid(),
        }
    }
}

/// Everything that was said, in the order in which it was recorded, and what it comes to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsentsView {
    #[schema(value_type = words::Sharing)]
    pub sharing: Sharing,
    pub consents: Vec<ConsentView>,
}

impl ConsentsView {
    pub fn of(consents: &[Consent]) -> Self {
        Self { sharing: Sharing::of(consents), consents: consents.iter().map(ConsentView::from).collect() }
    }
}

/// One time that something of the record was given to somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisclosureView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    #[schema(value_type = words::Occasion)]
    pub occasion: Occasion,
    /// Of a word outside the system.
    #[schema(value_type = Option<words::Medium>)]
    pub medium: Option<Medium>,
    pub from: Option<String>,
    /// The organization, and the care manager where one was named; or the words of whoever gave it.
    pub to: String,
    pub to_organization_id: Option<Uuid>,
    #[schema(value_type = Vec<words::Item>)]
    pub items: Vec<Item>,
}

impl DisclosureView {
    pub fn of(line: &Line, directory: &Directory) -> Self {
        let name = |id| directory.organization(id).map(|organization| organization.name.to_string());
        let (to, to_organization_id) = match &line.to {
            Receiver::Named(words) => (words.to_string(), None),
            Receiver::Organization { id, care_manager_id } => {
                let manager = care_manager_id.and_then(|id| directory.care_manager(id));
                let office = name(*id).unwrap_or_default();
                (manager.map_or_else(|| office.clone(), |m| format!("{office} {}", m.name)), Some(id.uuid()))
            }
        };
        Self {
            at: line.at,
            occasion: line.occasion,
            medium: line.medium,
            from: name(line.from),
            to,
            to_organization_id,
            items: line.items.clone(),
        }
    }
}

/// For the person's own request, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisclosuresView {
    pub disclosures: Vec<DisclosureView>,
}

/// A copy of a person's record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    /// Who gets it: the person herself, her family, a court.
    #[schema(min_length = 1, max_length = 100)]
    pub to_whom: String,
}

impl ExportBody {
    pub fn parse(&self) -> Result<Words, Refusal> {
        Words::parse(&self.to_whom).map_err(|fault| Refusal::at("to_whom", fault))
    }
}

/// What is kept of a person outside her stays, and where these are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportView {
    pub patient: PatientView,
    pub care_team: Vec<CareTeamMemberView>,
    pub consents: Vec<ConsentView>,
    pub encounters: Vec<EncounterHead>,
    pub disclosures: Vec<DisclosureView>,
}

/// Whom a notice is about, where nobody has consented to more.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonView {
    #[schema(value_type = String)]
    pub name: Words,
    #[schema(value_type = String)]
    pub kana: Kana,
    /// The hospital of the stay, and its number.
    pub hospital: Option<String>,
    pub phone: Option<String>,
}

impl PersonView {
    pub fn of(patient: &Patient, hospital_id: domain::OrganizationId, directory: &Directory) -> Self {
        let hospital = directory.organization(hospital_id);
        Self {
            name: patient.name.clone(),
            kana: patient.kana.clone(),
            hospital: hospital.map(|hospital| hospital.name.to_string()),
            phone: hospital.and_then(|hospital| hospital.phone.as_ref()).map(ToString::to_string),
        }
    }
}
