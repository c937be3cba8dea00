//! The keys of the sealed columns: read from their files, asked for where nothing goes without them, and changed.
//!
//! Why `serve` refuses to start without one: a city that forgot the key would find out by a leak. Making one is one command, and the demo
//! does it by itself.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::changes::AuditEntry;
use domain::{Ids, Instant};
use storage::{Keyring, Rotation, Store};

use crate::backup::sealed::Key;
use crate::config::Config;

/// Between two lots, for whoever else wants to write.
const PAUSE: Duration = Duration::from_millis(20);
/// After a lot that the database could not take now.
const WAIT: Duration = Duration::from_millis(500);
/// So many lots in a row that fail are one too many.
const TRIES: u32 = 20;
/// What others write under an old key meanwhile is taken up by another pass.
const PASSES: u32 = 5;

/// The configured keys; none is an empty ring.
pub fn ring(config: &Config) -> Result<Keyring> {
    let keys = config.encryption.key_files.iter().map(|path| Key::read(path).map(|key| *key.bytes()));
    Ok(Keyring::new(&keys.collect::<Result<Vec<_>>>().context("encryption.key_files")?))
}

/// Says how to make a key where there is none.
pub fn required(config: &Config) -> Result<()> {
    if config.encryption.key_files.is_empty() {
        bail!(
            "encryption.key_files: there is no key, and names are never written plain. Make one with `tsunagi key new FILE`, keep a \
             copy away from the machine, and name it: key_files = [\"FILE\"]"
        );
    }
    Ok(())
}

/// What a rotation did: numbers, and nobody's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The key that everything is sealed with now.
    pub key: String,
    /// Values that were sealed anew, by table; people count once.
    pub sealed: BTreeMap<&'static str, u64>,
    /// Values that don't open, by table.
    pub unreadable: BTreeMap<&'static str, u64>,
    /// Values under other keys, or plain, at the end.
    pub left: i64,
    /// An older version had left values plain, and whether that is over.
    pub plain_ended: Option<bool>,
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |counts: &BTreeMap<_, u64>| counts.values().sum::<u64>();
        writeln!(f, "sealed anew with key {}: {}", self.key, sum(&self.sealed))?;
        self.sealed.iter().try_for_each(|(table, count)| writeln!(f, "  {table:>18} {count}"))?;
        if !self.unreadable.is_empty() {
            writeln!(f, "left as they are, because they don't open: {}", sum(&self.unreadable))?;
            self.unreadable.iter().try_for_each(|(table, count)| writeln!(f, "  {table:>18} {count}"))?;
        }
        match self.plain_ended {
            Some(true) => {
                writeln!(f, "nothing stands plain any more; backups and archived logs from before still hold it")?;
            }
            Some(false) => writeln!(
                f,
                "the file or its log could not be freed of plain values now: stop the service and run this again"
            )?,
            None => {}
        }
        match self.left {
            0 => writeln!(f, "nothing is sealed with any other key"),
            left => writeln!(f, "with other keys: {left}. Is an instance still running with another key first?"),
        }
    }
}

/// Seals everything anew under the first key, and notes it on the audit trail of every region.
pub async fn rotate(store: &Store, now: Instant, seed: u64) -> Result<Rotated> {
    store.meet_keys().await?;
    let key = store.key_ids().into_iter().next().context("there is no key to seal with")?;
    let plain_before = store.plain_stands().await?;
    let mut rotation = Rotation::default();
    let mut left = i64::MAX;
    for pass in 0..PASSES {
        let before: u64 = rotation.sealed.values().sum();
        go_through(store, &mut rotation).await?;
        left = store.keys_in_use().await?.others(&key);
        let sealed = rotation.sealed.values().sum::<u64>() - before;
        if left == 0 || sealed == 0 || pass + 1 == PASSES {
            break;
        }
        rotation.again();
    }
    let plain_ended = if plain_before { Some(store.end_plain().await?) } else { None };
    let mut ids = Ids::new(now, seed);
    let regions = store.regions().await?;
    let audit = regions.iter().map(|region| AuditEntry::at_the_machine(region.id, now, "rotate_keys", ids.next()));
    let audit = audit.collect();
    store.append_audit(audit).await.context("noting it on the audit trail")?;
    Ok(Rotated { key, sealed: rotation.sealed, unreadable: rotation.unreadable, left, plain_ended })
}

async fn go_through(store: &Store, rotation: &mut Rotation) -> Result<()> {
    let mut failed = 0;
    loop {
        match store.rotate_some(rotation).await {
            Ok(true) => {
                failed = 0;
                tokio::time::sleep(PAUSE).await;
            }
            Ok(false) => return Ok(()),
            Err(error) if error.is_transient() && failed < TRIES => {
                failed += 1;
                tracing::info!(%error, "the database can't take a lot now");
                tokio::time::sleep(WAIT).await;
            }
            Err(error) => return Err(error).context("sealing anew"),
        }
    }
}
