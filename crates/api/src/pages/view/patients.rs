//! People: finding one, registering one without making a second of the same, and who manages the care.

use askama::Template;

use super::form::{Choice, Form, Group};
use super::frame::Frame;
use super::home::StayRow;
use super::words::Badge;

#[derive(Debug, Template)]
#[template(path = "patient_search.html")]
pub(crate) struct Search {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    /// None before anything was searched.
    pub(crate) found: Option<Vec<PersonRow>>,
    pub(crate) cut: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct PersonRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) birth: String,
    pub(crate) age: u32,
    pub(crate) district: String,
    pub(crate) care_level: String,
}

#[derive(Debug, Template)]
#[template(path = "patient_form.html")]
pub(crate) struct PersonForm {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) is_new: bool,
    pub(crate) back: String,
    pub(crate) districts: Vec<Group>,
    pub(crate) care_levels: Vec<Group>,
    pub(crate) sexes: Vec<Choice>,
    /// People who may be the same one.
    pub(crate) alike: Vec<PersonRow>,
    pub(crate) doubts: Vec<(&'static str, &'static str)>,
    /// Somebody else was faster: what stands there now and isn't what was typed.
    pub(crate) standing: Option<Vec<Standing>>,
    /// How a consent can have been given.
    pub(crate) consents: Vec<Choice>,
}

/// One particular as it is on record.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
    pub(crate) now: String,
}

/// Japanese and English.
type Wording = (&'static str, &'static str);

#[derive(Debug, Template)]
#[template(path = "patient.html")]
pub(crate) struct Person {
    pub(crate) frame: Frame,
    pub(crate) person: PersonCard,
    pub(crate) insured_number: Option<String>,
    /// What looks wrong about her particulars.
    pub(crate) doubts: Vec<(&'static str, &'static str)>,
    pub(crate) team: Vec<Charge>,
    /// Nobody is in charge now: whom a hospital would tell, and why; or that there is nobody.
    pub(crate) told: Option<Result<(String, Wording), String>>,
    pub(crate) consent: Badge,
    pub(crate) can_record_consent: bool,
    pub(crate) can_view_disclosures: bool,
    pub(crate) stays: Vec<StayRow>,
    pub(crate) can_write: bool,
    pub(crate) can_admit: bool,
}

/// A person as named on top of a page.
#[derive(Debug, Clone)]
pub(crate) struct PersonCard {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) birth: String,
    pub(crate) age: u32,
    pub(crate) sex: &'static str,
    pub(crate) district: String,
    pub(crate) care_level: &'static str,
    /// Nobody has consented to more than the name being shown.
    pub(crate) name_only: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) manager: String,
    pub(crate) office: String,
    pub(crate) phone: Option<String>,
    pub(crate) from: String,
    pub(crate) until: Option<String>,
    pub(crate) current: bool,
}

#[derive(Debug, Template)]
#[template(path = "care_team.html")]
pub(crate) struct CareTeamForm {
    pub(crate) frame: Frame,
    pub(crate) person: PersonCard,
    pub(crate) form: Form,
    pub(crate) managers: Vec<Group>,
    pub(crate) current: Option<Charge>,
}
