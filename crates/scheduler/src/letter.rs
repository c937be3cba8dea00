//! The letters: from what a delivery may say to a mail that a tired person understands at once.
//!
//! [`Letters::compose`] takes the delivery, the serial number of its notice and the receiving organization: there is nothing else it
//! could write down, so a letter holds no personal data by construction. The words stand in `words.rs`, once for each letter and
//! language; the two templates lay the same words out as text and as HTML, so the two can't tell different things.
//!
//! Each letter says what waits, until when, the one link to follow, and what to do if it is somebody else's. The text part has short
//! lines and the link on a line of its own, for a flip phone.
//!
//! A delivery composes to the same bytes at every attempt: its dates come from when it was made, not from when it is sent. Only an
//! invitation has a link of its own each time, because no link is written down; any of them works, and all of them once together.
//!
//! # How to add a letter
//!
//! A variant of [`domain::delivery::Letter`], its words in `words.rs` (the compiler asks for them), and a sample in
//! `tests/it/letters.rs`, which looks for the patient in it.

mod words;

use askama::Template;
use domain::delivery::Delivery;
use domain::party::OrganizationKind;

use crate::mail::{Mail, MessageId, PartRefused, Sender};
use words::{Voice, Words};

/// What all letters have in common.
#[derive(Debug, Clone)]
pub struct Letters {
    home: String,
    sender: Sender,
    domain: String,
}

/// Whom a letter is addressed to, as far as its words depend on it.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// The organization's name.
    pub name: &'a str,
    /// The city looks at its overview; the others open the stay or the notice.
    pub kind: Option<OrganizationKind>,
    /// What only this attempt knows: the token of an invitation's link.
    pub secret: Option<&'a str>,
}

/// A letter that can't be written; trying again would not help.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// The subject or the Message-ID is not one that a header takes.
    #[error("a part of the letter was refused")]
    Part(#[from] PartRefused),
    /// The template failed.
    #[error("the letter could not be laid out")]
    Layout(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    to: &'a str,
    ja: &'a Voice,
    en: &'a Voice,
    link: &'a str,
    home: &'a str,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    subject: &'a str,
    to: &'a str,
    ja: &'a Voice,
    en: &'a Voice,
    link: &'a str,
    home: &'a str,
}

impl Letters {
    /// `public_url` is the base of the links. The sender's domain stands in the Message-IDs, so it should not change while mail is on
    /// its way.
    pub fn new(public_url: &str, sender: Sender) -> Self {
        let domain = sender.address().as_str().rsplit('@').next().unwrap_or_default().to_owned();
        Self { home: public_url.trim_end_matches('/').to_owned(), sender, domain }
    }

    /// The mail of `delivery`; `serial` is the receiving organization's number of the notice that the letter is about.
    pub fn compose(&self, delivery: &Delivery, serial: Option<i64>, to: Addressee<'_>) -> Result<Mail, LetterError> {
        let Words { subject, ja, en, path } =
            words::of(&delivery.letter, serial, to.kind, to.secret, delivery.created_at.day());
        let link = format!("{}{path}", self.home);
        let text = Text { to: to.name, ja: &ja, en: &en, link: &link, home: &self.home }.render()?;
        let html = Html { subject: &subject, to: to.name, ja: &ja, en: &en, link: &link, home: &self.home }.render()?;
        Ok(Mail {
            message_id: MessageId::of(delivery.id, &self.domain)?,
            from: self.sender.clone(),
            to: delivery.to.clone(),
            subject: subject.parse()?,
            text,
            html,
            date: delivery.created_at.utc(),
        })
    }
}
