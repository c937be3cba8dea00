//! Last year's screenings under next year's edition: what would a change of the list have changed?
//!
//! Answers are matched by id, so a criterion that is new in the later edition is unanswered in every old screening; those come
//! out incomplete rather than as if somebody had said "no".

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Answers, Checklist, CriterionId, Facts, Outcome, OutcomeKind};

/// How many screenings came to each outcome.
pub type Counts = BTreeMap<OutcomeKind, usize>;

/// The old screenings under two editions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The edition they are compared with.
    pub before_edition: String,
    /// The edition they were replayed under.
    pub after_edition: String,
    /// How many were replayed.
    pub total: usize,
    /// Outcomes under the earlier edition; all four names, also those with 0. They add up to `total`.
    pub before: Counts,
    /// Outcomes under the later edition, likewise.
    pub after: Counts,
    /// Every screening whose outcome changed, by its place in the input.
    pub changed: Vec<Change>,
}

/// One screening that comes out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its place in the input.
    pub place: usize,
    /// The outcome under the earlier edition.
    pub before: OutcomeKind,
    /// The outcome under the later edition.
    pub after: OutcomeKind,
    /// Criteria hit only under the later edition.
    pub gained: Vec<CriterionId>,
    /// Criteria hit only under the earlier edition.
    pub lost: Vec<CriterionId>,
    /// Criteria that the later edition asks for and nobody answered.
    pub unanswered: Vec<CriterionId>,
}

/// Screens `old` under both editions and names what differs.
#[must_use]
pub fn replay(old: &[(Answers, Facts)], made_under: &Checklist, under: &Checklist) -> Replay {
    let none = || OutcomeKind::ALL.into_iter().map(|kind| (kind, 0)).collect::<Counts>();
    let mut replay = Replay {
        before_edition: made_under.edition().to_owned(),
        after_edition: under.edition().to_owned(),
        total: old.len(),
        before: none(),
        after: none(),
        changed: Vec::new(),
    };
    for (place, (answers, facts)) in old.iter().enumerate() {
        let (before, after) = (made_under.screen(answers, facts), under.screen(answers, facts));
        *replay.before.entry(before.kind()).or_default() += 1;
        *replay.after.entry(after.kind()).or_default() += 1;
        if before.kind() != after.kind() {
            replay.changed.push(Change {
                place,
                before: before.kind(),
                after: after.kind(),
                gained: hits_missing_from(&after, &before),
                lost: hits_missing_from(&before, &after),
                unanswered: after.missing().iter().map(|missing| missing.criterion.clone()).collect(),
            });
        }
    }
    replay
}

fn hits_missing_from(these: &Outcome, those: &Outcome) -> Vec<CriterionId> {
    let others = those.reasons();
    let only_here = these.reasons().iter().filter(|hit| others.iter().all(|other| other.criterion != hit.criterion));
    only_here.map(|hit| hit.criterion.clone()).collect()
}
