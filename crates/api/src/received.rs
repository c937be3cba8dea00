//! A body is read whole before its request is begun.
//!
//! Why: whoever sends slowly would otherwise hold one of the few places in which work is done, for as long as it likes. So a body has a
//! time of its own, `server.body_within_seconds`, and takes from the [`Caller`]'s room while it waits: a place is taken only when all has come.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use http_body::Body as _;
use http_body_util::BodyExt;

use crate::crowd::{Caller, Room};
use crate::drain;
use crate::error::ApiError;

/// The request with all of its body, and the room that it takes.
pub(crate) async fn whole(
    request: Request,
    caller: &Caller,
    within: Duration,
) -> Result<(Request, Vec<Room<'_>>), ApiError> {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok((Request::from_parts(parts, body), Vec::new()));
    }
    let reading = tokio::time::timeout(within, read(drain::oversized(body), caller)).await;
    let (bytes, room) = reading.map_err(|_| ApiError::TooSlow)??;
    Ok((Request::from_parts(parts, Body::from(bytes)), room))
}

async fn read(mut body: Body, caller: &Caller) -> Result<(Bytes, Vec<Room<'_>>), ApiError> {
    let (mut bytes, mut room) = (Vec::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        // The sender went away, or sent what is no body.
        let frame = frame.map_err(|_| ApiError::Unreadable("body"))?;
        if let Ok(more) = frame.into_data() {
            room.push(caller.room_for(more.len())?);
            if bytes.is_empty() && body.is_end_stream() {
                return Ok((more, room));
            }
            bytes.extend_from_slice(&more);
        }
    }
    Ok((bytes.into(), room))
}
