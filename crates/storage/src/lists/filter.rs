//! What a list is narrowed by.

use chrono::NaiveDate;
use domain::{EncounterId, OrganizationId, PatientId, RegionId, WardId};
use uuid::Uuid;

use crate::engine::{Arg, args};

/// Which stays; what is none does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncounterFilter {
    /// Of this hospital.
    pub hospital_id: Option<OrganizationId>,
    /// Now on this ward.
    pub ward_id: Option<WardId>,
    /// To which this organization is attached: it sent a notice, was sent one that still stands, or manages the person's care on [`Self::today`].
    pub office_id: Option<OrganizationId>,
    /// The day for which "manages the care" is asked; without it only a charge without an end counts.
    pub today: Option<NaiveDate>,
    /// In progress or with a planned discharge.
    pub open_only: bool,
    /// Of this person.
    pub patient_id: Option<PatientId>,
}

impl EncounterFilter {
    pub(super) fn conditions(&self, region_id: RegionId) -> Conditions {
        let of_one_person = self.patient_id.is_some();
        let mut asked =
            if of_one_person { Conditions::beside("e", region_id) } else { Conditions::of_region("e", region_id) };
        asked.and("e.patient_id = ?", self.patient_id.map(Uuid::from));
        let hospital = if of_one_person { "coalesce(e.hospital_id, e.hospital_id) = ?" } else { "e.hospital_id = ?" };
        asked.and(hospital, self.hospital_id.map(Uuid::from));
        asked.and("e.ward_id = ?", self.ward_id.map(Uuid::from));
        match self.office_id {
            Some(office_id) if self.open_only || self.patient_id.is_some() => asked.attached(office_id, self.today),
            Some(office_id) => asked.among_attached(office_id, self.today),
            None => {}
        }
        if self.open_only {
            asked.plain("e.state IN ('in_progress', 'discharge_planned')");
        }
        asked
    }
}

/// Which notices; what is none does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Sent to this organization.
    pub recipient_id: Option<OrganizationId>,
    /// Sent by this organization.
    pub sender_id: Option<OrganizationId>,
    /// About this stay.
    pub encounter_id: Option<EncounterId>,
    /// About a stay that is now on this ward.
    pub ward_id: Option<WardId>,
    /// In this state, by [`domain::notice::NoticeState::name`].
    pub state: Option<String>,
    /// Neither answered nor taken back.
    pub unanswered_only: bool,
}

impl NoticeFilter {
    pub(super) fn conditions(&self, region_id: RegionId) -> Conditions {
        let mut asked = Conditions::of_region("n", region_id);
        asked.and("n.recipient_id = ?", self.recipient_id.map(Uuid::from));
        asked.and("n.sender_id = ?", self.sender_id.map(Uuid::from));
        asked.and("n.encounter_id = ?", self.encounter_id.map(Uuid::from));
        asked.and("e.ward_id = ?", self.ward_id.map(Uuid::from));
        asked.and("n.state = ?", self.state.clone());
        if self.unanswered_only {
            asked.plain("n.state = 'issued'");
        }
        asked
    }
}

/// The conditions of a list as they are asked for, so that each asked one can use its index.
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) args: Vec<Arg>,
}

impl Conditions {
    pub(super) fn of_region(alias: &str, region_id: RegionId) -> Self {
        Self { sql: format!("{alias}.region_id = $1"), args: args![region_id.uuid()] }
    }

    /// The same beside a condition that leaves but a few: in words that no index answers. As long as PostgreSQL has counted nothing, it takes two
    /// columns that are told for better than one, whatever they are.
    pub(super) fn beside(alias: &str, region_id: RegionId) -> Self {
        Self { sql: format!("coalesce({alias}.region_id, {alias}.region_id) = $1"), args: args![region_id.uuid()] }
    }

    /// `?` in the clause stands for the argument.
    pub(super) fn and(&mut self, clause: &str, arg: Option<impl Into<Arg>>) {
        if let Some(arg) = arg {
            self.args.push(arg.into());
            let placeholder = format!("${}", self.args.len());
            self.plain(&clause.replace('?', &placeholder));
        }
    }

    pub(super) fn plain(&mut self, clause: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(clause);
    }

    /// The office has to do with the stay `e`: [`domain::case::Case::is_attached`] of whoever is not its hospital. Asked of each stay that
    /// the other conditions leave, which are few.
    pub(super) fn attached(&mut self, office_id: OrganizationId, today: Option<NaiveDate>) {
        let (office, current) = self.office_on(office_id, today);
        self.plain(&format!(
            "(EXISTS (SELECT 1 FROM notice AS n WHERE n.encounter_id = e.id
                      AND (n.recipient_id = {office} AND n.state IN ('issued', 'acknowledged') OR n.sender_id = {office}))
              OR EXISTS (SELECT 1 FROM care_team_member AS m
                         WHERE m.patient_id = e.patient_id AND m.organization_id = {office} AND {current}))"
        ));
    }

    /// The same, where no other condition leaves but few: sought among what the office itself has to do with.
    fn among_attached(&mut self, office_id: OrganizationId, today: Option<NaiveDate>) {
        let (office, current) = self.office_on(office_id, today);
        self.plain(&format!(
            "e.id IN (SELECT n.encounter_id FROM notice AS n
                      WHERE n.recipient_id = {office} AND n.state IN ('issued', 'acknowledged')
                      UNION SELECT n.encounter_id FROM notice AS n WHERE n.sender_id = {office}
                      UNION SELECT s.id FROM care_team_member AS m JOIN encounter AS s ON s.patient_id = m.patient_id
                            WHERE m.organization_id = {office} AND {current})"
        ));
    }

    /// The office's placeholder, and the condition on its charge `m`.
    fn office_on(&mut self, office_id: OrganizationId, today: Option<NaiveDate>) -> (String, String) {
        self.args.push(office_id.uuid().into());
        let office = format!("${}", self.args.len());
        let Some(today) = today else { return (office, "m.until_on IS NULL".to_owned()) };
        self.args.push(today.into());
        let n = self.args.len();
        (office, format!("m.from_on <= ${n} AND (m.until_on IS NULL OR m.until_on >= ${n})"))
    }
}
