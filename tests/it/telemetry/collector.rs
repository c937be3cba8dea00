//! A collector of traces: takes OTLP over HTTP on a port of its own and keeps what it was sent, bytes and all.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One POST.
pub(crate) struct Parcel {
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

/// A span as it was received, by whom the resource says.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) service: String,
    pub(crate) span: Span,
    /// In words, whatever their type.
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Received {
    pub(crate) fn is(&self, key: &str, value: &str) -> bool {
        self.attributes.get(key).is_some_and(|it| it == value)
    }
}

pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    parcels: Arc<Mutex<Vec<Parcel>>>,
    listening: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

type Kept = (Arc<Mutex<Vec<Parcel>>>, StatusCode);

async fn take(State((parcels, answer)): State<Kept>, headers: HeaderMap, bytes: Bytes) -> impl IntoResponse {
    parcels.lock().unwrap().push(Parcel { headers, bytes });
    // An empty answer is one in protobuf: nothing was refused.
    (answer, [(header::CONTENT_TYPE, "application/x-protobuf")])
}

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::answering(0, StatusCode::OK).await
    }

    /// On a port that was given up before, with an answer of the test's own.
    pub(crate) async fn answering(port: u16, answer: StatusCode) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("loopback can be listened on");
        let address = listener.local_addr().expect("its address");
        let parcels = Arc::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state((Arc::clone(&parcels), answer));
        let listening = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, parcels, listening }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("telemetry.endpoint=\"http://{}\"", self.address)
    }

    pub(crate) fn parcels(&self) -> std::sync::MutexGuard<'_, Vec<Parcel>> {
        self.parcels.lock().unwrap()
    }

    /// Everything that came, decoded.
    pub(crate) fn spans(&self) -> Vec<Received> {
        let decode = |parcel: &Parcel| ExportTraceServiceRequest::decode(parcel.bytes.clone()).expect("it is OTLP");
        let requests: Vec<_> = self.parcels().iter().map(decode).collect();
        let of_resources = requests.into_iter().flat_map(|request| request.resource_spans);
        let received = of_resources.flat_map(|of_resource| {
            let resource = of_resource.resource.unwrap_or_default().attributes;
            let service = words(resource).remove("service.name").unwrap_or_default();
            let spans = of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
            spans.map(move |span| (service.clone(), span))
        });
        let received =
            received.map(|(service, span)| Received { service, attributes: words(span.attributes.clone()), span });
        received.collect()
    }

    /// Waits until such a span has come.
    pub(crate) async fn receives(&self, what: &str, such: impl Fn(&Received) -> bool) -> Received {
        let began = Instant::now();
        loop {
            let spans = self.spans();
            if let Some(found) = spans.iter().find(|received| such(received)) {
                return found.clone();
            }
            let names: Vec<_> = spans.iter().map(|received| &received.span.name).collect();
            assert!(began.elapsed() < Duration::from_secs(30), "{what} never came: {names:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn words(attributes: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>) -> BTreeMap<String, String> {
    let word = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.into_iter().map(|it| (it.key, word(it.value.and_then(|value| value.value)))).collect()
}
