//! What may leave, and what becomes of it.
//!
//! Only the attributes of [`MAY_LEAVE`] do: whatever else a span may be given some day stays here until somebody has put it into that
//! list. None of them can hold a person's name, address or number.
//!
//! A collector that is away is a line in the log when it goes, one now and then while it is away, and one when it is back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Ids, counts, words of ours, routes of the program.
const MAY_LEAVE: [&str; 14] = [
    "request_id",
    "delivery_id",
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "commands",
    "transaction_micros",
    "became",
    "swept",
    "warnings",
    "set_aside",
    "attempt",
    "response",
    "code",
];

const SAID_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// In front of whatever sends. See the module.
#[derive(Debug)]
pub(super) struct Leaving<E> {
    exporter: E,
    /// None while the collector takes what it is sent.
    away: Mutex<Option<Away>>,
}

#[derive(Debug)]
struct Away {
    said_at: Instant,
    lost: usize,
}

impl<E> Leaving<E> {
    pub(super) const fn new(exporter: E) -> Self {
        Self { exporter, away: Mutex::new(None) }
    }

    fn note(&self, spans: usize, sent: &OTelSdkResult) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match (sent, away.as_mut()) {
            (Ok(()), None) => {}
            (Ok(()), Some(Away { lost, .. })) => {
                tracing::info!(lost, "the collector of traces is back");
                *away = None;
            }
            (Err(error), None) => {
                tracing::warn!(%error, "the collector of traces does not take them: they are dropped until it does");
                *away = Some(Away { said_at: Instant::now(), lost: spans });
            }
            (Err(error), Some(Away { said_at, lost })) => {
                *lost += spans;
                if said_at.elapsed() >= SAID_AGAIN_AFTER {
                    tracing::warn!(%error, lost, "the collector of traces still does not take them");
                    *said_at = Instant::now();
                }
            }
        }
    }
}

impl<E: SpanExporter> SpanExporter for Leaving<E> {
    async fn export(&self, mut parcel: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut parcel {
            span.attributes.retain(|attribute| MAY_LEAVE.contains(&attribute.key.as_str()));
        }
        let spans = parcel.len();
        let sent = self.exporter.export(parcel).await;
        let became = if sent.is_ok() { "sent" } else { "lost" };
        metrics::counter!("tsunagi_spans_total", "became" => became).increment(spans as u64);
        self.note(spans, &sent);
        sent
    }

    fn shutdown_with_timeout(&self, within: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(within)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, parcel: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(parcel);
            Ok(())
        }
    }

    #[test]
    fn what_is_not_on_the_list_stays_here() {
        let kept = Kept::default();
        let spans = SdkTracerProvider::builder().with_simple_exporter(Leaving::new(kept.clone())).build();
        let tracer = spans.tracer("test");
        let attributes = [KeyValue::new("patient", "北見 花子"), KeyValue::new("became", "applied")];
        drop(tracer.build(tracer.span_builder("commit").with_attributes(attributes)));
        let left = &kept.0.lock().unwrap()[0];
        assert_eq!(left.attributes, [KeyValue::new("became", "applied")]);
    }
}
