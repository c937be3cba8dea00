//! Backup and restore of a SQLite database; PostgreSQL has its own tools (README, Backup).
//!
//! A backup is taken while the service runs, is consistent as of one moment, is sealed with a key from a file, and older generations
//! are kept by number. A restore proves the copy first — it opens, SQLite finds nothing wrong, its schema is not newer than this
//! program, the audit trail is whole — and only then puts it in place; what was there is moved aside, never overwritten.

pub mod sealed;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use domain::Instant;
use storage::{Store, StoreOptions};

use sealed::Key;

const PREFIX: &str = "tsunagi-";
const SUFFIX: &str = ".backup";
/// The migration by which columns are sealed.
const SEALED_SINCE: i64 = 8;

/// Takes a backup into `directory` and removes generations beyond the newest `keep`; answers with the new file.
pub async fn back_up(store: &Store, key: &Key, directory: &Path, keep: usize, now: Instant) -> Result<PathBuf> {
    ensure!(keep > 0, "backup.keep: expected a number above 0");
    std::fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    let name = format!("{PREFIX}{}{SUFFIX}", now.utc().format("%Y%m%dT%H%M%S%6fZ"));
    let (plain, sealing, done) =
        (directory.join(format!("{name}.plain")), directory.join(format!("{name}.part")), directory.join(&name));
    let clean = Removed(vec![plain.clone(), sealing.clone()]);
    keep_to_owner(&plain)?;
    store.copy_to(&plain).await.context("copying the database")?;
    sealed::seal(key, &plain, &sealing)?;
    std::fs::rename(&sealing, &done).with_context(|| format!("naming {}", done.display()))?;
    File::open(directory)?.sync_all()?;
    drop(clean);
    for old in generations(directory)?.into_iter().rev().skip(keep) {
        std::fs::remove_file(&old).with_context(|| format!("removing {}", old.display()))?;
    }
    Ok(done)
}

/// The backups of a directory, oldest first.
pub fn generations(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let name = entry?.file_name();
        let is_backup = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_backup {
            found.push(directory.join(name));
        }
    }
    found.sort();
    Ok(found)
}

/// What a restore found in the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The number of its last migration; an older one is brought up to date at the next start.
    pub schema: i64,
    /// The keys that its columns are sealed with: without their files it names nobody.
    pub keys: Vec<String>,
    /// How many rows its audit trail holds.
    pub audit_rows: i64,
    /// Where the database that stood there before is now.
    pub moved_aside: Option<PathBuf>,
}

/// Proves the backup and puts it in place of `database`, which no service may have open.
///
/// # Errors
/// Whatever is wrong with the backup; `database` is then as it was. A database that stands there is only moved aside with `replace`.
pub async fn restore(key: &Key, backup: &Path, database: &Path, replace: bool, now: Instant) -> Result<Restored> {
    if database.exists() && !replace {
        bail!("{} is there already: --replace moves it aside", database.display());
    }
    let beside = |ending: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let fresh = beside(".restoring");
    let _clean = Removed(vec![fresh.clone(), beside(".restoring-wal"), beside(".restoring-shm")]);
    sealed::open(key, backup, &fresh)?;
    let (schema, keys, audit_rows) = prove(&fresh).await?;
    let mut moved_aside = None;
    if database.exists() {
        let aside = beside(&format!(".before-{}", now.utc().format("%Y%m%dT%H%M%SZ")));
        not_in_use(database).await?;
        std::fs::rename(database, &aside).context("moving the old database aside")?;
        moved_aside = Some(aside);
    }
    for rest in ["-wal", "-shm"] {
        // Of the old database, if it was not closed; its content was taken over by the check that nobody uses it.
        let _ = std::fs::remove_file(beside(rest));
    }
    std::fs::rename(&fresh, database).context("putting the restored database in place")?;
    Ok(Restored { schema, keys, audit_rows, moved_aside })
}

async fn prove(file: &Path) -> Result<(i64, Vec<String>, i64)> {
    let store = open(file).await.context("opening the copy")?;
    let proven = async {
        let faults = store.faults_of_file().await.context("checking the copy")?;
        ensure!(faults.is_empty(), "the copy is damaged: {}", faults.join("; "));
        let (schema, known) = (store.schema_version().await?, store.newest_schema());
        ensure!(schema > 0, "the backup holds no database of Tsunagi");
        ensure!(
            schema <= known,
            "the backup has schema {schema}, this program knows up to {known}: restore it with the newer program"
        );
        let trail = store.verify_audit().await.context("following the audit trail")?;
        ensure!(trail.is_whole(), "the audit trail of the backup is broken: {trail:?}");
        let keys = if schema < SEALED_SINCE { Vec::new() } else { store.recorded_keys().await? };
        Ok((schema, keys, trail.chains.iter().map(|chain| chain.rows).sum()))
    };
    let proven = proven.await;
    store.close().await;
    proven
}

/// Also takes what the log still holds into the file.
async fn not_in_use(database: &Path) -> Result<()> {
    let alone = Store::fold_log(&url(database)?).await;
    alone.map_err(|_| anyhow::anyhow!("{} is in use: stop the service first", database.display()))
}

fn url(file: &Path) -> Result<String> {
    Ok(format!("sqlite://{}?mode=rw", file.to_str().context("the path is not UTF-8")?))
}

async fn open(file: &Path) -> Result<Store> {
    Ok(Store::open(&url(file)?, &StoreOptions::default()).await?)
}

/// The copy is plain for a moment: nobody else may read it.
fn keep_to_owner(path: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // SQLite fills an empty file that is there.
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop).context("making the copy")
}

/// Removes what is left of its files, however the work ended.
struct Removed(Vec<PathBuf>);

impl Drop for Removed {
    fn drop(&mut self) {
        for path in &self.0 {
            // Most often it was renamed or never made.
            let _ = std::fs::remove_file(path);
        }
    }
}
