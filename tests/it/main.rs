//! Integration tests.
#![cfg(test)]
mod access;
mod api;
mod arrows;
mod backup;
mod edge;
mod letters;
mod mail;
mod scheduler;
mod schema;
mod storage;
