//! Size, start and rest: the binary on disk, the time to "ready" on a city with two years of stays, the memory of a service nobody asks.

use std::time::{Duration, Instant};

use anyhow::Result;
use domain::time::SystemClock;
use domain::{Clock, Instant as At};
use rules::calendar::Calendar;
use server::city::CitySize;
use storage::Store;

use crate::Engine;
use crate::service::{Service, binary};
use crate::table::{Figure, grouped, median, millis};
use crate::wards::Wards;

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let url = Engine::Sqlite.database("idle").await;
    let store = Store::open(&url, &crate::options()).await?;
    store.migrate().await?;
    let began = Instant::now();
    let wards = Wards::found(&store, CitySize::Full).await?;
    let now: At = SystemClock.now();
    let stays = wards.city.live(&store, wards.agreement(), &Calendar::japan(), now).await?;
    let city_made = began.elapsed();
    store.close().await;

    let mut starts = Vec::new();
    for _ in 0..5 {
        let service = Service::start(&url).await?;
        starts.push(service.ready_after);
        service.stop()?;
    }
    let service = Service::start(&url).await?;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let memory = service.memory()?;
    service.stop()?;
    Engine::Sqlite.drop_database("idle");
    let size = std::fs::metadata(binary())?.len();
    #[expect(clippy::cast_precision_loss, reason = "a size in MB")]
    let size = size as f64 / 1_048_576.0;
    Ok(vec![
        Figure::at_most("binary with fonts", size, " MB", 45.0),
        Figure::at_most("start to ready, existing database", millis(median(starts)), " ms", 300.0),
        Figure::at_most("memory at rest", memory, " MB", 60.0),
        Figure::told(
            format!("the demo's city with {} stays, made", grouped(f64::from(u32::try_from(stays)?))),
            format!("{} s", grouped(city_made.as_secs_f64())),
        ),
    ])
}
