//! Text that came from outside, parsed once at the edge: inside, the type is the proof.
//!
//! Lines have no control characters and an upper length in characters; white space around them is cut. What is refused is named by a
//! [`Fault`], which says it in the user's words.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::Fault;

/// One line: a name, a place, a number as somebody wrote it. At most [`Line::MAX`] characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(String);

impl Line {
    pub const MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        if text.is_empty() {
            Err(Fault::Missing)
        } else if text.chars().count() > Self::MAX {
            Err(Fault::TooLong { max: Self::MAX })
        } else if text.chars().any(is_hidden) {
            Err(Fault::ControlCharacter)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// Empty means that nothing was written.
    pub fn parse_optional(text: &str) -> Result<Option<Self>, Fault> {
        if text.trim().is_empty() { Ok(None) } else { Self::parse(text).map(Some) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Several lines that a person wrote; may be empty. At most [`Prose::MAX`] characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prose(String);

impl Prose {
    pub const MAX: usize = 2000;

    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim().replace("\r\n", "\n");
        if text.chars().count() > Self::MAX {
            Err(Fault::TooLong { max: Self::MAX })
        } else if text.chars().any(|c| c != '\n' && c != '\t' && is_hidden(c)) {
            Err(Fault::ControlCharacter)
        } else {
            Ok(Self(text))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The reading of a name: hiragana and half-width kana are stored as katakana, so that one search finds all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kana(String);

impl Kana {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let katakana = Line::parse(&Self::search_key(Line::parse(text)?.as_str()))?.0;
        let is_kana = |c: char| matches!(c, '\u{30A1}'..='\u{30FC}' | ' ');
        if katakana.chars().all(is_kana) { Ok(Self(katakana)) } else { Err(Fault::NotKana) }
    }

    /// What somebody typed into a search field, in the form in which kana are stored.
    pub fn search_key(text: &str) -> String {
        one_width(text.trim()).chars().map(to_katakana).collect()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same without the spaces between the parts of a name: some write them, some don't.
    pub fn unspaced(&self) -> String {
        unspaced(&self.0)
    }
}

/// A search key without its spaces, to be held against [`Kana::unspaced`].
pub fn unspaced(key: &str) -> String {
    key.replace(' ', "")
}

/// Full-width letters and digits as ASCII, half-width kana with their marks as whole ones, the wide space as a plain one (NFKC): what
/// was meant, whatever the keyboard was set to.
pub(crate) fn one_width(text: &str) -> String {
    text.nfkc().collect()
}

fn to_katakana(c: char) -> char {
    match c {
        '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        _ => c,
    }
}

/// Control characters, and the invisible ones that turn or hide text.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// An address that a relay will take and that can't smuggle a header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(c);
        let shape = text.split_once('@').is_some_and(|(local, domain)| {
            let dots = |s: &str| s.starts_with('.') || s.ends_with('.') || s.contains("..");
            !local.is_empty()
                && local.len() <= 64
                && !dots(local)
                && !domain.is_empty()
                && !domain.contains('@')
                && !dots(domain)
                && domain.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        });
        if text.len() <= 254 && shape && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Fault::NotAnEmailAddress)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl TryFrom<String> for $name {
            type Error = Fault;

            fn try_from(text: String) -> Result<Self, Fault> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

as_text! { Line Prose Kana EmailAddress }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_its_words_and_refuses_what_cannot_be_seen() {
        assert_eq!(Line::parse("  北見 花子 ").unwrap().as_str(), "北見 花子");
        assert_eq!(Line::parse("北見\u{0}花子"), Err(Fault::ControlCharacter));
        assert_eq!(Line::parse("北見\u{202E}花子"), Err(Fault::ControlCharacter));
        assert_eq!(Line::parse("   "), Err(Fault::Missing));
        assert_eq!(Line::parse(&"あ".repeat(101)), Err(Fault::TooLong { max: 100 }));
        assert!(Line::parse(&"あ".repeat(100)).is_ok());
    }

    #[test]
    fn hiragana_and_katakana_are_the_same_reading() {
        assert_eq!(Kana::parse("きたみ　はなこ").unwrap(), Kana::parse("キタミ ハナコ").unwrap());
        assert_eq!(Kana::parse("ｷﾀﾐ ﾊﾅｺﾞ").unwrap(), Kana::parse("きたみ はなご").unwrap());
        assert_eq!(Kana::search_key("０１２３ｷﾀﾐ"), "0123キタミ");
        assert_eq!(Kana::parse("北見"), Err(Fault::NotKana));
        assert_eq!(Kana::parse(&"㌖".repeat(60)), Err(Fault::TooLong { max: Line::MAX }), "what becomes long is long");
        assert_eq!(Kana::parse("キタミ ハナコ").unwrap().unspaced(), Kana::parse("きたみはなこ").unwrap().unspaced());
    }

    #[test]
    fn an_address_cannot_carry_a_header() {
        assert!(EmailAddress::parse("care@example.jp").is_ok());
        for bad in ["", "care", "a@b@c", "a\r\nBcc: x@y.z", "a b@c.d", "@example.jp", ".a@example.jp", "a@example..jp"]
        {
            assert_eq!(EmailAddress::parse(bad), Err(Fault::NotAnEmailAddress), "{bad:?}");
        }
    }
}
