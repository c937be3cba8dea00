//! What the pages show, as plain structs: no store, no session. A handler fills one, its template draws it, and a test draws all of
//! them with samples.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod consent;
pub(crate) mod entry;
pub(crate) mod filing;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod home;
pub(crate) mod machines;
pub(crate) mod notices;
pub(crate) mod patients;
#[cfg(test)]
mod samples;
pub(crate) mod staff;
pub(crate) mod stay;
pub(crate) mod survey;
pub(crate) mod typed;
pub(crate) mod words;
