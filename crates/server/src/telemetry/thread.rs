//! One trace a request: its id is the request's id.
//!
//! A request's id is a UUID, as long as a trace's id, and goes from the web through the tables to the mail, in whatever process, however
//! much later. So nothing else has to be handed on or stored: whoever knows the request knows its trace, and the id of the trace's
//! first span, which is the second half of it. The random part of the id also decides whether the trace leaves, so that all of its spans do
//! or none, on every instance.
//!
//! What neither belongs to a span of this process nor names a request is no part of anything, and is not traced.

use std::cell::Cell;

use opentelemetry::trace::{
    Link, SpanBuilder, SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{
    IdGenerator, RandomIdGenerator, SamplingDecision, SamplingResult, SdkTracer, ShouldSample, Span,
};
use uuid::Uuid;

/// Ours, by their names in `api`, `storage` and `scheduler`.
pub(super) const SPANS: [&str; 5] = [REQUEST, "commit", "sweep", MAIL, ESCALATION];
const REQUEST: &str = "request";
/// These two go on with what began elsewhere.
const MAIL: &str = "mail";
const ESCALATION: &str = "escalation";

const REQUEST_ID: &str = "request_id";

/// The bits of a UUID's second half that are chance.
const CHANCE: u64 = u64::MAX >> 2;

thread_local! {
    /// Names the span that is made at this moment on this thread: the SDK asks for ids without saying what for.
    static BEGINS: Cell<Option<Uuid>> = const { Cell::new(None) };
}

fn trace_of(request: Uuid) -> TraceId {
    TraceId::from_bytes(request.into_bytes())
}

fn first_span_of(request: Uuid) -> SpanId {
    SpanId::from(request.as_u64_pair().1)
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key.as_str() == key)?;
    if let Value::String(text) = &found.value { Some(text.as_str()) } else { None }
}

/// The SDK's tracer, with our ids, names and kinds.
#[derive(Debug, Clone)]
pub(super) struct Threaded(SdkTracer);

impl Threaded {
    pub(super) const fn new(tracer: SdkTracer) -> Self {
        Self(tracer)
    }
}

impl Tracer for Threaded {
    type Span = Span;

    fn build_with_context(&self, mut builder: SpanBuilder, within: &Context) -> Span {
        let attributes = builder.attributes.as_deref().unwrap_or_default();
        let request = text(attributes, REQUEST_ID).and_then(|id| id.parse::<Uuid>().ok());
        let continues = matches!(&*builder.name, MAIL | ESCALATION);
        if &*builder.name == REQUEST {
            builder.span_kind = Some(SpanKind::Server);
            // As the conventions for HTTP have it: a path that isn't one of the program's has no name.
            let method = text(attributes, "http.request.method").unwrap_or_default();
            builder.name = match text(attributes, "http.route") {
                Some(route) => format!("{method} {route}").into(),
                None => method.to_owned().into(),
            };
        } else if &*builder.name == MAIL {
            builder.span_kind = Some(SpanKind::Client);
        }
        let Some(request) = request.filter(|_| !within.span().span_context().is_valid()) else {
            return self.0.build_with_context(builder, within);
        };
        if continues {
            let state = TraceState::default();
            let first = SpanContext::new(trace_of(request), first_span_of(request), TraceFlags::SAMPLED, true, state);
            return self.0.build_with_context(builder, &Context::new().with_remote_span_context(first));
        }
        BEGINS.set(Some(request));
        let span = self.0.build_with_context(builder, within);
        BEGINS.set(None);
        span
    }
}

/// Of a trace that begins, those of its request; of a further span, by chance.
#[derive(Debug, Default)]
pub(super) struct NamedByRequest(RandomIdGenerator);

impl IdGenerator for NamedByRequest {
    fn new_trace_id(&self) -> TraceId {
        BEGINS.get().map_or_else(|| self.0.new_trace_id(), trace_of)
    }

    fn new_span_id(&self) -> SpanId {
        BEGINS.get().map_or_else(|| self.0.new_span_id(), first_span_of)
    }
}

/// Takes a share of the traces, by the chance in their ids.
#[derive(Debug, Clone)]
pub(super) struct Share {
    /// Of [`CHANCE`]; what lies below is taken.
    below: u64,
}

impl Share {
    /// `ratio` from 0 to 1.
    pub(super) fn of(ratio: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of traces need not be exact, and the whole is"
        )]
        let below = (ratio * (CHANCE as f64 + 1.0)) as u64;
        Self { below }
    }

    fn takes(&self, trace: TraceId) -> bool {
        let (_, low) = Uuid::from_bytes(trace.to_bytes()).as_u64_pair();
        low & CHANCE < self.below
    }
}

impl ShouldSample for Share {
    fn should_sample(
        &self,
        within: Option<&Context>,
        trace: TraceId,
        _: &str,
        _: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let belongs = within.is_some_and(|within| within.span().span_context().is_valid());
        let taken = (belongs || text(attributes, REQUEST_ID).is_some()) && self.takes(trace);
        let decision = if taken { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        SamplingResult { decision, attributes: Vec::new(), trace_state: TraceState::default() }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Ids, Instant, RequestId};

    use super::*;

    fn taken(ratio: f64) -> usize {
        let share = Share::of(ratio);
        let ids =
            (0..10_000).map(|seed| Ids::new(Instant::from_micros(1_790_000_000_000_000), seed).next::<RequestId>());
        ids.filter(|id| share.takes(trace_of(id.uuid()))).count()
    }

    #[test]
    fn a_share_of_requests_is_that_share_and_all_and_none_are_exact() {
        assert_eq!(taken(0.0), 0);
        assert_eq!(taken(1.0), 10_000);
        let tenth = taken(0.1);
        assert!((900..1_100).contains(&tenth), "{tenth}");
    }
}
