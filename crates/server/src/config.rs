//! The configuration: `config/default.toml` is compiled in and names every key; the operator's file names what differs.
//!
//! What each section holds is in [`sections`].
//!
//! An unknown key or a bad value stops the start and names itself. Secrets are read from files (`…_file`).

mod sections;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use api::oidc::{Oidc, OidcSettings, TwoFactors};
use api::passkey::{Passkeys, Unusable};
use domain::delivery::RetrySchedule;
use domain::text::EmailAddress;
use scheduler::mail::{
    FileTransport, Login, Mailer, MemoryTransport, Security, Sender, SmtpSettings, SmtpTransport, Subject,
};
use serde::Deserialize;

use crate::telemetry::Collector;

pub use sections::*;

const DEFAULT: &str = include_str!("../../../config/default.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub encryption: Encryption,
    pub agreements: Agreements,
    pub calendar: CalendarKeys,
    pub session: Session,
    pub oidc: OidcKeys,
    pub mail: Mail,
    pub outbox: Outbox,
    pub sweep: Sweep,
    pub weekly: Weekly,
    pub audit: Audit,
    pub health: Health,
    pub metrics: Metrics,
    pub telemetry: TelemetryKeys,
    pub backup: Backup,
    pub log: Log,
}

impl Config {
    /// The defaults, with what `file` names and then what `sets` (`section.key=value`, TOML values) say over them.
    pub fn read(file: Option<&Path>, sets: &[String]) -> Result<Self> {
        let mut merged: toml::Table = toml::from_str(DEFAULT).context("config/default.toml")?;
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
            let table = toml::from_str(&text).with_context(|| path.display().to_string())?;
            overlay(&mut merged, table, "").with_context(|| path.display().to_string())?;
        }
        for set in sets {
            let (key, value) =
                set.split_once('=').with_context(|| format!("--set {set}: expected section.key=value"))?;
            let line = format!("{key} = {value}");
            let quoted = format!("{key} = {}", toml::Value::String(value.to_owned()));
            let table =
                toml::from_str(&line).or_else(|_| toml::from_str(&quoted)).with_context(|| format!("--set {set}"))?;
            overlay(&mut merged, table, "").with_context(|| format!("--set {set}"))?;
        }
        let mut config = Self::deserialize(merged).context("the configuration")?;
        if !config.database.url_file.as_os_str().is_empty() {
            config.database.url = first_line(&config.database.url_file)?;
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let refuse = |key: &str, expected: &str| -> Result<()> { bail!("{key}: expected {expected}") };
        if !self.server.public_url.starts_with("http") || self.server.public_url.ends_with('/') {
            refuse("server.public_url", "http(s)://… without a trailing slash")?;
        }
        if !self.database.url.starts_with("sqlite:") && !self.database.url.starts_with("postgres") {
            refuse("database.url", "sqlite://… or postgres://…")?;
        }
        let positive: [(&str, u64); 17] = [
            ("server.connections", self.server.connections as u64),
            ("server.connections_of_one_network", self.server.connections_of_one_network as u64),
            ("server.head_within_seconds", self.server.head_within_seconds),
            ("server.request_within_seconds", self.server.request_within_seconds),
            ("server.answer_within_seconds", self.server.answer_within_seconds),
            ("server.body_within_seconds", self.server.body_within_seconds),
            ("database.readers", self.database.readers.into()),
            ("database.writer_queue", self.database.writer_queue as u64),
            ("database.writer_batch", self.database.writer_batch as u64),
            ("outbox.concurrency", self.outbox.concurrency as u64),
            ("outbox.in_flight", self.outbox.in_flight as u64),
            ("outbox.batch", self.outbox.batch.into()),
            ("outbox.every_seconds", self.outbox.every_seconds),
            ("sweep.every_seconds", self.sweep.every_seconds),
            ("sweep.batch", self.sweep.batch.into()),
            ("telemetry.send_within_seconds", self.telemetry.send_within_seconds),
            ("telemetry.queue", self.telemetry.queue as u64),
        ];
        for (key, value) in [
            ("session.lockout_after", self.session.lockout_after),
            ("session.login_lockout_after", self.session.login_lockout_after),
            ("session.address_lockout_after", self.session.address_lockout_after),
        ] {
            if value < 2 {
                refuse(key, "a number above 1")?;
            }
        }
        for (key, value) in positive {
            if value == 0 {
                refuse(key, "a number above 0")?;
            }
        }
        // Each caller has a quarter of them.
        if self.server.requests_in_hand < 4 {
            refuse("server.requests_in_hand", "a number above 3")?;
        }
        if !(1..=1440).contains(&self.audit.break_glass_minutes) {
            refuse("audit.break_glass_minutes", "1 to 1440 minutes")?;
        }
        let longest = i64::try_from(self.mail.smtp.connect_within_seconds + self.mail.smtp.send_within_seconds)?;
        // No send begins in the second half of its lease.
        if self.outbox.lease_seconds <= 2 * longest {
            refuse("outbox.lease_seconds", "more than twice mail.smtp.connect_within_seconds + send_within_seconds")?;
        }
        self.passkeys()?;
        self.oidc()?;
        Collector::new(&self.telemetry)?;
        self.sender().map(drop)
    }

    /// The service as authenticators know it; none where passkeys are turned off.
    pub fn passkeys(&self) -> Result<Option<Passkeys>> {
        if !self.session.passkeys {
            return Ok(None);
        }
        let address = &self.server.public_url;
        match Passkeys::new(address, &self.session.passkey_domain) {
            Ok(passkeys) => Ok(Some(passkeys)),
            Err(error @ Unusable::Address) => {
                bail!(
                    "server.public_url: {address} can't have passkeys: {error}. Give the service a name, or set session.passkeys = false"
                )
            }
            Err(error @ Unusable::Domain) => {
                bail!("session.passkey_domain: {:?} does not fit {address}: {error}", self.session.passkey_domain)
            }
        }
    }

    /// The outside provider; none where none is named.
    pub fn oidc(&self) -> Result<Option<Oidc>> {
        let keys = &self.oidc;
        if keys.issuer.is_empty() {
            return Ok(None);
        }
        let secret = &keys.client_secret_file;
        let settings = OidcSettings {
            issuer: keys.issuer.clone(),
            client_id: keys.client_id.clone(),
            client_secret: match secret.as_os_str().is_empty() {
                true => String::new(),
                false => first_line(secret).context("oidc.client_secret_file")?,
            },
            name: keys.name.clone(),
            ca_file: (!keys.ca_file.as_os_str().is_empty()).then(|| keys.ca_file.clone()),
            two_factors: TwoFactors { acr: keys.two_factors_acr.clone(), amr: keys.two_factors_amr },
            public_url: self.server.public_url.clone(),
        };
        Ok(Some(Oidc::new(settings)?))
    }

    /// The sender of every mail.
    pub fn sender(&self) -> Result<Sender> {
        let address = EmailAddress::parse(&self.mail.from).context("mail.from: expected an e-mail address")?;
        let name = self.mail.from_name.parse::<Subject>().context("mail.from_name")?;
        Ok(Sender::new(Some(name), address))
    }

    /// The file of a SQLite database.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.database.url.strip_prefix("sqlite:")?.split('?').next()?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
    }

    pub fn retry(&self) -> RetrySchedule {
        RetrySchedule {
            waits_seconds: self.outbox.retry_waits_seconds.clone(),
            jitter_percent: self.outbox.jitter_percent,
        }
    }

    pub fn mailer(&self) -> Result<Mailer> {
        Ok(match self.mail.transport {
            Transport::File => Mailer::File(FileTransport::new(&self.mail.directory)),
            Transport::Memory => Mailer::Memory(MemoryTransport::default()),
            Transport::Smtp => {
                let smtp = &self.mail.smtp;
                let given = |path: &Path| (!path.as_os_str().is_empty()).then(|| path.to_owned());
                let login = (!smtp.user.is_empty())
                    .then(|| Login { user: smtp.user.clone(), password_file: smtp.password_file.clone() });
                let settings = SmtpSettings {
                    host: smtp.host.clone(),
                    port: smtp.port,
                    security: match smtp.security {
                        SecurityKey::Starttls => Security::StartTls,
                        SecurityKey::Tls => Security::Tls,
                        SecurityKey::None => Security::None,
                    },
                    login,
                    ca_file: given(&smtp.ca_file),
                    connections: smtp.connections,
                    connect_within: Duration::from_secs(smtp.connect_within_seconds),
                    send_within: Duration::from_secs(smtp.send_within_seconds),
                    hello: None,
                };
                Mailer::Smtp(SmtpTransport::new(settings).context("mail.smtp")?)
            }
        })
    }
}

fn first_line(path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Puts `over` onto `base`, key by key; a key that the defaults don't know is refused by its name.
fn overlay(base: &mut toml::Table, over: toml::Table, at: &str) -> Result<()> {
    for (key, value) in over {
        let name = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match (base.get_mut(&key), value) {
            (None, _) => bail!("{name}: there is no such key"),
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) => overlay(inner, value, &name)?,
            (Some(old), value) if old.same_type(&value) => *old = value,
            (Some(old), value) => bail!("{name}: expected a {}, found a {}", old.type_str(), value.type_str()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(line: &str) -> String {
        format!("{:#}", Config::read(None, &[line.to_owned()]).map(|_| ()).unwrap_err())
    }

    #[test]
    fn the_defaults_are_whole() {
        let config = Config::read(None, &[]).unwrap();
        assert_eq!(config.session.idle_minutes, 15);
    }

    #[test]
    fn a_bad_key_or_value_is_named() {
        assert!(set("server.lisen=\"x\"").contains("server.lisen: there is no such key"));
        assert!(set("sweep.every_seconds=0").contains("sweep.every_seconds: expected a number above 0"));
        assert!(set("database.readers=true").contains("database.readers: expected a integer, found a boolean"));
        assert!(set("server.requests_in_hand=3").contains("server.requests_in_hand: expected a number above 3"));
        assert!(set("mail.from=\"nobody\"").contains("mail.from"));
        assert!(set("outbox.lease_seconds=10").contains("outbox.lease_seconds"));
    }

    #[test]
    fn an_address_that_can_have_no_passkeys_is_said_so_and_how_to_go_on() {
        let refused = set("server.public_url=\"https://192.0.2.1\"");
        assert!(refused.starts_with("server.public_url: https://192.0.2.1 can't have passkeys"), "{refused}");
        assert!(refused.contains("session.passkeys = false"), "{refused}");
        assert!(set("server.public_url=\"http://tsunagi.example.jp\"").contains("https://name"));
        assert!(set("session.passkey_domain=\"example.jp\"").contains("session.passkey_domain"));
        let without = ["server.public_url=\"https://192.0.2.1\"".to_owned(), "session.passkeys=false".to_owned()];
        assert!(Config::read(None, &without).unwrap().passkeys().unwrap().is_none());
    }

    #[test]
    fn an_outside_provider_is_whole_or_its_missing_key_is_named() {
        assert!(Config::read(None, &[]).unwrap().oidc().unwrap().is_none());
        assert!(set("oidc.issuer=\"http://id.example.jp\"").starts_with("oidc.issuer: expected https://"));
        assert!(set("oidc.issuer=\"http://localhost:1\"").starts_with("oidc.client_id: expected something"));
        let sets =
            ["issuer=\"http://localhost:1\"", "client_secret_file=\"/nowhere\""].map(|key| format!("oidc.{key}"));
        let refused = format!("{:#}", Config::read(None, &sets).unwrap_err());
        assert!(refused.starts_with("oidc.client_secret_file: reading /nowhere"), "{refused}");
    }

    #[test]
    fn a_collector_that_can_not_be_asked_is_refused_by_its_key() {
        assert!(Collector::new(&Config::read(None, &[]).unwrap().telemetry).unwrap().is_none());
        assert!(set("telemetry.endpoint=\"collector:4317\"").starts_with("telemetry.endpoint: expected http://"));
        assert!(set("telemetry.endpoint=\"http://c/v1/traces\"").starts_with("telemetry.endpoint: expected"));
        assert!(set("telemetry.sampling_ratio=1.5").starts_with("telemetry.sampling_ratio: expected 0.0 to 1.0"));
        assert!(set("telemetry.sampling_ratio=nan").starts_with("telemetry.sampling_ratio: expected 0.0 to 1.0"));
        assert!(set("telemetry.service_name=\"\"").starts_with("telemetry.service_name: expected"));
        assert!(set("telemetry.queue=0").starts_with("telemetry.queue: expected a number above 0"));
        assert!(set("telemetry.headers_file=\"/nowhere\"").starts_with("telemetry.headers_file: reading /nowhere"));
        let sets = ["endpoint=\"https://c:4318\"", "ca_file=\"/nowhere\""].map(|key| format!("telemetry.{key}"));
        let refused = format!("{:#}", Config::read(None, &sets).unwrap_err());
        assert!(refused.starts_with("telemetry.ca_file: "), "{refused}");
    }

    #[test]
    fn a_value_without_quotes_is_text() {
        let config = Config::read(None, &["database.url=sqlite://x.db".into()]).unwrap();
        assert_eq!(config.database.url, "sqlite://x.db");
    }
}
