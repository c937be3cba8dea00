//! What a purge deletes, and the guard that nothing else is: a lot of which anything may not go any more is stale, whole.
//!
//! # How to add a table
//!
//! One that holds a stay's or a person's rows gets a line in [`of_stays`] or [`of_people`], before whatever it refers to. The test
//! `every_table_of_a_person_is_purged` finds the one that was forgotten.

use domain::Instant;
use domain::retention::{PurgeLot, first_id_on};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Abort, Applied, Batch, Outcome};
use crate::dialect::Dialect;
use crate::engine::{Arg, args};

/// `e` ended before day $2 (instant $3, where it has no last day), and no hold stands on it or its person.
pub(crate) const STAY_IS_DUE: &str = "(e.state = 'discharged' AND e.discharged_on < $2
      OR e.state IN ('cancelled', 'entered_in_error') AND e.admitted_at < $3)
   AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.patient_id = e.patient_id AND h.lifted_at IS NULL
                   AND (h.encounter_id IS NULL OR h.encounter_id = e.id))";

/// `p` was registered before $4, has no stay that stays, and nothing newer stands with her.
pub(crate) fn person_is_due() -> String {
    format!(
        "p.id < $4
         AND NOT EXISTS (SELECT 1 FROM encounter AS e WHERE e.patient_id = p.id AND NOT ({STAY_IS_DUE}))
         AND NOT EXISTS (SELECT 1 FROM care_team_member AS m WHERE m.patient_id = p.id AND m.from_on >= $2)
         AND NOT EXISTS (SELECT 1 FROM consent AS c WHERE c.patient_id = p.id AND c.declared_on >= $2)
         AND NOT EXISTS (SELECT 1 FROM disclosure AS d WHERE d.patient_id = p.id AND d.disclosed_at >= $3)
         AND NOT EXISTS (SELECT 1 FROM legal_hold AS h WHERE h.patient_id = p.id AND h.lifted_at IS NULL)"
    )
}

/// $1 to $4 of the two conditions.
pub(crate) fn limits(region_id: Uuid, ended_before_on: chrono::NaiveDate) -> Vec<Arg> {
    let midnight = Instant::at(ended_before_on, chrono::NaiveTime::MIN);
    args![region_id, ended_before_on, midnight, first_id_on(ended_before_on)]
}

/// The tables of a stay and which of their rows, $1 being the stays; who refers stands before what is referred to.
pub(crate) fn of_stays(d: Dialect) -> Vec<(&'static str, String)> {
    let stays = d.in_ids("encounter_id", 1);
    let of = |column: &str, table: &str| format!("{column} IN (SELECT id FROM {table} WHERE {stays})");
    let mut tables = vec![
        ("attempt", of("delivery_id", "delivery")),
        ("acknowledgement", of("notice_id", "notice")),
        ("reading", of("notice_id", "notice")),
    ];
    let own = [
        "delivery",
        "notice",
        "encounter_event",
        "screening",
        "contact",
        "deadline",
        "warning",
        "survey_fact",
        "idempotency",
        "legal_hold",
        "break_glass",
    ];
    tables.extend(own.map(|table| (table, stays.clone())));
    tables.push(("encounter", d.in_ids("id", 1)));
    tables
}

/// The same of people, once their stays are gone.
pub(crate) fn of_people(d: Dialect) -> Vec<(&'static str, String)> {
    let own = ["patient_mark", "care_team_member", "consent", "disclosure", "legal_hold", "break_glass"];
    let mut tables: Vec<_> = own.map(|table| (table, d.in_ids("patient_id", 1))).into();
    tables.push(("patient", d.in_ids("id", 1)));
    tables
}

impl Batch<'_> {
    pub(super) async fn purges(&mut self) -> Result<(), Abort> {
        let lots: Vec<(usize, &PurgeLot)> = self.going().filter_map(|(n, c)| Some((n, c.purge.as_ref()?))).collect();
        for (index, lot) in lots {
            if !self.may_go(lot).await? {
                self.outcomes[index] = Some(Outcome::Stale);
                continue;
            }
            let mut applied = Applied::default();
            let stays: Vec<Uuid> = lot.stays.iter().map(|id| id.uuid()).collect();
            let people: Vec<Uuid> = lot.people.iter().map(|id| id.uuid()).collect();
            let of_stays = of_stays(self.dialect).into_iter().map(|table| (table, &stays));
            let of_people = of_people(self.dialect).into_iter().map(|table| (table, &people));
            for ((table, chosen), ids) in of_stays.chain(of_people).filter(|(_, ids)| !ids.is_empty()) {
                let sql = format!("DELETE FROM {table} WHERE {chosen} RETURNING 1");
                let gone = self.conn.rows(AssertSqlSafe(sql), args![ids.clone()]).await?.len();
                *applied.gone.entry(table).or_default() += gone as u64;
            }
            self.applied.insert(index, applied);
        }
        Ok(())
    }

    async fn may_go(&mut self, lot: &PurgeLot) -> Result<bool, Abort> {
        let stays: Vec<Uuid> = lot.stays.iter().map(|id| id.uuid()).collect();
        let people: Vec<Uuid> = lot.people.iter().map(|id| id.uuid()).collect();
        let limits = || limits(lot.region_id.uuid(), lot.ended_before_on);
        let (of_stays, of_people) = (self.dialect.in_ids("e.id", 4), self.dialect.in_ids("p.id", 5));
        let mut asked = limits()[..3].to_vec();
        asked.push(stays.clone().into());
        let sql = format!("SELECT 1 FROM encounter AS e WHERE e.region_id = $1 AND {STAY_IS_DUE} AND {of_stays}");
        if !stays.is_empty() && self.conn.rows(AssertSqlSafe(sql), asked).await?.len() != stays.len() {
            return Ok(false);
        }
        let mut asked = limits();
        asked.push(people.clone().into());
        let due = person_is_due();
        let sql = format!("SELECT 1 FROM patient AS p WHERE p.region_id = $1 AND {due} AND {of_people}");
        Ok(people.is_empty() || self.conn.rows(AssertSqlSafe(sql), asked).await?.len() == people.len())
    }
}
