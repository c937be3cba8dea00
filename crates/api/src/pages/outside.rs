//! Accounts of an outside provider: the way there and back, and linking one on one's own account. The rules: [`crate::login`].
//!
//! A login sets out by a link, which leads on by itself. Linking sets out by a form, since it takes the password, and no form of ours may
//! lead elsewhere; so its answer is a page that leads on.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{AccountId, RequestId};
use serde::Deserialize;

use super::account::{check_password, without_secrets};
use super::entry::Next;
use super::view::account::{IdentityLine, OnwardPage, OutsidePage};
use super::view::form::{Choice, Form};
use super::view::typed::Typed;
use super::view::words;
use super::visit::{Post, Visitor, login, outside, page, provider, same_site, wrong};
use crate::error::ApiError;
use crate::login::{self, Arrived};
use crate::oidc::{Brought, Outside};
use crate::session::{SignedIn, cookie, outside_cookie, outside_token};
use crate::state::App;
use crate::throttle::Client;

const PAGE: &str = "/account/oidc";

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// The code of an [`Outside`].
    #[serde(default)]
    failed: String,
}

/// From the login page to the provider.
pub(super) async fn set_out(State(app): State<App>, Query(asked): Query<Next>) -> Response {
    let next = same_site(&asked.next);
    match login::set_out(&app, next, None).await {
        Ok(way) => {
            let held = outside_cookie(&app, &way.token).to_string();
            ([(header::SET_COOKIE, held)], Redirect::to(&way.to)).into_response()
        }
        Err(error) => refused(&app, next, &error),
    }
}

/// From the provider back here.
pub(super) async fn arrive(
    State(app): State<App>,
    client: Client,
    request_id: Option<Extension<RequestId>>,
    headers: HeaderMap,
    who: Result<SignedIn, ApiError>,
    Query(brought): Query<Brought>,
) -> Response {
    let request_id = request_id.map_or_else(|| app.request_id(), |Extension(id)| id);
    let token = outside_token(&headers, &app);
    match login::arrive(&app, &client, request_id, token, &brought, who.ok().as_ref()).await {
        Ok(Arrived::LoggedIn { session, next }) => {
            let set = [(header::SET_COOKIE, cookie(&app, &session.token).to_string())];
            (set, Redirect::to(same_site(&next))).into_response()
        }
        Ok(Arrived::Linking(Ok(()))) => Redirect::to("/account?done=outside-linked").into_response(),
        Ok(Arrived::Linking(Err(why))) => Redirect::to(&format!("{PAGE}?failed={}", why.words().0)).into_response(),
        Err(error) => refused(&app, "/", &error),
    }
}

/// The login page with what went wrong; a page of its own for what no login can mend.
fn refused(app: &App, next: &str, error: &ApiError) -> Response {
    error.log();
    match error {
        ApiError::Refused(_) => wrong(error, outside(app, "エラー", "Error"), String::new(), None),
        _ => login(app, next, None, Some((error, Typed::default()))),
    }
}

pub(super) async fn form(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let form = visitor.form(&app, PAGE, Typed::default());
    let failed = Outside::ALL.into_iter().find(|why| why.words().0 == asked.failed);
    visitor.answer(draw(&app, &visitor, form, failed).await)
}

async fn draw(app: &App, visitor: &Visitor, form: Form, failed: Option<Outside>) -> Result<Response, ApiError> {
    let identities = lines(app, visitor.who.account.id).await?;
    let here = app.settings().oidc.as_ref();
    let choice = |line: &IdentityLine| Choice::new(line.issuer.clone(), line.name.clone(), "");
    let shown = OutsidePage {
        frame: visitor.frame("外部アカウント", "Outside account"),
        form,
        outside: provider(app),
        linkable: here.is_some_and(|oidc| identities.iter().all(|identity| identity.issuer != oidc.issuer())),
        choices: identities.iter().map(choice).collect(),
        identities,
        failed: failed.map(|why| (why.words().1, why.to_string())),
    };
    page(shown.form.status, &shown)
}

pub(super) async fn link(State(app): State<App>, post: Post) -> Response {
    let setting_out = login::set_out(&app, PAGE, Some(&post.visitor.who));
    let done = with_password(&app, &post, setting_out, |way| {
        let frame = post.visitor.frame("外部サービスへ移動します", "On to the provider");
        let name = provider(&app).unwrap_or_default();
        let held = outside_cookie(&app, &way.token).to_string();
        let shown = page(StatusCode::OK, &OnwardPage { frame, name, to: way.to })?;
        Ok(([(header::SET_COOKIE, held)], shown).into_response())
    });
    let done = done.await;
    post.answer(done)
}

pub(super) async fn unlink(State(app): State<App>, post: Post) -> Response {
    let unlinking = login::unlink(&app, &post.visitor.who, post.typed.get("issuer"));
    let unlinked = |()| Ok(Redirect::to("/account?done=outside-unlinked").into_response());
    let done = with_password(&app, &post, unlinking, unlinked).await;
    post.answer(done)
}

/// Does what was asked for by somebody who has given her password again; else the page once more, with why not.
async fn with_password<T>(
    app: &App,
    post: &Post,
    asked: impl Future<Output = Result<T, ApiError>>,
    done: impl FnOnce(T) -> Result<Response, ApiError>,
) -> Result<Response, ApiError> {
    let form = without_secrets(post.form(app, PAGE));
    if !post.typed.wants_sending() {
        return draw(app, &post.visitor, form, None).await;
    }
    let tried = async {
        check_password(app, post).await?;
        asked.await
    };
    match tried.await {
        Ok(came) => done(came),
        Err(ApiError::Outside(why)) => {
            let form = Form { status: ApiError::from(why).status(), ..form };
            draw(app, &post.visitor, form, Some(why)).await
        }
        Err(error) => draw(app, &post.visitor, form.refused(app, error)?, None).await,
    }
}

/// As the account's own page lists them.
pub(super) async fn lines(app: &App, id: AccountId) -> Result<Vec<IdentityLine>, ApiError> {
    let configured = app.settings().oidc.as_ref();
    let identities = app.store().outside_identities(id).await?;
    let line = |identity: domain::credential::OutsideIdentity| {
        let name = configured.filter(|oidc| oidc.issuer() == identity.issuer);
        IdentityLine {
            name: name.map_or_else(|| identity.issuer.clone(), |oidc| oidc.name().to_owned()),
            linked: words::full_day(identity.linked_at.day()),
            used: identity.last_used_at.map(|at| words::full_day(at.day())),
            issuer: identity.issuer,
        }
    };
    Ok(identities.into_iter().map(line).collect())
}
