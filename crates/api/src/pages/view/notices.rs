//! Notices: those received and sent, one of them, and the tombstone of one that was taken back.

use askama::Template;

use super::form::{Choice, Form, Group};
use super::frame::Frame;
use super::patients::PersonCard;
use super::words::Badge;

#[derive(Debug, Clone)]
pub(crate) struct NoticeRow {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) kind_en: &'static str,
    pub(crate) serial: i64,
    pub(crate) state: Badge,
    /// Empty where the page stands under the person's name already.
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) planned: Option<String>,
    pub(crate) issued: String,
}

/// Which notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mailbox {
    Received,
    /// Received and not answered yet.
    Waiting,
    Sent,
}

impl Mailbox {
    const ALL: [Self; 3] = [Self::Waiting, Self::Received, Self::Sent];

    /// Of an address; what is none is the one that holds most.
    pub(crate) fn of(code: &str) -> Self {
        Self::ALL.into_iter().find(|mailbox| mailbox.code() == code).unwrap_or(Self::Received)
    }

    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
        }
    }

    const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("届いた連絡", "received"),
            Self::Waiting => ("あなたの回答待ち", "waiting for you"),
            Self::Sent => ("送った連絡", "sent"),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "notices.html")]
pub(crate) struct Notices {
    pub(crate) frame: Frame,
    pub(crate) mailbox: Mailbox,
    pub(crate) rows: Vec<NoticeRow>,
    pub(crate) next: Option<String>,
}

impl Notices {
    /// Each box, and whether it is this one.
    fn boxes(&self) -> [(Mailbox, bool); 3] {
        Mailbox::ALL.map(|one| (one, one == self.mailbox))
    }
}

#[derive(Debug, Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage {
    pub(crate) frame: Frame,
    pub(crate) row: NoticeRow,
    /// Its day is planned yet.
    pub(crate) is_plan: bool,
    pub(crate) stay_id: String,
    pub(crate) person: PersonCard,
    /// Nobody has consented to the reader seeing more than the minimal contact.
    pub(crate) minimal: bool,
    /// The reader sent it, and it carried no more.
    pub(crate) sent_minimal: bool,
    pub(crate) place: String,
    pub(crate) because: (&'static str, &'static str),
    pub(crate) message: String,
    pub(crate) reasons: Vec<(String, String)>,
    pub(crate) edition: Option<String>,
    pub(crate) answers: Vec<AnswerRow>,
    pub(crate) readers: Vec<(String, String)>,
    pub(crate) deliveries: Vec<DeliveryRow>,
    /// 「明日まで」: until when an answer is asked for.
    pub(crate) answer_by: Option<Badge>,
    /// The receiver can answer.
    pub(crate) acknowledge: Option<Form>,
    pub(crate) answer_choices: Vec<Choice>,
    /// Where the receiver may name another office.
    pub(crate) offices: Option<Vec<Group>>,
    /// The care side can send its sheet.
    pub(crate) send_sheet: bool,
    /// The sender can take it back.
    pub(crate) withdraw: Option<Form>,
    pub(crate) replace: Option<Form>,
    /// Whom the notice in its place would reach.
    pub(crate) replaced_for: Option<ReplacedFor>,
}

/// Whom a corrected notice would reach, and why; or that there is nobody.
#[derive(Debug, Clone)]
pub(crate) struct ReplacedFor {
    pub(crate) to: Result<(String, (&'static str, &'static str)), String>,
    /// Somebody else than before: they hear only that it was replaced.
    pub(crate) instead_of: Option<String>,
}

impl NoticePage {
    fn answer_hint(&self) -> (&'static str, &'static str) {
        match self.offices {
            Some(_) => {
                ("届いたことと、担当の方かどうかをお知らせください。", "That it came, and whether the person is yours.")
            }
            None => ("届いたことをお知らせください。", "That it came."),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct AnswerRow {
    pub(crate) words: (&'static str, &'static str),
    pub(crate) at: String,
    pub(crate) by: String,
}

#[derive(Debug, Clone)]
pub(crate) struct DeliveryRow {
    pub(crate) state: Badge,
    pub(crate) at: String,
    pub(crate) attempts: i64,
}

/// In the place of a notice that was taken back.
#[derive(Debug, Template)]
#[template(path = "tombstone.html")]
pub(crate) struct Tombstone {
    pub(crate) frame: Frame,
    pub(crate) row: NoticeRow,
    /// By the reader, not taken back by its sender.
    pub(crate) sent_back: bool,
    pub(crate) replaced: bool,
    pub(crate) why: Option<String>,
    pub(crate) at: String,
    pub(crate) by: String,
    /// The notice in its place, where the reader may see it.
    pub(crate) with: Option<String>,
    /// Who had opened it: shown to the sender.
    pub(crate) readers: Option<Vec<(String, String)>>,
    pub(crate) stay_id: Option<String>,
}
