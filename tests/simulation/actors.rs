//! Who does what on a day: drawn in the morning from how each stay stands, done in the order of the clock.
//!
//! An act that has become impossible by the time it is its turn is left out; one that is done must be taken by the service.

mod care;
mod plans;
mod slips;
mod ward;

use anyhow::{Context as _, Result};
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Weekday};
use rand::RngExt;
use serde_json::Value;

use crate::check;
use crate::model::{Kind, Stay, Told, Word};
use crate::world::World;

pub(crate) use slips::Slip;

/// What a ward does about a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Tells as soon as the day is planned.
    Prompt,
    /// Tells a few days before the discharge, or after it.
    Late,
    /// Phones, and logs it.
    Phones,
    /// Tells nobody.
    Silent,
}

/// Of the stay or the notice with that id.
#[derive(Debug, Clone)]
enum Act {
    Sweep,
    Admit,
    CancelAdmission(String),
    TellAdmission(String),
    SendSheet(String),
    Plan(String),
    /// Plans it, and moves it at once, perhaps through another instance, or after the clock was put right.
    PlanTwice(String),
    /// A day that was planned hours ago, written down only now.
    PlanLate(String),
    CancelPlan(String),
    /// Fills in the filing form: plan, screening and notice in one.
    File(String),
    Tell(String),
    /// In the wrong stay, and noticed at once.
    TellAndTakeBack(String),
    /// The whole form in another stay of the same ward; noticed on some later day.
    FileElsewhere(String),
    /// What was filed in the wrong stay is taken back, and filed where it belongs.
    Mend(Slip),
    /// To another ward; now and then written down hours later, out of order.
    Transfer(String),
    Log(String),
    Discharge(String),
    CancelDischarge(String),
    Withdraw(String),
    /// A corrected notice in its place.
    Replace(String),
    Answer(String, &'static str),
    /// Something that is refused.
    Wrong(String),
}

/// Seconds of the day at which the service looks when it is awake; nine is when the agreement warns.
const SWEEPS: [u32; 8] = [30, 32_390, 32_400, 34_200, 43_200, 54_000, 64_800, 79_200];

/// One day, whole.
pub(crate) async fn live(world: &mut World, day: NaiveDate, monthly: u32) -> Result<()> {
    if world.away_until.is_some_and(|back| day < back) {
        return Ok(());
    }
    if day.weekday() == Weekday::Sat && world.chance.random_bool(0.15) {
        // Everything stands still, and goes on on Monday as if nothing had been.
        world.away_until = Some(day + Days::new(2));
        return Ok(());
    }
    world.clocks_drift();
    let asleep = world.chance.random_bool(0.06);
    let sweeps: &[u32] = if asleep { &SWEEPS[7..] } else { &SWEEPS };
    let mut program: Vec<(u32, Act)> = sweeps.iter().map(|second| (*second, Act::Sweep)).collect();
    for act in drawn(world, day, monthly) {
        program.push((world.chance.random_range(7 * 3600..22 * 3600), act));
    }
    program.sort_by_key(|(second, _)| *second);
    for (second, act) in program {
        world.clock_shows(day, second);
        done(world, &act).await.with_context(|| format!("{act:?} at {}", world.now()))?;
        if world.pace.closely {
            checked(world).await.with_context(|| format!("after {act:?} at {}", world.now()))?;
        }
    }
    Ok(())
}

/// After a step: nothing accepted is lost, and whatever was touched is what the model says.
async fn checked(world: &mut World) -> Result<()> {
    check::mails::kept(world).await?;
    check::mails::addresses(world)?;
    for id in std::mem::take(&mut world.touched) {
        check::stays::stay(world, &id).await?;
    }
    Ok(())
}

/// Somebody does something about a stay of which a warning is about to be given.
pub(crate) async fn interlude(world: &mut World) -> Result<()> {
    let due = world.model.due(world.now());
    let Some(id) = due.get(world.chance.random_range(0..due.len().max(1))).cloned() else { return Ok(()) };
    let acts: [fn(String) -> Act; 7] =
        [Act::Plan, Act::CancelPlan, Act::File, Act::Tell, Act::Log, Act::Discharge, Act::Transfer];
    let act = acts[world.chance.random_range(0..acts.len())](id);
    done(world, &act).await.with_context(|| format!("{act:?} at {} during a sweep", world.now()))
}

/// What somebody means to do today.
fn drawn(world: &mut World, day: NaiveDate, monthly: u32) -> Vec<Act> {
    let mut acts = Vec::new();
    let World { model, chance, manners, slips, .. } = world;
    let weekend = day.weekday().num_days_from_monday() > 4;
    let expected = f64::from(monthly) / 30.0 * if weekend { 0.4 } else { 1.2 };
    for _ in 0..(expected * 2.0).ceil() as u32 {
        if chance.random_bool(expected / (expected * 2.0).ceil()) {
            acts.push(Act::Admit);
        }
    }
    for (id, stay) in model.open_stays() {
        let mut maybe = |share: f64, act: fn(String) -> Act| {
            if chance.random_bool(share) {
                acts.push(act(id.clone()));
            }
        };
        let lies = (day - stay.admitted_on).num_days();
        let manner = manners.get(id).copied().unwrap_or(Manner::Silent);
        let to_go = stay.plan().map_or(0, |plan| (plan.on - day).num_days());
        match stay.state().0 {
            "in_progress" => {
                maybe(if lies > 1 { 0.02 } else { 0.05 }, Act::CancelAdmission);
                maybe(0.12, Act::TellAdmission);
                maybe(0.10, Act::SendSheet);
                maybe(if lies > 1 { 0.15 } else { 0.03 }, Act::Plan);
                maybe(if manner == Manner::Prompt { 0.15 } else { 0.02 }, Act::File);
                maybe(0.02, Act::Discharge);
                maybe(0.02, Act::Transfer);
                maybe(0.01, Act::FileElsewhere);
            }
            "discharge_planned" => {
                maybe(if to_go <= 0 { 0.2 } else { 0.06 }, Act::Plan);
                maybe(0.02, Act::CancelPlan);
                maybe(0.04, Act::PlanTwice);
                maybe(0.03, Act::PlanLate);
                maybe(0.01, Act::TellAndTakeBack);
                maybe(0.02, Act::FileElsewhere);
                maybe(0.03, Act::Transfer);
                maybe(if to_go <= 0 { 0.7 } else { 0.03 }, Act::Discharge);
                maybe(if manner == Manner::Prompt { 0.4 } else { 0.02 }, Act::File);
                maybe(
                    if manner == Manner::Prompt || manner == Manner::Late && to_go < 4 { 0.4 } else { 0.0 },
                    Act::Tell,
                );
                maybe(if manner == Manner::Phones { 0.4 } else { 0.02 }, Act::Log);
                maybe(0.01, Act::CancelAdmission);
            }
            "discharged" if stay.discharge().is_some_and(|gone| (day - gone.on).num_days() < 12) => {
                maybe(0.02, Act::CancelDischarge);
                maybe(if manner == Manner::Late { 0.2 } else { 0.03 }, Act::Tell);
                maybe(0.03, Act::Log);
            }
            _ => {}
        }
        maybe(0.02, Act::Wrong);
        for told in stay.words.iter().filter_map(|word| word.notice.as_ref()) {
            if told.state == "issued" {
                let answers = ["accepted", "accepted", "accepted", "not_our_client", "other_office", "away"];
                if chance.random_bool(0.5) {
                    acts.push(Act::Answer(told.id.clone(), answers[chance.random_range(0..answers.len())]));
                }
            }
            if matches!(told.state, "issued" | "acknowledged") {
                if chance.random_bool(0.01) {
                    acts.push(Act::Withdraw(told.id.clone()));
                }
                if chance.random_bool(0.03) {
                    acts.push(Act::Replace(told.id.clone()));
                }
            }
        }
    }
    slips.retain(|slip| {
        let stays = !chance.random_bool(0.5);
        if !stays {
            acts.push(Act::Mend(slip.clone()));
        }
        stays
    });
    acts
}

async fn done(world: &mut World, act: &Act) -> Result<()> {
    match act {
        Act::Sweep => world.sweep().await,
        Act::Admit => ward::admit(world).await,
        Act::CancelAdmission(id) => ward::cancel_admission(world, id).await,
        Act::TellAdmission(id) => ward::tell(world, id, Kind::Admission).await,
        Act::SendSheet(id) => care::send_sheet(world, id).await,
        Act::Plan(id) => plans::plan(world, id).await,
        Act::PlanTwice(id) => {
            plans::plan(world, id).await?;
            if world.chance.random_bool(0.2) {
                world.clocks_drift();
            }
            world.time_passes();
            plans::plan(world, id).await
        }
        Act::PlanLate(id) => plans::plan_late(world, id).await,
        Act::TellAndTakeBack(id) => {
            // Meant for somebody else.
            ward::tell(world, id, Kind::PlannedDischarge).await?;
            let last = world.model.stays[id].words.last().and_then(|word| word.notice.as_ref());
            let Some(last) = last.map(|told| told.id.clone()) else { return Ok(()) };
            ward::withdraw(world, &last).await
        }
        Act::FileElsewhere(id) => slips::file_elsewhere(world, id).await,
        Act::Mend(slip) => slips::mend(world, slip).await,
        Act::Transfer(id) => ward::transfer(world, id).await,
        Act::CancelPlan(id) => plans::cancel_plan(world, id).await,
        Act::File(id) => plans::file(world, id).await,
        Act::Tell(id) => {
            let gone = world.model.stays[id].discharge().is_some();
            ward::tell(world, id, if gone { Kind::Discharge } else { Kind::PlannedDischarge }).await
        }
        Act::Log(id) => ward::log(world, id).await,
        Act::Discharge(id) => ward::discharge(world, id).await,
        Act::CancelDischarge(id) => ward::cancel_discharge(world, id).await,
        Act::Withdraw(id) => ward::withdraw(world, id).await,
        Act::Replace(id) => slips::replace(world, id).await,
        Act::Answer(id, code) => care::answer(world, id, code).await,
        Act::Wrong(id) => ward::wrong(world, id).await,
    }
}

/// The notice that an answer names, as the model keeps it; its receiver must be the one whom the model names.
fn issued(
    answer: &Value,
    kind: Kind,
    (now, of_day): (NaiveDateTime, Option<NaiveDate>),
    sender: &str,
    (receiver, manager): (String, Option<String>),
) -> Result<Word> {
    let to = &answer["recipient"];
    let same = to["organization_id"] == receiver.as_str() && to["care_manager_id"].as_str() == manager.as_deref();
    anyhow::ensure!(same, "receiver of a notice: expected {receiver} {manager:?}, stands {to}");
    let id = answer["id"].as_str().context("an answer names its notice")?.to_owned();
    let sender = sender.to_owned();
    let told = Told { id, sender, receiver, manager, state: "issued", ward: None, issued_at: now, warned: Vec::new() };
    Ok(Word { notice: Some(told), kind, told_on: Some(now.date()), of_day })
}

/// The stay for a change of the model.
fn stay_mut<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Stay> {
    world.touched.insert(id.to_owned());
    let now = world.now();
    let stay = world.model.stays.get_mut(id).context("a stay of the model")?;
    stay.settle(now);
    Ok(stay)
}
