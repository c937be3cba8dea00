//! What goes wrong at a desk and is put right: a form filed in the wrong stay, a notice that has to be corrected.

use anyhow::{Context as _, Result, ensure};
use rand::RngExt;
use serde_json::json;

use super::ward::{of, record, withdraw};
use super::{issued, plans, stay_mut};
use crate::model::Kind;
use crate::world::World;

/// A form that was filed in the wrong stay.
#[derive(Debug, Clone)]
pub(crate) struct Slip {
    /// Where it was filed, and where it belongs.
    wrong: String,
    right: String,
    /// What it left there: a planned day by its place, a notice by its id.
    plan: Option<usize>,
    notice: Option<String>,
}

/// Files for this stay, but in another one of the ward.
pub(super) async fn file_elsewhere(world: &mut World, right: &str) -> Result<()> {
    let ward = world.model.stays[right].ward();
    let lies = |state: &str| matches!(state, "in_progress" | "discharge_planned");
    let near = world
        .model
        .open_stays()
        .filter(|(id, stay)| id.as_str() != right && stay.ward() == ward && lies(stay.state().0));
    let near: Vec<_> = near.map(|(id, _)| id.clone()).collect();
    if near.is_empty() {
        return Ok(());
    }
    let wrong = near[world.chance.random_range(0..near.len())].clone();
    let stay = &world.model.stays[&wrong];
    let (plans, words) = (stay.plans.len(), stay.words.len());
    plans::file(world, &wrong).await?;
    let stay = &world.model.stays[&wrong];
    let plan = (stay.plans.len() > plans).then_some(plans);
    let notice = stay.words.get(words).and_then(|word| word.notice.as_ref()).map(|told| told.id.clone());
    if plan.is_some() || notice.is_some() {
        world.slips.push(Slip { wrong, right: right.to_owned(), plan, notice });
    }
    Ok(())
}

/// Somebody has noticed: the notice is withdrawn, the planned day cancelled, and the form filed where it belongs.
pub(super) async fn mend(world: &mut World, slip: &Slip) -> Result<()> {
    if let Some(notice) = &slip.notice {
        withdraw(world, notice).await?;
    }
    if let Some(plan) = slip.plan
        && world.model.stays[&slip.wrong].void.is_none()
        && !world.model.stays[&slip.wrong].plans[plan].cancelled
    {
        let event = came_with_the_form(world, &slip.wrong, plan).await?;
        record(world, &slip.wrong, json!({ "event": "cancel_pending_discharge", "cancels": event })).await?;
        let plan = &mut stay_mut(world, &slip.wrong)?.plans[plan];
        (plan.event, plan.cancelled) = (Some(event), true);
    }
    world.time_passes();
    plans::file(world, &slip.right).await
}

/// The id of a planned day that no answer has named: the one in the list that is of no other.
async fn came_with_the_form(world: &mut World, id: &str, place: usize) -> Result<String> {
    let (who, path) = of(world, id);
    let seen = world.sees(who, &path).await?;
    let plans = &world.model.stays[id].plans;
    if let Some(event) = &plans[place].event {
        return Ok(event.clone());
    }
    let (on, known_at) = (plans[place].on.to_string(), super::ward::wire(plans[place].known_at));
    let named = |event: &serde_json::Value| plans.iter().any(|plan| plan.event.as_deref() == event.as_str());
    let recorded = |record: &serde_json::Value| {
        let at = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
        record["recorded_at"].as_str().and_then(at) == at(&known_at)
    };
    let of_form = |record: &&serde_json::Value| {
        record["event"] == "pending_discharge"
            && record["planned_on"] == on.as_str()
            && recorded(record)
            && !named(&record["id"])
    };
    let found = seen["events"].as_array().into_iter().flatten().find(of_form);
    found.and_then(|record| record["id"].as_str()).map(str::to_owned).context("the form's planned day is shown")
}

/// Corrects a notice: another one takes its place, for whom the rule names now.
pub(super) async fn replace(world: &mut World, id: &str) -> Result<()> {
    let (word, told) = world.model.notice(id).context("a notice of the model")?;
    let stay_id = world.model.stay_of[id].clone();
    let stay = &world.model.stays[&stay_id];
    let possible = match (word.kind, stay.state()) {
        (Kind::Admission, _) if stay.void.is_none() => Some(None),
        (Kind::PlannedDischarge, ("discharge_planned", planned, _)) => Some(planned),
        (Kind::Discharge, ("discharged", _, gone)) => Some(gone),
        _ => None,
    };
    let Some(of_day) = possible.filter(|_| word.stands() && told.sender == stay.hospital) else { return Ok(()) };
    let (kind, hospital, receiver) = (word.kind, stay.hospital.clone(), world.model.receiver(stay));
    if world.model.would_repeat(stay, (kind, of_day), &receiver.0, Some(id)) {
        return Ok(());
    }
    let (who, _) = of(world, &stay_id);
    let body = json!({ "message": "病棟を訂正してお送りします。" });
    let changed = world.does(who, &format!("/api/v1/notices/{id}/replacement"), &body).await?;
    ensure!(changed["state"]["state"] == "replaced", "the notice is replaced, stands {changed}");
    let word = issued(&changed["follow_up"], kind, (world.now(), of_day), &hospital, receiver)?;
    world.model.notice_becomes(id, "replaced");
    stay_mut(world, &stay_id)?;
    world.model.add_notice(&stay_id, word);
    Ok(())
}
