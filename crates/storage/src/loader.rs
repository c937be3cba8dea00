//! Reads that come one by one and are done together: what waits is taken as one lot and answered by one statement a table.
//!
//! A lot is taken of what has come in while the lot before it was read, so nobody waits for others to come. There is one task a
//! loader, with a connection of its own: a second one halves the lots and saves nobody time, and a pool would test it between lots.

use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{Conn, Target};
use crate::error::{Failure, StoreError};
use crate::lot::share;

/// At most this many keys in one statement.
const LOT: usize = 256;

/// One kind of grouped read.
pub(crate) trait Read: Send + Sync + 'static {
    type Key: Clone + Send + Sync + 'static;
    type Found: Send + 'static;

    /// As many answers as keys, in their order.
    fn read(
        &self,
        conn: &mut Conn,
        keys: &[Self::Key],
    ) -> impl Future<Output = Result<Vec<Self::Found>, ReadError>> + Send;
}

#[derive(Debug)]
pub(crate) enum ReadError {
    Failure(Failure),
    Store(StoreError),
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Waiting<R> = (<R as Read>::Key, oneshot::Sender<Result<<R as Read>::Found, StoreError>>);

pub(crate) struct Loader<R: Read> {
    queue: mpsc::Sender<Waiting<R>>,
}

impl<R: Read> Loader<R> {
    pub(crate) fn start(read: R, target: &Target, queue: usize, closing: &watch::Receiver<bool>) -> Self {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        tokio::spawn(run(read, target.by_key(), receiver, closing.clone()));
        Self { queue: sender }
    }

    pub(crate) async fn load(&self, key: R::Key) -> Result<R::Found, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send((key, reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Unavailable { reason: "the store is closed".into() },
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable { reason: "the store is closed".into() }))
    }
}

async fn run<R: Read>(
    read: R,
    target: Target,
    mut queue: mpsc::Receiver<Waiting<R>>,
    mut closing: watch::Receiver<bool>,
) {
    let mut conn = None;
    let mut lot = Vec::with_capacity(LOT);
    loop {
        let taken = tokio::select! {
            taken = queue.recv_many(&mut lot, share(queue.len(), LOT)) => taken,
            // An error means that the store is gone.
            _ = closing.wait_for(|closing| *closing) => 0,
        };
        if taken == 0 {
            break;
        }
        let keys: Vec<R::Key> = lot.iter().map(|(key, _)| key.clone()).collect();
        let replies = lot.drain(..).map(|(_, reply)| reply);
        match answers(&read, &target, &mut conn, &keys).await {
            Ok(found) => replies.zip(found).for_each(|(reply, found)| drop(reply.send(Ok(found)))),
            Err(error) if keys.len() > 1 && !error.is_transient() => {
                // One bad row must not hide the others.
                for (key, reply) in keys.iter().zip(replies) {
                    let one = answers(&read, &target, &mut conn, std::slice::from_ref(key)).await;
                    let one = one.and_then(|mut found| found.pop().ok_or_else(|| error.clone()));
                    drop(reply.send(one));
                }
            }
            Err(error) => replies.for_each(|reply| drop(reply.send(Err(error.clone())))),
        }
    }
    if let Some(conn) = conn {
        conn.close().await;
    }
}

/// A lost connection is made again once; anything else is the answer.
async fn answers<R: Read>(
    read: &R,
    target: &Target,
    kept: &mut Option<Conn>,
    keys: &[R::Key],
) -> Result<Vec<R::Found>, StoreError> {
    let mut retried = false;
    loop {
        let mut conn = match kept.take() {
            Some(conn) => conn,
            None => target.connect().await?,
        };
        match read.read(&mut conn, keys).await {
            Ok(found) => {
                *kept = Some(conn);
                return Ok(found);
            }
            Err(ReadError::Failure(Failure::Lost { .. })) if !retried => retried = true,
            Err(ReadError::Failure(failure)) => return Err(failure.into()),
            Err(ReadError::Store(error)) => return Err(error),
        }
    }
}
