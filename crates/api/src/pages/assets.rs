//! Style, script and icon, compiled into the binary.
//!
//! Each address carries a hash of the content: browsers may keep a file for ever, and a new release is seen at once.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// The addresses under which the files are served.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: String,
    pub(crate) htmx: String,
    pub(crate) icon: String,
    pub(crate) passkey: String,
}

const FILES: [(&str, &str, &str); 4] = [
    // The tokens and what is built on them, in one file.
    (
        "tsunagi.css",
        "text/css; charset=utf-8",
        concat!(include_str!("../../assets/tokens.css"), include_str!("../../assets/tsunagi.css")),
    ),
    ("htmx.min.js", "text/javascript; charset=utf-8", include_str!("../../assets/htmx.min.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
    ("passkey.js", "text/javascript; charset=utf-8", include_str!("../../assets/passkey.js")),
];

static HASHES: LazyLock<[String; 4]> = LazyLock::new(|| FILES.map(|(_, _, text)| hash(text)));
static SERVED: LazyLock<Assets> = LazyLock::new(|| {
    let address = |place: usize| format!("/assets/{}/{}", HASHES[place], FILES[place].0);
    Assets { style: address(0), htmx: address(1), icon: address(2), passkey: address(3) }
});

fn hash(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes()).iter().take(8).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

pub(crate) fn served() -> &'static Assets {
    &SERVED
}

/// `GET /assets/{hash}/{name}`; an old hash is gone, never answered with other content.
pub(super) async fn serve(Path((wanted, name)): Path<(String, String)>) -> Response {
    let found = FILES.iter().zip(HASHES.iter()).find(|((file, _, _), hash)| *file == name && **hash == wanted);
    let Some(((_, kind, text), _)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = (*text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_served_under_its_hash_and_under_no_other() {
        let mut parts = served().style.trim_start_matches("/assets/").split('/').map(str::to_owned);
        let (hash, name) = (parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(serve(Path((hash, name.clone()))).await.status(), StatusCode::OK);
        assert_eq!(serve(Path(("0000000000000000".into(), name))).await.status(), StatusCode::NOT_FOUND);
    }
}
