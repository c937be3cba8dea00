//! When somebody has to be warned, by the text of the agreement.

use std::collections::BTreeMap;

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

    /// Whether the ward gets a mail, and whether the desk does.
    const fn mails(self) -> (bool, bool) {
        match self {
            Self::TwoDaysAhead | Self::LastDay | Self::AtOnce => (true, false),
            Self::Missed => (true, true),
            Self::StillMissed => (false, false),
        }
    }
}

/// A warning that was given.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) level: Level,
    pub(crate) at: NaiveDateTime,
    /// In which the person lay then.
    ward: String,
}

/// Where nobody swept on the morning after the miss, ward and desk hear of it together with the city.
fn made_up(of_day: &[Said], said: &Said) -> bool {
    said.level == Level::StillMissed && !of_day.iter().any(|other| other.level == Level::Missed)
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
        let furthest = self.warned.get(&last_day).into_iter().flatten().map(|said| said.level).max();
        let due = steps(last_day, known_at).into_iter().rfind(|(level, due)| *due <= at && Some(*level) > furthest);
        due.map(|(level, _)| (last_day, level))
    }
}

impl Model {
    /// The stays of which something has to be said.
    pub(crate) fn due(&self, at: NaiveDateTime) -> Vec<String> {
        let due = |stay: &Stay| stay.due(at).is_some() || !self.unanswered(stay, at).is_empty();
        self.open_stays().filter(|(_, stay)| due(stay)).map(|(id, _)| id.clone()).collect()
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
            let ward = stay.ward().to_owned();
            stay.warned.entry(last_day).or_default().push(Said { level, at, ward });
        }
    }

    /// How many mails of the stay's warnings each mailbox of the hospital gets.
    pub(crate) fn mails_of_warnings(&self, stay: &Stay) -> BTreeMap<&str, usize> {
        let mut mails = BTreeMap::new();
        for (said, made_up) in
            stay.warned.values().flat_map(|of_day| of_day.iter().map(|said| (said, made_up(of_day, said))))
        {
            let (ward, desk) = if made_up { Level::Missed.mails() } else { said.level.mails() };
            let desk = self.parties.desks.get(&stay.hospital).filter(|_| desk).map(String::as_str);
            for mailbox in ward.then(|| self.mailbox(&said.ward)).into_iter().chain(desk) {
                *mails.entry(mailbox).or_default() += 1;
            }
        }
        mails
    }

    /// How many warnings of a level there are.
    pub(crate) fn warnings(&self, level: Level) -> usize {
        let all = self.stays.values().flat_map(|stay| stay.warned.values().flatten());
        all.filter(|said| said.level == level).count()
    }
}
