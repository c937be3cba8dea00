//! At which instants a deadline asks for something: the steps, in order.

use chrono::{NaiveDate, NaiveTime};
use rules::calendar::{Calendar, OfficeHours};

use super::{Deadline, DeadlineRule, Level, Timeliness};
use crate::Instant;
use crate::agreement::Agreement;

/// Something to be done for a deadline, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub level: Level,
    pub at: Instant,
}

/// The discharge notice's steps: ahead of the last day, or at once where the period was impossible; then after the miss.
///
/// A step ahead that lay in the past when the deadline became known is left out; if all of them did, the last one comes at once, so
/// that no miss is without a warning before it.
pub(super) fn discharge_steps(deadline: &Deadline, agreement: &Agreement) -> Vec<Step> {
    let rule = &agreement.discharge_notice;
    let morning = |day: NaiveDate| Instant::at(day, rule.warn_at);
    let mut steps = Vec::new();
    let base = if deadline.known_at.day() > deadline.due_on {
        steps.push(Step { level: Level::AtOnce, at: deadline.known_at });
        deadline.known_at.day()
    } else {
        let mut ahead: Vec<u16> = rule.warn_ahead_days.clone();
        ahead.sort_unstable_by(|a, b| b.cmp(a));
        steps.extend(ahead.iter().filter_map(|&days| {
            let at = morning(deadline.due_on - chrono::Days::new(u64::from(days)));
            (at >= deadline.known_at).then_some(Step { level: Level::Ahead(days), at })
        }));
        if let (true, Some(&last)) = (steps.is_empty(), ahead.last()) {
            steps.push(Step { level: Level::Ahead(last), at: deadline.known_at });
        }
        deadline.due_on
    };
    steps.extend(miss_days(agreement).into_iter().zip(0..).map(|(after_days, step)| Step {
        level: Level::Missed(step),
        at: morning(base + chrono::Days::new(u64::from(after_days) + 1)),
    }));
    steps
}

/// The distinct days after the miss at which somebody is told; the nth is [`Level::Missed`]`(n)`.
pub(crate) fn miss_days(agreement: &Agreement) -> Vec<u16> {
    distinct(agreement.escalation.after_miss.iter().map(|step| step.after_days))
}

/// The distinct working noons at which somebody is told of an unacknowledged notice.
pub(crate) fn noons(agreement: &Agreement) -> Vec<u16> {
    distinct(agreement.escalation.unacknowledged.iter().map(|step| step.working_noons))
}

fn distinct(numbers: impl Iterator<Item = u16>) -> Vec<u16> {
    let mut numbers: Vec<u16> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

pub(super) fn acknowledgement_steps(
    issued_at: Instant,
    agreement: &Agreement,
    hours: &OfficeHours,
    calendar: &Calendar,
) -> Vec<Step> {
    let steps = noons(agreement).into_iter().zip(0..);
    steps
        .map(|(nth, step)| Step {
            level: Level::Unacknowledged(step),
            at: working_noon(issued_at, nth.max(1), hours, calendar),
        })
        .collect()
}

/// The nth noon after `after` on a day on which the organization is open.
pub(super) fn working_noon(after: Instant, nth: u16, hours: &OfficeHours, calendar: &Calendar) -> Instant {
    let noon = NaiveTime::from_hms_opt(12, 0, 0).expect("noon is a time");
    let today = after.day();
    let counts_today = Instant::at(today, noon) > after && calendar.is_open_on(hours, today);
    let mut day = if counts_today { today } else { calendar.next_open_day(hours, today) };
    for _ in 1..nth {
        day = calendar.next_open_day(hours, day);
    }
    Instant::at(day, noon)
}

/// The next midnight at which the verdict of an open deadline changes by itself.
pub(super) fn next_turn(deadline: &Deadline) -> Option<Instant> {
    let midnight = |day: NaiveDate| Some(Instant::at(day, NaiveTime::MIN));
    match (deadline.rule, deadline.timeliness) {
        (_, Timeliness::NotDue) => midnight(deadline.due_on),
        (DeadlineRule::DischargeNotice, Timeliness::Due) => midnight(deadline.due_on + chrono::Days::new(1)),
        _ => None,
    }
}
