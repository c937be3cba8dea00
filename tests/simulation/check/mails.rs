//! What was accepted, and the mails of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use storage::OutboxCounts;

use crate::model::Level;
use crate::relay::Letter;
use crate::world::World;

/// The notices of which it is not certain yet that a mail has come.
#[derive(Debug, Default)]
pub(crate) struct Unsettled(BTreeSet<String>);

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

/// Promise 3: no mail went to whom it is not for. Only those that nobody has judged yet.
pub(crate) fn addresses(world: &mut World) -> Result<()> {
    let fresh = world.relay.take_fresh();
    for letter in fresh.iter().filter_map(|id| world.relay.letters().get(id)) {
        let entitled = world.model.entitled(&letter.path);
        let may = entitled.contains(&letter.to.as_str());
        ensure!(may, "a mail about {}: expected to one of {entitled:?}, stands {}", letter.path, letter.to);
        let notice = letter.path.strip_prefix("/notices/").and_then(|id| world.model.notice(id));
        let ward = notice.and_then(|(_, told)| told.ward.as_deref()).filter(|_| letter.is_first_word());
        let right = ward.is_none_or(|ward| world.model.mailbox(ward) == letter.to);
        ensure!(right, "a sheet to the ward in which the person lay: stands {}", letter.to);
    }
    Ok(())
}

/// Promise 1, counted by hand: as many notices are delivered as the relay has taken mails of.
pub(crate) async fn outbox(world: &mut World, at_the_end: bool) -> Result<()> {
    ensure!(world.relay.needless().is_empty(), "sent again after the end: {:?}", world.relay.needless());
    let counts = kept(world).await?;
    let Unsettled(mut unsettled) = std::mem::take(&mut world.unsettled);
    unsettled.extend(world.model.take_fresh());
    // What was taken for certain is not sent again ("needless", above), so it needs no second look.
    unsettled
        .retain(|notice| !of_notice(world, notice).any(|letter| letter.delivered && (at_the_end || !letter.unsure)));
    let delivered = world.model.stay_of.len() - unsettled.len();
    // Of a notice for the city, a mail that it still waits names no notice, so the service may know of more.
    let may_be = |notice: &&String| {
        let for_city = world.model.notice(notice).is_some_and(|(_, told)| told.receiver == world.model.parties.city);
        for_city || of_notice(world, notice).any(|letter| letter.delivered)
    };
    let unsure = unsettled.iter().filter(may_be).count();
    world.unsettled = Unsettled(unsettled);
    let stands = usize::try_from(counts.delivered)?;
    let right = (delivered..=delivered + unsure).contains(&stands);
    ensure!(right, "notices delivered: expected {delivered} (and perhaps {unsure}), stands {counts:?}");
    if at_the_end {
        for notice in world.model.stay_of.keys() {
            let first = of_notice(world, notice).filter(|letter| letter.is_first_word()).count();
            ensure!(first == 1, "mails of notice {notice}: expected one, stand {first}");
        }
        ensure!(counts.pending == 0 && counts.pending_mails == 0, "nothing waits at the end: stands {counts:?}");
        let open: Vec<_> = world.relay.letters().values().filter(|letter| !letter.has_ended()).collect();
        ensure!(open.is_empty(), "every letter has ended: stand {open:?}");
    }
    Ok(())
}

/// The mails to whoever the notice is for.
fn of_notice<'a>(world: &'a World, notice: &str) -> impl Iterator<Item = &'a Letter> {
    let receivers = world.model.receivers(notice);
    let letters = world.relay.about(&format!("/notices/{notice}"));
    letters.filter(move |letter| letter.carries_it() && receivers.contains(&letter.to.as_str()))
}

/// Promise 2, by mail: each warning to each of its mailboxes, once. Before the end some may wait behind a slow relay. What a ward's mailbox
/// doesn't take goes on to the desk, and what the desk's doesn't take to the city: once, and once more for each answer that a death cut off.
pub(crate) fn warnings(world: &World, at_the_end: bool) -> Result<()> {
    let right = |stand: usize, expected: usize, onward: usize| {
        (expected..=expected + onward).contains(&stand) || stand < expected && !at_the_end
    };
    let refused = |letters: &mut dyn Iterator<Item = &Letter>| -> usize {
        let ended = letters.filter(|letter| letter.has_ended() && (!letter.delivered || letter.unsure));
        ended.map(|letter| 1 + usize::from(letter.unsure) + letter.lost as usize).sum()
    };
    let mut refused_by_desks = 0;
    for (id, stay) in &world.model.stays {
        let expected = world.model.mails_of_warnings(stay);
        let mut stand: BTreeMap<&str, usize> = BTreeMap::new();
        for letter in world.relay.about(&format!("/encounters/{id}")) {
            *stand.entry(&letter.to).or_default() += 1;
        }
        let number = |of: &BTreeMap<&str, usize>, mailbox: &str| of.get(mailbox).copied().unwrap_or_default();
        let desk = world.model.parties.desks.get(&stay.hospital).map_or("", String::as_str);
        let path = format!("/encounters/{id}");
        let onward = refused(&mut world.relay.about(&path).filter(|letter| letter.to != desk));
        refused_by_desks += refused(&mut world.relay.about(&path).filter(|letter| letter.to == desk));
        let mut mailboxes = expected.keys().chain(stand.keys());
        let all = mailboxes.all(|mailbox| {
            right(number(&stand, mailbox), number(&expected, mailbox), if *mailbox == desk { onward } else { 0 })
        });
        ensure!(all, "mails of the warnings of stay {id}: expected {expected:?}, stand {stand:?}");
    }
    let expected = world.model.warnings(Level::StillMissed);
    let to_city = |letter: &&Letter| letter.subject.contains("期限までに出されていない");
    let stand = world.relay.letters().values().filter(to_city).count();
    ensure!(
        right(stand, expected, refused_by_desks),
        "mails to the city of missed notices: expected {expected}, stand {stand}"
    );
    Ok(())
}
