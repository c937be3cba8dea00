//! 監査記録: the trail by person, account and day, the list of what one account touched, and the monthly review.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveTime;
use domain::access::Command;
use domain::survey::Month;
use domain::text::Prose;
use domain::trail::{AuditReview, BreakGlass, parted};
use domain::{AccountId, BreakGlassId, EncounterId, Fault, Instant, NoticeId, PatientId, Refusal};
use serde::Deserialize;
use storage::{AuditCursor, AuditFilter};
use survey::era;

use super::shape;
use super::view::admin::{Audit, AuditRow, GlassRow, ReviewRow, Reviews};
use super::view::form::{Choice, Form, Group};
use super::view::typed::{Typed, parse_day};
use super::view::words;
use super::visit::{Post, Visitor, encoded, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::incident;
use crate::run::{may_in_region, run};
use crate::state::App;
use crate::v1::emergencies::LISTED_DAYS;
use crate::v1::trail::{kept, reviewed, spreadsheet};

const A_PAGE: u32 = 200;
/// Records opened in an emergency on one page.
const GLASSES: u32 = 100;
/// Months that can be chosen for a review.
const MONTHS: usize = 12;

/// Which rows; days of the wall calendar, both included.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    patient: String,
    /// An id (of a machine too), or a login name.
    #[serde(default)]
    account: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    async fn filter(&self, app: &App, visitor: &Visitor) -> Result<AuditFilter, ApiError> {
        let day = |text: &str| (!text.trim().is_empty()).then(|| parse_day(text)).transpose();
        let begins = |day| Instant::at(day, NaiveTime::MIN);
        let from = day(&self.from).map_err(|fault| Refusal::at("from", fault))?;
        let until = day(&self.until).map_err(|fault| Refusal::at("until", fault))?;
        let person = self.patient.trim();
        let patient_id =
            (!person.is_empty()).then(|| person.parse().map_err(|_| Refusal::at("patient", Fault::UnknownId)));
        let after = (!self.after.is_empty()).then(|| AuditCursor::parse(&self.after).ok_or(Fault::NotFound));
        Ok(AuditFilter {
            patient_id: patient_id.transpose()?,
            account_id: self.account(app, visitor).await?,
            since: from.map(begins),
            until: until.and_then(|day| day.succ_opt()).map(begins),
            after: after.transpose()?,
        })
    }

    async fn account(&self, app: &App, visitor: &Visitor) -> Result<Option<AccountId>, ApiError> {
        let asked = self.account.trim();
        if asked.is_empty() {
            return Ok(None);
        }
        let region_id = visitor.who.actor.region_id;
        let found = match asked.parse::<AccountId>() {
            Ok(id) => app.store().acting(region_id, id).await?.map(|_| id),
            Err(_) => {
                let named = app.store().account_by_login(asked).await?;
                named.filter(|account| account.region_id == region_id).map(|account| account.id)
            }
        };
        found.map(Some).ok_or_else(|| Refusal::at("account", Fault::UnknownId).into())
    }

    fn typed(&self) -> Typed {
        Typed::default()
            .with("patient", self.patient.trim())
            .with("account", self.account.trim())
            .with("from", self.from.trim())
            .with("until", self.until.trim())
    }

    /// The address of the rows behind `after`.
    fn older(&self, after: &AuditCursor) -> String {
        let fields =
            [("patient", &self.patient), ("account", &self.account), ("from", &self.from), ("until", &self.until)];
        let asked: String = fields.iter().map(|(name, value)| format!("{name}={}&", encoded(value.trim()))).collect();
        format!("/audit?{asked}after={after}")
    }
}

pub(super) async fn audit(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    visitor.answer(audit_page(&app, &visitor, &asked).await)
}

pub(super) async fn audit_page(app: &App, visitor: &Visitor, asked: &Asked) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ViewAudit)?;
    let form = visitor.form(app, "/audit", asked.typed());
    let filter = match asked.filter(app, visitor).await {
        Ok(filter) => filter,
        Err(error) => {
            let form = form.refused(app, error)?;
            let frame = visitor.frame("監査記録", "Audit trail");
            return page(form.status, &Audit { frame, form, rows: Vec::new(), older: None });
        }
    };
    let found = app.store().audit(visitor.who.actor.region_id, &filter, A_PAGE).await?;
    let names = shape::names(app, found.iter().filter_map(|row| row.entry.account_id).collect()).await?;
    visitor.seen(app, Command::ViewAudit, filter.patient_id, None, None).await?;
    let more = found.last().filter(|_| found.len() >= A_PAGE as usize);
    let shown = Audit {
        frame: visitor.frame("監査記録", "Audit trail"),
        form,
        older: more.map(|row| asked.older(&AuditCursor::of(row))),
        rows: found.iter().map(|row| shown_row(row, visitor, &names)).collect(),
    };
    page(StatusCode::OK, &shown)
}

fn shown_row(row: &storage::AuditRow, visitor: &Visitor, names: &HashMap<AccountId, String>) -> AuditRow {
    let entry = &row.entry;
    let (code, listed) = parted(&entry.action);
    let words = action(code.split(':').next().unwrap_or_default());
    let ids = [
        entry.patient_id.map(PatientId::uuid).map(|id| ("本人", id.to_string())),
        entry.encounter_id.map(EncounterId::uuid).map(|id| ("入院", id.to_string())),
        entry.notice_id.map(NoticeId::uuid).map(|id| ("連絡", id.to_string())),
    ];
    AuditRow {
        at: words::full_instant(entry.at),
        who: match entry.account_id {
            Some(id) => shape::named(names, id),
            None if matches!(entry.action.as_str(), "log_in_unknown" | "address_locked") => "不明".to_owned(),
            None => "つなぎ(自動)".to_owned(),
        },
        account: entry.account_id.map(|id| id.to_string()),
        place: entry.organization_id.map_or_else(String::new, |id| shape::organization(&visitor.directory, id)),
        action: if listed.is_empty() { words.to_owned() } else { format!("{words}({}件)", listed.len()) },
        code: code.to_owned(),
        concerns: ids.into_iter().flatten().collect(),
    }
}

/// All that the account touched in those days, as a table to be saved.
pub(super) async fn incident(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let made = async {
        may_in_region(&visitor.who.actor, Command::ExportAudit)?;
        let filter = asked.filter(&app, &visitor).await;
        let wanted = filter.and_then(|filter| {
            let account_id = filter.account_id.ok_or_else(|| Refusal::at("account", Fault::Missing))?;
            let since = filter.since.ok_or_else(|| Refusal::at("from", Fault::Missing))?;
            let until = filter.until.ok_or_else(|| Refusal::at("until", Fault::Missing))?;
            Ok((account_id, since, until))
        });
        let csv = match wanted {
            Ok((account_id, since, until)) => incident::csv(&app, &visitor.who, account_id, since, until).await,
            Err(error) => Err(error),
        };
        match csv {
            Ok(csv) => Ok(spreadsheet(csv)),
            Err(error) => {
                let form = visitor.form(&app, "/audit", asked.typed()).refused(&app, error)?;
                let frame = visitor.frame("監査記録", "Audit trail");
                page(form.status, &Audit { frame, form, rows: Vec::new(), older: None })
            }
        }
    };
    visitor.answer(made.await)
}

/// Which page of the records that were opened in an emergency.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Behind {
    #[serde(default)]
    after: String,
}

pub(super) async fn reviews(State(app): State<App>, visitor: Visitor, Query(asked): Query<Behind>) -> Response {
    let last = Month::of(visitor.today).before();
    let typed = Typed::default().with("month", last.number().to_string());
    let form = visitor.form(&app, "/audit/reviews", typed);
    visitor.answer(reviews_page(&app, &visitor, form, &asked).await)
}

async fn reviews_page(app: &App, visitor: &Visitor, form: Form, asked: &Behind) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ReviewAudit)?;
    let found = app.store().audit_reviews(visitor.who.actor.region_id).await?;
    let names = shape::names(app, found.iter().map(|review| review.reviewed_by).collect()).await?;
    visitor.seen(app, Command::ViewAudit, None, None, None).await?;
    let since = app.now().plus_days(-LISTED_DAYS);
    let after = if asked.after.is_empty() { None } else { Some(id::<BreakGlassId>(&asked.after)?) };
    let opened = app.store().opened_in_emergency(visitor.who.actor.region_id, since, after, GLASSES).await?;
    let older = opened.last().filter(|_| opened.len() >= GLASSES as usize);
    let openers = shape::names(app, opened.iter().map(|glass| glass.account_id).collect()).await?;
    let glass = |glass: &BreakGlass| GlassRow {
        at: words::full_instant(glass.opened_at),
        who: shape::named(&openers, glass.account_id),
        place: shape::organization(&visitor.directory, glass.organization_id),
        reason: glass.reason.to_string(),
        patient_id: glass.patient_id.to_string(),
    };
    let row = |review: &AuditReview| ReviewRow {
        month: era::month(review.month),
        remark: review.remark.to_string(),
        by: shape::named(&names, review.reviewed_by),
        at: words::full_instant(review.reviewed_at),
    };
    let months = std::iter::successors(Some(Month::of(visitor.today)), |month| Some(month.before()));
    let choice = |month: Month| Choice::new(month.number().to_string(), era::month(month), "");
    let shown = Reviews {
        frame: visitor.frame("監査記録の点検", "Reviews of the trail"),
        months: Group::plain(months.take(MONTHS).map(choice).collect()),
        glasses: opened.iter().map(glass).collect(),
        older: older.map(|glass| glass.id.to_string()),
        rows: found.iter().map(row).collect(),
        form,
    };
    page(shown.form.status, &shown)
}

pub(super) async fn review(State(app): State<App>, post: Post) -> Response {
    post.answer(record_review(&app, &post).await)
}

async fn record_review(app: &App, post: &Post) -> Result<Response, ApiError> {
    may_in_region(&post.visitor.who.actor, Command::ReviewAudit)?;
    let form = post.form(app, "/audit/reviews");
    if !post.typed.wants_sending() {
        return reviews_page(app, &post.visitor, form, &Behind::default()).await;
    }
    let who = &post.visitor.who;
    let month = post.typed.get("month").parse().ok().and_then(Month::from_number);
    let sent = match (month, Prose::parse(post.typed.get("remark"))) {
        (None, _) => Err(Refusal::at("month", Fault::Missing).into()),
        (_, Err(fault)) => Err(Refusal::at("remark", fault).into()),
        (Some(month), Ok(remark)) => {
            let sender = post.sender(None);
            let decide = async || {
                let review = reviewed(app, who.actor.region_id, who, month, remark.clone())?;
                Ok((kept(app, who, review), leads_to("/audit/reviews?done=reviewed")))
            };
            run(app, &sender, decide).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => reviews_page(app, &post.visitor, form.refused(app, error)?, &Behind::default()).await,
    }
}

/// What was done, in words; the name itself stands beside it.
fn action(name: &str) -> &'static str {
    match name {
        "log_in" => "ログイン",
        "log_in_refused" => "ログイン失敗",
        "log_in_unknown" => "ログイン失敗(登録のないログイン名)",
        "address_locked" => "ログインの受付停止(失敗が続いた接続元)",
        "login_taken" => "招待の拒否(使われているログイン名)",
        "log_in_password" => "ログイン(一段目)",
        "log_in_by_recovery_code" => "ログイン(回復コード)",
        "log_in_by_passkey" => "ログイン(パスキー)",
        "log_in_and_add_passkey" => "ログイン・パスキーの追加",
        "add_passkey" => "パスキーの追加",
        "remove_passkey" => "パスキーの削除",
        "log_in_by_outside_account" => "ログイン(外部アカウント)",
        "outside_log_in_refused" => "外部アカウントでのログイン失敗",
        "link_outside_account" => "外部アカウントの連携",
        "unlink_outside_account" => "外部アカウントの連携の解除",
        "outside_link_refused" => "外部アカウントの連携の失敗",
        "log_in_and_set_factor" => "ログイン・認証アプリの設定",
        "second_factor_refused" => "確認コードの失敗",
        "password_refused" => "パスワード再入力の失敗",
        "set_factor" => "認証アプリの設定",
        "remove_factor" => "認証アプリの解除",
        "renew_recovery_codes" => "回復コードの再作成",
        "change_password" => "パスワードの変更",
        "accept_invitation" => "招待の受諾",
        "invite" => "招待",
        "account_invited" => "招待された(本人の記録)",
        "reset_factor" => "認証の再設定の招待",
        "factor_reset" => "認証の再設定に招待された(本人の記録)",
        "close_account" => "アカウントの停止",
        "account_closed" => "アカウントを停止された(本人の記録)",
        "reopen_account" => "アカウントの再開",
        "account_reopened" => "アカウントを再開された(本人の記録)",
        "end_session" => "端末のログアウト",
        "end_sessions_of" => "利用者のログアウト",
        "sessions_ended" => "ログアウトさせられた(本人の記録)",
        "add_machine" => "外部システムの登録",
        "revoke_machine" => "外部システムの取消",
        "manage_machines" => "外部システムの一覧の閲覧",
        "token_given" => "トークンの発行",
        "token_revoked" => "トークンの取消",
        "token_refused" => "トークンの拒否(期限切れ・取消済み)",
        "not_in_scope" => "許可されていない操作の拒否",
        "join_region" => "他の地域への参加",
        "leave_region" => "他の地域への参加の終了",
        "manage_people" => "利用者の一覧の閲覧",
        "log_out" => "ログアウト",
        "view_directory" => "名簿の閲覧",
        "view_warnings" => "警告一覧の閲覧",
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
        "confirm_receipt" => "受領の確認",
        "take_back_contact" => "連絡の記録の取消",
        "acknowledge" => "受領の回答",
        "view_overview" => "概況の閲覧",
        "view_survey" => "調査の閲覧",
        "export_survey_json" | "export_survey_csv" | "export_survey_pdf" => "調査の出力",
        "export_audit" => "監査記録の出力",
        "review_audit" => "監査記録の点検",
        "break_glass" => "緊急閲覧",
        "view_audit" => "監査記録の閲覧",
        "manage_calendar" => "祝日の表の更新",
        "write_consent" => "同意の記録",
        "view_disclosures" => "提供の記録の閲覧",
        "export_patient" => "記録の写しの交付",
        "hold_records" => "記録の保全・解除",
        "list_holds" => "保全の一覧の閲覧",
        "sweep" => "期限の点検(自動)",
        "give_up" => "メール送信の打ち切り(自動)",
        "found" => "地域の開設",
        "rotate_keys" => "暗号鍵の交換",
        "purge" => "保存期間を過ぎた記録の削除",
        "publish_survey" => "調査の公表",
        _ => "その他の操作",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_and_whatever_the_service_or_an_operator_does_has_its_words() {
        let by_itself = ["sweep", "give_up", "found", "join_region", "leave_region", "rotate_keys", "purge"];
        let names = Command::ALL.iter().map(|command| command.name()).chain(by_itself);
        let nameless: Vec<_> = names.filter(|name| action(name) == "その他の操作").collect();
        assert!(nameless.is_empty(), "{nameless:?}");
    }
}
