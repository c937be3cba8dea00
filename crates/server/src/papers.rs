//! Papers for whoever decides whether to trust a city's data to Tsunagi.
//!
//! - [`threats`] — what is protected from whom, where, shown by which test, and what is not covered.
//! - [`guideline`] — the Ministry's guideline, point by point.

#[doc = include_str!("../docs/threats.md")]
pub mod threats {}

#[doc = include_str!("../docs/guideline.md")]
pub mod guideline {}
