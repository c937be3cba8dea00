//! What a notice, a read and a sweep cost with ten thousand stays, a hundred thousand, a million; ten million when it is asked for
//! (`GROWTH_TO=10000000`: hours, and much disk).

use anyhow::Result;
use server::city::CitySize;
use storage::Store;

use crate::Engine;
use crate::look::{Look, Lookout, both, due};
use crate::past::Past;
use crate::table::{Figure, grouped, millis};
use crate::waiting::settle;
use crate::wards::Wards;

const FIRST: usize = 10_000;

pub(crate) async fn measure(engine: Engine) -> Result<Vec<Figure>> {
    let most = std::env::var("GROWTH_TO").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000_usize);
    let url = engine.database("growth").await;
    let store = Store::open(&url, &crate::options()).await?;
    store.migrate().await?;
    let wards = Wards::found(&store, CitySize::Full).await?;
    store.close().await;
    let (mut past, mut lookout) = (Past::of(&wards), Lookout::over(engine, &url, &wards)?);
    let mut figures = Vec::new();
    let sizes = std::iter::successors(Some(FIRST), |size| size.checked_mul(10)).take_while(|size| *size <= most);
    for size in sizes {
        let store = Store::open(&url, &crate::options()).await?;
        past.fill_up_to(&wards, &store, size / crate::scale()).await?;
        store.close().await;
        settle(engine, &url).await?;
        let look = lookout.look().await?;
        figures.extend(rows(past.stays, &look));
    }
    engine.drop_database("growth");
    Ok(figures)
}

fn rows(stays: usize, look: &Look) -> Vec<Figure> {
    let stays = grouped(f64::from(u32::try_from(stays).unwrap_or(u32::MAX)));
    vec![
        Figure::told(
            format!("{stays} stays: filed over HTTP, 64 clients; p99"),
            format!("{}/s, {} ms", grouped(look.filed.rate()), grouped(millis(look.filed.quantile(0.99)))),
        ),
        Figure::told(
            "— processor time a filing: service, database server",
            format!("{} µs, {} µs", grouped(look.service_micros), grouped(look.server_micros)),
        ),
        Figure::told("— bytes written a filing, all together", format!("{} KB", grouped(look.kilobytes))),
        Figure::told("— flushes a filing, all together", look.flushes.clone()),
        Figure::told("— a stay of now read over HTTP, one client: p50, p99", both(&look.stay)),
        Figure::told(
            "— a stay of any time read from the store: p50, p99",
            format!("{}, {} ms", place(look, 50), place(look, 99)),
        ),
        Figure::told(
            format!("— the board of a hospital with {} open stays, page: p50, p99", look.open),
            both(&look.board),
        ),
        Figure::told("— the inbox of an office, page: p50, p99", both(&look.inbox)),
        Figure::told("— whether all is well (/health/ready): p50, p99", both(&look.health)),
        Figure::told(format!("— sweep of {} due", due()), format!("{:.3} s", look.sweep.as_secs_f64())),
    ]
}

fn place(look: &Look, percent: usize) -> String {
    let times = &look.any_case;
    grouped(millis(times.get(times.len() * percent / 100).copied().unwrap_or_default()))
}
