//! A SQLite file of 5 GB (`LARGE_GB`), beside one of a city's two years: start, filings, pages, sweep, backup, memory.
//!
//! All of it is stays of years gone by, every row written by the service's own writer; the limit that is named for one machine with one
//! file is that what is promised of a small one holds for this one too.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use server::city::CitySize;
use storage::Store;

use crate::Engine;
use crate::look::{Look, Lookout, both, due};
use crate::past::Past;
use crate::service::{Service, binary, key_setting};
use crate::table::{Figure, grouped, median, millis};
use crate::wards::Wards;

/// Stays of the small one: two years of a city.
const SMALL: usize = 20_000;
const GB: f64 = 1e9;

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let engine = Engine::Sqlite;
    let gigabytes = std::env::var("LARGE_GB").ok().and_then(|text| text.parse().ok()).unwrap_or(5_u32);
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let enough = f64::from(gigabytes) * GB / crate::scale() as f64;
    let url = engine.database("large").await;
    let store = Store::open(&url, &crate::options()).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    let (mut past, mut lookout) = (Past::of(&wards), Lookout::over(engine, &url, &wards)?);
    past.fill_up_to(&wards, &store, SMALL / crate::scale()).await?;
    store.close().await;
    let small = Seen::by(&mut lookout, &url, past.stays).await?;

    let store = Store::open(&url, &crate::options()).await?;
    while size(&url)? < enough {
        past.add(&wards, &store, usize::MAX).await?;
        eprintln!("bench: {} stays, {:.2} GB", past.stays, size(&url)? / GB);
    }
    store.close().await;
    let large = Seen::by(&mut lookout, &url, past.stays).await?;
    engine.drop_database("large");
    Ok([small.rows(), large.rows()].concat())
}

/// Of the file, in bytes.
fn size(url: &str) -> Result<f64> {
    let path = url.strip_prefix("sqlite://").and_then(|rest| rest.split('?').next()).context("a file's URL")?;
    #[expect(clippy::cast_precision_loss, reason = "a size in GB")]
    Ok(std::fs::metadata(path)?.len() as f64)
}

struct Seen {
    stays: usize,
    size: f64,
    look: Look,
    ready_after: Duration,
    backup: Duration,
    backup_size: f64,
}

impl Seen {
    async fn by(lookout: &mut Lookout<'_>, url: &str, stays: usize) -> Result<Self> {
        let size = size(url)?;
        let look = lookout.look().await?;
        let mut starts = vec![look.ready_after];
        for _ in 0..4 {
            let service = Service::start(url).await?;
            starts.push(service.ready_after);
            service.stop()?;
        }
        let (backup, backup_size) = back_up(url)?;
        Ok(Self { stays, size, look, ready_after: median(starts), backup, backup_size })
    }

    fn rows(&self) -> Vec<Figure> {
        let Self { stays, size, look, ready_after, backup, backup_size } = self;
        let stays = grouped(f64::from(u32::try_from(*stays).unwrap_or(u32::MAX)));
        vec![
            Figure::told(format!("{stays} stays: size of the file"), format!("{:.2} GB", size / GB)),
            Figure::at_most("— start to ready", millis(*ready_after), " ms", 300.0),
            Figure::at_least("— filed over HTTP, 64 clients", look.filed.rate(), "/s", 4_000.0),
            Figure::at_most("— p99", millis(look.filed.quantile(0.99)), " ms", 40.0),
            Figure::told(
                format!("— the board of a hospital with {} open stays, page: p50, p99", look.open),
                both(&look.board),
            ),
            Figure::told("— the inbox of an office, page: p50, p99", both(&look.inbox)),
            Figure::told("— a stay, page: p50, p99", both(&look.stay_page)),
            Figure::at_most(&format!("— sweep of {} due", due()), look.sweep.as_secs_f64(), " s", 1.0),
            Figure::told(
                "— backup, sealed",
                format!("{:.1} s, {:.2} GB, {} MB/s", backup.as_secs_f64(), backup_size / GB, {
                    grouped(size / 1e6 / backup.as_secs_f64())
                }),
            ),
            Figure::told(
                "— memory of the service, its own and with the mapped file",
                format!("{} MB, {} MB", grouped(look.own_memory), grouped(look.memory)),
            ),
        ]
    }
}

/// By the program's own command, into a directory that goes again; how long it took, and the size of what it wrote.
fn back_up(url: &str) -> Result<(Duration, f64)> {
    let directory = Directory(crate::work().join("backups"));
    std::fs::create_dir_all(&directory.0)?;
    let key = directory.0.join("key");
    let run = |words: &[&str], sets: &[String]| -> Result<()> {
        let mut command = Command::new(binary());
        command.args(words).stdout(std::process::Stdio::null());
        sets.iter().for_each(|set| {
            command.arg("--set").arg(set);
        });
        ensure!(command.status()?.success(), "tsunagi {} failed", words.join(" "));
        Ok(())
    };
    let key_name = key.to_str().context("a path in Unicode")?;
    run(&["backup-key", key_name], &[])?;
    let sets = [
        format!("database.url={url:?}"),
        key_setting(),
        format!("backup.directory={:?}", directory.0.join("generations")),
        format!("backup.key_file={key_name:?}"),
    ];
    let began = Instant::now();
    run(&["backup"], &sets)?;
    let took = began.elapsed();
    let files = std::fs::read_dir(directory.0.join("generations"))?;
    let written: u64 = files.map(|file| Ok(file?.metadata()?.len())).sum::<Result<u64>>()?;
    #[expect(clippy::cast_precision_loss, reason = "a size in GB")]
    Ok((took, written as f64))
}

struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
