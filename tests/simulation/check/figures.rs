//! The yearly figures, against those that were counted by hand.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::model::{Figures, Tally};
use crate::world::World;

/// Promise 4: the figures are those that were counted by hand.
pub(crate) async fn figures(world: &mut World) -> Result<()> {
    let (admissions, discharges) = world.model.figures();
    let last = chrono::Datelike::year(&world.today()) * 100 + i32::try_from(chrono::Datelike::month(&world.today()))?;
    let city = world.app.city.cast.city;
    let report = world.sees(city, &format!("/api/v1/survey?first=202611&last={last}")).await?;
    measure("admission", &report["admission"], &admissions)?;
    measure("discharge", &report["discharge"], &discharges)
}

fn measure(name: &str, report: &Value, expected: &Figures) -> Result<()> {
    tally(name, &report["total"], &expected.total)?;
    for row in report["hospitals"].as_array().into_iter().flatten() {
        let hospital = row["party_id"].as_str().unwrap_or_default();
        let figures = expected.by_hospital.get(hospital).cloned().unwrap_or_default();
        tally(&format!("{name} of hospital {hospital}"), &row["tally"], &figures)?;
    }
    for row in report["months"].as_array().into_iter().flatten() {
        let month = row["month"].as_i64().unwrap_or_default();
        let figures = expected.by_month.get(&month).cloned().unwrap_or_default();
        tally(&format!("{name} of {month}"), &row["tally"], &figures)?;
    }
    for row in report["exclusions"].as_array().into_iter().flatten() {
        let rule = row["id"].as_str().unwrap_or_default();
        let count = expected.exclusions.get(rule).copied().unwrap_or_default();
        ensure!(row["count"] == count, "{name} excluded as {rule}: expected {count}, stands {}", row["count"]);
    }
    Ok(())
}

fn tally(name: &str, row: &Value, expected: &Tally) -> Result<()> {
    let counted = expected.stays - expected.excluded;
    let same = row["stays"] == expected.stays
        && row["excluded"] == expected.excluded
        && row["rate"]["numerator"] == expected.told
        && row["rate"]["denominator"] == counted;
    ensure!(same, "{name}: expected {expected:?}, stands {row}");
    for (bucket, stands) in row["timing"]["buckets"].as_object().into_iter().flatten() {
        let count = expected.buckets.get(bucket.as_str()).copied().unwrap_or_default();
        ensure!(*stands == count, "{name}, told {bucket}: expected {count}, stands {stands}");
    }
    Ok(())
}
