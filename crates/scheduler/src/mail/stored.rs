//! Reading a mail back that Tsunagi wrote: the demo's mailbox page and the tests need it.
//!
//! It reads what [`super::Mail::to_bytes`] writes, with whatever headers servers put before it. It is no general reader of mail:
//! only base64 parts and UTF-8 are understood, and anything else is [`Unreadable`] rather than guessed at.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

/// A mail as it was found in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMail {
    /// The address in the `To` header.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The text part, lines ended by `\n`.
    pub text: String,
    /// The HTML part, lines ended by `\n`.
    pub html: String,
    /// The `Date` header.
    pub date: DateTime<Utc>,
    /// The Message-ID with its angle brackets.
    pub message_id: String,
    /// Where it was found.
    pub file: PathBuf,
}

/// The mail is not one of ours: what is missing or wrong in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mail of Tsunagi's: {0}")]
pub struct Unreadable(&'static str);

impl StoredMail {
    /// Reads one mail; `file` is only remembered.
    ///
    /// # Errors
    /// When a header or a part is missing, or not encoded as Tsunagi does it.
    pub fn parse(bytes: &[u8], file: PathBuf) -> Result<Self, Unreadable> {
        // Servers store with `\n`, the line carries `\r\n`: both are read.
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable("not ASCII"))?.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").ok_or(Unreadable("no end of the headers"))?;
        let header = |name| header(head, name);
        let kind = header("Content-Type").ok_or(Unreadable("no Content-Type"))?;
        let boundary = kind.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let delimiter = format!("--{}", boundary.ok_or(Unreadable("no boundary"))?);
        let part = |kind: &str| {
            body.split(delimiter.as_str())
                .filter_map(|part| part.trim_start_matches('\n').split_once("\n\n"))
                .find(|(head, _)| self::header(head, "Content-Type").is_some_and(|found| found.starts_with(kind)))
                .and_then(|(_, content)| String::from_utf8(base64(content)?).ok())
                .map(|content| content.replace("\r\n", "\n"))
        };
        let date = header("Date").and_then(|date| DateTime::parse_from_rfc2822(&date).ok());
        Ok(Self {
            to: header("To").ok_or(Unreadable("no To"))?,
            subject: decode_words(&header("Subject").ok_or(Unreadable("no Subject"))?)?,
            text: part("text/plain").ok_or(Unreadable("no readable text part"))?,
            html: part("text/html").ok_or(Unreadable("no readable HTML part"))?,
            date: date.ok_or(Unreadable("no readable Date"))?.to_utc(),
            message_id: header("Message-ID").ok_or(Unreadable("no Message-ID"))?,
            file,
        })
    }
}

/// The value of the first header of that name, unfolded.
fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines();
    let first = lines.by_ref().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })?;
    let folded = lines.take_while(|line| line.starts_with([' ', '\t']));
    Some(folded.fold(first.trim().to_owned(), |value, line| value + " " + line.trim()))
}

/// The encoded words of RFC 2047 in a header, base64 ones in UTF-8; the space between two of them does not count.
fn decode_words(value: &str) -> Result<String, Unreadable> {
    let mut decoded = String::new();
    let mut after_word = true;
    for word in value.split(' ') {
        let inner = word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?="));
        match inner {
            Some(inner) => {
                if !after_word {
                    decoded.push(' ');
                }
                let bytes = base64(inner).ok_or(Unreadable("a word that is not base64"))?;
                decoded += std::str::from_utf8(&bytes).map_err(|_| Unreadable("a word that is not UTF-8"))?;
            }
            None => {
                if !decoded.is_empty() {
                    decoded.push(' ');
                }
                decoded += word;
            }
        }
        after_word = inner.is_some();
    }
    Ok(decoded)
}

/// Base64 with line breaks; `None` for any other character.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{super::message::tests::sample, *};

    #[test]
    fn what_was_written_is_read_back_also_behind_the_headers_of_a_server() {
        let mail = sample();
        let bytes = mail.to_bytes().unwrap();
        let served = [b"Return-Path: <x@y>\nReceived: by here\n\twith ESMTP\n".as_slice(), &bytes].concat();
        let stored = String::from_utf8(served).unwrap().replace("\r\n", "\n");
        for bytes in [bytes, stored.into_bytes()] {
            let found = StoredMail::parse(&bytes, "1.eml".into()).unwrap();
            assert_eq!(found.to, mail.to.to_string());
            assert_eq!(found.subject, mail.subject.as_str());
            assert_eq!(found.text, mail.text);
            assert_eq!(found.html, mail.html);
            assert_eq!(found.date, mail.date);
            assert_eq!(found.message_id, mail.message_id.as_str());
        }
    }

    #[test]
    fn subjects_of_every_length_and_script_come_back_whole() {
        for length in 1..120 {
            for text in
                ["退".repeat(length), "a退 ".repeat(length).trim().to_owned(), "word ".repeat(length).trim().to_owned()]
            {
                let Ok(subject) = text.parse() else { continue };
                let bytes = super::super::Mail { subject, ..sample() }.to_bytes().unwrap();
                assert_eq!(StoredMail::parse(&bytes, PathBuf::new()).unwrap().subject, text);
            }
        }
    }

    #[test]
    fn a_foreign_mail_is_unreadable_and_not_guessed_at() {
        for text in
            ["", "Subject: x", "Subject: x\n\nhello", "Content-Type: multipart/alternative; boundary=\"b\"\n\n--b--"]
        {
            assert!(StoredMail::parse(text.as_bytes(), PathBuf::new()).is_err(), "{text:?}");
        }
    }
}
