//! Traces for a collector of OpenTelemetry: `[telemetry] endpoint`. Nothing is made while it is empty.
//!
//! - [`Telemetry`] — the tracer, its queue and its thread; [`Telemetry::layer`] listens to `tracing`, [`Telemetry::stop`] sends the last.
//! - [`Collector`] — where spans go, over [`outward`]: bounded in time and size.
//! - `thread` — one trace a request: its id is the request's id, in logs, in the audit trail, and here.
//! - `leaving` — what may leave at all, and what is said when the collector is away.
//!
//! | span | begins a trace | what it says |
//! |---|---|---|
//! | `GET /api/v1/encounters/{id}` (`request`) | yes | method, route of the program, status |
//! | `commit` | | from the writer's queue to the answer: how many commands shared the transaction, how long it took, what became of this one |
//! | `sweep` | yes | stays swept and set aside, warnings |
//! | `mail` | | one attempt: which, and what the relay answered; in the trace of the request or the sweep that caused the mail, days later too |
//! | `escalation` | | a mail was given up |
//!
//! Every one has the `request_id` of its log lines and its audit rows; without the hyphens that is the trace's own id.
//!
//! # What is not promised
//!
//! That a span arrives: one that finds the queue full, or the collector away, is dropped, because nothing here may hold a ward up.
//! `tsunagi_spans_total{became}` counts those that left the queue. A `traceparent` that somebody sends along is not taken in: our
//! trace is named by our request's id, which the answer says (`x-request-id`) for whoever wants to note it in a trace of his own.

mod collector;
mod leaving;
mod thread;

use std::time::Duration;

use anyhow::{Context, Result};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TelemetryKeys;
pub use collector::Collector;
use leaving::Leaving;
use thread::{NamedByRequest, Share, Threaded};

/// How long a span waits at most for others to go with it.
const TOGETHER_WITHIN: Duration = Duration::from_secs(2);
/// Spans that go together at most.
const PARCEL: usize = 512;

/// See the module.
#[derive(Debug)]
pub struct Telemetry {
    spans: SdkTracerProvider,
    stop_within: Duration,
}

impl Telemetry {
    /// None where no endpoint is named. Sends from a thread of its own, over the runtime that it is started in.
    pub fn start(keys: &TelemetryKeys) -> Result<Option<Self>> {
        let Some(collector) = Collector::new(keys)? else { return Ok(None) };
        let stop_within = Duration::from_secs(keys.send_within_seconds);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(collector.endpoint())
            .with_timeout(stop_within)
            .with_http_client(collector.on(tokio::runtime::Handle::current()))
            .build()
            .context("telemetry.endpoint")?;
        let queue = BatchConfigBuilder::default()
            .with_max_queue_size(keys.queue)
            .with_max_export_batch_size(PARCEL.min(keys.queue))
            .with_scheduled_delay(TOGETHER_WITHIN)
            .build();
        let leaving = BatchSpanProcessor::builder(Leaving::new(exporter)).with_batch_config(queue).build();
        let spans = SdkTracerProvider::builder()
            .with_span_processor(leaving)
            .with_sampler(Share::of(keys.sampling_ratio))
            .with_id_generator(NamedByRequest::default())
            .with_resource(Resource::builder_empty().with_service_name(keys.service_name.clone()).build())
            .build();
        Ok(Some(Self { spans, stop_within }))
    }

    /// What listens to `tracing`: our own spans by their names, and nothing that is logged within them.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(Threaded::new(self.spans.tracer("tsunagi")))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_context_activation(false)
            .with_filter(filter_fn(|what| what.is_span() && thread::SPANS.contains(&what.name())))
    }

    /// Sends what still waits, for so long and no longer.
    pub async fn stop(self) {
        let Self { spans, stop_within } = self;
        // It blocks, and its last parcel goes over this runtime.
        let sent = tokio::task::spawn_blocking(move || spans.shutdown_with_timeout(stop_within)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::info!("the last spans did not reach the collector of traces");
        }
    }
}
