//! People and their stays, with what people are found by.

use domain::changes::Write;
use uuid::Uuid;

use super::{Abort, Batch};
use crate::dialect::once;
use crate::engine::{Step, args};
use crate::error::Failure;
use crate::rows::*;

impl Batch<'_> {
    /// Rows that others of the same transaction refer to; nothing for what is not there.
    pub(super) fn people_and_stays(&self) -> Result<Vec<Step>, Failure> {
        let d = self.dialect;
        self.ready_of([
            (PATIENT.add(d), &PATIENT),
            (PATIENT_MARK.add(d), &PATIENT_MARK),
            (ENCOUNTER.add(d), &ENCOUNTER),
            (CARE_TEAM_MEMBER.put(d), &CARE_TEAM_MEMBER),
        ])
    }

    /// What the people are found by who are written, and were there before: it is written anew.
    pub(super) async fn forget_marks(&mut self) -> Result<(), Abort> {
        let people = self.going().filter_map(|(_, c)| c.patient.as_ref());
        let known = people.filter(|write| matches!(write, Write::Update { .. }));
        let known: Vec<Uuid> = known.map(|write| write.row().id.uuid()).collect();
        if !known.is_empty() {
            let sql = once!(self.dialect, {
                format!("DELETE FROM patient_mark WHERE {}", self.dialect.in_ids("patient_id", 1))
            });
            self.conn.run(sql, args![known]).await?;
        }
        Ok(())
    }
}
