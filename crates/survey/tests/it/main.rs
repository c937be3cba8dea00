//! The survey from the outside: facts become cells, cells become a report, a report becomes files.

mod balance;
mod cases;
mod files;
mod published;
mod trend;
