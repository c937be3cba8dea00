//! Passkeys on one's own account: one more, one less. The script of the page (`assets/passkey.js`) asks for the challenge.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::credential::Passkey;
use domain::text::Line;
use domain::{Fault, PasskeyId, Refusal};

use super::account::{check_password, device, shown_once, without_secrets};
use super::view::account::{PasskeyLine, PasskeyPage, PasskeyRemovalPage};
use super::view::form::{Choice, Form};
use super::view::typed::{CSRF, Typed};
use super::view::words;
use super::visit::{Post, Visitor, page};
use crate::error::ApiError;
use crate::login;
use crate::state::App;
use crate::throttle::Client;

/// Where the script puts the authenticator's answer.
pub(super) const ANSWER: &str = "passkey";
/// What its owner calls it.
pub(super) const NAME: &str = "passkey_name";
const CHOSEN: &str = "passkey_id";

pub(super) async fn form(State(app): State<App>, client: Client, visitor: Visitor) -> Response {
    let suggested = Typed::default().with(NAME, device(&client.agent));
    let form = visitor.form(&app, "/account/passkeys", suggested);
    visitor.answer(draw(&app, &visitor, form))
}

fn draw(app: &App, visitor: &Visitor, form: Form) -> Result<Response, ApiError> {
    if app.settings().passkeys.is_none() {
        return Err(Fault::NotFound.into());
    }
    let frame = visitor.frame("パスキーを追加する", "Add a passkey");
    page(form.status, &PasskeyPage { frame, form })
}

/// For the script; the challenge itself is of no use to anybody else.
pub(super) async fn challenge(State(app): State<App>, post: Post) -> Response {
    let who = &post.visitor.who;
    let begun = async {
        who.check_form(post.typed.get(CSRF))?;
        login::challenge_to_add(&app, who).await
    };
    options(begun.await)
}

/// JSON, also where it can't be had.
pub(super) fn options(begun: Result<String, ApiError>) -> Response {
    match begun {
        Ok(options) => ([(header::CONTENT_TYPE, "application/json")], options).into_response(),
        Err(error) => error.into_response(),
    }
}

pub(super) async fn add(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/account/passkeys");
    let done = async {
        if !post.typed.wants_sending() {
            return draw(&app, &post.visitor, without_secrets(form));
        }
        let tried = async {
            let name = named(&post.typed)?;
            check_password(&app, &post).await?;
            login::add_passkey(&app, &post.visitor.who, name, post.typed.get(ANSWER)).await
        };
        match tried.await {
            Ok(codes) if codes.is_empty() => Ok(Redirect::to("/account?done=passkey-added").into_response()),
            Ok(codes) => shown_once(&post.visitor, codes),
            Err(error) => draw(&app, &post.visitor, without_secrets(form).refused(&app, error)?),
        }
    };
    post.answer(done.await)
}

/// The name out of a form.
pub(super) fn named(typed: &Typed) -> Result<Line, ApiError> {
    Line::parse(typed.get(NAME)).map_err(|fault| Refusal::at(NAME, fault).into())
}

pub(super) async fn removal_form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/account/passkeys/removal", Typed::default());
    visitor.answer(draw_removal(&app, &visitor, form).await)
}

async fn draw_removal(app: &App, visitor: &Visitor, form: Form) -> Result<Response, ApiError> {
    let account_id = visitor.who.account.id;
    let passkeys = app.store().passkeys(account_id).await?;
    let last = app.store().factors(account_id).await?.is_last();
    let choice = |passkey: &Passkey| {
        let added = words::full_day(passkey.added_at.day());
        Choice::new(passkey.id.to_string(), format!("{}({added}に追加)", passkey.name.as_str()), "")
    };
    let shown = PasskeyRemovalPage {
        frame: visitor.frame("パスキーを削除する", "Remove a passkey"),
        form,
        choices: passkeys.iter().map(choice).collect(),
        stays: last && app.settings().second_factor,
        last,
    };
    page(shown.form.status, &shown)
}

pub(super) async fn remove(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/account/passkeys/removal");
    let done = async {
        if !post.typed.wants_sending() {
            return draw_removal(&app, &post.visitor, without_secrets(form)).await;
        }
        let tried = async {
            let chosen: PasskeyId = post.typed.get(CHOSEN).parse().map_err(|_| Refusal::at(CHOSEN, Fault::Missing))?;
            check_password(&app, &post).await?;
            login::remove_passkey(&app, &post.visitor.who, chosen).await
        };
        match tried.await {
            Ok(()) => Ok(Redirect::to("/account?done=passkey-removed").into_response()),
            Err(error) => draw_removal(&app, &post.visitor, without_secrets(form).refused(&app, error)?).await,
        }
    };
    post.answer(done.await)
}

/// As the account's own page lists it.
pub(super) fn line(passkey: &Passkey) -> PasskeyLine {
    PasskeyLine {
        name: passkey.name.as_str().to_owned(),
        added: words::full_day(passkey.added_at.day()),
        used: passkey.last_used_at.map(|at| words::full_day(at.day())),
    }
}
