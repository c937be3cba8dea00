//! 入院: one inpatient stay is a fold over its events.
//!
//! Events are append-only; each knows when it happened and when it was recorded, and a cancel names what it cancels. The state is
//! `fold(events ordered by occurrence)`, so wrong order, repeats and late entries end in the same state: a late admission never
//! undoes a discharge, and cancelling a discharge brings back what was before.

mod fold;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text::Line;
use crate::{AccountId, EncounterId, EventId, Instant, OrganizationId, PatientId, RegionId, WardId};

pub use fold::{Folded, Planned, fold};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encounter {
    pub id: EncounterId,
    pub region_id: RegionId,
    pub patient_id: PatientId,
    pub hospital_id: OrganizationId,
    pub ward_id: WardId,
    pub state: EncounterState,
    pub admitted_at: Instant,
    /// 緊急入院.
    pub emergency: bool,
    /// Raised by every change that a reader can see; `ETag` and `If-Match` hold it.
    pub version: i64,
    /// Raised by every write, the sweep's too: the guard against deciding on what is no longer true.
    pub revision: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EncounterState {
    InProgress,
    DischargePlanned { planned_on: NaiveDate },
    Discharged { on: NaiveDate, to: Destination },
    Cancelled,
    EnteredInError,
}

impl EncounterState {
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::InProgress | Self::DischargePlanned { .. })
    }

    /// The stay never was.
    pub const fn is_void(&self) -> bool {
        matches!(self, Self::Cancelled | Self::EnteredInError)
    }
}

/// Where the person went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    Home,
    /// 施設.
    Facility,
    /// 転院.
    OtherHospital,
    Died,
    Other,
}

impl Destination {
    pub const ALL: [Self; 5] = [Self::Home, Self::Facility, Self::OtherHospital, Self::Died, Self::Other];

    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("自宅", "home"),
            Self::Facility => ("施設", "a care facility"),
            Self::OtherHospital => ("転院", "another hospital"),
            Self::Died => ("死亡", "died"),
            Self::Other => ("その他", "other"),
        }
    }
}

/// 入退院の記録: what the hospital's own system would send as ADT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AdtEvent {
    /// A01.
    Admit {
        ward_id: WardId,
        emergency: bool,
        /// A regular respite stay (レスパイト), which some agreements leave out of the figures.
        #[serde(default)]
        respite: bool,
    },
    /// A11.
    CancelAdmit { cancels: EventId, entered_in_error: bool },
    /// A02, inside the hospital.
    Transfer { ward_id: WardId },
    /// A16.
    PendingDischarge { planned_on: NaiveDate },
    /// A25.
    CancelPendingDischarge { cancels: EventId },
    /// A03.
    Discharge {
        on: NaiveDate,
        to: Destination,
        /// The support that the person needs is the same as before the stay.
        #[serde(default)]
        support_unchanged: bool,
    },
    /// A13.
    CancelDischarge { cancels: EventId },
}

impl AdtEvent {
    /// HL7 v2 trigger.
    pub const fn trigger(&self) -> &'static str {
        match self {
            Self::Admit { .. } => "A01",
            Self::CancelAdmit { .. } => "A11",
            Self::Transfer { .. } => "A02",
            Self::PendingDischarge { .. } => "A16",
            Self::CancelPendingDischarge { .. } => "A25",
            Self::Discharge { .. } => "A03",
            Self::CancelDischarge { .. } => "A13",
        }
    }

    pub const fn cancels(&self) -> Option<EventId> {
        match self {
            Self::CancelAdmit { cancels, .. }
            | Self::CancelPendingDischarge { cancels }
            | Self::CancelDischarge { cancels } => Some(*cancels),
            _ => None,
        }
    }

    pub const fn wording(&self) -> (&'static str, &'static str) {
        match self {
            Self::Admit { .. } => ("入院", "admission"),
            Self::CancelAdmit { .. } => ("入院の取消", "admission cancelled"),
            Self::Transfer { .. } => ("転棟", "transfer"),
            Self::PendingDischarge { .. } => ("退院予定", "planned discharge"),
            Self::CancelPendingDischarge { .. } => ("退院予定の取消", "planned discharge cancelled"),
            Self::Discharge { .. } => ("退院", "discharge"),
            Self::CancelDischarge { .. } => ("退院の取消", "discharge cancelled"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncounterEvent {
    pub id: EventId,
    pub region_id: RegionId,
    pub encounter_id: EncounterId,
    #[serde(flatten)]
    pub event: AdtEvent,
    pub occurred_at: Instant,
    /// When Tsunagi heard of it: a planned date counts as known from here.
    pub recorded_at: Instant,
    pub recorded_by: AccountId,
    /// Why, where a person said so.
    pub note: Option<Line>,
}
