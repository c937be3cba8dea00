//! One mail, and its bytes: text and HTML side by side, readable by any program, the same at every attempt.
//!
//! Why base64 and a boundary of our own making: base64 holds to short lines and to ASCII whatever the text is, so no relay
//! has to re-encode it (8BITMIME is never needed, no line begins with a dot, no bare line feed can end the message early);
//! and a boundary that comes from the Message-ID instead of chance makes the bytes of a repeat equal to those of the first attempt.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::text::EmailAddress;
use lettre::{
    Address, Message,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::parts::{MessageId, Sender, Subject};

/// The longest text or HTML: what Tsunagi writes is a few lines, so more is a mistake.
const LONGEST_PART: usize = 256 * 1024;

/// One message to one recipient. [`fmt::Debug`] shows its Message-ID alone: the address may be a person's.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Belongs to the delivery, not to the attempt.
    pub message_id: MessageId,
    /// The service's own address.
    pub from: Sender,
    /// The one recipient.
    pub to: EmailAddress,
    /// Without personal data, like all of the mail.
    pub subject: Subject,
    /// The whole content for readers without HTML.
    pub text: String,
    /// The same content as HTML.
    pub html: String,
    /// The `Date` header: when the delivery was made, not the attempt, so that the bytes stay the same.
    pub date: DateTime<Utc>,
}

/// A mail that cannot be written down; trying again would not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailRefused {
    /// The text or the HTML is longer than 256 KiB.
    #[error("the text or the HTML of the mail is longer than 256 KiB")]
    TooLong,
    /// A `Date` header has room for the years 1970 to 9999.
    #[error("the date of the mail is not between 1970 and 9999")]
    Date,
    /// An address that the domain takes and mail does not, such as one whose domain begins with a hyphen.
    #[error("the recipient's or the sender's address is not one that mail can be sent to")]
    Address,
    /// The writer of the message refused it, for a reason that the parts' types should exclude.
    #[error("the mail could not be composed")]
    Composition,
}

impl Mail {
    /// The message as it stands in a file or goes over the line (without dot-stuffing).
    ///
    /// # Errors
    /// When it is too long, or dated outside 1970–9999, or an address is none.
    pub fn to_bytes(&self) -> Result<Vec<u8>, MailRefused> {
        self.written().map(|written| written.bytes)
    }

    /// The bytes, and the addresses for the envelope.
    pub(super) fn written(&self) -> Result<Written, MailRefused> {
        if self.text.len().max(self.html.len()) > LONGEST_PART {
            return Err(MailRefused::TooLong);
        }
        if !(0..253_402_300_800).contains(&self.date.timestamp()) {
            return Err(MailRefused::Date);
        }
        let from = address(self.from.address())?;
        let to = address(&self.to)?;
        // `=_` stands in no base64 text; at most 70 characters are allowed (RFC 2046 §5.1.1).
        let unique: String = self.message_id.as_str().chars().filter(char::is_ascii_alphanumeric).take(50).collect();
        let parts = MultiPart::alternative()
            .boundary(format!("=_tsunagi_{unique}"))
            .singlepart(part(ContentType::TEXT_PLAIN, &self.text)?)
            .singlepart(part(ContentType::TEXT_HTML, &self.html)?);
        let name = self.from.name().map(|name| name.as_str().to_owned());
        let bytes = Message::builder()
            .date(self.date.into())
            .raw_header(plain_header(HeaderName::new_from_ascii_str("Message-ID"), self.message_id.as_str()))
            .from(Mailbox::new(name, from.clone()))
            .to(to.clone().into())
            .subject(self.subject.as_str())
            // RFC 3834: no holiday notes in return, please.
            .raw_header(plain_header(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated"))
            .multipart(parts)
            .map_err(|_| MailRefused::Composition)?
            .formatted();
        Ok(Written { from, to, bytes })
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({})", self.message_id.as_str())
    }
}

/// A mail ready for the line.
pub(super) struct Written {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

fn address(address: &EmailAddress) -> Result<Address, MailRefused> {
    let usable = !address.as_str().starts_with('-');
    address.as_str().parse().ok().filter(|_| usable).ok_or(MailRefused::Address)
}

/// A header that is ASCII and safe by its type, and must not be folded or encoded.
fn plain_header(name: HeaderName, value: &str) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned())
}

fn part(kind: ContentType, content: &str) -> Result<SinglePart, MailRefused> {
    let body = Body::new_with_encoding(content.to_owned(), ContentTransferEncoding::Base64)
        .map_err(|_| MailRefused::Composition)?;
    Ok(SinglePart::builder().header(kind).body(body))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn sample() -> Mail {
        Mail {
            message_id: MessageId::of("0199d0a2-0000-7000-8000-000000000041", "tsunagi.example").unwrap(),
            from: Sender::new(
                Some("つなぎ".parse().unwrap()),
                EmailAddress::parse("no-reply@tsunagi.example").unwrap(),
            ),
            to: EmailAddress::parse("office@care.example").unwrap(),
            subject: "【つなぎ】貴事業所あての連絡が1件あります(第41号)。ログインしてご確認ください".parse().unwrap(),
            text: "連絡が1件あります。\n.\n下のリンクからご確認ください。\nhttps://tsunagi.example/n/41\n".to_owned(),
            html: "<p>連絡が1件あります。</p><p><a href=\"https://tsunagi.example/n/41\">確認する</a></p>".to_owned(),
            date: DateTime::from_timestamp(1_807_000_000, 0).unwrap(),
        }
    }

    #[test]
    fn a_mail_has_the_headers_that_programs_expect_each_once() {
        let bytes = sample().to_bytes().unwrap();
        let text = String::from_utf8(bytes).expect("ASCII");
        let head = &text[..text.find("\r\n\r\n").unwrap()];
        for line in [
            "Message-ID: <0199d0a2-0000-7000-8000-000000000041@tsunagi.example>",
            "MIME-Version: 1.0",
            "Auto-Submitted: auto-generated",
            "To: office@care.example",
            "Date: Tue, 06 Apr 2027 08:26:40 +0000",
        ] {
            assert_eq!(head.lines().filter(|l| *l == line).count(), 1, "{line} in\n{head}");
        }
        assert!(head.contains("multipart/alternative"), "{head}");
        assert!(head.contains("From: =?utf-8?b?"), "{head}");
    }

    #[test]
    fn the_bytes_are_ascii_in_short_lines_without_bare_line_feeds_or_leading_dots_and_equal_each_time() {
        let bytes = sample().to_bytes().unwrap();
        assert_eq!(bytes, sample().to_bytes().unwrap());
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).unwrap();
        for line in text.split("\r\n") {
            assert!(line.len() <= 78 && !line.contains(['\r', '\n']) && !line.starts_with('.'), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_written_down_is_refused() {
        let long = Mail { text: "あ".repeat(100_000), ..sample() };
        assert_eq!(long.to_bytes(), Err(MailRefused::TooLong));
        let old = Mail { date: DateTime::from_timestamp(-1, 0).unwrap(), ..sample() };
        assert_eq!(old.to_bytes(), Err(MailRefused::Date));
        for text in ["-f@care.example", "office@-care.example"] {
            let odd = Mail { to: EmailAddress::parse(text).unwrap(), ..sample() };
            assert_eq!(odd.to_bytes(), Err(MailRefused::Address), "{text}");
        }
    }
}
