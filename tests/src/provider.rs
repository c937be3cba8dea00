//! A real OpenID provider (`tests/oidc/provider.mjs`), one a process, and somebody in front of it with a browser of her own.
//!
//! It ends with us: its input is a pipe of ours.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use crate::client::form;

const ROOM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc");

/// The file with the secret that it has for us.
pub const SECRET_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc/client-secret");

struct Running {
    issuer: String,
    /// Its input ends with this process.
    _child: Child,
    /// What it says later goes nowhere, but not into a closed pipe.
    _output: BufReader<ChildStdout>,
}

static RUNNING: LazyLock<Running> = LazyLock::new(|| {
    let mend = "npm ci --prefix tests/oidc --ignore-scripts";
    assert!(Path::new(ROOM).join("node_modules/oidc-provider").exists(), "the provider is not installed: {mend}");
    let mut command = Command::new("node");
    command.arg("provider.mjs").current_dir(ROOM).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("node is missing: apt-get install nodejs npm");
    let mut issuer = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let _ = output.read_line(&mut issuer);
    assert!(issuer.starts_with("http"), "the provider did not start: node {ROOM}/provider.mjs says why, or {mend}");
    Running { issuer: issuer.trim().to_owned(), _child: child, _output: output }
});

/// Where it is.
pub fn issuer() -> &'static str {
    &RUNNING.issuer
}

/// The configuration's keys for it, as a client that it signs for with RS256.
pub fn keys() -> &'static [String] {
    static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| keys_of(issuer(), "tsunagi"));
    &KEYS
}

/// The same for another provider or client.
pub fn keys_of(issuer: &str, client_id: &str) -> Vec<String> {
    vec![
        format!("oidc.issuer={issuer:?}"),
        format!("oidc.client_id={client_id:?}"),
        format!("oidc.client_secret_file={SECRET_FILE:?}"),
        "oidc.name=\"架空の認証基盤\"".to_owned(),
    ]
}

/// What somebody tells the provider.
#[derive(Debug, Clone, Copy)]
pub enum Says<'a> {
    /// Who she is, and how that was found out (`amr`, `acr`).
    Is(&'a str, &'a str, &'a str),
    /// That she doesn't want to.
    Cancels,
}

/// A browser at the provider. Its cookies stay.
#[derive(Debug)]
pub struct Browser {
    http: Client<HttpConnector, Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

impl Default for Browser {
    fn default() -> Self {
        Self { http: Client::builder(TokioExecutor::new()).build_http(), cookies: BTreeMap::new() }
    }
}

impl Browser {
    /// Follows the way to the provider and answers it; where it then sends the browser, without the host.
    pub async fn goes(&mut self, to: &str, says: Says<'_>) -> String {
        let asks = self.step(Method::GET, to, Bytes::new()).await;
        assert!(asks.contains("/interaction/"), "it asks, whoever was here before: {asks}");
        let shown = self.step(Method::GET, &asks, Bytes::new()).await;
        let fields = match says {
            Says::Is(login, amr, acr) => vec![("login", login), ("amr", amr), ("acr", acr), ("do", "in")],
            Says::Cancels => vec![("do", "cancel")],
        };
        assert_eq!(shown, "", "a page");
        let goes_on = self.step(Method::POST, &asks, form(&fields).into()).await;
        let back = self.step(Method::GET, &goes_on, Bytes::new()).await;
        let path = back.strip_prefix("http://localhost:8080").unwrap_or_else(|| panic!("it sends her to {back}"));
        path.to_owned()
    }

    /// Where an answer leads; nothing for a page.
    async fn step(&mut self, method: Method, to: &str, body: Bytes) -> String {
        let url = if to.starts_with('/') { format!("{}{to}", issuer()) } else { to.to_owned() };
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "))
            .body(Full::new(body))
            .expect("a request");
        let reply = self.http.request(request).await.expect("the provider answers");
        let (parts, body) = reply.into_parts();
        for line in parts.headers.get_all("set-cookie") {
            let pair = line.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            self.cookies.insert(name.to_owned(), value.to_owned());
            self.cookies.retain(|_, value| !value.is_empty());
        }
        let text = body.collect().await.expect("the answer is whole").to_bytes();
        match parts.headers.get("location") {
            Some(to) => to.to_str().expect("text").to_owned(),
            None => {
                assert_eq!(parts.status, StatusCode::OK, "{}", String::from_utf8_lossy(&text));
                String::new()
            }
        }
    }
}
