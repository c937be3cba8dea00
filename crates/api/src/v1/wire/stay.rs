//! 入院 on the wire: in lists, and as a whole.

use chrono::NaiveDate;
use domain::Instant;
use domain::case::Case;
use domain::directory::Directory;
use domain::encounter::{Destination, Encounter, EncounterState};
use domain::text::{Kana, Line};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::consent::PersonView;
use super::contact::ContactView;
use super::deadline::{DeadlineView, WarningView};
use super::event::EventView;
use super::notice::NoticeView;
use super::patient::{CareTeamMemberView, PatientView};
use super::screening::ScreeningView;
use super::words;

/// A command on a stay was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptView {
    /// Of what was added.
    pub id: Uuid,
    pub encounter_id: Uuid,
    pub state: StateView,
    pub doubts: Vec<StayDoubtView>,
}

/// Something that looks wrong but may be right; shown, never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StayDoubtView {
    /// The person has another stay in this hospital that goes on: admitted twice, or the other was never ended.
    AnotherStayOpen,
}

/// Where the stay stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StateView {
    pub state: StateName,
    /// While a discharge is planned.
    pub planned_on: Option<NaiveDate>,
    /// Once discharged.
    pub discharged_on: Option<NaiveDate>,
    /// Once discharged; null where no consent lets it be shown.
    #[schema(value_type = Option<words::Destination>)]
    pub destination: Option<Destination>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    InProgress,
    DischargePlanned,
    Discharged,
    Cancelled,
    EnteredInError,
}

impl From<&EncounterState> for StateView {
    fn from(state: &EncounterState) -> Self {
        let bare = |state| Self { state, planned_on: None, discharged_on: None, destination: None };
        match *state {
            EncounterState::InProgress => bare(StateName::InProgress),
            EncounterState::DischargePlanned { planned_on } => {
                Self { planned_on: Some(planned_on), ..bare(StateName::DischargePlanned) }
            }
            EncounterState::Discharged { on, to } => {
                Self { discharged_on: Some(on), destination: Some(to), ..bare(StateName::Discharged) }
            }
            EncounterState::Cancelled => bare(StateName::Cancelled),
            EncounterState::EnteredInError => bare(StateName::EnteredInError),
        }
    }
}

impl StateView {
    /// `shared`: a consent lets the reader see more than that there is a stay, and when it ends.
    pub fn of(state: &EncounterState, shared: bool) -> Self {
        let whole = Self::from(state);
        Self { destination: whole.destination.filter(|_| shared), ..whole }
    }
}

/// A stay without what belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EncounterHead {
    pub id: Uuid,
    pub patient_id: Uuid,
    pub hospital_id: Uuid,
    /// Null where no consent lets it be shown.
    pub ward_id: Option<Uuid>,
    pub ward_name: Option<String>,
    pub state: StateView,
    #[schema(value_type = String, format = DateTime)]
    pub admitted_at: Instant,
    /// Null where no consent lets it be shown.
    pub emergency: Option<bool>,
    pub version: i64,
}

impl EncounterHead {
    /// `shared`: a consent lets the reader see more than that there is a stay.
    pub fn of(encounter: &Encounter, directory: &Directory, shared: bool) -> Self {
        let ward = directory.ward(encounter.ward_id).filter(|_| shared);
        Self {
            id: encounter.id.uuid(),
            patient_id: encounter.patient_id.uuid(),
            hospital_id: encounter.hospital_id.uuid(),
            ward_id: shared.then(|| encounter.ward_id.uuid()),
            ward_name: ward.map(|ward| ward.name.to_string()),
            state: StateView::of(&encounter.state, shared),
            admitted_at: encounter.admitted_at,
            emergency: shared.then_some(encounter.emergency),
            version: encounter.version,
        }
    }
}

/// A stay in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct EncounterLineView {
    pub encounter: EncounterHead,
    #[schema(value_type = String)]
    pub patient_name: Line,
    #[schema(value_type = String)]
    pub patient_kana: Kana,
    /// The one that wants something next.
    pub next_deadline: Option<DeadlineView>,
    /// Notices that nobody has acknowledged yet.
    pub unacknowledged: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EncounterPage {
    pub encounters: Vec<EncounterLineView>,
    pub next: Option<String>,
}

/// Everything of one stay.
#[derive(Debug, Serialize, ToSchema)]
pub struct EncounterView {
    pub encounter: EncounterHead,
    /// Null where no consent lets it be shown; then events, screenings, contacts, messages and reasons are empty too.
    pub patient: Option<PatientView>,
    pub person: PersonView,
    pub care_team: Vec<CareTeamMemberView>,
    pub events: Vec<EventView>,
    /// Every planned day, with the moment at which it became known.
    pub planned: Vec<PlannedView>,
    pub deadlines: Vec<DeadlineView>,
    pub screenings: Vec<ScreeningView>,
    pub notices: Vec<NoticeView>,
    pub contacts: Vec<ContactView>,
    pub warnings: Vec<WarningView>,
    /// Until when 入院時情報提供書 earns which fee; none when nobody manages the care.
    pub information_sheet: Option<SheetDaysView>,
}

/// The last days of 入院時情報連携加算, read literally.
#[derive(Debug, Serialize, ToSchema)]
pub struct SheetDaysView {
    /// (I).
    pub full_until_on: NaiveDate,
    /// (II).
    pub reduced_until_on: NaiveDate,
    /// In Japanese: where the public text leaves the case open.
    pub doubts: Vec<String>,
}

impl From<rules::SheetDays> for SheetDaysView {
    fn from(days: rules::SheetDays) -> Self {
        let doubts = [days.full.doubt, days.reduced.doubt].into_iter().flatten().map(|doubt| doubt.ja).collect();
        Self { full_until_on: days.full.last_on, reduced_until_on: days.reduced.last_on, doubts }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedView {
    pub planned_on: NaiveDate,
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Instant,
}

impl EncounterView {
    /// `shared`: a consent lets the reader see more than the minimal contact.
    pub fn of(case: Case, directory: &Directory, sheet: Option<rules::SheetDays>, shared: bool) -> Self {
        let case = if shared { case } else { case.minimal() };
        let folded = domain::encounter::fold(&case.events);
        let notice = |notice: &domain::notice::Notice| {
            let mut view = NoticeView::from(notice);
            // Why a notice was taken back says what somebody wrote of the person.
            view.state.why = view.state.why.filter(|_| shared);
            view
        };
        let planned = folded.planned.iter().map(|p| PlannedView { planned_on: p.planned_on, known_at: p.known_at });
        Self {
            information_sheet: sheet.map(SheetDaysView::from),
            encounter: EncounterHead::of(&case.encounter, directory, shared),
            person: PersonView::of(&case.patient, case.encounter.hospital_id, directory),
            planned: planned.collect(),
            care_team: case.team.iter().map(|member| CareTeamMemberView::of(member, directory)).collect(),
            events: case.events.iter().map(EventView::from).collect(),
            deadlines: case.deadlines.iter().map(DeadlineView::from).collect(),
            screenings: case.screenings.iter().map(ScreeningView::from).collect(),
            notices: case.notices.iter().map(notice).collect(),
            contacts: case.contacts.iter().map(ContactView::from).collect(),
            warnings: case.warnings.iter().map(WarningView::from).collect(),
            patient: shared.then(|| case.patient.into()),
        }
    }
}
