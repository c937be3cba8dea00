//! Holds the service against the model. A difference is an error that says what was expected and what stands.

use anyhow::{Result, ensure};
use serde_json::Value;
use storage::OutboxCounts;

use crate::model::{Figures, Level, mails_to_hospital};
use crate::relay::Letter;
use crate::world::World;

/// Promise 1, after every step: whatever was answered for is delivered, given up, or on its way.
pub(crate) async fn kept(world: &World) -> Result<OutboxCounts> {
    let counts = world.app.service.store.outbox_counts(world.app.city.region.id).await?;
    let accepted = i64::try_from(world.model.stay_of.len())?;
    ensure!(counts.notices == accepted, "notices accepted: expected {accepted}, stands {}", counts.notices);
    let kept = counts.delivered + counts.given_up + counts.pending + counts.without_mail;
    ensure!(kept == counts.notices, "accepted = delivered + given up + pending: stands {counts:?}");
    ensure!(counts.without_mail == 0, "every accepted notice has a mail: stands {counts:?}");
    Ok(counts)
}

/// Promises 1 and 3: every accepted notice is delivered, given up, or on its way, and no mail went to whom it is not for.
pub(crate) async fn outbox(world: &mut World, at_the_end: bool) -> Result<()> {
    let letters = world.relay.letters();
    ensure!(world.relay.needless().is_empty(), "sent again after the end: {:?}", world.relay.needless());
    for (id, letter) in letters {
        if world.judged.insert(id.clone()) {
            let entitled = world.model.entitled(&letter.path);
            let may = entitled.contains(&letter.to.as_str());
            ensure!(may, "a mail about {}: expected to one of {entitled:?}, stands {}", letter.path, letter.to);
        }
    }
    let counts = kept(world).await?;
    // Of a notice for the city, a mail that it still waits names no notice, so the service may know of more.
    let (mut delivered, mut unsure) = (0, 0);
    for notice in world.model.stay_of.keys() {
        let receivers = world.model.receivers(notice);
        let path = format!("/notices/{notice}");
        let of_notice =
            || world.relay.about(&path).filter(|letter| letter.carries_it() && receivers.contains(&letter.to.as_str()));
        let reached = of_notice().any(|letter| letter.delivered && (at_the_end || !letter.unsure));
        let perhaps = of_notice().any(|letter| letter.delivered);
        let for_city = world.model.notice(notice).is_some_and(|(_, told)| told.receiver == world.model.parties.city);
        delivered += usize::from(reached);
        unsure += usize::from(!reached && (for_city || perhaps));
        if at_the_end {
            let first = of_notice().filter(|letter| letter.is_first_word()).count();
            ensure!(first == 1, "mails of notice {notice}: expected one, stand {first}");
        }
    }
    let stands = usize::try_from(counts.delivered)?;
    let right = (delivered..=delivered + unsure).contains(&stands);
    ensure!(right, "notices delivered: expected {delivered} (and perhaps {unsure}), stands {counts:?}");
    if at_the_end {
        ensure!(counts.pending == 0 && counts.pending_mails == 0, "nothing waits at the end: stands {counts:?}");
        let open: Vec<_> = letters.values().filter(|letter| !letter.has_ended()).collect();
        ensure!(open.is_empty(), "every letter has ended: stand {open:?}");
    }
    Ok(())
}

/// Promise 2, by mail: each warning to each of its mailboxes, once. Before the end some may wait behind a slow relay.
pub(crate) fn warning_mails(world: &World, at_the_end: bool) -> Result<()> {
    let right = |stand: usize, expected: usize| stand == expected || stand < expected && !at_the_end;
    let letters = world.relay.letters();
    for (id, stay) in &world.model.stays {
        let expected: usize = stay.warned.values().map(|said| mails_to_hospital(said)).sum();
        let path = format!("/encounters/{id}");
        let stand = world.relay.about(&path).count();
        ensure!(right(stand, expected), "mails of the warnings of stay {id}: expected {expected}, stand {stand}");
    }
    let expected = world.model.warnings(Level::StillMissed);
    let to_city = |letter: &&Letter| letter.subject.contains("期限までに出されていない");
    let stand = letters.values().filter(to_city).count();
    ensure!(right(stand, expected), "mails to the city of missed notices: expected {expected}, stand {stand}");
    Ok(())
}

/// Promise 2, and the state of the stay and of its notices.
pub(crate) async fn stay(world: &mut World, id: &str) -> Result<()> {
    let nurse = world.of_ward(&world.model.stays[id].ward);
    let seen = world.sees(nurse, &format!("/api/v1/encounters/{id}")).await?;
    let stay = &world.model.stays[id];
    let (name, planned_on, discharged_on) = stay.state();
    let state = &seen["encounter"]["state"];
    let day = |day: Option<chrono::NaiveDate>| day.map_or(Value::Null, |day| Value::from(day.to_string()));
    let same = state["state"] == name
        && state["planned_on"] == day(planned_on)
        && state["discharged_on"] == day(discharged_on);
    ensure!(same, "stay {id}: expected {name} {planned_on:?} {discharged_on:?}, stands {state}");

    for word in &stay.words {
        let Some(told) = &word.notice else { continue };
        let stands = seen["notices"].as_array().into_iter().flatten().find(|row| row["id"] == told.id.as_str());
        let stands = stands.map_or(&Value::Null, |row| &row["state"]["state"]);
        ensure!(stands == told.state, "notice {} of stay {id}: expected {}, stands {stands}", told.id, told.state);
    }

    let mut expected = Vec::new();
    for (last_day, said) in &stay.warned {
        expected.extend(said.iter().map(|(level, at)| format!("{last_day} {} at {at}", level.code())));
    }
    expected.extend(world.model.answers_warned(stay));
    let mut stand = warnings(&seen);
    expected.sort();
    stand.sort();
    ensure!(stand == expected, "warnings of stay {id}: expected {expected:?}, stand {stand:?} ({})", seen["deadlines"]);
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

fn tally(name: &str, row: &Value, expected: &crate::model::Tally) -> Result<()> {
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

/// Nothing on the audit trail was changed.
pub(crate) async fn audit(world: &World) -> Result<i64> {
    let report = world.app.service.store.verify_audit().await?;
    ensure!(report.is_whole(), "the audit trail is whole: stands {report:?}");
    Ok(report.chains.iter().map(|chain| chain.rows).sum())
}
