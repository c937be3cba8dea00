//! One thing after the other: whatever the database answers decides how it goes on.

use std::collections::HashMap;

use uuid::Uuid;

use super::filed::{counting, is_new};
use super::{Abort, Applied, Batch, step_of};
use crate::chain::Chain;
use crate::rows::*;
use crate::table::Rows;

impl Batch<'_> {
    pub(super) async fn step_by_step(&mut self, chain: &mut Chain) -> Result<(), Abort> {
        self.conn.run(self.dialect.begin(), vec![]).await?;
        self.keys().await?;
        self.guards().await?;
        self.claims().await?;
        self.purges().await?;
        self.directory().await?;
        self.people_and_stays().await?;
        let notices = self.notices().await?;
        let steps = self.filed(step_of(NOTICE.add(self.dialect), notices)?, chain)?;
        let answers = self.has_answers();
        self.conn.change(steps, !answers).await?;
        if answers { self.answers_and_end().await } else { Ok(()) }
    }

    /// New notices take the next numbers of their receivers; known ones change their state and nothing else.
    async fn notices(&mut self) -> Result<Rows, Abort> {
        let (wanted, counted) = (self.wanted(), self.counted());
        let mut next = HashMap::<Uuid, i64>::new();
        if !counted.is_empty() {
            for row in self.conn.rows(counting(self.dialect), counted.args()?).await? {
                let (organization_id, last): (Uuid, i64) = (row.get(0)?, row.get(1)?);
                let count = wanted.get(&organization_id.into()).map_or(0, |(_, count)| *count);
                next.insert(organization_id, last - count + 1);
            }
        }
        let (mut new, mut settled) = (self.rows(&NOTICE), self.rows(&NOTICE));
        let mut given = Vec::new();
        for (index, changes) in self.going() {
            let mut applied = Applied::default();
            for notice in &changes.notices {
                if is_new(notice) {
                    let serial = next.entry(notice.recipient.organization_id.uuid()).or_insert(1);
                    write_notice(&mut new, notice, *serial);
                    applied.serials.push((notice.id, *serial));
                    *serial += 1;
                } else {
                    write_notice(&mut settled, notice, notice.serial);
                }
            }
            if !applied.serials.is_empty() {
                given.push((index, applied));
            }
        }
        self.applied.extend(given);
        if !settled.is_empty() {
            self.conn.run(NOTICE.update(self.dialect), settled.args()?).await?;
        }
        Ok(new)
    }
}
