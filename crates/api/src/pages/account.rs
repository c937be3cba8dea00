//! One's own account: sessions, second factor, recovery codes, password. Passkeys: `passkeys`; outside accounts: `outside`.
//!
//! Whatever makes an account easier or harder to enter asks for the password again: an unlocked screen on a ward is not enough.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::changes::Changes;
use domain::credential::Proof;
use domain::delivery::AccountNews;
use domain::party::Account;
use domain::{Fault, Refusal};

use super::view::account::{AccountPage, Codes, CodesPage, FactorPage, PasswordPage, SessionLine};
use super::view::form::Form;
use super::view::typed::Typed;
use super::view::words;
use super::visit::{Post, Visitor, id, page, provider};
use super::{outside, passkeys};
use crate::error::ApiError;
use crate::factor;
use crate::login::{self, letters};
use crate::password::Verified;
use crate::secret;
use crate::state::App;
use crate::throttle::Guessed;

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(account_page(&app, &visitor).await)
}

async fn account_page(app: &App, visitor: &Visitor) -> Result<Response, ApiError> {
    let who = &visitor.who;
    let factors = app.store().factors(who.account.id).await?;
    let sessions = app.store().sessions_of(who.account.id, app.now()).await?;
    let line = |s: &domain::credential::Session| SessionLine {
        id: s.id.to_string(),
        agent: device(&s.agent),
        address: s.address.clone(),
        since: words::instant(s.created_at),
        seen: words::instant(s.last_seen_at),
        own: s.token_hash == who.token_hash(),
    };
    let shown = AccountPage {
        frame: visitor.frame("自分のアカウント", "My account"),
        csrf: who.csrf.clone(),
        login: who.account.login.clone(),
        email: who.account.email.as_ref().map(ToString::to_string),
        has_totp: factors.totp.is_some(),
        has_factor: factors.any(),
        passkeys: app.store().passkeys(who.account.id).await?.iter().map(passkeys::line).collect(),
        passkeys_on: app.settings().passkeys.is_some(),
        codes_left: factors.codes_left,
        sessions: sessions.iter().map(line).collect(),
        outside: provider(app),
        identities: outside::lines(app, who.account.id).await?,
    };
    page(StatusCode::OK, &shown)
}

/// One other session, or all others.
pub(super) async fn end_sessions(State(app): State<App>, post: Post) -> Response {
    let done = async {
        if !post.typed.wants_sending() {
            return Ok(Redirect::to("/account").into_response());
        }
        let who = &post.visitor.who;
        let account_id = who.account.id;
        let ends = match post.typed.get("id") {
            "" => Proof::EndSessions { account_id, keep: Some(who.token_hash()) },
            named => Proof::EndOneSession { account_id, id: id(named)? },
        };
        let audit = vec![who.audit_entry(app.now(), "end_session")];
        app.store().apply(Changes { credentials: vec![ends], audit, ..Changes::default() }).await?;
        Ok(Redirect::to("/account?done=ended").into_response())
    };
    post.answer(done.await)
}

pub(super) async fn factor_form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/account/factor", Typed::default());
    visitor.answer(factor_page(&app, &visitor, form).await)
}

async fn factor_page(app: &App, visitor: &Visitor, form: Form) -> Result<Response, ApiError> {
    let who = &visitor.who;
    let secret = login::enrolling(app, who.token_hash()).await?;
    let factors = app.store().factors(who.account.id).await?;
    let replaces = factors.totp.is_some();
    let shown = FactorPage {
        frame: visitor.frame("認証アプリの設定", "Authenticator"),
        setup: factor::setup(&secret, &who.account.login)?,
        replaces,
        removable: replaces && !(app.settings().second_factor && factors.is_last()),
        form,
    };
    page(shown.form.status, &shown)
}

pub(super) async fn set_factor(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/account/factor");
    let done = async {
        if !post.typed.wants_sending() {
            return factor_page(&app, &post.visitor, without_secrets(form)).await;
        }
        let tried = async {
            check_password(&app, &post).await?;
            let set = login::replace_factor(&app, &post.visitor.who, post.typed.get("code")).await;
            set.map_err(|error| match error {
                ApiError::CodeRefused => Refusal::at("code", Fault::WrongCode).into(),
                error => error,
            })
        };
        match tried.await {
            Ok(codes) => shown_once(&post.visitor, codes),
            Err(error) => factor_page(&app, &post.visitor, without_secrets(form).refused(&app, error)?).await,
        }
    };
    post.answer(done.await)
}

pub(super) async fn remove_factor(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/account/factor");
    let done = async {
        if !post.typed.wants_sending() {
            return factor_page(&app, &post.visitor, without_secrets(form)).await;
        }
        let tried = async {
            check_password(&app, &post).await?;
            login::remove_totp(&app, &post.visitor.who).await
        };
        match tried.await {
            Ok(()) => Ok(Redirect::to("/account?done=factor-removed").into_response()),
            Err(error) => factor_page(&app, &post.visitor, without_secrets(form).refused(&app, error)?).await,
        }
    };
    post.answer(done.await)
}

pub(super) async fn codes_form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/account/codes", Typed::default());
    visitor.answer(codes_page(&visitor, form))
}

fn codes_page(visitor: &Visitor, form: Form) -> Result<Response, ApiError> {
    let frame = visitor.frame("回復コードを作り直す", "New recovery codes");
    page(form.status, &CodesPage { frame, form })
}

pub(super) async fn renew_codes(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/account/codes");
    let done = async {
        if !post.typed.wants_sending() {
            return codes_page(&post.visitor, without_secrets(form));
        }
        let tried = async {
            check_password(&app, &post).await?;
            let account = &post.visitor.who.account;
            let (codes, hashes) = factor::recovery_codes(|| app.random_bytes());
            let (region_id, account_id) = (account.region_id, account.id);
            let set = Proof::SetRecoveryCodes { region_id, account_id, codes: hashes };
            change(&app, &post, vec![set], AccountNews::RecoveryCodesRenewed, "renew_recovery_codes").await?;
            Ok(codes)
        };
        match tried.await {
            Ok(codes) => shown_once(&post.visitor, codes),
            Err(error) => codes_page(&post.visitor, without_secrets(form).refused(&app, error)?),
        }
    };
    post.answer(done.await)
}

pub(super) async fn password_form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/account/password", Typed::default());
    visitor.answer(password_page(&visitor, form))
}

fn password_page(visitor: &Visitor, form: Form) -> Result<Response, ApiError> {
    let frame = visitor.frame("パスワードを変える", "Change the password");
    let login = visitor.who.account.login.clone();
    page(form.status, &PasswordPage { frame, form, login })
}

pub(super) async fn change_password(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/account/password");
    let done = async {
        if !post.typed.wants_sending() {
            return password_page(&post.visitor, without_secrets(form));
        }
        let who = &post.visitor.who;
        let tried = async {
            check_password(&app, &post).await?;
            let account = &who.account;
            let set = secret::new_password(&app, account, "new_password", post.typed.get("new_password")).await?;
            let others = Proof::EndSessions { account_id: account.id, keep: Some(who.token_hash()) };
            change(&app, &post, vec![set, others], AccountNews::PasswordSet, "change_password").await
        };
        match tried.await {
            Ok(()) => Ok(Redirect::to("/account?done=password-set").into_response()),
            Err(error) => password_page(&post.visitor, without_secrets(form).refused(&app, error)?),
        }
    };
    post.answer(done.await)
}

/// Writes it down, with a mail to whoever's account it is.
async fn change(
    app: &App,
    post: &Post,
    credentials: Vec<Proof>,
    news: AccountNews,
    action: &str,
) -> Result<(), ApiError> {
    let who = &post.visitor.who;
    let deliveries = letters(app, &who.account, news);
    let audit = vec![who.audit_entry(app.now(), action)];
    app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await?;
    app.nudge();
    Ok(())
}

/// The password once more; a wrong one counts like a failed login.
pub(super) async fn check_password(app: &App, post: &Post) -> Result<(), ApiError> {
    let account: &Account = &post.visitor.who.account;
    let attempt = &post.attempt;
    attempt.is_locked(app).await?;
    let hash = app.store().account(account.id).await?.map(|account| account.password_hash);
    let verified = app.passwords().verify(post.typed.get("password"), hash).await?;
    let locked = attempt.is_locked(app).await?;
    if verified == Verified::Wrong || locked {
        let credentials = attempt.failed(app, Guessed::Password.unless(locked));
        let audit = vec![post.visitor.who.audit_entry(app.now(), "password_refused")];
        app.store().apply(Changes { credentials, audit, ..Changes::default() }).await?;
        return Err(Refusal::at("password", Fault::WrongPassword).into());
    }
    Ok(())
}

/// What a person knows her device by, out of what its browser says of itself.
pub(super) fn device(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map_or("不明", |(_, name)| name)
    };
    // Each browser also names those that it resembles: the most particular first.
    let browser = first(&[("Edg", "Edge"), ("Firefox/", "Firefox"), ("Chrome", "Chrome"), ("Safari/", "Safari")]);
    let system = first(&[
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    if (browser, system) == ("不明", "不明") {
        "不明な端末".to_owned()
    } else {
        format!("{browser}({system})")
    }
}

/// A secret is typed again, never drawn into a page.
pub(super) fn without_secrets(mut form: Form) -> Form {
    form.typed = form.typed.without_secrets();
    form
}

pub(super) fn shown_once(visitor: &Visitor, codes: Vec<String>) -> Result<Response, ApiError> {
    let frame = visitor.frame("回復コード", "Recovery codes");
    page(StatusCode::OK, &Codes { frame, codes, next: "/account".into(), held: None })
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_device_is_named_as_its_owner_would() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0";
        assert_eq!(device(edge), "Edge(Windows)");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1";
        assert_eq!(device(phone), "Safari(iPhone)");
        assert_eq!(device("curl/8"), "不明な端末");
    }
}
