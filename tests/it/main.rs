//! Integration tests.
#![cfg(test)]
mod api;
mod arrows;
mod letters;
mod mail;
mod scheduler;
mod schema;
mod storage;
