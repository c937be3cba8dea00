//! `tsunagi doctor`: one command that says what is wrong, and what to do about it.
//!
//! It looks from beside the running service: the same configuration, the same database, the same relay. It changes nothing, sends no
//! mail, and prints no personal data.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::Instant;
use domain::party::OrganizationKind as Kind;
use storage::Store;

use crate::backup::generations;
use crate::config::Config;
use crate::edge::Certificates;
use crate::found::doubtful_codes;
use crate::keys;
use crate::service;
use crate::telemetry::Collector;

/// A disk with less free than this is nearly full: a day of a busy city, and a compaction, fit into it.
const FREE_MEGABYTES: u64 = 1024;
/// A clock that stands this much before what was recorded has gone back.
const CLOCK_SLACK_SECONDS: i64 = 60;
/// A nightly backup that is older has been missed.
const BACKUP_DAYS: i64 = 2;
/// A certificate that ends sooner should have been renewed long ago: those who renew by themselves do so a month ahead.
const CERTIFICATE_DAYS: i64 = 14;

/// How one thing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Well(String),
    /// Not wrong, but nobody looks after it.
    Open(String),
    Wrong {
        what: String,
        remedy: &'static str,
    },
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    pub name: &'static str,
    pub finding: Finding,
}

impl fmt::Display for Examined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.finding {
            Finding::Well(what) => write!(f, "well   {:<12} {what}", self.name),
            Finding::Open(what) => write!(f, "open   {:<12} {what}", self.name),
            Finding::Wrong { what, remedy } => {
                write!(f, "WRONG  {:<12} {what}\n       {:<12} → {remedy}", self.name, "")
            }
        }
    }
}

/// Looks at everything; the order is that in which one thing's fault hides another's.
pub async fn examine(config: &Config, now: Instant) -> Vec<Examined> {
    let mut all = vec![agreements(config), certificate(config, now), disk(config)];
    let opened = service::open_store(config).await;
    all.extend([key_files(config), database(&opened).await]);
    if let Ok(store) = &opened {
        all.extend([sealed(store).await, codes(store).await]);
        all.extend([clock(store, now).await, sweep(config, store, now).await, outbox(config, store, now).await]);
        store.close().await;
    }
    all.push(relay(config).await);
    all.extend(provider(config, now).await);
    all.extend(collector(config).await);
    all.push(backup(config, now));
    all
}

/// Whether anything is wrong.
pub fn is_ill(all: &[Examined]) -> bool {
    all.iter().any(|examined| matches!(examined.finding, Finding::Wrong { .. }))
}

fn judged(name: &'static str, looked: Result<Finding>, remedy: &'static str) -> Examined {
    let finding = looked.unwrap_or_else(|error| Finding::Wrong { what: format!("{error:#}"), remedy });
    Examined { name, finding }
}

fn agreements(config: &Config) -> Examined {
    let look = || -> Result<Finding> {
        let (mut examples, mut failed) = (0, 0);
        for editions in service::agreements(config)?.values() {
            for agreement in editions.iter() {
                examples += agreement.examples.len();
                failed += agreement.check_examples().len();
            }
        }
        anyhow::ensure!(failed == 0, "{failed} of {examples} worked examples do not come out as written");
        Ok(Finding::Well(format!("{examples} worked examples come out as written")))
    };
    judged("agreements", look(), "`tsunagi check` names file, line and example")
}

/// The certificate that the service shows, if it shows one.
pub fn certificate(config: &Config, now: Instant) -> Examined {
    let look = || -> Result<Finding> {
        Ok(match Certificates::read(&config.server.tls)? {
            Some(certificates) => {
                let end_at = certificates.end_at()?;
                anyhow::ensure!(end_at > now, "the certificate has ended on {}", end_at.day());
                let soon = end_at <= now.plus_seconds(CERTIFICATE_DAYS * 86_400);
                anyhow::ensure!(!soon, "the certificate ends on {}", end_at.day());
                Finding::Well(format!("certificate and key belong together, and end on {}", end_at.day()))
            }
            None if !config.server.public_url.starts_with("https://") => {
                Finding::Open("people come over plain http".into())
            }
            // Everybody would be one address: a few wrong passwords anywhere, and nobody could log in.
            None if config.server.trusted_proxies.is_empty() => Finding::Wrong {
                what: "TLS is a proxy's, but no proxy is trusted: everybody who comes seems to be the proxy".into(),
                remedy: "name the proxy's address in server.trusted_proxies; what guesses is kept out by where it comes from",
            },
            None => Finding::Well("TLS is a proxy's".into()),
        })
    };
    judged("tls", look(), "put the renewed certificate and its key where [server.tls] says")
}

fn disk(config: &Config) -> Examined {
    let look = || -> Result<Finding> {
        let Some(file) = config.sqlite_file() else {
            return Ok(Finding::Open("the database is PostgreSQL's: look at its own disk there".into()));
        };
        let directory = file.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let stat = rustix::fs::statvfs(directory).with_context(|| format!("looking at {}", directory.display()))?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize) / 1_000_000;
        anyhow::ensure!(free >= FREE_MEGABYTES, "{free} MB are free where the database stands");
        Ok(Finding::Well(format!("{free} MB are free where the database stands")))
    };
    judged("disk", look(), "make room: nothing is lost while the disk is full, but nothing new is taken")
}

/// None where nobody logs in with an outside account.
async fn provider(config: &Config, now: Instant) -> Option<Examined> {
    let looked = match config.oidc() {
        Ok(None) => return None,
        Ok(Some(oidc)) => oidc.greet(now).await.map_err(anyhow::Error::msg),
        Err(error) => Err(error),
    };
    let well = || Finding::Well("the OpenID provider says who it is; whether it knows us is not tried".into());
    let remedy = "see [oidc]: the issuer as the provider writes it, its certificate, the way there; people have their passwords meanwhile";
    Some(judged("provider", looked.map(|()| well()), remedy))
}

/// None where no traces are sent.
async fn collector(config: &Config) -> Option<Examined> {
    let looked = match Collector::new(&config.telemetry) {
        Ok(None) => return None,
        Ok(Some(collector)) => collector.greet().await,
        Err(error) => Err(error),
    };
    let well = || Finding::Well("the collector of traces takes what it is sent".into());
    let remedy = "see [telemetry]: its address, its headers, its certificate; nothing waits for it, traces are dropped meanwhile";
    Some(judged("telemetry", looked.map(|()| well()), remedy))
}

fn key_files(config: &Config) -> Examined {
    let look = || -> Result<Finding> {
        let ids = keys::ring(config)?.ids();
        keys::required(config)?;
        for path in &config.encryption.key_files {
            let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path)?);
            anyhow::ensure!(mode & 0o077 == 0, "{} can be read by others than its owner", path.display());
        }
        Ok(Finding::Well(format!("{} seals, {} open", ids[0], ids.len())))
    };
    judged(
        "keys",
        look(),
        "`chmod 600`, and only the service's user; if anybody else may have read it, make a new one and rotate",
    )
}

async fn sealed(store: &Store) -> Examined {
    let look = async {
        let Some(first) = store.key_ids().into_iter().next() else {
            return Ok(Finding::Open("without a key nothing is looked at".into()));
        };
        let (in_use, at_hand) = (store.keys_in_use().await?, store.key_ids());
        let missing: Vec<&str> = in_use.sealed.keys().filter(|id| !at_hand.contains(id)).map(String::as_str).collect();
        anyhow::ensure!(
            missing.is_empty(),
            "values are sealed with keys that are not configured: {}",
            missing.join(", ")
        );
        anyhow::ensure!(in_use.plain == 0, "{} values still stand plain", in_use.plain);
        let others = in_use.others(&first);
        if others > 0 {
            let ids: Vec<&str> = in_use.sealed.keys().filter(|id| **id != first).map(String::as_str).collect();
            return Ok(Finding::Open(format!(
                "{others} values are still sealed with {}: `tsunagi key rotate` seals them anew",
                ids.join(", ")
            )));
        }
        Ok(Finding::Well("everything is sealed with the first key; any other may go".into()))
    };
    judged("sealed", look.await, "name the missing key's file; `tsunagi key rotate` seals what stands plain")
}

async fn codes(store: &Store) -> Examined {
    let look = async {
        let mut doubtful = Vec::new();
        for region in store.regions().await? {
            let directory = store.directory(region.id).await?;
            let kinds = [Kind::Municipality, Kind::Hospital, Kind::CareOffice, Kind::SupportCentre];
            kinds.iter().for_each(|kind| doubtful.extend(doubtful_codes(directory.organizations(*kind))));
        }
        Ok(match doubtful.as_slice() {
            [] => Finding::Well("no organization's code looks mistyped".into()),
            some => Finding::Open(format!("these codes look mistyped: {}", some.join(", "))),
        })
    };
    judged("codes", look.await, "see the database above")
}

async fn database(opened: &Result<Store>) -> Examined {
    let look = async {
        let store = opened.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
        store.ping().await?;
        let (schema, known) = (store.schema_version().await?, store.newest_schema());
        anyhow::ensure!(
            schema <= known,
            "it has schema {schema}, this program knows up to {known}: a newer program wrote it"
        );
        anyhow::ensure!(schema == known, "it has schema {schema}, this program expects {known}");
        Ok(Finding::Well(format!("it answers, schema {schema}")))
    };
    judged("database", look.await, "start the database; `tsunagi migrate` brings an old schema up to date")
}

async fn clock(store: &Store, now: Instant) -> Examined {
    let look = async {
        let Some(last) = store.last_sweep_at().await? else {
            return Ok(Finding::Open("nothing was recorded yet to compare the clock with".into()));
        };
        let ahead = (last.micros() - now.micros()) / 1_000_000;
        anyhow::ensure!(ahead <= CLOCK_SLACK_SECONDS, "the clock stands {ahead} s before what is recorded");
        Ok(Finding::Well("it stands after everything recorded".into()))
    };
    judged("clock", look.await, "synchronize the clock (chrony, systemd-timesyncd); deadlines and the trail go by it")
}

async fn sweep(config: &Config, store: &Store, now: Instant) -> Examined {
    let look = async {
        let last = store.last_sweep_at().await?.context("no sweep was ever made here")?;
        let age = (now.micros() - last.micros()) / 1_000_000;
        anyhow::ensure!(age <= config.health.stale_after_seconds, "the last sweep was {age} s ago");
        Ok(Finding::Well(format!("the last one was {age} s ago")))
    };
    judged(
        "sweep",
        look.await,
        "is `tsunagi serve` running? Its log says why the sweep is silent; `tsunagi sweep` makes one now",
    )
}

async fn outbox(config: &Config, store: &Store, now: Instant) -> Examined {
    let look = async {
        let Some(since) = store.mails_wait_since(now).await? else {
            return Ok(Finding::Well("no mail is late".into()));
        };
        let age = (now.micros() - since.micros()) / 1_000_000;
        anyhow::ensure!(age <= config.health.stale_after_seconds, "mails have been waiting for {age} s");
        Ok(Finding::Well(format!("the oldest mail has waited for {age} s")))
    };
    judged(
        "outbox",
        look.await,
        "see the relay below; mails stay until they are sent or given up, and giving up warns people",
    )
}

async fn relay(config: &Config) -> Examined {
    let look = async {
        let mailer = config.mailer()?;
        let within = Duration::from_secs(config.mail.smtp.connect_within_seconds + 5);
        let greeted = tokio::time::timeout(within, mailer.greet()).await.context("the relay does not answer")?;
        greeted.map_err(|why| anyhow::anyhow!(why))?;
        Ok(Finding::Well("the relay took the connection, the encryption and the login".into()))
    };
    judged("mail", look.await, "check [mail.smtp], its password file, and the relay itself")
}

fn backup(config: &Config, now: Instant) -> Examined {
    let look = || -> Result<Finding> {
        if config.sqlite_file().is_none() {
            return Ok(Finding::Open("PostgreSQL is backed up by its own tools".into()));
        }
        if config.backup.key_file.as_os_str().is_empty() {
            return Ok(Finding::Open("no key is configured, so no backup is made".into()));
        }
        let newest = generations(&config.backup.directory)?.pop().context("there is none")?;
        let written: chrono::DateTime<chrono::Utc> = std::fs::metadata(&newest)?.modified()?.into();
        let days = (now.utc() - written).num_days();
        anyhow::ensure!(days < BACKUP_DAYS, "the newest is {days} days old");
        Ok(Finding::Well(format!("the newest is {} hours old", (now.utc() - written).num_hours())))
    };
    judged("backup", look(), "`tsunagi backup` makes one; see to the timer that should")
}
