//! `tsunagi audit verify`: whether the trail is what was written, and what is wrong with it if not.

use std::io::Write;

use anyhow::{Context, Result, bail};

use crate::config::Config;
use crate::service;

/// Writes down what it finds. `mailed` are seals as the auditor got them, NUMBER:HASH.
///
/// # Errors
/// When the trail is not whole.
pub async fn verify(config: &Config, mailed: &[String], out: &mut impl Write) -> Result<()> {
    let store = service::open_store(config).await?;
    let report = store.verify_audit().await?;
    let hex = |hash: &[u8; 32]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let rows: i64 = report.chains.iter().map(|chain| chain.rows).sum();
    writeln!(out, "{} chains, {rows} rows", report.chains.len())?;
    match &report.last_seal {
        Some((number, hash)) => writeln!(out, "last seal {number}:{}", hex(hash))?,
        None => writeln!(out, "not sealed yet: rows cut off at a chain's end would not be missed")?,
    }
    let mut faults: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    for seal in mailed {
        let (number, hash) = seal.split_once(':').context("--mailed: expected NUMBER:HASH")?;
        let number = number.parse().context("--mailed: expected NUMBER:HASH")?;
        match store.seal_hash(number).await? {
            Some(kept) if hex(&kept).eq_ignore_ascii_case(hash.trim()) => {
                writeln!(out, "seal {number} is the one mailed")?;
            }
            Some(_) => faults.push(format!("seal {number} is not the one mailed")),
            None => faults.push(format!("seal {number} was mailed, and is not there")),
        }
    }
    store.close().await;
    for fault in &faults {
        writeln!(out, "{fault}")?;
    }
    if !faults.is_empty() {
        bail!("the audit trail is not whole: {} faults", faults.len());
    }
    writeln!(out, "whole")?;
    Ok(())
}
