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
    pub(crate) const fn mails_to_hospital(self) -> usize {
        match self {
            Self::TwoDaysAhead | Self::LastDay | Self::AtOnce => 1,
            Self::Missed => 2,
            Self::StillMissed => 0,
        }
    }
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
    /// The sweep looked at that moment: the latest step that is due is said, if nothing as late was said before. Whether something was.
    fn swept(&mut self, at: NaiveDateTime) -> bool {
        let gone = self.discharge();
        if gone.is_some_and(|gone| self.exclusion(gone).is_some() || (at.date() - gone.on).num_days() > 30) {
            return false;
        }
        let Some((day, known_at)) = self.plan().or(gone).map(|entry| (entry.on, entry.known_at)) else { return false };
        if self.is_told(day) || !self.asked {
            return false;
        }
        let last_day = day - Days::new(5);
        let said = self.warned.entry(last_day).or_default();
        let furthest = said.iter().map(|(level, _)| *level).max();
        let due = steps(last_day, known_at).into_iter().rfind(|(level, due)| *due <= at && Some(*level) > furthest);
        said.extend(due.map(|(level, _)| (level, at)));
        due.is_some()
    }
}

impl Model {
    /// The stays of which something was said.
    pub(crate) fn swept(&mut self, at: NaiveDateTime) -> Vec<String> {
        let warned = self.stays.iter_mut().filter_map(|(id, stay)| stay.swept(at).then(|| id.clone()));
        warned.collect()
    }

    /// How many warnings of a level there are.
    pub(crate) fn warnings(&self, level: Level) -> usize {
        let all = self.stays.values().flat_map(|stay| stay.warned.values().flatten());
        all.filter(|(said, _)| *said == level).count()
    }
}
