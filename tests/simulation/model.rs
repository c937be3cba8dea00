//! What must be so, written a second time: plain dates and lists, told only what the actors did and what they were answered.
//!
//! Nothing here calls the code under test. What it holds true comes from the agreement's text (five calendar days; warned two days
//! before the last day and on it, at nine; after the miss ward and desk, a day later the city) and from the seven buckets of the survey.

mod answers;
mod figures;
mod fold;
mod warnings;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};

pub(crate) use figures::{Figures, Tally};
pub(crate) use fold::folded;
pub(crate) use warnings::{Level, Said};

/// Everybody's ids and mailboxes, as plain text.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    /// Ward → its hospital and its mailbox.
    pub(crate) wards: BTreeMap<String, (String, String)>,
    /// Hospital → the mailbox of its coordination desk.
    pub(crate) desks: BTreeMap<String, String>,
    /// Office, centre or city → its mailboxes, those of its care managers left out.
    pub(crate) boxes: BTreeMap<String, Vec<String>>,
    /// Care manager → office and own mailbox.
    pub(crate) managers: BTreeMap<String, (String, Option<String>)>,
    /// District → its support centre.
    pub(crate) centres: BTreeMap<String, String>,
    pub(crate) city: String,
    /// Who works on Saturdays and holidays.
    pub(crate) busy: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Admission,
    /// The sheet, from the care side.
    Sheet,
    PlannedDischarge,
    Discharge,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admission => "admission",
            Self::Sheet => "admission_information",
            Self::PlannedDischarge => "planned_discharge",
            Self::Discharge => "discharge",
        }
    }

    const fn is_of_discharge(self) -> bool {
        matches!(self, Self::PlannedDischarge | Self::Discharge)
    }
}

/// A notice or a contact.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    /// None: given outside.
    pub(crate) notice: Option<Told>,
    pub(crate) kind: Kind,
    pub(crate) told_on: Option<NaiveDate>,
    /// The day of discharge that it tells.
    pub(crate) of_day: Option<NaiveDate>,
}

#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) sender: String,
    pub(crate) receiver: String,
    pub(crate) manager: Option<String>,
    /// As on the wire: issued, acknowledged, declined, withdrawn, replaced.
    pub(crate) state: &'static str,
    /// Of a word to the hospital: the ward in which the person lay then.
    pub(crate) ward: Option<String>,
    pub(crate) issued_at: NaiveDateTime,
    /// That nobody answers: which step was said, and when.
    pub(crate) warned: Vec<(usize, NaiveDateTime)>,
}

impl Word {
    pub(crate) fn stands(&self) -> bool {
        self.notice.as_ref().is_none_or(|told| matches!(told.state, "issued" | "acknowledged"))
    }
}

/// A planned day, or a discharge.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) event: Option<String>,
    pub(crate) on: NaiveDate,
    /// The last one by this is in force.
    pub(crate) happened_at: NaiveDateTime,
    pub(crate) known_at: NaiveDateTime,
    pub(crate) cancelled: bool,
    /// Of a discharge.
    pub(crate) to: &'static str,
    pub(crate) unchanged: bool,
}

/// To another ward of the hospital.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) ward: String,
    /// The last one by this is in force.
    pub(crate) happened_at: NaiveDateTime,
}

fn last(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().filter(|entry| !entry.cancelled).max_by_key(|entry| entry.happened_at)
}

#[derive(Debug, Clone)]
pub(crate) struct Stay {
    pub(crate) admission: String,
    /// Where the person came in.
    pub(crate) first_ward: String,
    pub(crate) hospital: String,
    pub(crate) district: String,
    /// Care manager in charge.
    pub(crate) manager: Option<String>,
    pub(crate) admitted_on: NaiveDate,
    pub(crate) emergency: bool,
    pub(crate) respite: bool,
    /// `cancelled` or `entered_in_error`.
    pub(crate) void: Option<&'static str>,
    pub(crate) plans: Vec<Entry>,
    pub(crate) discharges: Vec<Entry>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) words: Vec<Word>,
    /// The screening in force does not say that nobody has to be told.
    pub(crate) asked: bool,
    /// By the last day in time: what was warned of.
    pub(crate) warned: BTreeMap<NaiveDate, Vec<Said>>,
    /// Last days that passed while nobody was told, and since when each was known: moving the plan away and back begins nothing anew.
    pub(crate) overdue: BTreeMap<NaiveDate, NaiveDateTime>,
}

impl Stay {
    /// Where the person lies now.
    pub(crate) fn ward(&self) -> &str {
        self.transfers.iter().max_by_key(|moved| moved.happened_at).map_or(&self.first_ward, |moved| &moved.ward)
    }

    /// Where she has lain so far.
    fn wards(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.first_ward).chain(self.transfers.iter().map(|moved| &moved.ward))
    }

    /// How many records the stay has: each act of the ward is one, and so is each cancel.
    pub(crate) fn records(&self) -> usize {
        let entries = self.plans.iter().chain(&self.discharges);
        let with_cancels: usize = entries.map(|entry| 1 + usize::from(entry.cancelled)).sum();
        1 + usize::from(self.void.is_some()) + self.transfers.len() + with_cancels
    }

    /// Nothing is warned of any more, and nobody does anything about it.
    fn is_over(&self, day: NaiveDate) -> bool {
        let long_home = self.discharge().is_some_and(|gone| (day - gone.on).num_days() > 31);
        let waits = |word: &Word| word.notice.as_ref().is_some_and(|told| told.state == "issued");
        (self.void.is_some() || long_home) && !self.words.iter().any(waits)
    }

    pub(crate) fn discharge(&self) -> Option<&Entry> {
        last(&self.discharges).filter(|_| self.void.is_none())
    }

    pub(crate) fn plan(&self) -> Option<&Entry> {
        last(&self.plans).filter(|_| self.void.is_none())
    }

    /// As the service shows it: name, planned day, day of discharge.
    pub(crate) fn state(&self) -> (&'static str, Option<NaiveDate>, Option<NaiveDate>) {
        match (self.void, self.discharge(), self.plan()) {
            (Some(void), ..) => (void, None, None),
            (None, Some(gone), _) => ("discharged", None, Some(gone.on)),
            (None, None, Some(plan)) => ("discharge_planned", Some(plan.on), None),
            (None, None, None) => ("in_progress", None, None),
        }
    }

    /// A standing word says that the person goes home on that day; once home, a word of the day on which it was counts as well.
    pub(crate) fn is_told(&self, day: NaiveDate) -> bool {
        let gone = self.discharge().map(|entry| entry.on);
        self.words.iter().any(|word| {
            let of_day = word.of_day;
            word.kind.is_of_discharge() && word.stands() && (of_day == Some(day) || gone.is_some() && of_day == gone)
        })
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) parties: Parties,
    pub(crate) stays: BTreeMap<String, Stay>,
    /// Those of them about which somebody may still do something, or has to be warned.
    pub(crate) open: BTreeSet<String>,
    /// Notice → its stay.
    pub(crate) stay_of: BTreeMap<String, String>,
    /// Notices since somebody last asked.
    pub(crate) fresh: Vec<String>,
}

impl Model {
    pub(crate) fn add_stay(&mut self, id: String, stay: Stay) {
        self.open.insert(id.clone());
        self.stays.insert(id, stay);
    }

    /// The stays that are not over.
    pub(crate) fn open_stays(&self) -> impl Iterator<Item = (&String, &Stay)> {
        self.open.iter().filter_map(|id| self.stays.get_key_value(id))
    }

    pub(crate) fn day_ends(&mut self, day: NaiveDate) {
        let stays = &self.stays;
        self.open.retain(|id| stays.get(id).is_some_and(|stay| !stay.is_over(day)));
    }

    pub(crate) fn notice(&self, id: &str) -> Option<(&Word, &Told)> {
        let words = &self.stays.get(self.stay_of.get(id)?)?.words;
        words.iter().find_map(|word| word.notice.as_ref().filter(|told| told.id == id).map(|told| (word, told)))
    }

    pub(crate) fn notice_becomes(&mut self, id: &str, state: &'static str) {
        let words = self.stay_of.get(id).and_then(|stay| self.stays.get_mut(stay)).map(|stay| &mut stay.words);
        for told in words.into_iter().flatten().filter_map(|word| word.notice.as_mut()).filter(|told| told.id == id) {
            told.state = state;
        }
    }

    pub(crate) fn add_notice(&mut self, stay: &str, word: Word) {
        if let (Some(told), Some(row)) = (&word.notice, self.stays.get_mut(stay)) {
            self.stay_of.insert(told.id.clone(), stay.to_owned());
            self.fresh.push(told.id.clone());
            row.words.push(word);
        }
    }

    pub(crate) fn take_fresh(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fresh)
    }

    /// Whom the hospital tells: the care manager's office, else the centre of the district, else the city.
    pub(crate) fn receiver(&self, stay: &Stay) -> (String, Option<String>) {
        match &stay.manager {
            Some(manager) => (self.parties.managers[manager].0.clone(), Some(manager.clone())),
            None => (self.parties.centres.get(&stay.district).unwrap_or(&self.parties.city).clone(), None),
        }
    }

    /// Who hears next of what was sent back: the centre of the district, else the city, but nobody twice.
    pub(crate) fn next_receiver(&self, id: &str) -> Option<String> {
        let (word, told) = self.notice(id)?;
        let stay = &self.stays[&self.stay_of[id]];
        let sent_back = |organization: &String| {
            let declined = |other: &Word| {
                let by = other.notice.as_ref().is_some_and(|o| o.state == "declined" && o.receiver == *organization);
                by && other.kind == word.kind
            };
            *organization == told.receiver || stay.words.iter().any(declined)
        };
        let mut next = self.parties.centres.get(&stay.district).into_iter().chain([&self.parties.city]);
        next.find(|organization| !sent_back(organization)).cloned()
    }

    /// The same word for the same day went to the same place already, and stands; other than the one that is replaced.
    pub(crate) fn would_repeat(
        &self,
        stay: &Stay,
        (kind, of_day): (Kind, Option<NaiveDate>),
        receiver: &str,
        replaced: Option<&str>,
    ) -> bool {
        kind != Kind::Sheet
            && stay.words.iter().any(|word| {
                let told = word.notice.as_ref().filter(|told| Some(told.id.as_str()) != replaced);
                let same_place = told.is_some_and(|told| told.receiver == receiver);
                same_place && word.kind == kind && word.of_day == of_day && word.stands()
            })
    }

    /// The mailboxes of whoever a notice is for.
    pub(crate) fn receivers(&self, notice: &str) -> Vec<&str> {
        let Some((_, told)) = self.notice(notice) else { return Vec::new() };
        let stay = &self.stays[&self.stay_of[notice]];
        let own = told.manager.as_ref().and_then(|manager| self.parties.managers[manager].1.as_deref());
        let boxes = self.parties.boxes.get(&told.receiver).into_iter().flatten().map(String::as_str).chain(own);
        if told.receiver == stay.hospital { boxes.chain(self.hospital(stay)).collect() } else { boxes.collect() }
    }

    pub(crate) fn mailbox(&self, ward: &str) -> &str {
        self.parties.wards.get(ward).map_or("", |(_, mailbox)| mailbox)
    }

    /// A mail may be on its way to a ward that the person has left meanwhile.
    fn hospital(&self, stay: &Stay) -> impl Iterator<Item = &str> {
        let wards = stay.wards().map(|ward| self.mailbox(ward));
        wards.chain(self.parties.desks.get(&stay.hospital).map(String::as_str))
    }

    /// The mailboxes to which a mail that points to `path` may go.
    pub(crate) fn entitled(&self, path: &str) -> Vec<&str> {
        let parties = &self.parties;
        let of = |organization: &str| parties.boxes.get(organization).into_iter().flatten().map(String::as_str);
        if matches!(path, "/overview" | "/audit") {
            return of(&parties.city).collect();
        }
        if let Some(stay) = path.strip_prefix("/encounters/").and_then(|id| self.stays.get(id)) {
            return self.hospital(stay).collect();
        }
        let Some((_, told)) = path.strip_prefix("/notices/").and_then(|id| self.notice(id)) else { return Vec::new() };
        let stay = &self.stays[&self.stay_of[&told.id]];
        self.receivers(&told.id).into_iter().chain(self.hospital(stay)).chain(of(&told.sender)).collect()
    }
}
