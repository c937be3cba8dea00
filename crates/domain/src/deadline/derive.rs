//! From a case to its deadlines. Pure, and the only place where a verdict is made.
//!
//! Only the deadline of the planned day in force is computed anew; one that belonged to an earlier planned day is closed with the
//! verdict of that moment and never rewritten. A plan that comes back, or is recorded once more, after its last day takes up the
//! deadline where it stood ([`judged`]): what was missed once can't become excusable by moving the plan away and back.
//!
//! The last day follows the agreement in force and, where it counts working days, the closing days of the office that would be told.
//! When either changes before the day has come, the old row is closed as [`Excuse::DateMoved`] and the new last day has a row of its
//! own; a day on which somebody was judged stays as it was. Not promised: that a new edition reaches a stay at once. It does when the
//! stay changes, or when the row's next instant comes.

use chrono::NaiveDate;
use uuid::Uuid;

pub use super::instants::Step;
use super::instants::{acknowledgement_steps, discharge_steps, next_turn};
use super::{Deadline, DeadlineRule, Excuse, Level, Timeliness, Warning};
use crate::Instant;
use crate::agreement::Agreement;
use crate::case::Case;
use crate::directory::Directory;
use crate::encounter::{EncounterState, Folded};
use crate::notice::{Notice, NoticeState};
use rules::calendar::{Calendar, OfficeHours};

/// How long after a discharge its missing word is still pursued.
const WARNED_FOR_DAYS: i64 = 30;

/// What a deadline is derived from, besides the case.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub agreement: &'a Agreement,
    pub calendar: &'a Calendar,
    pub directory: &'a Directory,
    pub now: Instant,
    /// The discharge is of a kind that the agreement leaves out.
    pub excluded: bool,
}

/// The deadline rows of the case that differ from those it holds: to be put in the same transaction.
pub fn derive(case: &Case, folded: &Folded, ground: Ground<'_>) -> Vec<Deadline> {
    let mut rows = Vec::new();
    let current =
        plan_in_force(folded).map(|(planned_on, known_at)| discharge(case, folded, planned_on, known_at, ground));
    let subject = case.encounter.id.uuid();
    for old in case.deadlines.iter().filter(|old| old.rule == DeadlineRule::DischargeNotice && old.open) {
        if current.as_ref().is_none_or(|now| now.due_on != old.due_on) {
            rows.push(superseded(case, old, current.is_some(), ground.now.day()));
        }
    }
    rows.extend(current);
    rows.extend(case.notices.iter().filter_map(|notice| acknowledgement(case, notice, ground)));
    debug_assert!(rows.iter().all(|row| row.rule == DeadlineRule::Acknowledgement || row.subject == subject));
    rows.retain(|row| case.deadlines.iter().all(|old| old.key() != row.key() || old != row));
    rows
}

/// The steps of a deadline whose time has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DueSteps {
    pub taken: Vec<Level>,
    /// The latest last. They are taken together, under that level: what was slept through is not said again step by step, but
    /// whoever should have heard of an earlier one hears now.
    pub waiting: Vec<Level>,
}

/// What has to be said of an open deadline now, and what was said.
pub fn due_steps(case: &Case, deadline: &Deadline, ground: Ground<'_>) -> DueSteps {
    if !deadline.open {
        return DueSteps::default();
    }
    let done = warned_rank(&case.warnings, deadline);
    let due = steps(case, deadline, ground).into_iter().filter(|step| step.at <= ground.now).map(|step| step.level);
    let (taken, waiting) = due.partition(|level| level.rank() <= done);
    DueSteps { taken, waiting }
}

fn steps(case: &Case, deadline: &Deadline, ground: Ground<'_>) -> Vec<Step> {
    match deadline.rule {
        DeadlineRule::DischargeNotice => discharge_steps(deadline, ground.agreement),
        DeadlineRule::Acknowledgement => {
            let hours = hours_of(ground, deadline);
            let issued_at = case.notices.iter().find(|n| n.id.uuid() == deadline.subject).map(|n| n.issued_at);
            acknowledgement_steps(issued_at.unwrap_or(deadline.known_at), ground.agreement, &hours, ground.calendar)
        }
    }
}

fn hours_of(ground: Ground<'_>, deadline: &Deadline) -> OfficeHours {
    ground.directory.organization(deadline.organization_id).map(|o| o.hours.clone()).unwrap_or_default()
}

fn warned_rank(warnings: &[Warning], deadline: &Deadline) -> i32 {
    let of_this = |w: &&Warning| (w.rule, w.subject, w.due_on) == deadline.key();
    warnings.iter().filter(of_this).map(|w| w.level.rank()).max().unwrap_or(i32::MIN)
}

fn plan_in_force(folded: &Folded) -> Option<(NaiveDate, Instant)> {
    if folded.state.is_void() {
        return None;
    }
    let planned = folded.plan().map(|plan| (plan.planned_on, plan.known_at));
    match folded.state {
        EncounterState::Discharged { on, .. } => planned.or(folded.discharge_known_at.map(|known_at| (on, known_at))),
        _ => planned,
    }
}

/// The first day on which the discharge of `planned_on` was told by a word that still stands.
fn told_on(case: &Case, planned_on: NaiveDate) -> Option<NaiveDate> {
    let notices = case.notices.iter().filter(|n| n.stands() && n.kind.tells_discharge());
    let notices = notices.filter(|n| n.planned_on.is_none_or(|day| day == planned_on)).map(|n| n.issued_at.day());
    let contacts = case.contacts.iter().filter(|c| c.stands() && c.kind.tells_discharge());
    let contacts = contacts
        .filter(|c| c.planned_on.is_none_or(|day| day == planned_on))
        .map(|c| c.told_on.unwrap_or_else(|| c.recorded_at.day()));
    notices.chain(contacts).min()
}

/// The person went home on another day than planned, and just that day was told: nobody waits for the word of the planned one.
fn told_as_it_was(case: &Case, folded: &Folded) -> Option<NaiveDate> {
    match folded.state {
        EncounterState::Discharged { on, .. } => told_on(case, on),
        _ => None,
    }
}

fn discharge(case: &Case, folded: &Folded, planned_on: NaiveDate, known_at: Instant, ground: Ground<'_>) -> Deadline {
    let told = told_on(case, planned_on);
    let due_on = last_day(case, folded, planned_on, ground);
    let (due_on, known_at) = match judged(case, (planned_on, due_on), told.is_some(), ground.now.day()) {
        Some(old) => (old.due_on, old.known_at.min(known_at)),
        None => (due_on, known_at),
    };
    let asked = case.screening().is_none_or(crate::screening::Screening::asks_for_notice);
    let impossible = known_at.day() > due_on;
    let (timeliness, open) = match (told, told_as_it_was(case, folded)) {
        (Some(told), _) => (told_verdict(planned_on, due_on, told, impossible), false),
        (None, Some(told)) if told <= due_on => (Timeliness::Excused { reason: Excuse::DateMoved }, false),
        (None, Some(told)) => (told_verdict(planned_on, due_on, told, impossible), false),
        (None, None) if matches!(folded.state, EncounterState::Discharged { .. }) && ground.excluded => {
            (Timeliness::Excused { reason: Excuse::Excluded }, false)
        }
        // The miss is in the figures; a warning helps nobody any more.
        (None, None) if long_over(folded, ground.now.day()) => {
            (untold_verdict(due_on, impossible, ground.now.day()), false)
        }
        (None, None) if !asked => (Timeliness::Excused { reason: Excuse::NotRequired }, false),
        (None, None) => (untold_verdict(due_on, impossible, ground.now.day()), true),
    };
    let row = Deadline {
        region_id: case.encounter.region_id,
        encounter_id: case.encounter.id,
        rule: DeadlineRule::DischargeNotice,
        subject: case.encounter.id.uuid(),
        due_on,
        planned_on: Some(planned_on),
        known_at,
        timeliness,
        open,
        next_at: None,
        organization_id: case.encounter.hospital_id,
        set_aside: None,
    };
    with_next(case, row, ground)
}

/// The last day in time, by the closing days of the office that would be told; after the discharge, of the office of that day.
fn last_day(case: &Case, folded: &Folded, planned_on: NaiveDate, ground: Ground<'_>) -> NaiveDate {
    let as_of = match folded.state {
        EncounterState::Discharged { on, .. } => on,
        _ => ground.now.day(),
    };
    let office = case.receiver_on(as_of, ground.directory);
    let office = office.and_then(|to| ground.directory.organization(to.organization_id));
    let hours = office.map(|office| office.hours.clone()).unwrap_or_default();
    ground.agreement.discharge_notice.period.due_on(planned_on, ground.calendar, &hours)
}

/// The deadline of that planned day (or of that last day) on which somebody was judged: told in time by a word that still stands, or
/// its day passed untold, as its row says or would if somebody had looked since.
fn judged(
    case: &Case,
    (planned_on, due_on): (NaiveDate, NaiveDate),
    told: bool,
    today: NaiveDate,
) -> Option<&Deadline> {
    let of_plan = |old: &&Deadline| old.planned_on == Some(planned_on);
    let judged = |old: &&Deadline| match old.timeliness {
        Timeliness::Missed | Timeliness::Late { .. } | Timeliness::Impossible => true,
        Timeliness::Met { .. } => told && of_plan(old),
        Timeliness::NotDue | Timeliness::Due => old.open && today > old.due_on,
        Timeliness::Excused { .. } => false,
    };
    let mut rows = case.deadlines.iter().filter(|old| old.rule == DeadlineRule::DischargeNotice).filter(judged);
    rows.clone().find(of_plan).or_else(|| rows.find(|old| old.due_on == due_on))
}

/// The person came home so long ago that nobody is told any more of a word that was never given.
fn long_over(folded: &Folded, today: NaiveDate) -> bool {
    matches!(folded.state, EncounterState::Discharged { on, .. } if (today - on).num_days() > WARNED_FOR_DAYS)
}

fn told_verdict(planned_on: NaiveDate, due_on: NaiveDate, told: NaiveDate, impossible: bool) -> Timeliness {
    let days = (planned_on - told).num_days();
    if told <= due_on {
        Timeliness::Met { days }
    } else if impossible {
        Timeliness::Impossible
    } else {
        Timeliness::Late { days }
    }
}

fn untold_verdict(due_on: NaiveDate, impossible: bool, today: NaiveDate) -> Timeliness {
    match today.cmp(&due_on) {
        _ if impossible => Timeliness::Impossible,
        std::cmp::Ordering::Less => Timeliness::NotDue,
        std::cmp::Ordering::Equal => Timeliness::Due,
        std::cmp::Ordering::Greater => Timeliness::Missed,
    }
}

/// The deadline of a planned day that is no longer in force, closed as known now. What was missed stays missed, whether the plan moved
/// or was cancelled.
fn superseded(case: &Case, old: &Deadline, moved: bool, today: NaiveDate) -> Deadline {
    let impossible = old.known_at.day() > old.due_on;
    let told = old.planned_on.and_then(|planned_on| Some((planned_on, told_on(case, planned_on)?)));
    let timeliness = match (told, untold_verdict(old.due_on, impossible, today)) {
        (Some((planned_on, told)), _) => told_verdict(planned_on, old.due_on, told, impossible),
        (None, missed @ (Timeliness::Missed | Timeliness::Impossible)) => missed,
        (None, _) => Timeliness::Excused { reason: if moved { Excuse::DateMoved } else { Excuse::Cancelled } },
    };
    Deadline { timeliness, open: false, next_at: None, set_aside: None, ..old.clone() }
}

fn acknowledgement(case: &Case, notice: &Notice, ground: Ground<'_>) -> Option<Deadline> {
    let key = |d: &&Deadline| d.rule == DeadlineRule::Acknowledgement && d.subject == notice.id.uuid();
    let old = case.deadlines.iter().find(key);
    let open = notice.state == NoticeState::Issued && !case.encounter.state.is_void();
    if !open && old.is_none_or(|old| !old.open) {
        return None;
    }
    let organization_id = notice.recipient.organization_id;
    let hours = ground.directory.organization(organization_id).map(|o| o.hours.clone()).unwrap_or_default();
    let first = acknowledgement_steps(notice.issued_at, ground.agreement, &hours, ground.calendar).first()?.at;
    // Once made, a deadline keeps its day although the office's hours change later.
    let due_on = old.map_or_else(|| first.day(), |old| old.due_on);
    let timeliness = match notice.state {
        NoticeState::Issued if !open => Timeliness::Excused { reason: Excuse::Cancelled },
        NoticeState::Issued if ground.now >= first => Timeliness::Missed,
        NoticeState::Issued if ground.now.day() == due_on => Timeliness::Due,
        NoticeState::Issued => Timeliness::NotDue,
        NoticeState::Acknowledged { at, .. } | NoticeState::Declined { at, .. } => {
            let days = (due_on - at.day()).num_days();
            if at < first { Timeliness::Met { days } } else { Timeliness::Late { days } }
        }
        NoticeState::Withdrawn { .. } | NoticeState::Replaced { .. } => {
            Timeliness::Excused { reason: Excuse::TakenBack }
        }
    };
    let subject: Uuid = notice.id.uuid();
    let row = Deadline {
        region_id: notice.region_id,
        encounter_id: notice.encounter_id,
        rule: DeadlineRule::Acknowledgement,
        subject,
        due_on,
        planned_on: None,
        known_at: notice.issued_at,
        timeliness,
        open,
        next_at: None,
        organization_id,
        set_aside: None,
    };
    Some(with_next(case, row, ground))
}

/// Sets `next_at`: the first step not yet taken, or the midnight at which the verdict turns, whichever comes first.
fn with_next(case: &Case, mut row: Deadline, ground: Ground<'_>) -> Deadline {
    if row.open {
        let done = warned_rank(&case.warnings, &row);
        let step = steps(case, &row, ground).into_iter().find(|step| step.level.rank() > done).map(|step| step.at);
        row.next_at = step.into_iter().chain(next_turn(&row)).min();
    }
    row
}
