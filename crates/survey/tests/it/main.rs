//! The survey from the outside: facts become cells, cells become a report, a report becomes files.

#![expect(clippy::unwrap_used, reason = "a fictional case that is not there is a fault of the test")]

mod balance;
mod cases;
mod files;
mod published;
mod trend;
