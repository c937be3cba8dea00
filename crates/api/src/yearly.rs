//! 入退院連絡調査 of a period: counted from what is recorded now, or, once the municipality has published it, as it was frozen then.
//!
//! A published period is never counted again: page, table and paper are drawn from the frozen report, and the JSON is its very bytes. What
//! is recorded later shows in other periods and nowhere in this one. A period that is not over can't be published.

use domain::access::Command;
use domain::agreement::Agreement;
use domain::changes::Changes;
use domain::directory::Directory;
use domain::survey::Month;
use domain::{Fault, Instant, Refusal};
use storage::Store;
use survey::{Parties, Scope, SurveyReport};

use crate::error::ApiError;
use crate::run::{Answer, Sender, may_in_region, run};
use crate::session::SignedIn;
use crate::state::App;

/// Fiscal years beside the one that is asked for.
const TREND_YEARS: i32 = 5;

/// The figures of a period.
#[derive(Debug, Clone)]
pub struct Yearly {
    pub report: SurveyReport,
    /// None: counted just now.
    pub published_at: Option<Instant>,
    json: String,
}

/// Of whom, for which months (both included), and when it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub store: &'a Store,
    pub directory: &'a Directory,
    pub agreement: &'a Agreement,
    pub months: (Month, Month),
    pub now: Instant,
}

impl Yearly {
    /// The report as JSON; byte for byte what was published.
    pub fn json(&self) -> &str {
        &self.json
    }
}

impl Asked<'_> {
    /// As published; else as counted now.
    pub async fn figures(&self) -> Result<Yearly, ApiError> {
        let Some((json, at)) = self.store.published_survey(self.directory.region.id, &self.id()).await? else {
            let report = self.count().await?;
            return Ok(Yearly { json: survey::to_json(&report), report, published_at: None });
        };
        let unreadable = || ApiError::Inside("a published survey can't be read");
        let report: SurveyReport = serde_json::from_str(&json).map_err(|_| unreadable())?;
        report.check().map_err(|_| unreadable())?;
        Ok(Yearly { report, published_at: Some(at), json })
    }

    /// Freezes the figures as they are counted now; false when the period is published already, and stays as it is.
    pub async fn publish(&self) -> Result<bool, ApiError> {
        let report = self.count().await?;
        if report.period.provisional {
            return Err(Refusal::at("last", Fault::PeriodNotOver).into());
        }
        let json = survey::to_json(&report);
        Ok(self.store.publish_survey(self.directory.region.id, &self.id(), &json, self.now).await?)
    }

    fn id(&self) -> String {
        format!("{}-{}", self.months.0.number(), self.months.1.number())
    }

    async fn count(&self) -> Result<SurveyReport, ApiError> {
        let (first, last) = self.months;
        let earliest = Month::from_number((first.year() - TREND_YEARS).max(1900) * 100 + 1).unwrap_or(first);
        let region = &self.directory.region;
        let mut cells = self.store.survey_cells(region.id, first, last).await?;
        cells.append(&mut self.store.survey_trend(region.id, earliest, first.before()).await?);
        let scope = Scope { region_name: region.name.to_string(), first, last };
        let (parties, agreement) = (Parties::from(self.directory), self.agreement);
        SurveyReport::count(&scope, &cells, &agreement.survey, &parties, self.now, &agreement.edition)
            .map_err(|_| ApiError::Inside("the survey could not be counted"))
    }
}

/// For whoever may see the survey; `action` is what the trail says was done: looked at, or taken out in some form.
pub(crate) async fn figures(
    app: &App,
    who: &SignedIn,
    months: (Month, Month),
    action: &str,
) -> Result<Yearly, ApiError> {
    may_in_region(&who.actor, Command::ViewSurvey)?;
    app.store().append_audit(vec![who.audit_entry(app.now(), action)]).await?;
    let directory = app.store().directory(who.actor.region_id).await?;
    let agreement = app.agreement(&directory)?;
    Asked { store: app.store(), directory: &directory, agreement, months, now: app.now() }.figures().await
}

/// For the municipality; `answer` is told whether the period was not published before.
pub(crate) async fn publish(
    app: &App,
    who: &SignedIn,
    sender: &Sender<'_>,
    months: (Month, Month),
    answer: impl Fn(bool) -> Answer,
) -> Result<Answer, ApiError> {
    may_in_region(&who.actor, Command::PublishSurvey)?;
    let decide = || async {
        let directory = app.store().directory(who.actor.region_id).await?;
        let agreement = app.agreement(&directory)?;
        let asked = Asked { store: app.store(), directory: &directory, agreement, months, now: app.now() };
        let fresh = asked.publish().await?;
        let audit = vec![who.audit_entry(app.now(), Command::PublishSurvey.name())];
        Ok((Changes { audit, ..Changes::default() }, answer(fresh)))
    };
    run(app, sender, decide).await
}
