//! What an administrator sees of her organization's systems.

use askama::Template;

use super::form::{Choice, Form, Group};
use super::frame::Frame;
use super::words::Badge;

#[derive(Debug, Template)]
#[template(path = "machines.html")]
pub(crate) struct MachinesPage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) rows: Vec<MachineRow>,
    pub(crate) form: Form,
    pub(crate) scopes: Vec<Choice>,
    /// Only where there are any.
    pub(crate) wards: Vec<Group>,
}

#[derive(Debug, Clone)]
pub(crate) struct MachineRow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The ward, where it is bound to one.
    pub(crate) place: String,
    pub(crate) scopes: Vec<&'static str>,
    pub(crate) state: Badge,
    pub(crate) ends: String,
    pub(crate) made: String,
    pub(crate) by: String,
    pub(crate) used: Option<String>,
    /// It can still be revoked.
    pub(crate) alive: bool,
}

/// The only time that a token is seen.
#[derive(Template)]
#[template(path = "machine_token.html")]
pub(crate) struct TokenPage {
    pub(crate) frame: Frame,
    pub(crate) name: String,
    pub(crate) ends: String,
    pub(crate) token: String,
}
