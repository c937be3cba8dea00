//! Where spans go: one POST a parcel, over a connection of its own, for so long and no longer.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use outward::{Address, Answer, Caller, Unreached};
use tokio::runtime::Handle;

use crate::config::TelemetryKeys;

const PATH: &str = "/v1/traces";
const PROTOBUF: &str = "application/x-protobuf";
/// It has little to say.
const ANSWER: usize = 64 * 1024;

/// As configured. See the module.
#[derive(Clone)]
pub struct Collector {
    endpoint: String,
    address: Address,
    caller: Caller,
    /// Secrets, most likely.
    headers: Vec<(HeaderName, String)>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Collector {
    /// None where no endpoint is named; the other keys are looked at all the same.
    pub fn new(keys: &TelemetryKeys) -> Result<Option<Self>> {
        ensure!((0.0..=1.0).contains(&keys.sampling_ratio), "telemetry.sampling_ratio: expected 0.0 to 1.0");
        ensure!(!keys.service_name.trim().is_empty(), "telemetry.service_name: expected a name");
        let headers = headers(&keys.headers_file).context("telemetry.headers_file")?;
        if keys.endpoint.is_empty() {
            return Ok(None);
        }
        let base = keys.endpoint.trim_end_matches('/');
        // A path or a query of its own would not survive what is put behind it.
        let is_bare = base.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '?', '#', '@']));
        let endpoint = format!("{base}{PATH}");
        let address = endpoint.parse::<Address>().ok().filter(|_| is_bare);
        let address = address.context("telemetry.endpoint: expected http://host:port or https://host:port")?;
        let ca_file = (!keys.ca_file.as_os_str().is_empty()).then_some(keys.ca_file.as_path());
        let tls = address.is_secure().then(|| outward::connector(ca_file)).transpose().context("telemetry.ca_file")?;
        let caller = Caller::new(tls, Duration::from_secs(keys.send_within_seconds), ANSWER);
        Ok(Some(Self { endpoint, address, caller, headers }))
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) const fn on(self, runtime: Handle) -> Sending {
        Sending { collector: self, runtime }
    }

    /// Sends it nothing, to see whether it takes that.
    pub async fn greet(&self) -> Result<()> {
        let answer = self.post(Bytes::new()).await?;
        match answer.status {
            status if status.is_success() => Ok(()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => bail!("it refuses us: see telemetry.headers_file"),
            status => bail!("it answers {status} to {PATH}"),
        }
    }

    async fn post(&self, parcel: Bytes) -> Result<Answer, Unreached> {
        let mut headers = vec![(CONTENT_TYPE, PROTOBUF)];
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.as_str())));
        self.caller.ask(Method::POST, &self.address, &headers, parcel).await
    }
}

/// What the thread that empties the queue sends with: it is none of the runtime's own.
#[derive(Debug)]
pub(super) struct Sending {
    collector: Collector,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Sending {
    /// Whatever stands in the request besides its body is the collector's to say.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let collector = self.collector.clone();
        let Answer { status, body } =
            self.runtime.spawn(async move { collector.post(request.into_body()).await }).await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}

/// `Name: value`, one a line.
fn headers(file: &Path) -> Result<Vec<(HeaderName, String)>> {
    if file.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = |(number, line): (usize, &str)| {
        // What stands there is a secret: the line is named by its number.
        let refused = || format!("line {}: expected `Name: value`", number + 1);
        let (name, value) = line.split_once(':').with_context(refused)?;
        let name = name.trim().parse::<HeaderName>().ok().with_context(refused)?;
        let value = value.trim();
        HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()).with_context(refused)?;
        Ok((name, value.to_owned()))
    };
    lines.map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(HeaderName, String)>> {
        let unique = std::thread::current().id();
        let file = std::env::temp_dir().join(format!("tsunagi-headers-{}-{unique:?}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let read = headers(&file);
        std::fs::remove_file(&file).unwrap();
        read
    }

    #[test]
    fn headers_stand_one_a_line_and_a_bad_line_is_named_but_not_told() {
        let key = HeaderName::from_static("x-key");
        let tenant = HeaderName::from_static("x-tenant");
        assert_eq!(
            read("X-Key: Bearer a:b\n\nx-tenant:7\n").unwrap(),
            [(key, "Bearer a:b".to_owned()), (tenant, "7".to_owned())]
        );
        for bad in ["x-key: 1\nsecret\n", "x-key: 1\nse cret: 2\n", "x-key: 1\nsecret:\n"] {
            let refused = format!("{:#}", read(bad).unwrap_err());
            assert_eq!(refused, "line 2: expected `Name: value`");
        }
    }
}
