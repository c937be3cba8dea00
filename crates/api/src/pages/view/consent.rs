//! Consent, to whom a record was given, and what is held back from the purge.

use askama::Template;

use super::form::{Choice, Form};
use super::frame::Frame;
use super::patients::PersonCard;
use super::words::Badge;

/// On a form that sends something: nobody has consented to more than the minimal contact, and how that can be mended there.
#[derive(Debug, Clone, Template)]
#[template(path = "consent_note.html")]
pub(crate) struct ConsentNote {
    pub(crate) form: Form,
    pub(crate) ways: Vec<Choice>,
    /// The reader may record a consent.
    pub(crate) can_record: bool,
}

impl askama::filters::HtmlSafe for ConsentNote {}

#[derive(Debug, Template)]
#[template(path = "consents.html")]
pub(crate) struct Consents {
    pub(crate) frame: Frame,
    pub(crate) person: PersonCard,
    /// What the consents come to now.
    pub(crate) now: Badge,
    pub(crate) rows: Vec<ConsentRow>,
    pub(crate) form: Form,
    pub(crate) kinds: Vec<Choice>,
    pub(crate) acts: Vec<Choice>,
    pub(crate) scopes: Vec<Choice>,
    pub(crate) bys: Vec<Choice>,
    pub(crate) ways: Vec<Choice>,
}

/// One thing that was said.
#[derive(Debug, Clone)]
pub(crate) struct ConsentRow {
    pub(crate) kind: &'static str,
    pub(crate) act: Badge,
    pub(crate) scope: Option<&'static str>,
    pub(crate) on: String,
    pub(crate) by: &'static str,
    pub(crate) way: &'static str,
    pub(crate) recorded: String,
    pub(crate) place: String,
}

#[derive(Debug, Template)]
#[template(path = "disclosures.html")]
pub(crate) struct Disclosures {
    pub(crate) frame: Frame,
    /// None for whoever may see to whom a record was given, but not whose it is.
    pub(crate) person: Option<PersonCard>,
    pub(crate) rows: Vec<DisclosureRow>,
}

#[derive(Debug, Clone)]
pub(crate) struct DisclosureRow {
    pub(crate) at: String,
    pub(crate) occasion: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) items: String,
}

#[derive(Debug, Template)]
#[template(path = "holds.html")]
pub(crate) struct Holds {
    pub(crate) frame: Frame,
    pub(crate) years: u32,
    pub(crate) form: Form,
    pub(crate) rows: Vec<HoldRow>,
    /// When a purge ran, and up to which day.
    pub(crate) purges: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct HoldRow {
    /// 本人 or 入院, and its number: neither administrator nor municipality sees whose.
    pub(crate) what: (&'static str, String),
    pub(crate) why: String,
    pub(crate) at: String,
    pub(crate) by: String,
    pub(crate) lifted: Option<(String, String)>,
    pub(crate) lift: Option<Form>,
}
