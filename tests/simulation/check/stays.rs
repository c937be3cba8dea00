//! A stay whole: its state, its records, its notices and its warnings.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use api::v1::wire::stay::EncounterView;
use domain::EncounterId;
use serde_json::Value;

use crate::model::{Stay, folded};
use crate::world::World;

/// As the ward sees it.
pub(crate) async fn stay(world: &mut World, id: &str) -> Result<()> {
    let nurse = world.of_ward(world.model.stays[id].ward());
    let seen = world.sees(nurse, &format!("/api/v1/encounters/{id}")).await?;
    one(world, id, &seen)
}

/// Many at once, as the rows stand: a look over HTTP is a row of the audit trail each.
pub(crate) async fn rows(world: &World, ids: &BTreeSet<String>) -> Result<()> {
    let store = &world.app.service.store;
    let numbers = ids.iter().map(|id| Ok(EncounterId::from(id.parse::<uuid::Uuid>()?))).collect::<Result<Vec<_>>>()?;
    let cases = store.cases(&numbers).await?;
    ensure!(cases.len() == ids.len(), "stays: expected {}, stand {}", ids.len(), cases.len());
    let directory = store.directory(world.app.city.region.id).await?;
    for case in cases {
        let id = case.encounter.id.to_string();
        one(world, &id, &serde_json::to_value(EncounterView::of(case, &directory, None, true))?)?;
    }
    Ok(())
}

/// Promise 2, and the state of the stay and of its notices.
fn one(world: &World, id: &str, seen: &Value) -> Result<()> {
    let stay = &world.model.stays[id];
    let (name, planned_on, discharged_on) = stay.state();
    let state = &seen["encounter"]["state"];
    let day = |day: Option<chrono::NaiveDate>| day.map_or(Value::Null, |day| Value::from(day.to_string()));
    let same = state["state"] == name
        && state["planned_on"] == day(planned_on)
        && state["discharged_on"] == day(discharged_on);
    ensure!(same, "stay {id}: expected {name} {planned_on:?} {discharged_on:?}, stands {state}");
    is_the_fold(stay, seen).with_context(|| format!("stay {id}"))?;

    for word in &stay.words {
        let Some(told) = &word.notice else { continue };
        let stands = seen["notices"].as_array().into_iter().flatten().find(|row| row["id"] == told.id.as_str());
        let stands = stands.map_or(&Value::Null, |row| &row["state"]["state"]);
        ensure!(stands == told.state, "notice {} of stay {id}: expected {}, stands {stands}", told.id, told.state);
    }

    let mut expected = Vec::new();
    for (last_day, said) in &stay.warned {
        expected.extend(said.iter().map(|said| format!("{last_day} {} at {}", said.level.code(), said.at)));
    }
    expected.extend(world.model.answers_warned(stay));
    let mut stand = warnings(seen);
    expected.sort();
    stand.sort();
    ensure!(stand == expected, "warnings of stay {id}: expected {expected:?}, stand {stand:?} ({})", seen["deadlines"]);
    Ok(())
}

/// The state that is kept is what the records amount to, none of which is missing; and so is the ward.
fn is_the_fold(stay: &Stay, seen: &Value) -> Result<()> {
    let (state, kept) = (&seen["encounter"]["state"], seen["events"].as_array().map_or(0, Vec::len));
    ensure!(kept == stay.records(), "its records: expected {}, stand {kept}: {}", stay.records(), seen["events"]);
    let (name, planned_on, discharged_on, ward) = folded(&seen["events"]);
    let void = |name: &Value| if name == "entered_in_error" { Value::from("cancelled") } else { name.clone() };
    let same =
        void(&state["state"]) == name && state["planned_on"] == *planned_on && state["discharged_on"] == *discharged_on;
    ensure!(same, "the fold of its records: expected {name} {planned_on} {discharged_on}, stands {state}");
    let stands = &seen["encounter"]["ward_id"];
    let right = stands == stay.ward() && (stay.void.is_some() || stands == ward);
    ensure!(right, "its ward: expected {}, by its records {ward}, stands {stands}", stay.ward());
    Ok(())
}

/// Last day, level and instant of each; those of mails that nobody takes come as the relay will.
pub(crate) fn warnings(seen: &Value) -> Vec<String> {
    let rows = seen["warnings"].as_array().into_iter().flatten();
    rows.filter(|row| row["level"] != "undeliverable").map(warning).collect()
}

fn warning(row: &Value) -> String {
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let at =
        chrono::DateTime::parse_from_rfc3339(&text("warned_at")).map(|at| at.naive_utc() + chrono::TimeDelta::hours(9));
    format!("{} {} at {}", text("due_on"), text("level"), at.unwrap_or_default())
}
