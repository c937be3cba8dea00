//! The agreement, the directory and the calendar.

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use chrono::{Datelike, NaiveDate};
use domain::Instant;
use domain::access::Command;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::Shown;
use super::wire::party::{AgreementView, OrganizationsView};
use super::write::{Ask, bytes};
use crate::error::ApiError;
use crate::holidays;
use crate::run::may_in_region;
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(agreement))
        .routes(routes!(organizations))
        .routes(routes!(calendar, put_calendar))
}

/// 連絡ルール in force: criteria in words, periods, what the survey counts.
#[utoipa::path(get, path = "/api/v1/agreement", tag = "office", responses((status = 200, body = AgreementView)))]
async fn agreement(State(app): State<App>, who: SignedIn) -> Result<Shown<AgreementView>, ApiError> {
    may_in_region(&who.actor, Command::ViewDirectory)?;
    let directory = app.store().directory(who.actor.region_id).await?;
    Ok(Shown(app.agreement(&directory)?.into(), None))
}

/// Who there is: organizations, wards, care managers, districts.
#[utoipa::path(get, path = "/api/v1/organizations", tag = "office", responses((status = 200, body = OrganizationsView)))]
async fn organizations(State(app): State<App>, who: SignedIn) -> Result<Shown<OrganizationsView>, ApiError> {
    may_in_region(&who.actor, Command::ViewDirectory)?;
    let directory = app.store().directory(who.actor.region_id).await?;
    Ok(Shown(OrganizationsView::of(&directory), None))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CalendarQuery {
    /// This year unless told otherwise.
    #[param(minimum = 1955, maximum = 2099)]
    year: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
struct CalendarView {
    year: i32,
    /// The last year whose holidays are published; later ones follow the law as it stands (未公表).
    published_until: i32,
    /// When an administrator loaded the official table.
    #[schema(value_type = Option<String>, format = DateTime)]
    loaded_at: Option<Instant>,
    holidays: Vec<HolidayView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct HolidayView {
    on: NaiveDate,
    name: String,
    published: bool,
}

/// The holidays of a year.
#[utoipa::path(get, path = "/api/v1/calendar", tag = "office", params(CalendarQuery), responses((status = 200, body = CalendarView)))]
async fn calendar(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<CalendarQuery>,
) -> Result<Shown<CalendarView>, ApiError> {
    may_in_region(&who.actor, Command::ViewDirectory)?;
    let year = asked.year.unwrap_or_else(|| app.now().day().year());
    let first = NaiveDate::from_ymd_opt(year, 1, 1).filter(|_| (1955..=2099).contains(&year));
    let first = first.ok_or_else(|| ApiError::Malformed { field: "year".into(), code: "not_a_known_value" })?;
    let calendar = app.calendar();
    let days = first.iter_days().take_while(|day| day.year() == year);
    let holiday = |on| calendar.holiday_on(on).map(|h| HolidayView { on, name: h.name, published: h.published });
    let holidays = days.filter_map(holiday).collect();
    let loaded_at = app.store().calendar_csv().await?.map(|(_, at)| at);
    Ok(Shown(CalendarView { year, published_until: calendar.published_until(), loaded_at, holidays }, None))
}

#[derive(Debug, Serialize, ToSchema)]
struct LoadedCalendarView {
    first_year: i32,
    last_year: i32,
    days: usize,
    /// Days on which the table and the built-in rule disagree; the table wins.
    differing: Vec<NaiveDate>,
}

/// Loads the cabinet office's table, `syukujitsu.csv` as downloaded (cp932).
#[utoipa::path(
    put, path = "/api/v1/calendar", tag = "office", request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, body = LoadedCalendarView))
)]
async fn put_calendar(
    State(app): State<App>,
    who: SignedIn,
    request: Request,
) -> Result<Shown<LoadedCalendarView>, ApiError> {
    may_in_region(&who.actor, Command::ManageCalendar)?;
    let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/csv")) {
        return Err(ApiError::WrongMediaType);
    }
    let bytes = bytes(request, &app).await?;
    let (calendar, table) = holidays::with_table(&app, &bytes).map_err(|wrong| {
        tracing::info!(error = &wrong as &dyn std::error::Error, "a holiday table was refused");
        ApiError::Malformed { field: format!("line {}: {}", wrong.line, wrong.key), code: "not_the_official_table" }
    })?;
    holidays::load(&app, &who, calendar, &bytes).await?;
    let (first_year, last_year, days) = (table.first_year, table.last_year, table.days);
    Ok(Shown(LoadedCalendarView { first_year, last_year, days, differing: table.differing }, None))
}
