//! Who there is: the person logged in, organizations, and the agreement in force.

use chrono::NaiveDate;
use domain::Instant;
use domain::agreement::Agreement;
use domain::credential::Stage;
use domain::directory::Directory;
use domain::machine::Scope;
use domain::party::{Organization, OrganizationKind, Role};
use domain::text::Line;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words;
use crate::login::NewSession;

/// Login and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    #[schema(max_length = 100)]
    pub login: String,
    #[schema(max_length = 200, format = Password)]
    pub password: String,
}

/// The second step of a login.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    /// Six digits, or a recovery code.
    #[schema(max_length = 100)]
    pub code: String,
}

/// A session has begun, or the next step of a login.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Shown once; send it as `Authorization: Bearer …`.
    pub token: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: domain::Instant,
    /// How far the login has come; only an `open` session may do anything else.
    #[schema(value_type = words::Stage)]
    pub stage: Stage,
    #[schema(value_type = String)]
    pub name: Line,
    #[schema(value_type = words::Role)]
    pub role: Role,
}

impl From<NewSession> for SessionView {
    fn from(begun: NewSession) -> Self {
        let NewSession { token, stage, expires_at, account } = begun;
        Self { token, expires_at, stage, name: account.name, role: account.role }
    }
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    pub account_id: Uuid,
    #[schema(value_type = String)]
    pub name: Line,
    #[schema(value_type = words::Role)]
    pub role: Role,
    pub region_id: Uuid,
    #[schema(value_type = String)]
    pub region_name: Line,
    pub organization_id: Uuid,
    pub organization_name: Option<String>,
    pub ward_id: Option<Uuid>,
    pub care_manager_id: Option<Uuid>,
    /// Of a machine: what its token is for; null: a person.
    #[schema(value_type = Option<Vec<words::Scope>>)]
    pub scopes: Option<Vec<Scope>>,
    /// Of a machine: when its token ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Instant>,
}

/// 地域の機関.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationsView {
    pub organizations: Vec<OrganizationView>,
    /// 日常生活圏域 that a support centre serves.
    pub districts: Vec<String>,
}

/// 機関.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationView {
    pub id: Uuid,
    #[schema(value_type = words::OrganizationKind)]
    pub kind: OrganizationKind,
    pub name: String,
    /// 医療機関コード or 介護保険事業所番号.
    pub code: Option<String>,
    pub phone: Option<String>,
    pub districts: Vec<String>,
    pub wards: Vec<NamedView>,
    pub care_managers: Vec<NamedView>,
}

/// A ward or a care manager by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedView {
    pub id: Uuid,
    pub name: String,
}

impl OrganizationsView {
    pub fn of(directory: &Directory) -> Self {
        use OrganizationKind::{CareOffice, Guest, Hospital, Municipality, SupportCentre};
        let kinds = [Hospital, CareOffice, SupportCentre, Municipality, Guest];
        let all = kinds.into_iter().flat_map(|kind| directory.organizations(kind));
        let organizations = all.map(|organization| OrganizationView::of(organization, directory)).collect();
        Self { organizations, districts: directory.districts().into_iter().map(str::to_owned).collect() }
    }
}

impl OrganizationView {
    fn of(organization: &Organization, directory: &Directory) -> Self {
        let named = |id: Uuid, name: &Line| NamedView { id, name: name.to_string() };
        let wards = directory.wards_of(organization.id);
        let managers = directory.care_managers_of(organization.id);
        Self {
            id: organization.id.uuid(),
            kind: organization.kind,
            name: organization.name.to_string(),
            code: organization.code.as_ref().map(Line::to_string),
            phone: organization.phone.as_ref().map(Line::to_string),
            districts: organization.districts.clone(),
            wards: wards.into_iter().map(|ward| named(ward.id.uuid(), &ward.name)).collect(),
            care_managers: managers.into_iter().map(|manager| named(manager.id.uuid(), &manager.name)).collect(),
        }
    }
}

/// Words in both languages; the Japanese ones bind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WordingView {
    pub ja: String,
    pub en: String,
}

impl From<&rules::Wording> for WordingView {
    fn from(wording: &rules::Wording) -> Self {
        Self { ja: wording.ja.clone(), en: wording.en.clone() }
    }
}

impl From<(&'static str, &'static str)> for WordingView {
    fn from((ja, en): (&'static str, &'static str)) -> Self {
        Self { ja: ja.to_owned(), en: en.to_owned() }
    }
}

/// 連絡ルール in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementView {
    pub id: String,
    pub name: WordingView,
    pub edition: String,
    pub valid_from: NaiveDate,
    /// The last day; none while it is the current edition.
    pub valid_to: Option<NaiveDate>,
    /// 退院連絡が必要な患者の基準, in the order of the screen.
    pub criteria: Vec<CriterionView>,
    pub discharge_notice: DischargeNoticeView,
    pub survey: SurveyDefinitionView,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CriterionView {
    pub id: String,
    #[schema(value_type = words::Tier)]
    pub tier: rules::Tier,
    pub wording: WordingView,
    pub details: Vec<DetailView>,
    /// Document and clause.
    pub source: String,
    /// The records may answer it too.
    pub derived: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DetailView {
    pub id: String,
    pub wording: WordingView,
}

/// 退院連絡の期限.
#[derive(Debug, Serialize, ToSchema)]
pub struct DischargeNoticeView {
    /// Days before the planned day.
    pub days: u16,
    #[schema(value_type = words::Counting)]
    pub counting: rules::Counting,
    /// On how many days before the last day the ward is warned.
    pub warn_ahead_days: Vec<u16>,
    /// Local time.
    #[schema(value_type = String)]
    pub warn_at: chrono::NaiveTime,
}

/// What the yearly survey counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct SurveyDefinitionView {
    /// The surveyed month, 1–12.
    pub month: u32,
    pub fiscal_year_starts: u32,
    pub line_days: u16,
    pub exclusions: Vec<DetailView>,
    pub definitions: Vec<RateDefinitionView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RateDefinitionView {
    pub id: String,
    pub wording: WordingView,
    pub numerator: WordingView,
    pub denominator: WordingView,
}

impl From<&Agreement> for AgreementView {
    fn from(agreement: &Agreement) -> Self {
        let criterion = |c: &rules::Criterion| CriterionView {
            id: c.id.to_string(),
            tier: c.tier,
            wording: (&c.wording).into(),
            details: c.details.iter().map(|d| DetailView { id: d.id.clone(), wording: (&d.wording).into() }).collect(),
            source: c.source.clone(),
            derived: c.derived.is_some(),
        };
        let rule = &agreement.discharge_notice;
        let survey = &agreement.survey;
        let exclusions = survey.exclusions.iter();
        let definitions = survey.definitions.iter().map(|d| RateDefinitionView {
            id: d.id.id().to_owned(),
            wording: (&d.wording).into(),
            numerator: (&d.numerator).into(),
            denominator: (&d.denominator).into(),
        });
        Self {
            id: agreement.id.clone(),
            name: (&agreement.name).into(),
            edition: agreement.edition.clone(),
            valid_from: agreement.valid_from,
            valid_to: agreement.valid_to,
            criteria: agreement.checklist.criteria().iter().map(criterion).collect(),
            discharge_notice: DischargeNoticeView {
                days: rule.period.days,
                counting: rule.period.counting,
                warn_ahead_days: rule.warn_ahead_days.clone(),
                warn_at: rule.warn_at,
            },
            survey: SurveyDefinitionView {
                month: survey.month,
                fiscal_year_starts: survey.fiscal_year_starts,
                line_days: survey.line_days,
                exclusions: exclusions.map(|e| DetailView { id: e.id.clone(), wording: (&e.wording).into() }).collect(),
                definitions: definitions.collect(),
            },
        }
    }
}
