//! The sections of the configuration, key by key. What each key means, and its default, stands in `config/default.toml`.

use std::path::PathBuf;

use chrono::{NaiveTime, Weekday};
use rules::calendar::HolidayOverride;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: std::net::SocketAddr,
    pub public_url: String,
    pub secure_cookies: bool,
    pub drain_seconds: u64,
    pub stop_within_seconds: u64,
    pub trusted_proxies: Vec<std::net::IpAddr>,
    pub connections: usize,
    pub connections_of_one_network: usize,
    pub requests_in_hand: usize,
    pub head_within_seconds: u64,
    pub request_within_seconds: u64,
    pub answer_within_seconds: u64,
    pub body_within_seconds: u64,
    pub tls: Tls,
}

/// An empty path: not given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
    pub client_ca_file: PathBuf,
    pub renewal_looked_for_every_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub url_file: PathBuf,
    pub readers: u32,
    pub writer_queue: usize,
    pub writer_batch: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// The first seals, all open.
    pub key_files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreements {
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarKeys {
    pub overrides: Vec<HolidayOverride>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub idle_minutes: i64,
    pub hours: i64,
    pub lockout_after: i64,
    pub login_lockout_after: i64,
    pub lockout_minutes: i64,
    pub address_lockout_after: i64,
    pub second_factor: bool,
    pub passkeys: bool,
    pub passkey_domain: String,
}

/// An empty issuer: nobody logs in with an outside account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcKeys {
    pub issuer: String,
    pub name: String,
    pub client_id: String,
    pub client_secret_file: PathBuf,
    pub ca_file: PathBuf,
    pub two_factors_acr: Vec<String>,
    pub two_factors_amr: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    Smtp,
    File,
    Memory,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub transport: Transport,
    pub from: String,
    pub from_name: String,
    pub directory: PathBuf,
    pub smtp: Smtp,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: SecurityKey,
    pub user: String,
    pub password_file: PathBuf,
    pub ca_file: PathBuf,
    pub connections: usize,
    pub connect_within_seconds: u64,
    pub send_within_seconds: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityKey {
    Starttls,
    Tls,
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    pub concurrency: usize,
    pub in_flight: usize,
    pub batch: u32,
    pub lease_seconds: i64,
    pub retry_waits_seconds: Vec<u32>,
    pub jitter_percent: u8,
    pub every_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    pub every_seconds: u64,
    pub batch: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weekly {
    pub weekday: Weekday,
    pub at: NaiveTime,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    pub seal_at: NaiveTime,
    pub break_glass_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    pub stale_after_seconds: i64,
    pub watcher_url: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Empty: nothing is measured.
    pub listen: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryKeys {
    /// Empty: nothing is sent anywhere.
    pub endpoint: String,
    pub service_name: String,
    pub sampling_ratio: f64,
    pub headers_file: PathBuf,
    pub ca_file: PathBuf,
    pub send_within_seconds: u64,
    pub queue: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub directory: PathBuf,
    pub key_file: PathBuf,
    pub keep: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub json: bool,
}
