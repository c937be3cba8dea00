//! 入院 on the wire: admissions, events, the stay as a whole.

use chrono::NaiveDate;
use domain::case::Case;
use domain::deadline::{Deadline, DeadlineRule, Excuse, Timeliness, Warning};
use domain::decide::{NewEvent, NewStay};
use domain::directory::Directory;
use domain::encounter::{AdtEvent, Destination, Encounter, EncounterEvent, EncounterState};
use domain::refusal::Faults;
use domain::text::{Kana, Line};
use domain::{EventId, Fault, Instant, PatientId, Refusal, WardId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::notice::{ContactView, NoticeView};
use super::patient::{CareTeamMemberView, PatientView};
use super::screening::ScreeningView;
use super::{day, instant, optional, words};

/// 入院.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmitBody {
    #[schema(value_type = Uuid)]
    pub patient_id: PatientId,
    /// A ward of one's own hospital.
    #[schema(value_type = Uuid)]
    pub ward_id: WardId,
    #[schema(format = DateTime)]
    pub admitted_at: String,
    /// 緊急入院.
    pub emergency: bool,
    /// 定期的なレスパイト入院.
    #[serde(default)]
    pub respite: bool,
}

impl AdmitBody {
    pub fn parse(&self) -> Result<NewStay, Refusal> {
        let admitted_at = instant(&self.admitted_at).map_err(|fault| Refusal::at("admitted_at", fault))?;
        Ok(NewStay { ward_id: self.ward_id, admitted_at, emergency: self.emergency, respite: self.respite })
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventName {
    Admit,
    CancelAdmit,
    Transfer,
    PendingDischarge,
    CancelPendingDischarge,
    Discharge,
    CancelDischarge,
}

/// 入退院の記録. Which of the other fields are asked for depends on `event`; one that doesn't belong to it is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBody {
    pub event: EventName,
    /// Left out: now.
    #[schema(format = DateTime)]
    pub occurred_at: Option<String>,
    #[schema(min_length = 1, max_length = 100)]
    pub note: Option<String>,
    /// `admit`, `transfer`.
    #[schema(value_type = Option<Uuid>)]
    pub ward_id: Option<WardId>,
    /// `admit`.
    pub emergency: Option<bool>,
    /// `admit`.
    pub respite: Option<bool>,
    /// `pending_discharge`.
    #[schema(format = Date)]
    pub planned_on: Option<String>,
    /// `discharge`.
    #[schema(format = Date)]
    pub on: Option<String>,
    /// `discharge`.
    #[schema(value_type = Option<words::Destination>)]
    pub to: Option<Destination>,
    /// `discharge`: the support needed is the same as before the stay.
    pub support_unchanged: Option<bool>,
    /// The cancels: the event that is taken back.
    #[schema(value_type = Option<Uuid>)]
    pub cancels: Option<EventId>,
    /// `cancel_admit`: recorded for the wrong person.
    pub entered_in_error: Option<bool>,
}

impl EventBody {
    pub fn parse(&self, now: Instant) -> Result<NewEvent, Refusal> {
        let mut faults = Faults::default();
        let occurred_at = faults.take("occurred_at", optional(self.occurred_at.as_deref(), instant));
        let note = faults.take("note", optional(self.note.as_deref(), Line::parse));
        let planned_on = faults.take("planned_on", optional(self.planned_on.as_deref(), day)).flatten();
        let on = faults.take("on", optional(self.on.as_deref(), day)).flatten();
        for (field, given, of) in self.fields() {
            if given && !of.contains(&self.event) {
                faults.add(field, Fault::NotAKnownValue);
            }
        }
        faults.check()?;
        Ok(NewEvent {
            event: self.event(planned_on, on)?,
            occurred_at: occurred_at.flatten().unwrap_or(now),
            note: note.flatten(),
        })
    }

    /// Each field that belongs to some events only: whether it is there, and to which it belongs.
    fn fields(&self) -> [(&'static str, bool, &'static [EventName]); 9] {
        use EventName as E;
        [
            ("ward_id", self.ward_id.is_some(), &[E::Admit, E::Transfer]),
            ("emergency", self.emergency.is_some(), &[E::Admit]),
            ("respite", self.respite.is_some(), &[E::Admit]),
            ("planned_on", self.planned_on.is_some(), &[E::PendingDischarge]),
            ("on", self.on.is_some(), &[E::Discharge]),
            ("to", self.to.is_some(), &[E::Discharge]),
            ("support_unchanged", self.support_unchanged.is_some(), &[E::Discharge]),
            ("cancels", self.cancels.is_some(), &[E::CancelAdmit, E::CancelPendingDischarge, E::CancelDischarge]),
            ("entered_in_error", self.entered_in_error.is_some(), &[E::CancelAdmit]),
        ]
    }

    fn event(&self, planned_on: Option<NaiveDate>, on: Option<NaiveDate>) -> Result<AdtEvent, Refusal> {
        let missing = |field| Refusal::at(field, Fault::Missing);
        let ward_id = || self.ward_id.ok_or_else(|| missing("ward_id"));
        let cancels = || self.cancels.ok_or_else(|| missing("cancels"));
        Ok(match self.event {
            EventName::Admit => AdtEvent::Admit {
                ward_id: ward_id()?,
                emergency: self.emergency.ok_or_else(|| missing("emergency"))?,
                respite: self.respite.unwrap_or_default(),
            },
            EventName::CancelAdmit => AdtEvent::CancelAdmit {
                cancels: cancels()?,
                entered_in_error: self.entered_in_error.unwrap_or_default(),
            },
            EventName::Transfer => AdtEvent::Transfer { ward_id: ward_id()? },
            EventName::PendingDischarge => {
                AdtEvent::PendingDischarge { planned_on: planned_on.ok_or_else(|| missing("planned_on"))? }
            }
            EventName::CancelPendingDischarge => AdtEvent::CancelPendingDischarge { cancels: cancels()? },
            EventName::Discharge => AdtEvent::Discharge {
                on: on.ok_or_else(|| missing("on"))?,
                to: self.to.ok_or_else(|| missing("to"))?,
                support_unchanged: self.support_unchanged.unwrap_or_default(),
            },
            EventName::CancelDischarge => AdtEvent::CancelDischarge { cancels: cancels()? },
        })
    }
}

/// A command on a stay was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptView {
    /// Of what was added.
    pub id: Uuid,
    pub encounter_id: Uuid,
    pub state: StateView,
}

/// Where the stay stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StateView {
    pub state: StateName,
    /// While a discharge is planned.
    pub planned_on: Option<NaiveDate>,
    /// Once discharged.
    pub discharged_on: Option<NaiveDate>,
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

/// A stay without what belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EncounterHead {
    pub id: Uuid,
    pub patient_id: Uuid,
    pub hospital_id: Uuid,
    pub ward_id: Uuid,
    pub ward_name: Option<String>,
    pub state: StateView,
    #[schema(value_type = String, format = DateTime)]
    pub admitted_at: Instant,
    pub emergency: bool,
    pub version: i64,
}

impl EncounterHead {
    pub fn of(encounter: &Encounter, directory: &Directory) -> Self {
        Self {
            id: encounter.id.uuid(),
            patient_id: encounter.patient_id.uuid(),
            hospital_id: encounter.hospital_id.uuid(),
            ward_id: encounter.ward_id.uuid(),
            ward_name: directory.ward(encounter.ward_id).map(|ward| ward.name.to_string()),
            state: (&encounter.state).into(),
            admitted_at: encounter.admitted_at,
            emergency: encounter.emergency,
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
    pub patient: PatientView,
    pub care_team: Vec<CareTeamMemberView>,
    pub events: Vec<EventView>,
    /// Every planned day, with the moment at which it became known.
    pub planned: Vec<PlannedView>,
    pub deadlines: Vec<DeadlineView>,
    pub screenings: Vec<ScreeningView>,
    pub notices: Vec<NoticeView>,
    pub contacts: Vec<ContactView>,
    pub warnings: Vec<WarningView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedView {
    pub planned_on: NaiveDate,
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Instant,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    pub id: Uuid,
    pub event: EventName,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    #[schema(value_type = Option<String>)]
    pub note: Option<Line>,
    pub cancels: Option<Uuid>,
    pub ward_id: Option<Uuid>,
    pub planned_on: Option<NaiveDate>,
    pub discharged_on: Option<NaiveDate>,
    #[schema(value_type = Option<words::Destination>)]
    pub destination: Option<Destination>,
}

impl From<&EncounterEvent> for EventView {
    fn from(row: &EncounterEvent) -> Self {
        let mut view = Self {
            id: row.id.uuid(),
            event: EventName::Admit,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            note: row.note.clone(),
            cancels: row.event.cancels().map(EventId::uuid),
            ward_id: None,
            planned_on: None,
            discharged_on: None,
            destination: None,
        };
        match row.event {
            AdtEvent::Admit { ward_id, .. } => view.ward_id = Some(ward_id.uuid()),
            AdtEvent::CancelAdmit { .. } => view.event = EventName::CancelAdmit,
            AdtEvent::Transfer { ward_id } => {
                (view.event, view.ward_id) = (EventName::Transfer, Some(ward_id.uuid()));
            }
            AdtEvent::PendingDischarge { planned_on } => {
                (view.event, view.planned_on) = (EventName::PendingDischarge, Some(planned_on));
            }
            AdtEvent::CancelPendingDischarge { .. } => view.event = EventName::CancelPendingDischarge,
            AdtEvent::Discharge { on, to, .. } => {
                (view.event, view.discharged_on, view.destination) = (EventName::Discharge, Some(on), Some(to));
            }
            AdtEvent::CancelDischarge { .. } => view.event = EventName::CancelDischarge,
        }
        view
    }
}

/// 期限.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadlineView {
    pub encounter_id: Uuid,
    #[schema(value_type = words::DeadlineRule)]
    pub rule: DeadlineRule,
    /// The stay or the notice.
    pub subject: Uuid,
    /// The last day in time.
    pub due_on: NaiveDate,
    pub planned_on: Option<NaiveDate>,
    pub timeliness: TimelinessView,
    pub open: bool,
    /// When something must be done next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Instant>,
    pub organization_id: Uuid,
}

impl From<&Deadline> for DeadlineView {
    fn from(deadline: &Deadline) -> Self {
        Self {
            encounter_id: deadline.encounter_id.uuid(),
            rule: deadline.rule,
            subject: deadline.subject,
            due_on: deadline.due_on,
            planned_on: deadline.planned_on,
            timeliness: deadline.timeliness.into(),
            open: deadline.open,
            next_at: deadline.next_at,
            organization_id: deadline.organization_id.uuid(),
        }
    }
}

/// Whether the word was given in time.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TimelinessView {
    pub verdict: Verdict,
    /// `met`, `late`: days before the planned day.
    pub days: Option<i64>,
    /// `excused`.
    #[schema(value_type = Option<words::Excuse>)]
    pub reason: Option<Excuse>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    NotDue,
    Due,
    Met,
    Late,
    Missed,
    Impossible,
    Excused,
}

impl From<Timeliness> for TimelinessView {
    fn from(timeliness: Timeliness) -> Self {
        let (verdict, days, reason) = match timeliness {
            Timeliness::NotDue => (Verdict::NotDue, None, None),
            Timeliness::Due => (Verdict::Due, None, None),
            Timeliness::Met { days } => (Verdict::Met, Some(days), None),
            Timeliness::Late { days } => (Verdict::Late, Some(days), None),
            Timeliness::Missed => (Verdict::Missed, None, None),
            Timeliness::Impossible => (Verdict::Impossible, None, None),
            Timeliness::Excused { reason } => (Verdict::Excused, None, Some(reason)),
        };
        Self { verdict, days, reason }
    }
}

/// 警告.
#[derive(Debug, Serialize, ToSchema)]
pub struct WarningView {
    pub id: Uuid,
    pub encounter_id: Uuid,
    #[schema(value_type = words::DeadlineRule)]
    pub rule: DeadlineRule,
    pub due_on: NaiveDate,
    /// `ahead-2`, `at-once`, `missed-0`, `unacknowledged-1`, `undeliverable`.
    pub level: String,
    #[schema(value_type = String, format = DateTime)]
    pub warned_at: Instant,
    /// In lists: whose stay it is.
    pub hospital_id: Option<Uuid>,
    pub ward_id: Option<Uuid>,
}

impl From<&Warning> for WarningView {
    fn from(warning: &Warning) -> Self {
        Self {
            id: warning.id.uuid(),
            encounter_id: warning.encounter_id.uuid(),
            rule: warning.rule,
            due_on: warning.due_on,
            level: warning.level.code(),
            warned_at: warning.warned_at,
            hospital_id: None,
            ward_id: None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WarningPage {
    pub warnings: Vec<WarningView>,
    pub next: Option<String>,
}

impl EncounterView {
    pub fn of(case: Case, directory: &Directory) -> Self {
        let folded = domain::encounter::fold(&case.events);
        let planned = folded.planned.iter().map(|p| PlannedView { planned_on: p.planned_on, known_at: p.known_at });
        Self {
            encounter: EncounterHead::of(&case.encounter, directory),
            planned: planned.collect(),
            care_team: case.team.iter().map(|member| CareTeamMemberView::of(member, directory)).collect(),
            events: case.events.iter().map(EventView::from).collect(),
            deadlines: case.deadlines.iter().map(DeadlineView::from).collect(),
            screenings: case.screenings.iter().map(ScreeningView::from).collect(),
            notices: case.notices.iter().map(NoticeView::from).collect(),
            contacts: case.contacts.iter().map(ContactView::from).collect(),
            warnings: case.warnings.iter().map(WarningView::from).collect(),
            patient: case.patient.into(),
        }
    }
}
