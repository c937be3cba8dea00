//! The simulation's hand on an instance: starts it, tells it what to do, hears what it says, and sees it die.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::Instant;
use serde_json::{Value, json};

/// Longer than anything takes that goes well.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Machine {
    child: Child,
    to: ChildStdin,
    said: Receiver<Value>,
    pub(crate) address: SocketAddr,
}

/// What an instance says while it works.
pub(crate) enum Said {
    Done(Value),
    /// To be answered with [`Machine::relays`].
    Mail(Value),
    /// Stands still at that point until [`Machine::resumes`].
    Held,
    /// It died, at that point.
    Died(String),
}

impl Machine {
    pub(crate) fn start(seed: u64, now: Instant, sets: &[String]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("instance").arg(seed.to_string()).arg(now.micros().to_string()).args(sets);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("an instance starts")?;
        let to = child.stdin.take().context("its input")?;
        let out = BufReader::new(child.stdout.take().context("its output")?);
        let (says, said) = mpsc::channel::<Value>();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let Ok(line) = serde_json::from_str(&line) else { break };
                if says.send(line).is_err() {
                    break;
                }
            }
        });
        let ready = said.recv_timeout(PATIENCE).context("an instance gets ready")?;
        let address = ready["ready"].as_str().context("its address")?.parse()?;
        Ok(Self { child, to, said, address })
    }

    /// Whoever it is told may be dead; that is found out by hearing.
    fn tell(&mut self, order: &Value) {
        let _ = writeln!(self.to, "{order}").and_then(|()| self.to.flush());
    }

    /// None: it is dead, and said nothing more.
    fn hears(&mut self) -> Result<Option<Value>> {
        match self.said.recv_timeout(PATIENCE) {
            Ok(said) => Ok(Some(said)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => bail!("an instance says nothing any more"),
        }
    }

    /// Its clock shows `now`, and it ends (or stands still) at the `nth` point from now on; at none with 0. Some: it is dead already.
    pub(crate) fn readies(
        &mut self,
        now: Instant,
        (nth, at, pause): (i64, Option<&str>, bool),
    ) -> Result<Option<String>> {
        self.tell(&json!({ "clock": now.micros(), "arm": nth, "at": at, "pause": pause }));
        let mut at = String::new();
        while let Some(said) = self.hears()? {
            if said["armed"].is_i64() {
                return Ok(None);
            }
            at = said["dies"].as_str().unwrap_or_default().to_owned();
        }
        self.child.wait()?;
        Ok(Some(at))
    }

    /// To be followed by [`Self::goes_on`] until it is done or dead.
    pub(crate) fn begins(&mut self, what: &str) {
        self.tell(&json!({ "do": what }));
    }

    pub(crate) fn goes_on(&mut self) -> Result<Said> {
        let mut at = String::new();
        while let Some(mut said) = self.hears()? {
            if let Some(kind) = said["dies"].as_str() {
                at = kind.to_owned();
            } else if said["held"].is_string() {
                return Ok(Said::Held);
            } else if said["mail"].is_object() {
                return Ok(Said::Mail(said["mail"].take()));
            } else if said["done"].is_object() {
                return Ok(Said::Done(said["done"].take()));
            }
        }
        self.child.wait()?;
        Ok(Said::Died(at))
    }

    pub(crate) fn relays(&mut self, answer: &Value, now: Instant) {
        self.tell(&json!({ "relay": answer, "clock": now.micros() }));
    }

    pub(crate) fn resumes(&mut self) {
        self.tell(&json!({ "resume": true }));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
