//! How long a client may take to take its answer.
//!
//! Why: nobody is waited for who sends a head or a body too slowly, and whoever reads too slowly would still keep a connection, and the answer
//! in memory, for as long as it pleases. What fits into the kernel's buffers is on its way at once and isn't waited for here.
//!
//! The time runs from the moment at which the line is full until all that was written is on its way, so a client that takes a byte now and
//! then gains nothing.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A stream whose other end must take what it is given within a time.
pub(super) struct Patient<S> {
    stream: S,
    within: Duration,
    /// Ends with the patience; none while nothing waits.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncWrite + Unpin> Patient<S> {
    pub(super) const fn new(stream: S, within: Duration) -> Self {
        Self { stream, within, waiting: None }
    }

    /// What a write came to, or the end of the patience.
    fn unless_too_late<T>(&mut self, context: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() {
            return written;
        }
        let within = self.within;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        waiting.as_mut().poll(context).map(|()| Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, some: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, some);
        self.unless_too_late(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        some: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, some);
        self.unless_too_late(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if flushed.is_ready() {
            self.waiting = None;
        }
        self.unless_too_late(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.unless_too_late(context, shut)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const WITHIN: Duration = Duration::from_millis(600);
    const MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_byte_now_and_then_is_not_enough() {
        let (near, mut far) = duplex(64);
        let mut stream = Patient::new(near, WITHIN);
        let giving = stream.write_all(&[7; 4096]);
        let taking = async {
            loop {
                tokio::time::sleep(MOMENT).await;
                far.read_u8().await.expect("it goes on");
            }
        };
        let began = std::time::Instant::now();
        let refused = tokio::select! {
            given = giving => given.expect_err("more was given than taken"),
            () = taking => unreachable!("it takes for ever"),
        };
        assert_eq!(refused.kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() >= WITHIN, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn each_answer_has_its_own_time() {
        let (near, mut far) = duplex(64);
        let mut stream = Patient::new(near, WITHIN);
        let mut taken = vec![0; 128];
        let began = std::time::Instant::now();
        // Together they take longer than one may.
        while began.elapsed() < WITHIN * 2 {
            let taking = async {
                tokio::time::sleep(MOMENT).await;
                far.read_exact(&mut taken).await
            };
            let giving = async {
                stream.write_all(&[7; 128]).await?;
                stream.flush().await
            };
            let (taken, given) = tokio::join!(taking, giving);
            assert!(taken.is_ok() && given.is_ok());
        }
    }
}
