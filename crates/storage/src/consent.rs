//! What was said about a person's consent, and to whom her record was given.

use domain::PatientId;
use domain::consent::Consent;
use domain::disclosure::{Disclosure, Line};
use domain::notice::Contact;
use sqlx::AssertSqlSafe;

use crate::engine::args;
use crate::error::{StoreError, readable};
use crate::rows::*;
use crate::store::Store;

impl Store {
    /// Everything that was said, in the order in which it was recorded.
    pub async fn consents(&self, id: PatientId) -> Result<Vec<Consent>, StoreError> {
        let sql = format!("SELECT {} FROM consent WHERE patient_id = $1 ORDER BY id", CONSENT.list(""));
        self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?.iter().map(read_consent).collect()
    }

    /// To whom anything of the person's record was given: notices, words outside the system, copies. The newest first.
    pub async fn disclosures(&self, id: PatientId) -> Result<Vec<Line>, StoreError> {
        let pool = &self.inner.pool;
        let of_person = |table: &str, columns: String| {
            AssertSqlSafe(format!(
                "SELECT {columns} FROM {table} AS t JOIN encounter AS e ON e.id = t.encounter_id WHERE e.patient_id = $1"
            ))
        };
        let mut lines = Vec::new();
        for row in pool.rows(of_person("notice", NOTICE.list("t.")), args![id.uuid()]).await? {
            lines.extend(readable(read_notice(&row, 0)).transpose()?.map(|notice| Line::of_notice(&notice)));
        }
        for row in pool.rows(of_person("contact", CONTACT.list("t.")), args![id.uuid()]).await? {
            lines.extend(
                readable(read_contact(&row, 0))
                    .transpose()?
                    .filter(Contact::stands)
                    .map(|contact| Line::of_contact(&contact)),
            );
        }
        let sql = format!("SELECT {} FROM disclosure WHERE patient_id = $1", DISCLOSURE.list(""));
        for row in pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await? {
            let disclosure: Option<Disclosure> = readable(read_disclosure(&row)).transpose()?;
            lines.extend(disclosure.as_ref().map(Line::of));
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.at));
        Ok(lines)
    }
}
