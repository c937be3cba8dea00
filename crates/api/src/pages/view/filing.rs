//! The filing form: one page from the bedside to the care manager.

use std::sync::LazyLock;

use askama::Template;

use super::consent::ConsentNote;
use super::form::{Choice, Form};
use super::frame::Frame;
use super::patients::PersonCard;
use super::words::{Badge, Tone};

#[derive(Debug, Template)]
#[template(path = "file.html")]
pub(crate) struct Filing {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) person: PersonCard,
    pub(crate) place: String,
    pub(crate) form: Form,
    pub(crate) edition: String,
    pub(crate) required: Vec<CriterionRow>,
    pub(crate) advised: Vec<CriterionRow>,
    pub(crate) verdict: Verdict,
    /// Why just they; or that there is nobody.
    pub(crate) recipient: Result<RecipientCard, String>,
    /// Nobody has consented to more than the minimal contact.
    pub(crate) consent: Option<ConsentNote>,
}

impl Filing {
    pub(crate) fn give_choices(&self) -> &'static [Choice] {
        static CHOICES: LazyLock<[Choice; 2]> =
            LazyLock::new(|| [Choice::new("yes", "連絡する", "tell"), Choice::new("no", "連絡しない", "don't tell")]);
        &*CHOICES
    }

    pub(crate) fn today_hint(&self) -> (&'static str, &'static str) {
        (
            "決まっていなければ、見込みの日で構いません。あとで変更できます。",
            "An expected day will do; it can be changed later.",
        )
    }
}

#[derive(Debug, Clone)]
pub(crate) struct RecipientCard {
    pub(crate) name: String,
    pub(crate) office: String,
    pub(crate) phone: Option<String>,
    pub(crate) because: &'static str,
    pub(crate) because_en: &'static str,
}

/// One criterion of the agreement as a line of the form.
#[derive(Debug, Clone)]
pub(crate) struct CriterionRow {
    pub(crate) number: usize,
    pub(crate) id: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) yes: bool,
    pub(crate) no: bool,
    /// The records say so already.
    pub(crate) derived: bool,
    pub(crate) error: Option<(String, String)>,
    pub(crate) details: Vec<DetailTick>,
}

#[derive(Debug, Clone)]
pub(crate) struct DetailTick {
    pub(crate) choice: Choice,
    pub(crate) ticked: bool,
}

/// What the ticks come to so far, and the deadline of the typed day: redrawn as the form changes.
#[derive(Debug, Clone, Template)]
#[template(path = "verdict.html")]
pub(crate) struct Verdict {
    pub(crate) outcome: Badge,
    pub(crate) reasons: Vec<(String, String)>,
    /// Numbers of the criteria that still want an answer.
    pub(crate) missing: Vec<(String, String)>,
    pub(crate) advice: (&'static str, &'static str),
    /// A person decides, and says why.
    pub(crate) decide: bool,
    pub(crate) deadline: Option<(String, String, Tone)>,
}

impl askama::filters::HtmlSafe for Verdict {}
