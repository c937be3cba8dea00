//! Login (its first step) and logout.

use axum::Extension;
use axum::extract::{Form as SentForm, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::RequestId;
use domain::credential::Stage;
use serde::Deserialize;
use storage::SessionRow;

use super::second::{self, Going};
use super::view::entry::{Held, Resume};
use super::view::typed::{CSRF, Typed};
use super::visit::{encoded, login, login_after, outside, page, same_site};
use crate::error::ApiError;
use crate::login::log_in;
use crate::session::{Pending, SignedIn, cookie, hash_of};
use crate::state::App;
use crate::throttle::Client;

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
    #[serde(default)]
    done: String,
}

pub(super) async fn form(State(app): State<App>, Query(asked): Query<Next>) -> Response {
    login_after(&app, &asked.next, &asked.done)
}

/// Takes the password and leads on: to the second step, to where the visitor was going, or to the form that she was filling in.
pub(super) async fn enter(
    State(app): State<App>,
    client: Client,
    request_id: Option<Extension<RequestId>>,
    SentForm(pairs): SentForm<Vec<(String, String)>>,
) -> Response {
    let held = held(&pairs);
    let typed = Typed::from(pairs);
    let next = same_site(typed.get("next")).to_owned();
    let request_id = request_id.map_or_else(|| app.request_id(), |Extension(id)| id);
    let refused = match log_in(&app, &client, request_id, typed.get("login").trim(), typed.get("password")).await {
        Ok(session) => {
            let cookie = cookie(&app, &session.token).to_string();
            let going = Going { next, held };
            let shown = match session.stage {
                Stage::Open => onward(&app, going),
                _ if going.held.is_none() => {
                    Redirect::to(&format!("/login/second?next={}", encoded(&going.next))).into_response()
                }
                _ => match app.store().session(hash_of(&session.token)).await {
                    Ok(Some(SessionRow { account, session })) => {
                        second::step(&app, &Pending { account, session, request_id }, going, None, Typed::default())
                            .await
                    }
                    Ok(None) => Redirect::to("/login").into_response(),
                    Err(error) => {
                        let error = ApiError::from(error);
                        login(&app, &going.next, going.held, Some((&error, Typed::default())))
                    }
                },
            };
            return ([(header::SET_COOKIE, cookie)], shown).into_response();
        }
        Err(error) => error,
    };
    refused.log();
    let again = Typed::default().with("login", typed.get("login"));
    login(&app, &next, held, Some((&refused, again)))
}

/// Logged in: on to where the visitor was going, or back to her form.
pub(super) fn onward(app: &App, going: Going) -> Response {
    match going.held {
        Some(held) => {
            let frame = outside(app, "続きから再開", "Back to your form");
            page(axum::http::StatusCode::OK, &Resume { frame, csrf: String::new(), held })
                .unwrap_or_else(IntoResponse::into_response)
        }
        None => Redirect::to(&going.next).into_response(),
    }
}

/// What a form held when its session had ended, as the login page carries it.
pub(super) fn held(pairs: &[(String, String)]) -> Option<Held> {
    let to = pairs.iter().find(|(name, _)| name == "held_to").map(|(_, to)| same_site(to).to_owned())?;
    let kept = pairs.iter().filter_map(|(name, value)| Some((name.strip_prefix("held.")?.to_owned(), value.clone())));
    Some(Held { to, fields: kept.collect() })
}

pub(super) async fn leave(
    State(app): State<App>,
    who: Result<SignedIn, ApiError>,
    SentForm(pairs): SentForm<Vec<(String, String)>>,
) -> Response {
    let Ok(who) = who else { return Redirect::to("/login").into_response() };
    if who.check_form(Typed::from(pairs).get(CSRF)).is_err() {
        return Redirect::to("/").into_response();
    }
    if let Err(error) = who.log_out(&app).await {
        error.log();
    }
    ([(header::SET_COOKIE, cookie(&app, "").to_string())], Redirect::to("/login")).into_response()
}
