//! Several commands of one stay folded into one: what the store would hold after the last of them.

use domain::changes::{Changes, Write};
use domain::deadline::Deadline;

/// Takes over what `next` does after `whole`. The stay itself must be new in `whole` or in `next`.
pub(super) fn absorb(whole: &mut Changes, next: Changes) {
    fn put<T, K: PartialEq>(rows: &mut Vec<T>, new: Vec<T>, key: impl Fn(&T) -> K) {
        for row in new {
            match rows.iter_mut().find(|old| key(old) == key(&row)) {
                Some(old) => *old = row,
                None => rows.push(row),
            }
        }
    }
    whole.encounter = match (whole.encounter.take(), next.encounter) {
        (Some(Write::New(_)), Some(Write::Update { row, .. })) => Some(Write::New(row)),
        (Some(Write::Update { read_at, .. }), Some(Write::Update { row, .. })) => Some(Write::Update { row, read_at }),
        (before, after) => after.or(before),
    };
    whole.patient = next.patient.or(whole.patient.take());
    put(&mut whole.team, next.team, |row| row.id);
    whole.events.extend(next.events);
    whole.screenings.extend(next.screenings);
    put(&mut whole.notices, next.notices, |row| row.id);
    whole.acknowledgements.extend(next.acknowledgements);
    put(&mut whole.contacts, next.contacts, |row| row.id);
    put(&mut whole.deadlines, next.deadlines, Deadline::key);
    whole.warnings.extend(next.warnings);
    whole.deliveries.extend(next.deliveries);
    put(&mut whole.readings, next.readings, |row| (row.notice_id, row.account_id));
    whole.fact = next.fact.or(whole.fact.take());
    for cell in next.cells {
        match whole.cells.iter_mut().find(|old| old.key == cell.key) {
            Some(old) => old.count += cell.count,
            None => whole.cells.push(cell),
        }
    }
    whole.cells.retain(|cell| cell.count != 0);
    whole.audit.extend(next.audit);
}
