//! The holiday table, for the administrator.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::Command;

use super::upload;
use super::view::admin::CalendarPage;
use super::view::form::{Form, FormError};
use super::view::typed::{CSRF, Typed};
use super::view::words;
use super::visit::{Visitor, page};
use crate::error::ApiError;
use crate::holidays;
use crate::run::may_in_region;
use crate::state::App;

pub(super) async fn calendar(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(calendar_page(&app, &visitor, None).await)
}

pub(super) async fn calendar_page(app: &App, visitor: &Visitor, refused: Option<Form>) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ManageCalendar)?;
    let calendar = app.calendar();
    let days = visitor.today.iter_days().take(550);
    let coming = days.filter_map(|day| calendar.holiday_on(day).map(|h| (words::full_day(day), h.name, !h.published)));
    let loaded = app.store().calendar_csv().await?;
    let form = refused.unwrap_or_else(|| visitor.form(app, "/admin/calendar", Typed::default()));
    let shown = CalendarPage {
        frame: visitor.frame("祝日の表", "Holidays"),
        published_until: calendar.published_until(),
        loaded: loaded.map(|(_, at)| words::full_instant(at)),
        coming: coming.collect(),
        form,
    };
    page(shown.form.status, &shown)
}

pub(super) async fn load_calendar(State(app): State<App>, visitor: Visitor, request: Request) -> Response {
    let media =
        request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let done = async {
        may_in_region(&visitor.who.actor, Command::ManageCalendar)?;
        let body = Bytes::from_request(request, &app).await.map_err(|_| ApiError::TooLarge)?;
        let parts = upload::parts(&media, &body).ok_or(ApiError::Unreadable("form"))?;
        let part = |name: &str| parts.iter().find(|(found, _)| found == name).map_or(&[][..], |(_, content)| *content);
        visitor.who.check_form(&String::from_utf8_lossy(part(CSRF)))?;
        load(&app, &visitor, part("file")).await
    };
    visitor.answer(done.await)
}

async fn load(app: &App, visitor: &Visitor, bytes: &[u8]) -> Result<Response, ApiError> {
    let (message, en) = match holidays::with_table(app, bytes) {
        _ if bytes.is_empty() => ("ファイルを選んでください。".to_owned(), "choose a file".to_owned()),
        Err(wrong) => (refusal(&wrong), wrong.to_string()),
        Ok((calendar, _)) => {
            holidays::load(app, &visitor.who, calendar, bytes).await?;
            return Ok(Redirect::to("/admin/calendar?done=loaded").into_response());
        }
    };
    let mut form = visitor.form(app, "/admin/calendar", Typed::default());
    form.errors.push(FormError::new("file", message, en));
    form.status = StatusCode::UNPROCESSABLE_ENTITY;
    calendar_page(app, visitor, Some(form)).await
}

/// Why the file was not taken, and what to do about it.
fn refusal(wrong: &rules::FileError) -> String {
    let line = wrong.line;
    match wrong.key.as_str() {
        "encoding" => format!(
            "文字コードがシフトJISではありません({line}行目)。表計算ソフトで保存し直さず、内閣府からダウンロードしたままのファイルを選んでください。"
        ),
        "heading" => {
            "内閣府の「国民の祝日」CSVではありません。1行目が「国民の祝日・休日月日,国民の祝日・休日名称」のファイルを選んでください。"
                .to_owned()
        }
        _ => format!(
            "{line}行目が正しくありません。日付の書き方と順、名称、その年の祝日がそろっているかを確かめるか、ダウンロードし直してください。"
        ),
    }
}
