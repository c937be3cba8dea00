//! The harness of the integration tests.
//!
//! - [`TestApp`] — the real router on a port of its own, a real database, a clock that the test moves, mails kept in memory.
//! - [`Person`] — somebody logged in; one method a request.
//! - [`binary`] — the real binary as a process, several of them behind a balancer; [`cut`] — a line to the database that can be cut.
//! - [`clock`], [`flush`] — a clock that is set while a program runs, a disk that fails under it.
//! - [`keys`] — the key of the sealed columns.
//! - [`Authenticator`] — a passkey in software, truthful or not.
//! - [`provider`] — a real OpenID provider, and somebody in front of it; [`lying_provider`] — one that says what a test wants it to.
//! - [`on_both!`] — the same test on SQLite and on PostgreSQL.
//!
//! Sweep and outbox run only when the test says so ([`TestApp::sweep`], [`TestApp::send_mails`]), so that nothing depends on a timer.

mod app;
mod authenticator;
pub mod binary;
mod client;
pub mod clock;
pub mod cut;
pub mod faulty_smtp;
pub mod flush;
pub mod keys;
pub mod lying_provider;
pub mod postgres;
mod preload;
pub mod provider;

pub use app::{CSRF, Engine, TestApp, at};
pub use authenticator::Authenticator;
pub use client::{Person, Reply};

/// Declares tests that run on SQLite and on PostgreSQL: `on_both! { async fn a_sentence(app: TestApp) { … } }`;
/// `with ["section.key=value"];` in front sets keys of the configuration for all of them, `by start;` starts them otherwise: with
/// `async fn start(Engine) -> T` and `app: T`.
#[macro_export]
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($app:ident : TestApp) $body:block)+) => {
        $crate::on_both! { with []; $($(#[doc = $doc])* async fn $name($app: TestApp) $body)+ }
    };
    (with $sets:tt; $($(#[doc = $doc:literal])* async fn $name:ident($app:ident : TestApp) $body:block)+) => {
        $crate::on_both! { by (async |engine| $crate::TestApp::start_with(engine, &$sets).await);
            $($(#[doc = $doc])* async fn $name($app: TestApp) $body)+ }
    };
    (by $start:tt; $($(#[doc = $doc:literal])* async fn $name:ident($app:ident : $kind:ty) $body:block)+) => {
        mod sqlite {
            use super::*;
            $($(#[doc = $doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $app = $start($crate::Engine::Sqlite).await;
                $body
            })+
        }
        mod postgres {
            use super::*;
            $($(#[doc = $doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $app = $start($crate::Engine::Postgres).await;
                $body
            })+
        }
    };
}
