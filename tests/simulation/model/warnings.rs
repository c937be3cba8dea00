//! When somebody has to be warned, by the text of the agreement.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::{Model, Stay};

/// In the order in which they come; each once for each last day of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Two days before the last day: the ward.
    TwoDaysAhead,
    /// On the last day: the ward.
    LastDay,
    /// The day became known too late for the period: the ward, at once.
    AtOnce,
    /// The morning after: ward and desk.
    Missed,
    /// A morning later: the city.
    StillMissed,
}

impl Level {
    /// On the wire.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::TwoDaysAhead => "ahead-2",
            Self::LastDay => "ahead-0",
            Self::AtOnce => "at-once",
            Self::Missed => "missed-0",
            Self::StillMissed => "missed-1",
        }
    }

    /// How many mails of it go to the hospital.
    const fn mails_to_hospital(self) -> usize {
        match self {
            Self::TwoDaysAhead | Self::LastDay | Self::AtOnce => 1,
            Self::Missed => 2,
            Self::StillMissed => 0,
        }
    }
}

/// How many mails the hospital got of these warnings of one last day. Where nobody swept on the morning after the miss, ward and desk hear
/// of it together with the city.
pub(crate) fn mails_to_hospital(said: &[(Level, NaiveDateTime)]) -> usize {
    let was_said = |level| said.iter().any(|(said, _)| *said == level);
    let skipped = was_said(Level::StillMissed) && !was_said(Level::Missed);
    let made_up = if skipped { Level::Missed.mails_to_hospital() } else { 0 };
    said.iter().map(|(level, _)| level.mails_to_hospital()).sum::<usize>() + made_up
}

fn nine(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::from_hms_opt(9, 0, 0).expect("nine is a time"))
}

/// Each warning with its instant, for a day of discharge known since then.
fn steps(last_day: NaiveDate, known_at: NaiveDateTime) -> Vec<(Level, NaiveDateTime)> {
    let mut steps = Vec::new();
    let missed_after = if known_at.date() > last_day {
        steps.push((Level::AtOnce, known_at));
        known_at.date()
    } else {
        steps.extend([(Level::TwoDaysAhead, nine(last_day - Days::new(2))), (Level::LastDay, nine(last_day))]);
        steps.retain(|(_, at)| *at >= known_at);
        if steps.is_empty() {
            // Known on the last day after nine: still before the miss.
            steps.push((Level::LastDay, known_at));
        }
        last_day
    };
    steps.push((Level::Missed, nine(missed_after + Days::new(1))));
    steps.push((Level::StillMissed, nine(missed_after + Days::new(2))));
    steps
}

impl Stay {
    /// Before anything changes: what stands overdue was known since then, whatever is planned next.
    pub(crate) fn settle(&mut self, at: NaiveDateTime) {
        let gone = self.discharge();
        let in_force = self.plan().or(gone).map(|entry| (entry.on, entry.known_at));
        let excluded = gone.is_some_and(|gone| self.exclusion(gone).is_some());
        let Some((day, known_at)) = in_force.filter(|(day, _)| !self.is_told(*day)) else { return };
        let last_day = day - Days::new(5);
        if excluded || !self.asked {
            self.overdue.remove(&last_day);
        } else if last_day < at.date() {
            self.overdue.entry(last_day).or_insert(known_at);
        }
    }

    /// What a sweep at that moment says: the latest step that is due, if nothing as late was said before; with its last day.
    fn due(&self, at: NaiveDateTime) -> Option<(NaiveDate, Level)> {
        let gone = self.discharge();
        if gone.is_some_and(|gone| self.exclusion(gone).is_some() || (at.date() - gone.on).num_days() > 30) {
            return None;
        }
        let (day, known_at) = self.plan().or(gone).map(|entry| (entry.on, entry.known_at))?;
        if self.is_told(day) || !self.asked {
            return None;
        }
        let last_day = day - Days::new(5);
        let known_at = self.overdue.get(&last_day).map_or(known_at, |since| known_at.min(*since));
        let furthest = self.warned.get(&last_day).into_iter().flatten().map(|(level, _)| *level).max();
        let due = steps(last_day, known_at).into_iter().rfind(|(level, due)| *due <= at && Some(*level) > furthest);
        due.map(|(level, _)| (last_day, level))
    }
}

impl Model {
    /// The stays of which something has to be said.
    pub(crate) fn due(&self, at: NaiveDateTime) -> Vec<String> {
        let due = |stay: &Stay| stay.due(at).is_some() || !self.unanswered(stay, at).is_empty();
        self.stays.iter().filter(|(_, stay)| due(stay)).map(|(id, _)| id.clone()).collect()
    }

    /// The sweep looked at that moment. The stays of which something was said.
    pub(crate) fn swept(&mut self, at: NaiveDateTime) -> Vec<String> {
        let due = self.due(at);
        due.iter().for_each(|id| self.swept_one(id, at));
        due
    }

    pub(crate) fn swept_one(&mut self, id: &str, at: NaiveDateTime) {
        let unanswered = self.stays.get(id).map(|stay| self.unanswered(stay, at)).unwrap_or_default();
        let Some(stay) = self.stays.get_mut(id) else { return };
        for (place, step) in unanswered {
            stay.words[place].notice.iter_mut().for_each(|told| told.warned.push((step, at)));
        }
        if let Some((last_day, level)) = stay.due(at) {
            stay.warned.entry(last_day).or_default().push((level, at));
        }
    }

    /// How many warnings of a level there are.
    pub(crate) fn warnings(&self, level: Level) -> usize {
        let all = self.stays.values().flat_map(|stay| stay.warned.values().flatten());
        all.filter(|(said, _)| *said == level).count()
    }
}
