//! Every way in which a request can fail, and the one place that turns it into HTTP.
//!
//! Outside: a problem document (RFC 9457) with a stable `code`, or a page in the user's words; never anything that was typed, never an
//! inside text. Inside: the chain is logged once, here.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Refusal;
use domain::refusal::FaultKind;
use serde::Serialize;
use storage::{ApplyError, StoreError};
use thiserror::Error;
use utoipa::ToSchema;

use crate::oidc::Outside;

#[derive(Debug, Error)]
pub enum ApiError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("not logged in")]
    NotLoggedIn,
    /// The form's token doesn't belong to the session: sent by another site, or from a page of an ended session.
    #[error("the form does not belong to this session")]
    ForeignForm,
    #[error("the request could not be read: {0}")]
    Unreadable(&'static str),
    /// A body or query that is JSON or a form, but not of the shape asked for. `field` names our own field, or the one we don't know.
    #[error("`{field}` {}", .code.replace('_', " "))]
    Malformed { field: String, code: &'static str },
    #[error("there is no such method here")]
    WrongMethod,
    #[error("the body is of another media type")]
    WrongMediaType,
    #[error("If-Match is required")]
    PreconditionMissing,
    #[error("too large")]
    TooLarge,
    #[error("took too long")]
    TooSlow,
    #[error("too busy")]
    Busy,
    #[error("no agreement is in force")]
    NoAgreement,
    #[error("login refused")]
    LoginRefused,
    #[error("code refused")]
    CodeRefused,
    /// Of a machine: unknown, over or revoked; which of them is not said.
    #[error("the token is worth nothing")]
    TokenRefused,
    #[error("passkey refused")]
    PasskeyRefused,
    /// With an account of an outside provider; its own text is for people.
    #[error(transparent)]
    Outside(#[from] Outside),
    #[error("too many failed attempts from this address")]
    TooMany,
    #[error("too many requests of this caller are in hand")]
    TooManyAtOnce,
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Inside(&'static str),
}

impl From<domain::Fault> for ApiError {
    fn from(fault: domain::Fault) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Stale => domain::Fault::Stale.into(),
            ApplyError::Busy => Self::Busy,
            ApplyError::Refused { .. } => domain::Fault::Exists.into(),
            ApplyError::Repeated(_) => domain::Fault::KeyReused.into(),
            ApplyError::Store(error) => Self::Store(error),
        }
    }
}

/// RFC 9457, media type `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:tsunagi:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// In English, for the developer at the other end.
    pub title: String,
    pub status: u16,
    /// Stable; machines decide by it.
    pub code: String,
    /// In Japanese, for the person in front of the screen.
    pub detail: String,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// As in the JSON body; empty when it concerns the whole.
    pub field: String,
    pub code: String,
    pub detail: String,
}

impl ApiError {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => match refusal.kind() {
                FaultKind::Input => StatusCode::UNPROCESSABLE_ENTITY,
                FaultKind::Conflict => StatusCode::CONFLICT,
                FaultKind::Stale => StatusCode::PRECONDITION_FAILED,
                FaultKind::NotFound => StatusCode::NOT_FOUND,
                FaultKind::NotAllowed => StatusCode::FORBIDDEN,
            },
            Self::NotLoggedIn | Self::LoginRefused | Self::CodeRefused | Self::TokenRefused | Self::PasskeyRefused => {
                StatusCode::UNAUTHORIZED
            }
            Self::Outside(Outside::Unreached) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Outside(Outside::Taken) => StatusCode::CONFLICT,
            Self::Outside(_) => StatusCode::UNAUTHORIZED,
            Self::TooMany | Self::TooManyAtOnce => StatusCode::TOO_MANY_REQUESTS,
            Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Malformed { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::WrongMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::PreconditionMissing => StatusCode::PRECONDITION_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(error) if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoAgreement | Self::Store(_) | Self::Inside(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Refused(_) => ("refused", "入力内容を確かめてください。"),
            Self::NotLoggedIn => ("not_logged_in", "ログインしてください。"),
            Self::LoginRefused => {
                ("login_refused", "ログインできませんでした。ログイン名とパスワードを確かめてください。")
            }
            Self::CodeRefused => {
                ("code_refused", "確認コードが違うか、すでに使われています。新しいコードで、もう一度お試しください。")
            }
            Self::TokenRefused => {
                ("token_refused", "この接続のトークンは使えません。期限が過ぎたか、取り消されています。")
            }
            Self::PasskeyRefused => ("passkey_refused", "パスキーを確認できませんでした。もう一度お試しください。"),
            Self::Outside(outside) => outside.words(),
            Self::TooMany => {
                ("too_many", "ログインの失敗が続いたため、しばらく受け付けられません。時間をおいてお試しください。")
            }
            Self::TooManyAtOnce => {
                ("too_many_at_once", "同時に送られた要求が多すぎます。少し待ってからもう一度お試しください。")
            }
            Self::ForeignForm => ("foreign_form", "画面の有効期限が切れました。もう一度お試しください。"),
            Self::Unreadable(_) => ("unreadable", "送信された内容を読み取れませんでした。"),
            Self::Malformed { code, .. } => (code, "入力内容を確かめてください。"),
            Self::WrongMethod => ("method_not_allowed", "この操作はできません。"),
            Self::WrongMediaType => ("unsupported_media_type", "この形式の内容は受け取れません。"),
            Self::PreconditionMissing => ("precondition_required", "If-Match ヘッダーが必要です。"),
            Self::TooLarge => ("too_large", "送信された内容が大きすぎます。"),
            Self::TooSlow => ("too_slow", "時間がかかりすぎたため、中断しました。もう一度お試しください。"),
            Self::Busy => ("busy", "混み合っています。少し待ってからもう一度送信してください。"),
            Self::NoAgreement => ("no_agreement", "有効な連絡ルールがありません。管理者に連絡してください。"),
            Self::Store(error) if error.is_transient() => (
                "store_unavailable",
                "ただいま保存できません。内容は送信されていません。少し待ってからもう一度お試しください。",
            ),
            Self::Store(_) | Self::Inside(_) => ("internal", "内部エラーが発生しました。管理者に連絡してください。"),
        }
    }

    /// For the person in front of the screen who reads English: never an inside text.
    pub fn in_english(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.faults.first().map_or_else(String::new, |(_, fault)| fault.to_string()),
            Self::Store(error) if error.is_transient() => "nothing was sent; please try again soon".to_owned(),
            error if error.status().is_server_error() && !matches!(error, Self::Busy | Self::Outside(_)) => {
                "something went wrong inside; please tell your administrator".to_owned()
            }
            error => error.to_string(),
        }
    }

    pub fn problem(&self) -> Problem {
        let status = self.status();
        let (mut code, mut detail) = {
            let (code, detail) = self.words();
            (code.to_owned(), detail.to_owned())
        };
        let mut errors = Vec::new();
        if let Self::Refused(refusal) = self {
            if let [(_, fault), ..] = refusal.faults.as_slice() {
                fault.code().clone_into(&mut code);
                detail = fault.ja();
            }
            errors.extend(refusal.faults.iter().map(|(field, fault)| FieldError {
                field: (*field).to_owned(),
                code: fault.code().to_owned(),
                detail: fault.ja(),
            }));
        }
        if let Self::Malformed { field, code } = self {
            errors.push(FieldError { field: field.clone(), code: (*code).to_owned(), detail: detail.clone() });
        }
        let title = if status.is_server_error() { "the request failed".to_owned() } else { self.to_string() };
        Problem { kind: format!("urn:tsunagi:problem:{code}"), title, status: status.as_u16(), code, detail, errors }
    }

    /// Logs what belongs inside; once, where the error leaves.
    pub fn log(&self) {
        match self {
            Self::Store(error) => tracing::error!(error = error as &dyn std::error::Error, "the store failed"),
            Self::Inside(what) => tracing::error!(what, "a request failed inside"),
            Self::NoAgreement => tracing::error!("no agreement is in force"),
            Self::Busy => tracing::debug!("refused: too much is in hand"),
            _ => {}
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let problem = self.problem();
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, Self::Busy | Self::TooManyAtOnce) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if problem.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
