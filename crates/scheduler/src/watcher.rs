//! The watcher outside: told after every sweep that did its work, so that its silence is noticed by somebody who isn't here.
//!
//! A GET of one address, with nothing in it: services such as Healthchecks take that as a sign of life and raise the alarm when it fails to
//! come. A watcher that can't be reached is logged and asked again after the next sweep; it never holds a sweep up.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::body::Bytes;
use outward::{Address, Caller, NoAddress};
use tokio::sync::Semaphore;

const WITHIN: Duration = Duration::from_secs(10);
/// Nobody reads what it says.
const ANSWER: usize = 64 * 1024;

/// Where to say that the sweep went well.
#[derive(Debug, Clone)]
pub struct Watcher {
    /// Its path is a secret of a kind: whoever has it can keep the watcher quiet.
    address: Address,
    caller: Caller,
    /// One sign of life under way at a time.
    turn: Arc<Semaphore>,
}

impl Watcher {
    /// `http://…` or `https://…`, the latter with the machine's certificates.
    pub fn at(url: &str) -> Result<Self, NoAddress> {
        let address: Address = url.parse()?;
        let tls = address.is_secure().then(|| outward::connector(None)).transpose().map_err(|_| NoAddress)?;
        Ok(Self { address, caller: Caller::new(tls, WITHIN, ANSWER), turn: Arc::new(Semaphore::new(1)) })
    }

    /// Gives the sign of life beside whatever goes on; if the last one is still under way, it has to do.
    pub(crate) fn tell(&self) {
        let Ok(turn) = Arc::clone(&self.turn).try_acquire_owned() else { return };
        let Self { address, caller, .. } = self.clone();
        tokio::spawn(async move {
            match caller.ask(Method::GET, &address, &[], Bytes::new()).await {
                Ok(answer) if answer.status.is_success() => {}
                Ok(answer) => tracing::warn!(status = answer.status.as_u16(), "The watcher refused the sign of life"),
                Err(reason) => tracing::warn!(%reason, "The watcher was not reached"),
            }
            drop(turn);
        });
    }
}
