//! Figures for Prometheus, on a listener of their own: `[metrics] listen`. Nothing is measured while it is empty.
//!
//! No label holds an id, a name or a path that was asked for: routes are those of the program (`/api/v1/encounters/{id}`).
//!
//! | figure | what it says |
//! |---|---|
//! | `tsunagi_requests_total{method,route,status}` | answers |
//! | `tsunagi_request_seconds{route}` | from the first byte handled to the answer |
//! | `tsunagi_refused_early_total`, `tsunagi_connections_refused_total` | requests beyond what is taken in hand; connections beyond one network's |
//! | `tsunagi_commit_seconds`, `tsunagi_commit_commands` | the writer's transactions: how long, and how many commands each carried |
//! | `tsunagi_writer_waiting` | commands that wait for the writer |
//! | `tsunagi_warnings_total`, `tsunagi_set_aside_total` | what sweeps wrote, and stays they could not judge |
//! | `tsunagi_mails_total{became}` | `delivered`, `postponed`, `given_up` |
//! | `tsunagi_spans_total{became}` | spans for the collector of traces: `sent`, `lost` |
//! | `tsunagi_database_up` | 1 if it answers this scrape |
//! | `tsunagi_last_sweep_age_seconds`, `tsunagi_mail_wait_seconds` | as in `/health/ready` |
//! | `tsunagi_mails_pending` | mails still to be sent |
//!
//! # Alerts that matter, and what to do
//!
//! | alert | do |
//! |---|---|
//! | `tsunagi_database_up == 0` for 1 min | start the database; wards are told to send again or to phone, nothing accepted is lost |
//! | `tsunagi_last_sweep_age_seconds > 300` | warnings are silent: look at the log, restart; what was due is caught up |
//! | `tsunagi_mail_wait_seconds > 300` | the relay does not take mails: `tsunagi doctor` says why; offices still see their inbox |
//! | `increase(tsunagi_mails_total{became="given_up"}[1h]) > 0` | a mailbox refuses: the overview names the office; phone it |
//! | `increase(tsunagi_set_aside_total[1h]) > 0` | a stay can't be judged: the overview names it |
//! | `rate(tsunagi_requests_total{status="503"}[5m]) > 0` | more than the writer can take, or the disk is full |

use std::net::SocketAddr;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use domain::Clock;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::Arc;
use storage::Store;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Seconds: around what was promised for a filing, 40 ms, and up to where a request is ended.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.1, 0.5, 2.0, 30.0];
const COMMANDS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// One recorder a process, whoever starts first.
static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

fn handle() -> Result<PrometheusHandle> {
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let seconds = |name: &str| Matcher::Full(name.to_owned());
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(seconds("tsunagi_request_seconds"), &SECONDS)?
        .set_buckets_for_metric(seconds("tsunagi_commit_seconds"), &SECONDS)?
        .set_buckets_for_metric(seconds("tsunagi_commit_commands"), &COMMANDS)?;
    match builder.install_recorder() {
        Ok(handle) => Ok(HANDLE.get_or_init(|| handle).clone()),
        // Somebody else was first.
        Err(_) => HANDLE.get().cloned().ok_or_else(|| anyhow!("the recorder of metrics was taken")),
    }
}

/// The listener, and its end.
#[derive(Debug)]
pub struct Metrics {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Metrics {
    /// Listens; plain HTTP without login, so keep it to loopback or a network of the operator's own.
    pub async fn start(listen: SocketAddr, store: Store, clock: Arc<dyn Clock>) -> Result<Self> {
        let handle = handle()?;
        let listener = TcpListener::bind(listen).await.context("metrics.listen")?;
        let address = listener.local_addr()?;
        let scrape = move || {
            let (handle, store, clock) = (handle.clone(), store.clone(), Arc::clone(&clock));
            async move {
                look(&store, clock.as_ref()).await;
                handle.run_upkeep();
                ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
            }
        };
        let router = Router::new().route("/metrics", get(scrape));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(kind = ?error.kind(), "metrics are no longer served");
            }
        });
        Ok(Self { address, serving })
    }
}

/// What only the database knows, looked at when somebody asks.
async fn look(store: &Store, clock: &dyn Clock) {
    let now = clock.now();
    let age = |at: domain::Instant| {
        let seconds = (now.micros() - at.micros()).max(0) / 1_000_000;
        f64::from(u32::try_from(seconds).unwrap_or(u32::MAX))
    };
    let up = store.ping().await.is_ok();
    metrics::gauge!("tsunagi_database_up").set(if up { 1.0 } else { 0.0 });
    if !up {
        return;
    }
    if let Ok(Some(last)) = store.last_sweep_at().await {
        metrics::gauge!("tsunagi_last_sweep_age_seconds").set(age(last));
    }
    if let Ok(since) = store.mails_wait_since(now).await {
        metrics::gauge!("tsunagi_mail_wait_seconds").set(since.map_or(0.0, age));
    }
    if let Ok(pending) = store.pending_mails().await {
        metrics::gauge!("tsunagi_mails_pending").set(f64::from(u32::try_from(pending).unwrap_or(u32::MAX)));
    }
}
