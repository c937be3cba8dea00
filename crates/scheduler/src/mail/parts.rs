//! The parts of a mail that end up in its headers, parsed once at the edge; addresses are [`EmailAddress`]es of the domain.
//!
//! Why newtypes: a line break in a subject or in an id would start a header of the writer's choosing. A value of these types
//! holds none, so nothing behind this file has to look again.

use std::{fmt, str::FromStr};

use domain::text::EmailAddress;

/// Why a part of a mail was refused. The text that was refused is not repeated: it may be a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartRefused {
    /// Not of the form `<unique@domain>`.
    #[error("not a Message-ID of the form <unique@domain> of at most 200 characters")]
    MessageId,
    /// Empty, too long, or with control characters.
    #[error("a subject or sender's name must be one line of 1 to 200 characters without control characters")]
    Text,
}

/// Who the mail is from: an address, and the name that the reader's program shows beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    name: Option<Subject>,
    address: EmailAddress,
}

impl Sender {
    /// A sender with a name, or with the bare address.
    #[must_use]
    pub fn new(name: Option<Subject>, address: EmailAddress) -> Self {
        Self { name, address }
    }

    /// The address, which is also where the relay returns what it cannot deliver.
    #[must_use]
    pub fn address(&self) -> &EmailAddress {
        &self.address
    }

    /// The name, if one was given.
    #[must_use]
    pub fn name(&self) -> Option<&Subject> {
        self.name.as_ref()
    }
}

/// One line of text for a header (the subject, or a sender's name), in any language: 1 to 200 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Subject {
    type Err = PartRefused;

    fn from_str(text: &str) -> Result<Self, PartRefused> {
        // Line and paragraph separators are no control characters to Unicode, but some programs break a line at them.
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let fits = (1..=200).contains(&text.chars().count()) && !text.trim().is_empty();
        if fits && !text.contains(breaks) { Ok(Self(text.to_owned())) } else { Err(PartRefused::Text) }
    }
}

/// The Message-ID of a delivery, `<unique@domain>`: the same at every attempt, so that a repeat is known as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// The id with its angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a delivery, made of what identifies it and the sender's domain.
    ///
    /// # Errors
    /// When one of them holds anything but letters, digits, `.`, `-` and `_`.
    pub fn of(unique: impl fmt::Display, domain: &str) -> Result<Self, PartRefused> {
        format!("<{unique}@{domain}>").parse()
    }
}

impl FromStr for MessageId {
    type Err = PartRefused;

    fn from_str(text: &str) -> Result<Self, PartRefused> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        };
        let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        match inner.and_then(|inner| inner.split_once('@')) {
            Some((unique, domain)) if text.len() <= 200 && plain(unique) && plain(domain) => Ok(Self(text.to_owned())),
            _ => Err(PartRefused::MessageId),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line() {
        for text in ["", "   ", "連絡\r\nBcc: all@care.example", "連絡\n", "連絡\u{2028}", "a\0b", &"連".repeat(201)]
        {
            assert_eq!(text.parse::<Subject>(), Err(PartRefused::Text), "{text:?}");
        }
        assert_eq!("退院の連絡があります".parse::<Subject>().unwrap().as_str(), "退院の連絡があります");
    }

    #[test]
    fn a_message_id_is_in_angle_brackets_and_plain() {
        for text in ["a@b", "<ab>", "<a@b", "<a@b>\r\n", "<@b>", "<a b@c>", "<a@b@c>"] {
            assert_eq!(text.parse::<MessageId>(), Err(PartRefused::MessageId), "{text:?}");
        }
        assert_eq!(MessageId::of("0199-41", "tsunagi.example").unwrap().as_str(), "<0199-41@tsunagi.example>");
        assert!(MessageId::of("x>", "tsunagi.example").is_err());
    }
}
