//! To servers that aren't ours: whom to believe, and one HTTP request within bounds. Knows nothing of ours.
//!
//! - [`connector`] — TLS with the machine's certificates, and those of a file: for mail, and for HTTP.
//! - [`Caller`] — asks an [`Address`] over a connection of its own, for so long and no longer, and reads so much of the answer and no
//!   more. Whoever was made for TLS asks over nothing else.
//!
//! # What is not promised
//!
//! Redirects are not followed (a 3xx is an answer like any other), proxies are not known, and no connection is kept: this is for a few
//! requests a minute.

mod caller;
mod tls;

pub use caller::{Address, Answer, Caller, NoAddress, Unreached};
pub use tls::{NobodyTrusted, connector};
