//! Finding a person: by the beginning of the reading or of the insured number, and who may be the same person twice.

use domain::patient::Patient;
use domain::text::Kana;
use domain::{PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::engine::args;
use crate::error::StoreError;
use crate::rows::{PATIENT, read_patient};
use crate::store::Store;

impl Store {
    /// One person of the region.
    pub async fn patient(&self, region_id: RegionId, id: PatientId) -> Result<Option<Patient>, StoreError> {
        let sql = format!("SELECT {} FROM patient WHERE id = $1 AND region_id = $2", PATIENT.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), region_id.uuid()]).await?;
        rows.first().map(|row| read_patient(row, 0)).transpose()
    }

    /// These people of the region.
    pub async fn patients(&self, region_id: RegionId, ids: &[PatientId]) -> Result<Vec<Patient>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let chosen = self.inner.dialect.in_ids("id", 2);
        let sql = format!("SELECT {} FROM patient WHERE region_id = $1 AND {chosen}", PATIENT.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid(), ids]).await?;
        rows.iter().map(|row| read_patient(row, 0)).collect()
    }

    /// People whose reading (in either kana) or insured number begins so, in the order of the reading; `after` is the last of the
    /// page before. An empty prefix finds everybody.
    pub async fn find_patients(
        &self,
        region_id: RegionId,
        prefix: &str,
        after: Option<PatientId>,
        limit: u32,
    ) -> Result<Vec<Patient>, StoreError> {
        let prefix = Kana::search_key(prefix);
        // The greatest character there is: what begins with the prefix lies between the two.
        let end = format!("{prefix}\u{10FFFF}");
        let mut args = args![region_id.uuid(), i64::from(limit), prefix, end];
        let mut from = String::new();
        if let Some(after) = after {
            args.push(after.uuid().into());
            from.push_str("AND (p.kana, p.id) > (SELECT l.kana, l.id FROM patient AS l WHERE l.id = $5)");
        }
        let columns = PATIENT.list("p.");
        // Two ranges over two indexes; nobody is in both, because a reading has no digits.
        let sql = format!(
            "SELECT {columns} FROM patient AS p
             WHERE p.region_id = $1 AND (p.kana >= $3 AND p.kana < $4 OR p.insured_number >= $3 AND p.insured_number < $4) {from}
             ORDER BY p.kana, p.id LIMIT $2"
        );
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args).await?;
        rows.iter().map(|row| read_patient(row, 0)).collect()
    }

    /// Who may be the same person: [`Patient::may_be_the_same_as`]. Proposed, never merged.
    pub async fn possible_duplicates(&self, patient: &Patient) -> Result<Vec<Patient>, StoreError> {
        let number = patient.insured_number.as_ref().map_or("", |number| number.as_str());
        let sql = format!(
            "SELECT {} FROM patient
             WHERE region_id = $1 AND (kana = $2 AND birth_on = $3 OR insured_number = $4) AND id <> $5
             ORDER BY id LIMIT 20",
            PATIENT.list("")
        );
        let args = args![patient.region_id.uuid(), patient.kana.as_str(), patient.birth_on, number, patient.id.uuid()];
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args).await?;
        rows.iter().map(|row| read_patient(row, 0)).collect()
    }
}
