//! The parties: the municipality's region, the organizations in it, their wards and how to reach them.

use rules::calendar::OfficeHours;
use serde::{Deserialize, Serialize};

use crate::text::{EmailAddress, Line};
use crate::{AccountId, CareManagerId, ContactPointId, Instant, OrganizationId, RegionId, WardId};

/// 地域: a municipality that owns an agreement. Every row of the store belongs to one; nothing joins across.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    pub id: RegionId,
    pub name: Line,
    /// The id of its agreement file (`kitami`).
    pub agreement: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationKind {
    Hospital,
    /// 居宅介護支援事業所, 小規模多機能, 看護小規模多機能.
    CareOffice,
    /// 地域包括支援センター; takes the notice when nobody manages the person's care.
    SupportCentre,
    Municipality,
    /// Takes part without being a member: a hospital in another city.
    Guest,
}

/// 機関.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    pub id: OrganizationId,
    pub region_id: RegionId,
    pub kind: OrganizationKind,
    pub name: Line,
    /// 医療機関コード or 介護保険事業所番号, as given; a doubtful check digit is a warning, never a refusal.
    pub code: Option<Line>,
    pub phone: Option<Line>,
    /// The districts that a support centre serves, by name; empty for everybody else.
    pub districts: Vec<String>,
    /// Its own closing days and hours: what "the next working noon" means there.
    pub hours: OfficeHours,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ward {
    pub id: WardId,
    pub organization_id: OrganizationId,
    pub name: Line,
}

/// What a contact point is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactUse {
    First,
    /// Hears of a notice that the first left unacknowledged.
    Second,
    /// The hospital's 地域連携室.
    CoordinationDesk,
    Ward,
}

/// となりの地域: an organization takes part in a further region, besides its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// A care office or a support centre.
    pub organization_id: OrganizationId,
    /// Another than its own.
    pub region_id: RegionId,
    pub joined_at: Instant,
    pub ended_at: Option<Instant>,
}

/// 連絡窓口.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    pub id: ContactPointId,
    pub organization_id: OrganizationId,
    pub ward_id: Option<WardId>,
    pub use_for: ContactUse,
    pub email: EmailAddress,
}

/// ケアマネジャー.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CareManager {
    pub id: CareManagerId,
    pub organization_id: OrganizationId,
    pub name: Line,
    /// Her own mailbox; without one, mail goes to the office's first contact.
    pub email: Option<EmailAddress>,
}

/// What a person may do is a function of the role: [`crate::access`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    WardStaff,
    Coordinator,
    CareManager,
    Municipality,
    Auditor,
    /// Of the region: the calendar, the people of the municipality, and whoever administrates another organization.
    Administrator,
    /// Of one organization: its people and its machines, no records.
    OrganizationAdministrator,
}

impl Role {
    pub const ALL: [Self; 7] = [
        Self::WardStaff,
        Self::Coordinator,
        Self::CareManager,
        Self::Municipality,
        Self::Auditor,
        Self::Administrator,
        Self::OrganizationAdministrator,
    ];
}

/// A person who can log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub region_id: RegionId,
    pub organization_id: OrganizationId,
    pub ward_id: Option<WardId>,
    pub care_manager_id: Option<CareManagerId>,
    pub login: String,
    pub name: Line,
    pub role: Role,
    /// For mails about the account itself; without one there are none.
    pub email: Option<EmailAddress>,
    /// Argon2id, in PHC form; empty until the person has set a password.
    pub password_hash: String,
    /// Since then nobody logs in with it.
    pub closed_at: Option<Instant>,
}

/// Doubt about the check digit of a 10-digit 医療機関コード (modulus 10, weights 2 and 1). Real codes break it.
pub fn medical_code_is_doubtful(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    digits.len() != 10 || code.chars().count() != 10 || check_digit(&digits[..9]) != digits[9]
}

/// Doubt about the check digit of a 6-digit 保険者番号.
pub fn insurer_number_is_doubtful(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    digits.len() != 6 || number.chars().count() != 6 || check_digit(&digits[..5]) != digits[5]
}

/// Doubt about the form of a 介護保険事業所番号: ten characters, all digits but the third, which may be a capital letter other than I, O and Q.
pub fn office_number_is_doubtful(number: &str) -> bool {
    let fits = |(place, c): (usize, char)| {
        c.is_ascii_digit() || place == 2 && c.is_ascii_uppercase() && !matches!(c, 'I' | 'O' | 'Q')
    };
    number.chars().count() != 10 || !number.chars().enumerate().all(fits)
}

impl Organization {
    /// Its code looks mistyped: a hospital's 医療機関コード, a city's 保険者番号, an office's 介護保険事業所番号. Never a reason to refuse it.
    pub fn code_is_doubtful(&self) -> bool {
        self.code.as_ref().is_some_and(|code| match self.kind {
            OrganizationKind::Hospital => medical_code_is_doubtful(code.as_str()),
            OrganizationKind::Municipality => insurer_number_is_doubtful(code.as_str()),
            OrganizationKind::CareOffice | OrganizationKind::SupportCentre => office_number_is_doubtful(code.as_str()),
            OrganizationKind::Guest => false,
        })
    }
}

/// Modulus 10 with weights 2, 1, 2 … from the right; the digits of a product are added.
fn check_digit(digits: &[u32]) -> u32 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let product = digit * if place % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_insurer_number_in_the_facts_verifies() {
        assert!(!insurer_number_is_doubtful("294538"));
        assert!(insurer_number_is_doubtful("294539"));
        assert!(insurer_number_is_doubtful("29453"));
    }

    #[test]
    fn a_medical_code_with_its_check_digit_is_not_doubtful_and_with_another_is() {
        assert!(!medical_code_is_doubtful("0110000015"));
        assert!(medical_code_is_doubtful("0110000016"));
    }

    #[test]
    fn an_office_number_may_have_a_letter_in_third_place_alone() {
        for (number, doubtful) in [
            ("0170000001", false),
            ("01A0000001", false),
            ("01I0000001", true),
            ("0A70000001", true),
            ("017000001", true),
        ] {
            assert_eq!(office_number_is_doubtful(number), doubtful, "{number}");
        }
    }

    #[test]
    fn a_medical_code_of_the_wrong_length_is_doubtful() {
        assert!(medical_code_is_doubtful("011123456"));
        assert!(medical_code_is_doubtful("０１１１２３４５６７"));
    }
}
