//! The names under which hospitals and offices stand in a report.
//!
//! Every hospital and office of the directory stands there, also one with no case: sixteen hospitals asked, sixteen lines. A party
//! that is counted but no longer in the directory stands under its id, so that no count is dropped.

use std::collections::BTreeMap;

use domain::OrganizationId;
use domain::directory::Directory;
use domain::party::OrganizationKind;
use domain::survey::Side;

/// Names of the two sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parties {
    /// Listed whether counted or not.
    pub hospitals: BTreeMap<OrganizationId, String>,
    /// Listed whether counted or not: care offices, and the support centres that manage 要支援.
    pub offices: BTreeMap<OrganizationId, String>,
    /// Listed when counted: guests from other cities.
    pub others: BTreeMap<OrganizationId, String>,
}

impl Parties {
    pub(crate) fn listed(&self, side: Side) -> &BTreeMap<OrganizationId, String> {
        match side {
            Side::Hospital => &self.hospitals,
            Side::Office => &self.offices,
        }
    }

    /// The name under which a party stands, in any of the lists.
    pub(crate) fn name(&self, party_id: Option<OrganizationId>) -> String {
        let Some(id) = party_id else { return "担当事業所なし".to_owned() };
        let lists = [&self.hospitals, &self.offices, &self.others];
        lists.iter().find_map(|list| list.get(&id)).cloned().unwrap_or_else(|| format!("名簿にない機関({id})"))
    }
}

impl From<&Directory> for Parties {
    fn from(directory: &Directory) -> Self {
        let named = |kinds: &[OrganizationKind]| {
            let all = kinds.iter().flat_map(|kind| directory.organizations(*kind));
            all.map(|organization| (organization.id, organization.name.as_str().to_owned())).collect()
        };
        Self {
            hospitals: named(&[OrganizationKind::Hospital]),
            offices: named(&[OrganizationKind::CareOffice, OrganizationKind::SupportCentre]),
            others: named(&[OrganizationKind::Guest, OrganizationKind::Municipality]),
        }
    }
}
