//! The harness: TestApp.
