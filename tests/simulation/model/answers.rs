//! Until when a notice must be answered, by the text of the agreement: noon of the receiver's next working day; who hears on that noon and on
//! the two after it that nobody did.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::{Model, Stay, Told};

/// The cabinet office's table, from the first day of the simulation on.
const HOLIDAYS: [(i32, u32, u32); 18] = [
    (2026, 11, 23),
    (2027, 1, 1),
    (2027, 1, 11),
    (2027, 2, 11),
    (2027, 2, 23),
    (2027, 3, 21),
    (2027, 3, 22),
    (2027, 4, 29),
    (2027, 5, 3),
    (2027, 5, 4),
    (2027, 5, 5),
    (2027, 7, 19),
    (2027, 8, 11),
    (2027, 9, 20),
    (2027, 9, 23),
    (2027, 10, 11),
    (2027, 11, 3),
    (2027, 11, 23),
];

/// Nobody works at the turn of the year and on Sundays; on Saturdays and holidays some do.
fn is_worked(day: NaiveDate, on_saturdays_and_holidays: bool) -> bool {
    let turn_of_year = day.month() == 12 && day.day() >= 29 || day.month() == 1 && day.day() <= 3;
    let holiday = HOLIDAYS.contains(&(day.year(), day.month(), day.day()));
    match day.weekday() {
        _ if turn_of_year => false,
        // Whoever works on holidays works on them, but not on a Sunday.
        Weekday::Sun => false,
        Weekday::Sat => on_saturdays_and_holidays,
        _ => !holiday || on_saturdays_and_holidays,
    }
}

/// The noons of the three steps.
fn noons(issued_at: NaiveDateTime, on_saturdays_and_holidays: bool) -> impl Iterator<Item = NaiveDateTime> {
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let days = (0..).map(move |ahead| issued_at.date() + Days::new(ahead));
    let worked = days.filter(move |day| is_worked(*day, on_saturdays_and_holidays)).map(move |day| day.and_time(noon));
    worked.filter(move |noon| *noon > issued_at).take(3)
}

impl Model {
    fn noons(&self, told: &Told) -> Vec<NaiveDateTime> {
        noons(told.issued_at, self.parties.busy.contains(&told.receiver)).collect()
    }

    /// The steps that a sweep at that moment takes: the place of each word, and the latest step that is due.
    pub(super) fn unanswered(&self, stay: &Stay, at: NaiveDateTime) -> Vec<(usize, usize)> {
        let words = stay.words.iter().enumerate().filter(|_| stay.void.is_none());
        let due = words.filter_map(|(place, word)| {
            let told = word.notice.as_ref().filter(|told| told.state == "issued")?;
            let furthest = told.warned.iter().map(|(step, _)| *step).max();
            let step = self.noons(told).into_iter().rposition(|noon| noon <= at)?;
            (Some(step) > furthest).then_some((place, step))
        });
        due.collect()
    }

    /// As the service shows them: last day, level and instant.
    pub(crate) fn answers_warned(&self, stay: &Stay) -> Vec<String> {
        let told = stay.words.iter().filter_map(|word| word.notice.as_ref());
        let said = told.flat_map(|told| {
            let last_day = self.noons(told).first().map(NaiveDateTime::date).unwrap_or_default();
            told.warned.iter().map(move |(step, at)| format!("{last_day} unacknowledged-{step} at {at}"))
        });
        said.collect()
    }
}
