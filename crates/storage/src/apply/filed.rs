//! What every filing writes.

use std::collections::BTreeMap;

use domain::notice::Notice;
use domain::survey::CellKey;
use domain::{OrganizationId, RegionId};

use super::{Batch, step_of};
use crate::chain::Chain;
use crate::dialect::Dialect;
use crate::engine::Step;
use crate::error::Failure;
use crate::rows::*;
use crate::table::Kind::{Id, Int};
use crate::table::{Rows, Table};

static SERIAL_COUNTER: Table =
    Table::new("serial_counter", &[("organization_id", Id), ("region_id", Id), ("last", Int)], &["organization_id"]);

impl<'a> Batch<'a> {
    /// The same statements each time, whether or not there are rows for all of them.
    pub(super) fn filed(&self, notices: Step, chain: &mut Chain) -> Result<Vec<Step>, Failure> {
        let d = self.dialect;
        let mut cells = self.rows(&SURVEY_CELL);
        self.sums().iter().filter(|(_, sum)| **sum != 0).for_each(|(key, sum)| write_cell(&mut cells, key, *sum));
        Ok(vec![
            step_of(EVENT.add(d), self.joined(&EVENT, |ready| &ready.events))?,
            step_of(SCREENING.add(d), self.joined(&SCREENING, |ready| &ready.screenings))?,
            notices,
            step_of(DEADLINE.put(d), self.joined(&DEADLINE, |ready| &ready.deadlines))?,
            step_of(DELIVERY.add(d), self.joined(&DELIVERY, |ready| &ready.deliveries))?,
            step_of(SURVEY_FACT.put(d), self.joined(&SURVEY_FACT, |ready| &ready.fact))?,
            step_of(SURVEY_CELL.count(d, "stays", ""), cells)?,
            self.step(AUDIT.add(d), &AUDIT, |rows, c| {
                c.audit.iter().for_each(|entry| write_audit(rows, &chain.link(entry)));
            })?,
        ])
    }

    fn sums(&self) -> BTreeMap<&'a CellKey, i64> {
        let mut sums = BTreeMap::new();
        for cell in self.going().flat_map(|(_, c)| &c.cells) {
            *sums.entry(&cell.key).or_default() += cell.count;
        }
        sums
    }

    /// How many new notices each receiver gets, and its region.
    pub(super) fn wanted(&self) -> BTreeMap<OrganizationId, (RegionId, i64)> {
        let mut wanted = BTreeMap::<OrganizationId, (RegionId, i64)>::new();
        for notice in self.going().flat_map(|(_, c)| &c.notices).filter(|n| is_new(n)) {
            wanted.entry(notice.recipient.organization_id).or_insert((notice.region_id, 0)).1 += 1;
        }
        wanted
    }

    pub(super) fn counted(&self) -> Rows {
        let mut rows = self.rows(&SERIAL_COUNTER);
        for (organization_id, (region_id, count)) in self.wanted() {
            rows.row(|r| {
                r.id(organization_id).id(region_id).int(count);
            });
        }
        rows
    }
}

/// The receivers' counters moved on; answers with the last number of each.
pub(super) fn counting(d: Dialect) -> &'static str {
    SERIAL_COUNTER.count(d, "last", "RETURNING organization_id, last")
}

pub(super) const fn is_new(notice: &Notice) -> bool {
    notice.serial == 0
}
