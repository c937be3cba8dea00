//! What went wrong on the way to the relay, and what that means for the mail.
//!
//! Why not every 5xx gives up: a relay that refuses *us* (a wrong password, a closed door at the greeting, mail wanted only
//! after login) says nothing about the mail. Giving up would lose every mail of an afternoon to one mistyped password;
//! trying again costs nothing, and the schedule of retries ends in an escalation either way. A 5xx to the sender, the
//! recipient or the content is an answer about this mail, and final.

use std::{fmt, io};

use domain::delivery::Response;

/// The step of the dialogue in which something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Tls,
    Greeting,
    Hello,
    StartTls,
    Login,
    Sender,
    Recipient,
    Data,
    Content,
}

impl Step {
    /// Whether an answer in this step is about the mail, not about us.
    fn is_about_the_mail(self) -> bool {
        matches!(self, Self::Sender | Self::Recipient | Self::Data | Self::Content)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "while connecting",
            Self::Tls => "while agreeing on encryption",
            Self::Greeting => "at the greeting",
            Self::Hello => "at EHLO",
            Self::StartTls => "at STARTTLS",
            Self::Login => "at the login",
            Self::Sender => "at the sender",
            Self::Recipient => "at the recipient",
            Self::Data => "at DATA",
            Self::Content => "after the content",
        })
    }
}

/// Why a mail is not known to have been taken. It holds no word of the relay's: that may echo an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// An answer other than the one that means "go on".
    #[error("the relay answered {code}{} {step}", enhanced.as_deref().map(|e| format!(" ({e})")).unwrap_or_default())]
    Answer { step: Step, code: u16, enhanced: Option<String> },
    #[error("the connection was cut {0}")]
    Cut(Step),
    #[error("the relay was silent {0} for longer than the time limit")]
    Silent(Step),
    /// Not SMTP, or an answer to no question: what follows could belong to anything.
    #[error("the relay's answers made no sense {0}")]
    Garbled(Step),
    #[error("the relay could not be reached: {0}")]
    Unreachable(io::ErrorKind),
    #[error("no encrypted connection: {0}")]
    Unencrypted(&'static str),
    #[error("the relay offers none of the login methods PLAIN and LOGIN")]
    NoLogin,
}

impl Fault {
    /// An answer that was not hoped for. `first_word` is its first word, kept when it is an enhanced status (RFC 3463).
    pub(super) fn answer(step: Step, code: u16, first_word: Option<&str>) -> Self {
        let is_status = |word: &&str| {
            let parts: Vec<_> = word.split('.').collect();
            let digits = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(digits)
        };
        Self::Answer { step, code, enhanced: first_word.filter(is_status).map(str::to_owned) }
    }

    /// Whether the relay had ended a kept connection before it took notice of the mail; another connection may be tried at once.
    pub(super) fn is_a_farewell(&self) -> bool {
        matches!(self, Self::Cut(Step::Sender) | Self::Answer { step: Step::Sender, code: 421, .. })
    }

    fn is_final(&self) -> bool {
        // 530, 534, 535, 538: the login or the encryption is wanted differently (RFC 4954 §6, RFC 3207 §4).
        let about_login = |code| matches!(code, 530 | 534 | 535 | 538);
        matches!(self, Self::Answer { step, code: code @ 500..=599, .. } if step.is_about_the_mail() && !about_login(*code))
    }
}

impl From<Fault> for Response {
    fn from(fault: Fault) -> Self {
        let code = if let Fault::Answer { code, .. } = fault { Some(code) } else { None };
        let detail = fault.to_string();
        if fault.is_final() { Self::FatalError { code, detail } } else { Self::TransientError { code, detail } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_5xx_about_the_mail_is_final_and_everything_else_is_tried_again() {
        let answer = |step, code| Fault::answer(step, code, None);
        for fault in [answer(Step::Sender, 550), answer(Step::Recipient, 550), answer(Step::Content, 554)] {
            assert!(matches!(Response::from(fault.clone()), Response::FatalError { code: Some(_), .. }), "{fault}");
        }
        for fault in [
            answer(Step::Greeting, 554),
            answer(Step::Login, 535),
            answer(Step::Sender, 530),
            answer(Step::Recipient, 451),
            answer(Step::Content, 354),
            Fault::Cut(Step::Content),
            Fault::Silent(Step::Recipient),
            Fault::Garbled(Step::Data),
            Fault::Unreachable(io::ErrorKind::ConnectionRefused),
            Fault::Unencrypted("…"),
        ] {
            assert!(matches!(Response::from(fault.clone()), Response::TransientError { .. }), "{fault}");
        }
    }

    #[test]
    fn only_the_number_and_the_status_of_an_answer_are_kept() {
        let with = |word| Fault::answer(Step::Recipient, 550, Some(word)).to_string();
        assert_eq!(with("5.1.1"), "the relay answered 550 (5.1.1) at the recipient");
        for word in ["<office@care.example>:", "office@care.example", "1.2.3.4", "5.1.1x", "5.1.hanako"] {
            assert_eq!(with(word), "the relay answered 550 at the recipient", "{word}");
        }
    }
}
