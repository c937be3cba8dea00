//! Integration tests.
#![cfg(test)]
mod access;
mod api;
mod arrows;
mod audit;
mod backup;
mod clock;
mod crash;
mod doctor;
mod edge;
mod found;
mod hostile;
mod instances;
mod letters;
mod login;
mod machines;
mod mail;
mod metrics;
mod oidc;
mod pages;
mod quiet;
mod scheduler;
mod schema;
mod standby;
mod storage;
mod telemetry;
mod watched;
