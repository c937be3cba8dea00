//! The link of an invitation: a person sets her password. Nothing of it opens a session; she logs in like everybody else.

use axum::Extension;
use axum::extract::{Form as SentForm, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::changes::Changes;
use domain::credential::{Hash, Proof};
use domain::delivery::AccountNews;
use domain::{Fault, RequestId};
use storage::{ApplyError, InvitationRow};

use super::view::form::Form;
use super::view::staff::InvitationPage;
use super::view::typed::Typed;
use super::view::words;
use super::visit::{outside, page, wrong};
use crate::error::ApiError;
use crate::login::letters;
use crate::secret;
use crate::session::{audit_of, hash_of};
use crate::state::App;

pub(super) async fn form(State(app): State<App>, Path(token): Path<String>) -> Response {
    let form = Form::new(format!("/invitation/{token}"), "", String::new(), Typed::default());
    let shown = async {
        let found = standing(&app, hash_of(&token)).await?;
        draw(&app, &found, form)
    };
    shown.await.unwrap_or_else(|error| failed(&app, &error))
}

/// Used, over or never made: one answer for all.
async fn standing(app: &App, token_hash: Hash) -> Result<InvitationRow, ApiError> {
    Ok(app.store().invitation(token_hash, app.now()).await?.ok_or(Fault::LinkOver)?)
}

fn draw(app: &App, found: &InvitationRow, form: Form) -> Result<Response, ApiError> {
    let shown = InvitationPage {
        frame: outside(app, "パスワードを決める", "Choose a password"),
        login: found.account.login.clone(),
        name: found.account.name.to_string(),
        until: words::full_instant(found.expires_at),
        form,
    };
    page(shown.form.status, &shown)
}

/// No session and so no token of one: whoever sends this form must know the link, which no foreign page does.
pub(super) async fn accept(
    State(app): State<App>,
    Path(token): Path<String>,
    request_id: Option<Extension<RequestId>>,
    SentForm(pairs): SentForm<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::from(pairs);
    let form = Form::new(format!("/invitation/{token}"), "", String::new(), Typed::default());
    let request_id = request_id.map_or_else(|| app.request_id(), |Extension(id)| id);
    let done = async {
        let token_hash = hash_of(&token);
        let found = standing(&app, token_hash).await?;
        match set(&app, &found, token_hash, typed.get("new_password"), request_id).await {
            Ok(()) => Ok(Redirect::to("/login?done=password-set").into_response()),
            Err(error) => draw(&app, &found, form.refused(&app, error)?),
        }
    };
    done.await.unwrap_or_else(|error| failed(&app, &error))
}

async fn set(
    app: &App,
    found: &InvitationRow,
    token_hash: Hash,
    password: &str,
    request_id: RequestId,
) -> Result<(), ApiError> {
    let account = &found.account;
    let set = secret::new_password(app, account, "new_password", password).await?;
    let account_id = account.id;
    let mut credentials =
        vec![Proof::Invited { token_hash, at: app.now() }, set, Proof::EndSessions { account_id, keep: None }];
    if found.reset_factor {
        credentials.push(Proof::DropFactors { account_id });
        credentials.push(Proof::DropIdentities { account_id });
    }
    let deliveries = letters(app, account, AccountNews::PasswordSet);
    let audit = vec![audit_of(account, app.now(), "accept_invitation", request_id)];
    match app.store().apply(Changes { credentials, deliveries, audit, ..Changes::default() }).await {
        Ok(_) => {
            app.nudge();
            Ok(())
        }
        Err(ApplyError::Stale) => Err(Fault::LinkOver.into()),
        Err(error) => Err(error.into()),
    }
}

fn failed(app: &App, error: &ApiError) -> Response {
    wrong(error, outside(app, "エラー", "Error"), String::new(), None)
}
