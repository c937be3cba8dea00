//! One connection to the relay, from the first byte to the 250 behind the final dot.
//!
//! Why not lettre's `AsyncSmtpConnection`: over a stream of our own it cannot do STARTTLS (it insists on a greeting, and
//! none comes after the handshake), its own STARTTLS keeps what was read before the handshake (answers slipped in by
//! somebody on the line would be believed), and it takes any 2xx or 3xx for a yes. So the commands, the logins and the
//! parsing of answers are lettre's; the line, the order and the judgement are ours.
//!
//! Before each command the line must be quiet: a byte that nobody asked for means that answers and questions no longer
//! belong together, and the connection is given up. Even a late one cannot pass: DATA wants 354, the content wants 250.

use std::{future::poll_fn, io, pin::Pin, str::FromStr, task::Poll, time::Duration};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    commands::{Auth, Data, Ehlo, Mail as MailFrom, Quit, Rcpt, Starttls},
    extension::{Extension, ServerInfo},
    response::Response as Answer,
};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{self, pki_types::ServerName},
};

use super::{
    fault::{Fault, Step},
    message::Written,
    smtp::{Encryption, Relay},
};

/// The longest answer that is read; servers announce themselves in some hundred bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

/// What an SMTP dialogue runs over: TCP, or TLS over it.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// Greeted, encrypted and logged in as the settings want it; ready to take a mail.
pub(super) struct Connection {
    line: BufReader<Box<dyn Line>>,
    /// When whatever is going on must have ended.
    deadline: Instant,
    /// When the last mail was taken, or the connection made.
    pub(super) idle_since: Instant,
}

impl Connection {
    /// Connects, greets, encrypts, logs in, all within the relay's `connect_within`.
    pub(super) async fn open(relay: &Relay) -> Result<Self, Fault> {
        let deadline = Instant::now() + relay.connect_within;
        let stream = within(deadline, Step::Connect, connect(relay)).await?;
        let mut connection = match &relay.encryption {
            Encryption::Tls(connector, name) => {
                let stream = within(deadline, Step::Tls, encrypt(stream, connector, name)).await?;
                Self::over(Box::new(stream), deadline)
            }
            Encryption::StartTls(..) | Encryption::None => Self::over(Box::new(stream), deadline),
        };
        within(deadline, Step::Greeting, connection.expect(Step::Greeting, &[220])).await?;
        let mut offer = connection.hello(relay).await?;
        if let Encryption::StartTls(connector, name) = &relay.encryption {
            connection = connection.start_tls(&offer, connector, name).await?;
            // What was offered in the clear may have been written by anybody.
            offer = connection.hello(relay).await?;
        }
        if let Some(credentials) = &relay.credentials {
            connection.log_in(&offer, credentials).await?;
        }
        connection.idle_since = Instant::now();
        Ok(connection)
    }

    fn over(line: Box<dyn Line>, deadline: Instant) -> Self {
        Self { line: BufReader::new(line), deadline, idle_since: Instant::now() }
    }

    /// Hands one mail over within the limit. After any error the connection is useless and has to be dropped.
    pub(super) async fn deliver(&mut self, mail: &Written, limit: Duration) -> Result<(), Fault> {
        self.deadline = Instant::now() + limit;
        self.ask(Step::Sender, MailFrom::new(Some(mail.from.clone()), vec![]).to_string(), &[250]).await?;
        // 251: the relay will forward to another address; it has taken the recipient all the same.
        self.ask(Step::Recipient, Rcpt::new(mail.to.clone(), vec![]).to_string(), &[250, 251]).await?;
        self.ask(Step::Data, Data.to_string(), &[354]).await?;
        self.ask(Step::Content, dotted(&mail.bytes), &[250]).await?;
        self.idle_since = Instant::now();
        Ok(())
    }

    /// Whether nothing has come in since the last answer: neither bytes nor the end.
    pub(super) async fn is_quiet(&mut self) -> bool {
        poll_fn(|context| Poll::Ready(Pin::new(&mut self.line).poll_fill_buf(context).is_pending())).await
    }

    /// Takes leave; what the relay says to it does not matter.
    pub(super) async fn quit(mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
        let _ = self.ask(Step::Sender, Quit.to_string(), &[221]).await;
    }

    async fn hello(&mut self, relay: &Relay) -> Result<ServerInfo, Fault> {
        let answer = self.ask(Step::Hello, Ehlo::new(relay.hello.clone()).to_string(), &[250]).await?;
        ServerInfo::from_response(&answer).map_err(|_| Fault::Garbled(Step::Hello))
    }

    async fn start_tls(
        mut self,
        offer: &ServerInfo,
        connector: &TlsConnector,
        name: &ServerName<'static>,
    ) -> Result<Self, Fault> {
        if !offer.supports_feature(Extension::StartTls) {
            return Err(Fault::Unencrypted("the relay does not offer STARTTLS"));
        }
        self.ask(Step::StartTls, Starttls.to_string(), &[220]).await?;
        // Whatever was read ahead of the handshake was not written by whom the certificate names.
        if !self.line.buffer().is_empty() {
            return Err(Fault::Garbled(Step::StartTls));
        }
        let encrypted = encrypt(self.line.into_inner(), connector, name);
        Ok(Self::over(Box::new(within(self.deadline, Step::Tls, encrypted).await?), self.deadline))
    }

    async fn log_in(&mut self, offer: &ServerInfo, credentials: &Credentials) -> Result<(), Fault> {
        let garbled = |_| Fault::Garbled(Step::Login);
        let mechanism = offer.get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]).ok_or(Fault::NoLogin)?;
        let mut command = Auth::new(mechanism, credentials.clone(), None).map_err(garbled)?;
        // LOGIN asks for the name and for the password; whoever asks more often is no mail server.
        for _ in 0..3 {
            let answer = self.ask(Step::Login, command.to_string(), &[235, 334]).await?;
            if answer.has_code(235) {
                return Ok(());
            }
            command = Auth::new_from_response(mechanism, credentials.clone(), &answer).map_err(garbled)?;
        }
        Err(Fault::Garbled(Step::Login))
    }

    /// Says something on a quiet line, and takes one of the answers that are wanted.
    async fn ask(&mut self, step: Step, words: impl AsRef<[u8]>, wanted: &[u16]) -> Result<Answer, Fault> {
        within(self.deadline, step, async {
            if !self.is_quiet().await {
                // A goodbye (421) or the end is worth knowing; an answer to no question makes no sense, whatever it says.
                return Err(match self.expect(step, &[]).await {
                    Err(fault @ (Fault::Answer { code: 421, .. } | Fault::Cut(_))) => fault,
                    _ => Fault::Garbled(step),
                });
            }
            let line = self.line.get_mut();
            let said = line.write_all(words.as_ref()).await;
            said.and(line.flush().await).map_err(|_| Fault::Cut(step))?;
            self.expect(step, wanted).await
        })
        .await
    }

    async fn expect(&mut self, step: Step, wanted: &[u16]) -> Result<Answer, Fault> {
        let answer = self.answer(step).await?;
        let code = u16::from(answer.code());
        if wanted.contains(&code) { Ok(answer) } else { Err(Fault::answer(step, code, answer.first_word())) }
    }

    /// One answer, of one line or several.
    async fn answer(&mut self, step: Step) -> Result<Answer, Fault> {
        let mut text = String::new();
        while text.len() < LONGEST_ANSWER {
            let mut bytes = Vec::new();
            let room = LONGEST_ANSWER as u64;
            let read = (&mut self.line).take(room).read_until(b'\n', &mut bytes).await;
            if !bytes.ends_with(b"\n") {
                let too_long = read.is_ok() && bytes.len() >= LONGEST_ANSWER;
                return Err(if too_long { Fault::Garbled(step) } else { Fault::Cut(step) });
            }
            let line = String::from_utf8_lossy(&bytes);
            let line = line.trim_end();
            if line.len() < 3 || !line.bytes().take(3).all(|byte| byte.is_ascii_digit()) {
                return Err(Fault::Garbled(step));
            }
            text.push_str(line);
            // RFC 5321 §4.2.1: an answer may be the bare number.
            text.push_str(if line.len() == 3 { " \r\n" } else { "\r\n" });
            if line.as_bytes().get(3) != Some(&b'-') {
                return Answer::from_str(&text).map_err(|_| Fault::Garbled(step));
            }
        }
        Err(Fault::Garbled(step))
    }
}

/// Ends what takes longer than the deadline; the connection is dropped with the error, never used again.
async fn within<T>(deadline: Instant, step: Step, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    timeout_at(deadline, work).await.unwrap_or(Err(Fault::Silent(step)))
}

/// Tries the addresses of the relay in turn, each for its share of the time, so that one dead address does not use it up.
async fn connect(relay: &Relay) -> Result<TcpStream, Fault> {
    let unreachable = |error: io::Error| Fault::Unreachable(error.kind());
    let addresses: Vec<_> = lookup_host((relay.host.as_str(), relay.port)).await.map_err(unreachable)?.collect();
    let share = relay.connect_within / (addresses.len().max(1) as u32);
    let mut fault = Fault::Unreachable(io::ErrorKind::NotFound);
    for address in addresses {
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without it each command waits for the acknowledgement of the one before: 22 mails a second.
                stream.set_nodelay(true).map_err(unreachable)?;
                return Ok(stream);
            }
            Ok(Err(error)) => fault = unreachable(error),
            Err(_) => fault = Fault::Silent(Step::Connect),
        }
    }
    Err(fault)
}

async fn encrypt<T: Line>(
    line: T,
    connector: &TlsConnector,
    name: &ServerName<'static>,
) -> Result<TlsStream<T>, Fault> {
    connector.connect(name.clone(), line).await.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        Fault::Unencrypted(match cause {
            Some(rustls::Error::InvalidCertificate(_)) => "the relay's certificate is not one to trust for its name",
            _ => "the handshake failed",
        })
    })
}

/// The content as it goes over the line: a dot before each leading dot, and the final dot (RFC 5321 §4.5.2).
fn dotted(content: &[u8]) -> Vec<u8> {
    let mut dotted = Vec::with_capacity(content.len() + 64);
    let mut at_start = true;
    for &byte in content {
        if at_start && byte == b'.' {
            dotted.push(b'.');
        }
        dotted.push(byte);
        at_start = byte == b'\n';
    }
    dotted.extend_from_slice(if at_start { b".\r\n" } else { b"\r\n.\r\n" });
    dotted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_the_content_can_end_it_early() {
        for (content, line) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n.\r\nMAIL FROM:<x@y.example>\r\n", "a\r\n..\r\nMAIL FROM:<x@y.example>\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            ("", ".\r\n"),
        ] {
            assert_eq!(dotted(content.as_bytes()), line.as_bytes(), "{content:?}");
        }
    }
}
