//! What the care side does: sends the sheet, answers.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{issued, stay_mut};
use crate::model::Kind;
use crate::world::World;

pub(super) async fn send_sheet(world: &mut World, id: &str) -> Result<()> {
    let stay = &world.model.stays[id];
    let (Some(manager), None) = (stay.manager.clone(), stay.void) else { return Ok(()) };
    let (hospital, office) = (stay.hospital.clone(), world.model.parties.managers[&manager].0.clone());
    let who = world.of_receiver(&office, Some(&manager));
    let body = json!({ "kind": Kind::Sheet.name(), "message": "入院時の様子をお送りします。" });
    let answer = world.does(who, &format!("/api/v1/encounters/{id}/notices"), &body).await?;
    let mut word = issued(&answer["notice"], Kind::Sheet, (world.now(), None), &office, (hospital, None))?;
    let ward = world.model.stays[id].ward().to_owned();
    word.notice.iter_mut().for_each(|told| told.ward = Some(ward.clone()));
    world.touched.insert(id.to_owned());
    world.model.add_notice(id, word);
    Ok(())
}

/// The receiver answers; what is not theirs goes on at once.
pub(super) async fn answer(world: &mut World, id: &str, code: &'static str) -> Result<()> {
    let (word, told) = world.model.notice(id).context("a notice of the model")?;
    if told.state != "issued" {
        return Ok(());
    }
    let (word, told) = (word.clone(), told.clone());
    let stay = world.model.stay_of[id].clone();
    // The hospital takes what is sent to it.
    let code = if told.receiver == world.model.stays[&stay].hospital { "accepted" } else { code };
    let (mut body, next) = match code {
        "other_office" => {
            let offices: Vec<_> = world.model.parties.managers.values().map(|(office, _)| office).collect();
            let Some(other) = offices.into_iter().find(|office| **office != told.receiver).cloned() else {
                return Ok(());
            };
            (json!({ "to": other }), Some(other))
        }
        "not_our_client" => (json!({}), world.model.next_receiver(id)),
        _ => (json!({}), None),
    };
    body["code"] = code.into();
    let who = world.of_receiver(&told.receiver, told.manager.as_deref());
    let changed = world.does(who, &format!("/api/v1/notices/{id}/acknowledgement"), &body).await?;
    let state = match code {
        "accepted" => "acknowledged",
        "away" => "issued",
        _ => "declined",
    };
    world.model.notice_becomes(id, state);
    stay_mut(world, &stay)?;
    match (&changed["follow_up"], next) {
        (Value::Null, None) => Ok(()),
        (follow_up, Some(next)) => {
            let days = (world.now(), word.of_day);
            let word = issued(follow_up, word.kind, days, &told.sender, (next, None))?;
            world.model.add_notice(&stay, word);
            Ok(())
        }
        (follow_up, None) => {
            ensure!(follow_up.is_null(), "nobody is left to hear of {id}, stands {follow_up}");
            Ok(())
        }
    }
}
