//! 本人 and 担当 on the wire.

use chrono::NaiveDate;
use domain::consent::Sharing;
use domain::decide::{NewPatient, PatientDoubt};
use domain::directory::Directory;
use domain::patient::{CareLevel, CareTeamMember, InsuredNumber, Patient, Sex};
use domain::refusal::Faults;
use domain::text::{Kana, Line};
use domain::{CareManagerId, Fault, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{day, optional, words};

/// A person's particulars.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatientBody {
    #[schema(min_length = 1, max_length = 100, example = "北見 花子")]
    pub name: String,
    /// Hiragana or katakana, of either width.
    #[schema(min_length = 1, max_length = 100, example = "きたみ はなこ")]
    pub kana: String,
    #[schema(format = Date)]
    pub birth_on: String,
    #[schema(value_type = words::Sex)]
    pub sex: Sex,
    /// 日常生活圏域.
    #[schema(min_length = 1, max_length = 100)]
    pub district: String,
    /// 被保険者番号; full-width characters are read as what they stand for.
    #[schema(pattern = "^[H0-9Ｈ０-９][0-9０-９]{9}$")]
    pub insured_number: Option<String>,
    #[schema(value_type = words::CareLevel)]
    pub care_level: CareLevel,
}

impl PatientBody {
    /// All faults at once.
    pub fn parse(&self) -> Result<NewPatient, Refusal> {
        let mut faults = Faults::default();
        let name = faults.take("name", Line::parse(&self.name));
        let kana = faults.take("kana", Kana::parse(&self.kana));
        let birth_on = faults.take("birth_on", day(&self.birth_on));
        let district = faults.take("district", Line::parse(&self.district));
        let number = optional(self.insured_number.as_deref(), InsuredNumber::parse);
        let insured_number = faults.take("insured_number", number);
        faults.check()?;
        match (name, kana, birth_on, district, insured_number) {
            (Some(name), Some(kana), Some(birth_on), Some(district), Some(insured_number)) => {
                let (sex, care_level) = (self.sex, self.care_level);
                Ok(NewPatient { name, kana, birth_on, sex, district, insured_number, care_level })
            }
            _ => Err(Fault::Missing.into()),
        }
    }
}

/// 本人.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PatientView {
    pub id: Uuid,
    #[schema(value_type = String)]
    pub name: Line,
    #[schema(value_type = String)]
    pub kana: Kana,
    pub birth_on: NaiveDate,
    #[schema(value_type = words::Sex)]
    pub sex: Sex,
    #[schema(value_type = String)]
    pub district: Line,
    #[schema(value_type = Option<String>)]
    pub insured_number: Option<InsuredNumber>,
    #[schema(value_type = words::CareLevel)]
    pub care_level: CareLevel,
    #[schema(value_type = words::Sharing)]
    pub sharing: Sharing,
    pub version: i64,
}

impl From<Patient> for PatientView {
    fn from(patient: Patient) -> Self {
        Self {
            id: patient.id.uuid(),
            name: patient.name,
            kana: patient.kana,
            birth_on: patient.birth_on,
            sex: patient.sex,
            district: patient.district,
            insured_number: patient.insured_number,
            care_level: patient.care_level,
            sharing: patient.sharing,
            version: patient.version,
        }
    }
}

/// Something that looks wrong but may be right; shown, never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoubtView {
    /// No support centre serves the district: the municipality would be told.
    DistrictWithoutCentre,
    /// Younger than 40: outside the care insurance.
    OutsideCareInsurance,
}

impl From<PatientDoubt> for DoubtView {
    fn from(doubt: PatientDoubt) -> Self {
        match doubt {
            PatientDoubt::DistrictWithoutCentre => Self::DistrictWithoutCentre,
            PatientDoubt::OutsideCareInsurance => Self::OutsideCareInsurance,
        }
    }
}

/// A person was registered or corrected.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatientKeptView {
    pub id: Uuid,
    pub version: i64,
    pub doubts: Vec<DoubtView>,
    /// Ids of people who may be the same one; proposed, never merged.
    pub may_be_same: Vec<Uuid>,
}

/// By the beginning of the reading, or by the 被保険者番号. In a body, so that no name stands in a URL.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatientSearchBody {
    #[schema(min_length = 1, max_length = 100)]
    pub text: String,
    #[schema(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// The `next` of the answer before.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub after: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PatientPage {
    pub patients: Vec<PatientView>,
    pub next: Option<String>,
}

/// Names who manages the care.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeBody {
    #[schema(value_type = Uuid)]
    pub care_manager_id: CareManagerId,
    #[schema(format = Date)]
    pub from_on: String,
}

/// 担当, the latest last.
#[derive(Debug, Serialize, ToSchema)]
pub struct CareTeamView {
    pub members: Vec<CareTeamMemberView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CareTeamMemberView {
    pub id: Uuid,
    pub organization_id: Uuid,
    pub organization_name: Option<String>,
    pub care_manager_id: Uuid,
    pub care_manager_name: Option<String>,
    pub from_on: NaiveDate,
    /// The last day; none while it goes on.
    pub until_on: Option<NaiveDate>,
}

impl CareTeamMemberView {
    pub fn of(member: &CareTeamMember, directory: &Directory) -> Self {
        let organization = directory.organization(member.organization_id);
        let manager = directory.care_manager(member.care_manager_id);
        Self {
            id: member.id.uuid(),
            organization_id: member.organization_id.uuid(),
            organization_name: organization.map(|o| o.name.to_string()),
            care_manager_id: member.care_manager_id.uuid(),
            care_manager_name: manager.map(|m| m.name.to_string()),
            from_on: member.from_on,
            until_on: member.until_on,
        }
    }
}
