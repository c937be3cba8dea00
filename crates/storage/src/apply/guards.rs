//! Which commands of a transaction go on: their key is new, and what they were decided on still stands.

use std::collections::{BTreeMap, HashSet};

use domain::changes::Write;
use domain::{EncounterId, PatientId};
use uuid::Uuid;

use super::{Abort, Batch, Outcome, Task, find_key};
use crate::dialect::once;
use crate::engine::args;
use crate::error::Failure;
use crate::rows::*;
use crate::table::Rows;

impl Batch<'_> {
    pub(super) async fn keys(&mut self) -> Result<(), Abort> {
        let rows = self.joined(&IDEMPOTENCY);
        if rows.is_empty() {
            return Ok(());
        }
        let mut fresh = HashSet::new();
        for row in self.conn.rows(IDEMPOTENCY.add_once(self.dialect), rows.args()?).await? {
            fresh.insert((row.get::<Uuid>(0)?, row.get::<String>(1)?));
        }
        let used: Vec<_> = self.going().filter_map(|(index, c)| Some((index, c.idempotency.as_ref()?))).collect();
        for (index, record) in used {
            // The writer never puts the same key twice into one transaction.
            if !fresh.contains(&(record.account_id.uuid(), record.key.clone())) {
                let sql = once!(self.dialect, find_key(&IDEMPOTENCY.list("")));
                let found = self.conn.rows(sql, args![record.account_id.uuid(), record.key.as_str()]).await?;
                let first = found.first().ok_or_else(|| Failure::Collision { code: "key".into() })?;
                self.outcomes[index] = Some(Outcome::Repeated(Box::new(read_idempotency(first)?)));
            }
        }
        Ok(())
    }

    /// Compare-and-set on what the commands had read.
    pub(super) async fn guards(&mut self) -> Result<(), Abort> {
        let (mut encounters, mut patients) = (BTreeMap::new(), BTreeMap::new());
        let mut stale = Vec::new();
        for (index, changes) in self.going() {
            let encounter = update_of(&changes.encounter).map(|(row, read_at)| (row.id, (row, read_at)));
            let patient = update_of(&changes.patient).map(|(row, read_at)| (row.id, (row, read_at)));
            let taken = encounter.as_ref().is_some_and(|(id, _)| encounters.contains_key(id))
                || patient.as_ref().is_some_and(|(id, _)| patients.contains_key(id));
            if taken {
                stale.push(index);
            } else {
                encounters.extend(encounter);
                patients.extend(patient);
            }
        }
        let mut rows = self.rows(&ENCOUNTER);
        encounters.values().for_each(|(row, read_at)| write_encounter(&mut rows, row, Some(*read_at)));
        let encounters: HashSet<EncounterId> =
            self.hits(ENCOUNTER.update_guarded(self.dialect, "revision"), rows).await?;
        let mut rows = self.rows(&PATIENT);
        patients.values().for_each(|(row, read_at)| write_patient(&mut rows, row, Some(*read_at)));
        let patients: HashSet<PatientId> = self.hits(PATIENT.update_guarded(self.dialect, "version"), rows).await?;

        let mut half = Vec::new();
        for (index, changes) in self.going() {
            if stale.contains(&index) {
                continue;
            }
            let encounter = update_of(&changes.encounter).map(|(row, _)| encounters.contains(&row.id));
            let patient = update_of(&changes.patient).map(|(row, _)| patients.contains(&row.id));
            match (encounter, patient) {
                (Some(true) | None, Some(true) | None) => {}
                (Some(true), Some(false)) | (Some(false), Some(true)) => half.push(index),
                _ => stale.push(index),
            }
        }
        if !half.is_empty() {
            return Err(Abort::Stale(half));
        }
        for index in stale {
            if let Task::Apply(command) = self.tasks[index]
                && let Some(record) = &command.changes.idempotency
            {
                let sql = "DELETE FROM idempotency WHERE account_id = $1 AND key = $2";
                self.conn.run(sql, args![record.account_id.uuid(), record.key.as_str()]).await?;
            }
            self.outcomes[index] = Some(Outcome::Stale);
        }
        Ok(())
    }

    async fn hits<T: From<Uuid> + Eq + std::hash::Hash>(
        &mut self,
        sql: &'static str,
        rows: Rows,
    ) -> Result<HashSet<T>, Abort> {
        if rows.is_empty() {
            return Ok(HashSet::new());
        }
        let found = self.conn.rows(sql, rows.args()?).await?;
        Ok(found.iter().map(|row| row.get::<Uuid>(0).map(T::from)).collect::<Result<_, _>>()?)
    }
}

const fn update_of<T>(write: &Option<Write<T>>) -> Option<(&T, i64)> {
    match write {
        Some(Write::Update { row, read_at }) => Some((row, *read_at)),
        Some(Write::New(_)) | None => None,
    }
}
