//! 同意: what a person lets be told of her, and what is told without it.
//!
//! A consent is given or withdrawn, each an append-only row; what they come to for the sharing of information ([`Sharing`]) stands
//! with the person, so that a decision reads it without reading the rows. Without it only the minimal contact leaves
//! ([`Content::Minimal`]): that the person is in hospital or is going home, when, and whom to phone.
//!
//! What is not promised: that what was told before a withdrawal is forgotten by whoever was told. It is no longer shown.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{AccountId, ConsentId, Instant, OrganizationId, PatientId, RegionId};

/// What is consented to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// 情報共有: between the hospital and the care side.
    InformationSharing,
    /// 調査への協力. Kept for the record: the yearly survey holds counts and nobody's name.
    Survey,
}

impl ConsentKind {
    /// All, in the order of the form.
    pub const ALL: [Self; 2] = [Self::InformationSharing, Self::Survey];

    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::InformationSharing => ("病院と介護の間の情報共有", "sharing between hospital and care"),
            Self::Survey => ("調査への協力", "survey"),
        }
    }
}

/// Who may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentScope {
    /// The hospital of the stay and the office in charge of the care.
    Care,
    /// Also the support centre, the municipality and an office that takes over.
    Everyone,
}

impl ConsentScope {
    /// All, the usual one first.
    pub const ALL: [Self; 2] = [Self::Everyone, Self::Care];

    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Everyone => {
                ("担当事業所・地域包括支援センター・市町村", "office in charge, support centre, municipality")
            }
            Self::Care => ("病院と担当の事業所だけ", "hospital and office in charge only"),
        }
    }
}

/// How it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentWay {
    /// A signed paper, such as the contract with the care office.
    Written,
    /// By word of mouth.
    Oral,
}

impl ConsentWay {
    /// All, in the order of the form.
    pub const ALL: [Self; 2] = [Self::Written, Self::Oral];

    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Written => ("書面", "written"),
            Self::Oral => ("口頭", "oral"),
        }
    }
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentBy {
    /// 本人.
    Person,
    /// 家族, for a person who can't say it.
    Family,
    /// 成年後見人など.
    Representative,
}

impl ConsentBy {
    /// All, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Person, Self::Family, Self::Representative];

    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Person => ("本人", "the person"),
            Self::Family => ("家族", "family"),
            Self::Representative => ("成年後見人など", "legal representative"),
        }
    }
}

/// Given, for whom; or withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum ConsentAct {
    /// From that day on.
    Given {
        /// Who may be told.
        scope: ConsentScope,
    },
    /// From that day on no more.
    Withdrawn,
}

/// One thing that was said about consent; never changed, never deleted while the person's record stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Its own.
    pub id: ConsentId,
    /// Where.
    pub region_id: RegionId,
    /// Whose.
    pub patient_id: PatientId,
    /// To what.
    pub kind: ConsentKind,
    /// Given or withdrawn.
    pub act: ConsentAct,
    /// Who said it.
    pub by: ConsentBy,
    /// How.
    pub way: ConsentWay,
    /// The day on which it was said.
    pub declared_on: NaiveDate,
    /// When it was written down.
    pub recorded_at: Instant,
    /// By whom.
    pub recorded_by: AccountId,
    /// Of which organization.
    pub organization_id: OrganizationId,
}

/// What the consents on the sharing of information come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Nobody has consented, or it was withdrawn: the minimal contact alone.
    #[default]
    None,
    /// With the office in charge of the care.
    Care,
    /// With everybody who has to do with the stay.
    Everyone,
}

impl Sharing {
    /// The latest word counts, by the day on which it was said; of one day, the one recorded last.
    pub fn of(consents: &[Consent]) -> Self {
        match in_force(consents, ConsentKind::InformationSharing).map(|consent| consent.act) {
            Some(ConsentAct::Given { scope: ConsentScope::Everyone }) => Self::Everyone,
            Some(ConsentAct::Given { scope: ConsentScope::Care }) => Self::Care,
            Some(ConsentAct::Withdrawn) | None => Self::None,
        }
    }

    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("同意の記録なし(最小限の連絡のみ)", "no consent: minimal contact only"),
            Self::Care => ("同意あり(病院と担当の事業所)", "consent: hospital and office in charge"),
            Self::Everyone => ("同意あり", "consent given"),
        }
    }
}

/// The consent of that kind that stands now; none where the last word was a withdrawal.
pub fn in_force(consents: &[Consent], kind: ConsentKind) -> Option<&Consent> {
    let of_kind = consents.iter().filter(|consent| consent.kind == kind);
    let last = of_kind.max_by_key(|consent| (consent.declared_on, consent.recorded_at, consent.id));
    last.filter(|consent| consent.act != ConsentAct::Withdrawn)
}

/// How much a notice carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Particulars, screening, message; and the stay may be looked at.
    Full,
    /// The name, that she is in hospital or is going home on which day, and whom to phone.
    Minimal,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ids;

    fn said(n: u64, day: u32, act: ConsentAct) -> Consent {
        let mut ids = Ids::new(Instant::from_micros(1_000_000), n);
        Consent {
            id: ids.next(),
            region_id: ids.next(),
            patient_id: ids.next(),
            kind: ConsentKind::InformationSharing,
            act,
            by: ConsentBy::Person,
            way: ConsentWay::Oral,
            declared_on: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            recorded_at: Instant::from_micros(i64::try_from(n).unwrap()),
            recorded_by: ids.next(),
            organization_id: ids.next(),
        }
    }

    #[test]
    fn the_latest_word_counts_whenever_it_was_recorded() {
        let given = ConsentAct::Given { scope: ConsentScope::Everyone };
        let narrow = ConsentAct::Given { scope: ConsentScope::Care };
        assert_eq!(Sharing::of(&[]), Sharing::None);
        assert_eq!(Sharing::of(&[said(1, 2, given)]), Sharing::Everyone);
        let withdrawn = [said(1, 9, ConsentAct::Withdrawn), said(2, 2, given)];
        assert_eq!(Sharing::of(&withdrawn), Sharing::None, "a consent recorded late does not undo a later withdrawal");
        assert_eq!(Sharing::of(&[said(1, 9, ConsentAct::Withdrawn), said(2, 9, narrow)]), Sharing::Care);
        let survey = Consent { kind: ConsentKind::Survey, ..said(1, 2, given) };
        assert_eq!(Sharing::of(&[survey]), Sharing::None, "a consent to the survey is none to sharing");
    }
}
