//! One request, one connection, one answer.

use std::str::FromStr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

/// No address that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected http://host/… or https://host/…")]
pub struct NoAddress;

/// `http://…` or `https://…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
}

impl std::fmt::Debug for Address {
    /// A path or a query may be a secret of a kind.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("host", &self.host).finish_non_exhaustive()
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(url: &str) -> Result<Self, NoAddress> {
        let uri: Uri = url.parse().map_err(|_| NoAddress)?;
        let host = uri.host().ok_or(NoAddress)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (default, secure) = match uri.scheme_str() {
            Some("http") => (80, false),
            Some("https") => (443, true),
            _ => return Err(NoAddress),
        };
        Ok(Self { port: uri.port_u16().unwrap_or(default), uri, host, secure })
    }
}

impl Address {
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    pub fn host(&self) -> &str {
        &self.host
    }
}

/// Why there is no answer. Says nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    #[error("plain where TLS is asked for, or the other way round")]
    OtherScheme,
    #[error("no connection")]
    Connection,
    #[error("no TLS")]
    Tls,
    #[error("the connection broke")]
    Broken,
    #[error("the answer is too large")]
    TooLarge,
    #[error("no answer in time")]
    TooSlow,
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

/// See the module.
#[derive(Clone)]
pub struct Caller {
    /// None: plain HTTP, and nothing else.
    tls: Option<TlsConnector>,
    within: Duration,
    /// Bytes of an answer's body.
    most: usize,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("secure", &self.tls.is_some()).finish_non_exhaustive()
    }
}

impl Caller {
    /// Over TLS with `tls`, or plainly; `within` is for one request from its connection to the end of its answer.
    pub const fn new(tls: Option<TlsConnector>, within: Duration, most: usize) -> Self {
        Self { tls, within, most }
    }

    /// `headers` besides those that every request has.
    pub async fn ask(
        &self,
        method: Method,
        address: &Address,
        headers: &[(header::HeaderName, &str)],
        body: Bytes,
    ) -> Result<Answer, Unreached> {
        if address.secure != self.tls.is_some() {
            return Err(Unreached::OtherScheme);
        }
        let authority = address.uri.authority().map_or(address.host.as_str(), |authority| authority.as_str());
        let path = address.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, authority)
            .header(header::USER_AGENT, "tsunagi")
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Full::new(body)).map_err(|_| Unreached::Broken)?;
        tokio::time::timeout(self.within, self.connect(address, request)).await.map_err(|_| Unreached::TooSlow)?
    }

    async fn connect(&self, address: &Address, request: Request<Full<Bytes>>) -> Result<Answer, Unreached> {
        let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
        let stream = stream.map_err(|_| Unreached::Connection)?;
        match &self.tls {
            None => self.exchange(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(address.host.clone()).map_err(|_| Unreached::Tls)?;
                self.exchange(tls.connect(name, stream).await.map_err(|_| Unreached::Tls)?, request).await
            }
        }
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Unreached> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Unreached::Broken)?;
        let carrying = Carrying(tokio::spawn(async move {
            let _ = connection.await;
        }));
        let reply = sender.send_request(request).await.map_err(|_| Unreached::Broken)?;
        let status = reply.status();
        let read = Limited::new(reply.into_body(), self.most).collect().await;
        drop(carrying);
        let body = read.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() { Unreached::TooLarge } else { Unreached::Broken }
        })?;
        Ok(Answer { status, body: body.to_bytes() })
    }
}

/// The connection ends with whoever waits for it, also when he gives up.
struct Carrying(tokio::task::JoinHandle<()>);

impl Drop for Carrying {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Answers one request with these bytes, then keeps the line open.
    async fn server(answer: &'static [u8]) -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x?y", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut asked).await.unwrap();
            }
            assert!(asked.starts_with(b"GET /x?y HTTP/1.1\r\n"));
            stream.write_all(answer).await.unwrap();
            let _ = stream.read_buf(&mut asked).await;
        });
        url.parse().unwrap()
    }

    async fn asked(address: &Address) -> Result<(u16, Bytes), Unreached> {
        let caller = Caller::new(None, Duration::from_millis(500), 10);
        let answer = caller.ask(Method::GET, address, &[], Bytes::new()).await;
        answer.map(|answer| (answer.status.as_u16(), answer.body))
    }

    #[tokio::test]
    async fn an_answer_is_bounded_in_size_and_time_and_a_redirect_is_just_an_answer() {
        let whole = server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789").await;
        assert_eq!(asked(&whole).await, Ok((200, Bytes::from_static(b"0123456789"))));
        let elsewhere = server(b"HTTP/1.1 302 Found\r\nLocation: /z\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(asked(&elsewhere).await, Ok((302, Bytes::new())));
        let large = server(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a").await;
        assert_eq!(asked(&large).await, Err(Unreached::TooLarge));
        let half = server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01").await;
        assert_eq!(asked(&half).await, Err(Unreached::TooSlow));
        let silent = server(b"").await;
        assert_eq!(asked(&silent).await, Err(Unreached::TooSlow));
        let nonsense = server(b"220 relay ESMTP\r\n").await;
        assert_eq!(asked(&nonsense).await, Err(Unreached::Broken));
    }

    #[tokio::test]
    async fn a_caller_asks_over_what_it_was_made_for_alone() {
        assert_eq!(asked(&"https://localhost/".parse().unwrap()).await, Err(Unreached::OtherScheme));
        for bad in ["localhost", "ftp://localhost/", "http:///x", ""] {
            assert_eq!(bad.parse::<Address>(), Err(NoAddress), "{bad}");
        }
        assert_eq!("http://[::1]:8/".parse::<Address>().unwrap().host(), "::1");
    }
}
