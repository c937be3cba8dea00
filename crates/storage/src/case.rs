//! Everything about a stay, read at one moment: one statement a table for all the stays that are waited for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use domain::access::Ties;
use domain::case::Case;
use domain::patient::{CareTeamMember, Patient};
use domain::{EncounterId, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::dialect::{Dialect, once};
use crate::directory::Directories;
use crate::engine::{Conn, Row, Step, args};
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
        let mut found = match self.all(conn, &ids).await {
            Ok(found) => found,
            Err(error) => {
                // Whether the transaction had begun is not known; a connection without one only says so.
                conn.run("ROLLBACK", vec![]).await.unwrap_or_default();
                return Err(error);
            }
        };
        if ids.len() == keys.len() {
            return Ok(keys.iter().map(|id| found.remove(id)).collect());
        }
        Ok(keys.iter().map(|id| found.get(id).cloned()).collect())
    }
}

/// The tables that are read for a stay; the number is the first column of each of its rows.
mod tag {
    pub(super) const ENCOUNTER: i64 = 0;
    pub(super) const TEAM: i64 = 1;
    pub(super) const EVENT: i64 = 2;
    pub(super) const SCREENING: i64 = 3;
    pub(super) const NOTICE: i64 = 4;
    pub(super) const CONTACT: i64 = 5;
    pub(super) const DEADLINE: i64 = 6;
    pub(super) const WARNING: i64 = 7;
    pub(super) const FACT: i64 = 8;
}

impl Cases {
    async fn all(&self, conn: &mut Conn, ids: &[Uuid]) -> Result<HashMap<EncounterId, Case>, ReadError> {
        let d = self.dialect;
        let given = || args![ids.to_vec()];
        let mut steps = vec![Step::new(d.begin_reading(), vec![]), Step::new(once!(d, encounters(d)), given())];
        let mut rows = Vec::new();
        let mut wanted = [true; CHILDREN.len()];
        if d == Dialect::Postgres {
            // Each statement is a way of its own there and back: those that would find nothing are not made.
            rows = conn.script(std::mem::take(&mut steps)).await?;
            let rare = wanted.iter_mut().zip(&CHILDREN).filter(|(_, child)| child.rare);
            for (nth, (wanted, _)) in rare.enumerate() {
                let flags = rows.iter().map(|row| row.get(first_flag() + nth));
                *wanted = flags.collect::<Result<Vec<bool>, _>>()?.contains(&true);
            }
        }
        let texts = once_each(d);
        let wanted = texts.iter().zip(wanted).filter(|(_, wanted)| *wanted);
        steps.extend(wanted.map(|(sql, _)| Step::new(sql, given())));
        steps.push(Step::new("COMMIT", vec![]));
        rows.append(&mut conn.script(steps).await?);

        let mut cases = HashMap::with_capacity(ids.len());
        let mut teams = HashMap::<PatientId, Vec<CareTeamMember>>::new();
        for row in rows {
            let tag: i64 = row.get(0)?;
            if tag == tag::ENCOUNTER {
                let case = self.case_of(&row)?;
                cases.insert(case.encounter.id, case);
                continue;
            }
            if tag == tag::TEAM {
                let member = read_care_team_member(&row, 1)?;
                teams.entry(member.patient_id).or_default().push(member);
                continue;
            }
            // Every other table's first column is the stay's id.
            let Some(case) = cases.get_mut(&EncounterId::from(row.get::<Uuid>(1)?)) else { continue };
            match tag {
                tag::EVENT => case.events.push(read_event(&row, 1)?),
                tag::SCREENING => case.screenings.push(read_screening(&row, 1)?),
                tag::NOTICE => case.notices.push(read_notice(&row, 2)?),
                tag::CONTACT => case.contacts.push(read_contact(&row, 1)?),
                tag::DEADLINE => case.deadlines.push(read_deadline(&row, 1)?),
                tag::WARNING => case.warnings.push(read_warning(&row, 1)?),
                tag::FACT => case.fact = Some(read_survey_fact(&row, 1)?),
                _ => return Err(StoreError::Failed { code: format!("tag {tag}") }.into()),
            }
        }
        for case in cases.values_mut() {
            case.team = teams.get(&case.patient.id).cloned().unwrap_or_default();
        }
        Ok(cases)
    }

    fn case_of(&self, row: &Row) -> Result<Case, StoreError> {
        let encounter = read_encounter(row, 3)?;
        self.directories.saw(encounter.region_id, row.get(1)?);
        Ok(Case {
            patient: read_patient(row, 3 + ENCOUNTER.columns.len())?,
            team: Vec::new(),
            last_discharge_on: row.get(2)?,
            events: Vec::new(),
            screenings: Vec::new(),
            notices: Vec::new(),
            contacts: Vec::new(),
            deadlines: Vec::new(),
            warnings: Vec::new(),
            fact: None,
            encounter,
        })
    }
}

/// What belongs to a stay.
struct Child {
    tag: i64,
    table: &'static Table,
    order: &'static str,
    /// A stay often has none of it: PostgreSQL is asked beforehand. Where there is nearly always something, asking costs more than it saves.
    rare: bool,
}

impl Child {
    const fn of(tag: i64, table: &'static Table, order: &'static str) -> Self {
        Self { tag, table, order, rare: false }
    }

    const fn rare(tag: i64, table: &'static Table, order: &'static str) -> Self {
        Self { tag, table, order, rare: true }
    }
}

static CHILDREN: [Child; 8] = [
    Child::of(tag::TEAM, &CARE_TEAM_MEMBER, "id"),
    Child::of(tag::EVENT, &EVENT, "id"),
    Child::rare(tag::SCREENING, &SCREENING, "id"),
    Child::rare(tag::NOTICE, &NOTICE, "id"),
    Child::rare(tag::CONTACT, &CONTACT, "id"),
    Child::of(tag::DEADLINE, &DEADLINE, "rule, subject, due_on"),
    Child::rare(tag::WARNING, &WARNING, "id"),
    Child::of(tag::FACT, &SURVEY_FACT, "encounter_id"),
];

/// Behind the number, the version, the discharge before, the stay and the patient: whether there is anything in each rare child table.
fn first_flag() -> usize {
    3 + ENCOUNTER.columns.len() + PATIENT.columns.len()
}

/// The texts that read the children, in their order.
fn once_each(d: Dialect) -> &'static [String; CHILDREN.len()] {
    static TEXTS: [OnceLock<[String; CHILDREN.len()]>; 2] = [const { OnceLock::new() }; 2];
    let stays = |column: &str| d.in_ids(column, 1);
    TEXTS[d as usize].get_or_init(|| {
        CHILDREN.each_ref().map(|child| {
            let chosen = match child.tag {
                tag::TEAM => format!("patient_id IN (SELECT patient_id FROM encounter WHERE {})", stays("id")),
                _ => stays("encounter_id"),
            };
            tagged(child, &chosen)
        })
    })
}

/// The stays with their patients, the discharge before each, the version of the region's directory, and what there is besides.
fn encounters(d: Dialect) -> String {
    let (encounter, patient, chosen) = (ENCOUNTER.list("e."), PATIENT.list("p."), d.in_ids("e.id", 1));
    let tag = tag::ENCOUNTER;
    let rare = CHILDREN.iter().filter(|child| child.rare);
    // Not EXISTS, which PostgreSQL may answer by reading all of a table that was small when it planned.
    let flags = rare.map(|child| {
        format!(", (SELECT true FROM {} WHERE encounter_id = e.id LIMIT 1) IS NOT NULL", child.table.name)
    });
    // SQLite is asked for all of it in one go.
    let flags = if d == Dialect::Postgres { flags.collect() } else { String::new() };
    format!(
        "SELECT CAST({tag} AS BIGINT), g.directory_version,
           (SELECT b.discharged_on FROM encounter AS b
            WHERE b.patient_id = e.patient_id AND b.state = 'discharged' AND b.admitted_at < e.admitted_at
            ORDER BY b.admitted_at DESC LIMIT 1),
           {encounter}, {patient}{flags}
         FROM encounter AS e
         JOIN patient AS p ON p.id = e.patient_id
         JOIN region AS g ON g.id = e.region_id
         WHERE {chosen}"
    )
}

/// A notice's own first column is its id, so the stay's stands before it.
fn tagged(child: &Child, chosen: &str) -> String {
    let Child { tag, table, order, .. } = child;
    let (columns, name) = (table.list(""), table.name);
    let stay = if *tag == tag::NOTICE { "encounter_id, " } else { "" };
    format!("SELECT CAST({tag} AS BIGINT), {stay}{columns} FROM {name} WHERE {chosen} ORDER BY {order}")
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
        let mut conn = self.inner.target.by_key().connect().await?;
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

    /// Who manages her care, and the hospitals in which she has or had a stay: [`domain::access::relation_to_person`].
    pub async fn ties(&self, id: PatientId) -> Result<Ties, StoreError> {
        let sql = "SELECT DISTINCT hospital_id FROM encounter
                   WHERE patient_id = $1 AND state NOT IN ('cancelled', 'entered_in_error')";
        let rows = self.inner.pool.rows(sql, args![id.uuid()]).await?;
        let hospitals = rows.iter().map(|row| Ok(row.get::<Uuid>(0)?.into())).collect::<Result<_, StoreError>>()?;
        Ok(Ties { team: self.care_team(id).await?, hospitals })
    }

    /// Who manages, managed or will manage the person's care, in the order of the records.
    pub async fn care_team(&self, id: PatientId) -> Result<Vec<CareTeamMember>, StoreError> {
        let columns = CARE_TEAM_MEMBER.list("");
        let sql = format!("SELECT {columns} FROM care_team_member WHERE patient_id = $1 ORDER BY id");
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        rows.iter().map(|row| read_care_team_member(row, 0)).collect()
    }
}
