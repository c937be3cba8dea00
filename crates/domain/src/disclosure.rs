//! 第三者提供の記録: to whom a person's record was given, when, and what of it.
//!
//! A notice is its own record: day, receiver and content never change, so its line is read from it ([`Line::of_notice`]) and costs no
//! second row; so is a word given outside the system. What leaves in any other way gets a [`Disclosure`] in the transaction that lets
//! it leave: a copy, a record opened in an emergency, a stay read by whoever was never sent a notice of it.

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::consent::Content;
use crate::encounter::EncounterState;
use crate::notice::{Contact, Medium, Notice, NoticeKind};
use crate::text;
use crate::{AccountId, CareManagerId, DisclosureId, Instant, OrganizationId, PatientId, RegionId};

/// A kind of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Name and reading.
    Name,
    /// That she is in hospital or came home, and which hospital.
    Stay,
    /// The day of discharge.
    DischargeDay,
    /// Birth date, sex, district, care level.
    Particulars,
    /// 被保険者番号.
    InsuredNumber,
    /// 判定.
    Screening,
    /// 伝えたいこと.
    Message,
    /// 入院時情報提供書.
    InformationSheet,
    /// Events, wards, contacts of the stay.
    Course,
    /// 担当.
    CareTeam,
    /// 同意.
    Consents,
}

impl Item {
    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("氏名", "name"),
            Self::Stay => ("入院の事実", "the stay"),
            Self::DischargeDay => ("退院(予定)日", "day of discharge"),
            Self::Particulars => ("生年月日・性別・圏域・要介護度", "particulars"),
            Self::InsuredNumber => ("被保険者番号", "insured number"),
            Self::Screening => ("判定", "screening"),
            Self::Message => ("伝えたいこと", "message"),
            Self::InformationSheet => ("入院時情報", "information sheet"),
            Self::Course => ("入院の経過", "course of the stay"),
            Self::CareTeam => ("担当", "care team"),
            Self::Consents => ("同意の記録", "consents"),
        }
    }
}

/// On what occasion something was disclosed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// 連絡.
    Notice,
    /// 入院時情報提供.
    InformationSheet,
    /// By phone, FAX, in a meeting: outside the system.
    OutsideWord,
    /// A copy of the record was given out.
    Export,
    /// 緊急閲覧.
    Emergency,
    /// Whoever is in charge of the care has read a stay without having been sent a notice that told as much.
    Reading,
}

impl Occasion {
    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Notice => ("連絡", "notice"),
            Self::InformationSheet => ("入院時情報提供", "information sheet"),
            Self::OutsideWord => ("電話などでの連絡", "word outside the system"),
            Self::Export => ("記録の写しの交付", "copy of the record"),
            Self::Emergency => ("緊急閲覧", "opened in an emergency"),
            Self::Reading => ("入院の記録の閲覧", "the stay was read"),
        }
    }
}

/// Something left otherwise than as a notice or a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Its own.
    pub id: DisclosureId,
    /// Where.
    pub region_id: RegionId,
    /// Whose record.
    pub patient_id: PatientId,
    /// How it left.
    pub occasion: Occasion,
    /// The person or the organization that got it, as whoever gave it wrote it.
    pub to_whom: text::Line,
    /// What of the record.
    pub items: Vec<Item>,
    /// When.
    pub disclosed_at: Instant,
    /// By whom.
    pub disclosed_by: AccountId,
    /// Of which organization.
    pub organization_id: OrganizationId,
}

/// What a stay shows to whoever may read it; `shared`: a consent lets her see more than the minimum.
pub fn items_of_stay(case: &Case, shared: bool) -> Vec<Item> {
    let mut items = vec![Item::Name, Item::Stay, Item::CareTeam];
    if matches!(case.encounter.state, EncounterState::DischargePlanned { .. } | EncounterState::Discharged { .. }) {
        items.push(Item::DischargeDay);
    }
    if shared {
        items.extend([Item::Particulars, Item::Course]);
        items.extend(case.patient.insured_number.as_ref().map(|_| Item::InsuredNumber));
        items.extend(case.screening().map(|_| Item::Screening));
        for notice in case.notices.iter().filter(|notice| !notice.message.is_empty()) {
            let sheet = notice.kind == NoticeKind::AdmissionInformation;
            items.push(if sheet { Item::InformationSheet } else { Item::Message });
        }
    }
    items.sort_unstable();
    items.dedup();
    items
}

/// Who got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// Through Tsunagi.
    Organization {
        /// Which.
        id: OrganizationId,
        /// Which of its care managers.
        care_manager_id: Option<CareManagerId>,
    },
    /// In the words of whoever gave it.
    Named(text::Line),
}

/// One line of the list that a person may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The day of a word outside the system is at its midnight; of one whose day nobody knows, when it was recorded.
    pub at: Instant,
    /// How it left.
    pub occasion: Occasion,
    /// Of a word outside the system.
    pub medium: Option<Medium>,
    /// Who gave it.
    pub from: OrganizationId,
    /// Who got it.
    pub to: Receiver,
    /// What of the record.
    pub items: Vec<Item>,
}

impl Line {
    /// The organization gave it or got it: of what others told each other, it is not the one to answer for.
    pub fn concerns(&self, organization_id: OrganizationId) -> bool {
        let got = matches!(self.to, Receiver::Organization { id, .. } if id == organization_id);
        self.from == organization_id || got
    }

    /// What a notice disclosed. A full one also opens the stay to its receiver.
    pub fn of_notice(notice: &Notice) -> Self {
        let sheet = notice.kind == NoticeKind::AdmissionInformation;
        let mut items = vec![Item::Name, Item::Stay];
        if notice.planned_on.is_some() {
            items.push(Item::DischargeDay);
        }
        if notice.content == Content::Full {
            items.extend([Item::Particulars, Item::Course]);
            items.extend(notice.screening_id.map(|_| Item::Screening));
            if !notice.message.is_empty() {
                items.push(if sheet { Item::InformationSheet } else { Item::Message });
            }
        }
        items.sort_unstable();
        let (id, care_manager_id) = (notice.recipient.organization_id, notice.recipient.care_manager_id);
        Self {
            at: notice.issued_at,
            occasion: if sheet { Occasion::InformationSheet } else { Occasion::Notice },
            medium: None,
            from: notice.sender_id,
            to: Receiver::Organization { id, care_manager_id },
            items,
        }
    }

    /// What was told outside the system, as far as its record says.
    pub fn of_contact(contact: &Contact) -> Self {
        let mut items = vec![Item::Name, Item::Stay];
        items.extend(contact.planned_on.map(|_| Item::DischargeDay));
        if contact.kind == NoticeKind::AdmissionInformation {
            items.push(Item::InformationSheet);
        }
        Self {
            at: contact.told_on.map_or(contact.recorded_at, |day| Instant::at(day, chrono::NaiveTime::MIN)),
            occasion: Occasion::OutsideWord,
            medium: Some(contact.medium),
            from: contact.by_organization_id,
            to: Receiver::Named(contact.with_whom.clone()),
            items,
        }
    }

    /// What left in another way.
    pub fn of(disclosure: &Disclosure) -> Self {
        Self {
            at: disclosure.disclosed_at,
            occasion: disclosure.occasion,
            medium: None,
            from: disclosure.organization_id,
            to: Receiver::Named(disclosure.to_whom.clone()),
            items: disclosure.items.clone(),
        }
    }
}
