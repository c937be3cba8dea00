//! The binary `tsunagi`, put together: configuration, service, demo.
//!
//! - [`config`] — the keys, their defaults, what is refused.
//! - [`service`] — store, scheduler and HTTP as one running thing; graceful stop.
//! - [`backup`] — copies of a SQLite database, sealed, and putting one back.
//! - [`doctor`] — what is wrong, and what to do about it.
//! - [`edge`] — connections, TLS, limits, whose address a request comes from.
//! - [`keys`] — the keys of the sealed columns: read, asked for, changed.
//! - [`metrics`] — figures for Prometheus, and the alerts that matter.
//! - [`telemetry`] — traces for a collector of OpenTelemetry, if one is configured.
//! - [`found`] — a new region and its first administrator; [`neighbours`] — who takes part in a further one.
//! - [`papers`] — the threat model, and the Ministry's guideline point by point.
//! - [`surveys`] — the survey of a period from the command line.
//! - [`city`] — the fictional city of demo, tests and benchmarks, made from a seed.
//! - [`purge`] — what the retention no longer keeps goes.
//! - [`demo`] — the city on embedded SQLite, mails to read in the browser, a clock to move.

pub mod backup;
pub mod city;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod edge;
pub mod found;
pub mod keys;
pub mod metrics;
pub mod neighbours;
pub mod papers;
pub mod purge;
pub mod service;
pub mod surveys;
pub mod telemetry;
pub mod trail;

/// Threads free here what others have allocated (rows, changes, replies), which the C library's allocator showed up for in profiles.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
