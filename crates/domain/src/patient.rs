//! 本人: the person whose life at home is held together, and who holds it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::consent::Sharing;
use crate::text::{Kana, Line, one_width};
use crate::{CareManagerId, CareTeamMemberId, Fault, OrganizationId, PatientId, RegionId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Female,
    Male,
    Other,
    Unknown,
}

/// 要介護状態区分, and the states before one is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareLevel {
    NotApplied,
    Applying,
    /// 区分変更申請中.
    ChangeApplied,
    /// 非該当 (code 01).
    NotEligible,
    /// 事業対象者 (06).
    ProgrammeTarget,
    Support1,
    Support2,
    Care1,
    Care2,
    Care3,
    Care4,
    Care5,
}

impl CareLevel {
    pub const ALL: [Self; 12] = [
        Self::NotApplied,
        Self::Applying,
        Self::ChangeApplied,
        Self::NotEligible,
        Self::ProgrammeTarget,
        Self::Support1,
        Self::Support2,
        Self::Care1,
        Self::Care2,
        Self::Care3,
        Self::Care4,
        Self::Care5,
    ];

    pub const fn group(self) -> CareGroup {
        match self {
            Self::Care1 | Self::Care2 | Self::Care3 | Self::Care4 | Self::Care5 => CareGroup::Care,
            Self::Support1 | Self::Support2 | Self::ProgrammeTarget => CareGroup::Support,
            Self::NotApplied | Self::Applying | Self::ChangeApplied | Self::NotEligible => CareGroup::Other,
        }
    }

    /// The code of the care-insurance record, where one exists.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::NotApplied | Self::Applying | Self::ChangeApplied => None,
            Self::NotEligible => Some("01"),
            Self::ProgrammeTarget => Some("06"),
            Self::Support1 => Some("12"),
            Self::Support2 => Some("13"),
            Self::Care1 => Some("21"),
            Self::Care2 => Some("22"),
            Self::Care3 => Some("23"),
            Self::Care4 => Some("24"),
            Self::Care5 => Some("25"),
        }
    }

    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::NotApplied => ("未申請", "not applied for"),
            Self::Applying => ("申請中", "applied for"),
            Self::ChangeApplied => ("区分変更申請中", "change of level applied for"),
            Self::NotEligible => ("非該当", "not eligible"),
            Self::ProgrammeTarget => ("事業対象者", "programme target"),
            Self::Support1 => ("要支援1", "support level 1"),
            Self::Support2 => ("要支援2", "support level 2"),
            Self::Care1 => ("要介護1", "care level 1"),
            Self::Care2 => ("要介護2", "care level 2"),
            Self::Care3 => ("要介護3", "care level 3"),
            Self::Care4 => ("要介護4", "care level 4"),
            Self::Care5 => ("要介護5", "care level 5"),
        }
    }
}

/// How the survey splits: 要介護, 要支援 (with 事業対象者), and everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareGroup {
    Care,
    Support,
    Other,
}

impl CareGroup {
    pub const ALL: [Self; 3] = [Self::Care, Self::Support, Self::Other];

    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Care => ("要介護", "care levels"),
            Self::Support => ("要支援", "support levels"),
            Self::Other => ("その他", "other"),
        }
    }
}

/// 被保険者番号 of the care insurance: 10 characters, digits, the first may be an `H`; full-width ones are read as what they stand for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InsuredNumber(String);

impl InsuredNumber {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = one_width(text.trim());
        let digits = text.strip_prefix('H').unwrap_or(&text);
        if text.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Fault::NotAnInsuredNumber)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for InsuredNumber {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<InsuredNumber> for String {
    fn from(number: InsuredNumber) -> Self {
        number.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    pub id: PatientId,
    pub region_id: RegionId,
    pub name: Line,
    pub kana: Kana,
    pub birth_on: NaiveDate,
    pub sex: Sex,
    /// 日常生活圏域: decides the support centre.
    pub district: Line,
    pub insured_number: Option<InsuredNumber>,
    pub care_level: CareLevel,
    /// What her consents on the sharing of information come to now ([`Sharing::of`]).
    pub sharing: Sharing,
    /// What a reader saw; `If-Match` compares it.
    pub version: i64,
}

impl Patient {
    /// Probably the same person: the same insured number, or the same reading (however it is spaced) and birth date. Proposed, never
    /// merged silently.
    pub fn may_be_the_same_as(&self, other: &Self) -> bool {
        let number = self.insured_number.is_some() && self.insured_number == other.insured_number;
        let born = self.birth_on == other.birth_on && self.kana.unspaced() == other.kana.unspaced();
        self.id != other.id && (number || born)
    }

    /// Full years on `day`.
    pub fn age_on(&self, day: NaiveDate) -> u32 {
        day.years_since(self.birth_on).unwrap_or_default()
    }
}

/// 担当: one care manager's charge of one person, from a day until a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareTeamMember {
    pub id: CareTeamMemberId,
    pub region_id: RegionId,
    pub patient_id: PatientId,
    pub organization_id: OrganizationId,
    pub care_manager_id: CareManagerId,
    pub from_on: NaiveDate,
    /// The last day; none while it goes on.
    pub until_on: Option<NaiveDate>,
}

impl CareTeamMember {
    pub fn is_current_on(&self, day: NaiveDate) -> bool {
        self.from_on <= day && self.until_on.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insured_number_may_begin_with_h() {
        assert!(InsuredNumber::parse("H123456789").is_ok());
        assert!(InsuredNumber::parse("0123456789").is_ok());
        let wide = InsuredNumber::parse("Ｈ１２３４５６７８９").map(|number| number.as_str().to_owned());
        assert_eq!(wide.as_deref(), Ok("H123456789"));
        for bad in ["123456789", "HH23456789", "h123456789", "０１２３４５６７８", "01234567890"] {
            assert_eq!(InsuredNumber::parse(bad), Err(Fault::NotAnInsuredNumber), "{bad}");
        }
    }
}
