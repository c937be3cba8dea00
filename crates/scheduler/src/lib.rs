//! What happens without a request: the sweep, the outbox, the mailer.

pub mod mail;
