//! What administrators and auditors see.

use askama::Template;

use super::form::{Form, Group};
use super::frame::Frame;

#[derive(Debug, Template)]
#[template(path = "calendar.html")]
pub(crate) struct CalendarPage {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    /// The last year that the cabinet office has published.
    pub(crate) published_until: i32,
    pub(crate) loaded: Option<String>,
    /// The coming holidays; true: not published yet.
    pub(crate) coming: Vec<(String, String, bool)>,
}

#[derive(Debug, Template)]
#[template(path = "audit.html")]
pub(crate) struct Audit {
    pub(crate) frame: Frame,
    /// What was asked for.
    pub(crate) form: Form,
    pub(crate) rows: Vec<AuditRow>,
    /// The address of the rows before these.
    pub(crate) older: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "reviews.html")]
pub(crate) struct Reviews {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) months: Vec<Group>,
    /// Records opened in an emergency in the last two months.
    pub(crate) glasses: Vec<GlassRow>,
    /// The last of them, where there are more.
    pub(crate) older: Option<String>,
    pub(crate) rows: Vec<ReviewRow>,
}

#[derive(Debug, Template)]
#[template(path = "emergency.html")]
pub(crate) struct Emergency {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    /// How long it lasts.
    pub(crate) minutes: i64,
}

/// A record that was opened in an emergency, for the review.
#[derive(Debug, Clone)]
pub(crate) struct GlassRow {
    pub(crate) at: String,
    pub(crate) who: String,
    pub(crate) place: String,
    pub(crate) reason: String,
    pub(crate) patient_id: String,
}

#[derive(Debug, Clone)]
pub(crate) struct ReviewRow {
    pub(crate) month: String,
    pub(crate) remark: String,
    pub(crate) by: String,
    pub(crate) at: String,
}

#[derive(Debug, Clone)]
pub(crate) struct AuditRow {
    pub(crate) at: String,
    pub(crate) who: String,
    /// The id of the account; none for the service itself.
    pub(crate) account: Option<String>,
    pub(crate) place: String,
    pub(crate) action: String,
    /// The name in the trail itself.
    pub(crate) code: String,
    /// Kind and id, not names: the trail says which record, the record says whose.
    pub(crate) concerns: Vec<(&'static str, String)>,
}
