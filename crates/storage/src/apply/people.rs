//! People and their stays, with what people are found by.

use domain::changes::Write;
use domain::patient::Patient;
use uuid::Uuid;

use super::{Abort, Batch};
use crate::dialect::once;
use crate::engine::args;
use crate::rows::*;

impl Batch<'_> {
    /// Rows that others of the same transaction refer to.
    pub(super) async fn people_and_stays(&mut self) -> Result<(), Abort> {
        let d = self.dialect;
        self.write(PATIENT.add(d), &PATIENT, |rows, c| {
            new_of(&c.patient).into_iter().for_each(|row| write_patient(rows, row, None));
        })
        .await?;
        self.marks().await?;
        self.write(ENCOUNTER.add(d), &ENCOUNTER, |rows, c| {
            new_of(&c.encounter).into_iter().for_each(|row| write_encounter(rows, row, None));
        })
        .await?;
        self.write(CARE_TEAM_MEMBER.put(d), &CARE_TEAM_MEMBER, |rows, c| {
            c.team.iter().for_each(|row| write_care_team_member(rows, row));
        })
        .await?;
        Ok(())
    }

    /// What the people are found by who are written, anew.
    async fn marks(&mut self) -> Result<(), Abort> {
        let people: Vec<&Write<Patient>> = self.going().filter_map(|(_, c)| c.patient.as_ref()).collect();
        let known = people.iter().filter(|write| matches!(write, Write::Update { .. }));
        let known: Vec<Uuid> = known.map(|write| write.row().id.uuid()).collect();
        if !known.is_empty() {
            let sql = once!(self.dialect, {
                format!("DELETE FROM patient_mark WHERE {}", self.dialect.in_ids("patient_id", 1))
            });
            self.conn.run(sql, args![known]).await?;
        }
        let mut rows = self.rows(&PATIENT_MARK);
        let keys = self.conn.keys();
        people.iter().for_each(|write| write_patient_marks(&mut rows, keys, write.row()));
        if !rows.is_empty() {
            self.conn.run(PATIENT_MARK.add(self.dialect), rows.args()?).await?;
        }
        Ok(())
    }
}

const fn new_of<T>(write: &Option<Write<T>>) -> Option<&T> {
    match write {
        Some(Write::New(row)) => Some(row),
        Some(Write::Update { .. }) | None => None,
    }
}
