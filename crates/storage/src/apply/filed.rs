//! What every filing writes, in one go: the same statements each time, whether or not there are rows for all of them.
//!
//! Serial numbers are counted in the same breath: a new notice brings along how far it stands from the last of its receiver's.

use std::collections::{BTreeMap, HashMap};

use domain::changes::Write;
use domain::notice::Notice;
use domain::survey::CellKey;
use domain::{NoticeId, OrganizationId, RegionId};
use uuid::Uuid;

use super::{Abort, Batch, step_of};
use crate::chain::Chain;
use crate::dialect::{Dialect, once};
use crate::engine::{Ends, Step, args};
use crate::error::Failure;
use crate::rows::*;
use crate::table::Kind::{Id, Int};
use crate::table::{Rows, Table};

static SERIAL_COUNTER: Table =
    Table::new("serial_counter", &[("organization_id", Id), ("region_id", Id), ("last", Int)], &["organization_id"]);

/// How much of its transaction this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// All of it: keys and guards come along, and end it as an error.
    Whole,
    /// It is under way: keys and guards have been asked.
    Rest,
}

/// Where a new notice stands among those of its receiver.
struct Place {
    task: usize,
    notice: NoticeId,
    of: OrganizationId,
    /// How many of the same transaction come after it.
    behind: i64,
}

impl<'a> Batch<'a> {
    /// Writes what is filed and whatever else there is, and ends the transaction.
    pub(super) async fn write_filed(&mut self, chain: &mut Chain, reach: Reach) -> Result<(), Abort> {
        let proofs = self.has_proofs();
        let whole = reach == Reach::Whole;
        // In front of the rest: others hand in more meanwhile. In one go with it the next lot is less full, and a tenth less is written.
        let arrivals = self.people_and_stays()?;
        if whole && !arrivals.is_empty() {
            self.conn.run(self.dialect.begin(), vec![]).await?;
        }
        let ends = Ends { opens: whole && arrivals.is_empty(), closes: !proofs };
        for step in arrivals {
            self.conn.run(step.sql, step.args).await?;
        }
        let (steps, places) = self.steps(chain, whole)?;
        let mut last = HashMap::<Uuid, i64>::new();
        for row in self.conn.together(steps, ends).await? {
            if let Some(id) = row.get::<Option<Uuid>>(0)? {
                last.insert(id, row.get(1)?);
            }
        }
        for Place { task, notice, of, behind } in places {
            let Some(last) = last.get(&of.uuid()) else { continue };
            self.applied.entry(task).or_default().serials.push((notice, last - behind));
        }
        if proofs { self.proofs_and_end().await } else { Ok(()) }
    }

    fn steps(&self, chain: &mut Chain, checks: bool) -> Result<(Vec<Step>, Vec<Place>), Failure> {
        let d = self.dialect;
        let (mut stays, mut settled, mut new) = (self.rows(&ENCOUNTER), self.rows(&NOTICE), self.rows(&NOTICE));
        stays.with_read_at();
        let (mut guarded, mut places) = (0, Vec::new());
        let mut left: HashMap<OrganizationId, i64> =
            self.wanted().into_iter().map(|(id, (_, count))| (id, count)).collect();
        for (task, changes) in self.going() {
            if let Some(Write::Update { row, read_at }) = changes.encounter.as_ref().filter(|_| checks) {
                write_encounter(&mut stays, row, Some(*read_at));
                guarded += 1;
            }
            for notice in &changes.notices {
                if is_new(notice) {
                    let of = notice.recipient.organization_id;
                    let left = left.entry(of).or_insert(1);
                    *left -= 1;
                    write_notice(&mut new, notice, -*left);
                    places.push(Place { task, notice: notice.id, of, behind: *left });
                } else {
                    write_notice(&mut settled, notice, notice.serial);
                }
            }
        }
        let keys = if checks { self.joined(&IDEMPOTENCY) } else { self.rows(&IDEMPOTENCY) };
        let mut cells = self.rows(&SURVEY_CELL);
        self.sums().iter().filter(|(_, sum)| **sum != 0).for_each(|(key, sum)| write_cell(&mut cells, key, *sum));

        let quiet = guarded == 0 && new.is_empty();
        let named = |name, sql, rows: Rows| Ok(Step { idle: quiet, name, ..step_of(sql, rows)? });
        let mut steps = vec![step_of(IDEMPOTENCY.add(d), keys)?];
        let mut last = Vec::new();
        // PostgreSQL sees what the others answered only in the last of its one statement, SQLite what has just changed.
        if checks {
            steps.push(named("guarded", once!(d, guarded_stays(d)), stays)?);
            let check = Step { idle: quiet, ..Step::new(once!(d, as_many(d)), args![i64::from(guarded)]) };
            if d == Dialect::Sqlite { steps.push(check) } else { last.push(check) }
        } else if d == Dialect::Postgres {
            last.push(Step { idle: quiet, ..Step::new("SELECT organization_id, last FROM counted", vec![]) });
        }
        steps.extend([
            named("counted", SERIAL_COUNTER.count(d, "last", "RETURNING organization_id, last"), self.counted())?,
            step_of(NOTICE.update(d), settled)?,
            self.ready(EVENT.add(d), &EVENT)?,
            self.ready(SCREENING.add(d), &SCREENING)?,
            named("", once!(d, numbered_notices(d)), new)?,
            self.ready(DEADLINE.put(d), &DEADLINE)?,
            self.ready(DELIVERY.add(d), &DELIVERY)?,
            self.ready(SURVEY_FACT.put(d), &SURVEY_FACT)?,
            step_of(SURVEY_CELL.count(d, "stays", ""), cells)?,
        ]);
        steps.extend(self.answers()?);
        let mut trail = self.rows(&AUDIT);
        self.going().flat_map(|(_, c)| &c.audit).for_each(|entry| write_audit(&mut trail, &chain.link(entry)));
        steps.push(step_of(AUDIT.add(d), trail)?);
        steps.extend(last);
        Ok((steps, places))
    }

    fn sums(&self) -> BTreeMap<&'a CellKey, i64> {
        let mut sums = BTreeMap::new();
        for cell in self.going().flat_map(|(_, c)| &c.cells) {
            *sums.entry(&cell.key).or_default() += cell.count;
        }
        sums
    }

    /// How many new notices each receiver gets, and its region.
    fn wanted(&self) -> BTreeMap<OrganizationId, (RegionId, i64)> {
        let mut wanted = BTreeMap::<OrganizationId, (RegionId, i64)>::new();
        for notice in self.going().flat_map(|(_, c)| &c.notices).filter(|n| is_new(n)) {
            wanted.entry(notice.recipient.organization_id).or_insert((notice.region_id, 0)).1 += 1;
        }
        wanted
    }

    fn counted(&self) -> Rows {
        let mut rows = self.rows(&SERIAL_COUNTER);
        for (organization_id, (region_id, count)) in self.wanted() {
            rows.row(|r| {
                r.id(organization_id).id(region_id).int(count);
            });
        }
        rows
    }
}

/// Answers with the stays only where the count of the answers says whether all were as they had been read.
fn guarded_stays(d: Dialect) -> String {
    match d {
        Dialect::Sqlite => ENCOUNTER.guarded_text(d, "revision"),
        Dialect::Postgres => ENCOUNTER.update_guarded(d, "revision").to_owned(),
    }
}

/// The last number of the receiver, and how far the notice stands from it.
fn numbered_notices(d: Dialect) -> String {
    let counted = if d == Dialect::Sqlite { "serial_counter" } else { "counted" };
    let last = format!("(SELECT c.last FROM {counted} AS c WHERE c.organization_id = r.recipient_id)");
    NOTICE.insert_with(d, &[("serial", format!("{last} + r.serial"))])
}

/// An error unless as many stays were changed as there are guards.
fn as_many(d: Dialect) -> String {
    match d {
        Dialect::Sqlite => "SELECT NULL, abs(-9223372036854775807 - (changes() <> $1))".into(),
        Dialect::Postgres => {
            "SELECT NULL::uuid, (1 / (CASE WHEN (SELECT count(*) FROM guarded) = $1 THEN 1 ELSE 0 END))::bigint
             UNION ALL SELECT organization_id, last FROM counted"
                .into()
        }
    }
}

const fn is_new(notice: &Notice) -> bool {
    notice.serial == 0
}
