//! The holiday table, for the administrator; the audit trail, for the auditor.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::Command;
use domain::{EncounterId, NoticeId, PatientId};
use storage::AuditFilter;

use super::shape;
use super::upload;
use super::view::admin::{Audit, AuditRow, CalendarPage};
use super::view::form::{Form, FormError};
use super::view::typed::{CSRF, Typed};
use super::view::words;
use super::visit::{Visitor, page};
use crate::error::ApiError;
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
    let mut calendar = (*app.calendar()).clone();
    let message = match calendar.load_official(bytes) {
        _ if bytes.is_empty() => "ファイルを選んでください。".to_owned(),
        Err(wrong) => refusal(&wrong),
        Ok(_) => {
            let now = app.now();
            app.store().put_calendar_csv(bytes.to_vec(), now, visitor.who.actor.account_id).await?;
            app.store().append_audit(vec![visitor.who.audit_entry(now, Command::ManageCalendar.name())]).await?;
            app.set_calendar(calendar);
            app.nudge();
            return Ok(Redirect::to("/admin/calendar?done=loaded").into_response());
        }
    };
    let mut form = visitor.form(app, "/admin/calendar", Typed::default());
    form.errors.push(FormError { field: "file".into(), message });
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

pub(super) async fn audit(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(audit_page(&app, &visitor).await)
}

pub(super) async fn audit_page(app: &App, visitor: &Visitor) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ViewAudit)?;
    let found = app.store().audit(visitor.who.actor.region_id, &AuditFilter::default(), 200).await?;
    let names = shape::names(app, found.iter().filter_map(|row| row.entry.account_id).collect()).await?;
    visitor.seen(app, Command::ViewAudit, None, None, None).await?;
    let row = |row: &storage::AuditRow| {
        let entry = &row.entry;
        let ids = [
            entry.patient_id.map(PatientId::uuid).map(|id| ("本人", id.to_string())),
            entry.encounter_id.map(EncounterId::uuid).map(|id| ("入院", id.to_string())),
            entry.notice_id.map(NoticeId::uuid).map(|id| ("連絡", id.to_string())),
        ];
        AuditRow {
            at: words::full_instant(entry.at),
            who: entry.account_id.map_or_else(|| "つなぎ(自動)".to_owned(), |id| shape::named(&names, id)),
            place: entry.organization_id.map_or_else(String::new, |id| shape::organization(&visitor.directory, id)),
            action: action(&entry.action).to_owned(),
            code: entry.action.clone(),
            concerns: ids.into_iter().flatten().collect(),
        }
    };
    let shown = Audit { frame: visitor.frame("監査記録", "Audit trail"), rows: found.iter().map(row).collect() };
    page(StatusCode::OK, &shown)
}

/// What was done, in words; the name itself stands beside it.
fn action(name: &str) -> &'static str {
    match name {
        "log_in" => "ログイン",
        "log_in_refused" => "ログイン失敗",
        "log_out" => "ログアウト",
        "search_patients" => "本人の検索",
        "view_patient" => "本人の閲覧",
        "register_patient" => "本人の登録",
        "write_patient" => "本人の変更",
        "write_care_team" => "担当の登録",
        "admit" => "入院の登録",
        "view_encounter" => "入院の閲覧",
        "list_encounters" => "入院一覧の閲覧",
        "list_notices" => "連絡一覧の閲覧",
        "view_notice" => "連絡の閲覧",
        "record_event" => "入退院の記録",
        "screen" => "判定",
        "file" => "退院の予定・判定・連絡",
        "issue_notice" => "連絡の送信",
        "take_back_notice" => "連絡の取消・差し替え",
        "log_contact" => "連絡の記録",
        "acknowledge" => "受領の回答",
        "view_overview" => "概況の閲覧",
        "view_survey" => "調査の閲覧",
        "view_audit" => "監査記録の閲覧",
        "manage_calendar" => "祝日の表の更新",
        "publish_survey" => "調査の公表",
        _ => "その他の操作",
    }
}
