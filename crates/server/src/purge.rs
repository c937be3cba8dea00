//! `tsunagi purge`: lets go what the retention of a region's agreement no longer keeps.
//!
//! Stays go in lots, each in one transaction with its rows of the audit trail; then people who have nothing left. A lot of which
//! anything was held, reopened or purged meanwhile comes back whole and is chosen again. What stays: the counted cells and published
//! years of the survey, which hold nobody, and the audit trail, which holds ids. Safe to stop and to run again at any moment.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use domain::changes::{AuditEntry, Changes};
use domain::decide::purged;
use domain::party::Region;
use domain::retention::{PurgeLot, Retention};
use domain::{EncounterId, Ids, Instant, PatientId};
use storage::{ApplyError, Store};

/// Stays or people in one transaction.
const LOT: u32 = 500;
/// A lot that others change all the time is given up after so many tries.
const TRIES: u32 = 5;

/// What a purge let go, or would: numbers by kind, and nobody's name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Purged {
    /// Where.
    #[serde(skip)]
    pub region: String,
    /// The first day of what is kept.
    pub ended_before_on: NaiveDate,
    /// False: a dry run.
    pub done: bool,
    /// Stays that went.
    pub stays: usize,
    /// People who went with their last stay.
    pub people: usize,
    /// Stays that would have gone but for a hold.
    pub held_back: i64,
    /// Rows by table.
    pub rows: BTreeMap<&'static str, u64>,
}

impl fmt::Display for Purged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: stays that ended before {}", self.region, self.ended_before_on)?;
        let verb = if self.done { "purged" } else { "to purge (dry run; --do does it)" };
        writeln!(f, "  {verb}: {} stays, {} people; held back: {} stays", self.stays, self.people, self.held_back)?;
        self.rows.iter().try_for_each(|(table, rows)| writeln!(f, "  {table:>18} {rows}"))
    }
}

/// Purges one region as of `now`; without `really`, only counts.
pub async fn purge(
    store: &Store,
    region: &Region,
    kept: Retention,
    now: Instant,
    seed: u64,
    really: bool,
) -> anyhow::Result<Purged> {
    let ended_before_on = kept.ended_before_on(now.day());
    let mut run = Run {
        store,
        audit: AuditEntry::at_the_machine(region.id, now, "purge", Ids::new(now, seed).next()),
        purged: Purged {
            region: region.name.to_string(),
            ended_before_on,
            done: really,
            stays: 0,
            people: 0,
            held_back: store.held_back(region.id, ended_before_on).await?,
            rows: BTreeMap::new(),
        },
    };
    if really { run.all().await } else { run.count().await }?;
    if really {
        let gone = serde_json::to_string(&run.purged)?;
        store.keep_purge(region.id, run.audit.request_id, now, ended_before_on, &gone).await?;
    }
    Ok(run.purged)
}

struct Run<'a> {
    store: &'a Store,
    /// Of each row of the audit trail.
    audit: AuditEntry,
    purged: Purged,
}

impl Run<'_> {
    fn lot(&self, stays: Vec<EncounterId>, people: Vec<PatientId>) -> PurgeLot {
        let (region_id, ended_before_on) = (self.audit.region_id, self.purged.ended_before_on);
        PurgeLot { region_id, ended_before_on, stays, people }
    }

    fn add(&mut self, rows: BTreeMap<&'static str, u64>) {
        for (table, count) in rows.into_iter().filter(|(_, count)| *count > 0) {
            *self.purged.rows.entry(table).or_default() += count;
        }
    }

    async fn count(&mut self) -> anyhow::Result<()> {
        let (region_id, before) = (self.audit.region_id, self.purged.ended_before_on);
        let stays = self.store.purgeable_stays(region_id, before, u32::MAX).await?;
        let people = self.store.purgeable_people(region_id, before, u32::MAX).await?;
        (self.purged.stays, self.purged.people) = (stays.len(), people.len());
        for lot in stays.chunks(LOT as usize) {
            self.add(self.store.count_purge(&self.lot(lot.to_vec(), Vec::new())).await?);
        }
        for lot in people.chunks(LOT as usize) {
            self.add(self.store.count_purge(&self.lot(Vec::new(), lot.to_vec())).await?);
        }
        Ok(())
    }

    async fn all(&mut self) -> anyhow::Result<()> {
        let (region_id, before) = (self.audit.region_id, self.purged.ended_before_on);
        let mut tries = TRIES;
        loop {
            let mut lot = self.lot(self.store.purgeable_stays(region_id, before, LOT).await?, Vec::new());
            if lot.stays.is_empty() {
                // A person goes once no stay of hers is left.
                lot.people = self.store.purgeable_people(region_id, before, LOT).await?;
            }
            if lot.stays.is_empty() && lot.people.is_empty() {
                return Ok(());
            }
            let (stays, people) = (lot.stays.len(), lot.people.len());
            let audit = purged(&self.audit, &lot.stays, &lot.people);
            match self.store.apply(Changes { audit, purge: Some(lot), ..Changes::default() }).await {
                Ok(applied) => {
                    self.purged.stays += stays;
                    self.purged.people += people;
                    self.add(applied.gone);
                    tries = TRIES;
                }
                Err(ApplyError::Stale | ApplyError::Refused { .. } | ApplyError::Busy) if tries > 0 => tries -= 1,
                Err(ApplyError::Stale | ApplyError::Busy) => bail!("the records change too fast to be purged now"),
                Err(error) => return Err(error).context("purging"),
            }
        }
    }
}
