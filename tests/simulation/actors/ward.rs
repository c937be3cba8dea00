//! What the hospital side does.

use anyhow::{Context as _, Result};
use chrono::{Days, NaiveDateTime, TimeDelta};
use domain::AccountId;
use rand::RngExt;
use serde_json::{Value, json};

use super::plans::entry;
use super::{Manner, issued, stay_mut};
use crate::model::{Entry, Kind, Stay, Transfer, Word};
use crate::world::World;

/// Somebody new comes in; now and then it is recorded days later.
pub(super) async fn admit(world: &mut World) -> Result<()> {
    let (now, today) = (world.now(), world.today());
    let wards: Vec<_> = world.model.parties.wards.keys().cloned().collect();
    let ward = wards[world.chance.random_range(0..wards.len())].clone();
    let mut districts: Vec<_> = world.model.parties.centres.keys().cloned().collect();
    districts.push("遠い圏域".to_owned());
    let district = districts[world.chance.random_range(0..districts.len())].clone();
    let who = world.of_ward(&ward);
    let person = json!({
        "name": "北見 花子", "kana": "きたみ はなこ", "birth_on": "1940-05-06", "sex": "female", "district": district,
        "care_level": "care3",
    });
    let patient = world.does(who, "/api/v1/patients", &person).await?["id"].as_str().context("an id")?.to_owned();
    let consent = json!({
        "kind": "information_sharing", "act": "given", "by": "person", "way": "oral", "declared_on": today,
    });
    world.does(who, &format!("/api/v1/patients/{patient}/consents"), &consent).await?;
    let managers: Vec<_> = world.model.parties.managers.keys().cloned().collect();
    let manager = managers[world.chance.random_range(0..managers.len())].clone();
    let manager = world.chance.random_bool(0.75).then_some(manager);
    if let Some(manager) = &manager {
        let charge = json!({ "care_manager_id": manager, "from_on": today - Days::new(60) });
        world.does(who, &format!("/api/v1/patients/{patient}/care-team"), &charge).await?;
    }
    let late = if world.chance.random_bool(0.2) { world.chance.random_range(1..4) } else { 0 };
    let (emergency, respite) = (world.chance.random_bool(0.4), world.chance.random_bool(0.06));
    let admitted_at = now - Days::new(late);
    let body = json!({
        "patient_id": patient, "ward_id": ward, "emergency": emergency, "respite": respite,
        "admitted_at": format!("{}+09:00", admitted_at.format("%Y-%m-%dT%H:%M:%S")),
    });
    let kept = world.does(who, "/api/v1/encounters", &body).await?;
    let text = |field: &str| kept[field].as_str().map(str::to_owned).context("an id");
    let (id, admission) = (text("encounter_id")?, text("id")?);
    let hospital = world.model.parties.wards[&ward].0.clone();
    let stay = Stay {
        admission,
        first_ward: ward,
        hospital,
        district,
        manager,
        admitted_on: admitted_at.date(),
        emergency,
        respite,
        void: None,
        plans: Vec::new(),
        discharges: Vec::new(),
        transfers: Vec::new(),
        words: Vec::new(),
        asked: true,
        warned: std::collections::BTreeMap::new(),
        overdue: std::collections::BTreeMap::new(),
    };
    let manners = [Manner::Prompt, Manner::Prompt, Manner::Late, Manner::Phones, Manner::Silent];
    world.manners.insert(id.clone(), manners[world.chance.random_range(0..manners.len())]);
    world.touched.insert(id.clone());
    world.model.add_stay(id, stay);
    Ok(())
}

pub(super) fn of(world: &World, id: &str) -> (AccountId, String) {
    (world.of_ward(world.model.stays[id].ward()), format!("/api/v1/encounters/{id}"))
}

/// Records an event; its id.
pub(super) async fn record(world: &mut World, id: &str, event: Value) -> Result<String> {
    let (who, path) = of(world, id);
    let kept = world.does(who, &format!("{path}/events"), &event).await?;
    kept["id"].as_str().map(str::to_owned).context("an id")
}

/// Moves the person to another ward; now and then it is written down only hours later.
pub(super) async fn transfer(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    if !matches!(stay.state().0, "in_progress" | "discharge_planned") {
        return Ok(());
    }
    let wards = world.model.parties.wards.iter();
    let others: Vec<_> =
        wards.filter(|(ward, (hospital, _))| *hospital == stay.hospital && *ward != stay.ward()).collect();
    let known = stay.transfers.iter().map(|moved| moved.happened_at).max();
    let ward = others[world.chance.random_range(0..others.len())].0.clone();
    let mut body = json!({ "event": "transfer", "ward_id": ward });
    let happened_at = if world.chance.random_bool(0.3) {
        let happened_at = world.now() - TimeDelta::minutes(world.chance.random_range(1..3_000));
        body["occurred_at"] = json!(wire(happened_at));
        happened_at
    } else {
        known.map_or(world.now(), |last| world.now().max(last + TimeDelta::microseconds(1)))
    };
    record(world, id, body).await?;
    stay_mut(world, id)?.transfers.push(Transfer { ward, happened_at });
    Ok(())
}

/// An instant of the wall clock in Japan.
pub(super) fn wire(at: NaiveDateTime) -> String {
    format!("{}+09:00", at.format("%Y-%m-%dT%H:%M:%S%.f"))
}

pub(super) async fn cancel_admission(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    if stay.void.is_some() {
        return Ok(());
    }
    let (cancels, wrong) = (stay.admission.clone(), world.chance.random_bool(0.5));
    record(world, id, json!({ "event": "cancel_admit", "cancels": cancels, "entered_in_error": wrong })).await?;
    stay_mut(world, id)?.void = Some(if wrong { "entered_in_error" } else { "cancelled" });
    Ok(())
}

/// A notice by itself.
pub(super) async fn tell(world: &mut World, id: &str, kind: Kind) -> Result<()> {
    let stay = &world.model.stays[id];
    let of_day = match (kind, stay.state()) {
        (Kind::PlannedDischarge, ("discharge_planned", planned, _)) => planned,
        (Kind::Discharge, ("discharged", _, gone)) => gone,
        (Kind::Admission, _) if stay.void.is_none() => None,
        _ => return Ok(()),
    };
    let receiver = world.model.receiver(stay);
    if world.model.would_repeat(stay, (kind, of_day), &receiver.0, None) {
        return Ok(());
    }
    let ((who, path), hospital) = (of(world, id), stay.hospital.clone());
    let answer = world.does(who, &format!("{path}/notices"), &json!({ "kind": kind.name() })).await?;
    let word = issued(&answer["notice"], kind, (world.now(), of_day), &hospital, receiver)?;
    stay_mut(world, id)?;
    world.model.add_notice(id, word);
    Ok(())
}

/// A word given outside: today, some days ago, or nobody remembers when.
pub(super) async fn log(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    let (kind, of_day) = match stay.state() {
        ("discharge_planned", planned, _) => (Kind::PlannedDischarge, planned),
        ("discharged", _, gone) => (Kind::Discharge, stay.plan().map(|plan| plan.on).or(gone)),
        _ => return Ok(()),
    };
    let earliest = stay.admitted_on;
    let told_on = (!world.chance.random_bool(0.1))
        .then(|| (world.today() - Days::new(world.chance.random_range(0..4))).max(earliest));
    let medium = ["phone", "fax", "visit", "meeting"][world.chance.random_range(0..4)];
    let (who, path) = of(world, id);
    let mut body = json!({ "kind": kind.name(), "medium": medium, "with_whom": "訓子府 次郎" });
    if let Some(day) = told_on {
        body["told_on"] = json!(day);
    }
    world.does(who, &format!("{path}/contacts"), &body).await?;
    stay_mut(world, id)?.words.push(Word { notice: None, kind, told_on, of_day });
    Ok(())
}

pub(super) async fn discharge(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    if !matches!(stay.state().0, "in_progress" | "discharge_planned") {
        return Ok(());
    }
    let earliest = stay.admitted_on;
    let on = (world.today() - Days::new(world.chance.random_range(0..3))).max(earliest);
    let to = ["home", "home", "home", "facility", "other_hospital", "died"][world.chance.random_range(0..6)];
    let unchanged = world.chance.random_bool(0.3);
    let body = json!({ "event": "discharge", "on": on, "to": to, "support_unchanged": unchanged });
    let event = record(world, id, body).await?;
    let others = &world.model.stays[id].discharges;
    let gone = Entry { to, unchanged, ..entry(world, others, Some(event), on) };
    stay_mut(world, id)?.discharges.push(gone);
    Ok(())
}

pub(super) async fn cancel_discharge(world: &mut World, id: &str) -> Result<()> {
    let Some(event) = world.model.stays[id].discharge().and_then(|gone| gone.event.clone()) else { return Ok(()) };
    record(world, id, json!({ "event": "cancel_discharge", "cancels": event })).await?;
    let gone = &mut stay_mut(world, id)?.discharges;
    gone.iter_mut().filter(|gone| gone.event.as_deref() == Some(&event)).for_each(|gone| gone.cancelled = true);
    Ok(())
}

pub(super) async fn withdraw(world: &mut World, id: &str) -> Result<()> {
    let (word, told) = world.model.notice(id).context("a notice of the model")?;
    let stay = world.model.stay_of[id].clone();
    let ours = told.sender == world.model.stays[&stay].hospital;
    if !word.stands() || !ours {
        return Ok(());
    }
    let (who, _) = of(world, &stay);
    world.does(who, &format!("/api/v1/notices/{id}/withdrawal"), &json!({ "why": "宛先のまちがい" })).await?;
    world.model.notice_becomes(id, "withdrawn");
    stay_mut(world, &stay).map(drop)
}

/// Another hospital tries, or the day lies in the past: refused, and nothing changes.
pub(super) async fn wrong(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    let wards = &world.model.parties.wards;
    let elsewhere = wards.iter().find(|(_, (hospital, _))| *hospital != stay.hospital).map(|(ward, _)| ward.clone());
    let (who, path) = of(world, id);
    let tomorrow = json!({ "event": "pending_discharge", "planned_on": world.today() + Days::new(1) });
    let yesterday = json!({ "event": "pending_discharge", "planned_on": world.today() - Days::new(1) });
    let stranger = world.of_ward(&elsewhere.context("a second hospital")?);
    world.fails_to(stranger, &format!("{path}/events"), &tomorrow).await?;
    world.fails_to(who, &format!("{path}/events"), &yesterday).await?;
    stay_mut(world, id).map(drop)
}
