//! One stay: its state, the word that was given, and what can be done.

use askama::Template;

use super::consent::ConsentNote;
use super::form::{Choice, Form, Group};
use super::frame::Frame;
use super::home::StayRow;
use super::notices::NoticeRow;
use super::patients::PersonCard;
use super::words::{Badge, Tone};

#[derive(Debug, Template)]
#[template(path = "stay.html")]
pub(crate) struct Stay {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) person: PersonCard,
    /// Nobody has consented to more than the minimal contact with the reader.
    pub(crate) minimal: bool,
    pub(crate) consent: Badge,
    /// The person's page may be opened.
    pub(crate) can_view_person: bool,
    pub(crate) place: String,
    pub(crate) admitted: String,
    pub(crate) emergency: bool,
    pub(crate) state: Badge,
    pub(crate) deadlines: Vec<DeadlineRow>,
    /// The last days of the information sheet's fees (I) and (II), and what the public text leaves open.
    pub(crate) sheet: Option<(String, String, Vec<String>)>,
    pub(crate) manager: Option<String>,
    /// The newest first; the others are history.
    pub(crate) warnings: Vec<WarningRow>,
    pub(crate) notices: Vec<NoticeRow>,
    pub(crate) contacts: Vec<ContactRow>,
    pub(crate) screening: Option<ScreeningCard>,
    pub(crate) timeline: Vec<TimelineRow>,
    pub(crate) actions: Actions,
    pub(crate) csrf: String,
    /// For the small forms of the page.
    pub(crate) key: String,
}

/// What the reader may do next. The first that holds is the page's primary action.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Actions {
    pub(crate) file: bool,
    pub(crate) report_discharge: bool,
    pub(crate) send_sheet: bool,
    pub(crate) tell_admission: bool,
    pub(crate) record: bool,
    pub(crate) log: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct DeadlineRow {
    pub(crate) rule: &'static str,
    /// The planned day, or the notice and who answers it: there may be several of a rule.
    pub(crate) about: Option<String>,
    pub(crate) countdown: String,
    pub(crate) tone: Tone,
    pub(crate) verdict: Badge,
    pub(crate) open: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct WarningRow {
    pub(crate) words: String,
    pub(crate) en: String,
    pub(crate) tone: Tone,
    pub(crate) at: String,
}

#[derive(Debug, Clone)]
pub(crate) struct ContactRow {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) medium: &'static str,
    pub(crate) with_whom: String,
    pub(crate) told: String,
    pub(crate) by: String,
    pub(crate) confirmed: bool,
    pub(crate) needs_receipt: bool,
    /// When it was taken back.
    pub(crate) taken_back: Option<String>,
    /// Logged by the reader's own organization.
    pub(crate) ours: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct ScreeningCard {
    pub(crate) outcome: Badge,
    pub(crate) reasons: Vec<(String, String)>,
    pub(crate) decision: Option<String>,
    pub(crate) edition: String,
    pub(crate) at: String,
}

#[derive(Debug, Clone)]
pub(crate) struct TimelineRow {
    pub(crate) what: String,
    pub(crate) at: String,
    /// When it was recorded, where that was on another day.
    pub(crate) recorded: Option<String>,
    pub(crate) by: String,
    pub(crate) note: Option<String>,
    pub(crate) cancelled: bool,
}

#[derive(Debug, Template)]
#[template(path = "admission.html")]
pub(crate) struct Admission {
    pub(crate) frame: Frame,
    pub(crate) person: PersonCard,
    /// Her stays here that go on.
    pub(crate) open: Vec<StayRow>,
    pub(crate) form: Form,
    pub(crate) wards: Vec<Group>,
    /// How a consent can have been given; none where one is on record.
    pub(crate) consents: Option<Vec<Choice>>,
    /// Whom an admission notice would reach, and why; or that there is nobody.
    pub(crate) recipient: Result<(String, (&'static str, &'static str)), String>,
}

/// Planned date, discharge, transfer, cancelling: each its own small form on one page.
#[derive(Debug, Template)]
#[template(path = "events.html")]
pub(crate) struct Events {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) person: PersonCard,
    pub(crate) state: Badge,
    pub(crate) plan: Option<Form>,
    pub(crate) discharge: Option<Form>,
    pub(crate) transfer: Option<Form>,
    pub(crate) cancel: Option<Form>,
    pub(crate) destinations: Vec<Choice>,
    pub(crate) wards: Vec<Group>,
    /// What can be cancelled.
    pub(crate) cancellable: Vec<Choice>,
}

#[derive(Debug, Template)]
#[template(path = "contact.html")]
pub(crate) struct ContactForm {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) person: PersonCard,
    pub(crate) form: Form,
    pub(crate) kinds: Vec<Choice>,
    pub(crate) media: Vec<Choice>,
    /// The reader logs for the hospital of the stay.
    pub(crate) at_hospital: bool,
}

impl ContactForm {
    /// An example of the other side.
    fn whom(&self) -> (&'static str, &'static str) {
        if self.at_hospital {
            ("例: ○○居宅介護支援事業所 担当のケアマネジャー", "Such as the care manager of an office.")
        } else {
            ("例: ○○病院 3階東病棟の看護師", "Such as a nurse of the ward.")
        }
    }
}

/// A notice of one kind with a message: admission, admission information, discharge.
#[derive(Debug, Template)]
#[template(path = "tell.html")]
pub(crate) struct Tell {
    pub(crate) frame: Frame,
    pub(crate) id: String,
    pub(crate) person: PersonCard,
    pub(crate) form: Form,
    pub(crate) kind: (&'static str, &'static str),
    pub(crate) kind_code: &'static str,
    pub(crate) recipient: Result<(String, (&'static str, &'static str)), String>,
    /// Nobody has consented to more than the minimal contact.
    pub(crate) consent: Option<ConsentNote>,
    /// A draft in headings, for the sheet.
    pub(crate) is_sheet: bool,
}
