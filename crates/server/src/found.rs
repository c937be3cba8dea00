//! `tsunagi found FILE`: a new region with its organizations, and a link by which its first administrator sets her password.
//!
//! The file names who takes part; everything in it can be said again only by hand, so it is refused whole or taken whole. No mail is sent:
//! the link is printed once, works for 72 hours, and only its hash is kept. Every further person is invited on the pages.

mod file;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use domain::changes::{AuditEntry, Changes, DirectoryChanges};
use domain::credential::{Invitation, Proof};
use domain::party::{
    Account, CareManager, ContactPoint, ContactUse, Organization, OrganizationKind, Region, Role, Ward,
};
use domain::{Ids, Instant, OrganizationId};
use sha2::{Digest, Sha256};
use storage::Store;

use self::file::{File, Party};

/// What came of founding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founded {
    /// The path of the administrator's link.
    pub link: String,
    /// Codes that look mistyped, with whose they are: taken as they stand.
    pub doubts: Vec<String>,
}

/// Founds the region. `token` is 64 hex digits of chance, `seed` begins the ids.
///
/// # Errors
/// A file that can't be read names its place; a login that is taken is a database that refuses.
pub async fn found(
    store: &Store,
    file: &Path,
    agreements: &[&str],
    now: Instant,
    seed: u64,
    token: &str,
) -> Result<Founded> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let file = File::parse(&text).with_context(|| file.display().to_string())?;
    let agreement = file.region.agreement.as_str();
    ensure!(agreements.contains(&agreement), "region.agreement: expected one of {agreements:?}");
    let mut ids = Ids::new(now, seed);
    let region = Region { id: ids.next(), name: file.region.name.clone(), agreement: file.region.agreement.clone() };
    let mut directory = DirectoryChanges { regions: vec![region.clone()], ..DirectoryChanges::default() };
    let mut municipality = None;
    for party in &file.organizations {
        let id = join(&mut directory, &mut ids, &region, party);
        if party.kind == OrganizationKind::Municipality && municipality.is_none() {
            municipality = Some(id);
        }
    }
    let Some(organization_id) = municipality else { bail!("organizations: expected one of kind = \"municipality\"") };
    let login = file.administrator.login.clone();
    let account = Account {
        id: ids.next(),
        region_id: region.id,
        organization_id,
        ward_id: None,
        care_manager_id: None,
        login,
        name: file.administrator.name.clone(),
        role: Role::Administrator,
        email: Some(file.administrator.email.clone()),
        password_hash: String::new(),
        closed_at: None,
    };
    let invitation = Invitation {
        id: ids.next(),
        region_id: region.id,
        account_id: account.id,
        reset_factor: false,
        invited_by: account.id,
        invited_at: now,
        expires_at: now.plus_seconds(Invitation::HOURS * 3600),
    };
    let link = Proof::Link { invitation_id: invitation.id, token_hash: Sha256::digest(token.as_bytes()).into() };
    let audit = AuditEntry::at_the_machine(region.id, now, "found", ids.next());
    let audit = AuditEntry { organization_id: Some(organization_id), ..audit };
    directory.accounts.push(account);
    let (audit, credentials) = (vec![audit], vec![Proof::Invite(invitation), link]);
    let doubts = doubtful_codes(&directory.organizations);
    let changes = Changes { directory, audit, credentials, ..Changes::default() };
    store.apply(changes).await.context("founding the region")?;
    Ok(Founded { link: format!("/invitation/{token}"), doubts })
}

/// Organizations whose code looks mistyped, as one line each.
pub fn doubtful_codes<'a>(organizations: impl IntoIterator<Item = &'a Organization>) -> Vec<String> {
    let doubtful = organizations.into_iter().filter(|organization| organization.code_is_doubtful());
    doubtful.map(|o| format!("{}: {}", o.name, o.code.as_ref().map_or("", |code| code.as_str()))).collect()
}

fn join(directory: &mut DirectoryChanges, ids: &mut Ids, region: &Region, party: &Party) -> OrganizationId {
    let organization = Organization {
        id: ids.next(),
        region_id: region.id,
        kind: party.kind,
        name: party.name.clone(),
        code: party.code.clone(),
        phone: party.phone.clone(),
        districts: party.districts.clone(),
        hours: party.hours.clone(),
        version: 1,
    };
    let organization_id = organization.id;
    let contacts = [
        (ContactUse::First, Some(&party.first_contact)),
        (ContactUse::Second, party.second_contact.as_ref()),
        (ContactUse::CoordinationDesk, party.coordination_desk.as_ref()),
    ];
    for (use_for, email) in contacts {
        if let Some(email) = email.cloned() {
            directory.contact_points.push(ContactPoint {
                id: ids.next(),
                organization_id,
                ward_id: None,
                use_for,
                email,
            });
        }
    }
    for ward in &party.wards {
        let ward_id = ids.next();
        directory.wards.push(Ward { id: ward_id, organization_id, name: ward.name.clone() });
        if let Some(email) = ward.email.clone() {
            let (ward_id, use_for) = (Some(ward_id), ContactUse::Ward);
            directory.contact_points.push(ContactPoint { id: ids.next(), organization_id, ward_id, use_for, email });
        }
    }
    for manager in &party.care_managers {
        let (name, email) = (manager.name.clone(), manager.email.clone());
        directory.care_managers.push(CareManager { id: ids.next(), organization_id, name, email });
    }
    directory.organizations.push(organization);
    organization_id
}
