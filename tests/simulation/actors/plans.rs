//! What the hospital side does about the planned day: plans, moves, enters late, cancels, files.

use anyhow::Result;
use chrono::{Days, NaiveDate, TimeDelta};
use rand::RngExt;
use serde_json::{Value, json};

use super::ward::{of, record, wire};
use super::{issued, stay_mut};
use crate::model::{Entry, Kind};
use crate::world::World;

/// It happened now: after the others, whatever the clocks said then.
pub(super) fn entry(world: &World, others: &[Entry], event: Option<String>, on: NaiveDate) -> Entry {
    let last = others.iter().map(|entry| entry.happened_at + TimeDelta::microseconds(1)).max();
    let happened_at = last.map_or(world.now(), |last| last.max(world.now()));
    Entry { event, on, happened_at, known_at: world.now(), cancelled: false, to: "home", unchanged: false }
}

fn some_day_ahead(world: &mut World) -> NaiveDate {
    world.today() + Days::new(world.chance.random_range(0..16))
}

/// Plans the discharge, or moves it.
pub(super) async fn plan(world: &mut World, id: &str) -> Result<()> {
    if !matches!(world.model.stays[id].state().0, "in_progress" | "discharge_planned") {
        return Ok(());
    }
    let on = some_day_ahead(world);
    let event = record(world, id, json!({ "event": "pending_discharge", "planned_on": on })).await?;
    let plan = entry(world, &world.model.stays[id].plans, Some(event), on);
    stay_mut(world, id)?.plans.push(plan);
    Ok(())
}

/// Out of order: what was planned since then stays in force.
pub(super) async fn plan_late(world: &mut World, id: &str) -> Result<()> {
    if !matches!(world.model.stays[id].state().0, "in_progress" | "discharge_planned") {
        return Ok(());
    }
    let (on, minutes) = (some_day_ahead(world), world.chance.random_range(1..3_000));
    let happened_at = world.now() - TimeDelta::minutes(minutes);
    let event = json!({ "event": "pending_discharge", "planned_on": on, "occurred_at": wire(happened_at) });
    let event = record(world, id, event).await?;
    let plan = Entry { happened_at, ..entry(world, &[], Some(event), on) };
    stay_mut(world, id)?.plans.push(plan);
    Ok(())
}

pub(super) async fn cancel_plan(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    let planned = stay.plan().filter(|_| stay.state().0 == "discharge_planned");
    // One that came with the form is not known by its id here.
    let Some(event) = planned.and_then(|plan| plan.event.clone()) else { return Ok(()) };
    record(world, id, json!({ "event": "cancel_pending_discharge", "cancels": event })).await?;
    let plans = &mut stay_mut(world, id)?.plans;
    plans.iter_mut().filter(|plan| plan.event.as_deref() == Some(&event)).for_each(|plan| plan.cancelled = true);
    Ok(())
}

/// The form whole: the day that is planned or another, the screening, and the notice if it asks for one.
pub(super) async fn file(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    let planned = match stay.state().0 {
        "discharge_planned" => stay.plan().map(|plan| plan.on),
        "in_progress" => None,
        _ => return Ok(()),
    };
    let emergency = stay.emergency;
    let past = planned.is_some_and(|on| on < world.today());
    let moves = planned.is_none() || past || world.chance.random_bool(0.1);
    let on = if moves { some_day_ahead(world) } else { planned.unwrap_or_default() };
    // An emergency is a criterion hit: then nothing but a required one is certain.
    let asks = emergency || world.chance.random_bool(0.9);
    let answers: serde_json::Map<String, Value> = match asks {
        true => [("adl_decline".to_owned(), json!("yes"))].into_iter().collect(),
        false => world.criteria.iter().map(|id| (id.clone(), json!("no"))).collect(),
    };
    let (stay, kind) = (&world.model.stays[id], Kind::PlannedDischarge);
    let receiver = world.model.receiver(stay);
    if asks && world.model.would_repeat(stay, (kind, Some(on)), &receiver.0, None) {
        return Ok(());
    }
    let ((who, path), hospital) = (of(world, id), stay.hospital.clone());
    let body = json!({ "planned_on": on, "answers": { "criteria": answers }, "message": "退院の予定です。" });
    let filed = world.does(who, &format!("{path}/filings"), &body).await?;
    let plan = (planned != Some(on)).then(|| entry(world, &world.model.stays[id].plans, None, on));
    let stay = stay_mut(world, id)?;
    stay.plans.extend(plan);
    stay.asked = asks;
    // A day that became known too late is that although it is told in the same breath.
    stay_mut(world, id)?;
    anyhow::ensure!(filed["notice"].is_null() != asks, "a notice if it was asked for ({asks}), stands {filed}");
    if asks {
        let word = issued(&filed["notice"], kind, (world.now(), Some(on)), &hospital, receiver)?;
        world.model.add_notice(id, word);
    }
    Ok(())
}
