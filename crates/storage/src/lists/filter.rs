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
        if let Some(office_id) = self.office_id {
            asked.attached(office_id, self.today);
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

    /// The same beside a condition that leaves but a few: in words that no index answers. SQLite knows nothing of how many rows an index leads
    /// to, and would rather go through the whole region.
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

    /// The office has to do with the stay `e`: [`domain::case::Case::is_attached`] of whoever is not its hospital.
    pub(super) fn attached(&mut self, office_id: OrganizationId, today: Option<NaiveDate>) {
        self.args.push(office_id.uuid().into());
        let office = format!("${}", self.args.len());
        let current = match today {
            None => "m.until_on IS NULL".to_owned(),
            Some(today) => {
                self.args.push(today.into());
                let n = self.args.len();
                format!("m.from_on <= ${n} AND (m.until_on IS NULL OR m.until_on >= ${n})")
            }
        };
        self.plain(&format!(
            "(e.id IN (SELECT n.encounter_id FROM notice AS n
                       WHERE n.recipient_id = {office} AND n.state IN ('issued', 'acknowledged'))
              OR e.id IN (SELECT n.encounter_id FROM notice AS n WHERE n.sender_id = {office})
              OR e.patient_id IN (SELECT m.patient_id FROM care_team_member AS m
                                  WHERE m.organization_id = {office} AND {current}))"
        ));
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection as _, Row as _};

    use super::*;

    #[tokio::test]
    async fn a_persons_stays_are_found_by_the_person() {
        let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let tables = include_str!("../../../../migrations/sqlite/0001_the_heart.sql");
        sqlx::raw_sql(AssertSqlSafe(tables)).execute(&mut conn).await.unwrap();
        let id = Uuid::from_u128(1);
        let filter = EncounterFilter {
            hospital_id: Some(id.into()),
            patient_id: Some(id.into()),
            open_only: true,
            ..EncounterFilter::default()
        };
        let asked = filter.conditions(id.into()).sql;
        for list in [
            "count(*) FROM encounter AS e WHERE {} AND true",
            "e.id FROM encounter AS e WHERE {} ORDER BY e.id DESC LIMIT 5",
        ] {
            let sql = format!("EXPLAIN QUERY PLAN SELECT {}", list.replace("{}", &asked));
            let plan = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|step| step.get(3)).collect();
            assert!(steps[0].contains("encounter_by_patient (patient_id=?)"), "{steps:?}");
        }
    }
}
