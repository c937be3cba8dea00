//! The file with which a region is founded, as the operator writes it.

use anyhow::{Result, ensure};
use domain::decide::check_login;
use domain::party::OrganizationKind;
use domain::text::{EmailAddress, Line};
use rules::calendar::OfficeHours;
use serde::Deserialize;

/// Who takes part, as the operator writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) region: RegionOf,
    pub(super) administrator: Person,
    /// The first municipality is the administrator's.
    pub(super) organizations: Vec<Party>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionOf {
    pub(super) name: Line,
    /// The id of an agreement: built in is `kitami`.
    pub(super) agreement: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) login: String,
    pub(super) name: Line,
    pub(super) email: EmailAddress,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Party {
    pub(super) kind: OrganizationKind,
    pub(super) name: Line,
    pub(super) code: Option<Line>,
    pub(super) phone: Option<Line>,
    #[serde(default)]
    pub(super) districts: Vec<String>,
    #[serde(default)]
    pub(super) hours: OfficeHours,
    /// Where mails to the organization go.
    pub(super) first_contact: EmailAddress,
    pub(super) second_contact: Option<EmailAddress>,
    pub(super) coordination_desk: Option<EmailAddress>,
    #[serde(default)]
    pub(super) wards: Vec<WardOf>,
    #[serde(default)]
    pub(super) care_managers: Vec<ManagerOf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WardOf {
    pub(super) name: Line,
    pub(super) email: Option<EmailAddress>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManagerOf {
    pub(super) name: Line,
    pub(super) email: Option<EmailAddress>,
}

impl File {
    /// # Errors
    /// With its place, or its key.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let file: Self = toml::from_str(text)?;
        let mut hospitals = file.organizations.iter().filter(|party| party.kind == OrganizationKind::Hospital);
        ensure!(hospitals.all(|party| !party.wards.is_empty()), "organizations: a hospital has at least one ward");
        let login = check_login(&file.administrator.login);
        ensure!(login.is_ok(), "administrator.login: expected 3 to 60 of a–z, 0–9, dot, hyphen, underscore");
        Ok(file)
    }
}
