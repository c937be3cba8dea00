//! Answers: a command's, with its `Location` and `ETag`, and what is shown for a question.
//!
//! Everything under `/api/v1` may hold personal data, so nothing of it is kept by a cache.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use crate::error::ApiError;
use crate::run::Answer;

/// The answer to a command.
#[derive(Debug)]
pub struct Reply(pub Answer);

/// The answer to a question; a version becomes the `ETag`.
#[derive(Debug)]
pub struct Shown<T>(pub T, pub Option<i64>);

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let Self(answer) = self;
        let mut headers = json_headers(answer.version);
        if let Some(location) = answer.location.and_then(|location| HeaderValue::try_from(location).ok()) {
            headers.insert(header::LOCATION, location);
        }
        (answer.status, headers, answer.body).into_response()
    }
}

impl<T: Serialize> IntoResponse for Shown<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => (StatusCode::OK, json_headers(self.1), body).into_response(),
            Err(_) => ApiError::Inside("an answer could not be written").into_response(),
        }
    }
}

fn json_headers(version: Option<i64>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(tag) = version.and_then(|version| HeaderValue::try_from(format!("\"{version}\"")).ok()) {
        headers.insert(header::ETAG, tag);
    }
    headers
}

/// A page of a list: how many, and behind which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) limit: u32,
    pub(super) after: Option<Uuid>,
}

const USUAL_LIMIT: u32 = 50;
pub(super) const LARGEST_LIMIT: u32 = 100;

impl Window {
    /// From what was asked: 1–100 rows, behind a cursor that an earlier answer gave.
    pub(super) fn of(limit: Option<u32>, after: Option<&str>) -> Result<Self, ApiError> {
        let wrong = |field: &str| ApiError::Malformed { field: field.into(), code: "not_a_known_value" };
        let limit = limit.unwrap_or(USUAL_LIMIT);
        if !(1..=LARGEST_LIMIT).contains(&limit) {
            return Err(wrong("limit"));
        }
        let after = after.map(|cursor| {
            let shaped = cursor.len() == 32 && cursor.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if shaped { Uuid::try_parse(cursor).map_err(|_| wrong("after")) } else { Err(wrong("after")) }
        });
        Ok(Self { limit, after: after.transpose()? })
    }

    /// The cursor behind a full page; none at the end.
    pub(super) fn next(self, rows: usize, last: Option<Uuid>) -> Option<String> {
        last.filter(|_| rows >= self.limit as usize).map(|id| id.simple().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_anything_else_is_refused() {
        let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let window = Window::of(Some(2), None).unwrap();
        let cursor = window.next(2, Some(id)).unwrap();
        assert_eq!(Window::of(None, Some(&cursor)).unwrap().after, Some(id));
        assert_eq!(window.next(1, Some(id)), None, "a short page is the last one");
        for bad in ["", "x", "01900000-0000-7000-8000-000000000001", "G1900000000070008000000000000001"] {
            assert!(Window::of(None, Some(bad)).is_err(), "{bad}");
        }
        assert!(Window::of(Some(0), None).is_err() && Window::of(Some(101), None).is_err());
    }
}
