//! What an administrator sees of people, and what an invited person sees first.

use askama::Template;

use super::form::{Form, Group};
use super::frame::Frame;
use super::words::Badge;

#[derive(Debug, Template)]
#[template(path = "people.html")]
pub(crate) struct PeoplePage {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) rows: Vec<PersonRow>,
    pub(crate) form: Form,
    /// Only where there is a choice.
    pub(crate) organizations: Vec<Group>,
    pub(crate) roles: Vec<Group>,
    pub(crate) wards: Vec<Group>,
    pub(crate) managers: Vec<Group>,
}

#[derive(Debug, Clone)]
pub(crate) struct PersonRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) login: String,
    pub(crate) place: String,
    pub(crate) role: &'static str,
    pub(crate) state: Badge,
    pub(crate) factor: bool,
    pub(crate) sessions: i64,
    pub(crate) closed: bool,
    pub(crate) mailed: bool,
    pub(crate) own: bool,
}

#[derive(Debug, Template)]
#[template(path = "invitation.html")]
pub(crate) struct InvitationPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) until: String,
}
