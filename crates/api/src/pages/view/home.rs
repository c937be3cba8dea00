//! Where people of each role begin: the ward's board, the care manager's inbox, the city's overview.

use askama::Template;

use super::frame::Frame;
use super::notices::NoticeRow;
use super::words::{Badge, Tone};

/// The ward's open stays, the nearest deadline first.
#[derive(Debug, Template)]
#[template(path = "board.html")]
pub(crate) struct Board {
    pub(crate) frame: Frame,
    pub(crate) place: String,
    /// The whole hospital instead of the ward.
    pub(crate) whole: bool,
    pub(crate) has_ward: bool,
    /// What came from the care side and waits for an answer here.
    pub(crate) waiting: Waiting,
    pub(crate) rows: Vec<StayRow>,
    /// Stays altogether; what doesn't fit on one page is the least urgent.
    pub(crate) all: usize,
}

impl Board {
    pub(crate) fn late(&self) -> usize {
        self.rows.iter().filter(|row| row.is_due() && row.tone() == Tone::Late).count()
    }

    /// Their day became known too late for the full period.
    pub(crate) fn short_notice(&self) -> usize {
        self.rows.iter().filter(|row| row.to_file && row.short_notice).count()
    }

    pub(crate) fn soon(&self) -> usize {
        self.rows.iter().filter(|row| row.is_due() && !row.short_notice && row.tone() == Tone::Soon).count()
    }
}

/// Notices that wait for an answer of the reader's organization: the longest waiting, and how many there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting {
    pub(crate) rows: Vec<NoticeRow>,
    pub(crate) all: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct StayRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kana: String,
    /// None where no consent lets it be shown.
    pub(crate) age: Option<u32>,
    pub(crate) place: String,
    pub(crate) admitted: String,
    pub(crate) state: Badge,
    /// あと3日(11月27日まで).
    pub(crate) deadline: Option<Badge>,
    /// Notices that wait for an answer of the reader's organization.
    pub(crate) to_answer: usize,
    /// Its own notices that wait for somebody else's.
    pub(crate) awaited: usize,
    /// The discharge has not been told yet.
    pub(crate) to_file: bool,
    /// Its deadline is that of the discharge notice, and not of an answer.
    pub(crate) tells_discharge: bool,
    /// Its planned day became known too late for the full period.
    pub(crate) short_notice: bool,
}

impl StayRow {
    /// The discharge has to be told by the day that is shown.
    fn is_due(&self) -> bool {
        self.to_file && self.tells_discharge
    }

    fn tone(&self) -> Tone {
        self.deadline.as_ref().map_or(Tone::Quiet, |badge| badge.tone)
    }
}

#[derive(Debug, Template)]
#[template(path = "inbox.html")]
pub(crate) struct Inbox {
    pub(crate) frame: Frame,
    pub(crate) place: String,
    pub(crate) waiting: Waiting,
    pub(crate) stays: Vec<StayRow>,
    /// Stays altogether.
    pub(crate) all: usize,
}

/// The city's overview: what is late, without a name.
#[derive(Debug, Template)]
#[template(path = "overview.html")]
pub(crate) struct Overview {
    pub(crate) frame: Frame,
    pub(crate) region: String,
    /// What waits for the municipality's own answer; without names, as everything here.
    pub(crate) waiting: Waiting,
    pub(crate) counts: Vec<Figure>,
    pub(crate) hospitals: Vec<HospitalRow>,
    pub(crate) overdue: Vec<OverdueRow>,
    /// Planned at short notice and not told yet: counted apart, for nothing was missed.
    pub(crate) short_notice: Vec<OverdueRow>,
    pub(crate) unacknowledged: Vec<OverdueRow>,
    pub(crate) set_aside: Vec<SetAsideRow>,
    /// Whose mailbox took nothing, of late.
    pub(crate) refused: Vec<RefusedRow>,
    /// At most so many rows stand in each list; the figures count all.
    pub(crate) most: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
    pub(crate) count: usize,
    /// Of these, due within the last seven days.
    pub(crate) lately: Option<usize>,
    pub(crate) tone: Tone,
}

#[derive(Debug, Clone)]
pub(crate) struct HospitalRow {
    pub(crate) name: String,
    pub(crate) missed: usize,
    pub(crate) short_notice: usize,
    pub(crate) unacknowledged: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct OverdueRow {
    pub(crate) hospital: String,
    pub(crate) ward: String,
    /// Who has to act.
    pub(crate) by: String,
    pub(crate) phone: Option<String>,
    pub(crate) deadline: Badge,
}

#[derive(Debug, Clone)]
pub(crate) struct SetAsideRow {
    pub(crate) rule: &'static str,
    pub(crate) due: String,
    pub(crate) reason: String,
    pub(crate) id: String,
}

#[derive(Debug, Clone)]
pub(crate) struct RefusedRow {
    pub(crate) name: String,
    pub(crate) phone: Option<String>,
    pub(crate) mails: i64,
    pub(crate) last: String,
}
