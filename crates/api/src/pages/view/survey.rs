//! 入退院連絡調査 on a page: the same report as the paper, no rate without its numbers.

use askama::Template;
use domain::survey::LeadTime;
use survey::{MeasureReport, SurveyReport};

use super::form::{Form, Group};
use super::frame::Frame;

#[derive(Debug, Template)]
#[template(path = "survey.html")]
pub(crate) struct Survey {
    pub(crate) frame: Frame,
    pub(crate) form: Form,
    pub(crate) periods: Vec<Group>,
    /// `202610-202610`: what the links to paper, table and JSON name.
    pub(crate) period: String,
    pub(crate) report: SurveyReport,
    pub(crate) as_of: String,
    /// When these figures were frozen.
    pub(crate) published: Option<String>,
    /// For the municipality, while the figures can be published.
    pub(crate) publication: Option<Form>,
}

/// One piece of the timing bar, in percent of its width.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) class: &'static str,
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
    pub(crate) count: i64,
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) percent: String,
}

impl Survey {
    /// The seven buckets of the first word, left to right from early to late.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let timing = self.report.timing();
        let all: i64 = LeadTime::ALL.iter().map(|lead| timing.count(*lead)).sum();
        let mut x = 0.0;
        let classes = ["t0", "t1", "t2", "t3", "t4", "t5", "t6"];
        let piece = |(lead, class): (LeadTime, &'static str)| {
            let (ja, en) = lead.wording();
            let count = timing.count(lead);
            let rate = survey::NotificationRate::new(count, all);
            let width = rate.percent().unwrap_or(0.0);
            let piece = Piece { class, ja, en, count, x, width, percent: rate.percentage() };
            x += width;
            piece
        };
        LeadTime::ALL.into_iter().zip(classes).map(piece).collect()
    }

    /// Where the line 退院5日前以上 stands, in percent.
    pub(crate) fn line_at(&self) -> f64 {
        self.report.timing().early_of_told.percent().unwrap_or(0.0)
    }

    /// 1,234.
    pub(crate) fn n(count: &i64) -> String {
        survey::thousands(*count)
    }

    /// The widest method bar is the whole width.
    pub(crate) fn share(count: &i64, measure: &MeasureReport) -> f64 {
        survey::NotificationRate::new(*count, measure.total.rate.numerator).percent().unwrap_or(0.0)
    }

    pub(crate) fn listed<'a>(&self, parties: &'a [survey::PartyTally]) -> Vec<&'a survey::PartyTally> {
        parties.iter().filter(|party| party.tally.stays > 0).collect()
    }

    pub(crate) fn unlisted(&self, parties: &[survey::PartyTally]) -> usize {
        parties.iter().filter(|party| party.tally.stays == 0).count()
    }
}
