//! What `tsunagi` can be asked for on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use domain::{OrganizationId, RegionId};

#[derive(Debug, Parser)]
#[command(name = "tsunagi", version, about = "つなぎ: the word between hospitals and care managers, given in time")]
pub(crate) struct Command {
    /// Your configuration: names what differs from the defaults (config/default.toml).
    #[arg(long, global = true, env = "TSUNAGI_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// One key over the configuration, as section.key=value.
    #[arg(long = "set", global = true)]
    pub(crate) sets: Vec<String>,
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Real use: HTTP, sweep, outbox; migrates first.
    Serve,
    /// A fictional city on embedded SQLite, with mails to read in the browser.
    Demo {
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: String,
        /// Where database and mails are kept; a fresh temporary place otherwise.
        #[arg(long)]
        directory: Option<PathBuf>,
        /// Without the year of history: starts at once.
        #[arg(long)]
        small: bool,
    },
    /// Brings the database to this version's schema.
    Migrate,
    /// A new region from a file (config/region.example.toml); prints a link for its first administrator.
    Found { file: PathBuf },
    /// Lets a care office or a support centre take part in a further region of this installation; prints who does.
    Neighbour {
        #[arg(long, requires = "region")]
        organization: Option<OrganizationId>,
        #[arg(long, requires = "organization")]
        region: Option<RegionId>,
        /// Ends it.
        #[arg(long, requires = "region")]
        end: bool,
    },
    /// One sweep now: what is due is warned about, and the mails are written.
    Sweep,
    /// The survey of a period, as JSON, CSV or PDF.
    Survey {
        /// First month, YYYYMM.
        #[arg(long)]
        first: i32,
        /// Last month, YYYYMM.
        #[arg(long)]
        last: i32,
        #[arg(long, default_value = "json", value_parser = ["json", "csv", "pdf"])]
        format: String,
        /// A file to write; standard output otherwise.
        #[arg(long)]
        output: Option<PathBuf>,
        /// The region's id; needed where there are several.
        #[arg(long)]
        region: Option<RegionId>,
        /// Freezes the figures first: from then on the survey of these months is this report, whatever is recorded later.
        #[arg(long)]
        publish: bool,
    },
    /// Reads the configuration and the agreements, and runs their worked examples.
    Check,
    /// Says what is wrong with clock, disk, database, sweep, outbox, relay and backup, and what to do; exits 1 if anything is.
    Doctor,
    /// A sealed copy of the SQLite database, taken while it is in use.
    Backup {
        /// Instead of backup.directory.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Makes the key that backups are sealed with. Keep a copy away from the machine.
    BackupKey {
        /// A file that isn't there yet.
        file: PathBuf,
    },
    /// Proves a backup and puts it in place of the configured SQLite database; the service must be stopped.
    Restore {
        #[arg(long)]
        from: PathBuf,
        /// Where to put it, instead of the configured database.
        #[arg(long)]
        to: Option<PathBuf>,
        /// Moves a database that is there already aside.
        #[arg(long)]
        replace: bool,
    },
    /// Lets go what the retention no longer keeps; without --do, only says what it would be.
    Purge {
        /// Really deletes.
        #[arg(long = "do")]
        really: bool,
    },
    /// The keys of the sealed columns (encryption.key_files).
    Key {
        #[command(subcommand)]
        task: KeyTask,
    },
    /// The audit trail.
    Audit {
        #[command(subcommand)]
        task: AuditTask,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyTask {
    /// Makes a key. Keep a copy away from the machine, and not with the backups.
    New {
        /// A file that isn't there yet.
        file: PathBuf,
    },
    /// Seals everything anew with the first key, while the service runs; may be stopped and run again at any moment.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditTask {
    /// Finds a changed, missing or reordered row, and rows cut off since the last seal; fails when it finds any.
    Verify {
        /// A seal as mailed to the auditor, NUMBER:HASH; it has to stand there still.
        #[arg(long)]
        mailed: Vec<String>,
    },
}
