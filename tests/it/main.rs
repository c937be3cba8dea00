//! Integration tests.
#![cfg(test)]
mod access;
mod api;
mod arrows;
mod audit;
mod backup;
mod crash;
mod doctor;
mod edge;
mod found;
mod hostile;
mod letters;
mod login;
mod mail;
mod metrics;
mod scheduler;
mod schema;
mod storage;
