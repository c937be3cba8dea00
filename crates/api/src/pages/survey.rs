//! 入退院連絡調査: the page, and the same report as paper, table and JSON.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::{Command, reach};
use domain::survey::Month;
use serde::Deserialize;
use survey::{Scope, SurveyReport, era};

use super::view::form::{Choice, Group};
use super::view::survey::Survey;
use super::view::typed::Typed;
use super::view::words;
use super::visit::{Post, Visitor, encoded, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::may_in_region;
use crate::state::App;
use crate::yearly::{self, Yearly};

/// Years and months that can be chosen without knowing the address.
const YEARS: i32 = 4;
const MONTHS: usize = 18;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// `202610-202610`; both months included.
    #[serde(default)]
    period: String,
}

/// The agreement's survey month, the last that has begun, and the month in which fiscal years begin.
fn usual(app: &App, visitor: &Visitor) -> Result<(Month, u32), ApiError> {
    let definition = &app.agreement(&visitor.directory)?.survey;
    let this = Month::of(visitor.today);
    let number = i32::try_from(definition.month).unwrap_or(10);
    let year = if this.month() >= number { this.year() } else { this.year() - 1 };
    let month =
        Month::from_number(year * 100 + number).ok_or(ApiError::Inside("the agreement's survey month is none"))?;
    Ok((month, definition.fiscal_year_starts))
}

fn months(period: &str) -> Option<(Month, Month)> {
    let (first, last) = period.split_once('-')?;
    let month = |text: &str| text.parse().ok().and_then(Month::from_number).filter(|month| month.number() < 220_001);
    let (first, last) = (month(first)?, month(last)?);
    let length = (last.year() - first.year()) * 12 + last.month() - first.month();
    (0..i32::try_from(survey::LONGEST).unwrap_or(120)).contains(&length).then_some((first, last))
}

async fn figures(app: &App, visitor: &Visitor, asked: &Asked, action: &str) -> Result<Yearly, ApiError> {
    may_in_region(&visitor.who.actor, Command::ViewSurvey)?;
    let both = match months(&asked.period) {
        Some(both) => both,
        None if asked.period.is_empty() => usual(app, visitor).map(|(month, _)| (month, month))?,
        None => return Err(ApiError::Unreadable("period")),
    };
    yearly::figures(app, &visitor.who, both, action).await
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let shown = async {
        let Yearly { report, published_at, .. } = figures(&app, &visitor, &asked, Command::ViewSurvey.name()).await?;
        let publishes = reach(visitor.who.actor.role, Command::PublishSurvey).is_some();
        let publishable = publishes && published_at.is_none() && !report.period.provisional;
        let (month, starts) = usual(&app, &visitor)?;
        let period = format!("{}-{}", report.period.first.number(), report.period.last.number());
        let typed = Typed::default().with("period", period.as_str());
        let shown = Survey {
            frame: visitor.frame("入退院連絡調査", "Survey"),
            form: visitor.form(&app, "/survey", typed),
            periods: periods(month, starts, &visitor),
            as_of: words::full_instant(report.as_of),
            published: published_at.map(words::full_instant),
            publication: publishable.then(|| visitor.form(&app, "/survey/publication", Typed::default())),
            period,
            report,
        };
        page(StatusCode::OK, &shown)
    };
    visitor.answer(shown.await)
}

fn periods(survey_month: Month, starts: u32, visitor: &Visitor) -> Vec<Group> {
    let choice = |first: Month, last: Month, words: String| {
        Choice::new(format!("{}-{}", first.number(), last.number()), words, "")
    };
    let this = Month::of(visitor.today);
    let surveys = (0..YEARS).filter_map(|back| Month::from_number(survey_month.number() - back * 100));
    let began = i32::try_from(starts).unwrap_or(4);
    let year = if this.month() >= began { this.year() } else { this.year() - 1 };
    let years = (0..YEARS).filter_map(|back| {
        let scope = Scope::fiscal_year("", year - back, starts)?;
        Some(choice(scope.first, scope.last, era::fiscal_year(year - back)))
    });
    let mut month = this;
    let single = std::iter::from_fn(|| {
        let now = month;
        let before = if now.month() == 1 { (now.year() - 1) * 100 + 12 } else { now.number() - 1 };
        month = Month::from_number(before)?;
        Some(choice(now, now, era::month(now)))
    });
    vec![
        Group { name: "調査月".into(), choices: surveys.map(|m| choice(m, m, era::month(m))).collect() },
        Group { name: "年度".into(), choices: years.collect() },
        Group {
            name: "月".into(),
            choices: single.take(MONTHS).filter(|c| !c.value.starts_with(&survey_month.number().to_string())).collect(),
        },
    ]
}

pub(super) async fn json(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let made = figures(&app, &visitor, &asked, "export_survey_json").await;
    visitor.answer(made.map(|made| document("application/json", "json", &made.report, made.json().into())))
}

pub(super) async fn csv(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let made = figures(&app, &visitor, &asked, "export_survey_csv").await;
    let csv = |made: Yearly| document("text/csv; charset=utf-8", "csv", &made.report, survey::to_csv(&made.report));
    visitor.answer(made.map(csv))
}

pub(super) async fn pdf(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let made = async {
        let report = figures(&app, &visitor, &asked, "export_survey_pdf").await?.report;
        let drawn = tokio::task::spawn_blocking(move || survey::to_pdf(&report).map(|pdf| (report, pdf))).await;
        let drawn = drawn.ok().and_then(Result::ok);
        let (report, pdf) = drawn.ok_or(ApiError::Inside("the survey could not be drawn"))?;
        Ok(document("application/pdf", "pdf", &report, pdf))
    };
    visitor.answer(made.await)
}

/// Freezes the figures of a period.
pub(super) async fn publish(State(app): State<App>, post: Post) -> Response {
    let done = async {
        let period = post.typed.get("period");
        let both = months(period).ok_or(ApiError::Unreadable("period"))?;
        may_in_region(&post.visitor.who.actor, Command::PublishSurvey)?;
        let shown = format!("/survey?period={}", encoded(period));
        if !post.typed.wants_sending() {
            return Ok(Redirect::to(&shown).into_response());
        }
        let sender = post.sender(None);
        let answer = |_| leads_to(format!("{shown}&done=published"));
        yearly::publish(&app, &post.visitor.who, &sender, both, answer).await.map(onward)
    };
    post.answer(done.await)
}

fn document(media: &'static str, ending: &str, report: &SurveyReport, body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    let name = format!("survey-{}-{}.{ending}", report.period.first.number(), report.period.last.number());
    let kind = if ending == "pdf" { "inline" } else { "attachment" };
    if let Ok(value) = HeaderValue::try_from(format!("{kind}; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_two_months_in_their_order() {
        assert!(months("202604-202703").is_some());
        assert!(months("202610-202610").is_some());
        for bad in ["", "2026-10", "202613-202613", "202610-202609", "202610", "190001-209912", "-"] {
            assert_eq!(months(bad), None, "{bad}");
        }
    }
}
