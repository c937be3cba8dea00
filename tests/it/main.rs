//! Integration tests.
#![cfg(test)]
mod mail;
mod api;
mod arrows;
mod letters;
mod scheduler;
mod schema;
mod storage;
