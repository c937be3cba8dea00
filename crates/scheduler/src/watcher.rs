//! The watcher outside: told after every sweep that did its work, so that its silence is noticed by somebody who isn't here.
//!
//! A GET of one address, with nothing in it: services such as Healthchecks take that as a sign of life and raise the alarm when it fails to
//! come. A watcher that can't be reached is logged and asked again after the next sweep; it never holds a sweep up.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::mail::connector;

const WITHIN: Duration = Duration::from_secs(10);

/// The address is none that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected http://host/… or https://host/…")]
pub struct NoAddress;

/// Where to say that the sweep went well.
#[derive(Clone)]
pub struct Watcher {
    uri: Uri,
    host: String,
    port: u16,
    /// None: plain HTTP.
    tls: Option<TlsConnector>,
    /// One sign of life under way at a time.
    turn: Arc<Semaphore>,
}

impl std::fmt::Debug for Watcher {
    /// The path is a secret of a kind: whoever has it can keep the watcher quiet.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watcher").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Watcher {
    /// `http://…` or `https://…`, the latter with the machine's certificates.
    pub fn at(url: &str) -> Result<Self, NoAddress> {
        let uri: Uri = url.parse().map_err(|_| NoAddress)?;
        let host = uri.host().ok_or(NoAddress)?.to_owned();
        let (default, tls) = match uri.scheme_str() {
            Some("http") => (80, None),
            Some("https") => (443, Some(connector(None).map_err(|_| NoAddress)?)),
            _ => return Err(NoAddress),
        };
        Ok(Self { port: uri.port_u16().unwrap_or(default), uri, host, tls, turn: Arc::new(Semaphore::new(1)) })
    }

    /// Gives the sign of life beside whatever goes on; if the last one is still under way, it has to do.
    pub(crate) fn tell(&self) {
        let Ok(turn) = Arc::clone(&self.turn).try_acquire_owned() else { return };
        let watcher = self.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(WITHIN, watcher.ask()).await {
                Ok(Ok(status)) if status.is_success() => {}
                Ok(Ok(status)) => tracing::warn!(status = status.as_u16(), "The watcher refused the sign of life"),
                Ok(Err(reason)) => tracing::warn!(reason, "The watcher was not reached"),
                Err(_) => tracing::warn!("The watcher did not answer"),
            }
            drop(turn);
        });
    }

    async fn ask(&self) -> Result<StatusCode, &'static str> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|_| "no connection")?;
        match &self.tls {
            None => self.get(stream).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone()).map_err(|_| "no name of a host")?;
                self.get(tls.connect(name, stream).await.map_err(|_| "no TLS")?).await
            }
        }
    }

    async fn get<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
    ) -> Result<StatusCode, &'static str> {
        let broken = |_| "the connection broke";
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path)
            .header(header::HOST, self.uri.authority().map_or(self.host.as_str(), |authority| authority.as_str()))
            .header(header::USER_AGENT, "tsunagi")
            .header(header::CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|_| "no request")?;
        let carrying = tokio::spawn(connection);
        let status = sender.send_request(request).await.map(|reply| reply.status()).map_err(broken);
        carrying.abort();
        status
    }
}
