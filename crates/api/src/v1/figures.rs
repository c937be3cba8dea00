//! Warnings, the municipality's overview, and the survey.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::access::{Command, Relation};
use domain::survey::Month;
use domain::{EncounterId, Fault, Instant, Refusal, WarningId};
use serde::{Deserialize, Serialize};
use storage::{Record, WarningFilter};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::reply::{LARGEST_LIMIT, Reply, Shown, Window};
use super::wire::deadline::{DeadlineView, WarningPage, WarningView};
use super::write::{Ask, Write};
use crate::error::{ApiError, Problem};
use crate::neighbours;
use crate::run::{Answer, may_in_region, read_case, sees_all};
use crate::session::SignedIn;
use crate::state::App;
use crate::yearly::{self, Yearly};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_warnings))
        .routes(routes!(overview))
        .routes(routes!(survey_json))
        .routes(routes!(survey_csv))
        .routes(routes!(survey_pdf))
        .routes(routes!(list_published, publish_survey))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WarningQuery {
    /// Only of this stay, which one must be able to see.
    #[param(value_type = Option<Uuid>)]
    encounter_id: Option<EncounterId>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the answer before.
    #[param(pattern = "^[0-9a-f]{32}$")]
    after: Option<String>,
}

/// 警告 of one's hospital, of one stay, or (for the municipality) of the region; the newest first. No personal data.
#[utoipa::path(
    get,
    path = "/api/v1/warnings",
    tag = "figures",
    params(WarningQuery),
    responses(
        (status = 200, body = WarningPage),
        (status = 404, description = "No such stay.", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn list_warnings(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<WarningQuery>,
) -> Result<Shown<WarningPage>, ApiError> {
    let window = Window::of(asked.limit, asked.after.as_deref())?;
    let actor = &match asked.encounter_id {
        Some(id) => neighbours::acting_on(&app, &who.actor, Record::Encounter(id)).await?,
        None => who.actor.clone(),
    };
    let farthest = actor.reach(Command::ViewWarnings)?;
    let mut seen = who.audit_entry(app.now(), Command::ViewWarnings.name());
    seen.region_id = actor.region_id;
    let mut shared = true;
    let hospital_id = match asked.encounter_id {
        Some(id) => {
            let case = read_case(&app, actor, id, Command::ViewWarnings).await?;
            shared = sees_all(&app, actor, &case).await?;
            (seen.patient_id, seen.encounter_id) = (Some(case.patient.id), Some(id));
            None
        }
        None if farthest <= Relation::Region => None,
        None if farthest == Relation::Own && actor.bound_to().is_none() => Some(actor.organization_id),
        // The care side asks of one stay, and so does a ward's own system.
        None => return Err(Refusal::at("encounter_id", Fault::Missing).into()),
    };
    let filter = WarningFilter { hospital_id, encounter_id: asked.encounter_id, since: None };
    let after = window.after.map(WarningId::from);
    let lines = app.store().list_warnings(actor.region_id, &filter, after, window.limit).await?;
    app.store().append_audit(vec![seen]).await?;
    let next = window.next(lines.len(), lines.last().map(|line| line.warning.id.uuid()));
    let view = |line: &storage::WarningLine| WarningView {
        hospital_id: Some(line.hospital_id.uuid()),
        ward_id: shared.then(|| line.ward_id.uuid()),
        ..WarningView::from(&line.warning)
    };
    Ok(Shown(WarningPage { warnings: lines.iter().map(view).collect(), next }, None))
}

/// What the municipality watches; no personal data.
#[derive(Debug, Serialize, ToSchema)]
struct OverviewView {
    #[schema(value_type = String, format = DateTime)]
    as_of: Instant,
    /// Missed and still open, at most 100.
    overdue: Vec<OverdueView>,
    /// What the sweep could not work on, and why.
    set_aside: Vec<SetAsideView>,
    outbox: OutboxView,
}

#[derive(Debug, Serialize, ToSchema)]
struct OverdueView {
    deadline: DeadlineView,
    hospital_id: Uuid,
    hospital_name: Option<String>,
    ward_id: Uuid,
    ward_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SetAsideView {
    deadline: DeadlineView,
    reason: Option<String>,
}

/// accepted = delivered + escalated + pending.
#[derive(Debug, Serialize, ToSchema)]
struct OutboxView {
    notices: i64,
    delivered: i64,
    pending: i64,
    given_up: i64,
}

/// Open deadlines that were missed, by hospital and ward, and how the mails are getting on.
#[utoipa::path(get, path = "/api/v1/overview", tag = "figures", responses((status = 200, body = OverviewView)))]
async fn overview(State(app): State<App>, who: SignedIn) -> Result<Shown<OverviewView>, ApiError> {
    may_in_region(&who.actor, Command::ViewOverview)?;
    let region_id = who.actor.region_id;
    let directory = app.store().directory(region_id).await?;
    let overdue = app.store().overdue(region_id, LARGEST_LIMIT).await?;
    let set_aside = app.store().set_aside_rows(region_id).await?;
    let counts = app.store().outbox_counts(region_id).await?;
    app.store().append_audit(vec![who.audit_entry(app.now(), Command::ViewOverview.name())]).await?;
    let line = |line: &storage::OverdueLine| OverdueView {
        deadline: (&line.deadline).into(),
        hospital_id: line.hospital_id.uuid(),
        hospital_name: directory.organization(line.hospital_id).map(|hospital| hospital.name.to_string()),
        ward_id: line.ward_id.uuid(),
        ward_name: directory.ward(line.ward_id).map(|ward| ward.name.to_string()),
    };
    let aside = |row: domain::deadline::Deadline| SetAsideView { deadline: (&row).into(), reason: row.set_aside };
    let view = OverviewView {
        as_of: app.now(),
        overdue: overdue.iter().map(line).collect(),
        set_aside: set_aside.into_iter().map(aside).collect(),
        outbox: OutboxView {
            notices: counts.notices,
            delivered: counts.delivered,
            pending: counts.pending,
            given_up: counts.given_up,
        },
    };
    Ok(Shown(view, None))
}

/// The months of a report, both included; left out, the agreement's survey month, the last that has begun.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SurveyQuery {
    /// `YYYYMM`.
    #[param(minimum = 190_001, maximum = 219_912, example = 202_610)]
    first: Option<i32>,
    /// `YYYYMM`.
    #[param(minimum = 190_001, maximum = 219_912, example = 202_610)]
    last: Option<i32>,
}

impl SurveyQuery {
    async fn of_region(&self, app: &App, who: &SignedIn) -> Result<(Month, Month), ApiError> {
        let directory = app.store().directory(who.actor.region_id).await?;
        self.months(app.agreement(&directory)?.survey.month, app.now().day())
    }

    fn months(&self, survey_month: u32, today: chrono::NaiveDate) -> Result<(Month, Month), ApiError> {
        let month = |field, number: i32| {
            let month = Month::from_number(number).filter(|month| month.number() <= 219_912);
            month.ok_or_else(|| ApiError::from(Refusal::at(field, Fault::NotADate)))
        };
        let usual = || {
            let this = Month::of(today);
            let number = i32::try_from(survey_month).unwrap_or(10);
            let year = if this.month() >= number { this.year() } else { this.year() - 1 };
            month("first", year * 100 + number)
        };
        let (first, last) = match (self.first, self.last) {
            (None, None) => {
                let both = usual()?;
                (both, both)
            }
            (Some(one), None) => (month("first", one)?, month("first", one)?),
            (None, Some(one)) => (month("last", one)?, month("last", one)?),
            (Some(first), Some(last)) => (month("first", first)?, month("last", last)?),
        };
        if last < first || (last.year() - first.year()) * 12 + last.month() - first.month() >= survey::LONGEST as i32 {
            return Err(Refusal::at("last", Fault::OutOfRange).into());
        }
        Ok((first, last))
    }
}

async fn asked_figures(app: &App, who: &SignedIn, asked: &SurveyQuery, action: &str) -> Result<Yearly, ApiError> {
    may_in_region(&who.actor, Command::ViewSurvey)?;
    let months = asked.of_region(app, who).await?;
    yearly::figures(app, who, months, action).await
}

/// 入退院連絡調査, with numerator and denominator beside every rate.
#[derive(Debug, Serialize, ToSchema)]
struct SurveyDocument {
    title: super::wire::party::WordingView,
    region_name: String,
    #[schema(value_type = Object)]
    period: (),
    #[schema(value_type = String, format = DateTime)]
    as_of: Instant,
    edition: String,
    line_days: u16,
    /// The rates in the words and the order of the agreement, each with numerator and denominator.
    #[schema(value_type = Vec<Object>)]
    rates: (),
    /// 入院連絡率.
    #[schema(value_type = Object)]
    admission: (),
    /// 退院連絡率, with its timing.
    #[schema(value_type = Object)]
    discharge: (),
}

/// The survey as JSON.
#[utoipa::path(get, path = "/api/v1/survey", tag = "figures", params(SurveyQuery), responses((status = 200, body = SurveyDocument)))]
async fn survey_json(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<SurveyQuery>,
) -> Result<Response, ApiError> {
    let figures = asked_figures(&app, &who, &asked, "export_survey_json").await?;
    Ok(document("application/json", None, figures.json().into()))
}

/// The survey as CSV, for a spreadsheet.
#[utoipa::path(
    get, path = "/api/v1/survey.csv", tag = "figures", params(SurveyQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn survey_csv(State(app): State<App>, who: SignedIn, Ask(asked): Ask<SurveyQuery>) -> Result<Response, ApiError> {
    let report = asked_figures(&app, &who, &asked, "export_survey_csv").await?.report;
    Ok(document("text/csv; charset=utf-8", Some("survey.csv"), survey::to_csv(&report)))
}

/// The survey on paper.
#[utoipa::path(
    get, path = "/api/v1/survey.pdf", tag = "figures", params(SurveyQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"))
)]
async fn survey_pdf(State(app): State<App>, who: SignedIn, Ask(asked): Ask<SurveyQuery>) -> Result<Response, ApiError> {
    let report = asked_figures(&app, &who, &asked, "export_survey_pdf").await?.report;
    let drawn = tokio::task::spawn_blocking(move || survey::to_pdf(&report)).await;
    let pdf = drawn.ok().and_then(Result::ok).ok_or(ApiError::Inside("the survey could not be drawn"))?;
    Ok(document("application/pdf", Some("survey.pdf"), pdf))
}

/// A period whose figures are frozen.
#[derive(Debug, Serialize, ToSchema)]
struct PublishedView {
    /// `YYYYMM`.
    first: i32,
    /// `YYYYMM`.
    last: i32,
    #[schema(value_type = String, format = DateTime)]
    published_at: Instant,
}

#[derive(Debug, Serialize, ToSchema)]
struct PublishedList {
    /// The newest first.
    published: Vec<PublishedView>,
}

/// What was published, and when.
#[utoipa::path(get, path = "/api/v1/survey/publications", tag = "figures", responses((status = 200, body = PublishedList)))]
async fn list_published(State(app): State<App>, who: SignedIn) -> Result<Shown<PublishedList>, ApiError> {
    may_in_region(&who.actor, Command::ViewSurvey)?;
    let listed = app.store().list_published(who.actor.region_id).await?;
    let view = |(id, published_at): (String, Instant)| {
        let (first, last) = id.split_once('-')?;
        Some(PublishedView { first: first.parse().ok()?, last: last.parse().ok()?, published_at })
    };
    Ok(Shown(PublishedList { published: listed.into_iter().filter_map(view).collect() }, None))
}

/// The months whose figures are to be frozen, both included.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublicationBody {
    /// `YYYYMM`.
    #[schema(minimum = 190_001, maximum = 219_912, example = 202_610)]
    first: i32,
    /// `YYYYMM`.
    #[schema(minimum = 190_001, maximum = 219_912, example = 202_610)]
    last: i32,
}

#[derive(Debug, Serialize, ToSchema)]
struct PublicationView {
    first: i32,
    last: i32,
    /// False: it was published before, and stands as it was.
    fresh: bool,
}

/// Freezes the figures of a period that is over: from then on the survey of these months is this report, whatever is recorded later.
#[utoipa::path(
    post, path = "/api/v1/survey/publications", tag = "figures", request_body = PublicationBody,
    responses((status = 201, body = PublicationView), (status = 200, body = PublicationView))
)]
async fn publish_survey(
    State(app): State<App>,
    who: SignedIn,
    Write { body: PublicationBody { first, last }, key, if_match }: Write<PublicationBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::PublishSurvey)?;
    let months = SurveyQuery { first: Some(first), last: Some(last) }.of_region(&app, &who).await?;
    let sender = who.sender(key, if_match);
    let answer = |fresh| {
        let status = if fresh { StatusCode::CREATED } else { StatusCode::OK };
        let view = PublicationView { first, last, fresh };
        Answer::json(status, &view).at(format!("/api/v1/survey?first={first}&last={last}"))
    };
    yearly::publish(&app, &who, &sender, months, answer).await.map(Reply)
}

fn document(media: &'static str, name: Option<&str>, body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let shown = name.and_then(|name| HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).ok());
    if let Some(shown) = shown {
        headers.insert(header::CONTENT_DISPOSITION, shown);
    }
    response
}
