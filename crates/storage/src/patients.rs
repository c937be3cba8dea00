//! Finding a person: by the beginning of the reading or by the insured number, and who may be the same person twice.
//!
//! Names are sealed, so the database finds candidates by their [marks](crate::sealed::marks), and what it found is opened, told apart and put in
//! order here: a few thousand at a time, of which only the page that is asked for is kept.

use chrono::NaiveDate;
use domain::patient::Patient;
use domain::text::{Kana, unspaced};
use domain::{OrganizationId, PatientId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::engine::{Arg, Row, args};
use crate::error::{StoreError, readable};
use crate::rows::{PATIENT, PATIENT_FOUND, read_patient};
use crate::sealed::marks::{Trait, beginning};
use crate::store::Store;

/// Candidates that are opened together.
const CANDIDATES: i64 = 2_000;

/// So many of those who may be the same person are looked at.
const ALIKE: u32 = 100;

/// A candidate by what orders it.
type Place = (Kana, PatientId);

/// In charge of the person's care on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InCharge {
    /// Which office.
    pub organization_id: OrganizationId,
    /// When.
    pub on: NaiveDate,
}

impl Store {
    /// One person of the region.
    pub async fn patient(&self, region_id: RegionId, id: PatientId) -> Result<Option<Patient>, StoreError> {
        let sql = format!("SELECT {} FROM patient WHERE id = $1 AND region_id = $2", PATIENT.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), region_id.uuid()]).await?;
        rows.first().map(|row| read_patient(row, 0)).transpose()
    }

    /// These people of the region; without whom can't be read.
    pub async fn patients(&self, region_id: RegionId, ids: &[PatientId]) -> Result<Vec<Patient>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let chosen = self.inner.dialect.in_ids("id", 2);
        let sql = format!("SELECT {} FROM patient WHERE region_id = $1 AND {chosen}", PATIENT.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![region_id.uuid(), ids]).await?;
        rows.iter().filter_map(|row| readable(read_patient(row, 0))).collect()
    }

    /// People whose reading (in either kana, however spaced) begins so, or whose insured number it is, in the order of the reading; `after` is the last of the
    /// page before. An empty prefix finds everybody.
    pub async fn find_patients(
        &self,
        region_id: RegionId,
        prefix: &str,
        after: Option<PatientId>,
        limit: u32,
    ) -> Result<Vec<Patient>, StoreError> {
        let after = match after {
            Some(id) => match self.patient(region_id, id).await? {
                Some(last) => Some(last),
                None => return Ok(Vec::new()),
            },
            None => None,
        };
        self.find_people(region_id, prefix, None, after.as_ref(), limit).await
    }

    /// The same, of all or of those whose care `in_charge` manages: a page is cut and ends among these alone, so that neither says anything of
    /// anybody else. `after` may be of another region.
    pub async fn find_people(
        &self,
        region_id: RegionId,
        prefix: &str,
        in_charge: Option<InCharge>,
        after: Option<&Patient>,
        limit: u32,
    ) -> Result<Vec<Patient>, StoreError> {
        let wanted = Kana::search_key(prefix);
        let after: Option<Place> = after.map(|last| (last.kana.clone(), last.id));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found: Vec<Place> = Vec::new();
        let mut last = Uuid::nil();
        loop {
            let rows = self.alike(region_id, &wanted, in_charge, last).await?;
            for row in &rows {
                last = row.get(0)?;
                if let Some(place) = readable(fits(row, &wanted)).transpose()?.flatten()
                    && after.as_ref().is_none_or(|after| place > *after)
                {
                    found.push(place);
                }
            }
            found.sort_unstable();
            found.truncate(limit);
            if i64::try_from(rows.len()).unwrap_or(0) < CANDIDATES {
                break;
            }
        }
        let ids: Vec<PatientId> = found.into_iter().map(|(_, id)| id).collect();
        let mut people = self.patients(region_id, &ids).await?;
        people.sort_unstable_by(|a, b| (&a.kana, a.id).cmp(&(&b.kana, b.id)));
        Ok(people)
    }

    /// Who may fit, in the order of the ids, behind `last`.
    async fn alike(
        &self,
        region_id: RegionId,
        wanted: &str,
        in_charge: Option<InCharge>,
        last: Uuid,
    ) -> Result<Vec<Row>, StoreError> {
        let mut args = args![region_id.uuid(), last, CANDIDATES];
        let mut asked = "p.id > $2".to_owned();
        if !wanted.is_empty() {
            let reading = unspaced(wanted);
            let mut traits = vec![Trait::Beginning(beginning(&reading)), Trait::InsuredNumber(wanted)];
            traits.extend((reading != wanted).then_some(Trait::Beginning(beginning(wanted))));
            // The ids are bounded in there: SQLite would otherwise go through the whole region.
            asked = format!("{} AND m.patient_id > $2)", self.marked(region_id, &traits, &mut args));
            if self.keys().plain_stands() {
                // The greatest character there is: what begins so lies between the two.
                args.extend(args![wanted, format!("{wanted}\u{10FFFF}")]);
                let (text, end) = (args.len() - 1, args.len());
                let plain = format!("p.kana >= ${text} AND p.kana < ${end} OR p.insured_number = ${text}");
                asked = format!("({asked} OR p.id > $2 AND ({plain}))");
            }
        }
        if let Some(InCharge { organization_id, on }) = in_charge {
            args.extend(args![organization_id.uuid(), on]);
            let (office, day) = (args.len() - 1, args.len());
            asked.push_str(&format!(
                " AND p.id IN (SELECT c.patient_id FROM care_team_member AS c WHERE c.organization_id = ${office}
                               AND c.from_on <= ${day} AND (c.until_on IS NULL OR c.until_on >= ${day}))"
            ));
        }
        let columns = PATIENT_FOUND.list("p.");
        let sql =
            format!("SELECT {columns} FROM patient AS p WHERE p.region_id = $1 AND {asked} ORDER BY p.id LIMIT $3");
        self.inner.pool.rows(AssertSqlSafe(sql), args).await
    }

    /// `p` has one of the traits: without the closing parenthesis. The argument is added.
    fn marked(&self, region_id: RegionId, traits: &[Trait<'_>], args: &mut Vec<Arg>) -> String {
        args.push(self.keys().marks_for(region_id, traits).into());
        let chosen = self.inner.dialect.in_ids("m.mark", args.len());
        format!("p.id IN (SELECT m.patient_id FROM patient_mark AS m WHERE {chosen}")
    }

    /// Who may be the same person: [`Patient::may_be_the_same_as`]. Proposed, never merged.
    pub async fn possible_duplicates(&self, patient: &Patient) -> Result<Vec<Patient>, StoreError> {
        let (kana, written, number) = (patient.kana.unspaced(), patient.kana.as_str(), patient.insured_number.as_ref());
        let mut traits = vec![Trait::Born(&kana, patient.birth_on)];
        traits.extend((kana != written).then_some(Trait::Born(written, patient.birth_on)));
        traits.extend(number.map(|number| Trait::InsuredNumber(number.as_str())));
        // First who is marked, by the marks' own index, then who that is: asked at once, PostgreSQL may go through the whole region.
        let chosen = self.inner.dialect.in_ids("m.mark", 1);
        let sql = format!(
            "SELECT m.patient_id FROM patient_mark AS m WHERE {chosen} ORDER BY m.mark, m.patient_id LIMIT {ALIKE}"
        );
        let marks = self.keys().marks_for(patient.region_id, &traits);
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![marks]).await?;
        let ids = rows.iter().map(|row| Ok(row.get::<Uuid>(0)?.into())).collect::<Result<Vec<_>, StoreError>>()?;
        let mut alike = if ids.is_empty() { Vec::new() } else { self.patients(patient.region_id, &ids).await? };
        if self.keys().plain_stands() {
            alike.extend(self.plainly_alike(patient).await?);
        }
        alike.retain(|other| other.id != patient.id && patient.may_be_the_same_as(other));
        alike.sort_unstable_by_key(|other| other.id);
        alike.dedup_by_key(|other| other.id);
        alike.truncate(20);
        Ok(alike)
    }

    /// The same among those who were registered before there was a key.
    async fn plainly_alike(&self, patient: &Patient) -> Result<Vec<Patient>, StoreError> {
        let number = patient.insured_number.as_ref().map_or("", |number| number.as_str());
        let columns = PATIENT.list("p.");
        let sql = format!(
            "SELECT {columns} FROM patient AS p
             WHERE p.region_id = $1 AND (replace(p.kana, ' ', '') = $2 AND p.birth_on = $3 OR p.insured_number = $4)
             ORDER BY p.id LIMIT {ALIKE}"
        );
        let args = args![patient.region_id.uuid(), patient.kana.unspaced(), patient.birth_on.to_string(), number];
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args).await?;
        rows.iter().filter_map(|row| readable(read_patient(row, 0))).collect()
    }
}

/// Where the candidate stands in the order, if it is wanted.
fn fits(row: &Row, wanted: &str) -> Result<Option<Place>, StoreError> {
    let mut c = PATIENT_FOUND.cursor(row);
    let (id, kana): (PatientId, Kana) = (c.id()?, c.opened()?);
    if kana.unspaced().starts_with(&unspaced(wanted)) {
        return Ok(Some((kana, id)));
    }
    let number: Option<String> = c.maybe_opened()?;
    Ok(number.filter(|number| number == wanted).map(|_| (kana, id)))
}
