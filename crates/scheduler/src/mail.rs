//! The mail: what a message is, and the three ways in which it leaves.
//!
//! Cast list: [`Mail`] is one message to one recipient, made of parts that cannot carry a forged header. [`Mailer`] is the
//! way out: [`SmtpTransport`] for real use, [`FileTransport`] for the demo (its mailbox page calls [`read_mailbox`]),
//! [`MemoryTransport`] for tests. [`SmtpTransport`] owns up to four connections to its relay. Whatever happens ends as
//! a [`Response`], which the outbox records as the outcome of an attempt.
//!
//! The flow: the outbox claims a delivery → renders a [`Mail`] whose Message-ID belongs to the delivery → [`Mailer::send`]
//! → `Ok` finishes it, `TransientError` tries again with the same Message-ID, `FatalError` gives up and escalates.
//!
//! # What is not promised
//!
//! - Exactly once. When the relay falls silent after the final dot nobody can know whether it took the message; it is sent
//!   again, and the receiver knows the repeat by its Message-ID. The same mail has the same bytes each time.
//! - That a person has read it: `Ok` means that the relay has taken the message over, nothing more.
//! - Several recipients: one refused recipient would take the message from the others, so a mail has exactly one.
//!
//! # Why no words of the relay are kept
//!
//! A relay may echo an address or a subject in its answer. An answer is therefore kept as its number, its enhanced status
//! (`5.1.1`) and our own words for the step in which it came; the relay's text is in the relay's log.

mod connection;
mod fault;
mod file;
mod memory;
mod message;
mod parts;
mod smtp;
mod stored;

pub use self::{
    file::{FileTransport, read_mailbox},
    memory::MemoryTransport,
    message::{Mail, MailRefused},
    parts::{MessageId, PartRefused, Sender, Subject},
    smtp::{Login, Security, SettingsRefused, SmtpSettings, SmtpTransport},
    stored::{StoredMail, Unreadable},
};

use domain::delivery::Response;

/// The way out for mail, chosen once from the configuration.
///
/// Cloning is cheap and shares the connections, the directory or the memory.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// To a relay. The only one for real use.
    Smtp(SmtpTransport),
    /// Into a directory, one `.eml` a mail: the demo's mailbox.
    File(FileTransport),
    /// Into memory, with answers that a test may script.
    Memory(MemoryTransport),
}

impl Mailer {
    /// How many mails can be under way at once; whoever sends more of them at a time waits for a turn while its lease runs.
    #[must_use]
    pub fn places(&self) -> usize {
        match self {
            Self::Smtp(smtp) => smtp.connections(),
            Self::File(_) | Self::Memory(_) => 1,
        }
    }

    /// Sends one mail and says what became of it; it never waits longer for a relay than its two time limits together,
    /// besides the turn for a free connection.
    ///
    /// Dropping the future is safe at any moment: a connection in use goes down with it and is never used again.
    pub async fn send(&self, mail: &Mail) -> Response {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::File(directory) => directory.send(mail).await,
            Self::Memory(memory) => memory.send(mail),
        }
    }

    /// Connects as for a mail — encryption, login and all — and takes leave without one.
    ///
    /// # Errors
    /// What went wrong, in words for the operator.
    pub async fn greet(&self) -> Result<(), String> {
        match self {
            Self::Smtp(smtp) => smtp.greet().await.map_err(|fault| fault.to_string()),
            Self::File(_) | Self::Memory(_) => Ok(()),
        }
    }
}
