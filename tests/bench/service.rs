//! The real binary in a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use server::city::DEMO_PASSWORD;

use crate::processes::Used;
use crate::wire::Wire;

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first "ready".
    pub(crate) ready_after: Duration,
    child: Child,
    /// Takes connections and never says a word: mails wait, and sending them costs the measurement nothing.
    _silent_relay: Option<TcpListener>,
}

/// The binary under measurement.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("BENCH_TSUNAGI").map_or_else(|| PathBuf::from("target/release/tsunagi"), PathBuf::from)
}

/// The key of the sealed columns, for the configuration.
pub(crate) fn key_setting() -> String {
    format!("encryption.key_files=[{:?}]", tests::keys::key_file(&crate::work()))
}

impl Service {
    /// With a relay that never answers.
    pub(crate) async fn start(database: &str) -> Result<Self> {
        Self::start_mailing(database, None).await
    }

    /// With the relay on this port of loopback.
    pub(crate) async fn start_mailing(database: &str, relay: Option<u16>) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0")?;
        let address = free.local_addr()?;
        drop(free);
        let silent_relay = relay.map_or_else(|| TcpListener::bind("127.0.0.1:0").map(Some), |_| Ok(None))?;
        let relay = match &silent_relay {
            Some(silent) => silent.local_addr()?.port(),
            None => relay.unwrap_or_default(),
        };
        let sets = [
            format!("database.url={database:?}"),
            key_setting(),
            format!("server.listen=\"{address}\""),
            format!("server.public_url=\"http://localhost:{}\"", address.port()),
            // Sixty-four people log in here, none of them with a telephone in hand.
            "session.second_factor=false".to_owned(),
            "mail.smtp.host=\"127.0.0.1\"".to_owned(),
            format!("mail.smtp.port={relay}"),
            "mail.smtp.connections=4".to_owned(),
            "mail.smtp.security=\"none\"".to_owned(),
            // The relay never answers: what is in hand is not waited for.
            "server.stop_within_seconds=1".to_owned(),
            "log.filter=\"error\"".to_owned(),
        ];
        let mut command = Command::new(binary());
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null());
        for set in sets {
            command.arg("--set").arg(set);
        }
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {}", binary().display()))?;
        let mut service = Self { address, ready_after: Duration::ZERO, child, _silent_relay: silent_relay };
        while !service.is_ready().await {
            if let Some(status) = service.child.try_wait()? {
                bail!("the service ended: {status}");
            }
            if began.elapsed() > Duration::from_secs(60) {
                bail!("the service was not ready within a minute");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        service.ready_after = began.elapsed();
        Ok(service)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut wire) = Wire::connect(self.address).await else { return false };
        wire.ask(&get("/health/ready", None)).await.is_ok_and(|reply| reply.status == 200)
    }

    /// The token of a new session.
    pub(crate) async fn log_in(&self, login: &str) -> Result<String> {
        let body = json!({ "login": login, "password": DEMO_PASSWORD }).to_string();
        let mut wire = Wire::connect(self.address).await?;
        let mut request = Vec::new();
        post(&mut request, "/api/v1/session", None, None, body.as_bytes());
        let reply = wire.ask(&request).await?;
        if reply.status != 201 {
            bail!("logging in as {login}: {} {}", reply.status, String::from_utf8_lossy(reply.body));
        }
        let body: Value = serde_json::from_slice(reply.body)?;
        body["token"].as_str().map(str::to_owned).context("a token")
    }

    /// Resident memory, in MB; pages of the database file that are mapped count as well.
    pub(crate) fn memory(&self) -> Result<f64> {
        self.status("VmRSS:")
    }

    /// Without mapped files.
    pub(crate) fn own_memory(&self) -> Result<f64> {
        self.status("RssAnon:")
    }

    fn status(&self, key: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(key)).context("the memory of a process")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// What it has used so far.
    pub(crate) fn used(&self) -> Result<Used> {
        Used::by(self.child.id())
    }

    /// Asks it to stop, as systemd does, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the service did not stop well: {status}");
        }
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{bearer}\r\n").into_bytes()
}

pub(crate) fn post(into: &mut Vec<u8>, path: &str, token: Option<&str>, key: Option<&str>, body: &[u8]) {
    let parts: [&[u8]; 4] =
        [b"POST ", path.as_bytes(), b" HTTP/1.1\r\nHost: bench\r\n", b"Content-Type: application/json\r\n"];
    parts.into_iter().for_each(|part| into.extend_from_slice(part));
    for (name, value) in [("Authorization: Bearer ", token), ("Idempotency-Key: ", key)] {
        if let Some(value) = value {
            [name, value, "\r\n"].into_iter().for_each(|part| into.extend_from_slice(part.as_bytes()));
        }
    }
    into.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    into.extend_from_slice(body);
}
