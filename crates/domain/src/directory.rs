//! Who there is in a region: organizations, wards, contact points, care managers. Small and read all the time, so it is held in memory
//! and read again when its version in the store has moved.
//!
//! A care office or a support centre of another region that takes part in this one stands here too, as a **guest**: it can be named, told
//! and can answer like any other, but it serves no district here, and nobody of this region administrates it.

use std::collections::HashMap;

use crate::party::{CareManager, ContactPoint, ContactUse, Organization, OrganizationKind, Region, Ward};
use crate::text::EmailAddress;
use crate::{CareManagerId, OrganizationId, RegionId, WardId};

#[derive(Debug, Clone)]
pub struct Directory {
    pub region: Region,
    /// Raised by every change of a row below.
    pub version: i64,
    organizations: HashMap<OrganizationId, Organization>,
    wards: HashMap<WardId, Ward>,
    care_managers: HashMap<CareManagerId, CareManager>,
    contact_points: HashMap<OrganizationId, Vec<ContactPoint>>,
    further: HashMap<OrganizationId, Vec<RegionId>>,
}

impl Directory {
    pub fn new(
        region: Region,
        version: i64,
        organizations: Vec<Organization>,
        wards: Vec<Ward>,
        care_managers: Vec<CareManager>,
        contact_points: Vec<ContactPoint>,
    ) -> Self {
        let mut by_organization = HashMap::<_, Vec<_>>::new();
        for point in contact_points {
            by_organization.entry(point.organization_id).or_default().push(point);
        }
        let here = |mut organization: Organization| {
            if organization.region_id != region.id {
                organization.districts.clear();
            }
            (organization.id, organization)
        };
        let organizations = organizations.into_iter().map(here).collect();
        Self {
            region,
            version,
            organizations,
            wards: wards.into_iter().map(|w| (w.id, w)).collect(),
            care_managers: care_managers.into_iter().map(|c| (c.id, c)).collect(),
            contact_points: by_organization,
            further: HashMap::new(),
        }
    }

    /// With what further regions organizations of this one take part in.
    #[must_use]
    pub fn with_neighbours(mut self, neighbours: impl IntoIterator<Item = (OrganizationId, RegionId)>) -> Self {
        for (organization_id, region_id) in neighbours {
            self.further.entry(organization_id).or_default().push(region_id);
        }
        self
    }

    /// The further regions in which an organization of this one takes part.
    pub fn further_regions_of(&self, organization_id: OrganizationId) -> &[RegionId] {
        self.further.get(&organization_id).map_or(&[], Vec::as_slice)
    }

    /// An organization of this very region, not one that takes part from elsewhere.
    pub fn own(&self, id: OrganizationId) -> Option<&Organization> {
        self.organization(id).filter(|organization| organization.region_id == self.region.id)
    }

    pub fn organization(&self, id: OrganizationId) -> Option<&Organization> {
        self.organizations.get(&id)
    }

    pub fn ward(&self, id: WardId) -> Option<&Ward> {
        self.wards.get(&id)
    }

    pub fn care_manager(&self, id: CareManagerId) -> Option<&CareManager> {
        self.care_managers.get(&id)
    }

    /// Sorted by name, so that lists don't jump.
    pub fn organizations(&self, kind: OrganizationKind) -> Vec<&Organization> {
        let mut found: Vec<_> = self.organizations.values().filter(|o| o.kind == kind).collect();
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        found
    }

    pub fn wards_of(&self, organization_id: OrganizationId) -> Vec<&Ward> {
        let mut found: Vec<_> = self.wards.values().filter(|w| w.organization_id == organization_id).collect();
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        found
    }

    pub fn care_managers_of(&self, organization_id: OrganizationId) -> Vec<&CareManager> {
        let mut found: Vec<_> = self.care_managers.values().filter(|c| c.organization_id == organization_id).collect();
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        found
    }

    pub fn support_centre_of(&self, district: &str) -> Option<&Organization> {
        self.organizations(OrganizationKind::SupportCentre)
            .into_iter()
            .find(|centre| centre.districts.iter().any(|d| d == district))
    }

    pub fn municipality(&self) -> Option<&Organization> {
        self.organizations(OrganizationKind::Municipality).into_iter().next()
    }

    /// Every district that a support centre serves, sorted.
    pub fn districts(&self) -> Vec<&str> {
        let centres = self.organizations(OrganizationKind::SupportCentre);
        let mut all: Vec<_> = centres.into_iter().flat_map(|c| c.districts.iter().map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The mailbox for this use; a use without its own falls back to the organization's first contact.
    pub fn mailbox(
        &self,
        organization_id: OrganizationId,
        use_for: ContactUse,
        ward: Option<WardId>,
    ) -> Option<&EmailAddress> {
        let points = self.contact_points.get(&organization_id)?;
        let of = |wanted: ContactUse, ward: Option<WardId>| {
            points.iter().find(|p| p.use_for == wanted && (ward.is_none() || p.ward_id == ward)).map(|p| &p.email)
        };
        of(use_for, if use_for == ContactUse::Ward { ward } else { None })
            .or_else(|| of(ContactUse::CoordinationDesk, None).filter(|_| use_for == ContactUse::Ward))
            .or_else(|| of(ContactUse::First, None))
    }
}
