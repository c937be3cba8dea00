//! Many commands on their way to the store's writer at once, in a fixed order.
//!
//! Each command is handed in before the next one is made, so serial numbers and the audit chain come out the same every time; up
//! to [`WINDOW`] wait for their commit, so the writer groups them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use anyhow::Context as _;
use domain::changes::Changes;
use storage::{ApplyError, Store};

const WINDOW: usize = 256;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), ApplyError>> + Send + 'a>>;

pub(super) struct Applying<'a> {
    store: &'a Store,
    waiting: VecDeque<Answer<'a>>,
}

impl<'a> Applying<'a> {
    pub(super) fn to(store: &'a Store) -> Self {
        Self { store, waiting: VecDeque::with_capacity(WINDOW) }
    }

    /// Hands the command in; waits only when too many are on their way.
    pub(super) async fn push(&mut self, changes: Changes) -> anyhow::Result<()> {
        while self.waiting.len() >= WINDOW {
            self.settle_first().await?;
        }
        let mut answer: Answer<'a> = Box::pin(apply(self.store, changes));
        // The first poll puts it into the writer's queue.
        match poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await {
            Poll::Ready(answer) => answer.context("writing the city"),
            Poll::Pending => {
                self.waiting.push_back(answer);
                Ok(())
            }
        }
    }

    /// Waits for all that are on their way.
    pub(super) async fn finish(mut self) -> anyhow::Result<()> {
        while !self.waiting.is_empty() {
            self.settle_first().await?;
        }
        Ok(())
    }

    async fn settle_first(&mut self) -> anyhow::Result<()> {
        match self.waiting.pop_front() {
            Some(first) => first.await.context("writing the city"),
            None => Ok(()),
        }
    }
}

/// A full queue is somebody else's load: hand in again.
async fn apply(store: &Store, changes: Changes) -> Result<(), ApplyError> {
    loop {
        match store.apply(changes.clone()).await {
            Err(ApplyError::Busy) => tokio::task::yield_now().await,
            answer => return answer.map(drop),
        }
    }
}
