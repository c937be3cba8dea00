//! The way in, and the pages for when something went wrong.

use askama::Template;

use super::form::Form;
use super::frame::Frame;

/// A form that could not be taken: its content waits in the page, nowhere else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    /// Where it was sent to.
    pub(crate) to: String,
    pub(crate) fields: Vec<(String, String)>,
}

#[derive(Debug, Template)]
#[template(path = "login.html")]
pub(crate) struct Login {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) next: String,
    pub(crate) held: Option<Held>,
    /// What people know the outside provider by; none where there is none.
    pub(crate) outside: Option<String>,
}

/// After a login in the middle of a form: what was typed, and the way back to it.
#[derive(Debug, Template)]
#[template(path = "resume.html")]
pub(crate) struct Resume {
    pub(crate) frame: Frame,
    pub(crate) csrf: String,
    pub(crate) held: Held,
}

#[derive(Debug, Template)]
#[template(path = "wrong.html")]
pub(crate) struct Wrong {
    pub(crate) frame: Frame,
    pub(crate) status: u16,
    /// What happened, in both languages.
    pub(crate) words: Vec<(String, String)>,
    pub(crate) csrf: String,
    pub(crate) held: Option<Held>,
    /// Sending the same again may help.
    pub(crate) again: bool,
}

impl Held {
    /// Fields that a person would recognise, for reading and copying.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &str> {
        let words = ["message", "why", "name", "kana", "with_whom", "note"];
        let kept =
            self.fields.iter().filter(move |(name, value)| words.contains(&name.as_str()) && !value.trim().is_empty());
        kept.map(|(_, value)| value.as_str())
    }
}
