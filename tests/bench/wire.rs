//! A load generator that costs little: connections that stay open, requests as ready bytes, replies read no further than needed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// As many people file at the same time.
pub(crate) const CLIENTS: usize = 64;

/// One open connection.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// A reply as far as anybody looks.
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(8192) })
    }

    /// Sends one request and reads its whole reply.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Reply<'_>> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the service closed the connection");
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.read[..head]).context("a reply's head")?;
        let length = header(text, "content-length").and_then(|length| length.parse::<usize>().ok());
        let end = head + length.unwrap_or(0);
        while self.read.len() < end {
            ensure!(self.stream.read_buf(&mut self.read).await? > 0, "the service closed the connection");
        }
        let text = std::str::from_utf8(&self.read[..head]).context("a reply's head")?;
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).context("a status line")?;
        Ok(Reply { status, head: text, body: &self.read[head..end] })
    }
}

/// The value of the first header of that name.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// What a storm came to.
pub(crate) struct Storm {
    pub(crate) took: Duration,
    latencies: Vec<Duration>,
}

impl Storm {
    /// Several, one after the other.
    pub(crate) fn of(storms: Vec<Self>) -> Self {
        let took = storms.iter().map(|storm| storm.took).sum();
        let mut latencies: Vec<_> = storms.into_iter().flat_map(|storm| storm.latencies).collect();
        latencies.sort_unstable();
        Self { took, latencies }
    }

    pub(crate) fn rate(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }

    /// The latency that `share` of the requests did not exceed.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let place = (self.latencies.len() as f64 * share) as usize;
        self.latencies.get(place.min(self.latencies.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Every client asks `each` times as fast as it is answered; `write` puts the nth request of a client into the buffer.
pub(crate) async fn storm(
    address: SocketAddr,
    clients: usize,
    each: usize,
    expect: u16,
    write: impl Fn(usize, usize, &mut Vec<u8>) + Send + Sync + 'static,
) -> Result<Storm> {
    let write = Arc::new(write);
    let mut wires = Vec::new();
    for _ in 0..clients {
        wires.push(Wire::connect(address).await?);
    }
    let began = Instant::now();
    let tasks: Vec<_> = wires
        .into_iter()
        .enumerate()
        .map(|(client, mut wire)| {
            let write = Arc::clone(&write);
            tokio::spawn(async move {
                let mut request = Vec::with_capacity(2048);
                let mut latencies = Vec::with_capacity(each);
                for nth in 0..each {
                    request.clear();
                    write(client, nth, &mut request);
                    let asked = Instant::now();
                    let reply = wire.ask(&request).await?;
                    if reply.status != expect {
                        bail!("{}: {}", reply.status, String::from_utf8_lossy(reply.body));
                    }
                    latencies.push(asked.elapsed());
                }
                Ok(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::with_capacity(clients * each);
    for task in tasks {
        latencies.extend(task.await??);
    }
    let took = began.elapsed();
    latencies.sort_unstable();
    Ok(Storm { took, latencies })
}
