//! The edge: connections in, TLS if it is spoken here, limits, and whose address a request comes from.
//!
//! Why not `axum::serve`: it neither ends a connection that sends its head or takes its answer too slowly, nor bounds how many there are,
//! of one network and of all, and it speaks no TLS. What follows is hyper's own loop with those.
//!
//! # Whose address
//!
//! Every request carries a `ConnectInfo<SocketAddr>`: the peer, or, if the peer is one of `server.trusted_proxies`, the last address in
//! `X-Forwarded-For` that is not itself such a proxy. A header from anybody else is not believed.
//!
//! # What is not promised
//!
//! Nothing is done here against a flood from many networks: that is the network's, or the proxy's, to hold off. A trusted proxy's own
//! connections are not counted as one network's.

mod address;
mod networks;
mod patience;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::config::Server;
use networks::Networks;
use patience::Patient;
pub use tls::Certificates;

/// Two years, as browsers' preload lists ask: only said when people come over https.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// A request's line and headers: no cookie, address or certificate's name of ours comes near it. Hyper would keep 400 KB a connection.
const LARGEST_HEAD: usize = 64 * 1024;

/// Bounds of a connection; every one comes from the configuration.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Empty: nobody's `X-Forwarded-For` is believed.
    trusted_proxies: Arc<[IpAddr]>,
    /// The TLS handshake, and then each request's head, must be whole within this.
    head_within: Duration,
    /// What can't be written at once must be on its way within this.
    answer_within: Duration,
    connections: usize,
    of_one_network: Networks,
    certificates: Option<Certificates>,
    renewal_looked_for_every: Duration,
    /// People come over https, here or at the proxy.
    https: bool,
}

impl Edge {
    /// Reads the certificate files, if there are any.
    pub fn new(server: &Server) -> Result<Self> {
        Ok(Self {
            trusted_proxies: server.trusted_proxies.clone().into(),
            head_within: Duration::from_secs(server.head_within_seconds),
            answer_within: Duration::from_secs(server.answer_within_seconds),
            connections: server.connections,
            of_one_network: Networks::new(server.connections_of_one_network),
            certificates: Certificates::read(&server.tls)?,
            renewal_looked_for_every: Duration::from_secs(server.tls.renewal_looked_for_every_seconds.max(1)),
            https: server.public_url.starts_with("https://"),
        })
    }

    /// Serves until `stopped`, then answers what is in hand and takes nothing new.
    pub async fn serve(
        self,
        listener: TcpListener,
        router: Router,
        stopped: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        let router = if self.https {
            router.layer(SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, HSTS))
        } else {
            router
        };
        let renewals = self.certificates.clone().map(|certificates| {
            let every = self.renewal_looked_for_every;
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(every).await;
                    certificates.renew();
                }
            })
        });
        let open = Arc::new(Semaphore::new(self.connections));
        let graceful = GracefulShutdown::new();
        let mut stopped = std::pin::pin!(stopped);
        loop {
            // A full house lets newcomers wait in the listener's backlog.
            let taken = tokio::select! {
                taken = accept(&listener, &open) => taken,
                () = &mut stopped => break,
            };
            let Ok((stream, peer, place)) = taken else { continue };
            let Ok(own) = self.of_one_network(peer) else { continue };
            let (edge, router, watcher) = (self.clone(), router.clone(), graceful.watcher());
            tokio::spawn(async move {
                edge.converse(stream, peer, router, watcher).await;
                drop((place, own));
            });
        }
        drop(listener);
        graceful.shutdown().await;
        if let Some(renewals) = renewals {
            renewals.abort();
        }
        Ok(())
    }

    /// A place among those of the peer's network; a trusted proxy speaks for many and needs none. Refused, the connection is closed at once:
    /// let wait, it would hold a place of everybody's.
    fn of_one_network(&self, peer: SocketAddr) -> Result<Option<networks::Taken>, TooMany> {
        if self.trusted_proxies.contains(&peer.ip().to_canonical()) {
            return Ok(None);
        }
        let taken = self.of_one_network.take(peer);
        if taken.is_none() {
            metrics::counter!("tsunagi_connections_refused_total").increment(1);
        }
        taken.map(Some).ok_or(TooMany)
    }

    async fn converse(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        router: Router,
        watcher: hyper_util::server::graceful::Watcher,
    ) {
        // Small answers go at once.
        let _ = stream.set_nodelay(true);
        match &self.certificates {
            None => self.http(stream, peer, router, watcher).await,
            Some(certificates) => {
                match tokio::time::timeout(self.head_within, certificates.acceptor().accept(stream)).await {
                    Ok(Ok(stream)) => self.http(stream, peer, router, watcher).await,
                    Ok(Err(error)) => tracing::debug!(kind = ?error.kind(), "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
    }

    async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        peer: SocketAddr,
        router: Router,
        watcher: hyper_util::server::graceful::Watcher,
    ) {
        let proxies = Arc::clone(&self.trusted_proxies);
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            let client = address::client(peer, request.headers(), &proxies);
            request.extensions_mut().insert(ConnectInfo(client));
            router.clone().oneshot(request.map(Body::new))
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.head_within).max_buf_size(LARGEST_HEAD);
        let connection = http.serve_connection(TokioIo::new(Patient::new(stream, self.answer_within)), service);
        if let Err(error) = watcher.watch(connection).await {
            // A client that went away or was too slow: its own affair.
            tracing::debug!(timeout = error.is_timeout(), "a connection ended early");
        }
    }
}

/// Of one network.
struct TooMany;

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, open: &Arc<Semaphore>) -> std::io::Result<Accepted> {
    let place = Arc::clone(open).acquire_owned().await.map_err(std::io::Error::other)?;
    match listener.accept().await {
        Ok((stream, peer)) => Ok((stream, peer, place)),
        Err(error) => {
            // Out of descriptors, most likely: the next try must not spin.
            tracing::warn!(kind = ?error.kind(), "a connection could not be taken");
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(error)
        }
    }
}
