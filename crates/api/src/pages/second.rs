//! The second step of a login: a passkey or a code, or setting one of them up.

use axum::extract::{Form as SentForm, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::credential::Stage;

use super::account::device;
use super::entry::{Next, held, onward};
use super::passkeys::{self, ANSWER, NAME};
use super::view::account::{Codes, Enrol, Second};
use super::view::entry::Held;
use super::view::form::{Form, FormError};
use super::view::typed::{CSRF, Typed};
use super::visit::{login, outside, page, same_site, wrong};
use crate::error::ApiError;
use crate::factor;
use crate::login::{self, NewSession};
use crate::session::{Pending, cookie};
use crate::state::App;
use crate::throttle::Client;

/// Where the visitor was going, and what she had typed.
#[derive(Debug, Default)]
pub(super) struct Going {
    pub(super) next: String,
    pub(super) held: Option<Held>,
}

pub(super) async fn form(
    State(app): State<App>,
    pending: Result<Pending, ApiError>,
    Query(asked): Query<Next>,
) -> Response {
    let going = Going { next: same_site(&asked.next).to_owned(), held: None };
    match pending {
        Ok(pending) => step(&app, &pending, going, None, Typed::default()).await,
        Err(ApiError::NotLoggedIn) => Redirect::to("/login").into_response(),
        Err(error) => failed(&app, &error),
    }
}

/// The page of the step that comes next.
pub(super) async fn step(
    app: &App,
    pending: &Pending,
    going: Going,
    refused: Option<&ApiError>,
    typed: Typed,
) -> Response {
    let typed = if typed.get(NAME).is_empty() { typed.with(NAME, device(&pending.session.agent)) } else { typed };
    let mut form = Form::new("/login/second", &pending.session.csrf, String::new(), typed);
    let mut status = if going.held.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    if let Some(error) = refused {
        status = error.status();
        let field = if matches!(error, ApiError::Refused(_)) { NAME } else { "" };
        form.errors.push(FormError::new(field, error.problem().detail, error.in_english()));
    }
    let Going { next, held } = going;
    let drawn = async {
        if pending.session.stage == Stage::SecondFactor {
            let frame = outside(app, "確認コード", "Second step");
            let factors = app.store().factors(pending.account.id).await?;
            let has_passkey = factors.passkeys > 0 && app.settings().passkeys.is_some();
            return page(status, &Second { frame, form, has_passkey, has_totp: factors.totp.is_some(), next, held });
        }
        let secret = login::enrolling(app, pending.session.token_hash).await?;
        let setup = factor::setup(&secret, &pending.account.login)?;
        let frame = outside(app, "二つ目の確認の設定", "Set up the second step");
        page(status, &Enrol { frame, form, passkeys_on: app.settings().passkeys.is_some(), setup, next, held })
    };
    drawn.await.unwrap_or_else(|error| failed(app, &error))
}

pub(super) async fn enter(
    State(app): State<App>,
    client: Client,
    pending: Result<Pending, ApiError>,
    SentForm(pairs): SentForm<Vec<(String, String)>>,
) -> Response {
    let held = held(&pairs);
    let typed = Typed::from(pairs);
    let going = Going { next: same_site(typed.get("next")).to_owned(), held };
    let pending = match pending {
        Ok(pending) => pending,
        // It took too long: from the start, with everything still in hand.
        Err(ApiError::NotLoggedIn) => return login(&app, &going.next, going.held, None),
        Err(error) => return failed(&app, &error),
    };
    if let Err(error) = pending.check_form(typed.get(CSRF)) {
        return step(&app, &pending, going, Some(&error), typed.without_secrets()).await;
    }
    match given(&app, &client, &pending, &typed).await {
        Ok((session, codes)) => {
            let set = [(header::SET_COOKIE, cookie(&app, &session.token).to_string())];
            let shown = if codes.is_empty() { onward(&app, going) } else { codes_page(&app, codes, going) };
            (set, shown).into_response()
        }
        Err(error) => {
            error.log();
            step(&app, &pending, going, Some(&error), typed.without_secrets()).await
        }
    }
}

/// The session that what was given opens, with recovery codes when it was set up just now.
async fn given(
    app: &App,
    client: &Client,
    pending: &Pending,
    typed: &Typed,
) -> Result<(NewSession, Vec<String>), ApiError> {
    let code = typed.get("code");
    // The form of the passkey carries its field, the form of the code does not.
    match (pending.session.stage, typed.all(ANSWER).next()) {
        (Stage::SecondFactor, None) => {
            login::give_code(app, client, pending, code).await.map(|session| (session, Vec::new()))
        }
        (Stage::SecondFactor, Some(answer)) => {
            login::give_passkey(app, client, pending, answer).await.map(|session| (session, Vec::new()))
        }
        (_, None) => login::enrol(app, client, pending, code).await,
        (_, Some(answer)) => login::enrol_passkey(app, client, pending, passkeys::named(typed)?, answer).await,
    }
}

/// For the script of the page.
pub(super) async fn challenge(
    State(app): State<App>,
    pending: Result<Pending, ApiError>,
    SentForm(pairs): SentForm<Vec<(String, String)>>,
) -> Response {
    let begun = async {
        let pending = pending?;
        pending.check_form(Typed::from(pairs).get(CSRF))?;
        login::challenge(&app, &pending).await
    };
    passkeys::options(begun.await)
}

fn codes_page(app: &App, codes: Vec<String>, going: Going) -> Response {
    let frame = outside(app, "回復コード", "Recovery codes");
    page(StatusCode::OK, &Codes { frame, codes, next: going.next, held: going.held })
        .unwrap_or_else(IntoResponse::into_response)
}

fn failed(app: &App, error: &ApiError) -> Response {
    wrong(error, outside(app, "エラー", "Error"), String::new(), None)
}
