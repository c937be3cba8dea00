//! The lists of the pages and the API: newest first, a page at a time, the cursor being the last id of the page before.

mod filter;
mod first;
mod warnings;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::consent::{Content, Sharing};
use domain::deadline::Deadline;
use domain::delivery::{Attempt, Delivery};
use domain::encounter::Encounter;
use domain::notice::{AcknowledgementRecord, Notice, Reading};
use domain::patient::Patient;
use domain::text::{Kana, Line};
use domain::{DeliveryId, EncounterId, NoticeId, OrganizationId, RegionId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::engine::{Row, args};
use crate::error::{StoreError, readable};
use crate::rows::*;
use crate::store::Store;

use filter::Conditions;

pub use filter::{EncounterFilter, NoticeFilter};
pub use warnings::{OverdueLine, WarningFilter, WarningLine};

/// One stay of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct EncounterLine {
    /// The stay.
    pub encounter: Encounter,
    /// The person.
    pub patient: Patient,
    /// The open deadline at which something must happen first.
    pub deadline: Option<Deadline>,
    /// All that are open, the earliest last day first.
    pub deadlines: Vec<Deadline>,
    /// Notices that nobody has answered.
    pub unacknowledged: i64,
    /// Who has sent each of them, and who is to answer it.
    pub waiting: Vec<(OrganizationId, OrganizationId)>,
}

impl EncounterLine {
    /// The organization may see in a list more than that there is a stay. A consent for the office in charge alone shows its rest on
    /// the stay's own page, where the charge is read.
    pub fn shares_with(&self, organization_id: OrganizationId) -> bool {
        self.encounter.hospital_id == organization_id || self.patient.sharing == Sharing::Everyone
    }

    /// The open deadline that concerns the organization most: the first that it has to keep itself, else the first that it waits for.
    pub fn deadline_of(&self, organization_id: OrganizationId) -> Option<&Deadline> {
        let own = self.deadlines.iter().find(|deadline| deadline.organization_id == organization_id);
        own.or_else(|| self.deadlines.first())
    }

    /// Notices that wait for the organization's answer.
    pub fn to_answer(&self, organization_id: OrganizationId) -> usize {
        self.waiting.iter().filter(|(_, recipient_id)| *recipient_id == organization_id).count()
    }

    /// Notices of the organization's own that wait for somebody else's answer.
    pub fn awaited(&self, organization_id: OrganizationId) -> usize {
        let ours = |(sender_id, recipient_id): &&(OrganizationId, OrganizationId)| {
            *sender_id == organization_id && *recipient_id != organization_id
        };
        self.waiting.iter().filter(ours).count()
    }
}

/// One notice of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeLine {
    /// The notice.
    pub notice: Notice,
    /// Whom it is about.
    pub patient_name: Line,
    /// The name's reading.
    pub patient_kana: Kana,
    /// The hospital of the stay.
    pub hospital_id: OrganizationId,
    /// What the person's consents come to.
    pub sharing: Sharing,
}

impl NoticeLine {
    /// What `reader` is shown of it in a list; [`domain::case::Case::content_for`] without the charge, which a list doesn't read.
    pub fn content_for(&self, reader: OrganizationId) -> Content {
        let shared = reader == self.hospital_id || self.sharing == Sharing::Everyone;
        if self.notice.sender_id == reader || shared && self.notice.content == Content::Full {
            Content::Full
        } else {
            Content::Minimal
        }
    }
}

impl Store {
    async fn listed(
        &self,
        select: &str,
        conditions: Conditions,
        order: &str,
        limit: u32,
    ) -> Result<Vec<Row>, StoreError> {
        let mut args = conditions.args;
        let sql = conditions.sql;
        args.push(i64::from(limit).into());
        let n = args.len();
        let sql = format!("{select} WHERE {sql} ORDER BY {order} LIMIT ${n}");
        self.inner.pool.rows(AssertSqlSafe(sql), args).await
    }

    /// Stays, newest first; `after` is the last id of the page before. One that can't be read is left out.
    pub async fn list_encounters(
        &self,
        region_id: RegionId,
        filter: &EncounterFilter,
        after: Option<EncounterId>,
        limit: u32,
    ) -> Result<Vec<EncounterLine>, StoreError> {
        let select = encounters();
        let (mut lines, mut last) = (Vec::new(), after.map(Uuid::from));
        while let Some(missing) = missing(limit, lines.len()) {
            let mut asked = filter.conditions(region_id);
            asked.and("e.id < ?", last);
            let rows = self.listed(&select, asked, "e.id DESC", missing).await?;
            for row in &rows {
                last = Some(row.get(0)?);
                lines.extend(readable(encounter_line(row)).transpose()?);
            }
            if rows.len() < missing as usize {
                break;
            }
        }
        self.add_what_is_open(&mut lines).await?;
        Ok(lines)
    }

    async fn add_what_is_open(&self, lines: &mut [EncounterLine]) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = lines.iter().map(|line| line.encounter.id.uuid()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let d = self.inner.dialect;
        let (columns, chosen) = (DEADLINE.list(""), d.in_ids("encounter_id", 1));
        let sql = format!("SELECT {columns} FROM deadline WHERE {chosen} AND open");
        let mut open = HashMap::<EncounterId, Vec<Deadline>>::new();
        for row in self.inner.pool.rows(AssertSqlSafe(sql), args![ids.clone()]).await? {
            let deadline = read_deadline(&row, 0)?;
            open.entry(deadline.encounter_id).or_default().push(deadline);
        }
        let sql =
            format!("SELECT encounter_id, sender_id, recipient_id FROM notice WHERE {chosen} AND state = 'issued'");
        let mut waiting = HashMap::<Uuid, Vec<(OrganizationId, OrganizationId)>>::new();
        for row in self.inner.pool.rows(AssertSqlSafe(sql), args![ids]).await? {
            let (sender_id, recipient_id) = (row.get::<Uuid>(1)?.into(), row.get::<Uuid>(2)?.into());
            waiting.entry(row.get(0)?).or_default().push((sender_id, recipient_id));
        }
        for line in lines {
            line.deadlines = open.remove(&line.encounter.id).unwrap_or_default();
            line.deadlines.sort_by_key(|d| (d.due_on, d.rule, d.subject));
            // An open deadline without a next instant comes behind those that have one.
            let rank = |d: &&Deadline| (d.next_at.is_none(), d.next_at, d.due_on);
            line.deadline = line.deadlines.iter().min_by_key(rank).cloned();
            line.waiting = waiting.remove(&line.encounter.id.uuid()).unwrap_or_default();
            line.unacknowledged = i64::try_from(line.waiting.len()).unwrap_or(i64::MAX);
        }
        Ok(())
    }

    /// Notices, newest first; `after` is the last id of the page before. One that can't be read is left out.
    pub async fn list_notices(
        &self,
        region_id: RegionId,
        filter: &NoticeFilter,
        after: Option<NoticeId>,
        limit: u32,
    ) -> Result<Vec<NoticeLine>, StoreError> {
        // What one organization was sent is in the order of its serial numbers: one index for the promise and for the inbox.
        let (behind, order) = if filter.recipient_id.is_some() {
            ("n.serial < (SELECT l.serial FROM notice AS l WHERE l.id = ?)", "n.serial DESC")
        } else {
            ("n.id < ?", "n.id DESC")
        };
        let select = notices();
        let (mut lines, mut last) = (Vec::new(), after.map(Uuid::from));
        while let Some(missing) = missing(limit, lines.len()) {
            let mut asked = filter.conditions(region_id);
            asked.and(behind, last);
            let rows = self.listed(&select, asked, order, missing).await?;
            for row in &rows {
                last = Some(row.get(0)?);
                lines.extend(readable(notice_line(row)).transpose()?);
            }
            if rows.len() < missing as usize {
                break;
            }
        }
        Ok(lines)
    }

    /// Of these stays, those that the organization has to do with on that day.
    pub async fn attached_to(
        &self,
        region_id: RegionId,
        organization_id: OrganizationId,
        today: NaiveDate,
        ids: &[EncounterId],
    ) -> Result<HashSet<EncounterId>, StoreError> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut asked = Conditions::of_region("e", region_id);
        asked.args.push(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>().into());
        let chosen = self.inner.dialect.in_ids("e.id", asked.args.len());
        asked.plain(&chosen);
        let mut own = Conditions { sql: asked.sql.clone(), args: asked.args.clone() };
        asked.attached(organization_id, Some(today));
        own.and("e.hospital_id = ?", Some(organization_id.uuid()));
        let mut found = HashSet::new();
        for asked in [asked, own] {
            let rows = self.listed("SELECT e.id FROM encounter AS e", asked, "e.id", u32::MAX).await?;
            for row in rows {
                found.insert(row.get::<Uuid>(0)?.into());
            }
        }
        Ok(found)
    }

    /// One notice, in whatever state: what was taken back stays as a tombstone.
    pub async fn notice(&self, region_id: RegionId, id: NoticeId) -> Result<Option<Notice>, StoreError> {
        let sql = format!("SELECT {} FROM notice WHERE id = $1 AND region_id = $2", NOTICE.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid(), region_id.uuid()]).await?;
        rows.first().map(|row| read_notice(row, 0)).transpose()
    }

    /// The answers to a notice, oldest first.
    pub async fn acknowledgements(&self, id: NoticeId) -> Result<Vec<AcknowledgementRecord>, StoreError> {
        let sql = format!("SELECT {} FROM acknowledgement WHERE notice_id = $1 ORDER BY id", ACKNOWLEDGEMENT.list(""));
        self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?.iter().map(read_acknowledgement).collect()
    }

    /// Who has opened a notice, first readers first.
    pub async fn readings(&self, id: NoticeId) -> Result<Vec<Reading>, StoreError> {
        let columns = READING.list("");
        let sql = format!("SELECT {columns} FROM reading WHERE notice_id = $1 ORDER BY first_read_at, account_id");
        self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?.iter().map(read_reading).collect()
    }

    /// The mails that carried a notice, with every attempt. One that can't be read is left out: it was given up, and the notice's page
    /// shows the warning.
    pub async fn deliveries_of_notice(&self, id: NoticeId) -> Result<Vec<(Delivery, Vec<Attempt>)>, StoreError> {
        let sql = format!("SELECT {} FROM delivery WHERE notice_id = $1 ORDER BY id", DELIVERY.list(""));
        let rows = self.inner.pool.rows(AssertSqlSafe(sql), args![id.uuid()]).await?;
        let deliveries = rows.iter().filter_map(|row| readable(read_delivery(row))).collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.id.uuid()).collect();
        let (columns, chosen) = (ATTEMPT.list(""), self.inner.dialect.in_ids("delivery_id", 1));
        let sql = format!("SELECT {columns} FROM attempt WHERE {chosen} ORDER BY id");
        let mut attempts = HashMap::<DeliveryId, Vec<Attempt>>::new();
        for row in self.inner.pool.rows(AssertSqlSafe(sql), args![ids]).await? {
            let attempt = read_attempt(&row)?;
            attempts.entry(attempt.delivery_id).or_default().push(attempt);
        }
        Ok(deliveries
            .into_iter()
            .map(|d| (attempts.remove(&d.id).unwrap_or_default(), d))
            .map(|(a, d)| (d, a))
            .collect())
    }
}

/// Up to the conditions: stays with their people (`e`, `p`), for [`encounter_line`].
fn encounters() -> String {
    let (encounter, patient) = (ENCOUNTER.list("e."), PATIENT.list("p."));
    format!("SELECT {encounter}, {patient} FROM encounter AS e JOIN patient AS p ON p.id = e.patient_id")
}

/// Up to the conditions: notices with their stays and the names of their people (`n`, `e`, `p`), for [`notice_line`].
fn notices() -> String {
    let (notice, person) = (NOTICE.list("n."), PATIENT_NAME.list("p."));
    format!(
        "SELECT {notice}, {person}, e.hospital_id FROM notice AS n
         JOIN encounter AS e ON e.id = n.encounter_id
         JOIN patient AS p ON p.id = e.patient_id"
    )
}

/// How many lines a page still wants.
fn missing(limit: u32, have: usize) -> Option<u32> {
    limit.checked_sub(u32::try_from(have).unwrap_or(u32::MAX)).filter(|missing| *missing > 0)
}

fn notice_line(row: &Row) -> Result<NoticeLine, StoreError> {
    let mut c = PATIENT_NAME.cursor_from(row, NOTICE.columns.len());
    c.skip();
    let (patient_name, patient_kana, sharing) = (c.opened()?, c.opened()?, c.word()?);
    let hospital_id = row.get::<Uuid>(NOTICE.columns.len() + PATIENT_NAME.columns.len())?.into();
    Ok(NoticeLine { notice: read_notice(row, 0)?, patient_name, patient_kana, hospital_id, sharing })
}

fn encounter_line(row: &Row) -> Result<EncounterLine, StoreError> {
    let patient = read_patient(row, ENCOUNTER.columns.len())?;
    let (deadlines, waiting) = (Vec::new(), Vec::new());
    let encounter = read_encounter(row, 0)?;
    Ok(EncounterLine { encounter, patient, deadline: None, deadlines, unacknowledged: 0, waiting })
}
