//! Who opens a page, what was sent with a form, and what is shown when it can't be done.
//!
//! - [`Visitor`] — the person behind a page, with the directory. Without a session she is led to the login and back.
//! - [`Post`] — a form that was sent, its session and token checked. Without a session, or while the database is down, what was typed
//!   is held in the page that says so, and goes on from there: nothing is kept on the server for nobody.
//!
//! A form is only taken with the session's own token; a form that is merely looked at again (any button but "send") changes nothing and
//! needs none.

use std::str::FromStr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form as SentForm, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use domain::access::Command;
use domain::directory::Directory;
use domain::refusal::FaultKind;
use domain::{EncounterId, Fault, NoticeId, PatientId};

use super::view::entry::{Held, Login, Wrong};
use super::view::form::{Form, FormError, is_chosen};
use super::view::frame::{Frame, User, done};
use super::view::typed::{CSRF, KEY, Typed};
use crate::error::ApiError;
use crate::run::{Answer, IdempotencyKey, Sender};
use crate::session::SignedIn;
use crate::state::App;
use crate::throttle::{Attempt, Client};

/// The person behind a page.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) who: SignedIn,
    pub(super) directory: Arc<Directory>,
    pub(super) today: NaiveDate,
    path: String,
    done: Option<(&'static str, &'static str)>,
    demo: bool,
}

/// A form that was sent by somebody who may send it.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) visitor: Visitor,
    pub(super) typed: Typed,
    /// For what asks for the password again.
    pub(super) attempt: Attempt,
}

impl Visitor {
    async fn of(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let who = SignedIn::from_request_parts(parts, app).await?;
        let directory = app.store().directory(who.actor.region_id).await?;
        let query = parts.uri.query().unwrap_or_default();
        let code = query.split('&').find_map(|pair| pair.strip_prefix("done="));
        Ok(Self {
            who,
            directory,
            today: app.now().day(),
            path: parts.uri.path().to_owned(),
            done: code.and_then(done),
            demo: app.settings().demo,
        })
    }

    pub(super) fn frame(&self, title: &'static str, title_en: &'static str) -> Frame {
        let actor = &self.who.actor;
        let organization = self.directory.organization(actor.organization_id).map_or("", |o| o.name.as_str());
        let ward = actor.ward_id.and_then(|id| self.directory.ward(id)).map_or("", |ward| ward.name.as_str());
        let user = User {
            name: self.who.account.name.to_string(),
            place: format!("{organization} {ward}").trim().to_owned(),
            role: actor.role,
            csrf: self.who.csrf.clone(),
        };
        Frame { done: self.done, demo: self.demo, ..Frame::new(title, title_en, self.today).of(user, &self.path) }
    }

    /// An empty form (or one with suggestions), with a key of its own.
    pub(super) fn form(&self, app: &App, action: impl Into<String>, typed: Typed) -> Form {
        let key = app.request_id().to_string();
        Form::new(action, &self.who.csrf, key, typed)
    }

    pub(super) fn answer(&self, result: Result<Response, ApiError>) -> Response {
        result.unwrap_or_else(|error| self.wrong(&error, None))
    }

    fn wrong(&self, error: &ApiError, held: Option<Held>) -> Response {
        wrong(error, self.frame("エラー", "Error"), self.who.csrf.clone(), held)
    }

    /// Puts a look at a record on the audit trail.
    pub(super) async fn seen(
        &self,
        app: &App,
        command: Command,
        patient_id: Option<PatientId>,
        encounter_id: Option<EncounterId>,
        notice_id: Option<NoticeId>,
    ) -> Result<(), ApiError> {
        let mut entry = self.who.audit_entry(app.now(), command.name());
        (entry.patient_id, entry.encounter_id, entry.notice_id) = (patient_id, encounter_id, notice_id);
        Ok(app.store().append_audit(vec![entry]).await?)
    }
}

impl Post {
    /// The form as it was sent: to be shown again.
    pub(super) fn form(&self, app: &App, action: impl Into<String>) -> Form {
        let mut form = self.visitor.form(app, action, self.typed.clone());
        let key = self.typed.get(KEY);
        if !key.is_empty() {
            key.clone_into(&mut form.key);
        }
        form
    }

    pub(super) fn sender(&self, if_match: Option<i64>) -> Sender<'_> {
        let key = IdempotencyKey::new(self.typed.get(KEY), "POST", &self.visitor.path, &self.typed.fingerprint());
        self.visitor.who.sender(key, if_match)
    }

    /// Whatever could not be answered in the form itself still gives everything back.
    pub(super) fn answer(&self, result: Result<Response, ApiError>) -> Response {
        result.unwrap_or_else(|error| {
            let held = matches!(error.status().as_u16(), 500..|403| 409).then(|| held(&self.visitor.path, &self.typed));
            self.visitor.wrong(&error, held)
        })
    }
}

impl Form {
    /// The form with what is wrong beside its fields; an error that no form can show comes back.
    pub(super) fn refused(mut self, app: &App, error: ApiError) -> Result<Self, ApiError> {
        self.status = error.status();
        let mut note = |error: FormError| self.errors.push(error);
        match &error {
            ApiError::Refused(refusal) if matches!(refusal.kind(), FaultKind::NotFound | FaultKind::NotAllowed) => {
                return Err(error);
            }
            ApiError::Refused(refusal) => {
                for (field, fault) in &refusal.faults {
                    if *fault == Fault::KeyReused {
                        let message = "この画面の内容は、すでに送信されています。別の内容として送るときは、もう一度送信してください。";
                        note(FormError::new(
                            "",
                            message,
                            "this form was sent already; send it again if it is something else",
                        ));
                        self.key = app.request_id().to_string();
                        break;
                    }
                    let missing = *fault == Fault::Missing && is_chosen(field);
                    let chosen = || FormError::new(*field, "選んでください。", "is to be chosen");
                    note(if missing { chosen() } else { FormError::of(*field, fault) });
                }
            }
            ApiError::Busy => note(FormError::new("", error.problem().detail, error.in_english())),
            ApiError::Store(inside) if inside.is_transient() => {
                note(FormError::new("", error.problem().detail, error.in_english()));
            }
            _ => return Err(error),
        }
        error.log();
        Ok(self)
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        match Self::of(parts, app).await {
            Ok(visitor) => Ok(visitor),
            Err(ApiError::NotLoggedIn) => {
                let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
                let next = if parts.method == Method::GET { here } else { "/" };
                Err(Redirect::to(&format!("/login?next={}", encoded(next))).into_response())
            }
            Err(error) => Err(wrong(&error, outside(app, "エラー", "Error"), String::new(), None)),
        }
    }
}

impl FromRequest<App> for Post {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let visitor = Visitor::of(&mut parts, app).await;
        let Ok(client) = Client::from_request_parts(&mut parts, app).await;
        let sent = SentForm::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), app).await;
        let typed = match sent {
            Ok(SentForm(pairs)) => Typed::from(pairs),
            Err(refused) => {
                let error = match refused.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge,
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::WrongMediaType,
                    _ => ApiError::Unreadable("form"),
                };
                return Err(match visitor {
                    Ok(visitor) => visitor.wrong(&error, None),
                    Err(_) => wrong(&error, outside(app, "エラー", "Error"), String::new(), None),
                });
            }
        };
        let visitor = match visitor {
            Ok(visitor) => visitor,
            Err(ApiError::NotLoggedIn) => return Err(login(app, "/", Some(held(&path, &typed)), None)),
            Err(error) => {
                let held = held(&path, &typed);
                return Err(wrong(&error, outside(app, "エラー", "Error"), String::new(), Some(held)));
            }
        };
        if typed.is_garbled() {
            return Err(visitor.wrong(&ApiError::Unreadable("encoding"), None));
        }
        if typed.wants_sending()
            && let Err(error) = visitor.who.check_form(typed.get(CSRF))
        {
            return Err(visitor.wrong(&error, Some(held(&path, &typed))));
        }
        let attempt = Attempt::new(&visitor.who.account.login, &client);
        Ok(Self { visitor, typed, attempt })
    }
}

/// Draws a page.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Result<Response, ApiError> {
    let html = template.render().map_err(|_| ApiError::Inside("a page could not be drawn"))?;
    Ok((status, Html(html)).into_response())
}

/// On to the page that an answer names.
pub(super) fn onward(answer: Answer) -> Response {
    let location = answer.location.filter(|to| to.starts_with('/') && !to.starts_with("/api/"));
    Redirect::to(location.as_deref().unwrap_or("/")).into_response()
}

/// An answer that leads to a page.
pub(super) fn leads_to(location: impl Into<String>) -> Answer {
    Answer::json(StatusCode::SEE_OTHER, &()).at(location)
}

/// An id out of a path or a field; what is none names nothing.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|_| Fault::NotFound.into())
}

/// The login page, holding a form that came without a session.
pub(super) fn login(app: &App, next: &str, held: Option<Held>, refused: Option<(&ApiError, Typed)>) -> Response {
    let mut form = Form::new("/login", "", String::new(), Typed::default());
    let mut status = if held.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    if let Some((error, typed)) = refused {
        status = error.status();
        form.errors.push(FormError::new("", error.problem().detail, error.in_english()));
        form.typed = typed;
    }
    let frame = outside(app, "ログイン", "Log in");
    let shown = Login { frame, form, next: same_site(next).to_owned(), held, outside: provider(app) };
    page(status, &shown).unwrap_or_else(IntoResponse::into_response)
}

/// The login page, saying what has just been done (`?done=`).
pub(super) fn login_after(app: &App, next: &str, code: &str) -> Response {
    let form = Form::new("/login", "", String::new(), Typed::default());
    let frame = Frame { done: done(code), ..outside(app, "ログイン", "Log in") };
    let next = same_site(next).to_owned();
    let shown = Login { frame, form, next, held: None, outside: provider(app) };
    page(StatusCode::OK, &shown).unwrap_or_else(IntoResponse::into_response)
}

/// What the login page calls the outside provider.
pub(super) fn provider(app: &App) -> Option<String> {
    app.settings().oidc.as_ref().map(|oidc| oidc.name().to_owned())
}

/// Only paths of this site: a login leads nowhere else.
pub(super) fn same_site(next: &str) -> &str {
    let plain = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if plain && !next.starts_with("/log") { next } else { "/" }
}

fn held(path: &str, typed: &Typed) -> Held {
    let kept = |name: &str| name != super::view::typed::ACTION;
    let fields =
        typed.content().filter(|(name, _)| kept(name)).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Held { to: path.to_owned(), fields: fields.collect() }
}

pub(super) fn outside(app: &App, title: &'static str, title_en: &'static str) -> Frame {
    Frame { demo: app.settings().demo, ..Frame::new(title, title_en, app.now().day()) }
}

pub(super) fn wrong(error: &ApiError, frame: Frame, csrf: String, held: Option<Held>) -> Response {
    error.log();
    let problem = error.problem();
    let again = error.status().is_server_error();
    let words = vec![(problem.detail, error.in_english())];
    let shown = Wrong { frame, status: problem.status, words, csrf, held, again };
    page(error.status(), &shown).unwrap_or_else(IntoResponse::into_response)
}

/// For a query: everything but the plainest characters as %XX.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_only_to_this_site() {
        assert_eq!(same_site("/encounters/1?x=y"), "/encounters/1?x=y");
        for foreign in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "/login", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(same_site(foreign), "/", "{foreign:?}");
        }
    }

    #[test]
    fn a_next_address_survives_its_query() {
        assert_eq!(encoded("/survey?period=202610-202610"), "/survey%3Fperiod%3D202610-202610");
    }
}
