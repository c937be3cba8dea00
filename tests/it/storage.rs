//! The store by itself, each test on SQLite and on PostgreSQL.

mod faults;
pub(crate) mod ground;
mod lists;
mod migrations;
mod outbox;
mod sealed;
mod writer;

/// Declares tests that get an open store with an empty schema, once per engine.
macro_rules! on_both_stores {
    ($($(#[doc = $doc:literal])* async fn $name:ident($ground:ident : Ground) $body:block)+) => {
        mod sqlite {
            use super::*;
            $($(#[doc = $doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $ground = Ground::sqlite().await;
                $body
            })+
        }
        mod postgres {
            use super::*;
            $($(#[doc = $doc])* #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let $ground = Ground::postgres().await;
                $body
            })+
        }
    };
}
use on_both_stores;
