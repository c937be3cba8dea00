//! `tsunagi neighbour`: a care office or a support centre takes part in a further region, because its clients go into hospital there.
//!
//! Two municipalities agree on it, so neither of their administrators can do it alone on a page: whoever runs the installation does, and
//! both regions' trails say so. Its home stays its own region. Ended, it sees nothing of the other region any more, at once.

use std::fmt::Write;

use anyhow::{Context, Result, bail, ensure};
use domain::changes::{AuditEntry, Changes, DirectoryChanges};
use domain::party::{Neighbour, OrganizationKind};
use domain::{Ids, Instant, OrganizationId, RegionId};
use storage::Store;

/// Who may take part elsewhere: whoever is told, never whoever has stays or figures.
const KINDS: [OrganizationKind; 2] = [OrganizationKind::CareOffice, OrganizationKind::SupportCentre];

/// Lets an organization take part in a further region, or ends that.
///
/// # Errors
/// An organization or a region that there isn't, one of another kind, and its own region.
pub async fn neighbour(
    store: &Store,
    organization_id: OrganizationId,
    region_id: RegionId,
    ends: bool,
    now: Instant,
    seed: u64,
) -> Result<()> {
    let mut home = None;
    let mut known = false;
    for region in store.regions().await? {
        known |= region.id == region_id;
        if let Some(organization) = store.directory(region.id).await?.own(organization_id) {
            home = Some((region.id, organization.kind));
        }
    }
    let (home, kind) = home.context("there is no such organization")?;
    ensure!(known, "there is no such region");
    ensure!(home != region_id, "this is the organization's own region");
    ensure!(KINDS.contains(&kind), "only a care office or a support centre takes part in a further region");
    let before = store.neighbours().await?;
    let before = before.iter().find(|n| n.organization_id == organization_id && n.region_id == region_id);
    match before {
        None if ends => bail!("it takes no part in that region"),
        Some(n) if ends && n.ended_at.is_some() => bail!("that has ended already"),
        Some(n) if !ends && n.ended_at.is_none() => bail!("it takes part in that region already"),
        _ => {}
    }
    let joined_at = before.map_or(now, |n| n.joined_at);
    let row = Neighbour { organization_id, region_id, joined_at, ended_at: ends.then_some(now) };
    let request_id = Ids::new(now, seed).next();
    let action = if ends { "leave_region" } else { "join_region" };
    let audit = [home, region_id].map(|region_id| AuditEntry {
        organization_id: Some(organization_id),
        ..AuditEntry::at_the_machine(region_id, now, action, request_id)
    });
    let directory = DirectoryChanges { neighbours: vec![row], ..DirectoryChanges::default() };
    store.apply(Changes { directory, audit: audit.into(), ..Changes::default() }).await.context("writing it down")?;
    Ok(())
}

/// Every region with whom it could lend, and who takes part where.
///
/// # Errors
/// Those of the database.
pub async fn list(store: &Store) -> Result<String> {
    let (regions, neighbours) = (store.regions().await?, store.neighbours().await?);
    let mut text = String::new();
    for region in &regions {
        writeln!(text, "{} {}", region.id, region.name)?;
        let directory = store.directory(region.id).await?;
        let able = KINDS.into_iter().flat_map(|kind| directory.organizations(kind));
        for organization in able.filter(|o| directory.own(o.id).is_some()) {
            writeln!(text, "  {} {}", organization.id, organization.name)?;
            for also in neighbours.iter().filter(|n| n.organization_id == organization.id && n.ended_at.is_none()) {
                let name = regions.iter().find(|region| region.id == also.region_id).map_or("?", |r| r.name.as_str());
                writeln!(text, "    also in {name} since {}", also.joined_at)?;
            }
        }
    }
    Ok(text)
}
