//! A body that is too large is read to its end before it is refused.
//!
//! Why: whoever is still sending when the connection closes sees a broken connection and never the answer. So the part beyond the limit
//! is read and thrown away, up to [`MOST`]; after that the sender is on its own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};

use crate::LARGEST_BODY;

/// Bytes of one body that are read at most.
const MOST: usize = 16 * LARGEST_BODY;

pub(crate) fn oversized(inner: Body) -> Body {
    Body::new(Drained { inner, seen: 0, beyond: None })
}

/// Gives what comes within the limit at once; the first frame beyond it only when all has come.
struct Drained {
    inner: Body,
    seen: usize,
    beyond: Option<Frame<Bytes>>,
}

impl http_body::Body for Drained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        loop {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => {
                    self.seen += frame.data_ref().map_or(0, Bytes::len);
                    if self.seen <= LARGEST_BODY {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    self.beyond.get_or_insert(frame);
                    if self.seen > MOST {
                        return Poll::Ready(self.beyond.take().map(Ok));
                    }
                }
                end => return Poll::Ready(self.beyond.take().map(Ok).or(end)),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.beyond.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
