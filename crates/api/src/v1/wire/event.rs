//! 入退院の記録 on the wire: admissions and what happens after them.

use chrono::NaiveDate;
use domain::decide::{NewEvent, NewStay};
use domain::encounter::{AdtEvent, Destination, EncounterEvent};
use domain::refusal::Faults;
use domain::text::Line;
use domain::{EventId, Fault, Instant, PatientId, Refusal, WardId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

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
    /// Left out: now, and after what is known already.
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
    pub fn parse(&self) -> Result<NewEvent, Refusal> {
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
        Ok(NewEvent { event: self.event(planned_on, on)?, occurred_at: occurred_at.flatten(), note: note.flatten() })
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

/// One event of a stay.
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
