//! Everything about a stay, read at one moment: one statement a table for all the stays that are waited for.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::case::Case;
use domain::patient::{CareTeamMember, Patient};
use domain::{EncounterId, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use std::sync::Arc;
use uuid::Uuid;

use crate::dialect::{Dialect, once};
use crate::directory::Directories;
use crate::engine::{Conn, Row, args};
use crate::error::StoreError;
use crate::loader::{Read, ReadError};
use crate::rows::*;
use crate::store::Store;
use crate::table::Table;

pub(crate) struct Cases {
    pub(crate) dialect: Dialect,
    pub(crate) directories: Arc<Directories>,
}

impl Read for Cases {
    type Key = EncounterId;
    type Found = Option<Case>;

    async fn read(&self, conn: &mut Conn, keys: &[EncounterId]) -> Result<Vec<Option<Case>>, ReadError> {
        let mut ids: Vec<Uuid> = keys.iter().map(|id| id.uuid()).collect();
        ids.sort_unstable();
        ids.dedup();
        conn.run(self.dialect.begin_reading(), vec![]).await?;
        let found = self.all(conn, &ids).await;
        conn.run("COMMIT", vec![]).await?;
        let mut found = found?;
        if ids.len() == keys.len() {
            return Ok(keys.iter().map(|id| found.remove(id)).collect());
        }
        Ok(keys.iter().map(|id| found.get(id).cloned()).collect())
    }
}

impl Cases {
    async fn all(&self, conn: &mut Conn, ids: &[Uuid]) -> Result<HashMap<EncounterId, Case>, ReadError> {
        let mut cases = self.encounters(conn, ids).await?;
        let mut patients: Vec<Uuid> = cases.values().map(|case| case.patient.id.uuid()).collect();
        patients.sort_unstable();
        patients.dedup();

        let mut teams = HashMap::<PatientId, Vec<CareTeamMember>>::new();
        let team = once!(self.dialect, by_ids(self.dialect, &CARE_TEAM_MEMBER, "patient_id", "id"));
        for row in conn.rows(team, args![patients]).await? {
            let member = read_care_team_member(&row)?;
            teams.entry(member.patient_id).or_default().push(member);
        }
        for case in cases.values_mut() {
            case.team = teams.get(&case.patient.id).cloned().unwrap_or_default();
        }

        macro_rules! fill {
            ($table:ident, $order:literal, $read:expr, $field:ident) => {
                let sql = once!(self.dialect, by_ids(self.dialect, &$table, "encounter_id", $order));
                for row in conn.rows(sql, args![ids.to_vec()]).await? {
                    let value = $read(&row)?;
                    if let Some(case) = cases.get_mut(&value.encounter_id) {
                        case.$field.extend([value]);
                    }
                }
            };
        }
        fill!(EVENT, "id", read_event, events);
        fill!(SCREENING, "id", read_screening, screenings);
        fill!(NOTICE, "id", |row: &Row| read_notice(row, 0), notices);
        fill!(CONTACT, "id", read_contact, contacts);
        fill!(DEADLINE, "rule, subject, due_on", |row: &Row| read_deadline(row, 0), deadlines);
        fill!(WARNING, "id", |row: &Row| read_warning(row, 0), warnings);
        let facts = once!(self.dialect, by_ids(self.dialect, &SURVEY_FACT, "encounter_id", "encounter_id"));
        for row in conn.rows(facts, args![ids.to_vec()]).await? {
            let fact = read_survey_fact(&row)?;
            if let Some(case) = cases.get_mut(&fact.encounter_id) {
                case.fact = Some(fact);
            }
        }
        Ok(cases)
    }

    /// The stays with their patients, the discharge before each, and the version of the region's directory.
    async fn encounters(&self, conn: &mut Conn, ids: &[Uuid]) -> Result<HashMap<EncounterId, Case>, ReadError> {
        let sql = once!(self.dialect, {
            let (encounter, patient) = (ENCOUNTER.list("e."), PATIENT.list("p."));
            let chosen = self.dialect.in_ids("e.id", 1);
            format!(
                "SELECT {encounter}, {patient}, g.directory_version,
                   (SELECT b.discharged_on FROM encounter AS b
                    WHERE b.patient_id = e.patient_id AND b.state = 'discharged' AND b.admitted_at < e.admitted_at
                    ORDER BY b.admitted_at DESC LIMIT 1)
                 FROM encounter AS e
                 JOIN patient AS p ON p.id = e.patient_id
                 JOIN region AS g ON g.id = e.region_id
                 WHERE {chosen}"
            )
        });
        let patient_at = ENCOUNTER.columns.len();
        let version_at = patient_at + PATIENT.columns.len();
        let mut cases = HashMap::with_capacity(ids.len());
        for row in conn.rows(sql, args![ids.to_vec()]).await? {
            let encounter = read_encounter(&row, 0)?;
            self.directories.saw(encounter.region_id, row.get(version_at)?);
            let case = Case {
                patient: read_patient(&row, patient_at)?,
                team: Vec::new(),
                last_discharge_on: row.get(version_at + 1)?,
                events: Vec::new(),
                screenings: Vec::new(),
                notices: Vec::new(),
                contacts: Vec::new(),
                deadlines: Vec::new(),
                warnings: Vec::new(),
                fact: None,
                encounter,
            };
            cases.insert(case.encounter.id, case);
        }
        Ok(cases)
    }
}

fn by_ids(dialect: Dialect, table: &Table, column: &str, order: &str) -> String {
    let (columns, name, chosen) = (table.list(""), table.name, dialect.in_ids(column, 1));
    format!("SELECT {columns} FROM {name} WHERE {chosen} ORDER BY {order}")
}

impl Store {
    /// One stay as it stands now.
    pub async fn case(&self, region_id: RegionId, id: EncounterId) -> Result<Option<Case>, StoreError> {
        let case = self.inner.cases.load(id).await?;
        Ok(case.filter(|case| case.encounter.region_id == region_id))
    }

    /// Several stays of whatever regions, in the order asked for, without those that don't exist. For the sweep.
    pub async fn cases(&self, ids: &[EncounterId]) -> Result<Vec<Case>, StoreError> {
        let read = Cases { dialect: self.inner.dialect, directories: Arc::clone(&self.inner.directories) };
        let mut conn = self.inner.target.connect().await?;
        let mut found = Vec::with_capacity(ids.len());
        for lot in ids.chunks(200) {
            match read.read(&mut conn, lot).await {
                Ok(cases) => found.extend(cases.into_iter().flatten()),
                Err(ReadError::Failure(failure)) => return Err(failure.into()),
                Err(ReadError::Store(error)) => return Err(error),
            }
        }
        conn.close().await;
        Ok(found)
    }

    /// What is known of a person before a stay exists: the person, who manages the care, and the last discharge day.
    pub async fn new_case(
        &self,
        region_id: RegionId,
        id: PatientId,
    ) -> Result<Option<(Patient, Vec<CareTeamMember>, Option<NaiveDate>)>, StoreError> {
        let Some(patient) = self.patient(region_id, id).await? else { return Ok(None) };
        let sql = "SELECT discharged_on FROM encounter WHERE patient_id = $1 AND state = 'discharged'
                   ORDER BY discharged_on DESC LIMIT 1";
        let last = self.inner.pool.rows(sql, args![id.uuid()]).await?;
        let last = last.first().map(|row| row.get(0)).transpose()?;
        Ok(Some((patient, self.care_team(id).await?, last)))
    }

    /// Who manages, managed or will manage the person's care, in the order of the records.
    pub async fn care_team(&self, id: PatientId) -> Result<Vec<CareTeamMember>, StoreError> {
        let columns = CARE_TEAM_MEMBER.list("");
        let sql = format!("SELECT {columns} FROM care_team_member WHERE patient_id = $1 ORDER BY id");
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        rows.iter().map(read_care_team_member).collect()
    }
}
