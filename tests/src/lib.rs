//! The harness of the integration tests.
//!
//! - [`TestApp`] — the real router on a port of its own, a real database, a clock that the test moves, mails kept in memory.
//! - [`Person`] — somebody logged in; one method a request.
//! - [`binary`] — the real binary as a process, several of them behind a balancer; [`cut`] — a line to the database that can be cut.
//! - [`keys`] — the key of the sealed columns.
//! - [`Authenticator`] — a passkey in software, truthful or not.
//! - [`on_both!`] — the same test on SQLite and on PostgreSQL.
//!
//! Sweep and outbox run only when the test says so ([`TestApp::sweep`], [`TestApp::send_mails`]), so that nothing depends on a timer.

mod app;
mod authenticator;
pub mod binary;
mod client;
pub mod cut;
pub mod faulty_smtp;
pub mod flush;
pub mod keys;
pub mod postgres;

pub use app::{CSRF, Engine, TestApp, at};
pub use authenticator::Authenticator;
pub use client::{Person, Reply};

/// Declares tests that run on SQLite and on PostgreSQL: `on_both! { async fn a_sentence(app: TestApp) { … } }`;
/// `with ["section.key=value"];` in front sets keys of the configuration for all of them.
#[macro_export]
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($app:ident : TestApp) $body:block)+) => {
        $crate::on_both! { with []; $($(#[doc = $doc])* async fn $name($app: TestApp) $body)+ }
    };
    (with $sets:tt; $($(#[doc = $doc:literal])* async fn $name:ident($app:ident : TestApp) $body:block)+) => {
        mod sqlite {
            use super::*;
            $($(#[doc = $doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $app = $crate::TestApp::start_with($crate::Engine::Sqlite, &$sets).await;
                $body
            })+
        }
        mod postgres {
            use super::*;
            $($(#[doc = $doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $app = $crate::TestApp::start_with($crate::Engine::Postgres, &$sets).await;
                $body
            })+
        }
    };
}
