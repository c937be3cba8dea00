//! What a request brings, read strictly: the body and the conditions of a write, ids in the path, and queries.
//!
//! Whatever can't be read is refused by kind: another media type (415), too large (413), not JSON or not UTF-8 (400), JSON of another
//! shape (422, with the field). Reading runs on plain serde; only a refused body is read a second time to find out where it is wrong.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Path, Query, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use domain::Fault;
use serde::de::DeserializeOwned;
use serde_path_to_error::Track;

use super::wire::object;
use crate::error::ApiError;
use crate::run::IdempotencyKey;
use crate::state::App;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A JSON body that changes nothing: a question.
#[derive(Debug)]
pub struct Read<T>(pub T);

/// A JSON body that asks for a change, with its conditions.
#[derive(Debug)]
pub struct Write<T> {
    pub body: T,
    pub key: Option<IdempotencyKey>,
    /// The version that the sender saw.
    pub if_match: Option<i64>,
}

/// A change that needs no body.
#[derive(Debug)]
pub struct Signal {
    pub key: Option<IdempotencyKey>,
    /// The version that the sender saw.
    pub if_match: Option<i64>,
}

/// Ids in the path. What isn't an id names nothing: 404.
#[derive(Debug)]
pub struct Id<T>(pub T);

/// A query of known keys.
#[derive(Debug)]
pub struct Ask<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Read<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        check_json(request.headers())?;
        let bytes = bytes(request, app).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Write<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        check_json(request.headers())?;
        let if_match = if_match(request.headers())?;
        let sent = Sent::of(request.headers(), request.method().as_str(), request.extensions(), request.uri())?;
        let bytes = bytes(request, app).await?;
        let key = sent.map(|sent| sent.key(&bytes)).transpose()?;
        Ok(Self { body: parse(&bytes)?, key, if_match })
    }
}

impl FromRequestParts<App> for Signal {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let sent = Sent::of(&parts.headers, parts.method.as_str(), &parts.extensions, &parts.uri)?;
        let key = sent.map(|sent| sent.key(b"")).transpose()?;
        Ok(Self { key, if_match: if_match(&parts.headers)? })
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Path(id) = Path::from_request_parts(parts, app).await.map_err(|_| ApiError::from(Fault::NotFound))?;
        Ok(Self(id))
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for Ask<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(refused) => Err(malformed_query(&refused.body_text())),
        }
    }
}

/// A key before the body is known.
struct Sent {
    key: String,
    method: String,
    path: String,
}

impl Sent {
    fn of(
        headers: &HeaderMap,
        method: &str,
        extensions: &axum::http::Extensions,
        uri: &axum::http::Uri,
    ) -> Result<Option<Self>, ApiError> {
        let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
        let key = key.to_str().map_err(|_| ApiError::Unreadable(IDEMPOTENCY_KEY))?.to_owned();
        let path = extensions.get::<OriginalUri>().map_or(uri, |OriginalUri(uri)| uri).path().to_owned();
        Ok(Some(Self { key, method: method.to_owned(), path }))
    }

    fn key(&self, body: &[u8]) -> Result<IdempotencyKey, ApiError> {
        IdempotencyKey::new(&self.key, &self.method, &self.path, body).ok_or(ApiError::Unreadable(IDEMPOTENCY_KEY))
    }
}

/// `If-Match` as our `ETag`s look: `"7"`. `*` asks for nothing; what is no tag of ours can't match.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let tag = value.to_str().unwrap_or_default().trim();
    if tag == "*" {
        return Ok(None);
    }
    let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    version.map(Some).ok_or_else(|| Fault::Stale.into())
}

fn check_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = sent.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    let charset = parts.find_map(|p| p.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("charset")));
    let utf8 = charset.is_none_or(|(_, name)| name.trim_matches('"').eq_ignore_ascii_case("utf-8"));
    if json && utf8 { Ok(()) } else { Err(ApiError::WrongMediaType) }
}

/// The whole body; beyond the limit of the router it is too large.
pub(super) async fn bytes(request: Request, app: &App) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, app).await.map_err(|refused: BytesRejection| {
        if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::TooLarge
        } else {
            ApiError::Unreadable("body")
        }
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    object(&mut reader).and_then(|value| reader.end().map(|()| value)).or_else(|_| {
        let (mut reader, mut track) = (serde_json::Deserializer::from_slice(bytes), Track::new());
        let read = object(serde_path_to_error::Deserializer::new(&mut reader, &mut track));
        let value = read.map_err(|inner: serde_json::Error| {
            let path = track.path().to_string();
            if inner.is_data() { malformed(&path, &inner.to_string()) } else { ApiError::Unreadable("body") }
        })?;
        reader.end().map_err(|_| ApiError::Unreadable("body"))?;
        Ok(value)
    })
}

/// Names the field from serde's words; a value that was typed never goes into the answer, an unknown key does (shortened).
fn malformed(path: &str, words: &str) -> ApiError {
    let named = words.split('`').nth(1).unwrap_or_default();
    let path = path.trim_matches('.');
    let below = |name: &str| {
        let parent = path.strip_suffix(name).unwrap_or(path).trim_end_matches(['.', '?']);
        if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
    };
    let short = |text: String| text.chars().filter(|c| !c.is_control()).take(80).collect::<String>();
    let (field, code) = if words.starts_with("unknown field") {
        (short(below(named)), "unknown_field")
    } else if words.starts_with("missing field") {
        (below(named), "missing")
    } else if words.starts_with("unknown variant") {
        (short(path.to_owned()), "not_a_known_value")
    } else {
        (short(path.to_owned()), "wrong_type")
    };
    ApiError::Malformed { field, code }
}

/// From axum's words: `…: limit: invalid digit …`, or serde's about an unknown key.
fn malformed_query(words: &str) -> ApiError {
    let detail = words.split_once(": ").map_or(words, |(_, detail)| detail);
    if let Some(at) = ["unknown field", "missing field"].iter().find_map(|start| detail.find(start)) {
        return malformed("", &detail[at..]);
    }
    let field = detail.split_once(": ").map(|(field, _)| field).filter(|field| field.len() <= 40);
    ApiError::Malformed { field: field.unwrap_or_default().to_owned(), code: "wrong_type" }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its shape matters")]
        inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its shape matters")]
        n: i64,
    }

    fn refused(text: &[u8]) -> (String, &'static str) {
        match parse::<Outer>(text).unwrap_err() {
            ApiError::Malformed { field, code } => (field, code),
            ApiError::Unreadable(_) => (String::new(), "unreadable"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refused_body_names_the_field() {
        assert_eq!(refused(br#"{"inner": [{"n": "x"}]}"#), ("inner[0].n".into(), "wrong_type"));
        assert_eq!(refused(br#"{"inner": [{"n": 1, "m": 2}]}"#), ("inner[0].m".into(), "unknown_field"));
        assert_eq!(refused(br#"{"inner": [{}]}"#), ("inner[0].n".into(), "missing"));
        assert_eq!(refused(br#"{}"#), ("inner".into(), "missing"));
        assert_eq!(refused(br#"[[]]"#), (String::new(), "wrong_type"), "a list of the values is no object");
        assert_eq!(refused(br#"{"inner": "#), (String::new(), "unreadable"));
        assert_eq!(refused(b"{\"inner\": \"\xff\"}"), (String::new(), "unreadable"));
        assert_eq!(refused(br#"{"inner": []} {}"#), (String::new(), "unreadable"));
    }

    #[test]
    fn only_a_tag_of_ours_can_match() {
        let tag = |text: &'static str| if_match(&HeaderMap::from_iter([(IF_MATCH, text.parse().unwrap())]));
        assert_eq!(tag("\"7\"").unwrap(), Some(7));
        assert_eq!(tag("*").unwrap(), None);
        for other in ["W/\"7\"", "7", "\"x\"", ""] {
            assert!(tag(other).is_err(), "{other}");
        }
    }
}
