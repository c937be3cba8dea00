//! Parties and accounts, before anything that refers to them; whoever has read the directory learns by its version that it changed.

use std::collections::BTreeSet;

use domain::changes::Changes;
use domain::{OrganizationId, RegionId};
use uuid::Uuid;

use super::{Abort, Batch};
use crate::dialect::once;
use crate::engine::args;
use crate::error::Failure;
use crate::rows::*;
use crate::table::{Rows, Table};

impl Batch<'_> {
    pub(super) async fn directory(&mut self) -> Result<(), Abort> {
        let (mut regions, mut organizations) = (BTreeSet::<RegionId>::new(), BTreeSet::<OrganizationId>::new());
        for (_, changes) in self.going() {
            let d = &changes.directory;
            regions.extend(d.regions.iter().map(|r| r.id));
            regions.extend(d.organizations.iter().map(|o| o.region_id).chain(d.accounts.iter().map(|a| a.region_id)));
            regions.extend(d.neighbours.iter().map(|n| n.region_id));
            organizations.extend(d.neighbours.iter().map(|n| n.organization_id));
            organizations.extend(d.organizations.iter().map(|o| o.id));
            organizations.extend(d.wards.iter().map(|w| w.organization_id));
            organizations.extend(d.contact_points.iter().map(|p| p.organization_id));
            organizations.extend(d.care_managers.iter().map(|c| c.organization_id));
        }
        if regions.is_empty() && organizations.is_empty() {
            return Ok(());
        }
        let d = self.dialect;
        self.write(REGION.put(d), &REGION, |r, c| c.directory.regions.iter().for_each(|x| write_region(r, x))).await?;
        self.write(ORGANIZATION.put(d), &ORGANIZATION, |r, c| {
            c.directory.organizations.iter().for_each(|x| write_organization(r, x));
        })
        .await?;
        self.write(WARD.put(d), &WARD, |r, c| c.directory.wards.iter().for_each(|x| write_ward(r, x))).await?;
        self.write(CONTACT_POINT.put(d), &CONTACT_POINT, |r, c| {
            c.directory.contact_points.iter().for_each(|x| write_contact_point(r, x));
        })
        .await?;
        self.write(CARE_MANAGER.put(d), &CARE_MANAGER, |r, c| {
            c.directory.care_managers.iter().for_each(|x| write_care_manager(r, x));
        })
        .await?;
        self.write(ACCOUNT.put(d), &ACCOUNT, |r, c| c.directory.accounts.iter().for_each(|x| write_account(r, x)))
            .await?;
        self.write(NEIGHBOUR.put(d), &NEIGHBOUR, |r, c| {
            c.directory.neighbours.iter().for_each(|x| write_neighbour(r, x));
        })
        .await?;
        // Where an organization is a guest, it stands in the directory too.
        let sql = once!(d, {
            let (regions, organizations) = (d.in_ids("id", 1), d.in_ids("o.id", 2));
            let guests = d.in_ids("n.organization_id", 2);
            format!(
                "UPDATE region SET directory_version = directory_version + 1
                 WHERE {regions}
                    OR id IN (SELECT o.region_id FROM organization AS o WHERE {organizations})
                    OR id IN (SELECT n.region_id FROM organization_region AS n WHERE {guests})"
            )
        });
        let regions: Vec<Uuid> = regions.into_iter().map(Uuid::from).collect();
        let organizations: Vec<Uuid> = organizations.into_iter().map(Uuid::from).collect();
        Ok(self.conn.run(sql, args![regions, organizations]).await?)
    }

    async fn write(
        &mut self,
        sql: &'static str,
        table: &'static Table,
        mut fill: impl FnMut(&mut Rows, &Changes),
    ) -> Result<(), Failure> {
        let mut rows = self.rows(table);
        self.going().for_each(|(_, changes)| fill(&mut rows, changes));
        if rows.is_empty() { Ok(()) } else { self.conn.run(sql, rows.args()?).await }
    }
}
