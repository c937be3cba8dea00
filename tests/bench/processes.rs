//! What processes have used: processor time, bytes sent towards the disk, flushes.
//!
//! Rates are those of one machine on one day; what a filing uses travels better.

use std::fs::read_to_string;

use anyhow::{Context as _, Result};

/// Used by some processes since they began.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) seconds: f64,
    /// In the file cache or beyond: a page that is written twice counts twice.
    pub(crate) bytes: f64,
}

impl Used {
    /// By one process, all its threads.
    pub(crate) fn by(pid: u32) -> Result<Self> {
        let stat = read_to_string(format!("/proc/{pid}/stat"))?;
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |place: usize| -> Result<f64> { Ok(fields.get(place).context("processor time")?.parse()?) };
        let io = read_to_string(format!("/proc/{pid}/io"))?;
        let bytes = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).context("bytes written")?;
        Ok(Self { seconds: (ticks(11)? + ticks(12)?) / 100.0, bytes: bytes.parse()? })
    }

    /// By the database servers that this process has started.
    pub(crate) fn by_database_server() -> Result<Self> {
        let mut family = vec![std::process::id()];
        let mut used = Self::default();
        while let Some(parent) = family.pop() {
            for pid in children(parent) {
                family.push(pid);
                let name = read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                if name.trim() == "postgres" {
                    let one = Self::by(pid)?;
                    used = Self { seconds: used.seconds + one.seconds, bytes: used.bytes + one.bytes };
                }
            }
        }
        Ok(used)
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { seconds: self.seconds - before.seconds, bytes: self.bytes - before.bytes }
    }
}

/// How often this process and those that it has started have flushed a file, as `flush.c` counts it; none when it was not preloaded.
pub(crate) fn flushes() -> Option<u64> {
    std::env::var_os("LD_PRELOAD")?;
    let count = std::fs::read(std::env::var_os("BENCH_FLUSH_COUNT")?).ok()?;
    Some(u64::from_ne_bytes(count.try_into().ok()?))
}

fn children(pid: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}
