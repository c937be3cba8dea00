//! Login and logout.

use axum::extract::{Form as SentForm, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::view::entry::{Held, Resume};
use super::view::typed::{CSRF, Typed};
use super::visit::{login, outside, page, same_site};
use crate::error::ApiError;
use crate::session::{SignedIn, cookie, log_in};
use crate::state::App;

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

pub(super) async fn form(State(app): State<App>, Query(asked): Query<Next>) -> Response {
    login(&app, &asked.next, None, None)
}

/// Logs in and leads on: to where the visitor was going, or to the form that she was filling in.
pub(super) async fn enter(State(app): State<App>, SentForm(pairs): SentForm<Vec<(String, String)>>) -> Response {
    let held = held(&pairs);
    let typed = Typed::from(pairs);
    let next = same_site(typed.get("next")).to_owned();
    let refused = match log_in(&app, typed.get("login").trim(), typed.get("password").to_owned()).await {
        Ok(session) => {
            let cookie = cookie(&app, &session.token).to_string();
            let onward = match held {
                Some(held) => {
                    let frame = outside(&app, "続きから再開", "Back to your form");
                    page(axum::http::StatusCode::OK, &Resume { frame, csrf: String::new(), held })
                        .unwrap_or_else(IntoResponse::into_response)
                }
                None => Redirect::to(&next).into_response(),
            };
            return ([(header::SET_COOKIE, cookie)], onward).into_response();
        }
        Err(error) => error,
    };
    refused.log();
    let again = Typed::default().with("login", typed.get("login"));
    login(&app, &next, held, Some((&refused, again)))
}

/// What a form held when its session had ended, as the login page carries it.
fn held(pairs: &[(String, String)]) -> Option<Held> {
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
