//! Mail to a relay, over one to four connections of our own.
//!
//! Each send holds one of the places; it takes a kept connection or opens one, and only a connection whose mail was
//! answered with 250 is kept. Since the connection lives in the future of the send, dropping that future drops the
//! connection: an answer can never be read by the next mail.
//!
//! A kept connection may have been ended by the relay meanwhile. When that shows before the relay has taken notice of the
//! mail, the mail goes over a new connection at once; later than that it is for the outbox to try again.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use domain::delivery::Response;
use lettre::transport::smtp::{authentication::Credentials, extension::ClientId};
use outward::connector;
use tokio::sync::Semaphore;
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

use super::{Mail, connection::Connection, fault::Fault, message::Written};

/// A connection that rested longer is not used again: relays end idle ones after some minutes, firewalls forget them silently.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// How the line to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, encrypted before anything of the mail or the login is said; a relay without STARTTLS gets nothing (port 587).
    StartTls,
    /// Encrypted from the first byte (port 465).
    Tls,
    /// Never encrypted, and therefore without login: a relay on the same machine.
    None,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The name of the account.
    pub user: String,
    /// A file that holds the password in its first line.
    pub password_file: PathBuf,
}

/// The relay as the configuration names it.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Its name or address; the certificate has to be for it.
    pub host: String,
    /// 587 for STARTTLS, 465 for TLS, by custom.
    pub port: u16,
    /// How the line is protected.
    pub security: Security,
    /// None when the relay knows this machine by its address.
    pub login: Option<Login>,
    /// Certificates to believe besides the machine's own, PEM.
    pub ca_file: Option<PathBuf>,
    /// 1 to 4.
    pub connections: usize,
    /// For name, connection, encryption and login together.
    pub connect_within: Duration,
    /// For one mail, from its sender to the answer to its final dot. RFC 5321 would wait ten minutes for that answer; the
    /// shorter the limit, the likelier a mail that arrives twice.
    pub send_within: Duration,
    /// How this machine introduces itself; its host name when none is given.
    pub hello: Option<String>,
}

/// Settings that cannot work, found at the start.
#[derive(Debug, thiserror::Error)]
pub enum SettingsRefused {
    /// Not between 1 and 4.
    #[error("connections must be 1 to 4, not {0}")]
    Connections(usize),
    /// A password would go over the line in the clear.
    #[error("a login needs security \"starttls\" or \"tls\": the password would be readable on the line")]
    LoginInClear,
    /// Neither a host name nor an address.
    #[error("\"{0}\" is neither a host name nor an address")]
    Host(String),
    /// Not a name that can stand in EHLO.
    #[error("\"{0}\" is not a name to introduce this machine by")]
    Hello(String),
    /// The password file is missing, unreadable or empty.
    #[error("no password could be read from {0}")]
    PasswordFile(PathBuf),
    /// Nobody could ever be believed.
    #[error(transparent)]
    Trust(#[from] outward::NobodyTrusted),
}

/// The way to one relay. Clones share its connections.
#[derive(Clone)]
pub struct SmtpTransport(Arc<Relay>);

pub(super) enum Encryption {
    None,
    StartTls(TlsConnector, ServerName<'static>),
    Tls(TlsConnector, ServerName<'static>),
}

pub(super) struct Relay {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encryption: Encryption,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello: ClientId,
    pub(super) connect_within: Duration,
    send_within: Duration,
    connections: usize,
    places: Semaphore,
    kept: Mutex<Vec<Connection>>,
}

impl SmtpTransport {
    /// Checks the settings and reads the password and the certificates; nothing is connected yet.
    ///
    /// # Errors
    /// When the settings cannot work, whatever the relay does.
    pub fn new(settings: SmtpSettings) -> Result<Self, SettingsRefused> {
        if !(1..=4).contains(&settings.connections) {
            return Err(SettingsRefused::Connections(settings.connections));
        }
        if settings.security == Security::None && settings.login.is_some() {
            return Err(SettingsRefused::LoginInClear);
        }
        let name = ServerName::try_from(settings.host.clone());
        let name = name.map_err(|_| SettingsRefused::Host(settings.host.clone()))?;
        let encryption = match settings.security {
            Security::None => Encryption::None,
            Security::StartTls => Encryption::StartTls(connector(settings.ca_file.as_deref())?, name),
            Security::Tls => Encryption::Tls(connector(settings.ca_file.as_deref())?, name),
        };
        Ok(Self(Arc::new(Relay {
            host: settings.host,
            port: settings.port,
            encryption,
            credentials: settings.login.map(read_credentials).transpose()?,
            hello: settings.hello.map_or_else(|| Ok(ClientId::default()), introduction)?,
            connect_within: settings.connect_within,
            send_within: settings.send_within,
            connections: settings.connections,
            places: Semaphore::new(settings.connections),
            kept: Mutex::default(),
        })))
    }

    pub(super) fn connections(&self) -> usize {
        self.0.connections
    }

    pub(super) async fn send(&self, mail: &Mail) -> Response {
        let written = match mail.written() {
            Ok(written) => written,
            Err(refused) => return Response::FatalError { code: None, detail: refused.to_string() },
        };
        let _place = self.0.places.acquire().await.expect("the places are never closed");
        match self.0.deliver(&written).await {
            Ok(()) => Response::Ok,
            Err(fault) => fault.into(),
        }
    }

    pub(super) async fn greet(&self) -> Result<(), Fault> {
        Connection::open(&self.0).await?.quit(Duration::from_secs(1)).await;
        Ok(())
    }

    /// Takes leave of the relay on every kept connection, for a graceful stop; sends after it open new ones.
    pub async fn close(&self) {
        let kept = std::mem::take(&mut *self.0.kept());
        for connection in kept {
            connection.quit(Duration::from_secs(1)).await;
        }
    }
}

impl Relay {
    async fn deliver(&self, mail: &Written) -> Result<(), Fault> {
        if let Some(connection) = self.take_kept().await {
            match self.deliver_over(connection, mail).await {
                Err(fault) if fault.is_a_farewell() => {}
                outcome => return outcome,
            }
        }
        self.deliver_over(Connection::open(self).await?, mail).await
    }

    /// The connection is kept when, and only when, the mail was taken.
    async fn deliver_over(&self, mut connection: Connection, mail: &Written) -> Result<(), Fault> {
        connection.deliver(mail, self.send_within).await?;
        self.kept().push(connection);
        Ok(())
    }

    async fn take_kept(&self) -> Option<Connection> {
        loop {
            let mut connection = self.kept().pop()?;
            if connection.idle_since.elapsed() < KEPT_FOR && connection.is_quiet().await {
                return Some(connection);
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.kept.lock().expect("no holder of this lock panics")
    }
}

impl fmt::Debug for SmtpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpTransport({}:{})", self.0.host, self.0.port)
    }
}

fn read_credentials(login: Login) -> Result<Credentials, SettingsRefused> {
    let text = std::fs::read_to_string(&login.password_file).unwrap_or_default();
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(Credentials::new(login.user, password.to_owned())),
        _ => Err(SettingsRefused::PasswordFile(login.password_file)),
    }
}

fn introduction(name: String) -> Result<ClientId, SettingsRefused> {
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if plain { Ok(ClientId::Domain(name)) } else { Err(SettingsRefused::Hello(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SmtpSettings {
        SmtpSettings {
            host: "localhost".to_owned(),
            port: 25,
            security: Security::None,
            login: None,
            ca_file: None,
            connections: 2,
            connect_within: Duration::from_secs(1),
            send_within: Duration::from_secs(1),
            hello: None,
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_the_start() {
        let login = || Some(Login { user: "tsunagi".to_owned(), password_file: "/nonexistent/password".into() });
        let tls = Security::Tls;
        // A file that holds no certificate, and whose name does not depend on where the tests run.
        let no_ca = Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        for (refused, key) in [
            (SmtpSettings { connections: 0, ..settings() }, "connections must be 1 to 4"),
            (SmtpSettings { connections: 5, ..settings() }, "connections must be 1 to 4"),
            (SmtpSettings { login: login(), ..settings() }, "a login needs security"),
            (SmtpSettings { host: "mail server".to_owned(), ..settings() }, "neither a host name"),
            (SmtpSettings { hello: Some("a\r\nDATA".to_owned()), ..settings() }, "introduce"),
            (SmtpSettings { security: tls, ca_file: no_ca, ..settings() }, "no certificates could be read"),
            (SmtpSettings { security: tls, ca_file: Some("/nonexistent".into()), ..settings() }, "no certificates"),
        ] {
            let message = SmtpTransport::new(refused).unwrap_err().to_string();
            assert!(message.contains(key), "{message}");
        }
        assert!(read_credentials(login().unwrap()).unwrap_err().to_string().contains("/nonexistent/password"));
        assert_eq!(format!("{:?}", SmtpTransport::new(settings()).unwrap()), "SmtpTransport(localhost:25)");
    }
}
