//! `tsunagi survey`: the figures of a period as JSON, CSV or PDF, and their publication, from the machine itself.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use api::yearly::Asked;
use domain::changes::AuditEntry;
use domain::party::Region;
use domain::survey::Month;
use domain::time::SystemClock;
use domain::{Clock, Ids, Instant, RegionId};

use crate::config::Config;
use crate::service;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// YYYYMM, as are all months here.
    pub first: i32,
    pub last: i32,
    /// `json`, `csv` or `pdf`.
    pub format: String,
    /// None: standard output.
    pub output: Option<PathBuf>,
    /// May be left out where there is only one.
    pub region: Option<RegionId>,
    /// Freezes the figures first.
    pub publish: bool,
}

/// Writes the survey; one region at a time, since a file holds one report.
pub async fn survey(config: &Config, wanted: &Wanted) -> Result<()> {
    let first = Month::from_number(wanted.first).context("--first: expected YYYYMM")?;
    let last = Month::from_number(wanted.last).context("--last: expected YYYYMM")?;
    let store = service::open_store(config).await?;
    let agreements = service::agreements(config)?;
    let region = one_of(store.regions().await?, wanted.region)?;
    let now = SystemClock.now();
    let editions = agreements.get(&region.agreement).context("the region's agreement")?;
    let agreement = editions.in_force_on(now.day()).context("no edition of the region's agreement is in force")?;
    let directory = store.directory(region.id).await?;
    let asked = Asked { store: &store, directory: &directory, agreement, months: (first, last), now };
    if wanted.publish {
        let fresh = asked.publish().await.context("publishing")?;
        store.append_audit(vec![published(region.id, now)?]).await?;
        eprintln!("{}: {}", region.name, if fresh { "published" } else { "was published before, and stands" });
    }
    let figures = asked.figures().await?;
    let bytes = match wanted.format.as_str() {
        "csv" => survey::to_csv(&figures.report),
        "pdf" => survey::to_pdf(&figures.report)?,
        _ => figures.json().into(),
    };
    match &wanted.output {
        Some(path) => std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?,
        None => std::io::Write::write_all(&mut std::io::stdout(), &bytes)?,
    }
    store.close().await;
    Ok(())
}

fn one_of(mut regions: Vec<Region>, asked: Option<RegionId>) -> Result<Region> {
    let named = || -> String { regions.iter().map(|region| format!("\n  {} {}", region.id, region.name)).collect() };
    match asked {
        Some(id) if !regions.iter().any(|region| region.id == id) => bail!("--region: expected one of{}", named()),
        None if regions.len() > 1 => bail!("--region: there are several, expected one of{}", named()),
        _ => {}
    }
    regions.retain(|region| asked.is_none_or(|id| region.id == id));
    regions.pop().context("there is no region yet: `tsunagi found`")
}

fn published(region_id: RegionId, at: Instant) -> Result<AuditEntry> {
    let request_id = Ids::new(at, rand::TryRng::try_next_u64(&mut rand::rngs::SysRng)?).next();
    let action = domain::access::Command::PublishSurvey.name();
    Ok(AuditEntry::at_the_machine(region_id, at, action, request_id))
}

#[cfg(test)]
mod tests {
    use domain::text::Line;

    use super::*;

    #[test]
    fn a_report_is_of_one_region_and_several_have_to_be_told_apart() {
        let mut ids = Ids::new(Instant::from_micros(0), 1);
        let mut region = |name: &str| Region {
            id: ids.next(),
            name: Line::try_from(name.to_owned()).unwrap(),
            agreement: "kitami".into(),
        };
        let (here, there) = (region("つなぎ市"), region("となり町"));
        assert_eq!(one_of(vec![here.clone()], None).unwrap(), here);
        assert_eq!(one_of(vec![here.clone(), there.clone()], Some(there.id)).unwrap(), there);
        let said = one_of(vec![here.clone(), there.clone()], None).unwrap_err().to_string();
        assert!(said.contains("つなぎ市") && said.contains(&there.id.to_string()), "{said}");
        assert!(one_of(vec![here], Some(there.id)).unwrap_err().to_string().starts_with("--region"));
        assert!(one_of(Vec::new(), None).unwrap_err().to_string().contains("tsunagi found"));
    }
}
