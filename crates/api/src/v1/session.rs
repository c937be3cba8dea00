//! Login, logout, and who is behind a token.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown};
use super::wire::party::{LoginBody, MeView, SessionView};
use super::write::{Read, Signal};
use crate::error::ApiError;
use crate::run::Answer;
use crate::session::{self, SignedIn};
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(log_in, log_out)).routes(routes!(me))
}

/// Logs in; the token is shown once.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LoginBody, responses((status = 201, body = SessionView)))]
async fn log_in(State(app): State<App>, Read(body): Read<LoginBody>) -> Result<Reply, ApiError> {
    let begun = session::log_in(&app, &body.login, body.password).await?;
    let (name, role) = (begun.account.name, begun.account.role);
    let view = SessionView { token: begun.token, expires_at: begun.expires_at, name, role };
    Ok(Reply(Answer::json(StatusCode::CREATED, &view)))
}

/// Ends the session of this token.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204, description = "Ended.")))]
async fn log_out(State(app): State<App>, who: SignedIn, _: Signal) -> Result<Response, ApiError> {
    who.log_out(&app).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/me", tag = "session", responses((status = 200, body = MeView)))]
async fn me(State(app): State<App>, who: SignedIn) -> Result<Shown<MeView>, ApiError> {
    let directory = app.store().directory(who.actor.region_id).await?;
    let organization = directory.organization(who.actor.organization_id);
    let view = MeView {
        account_id: who.actor.account_id.uuid(),
        name: who.account.name,
        role: who.actor.role,
        region_id: who.actor.region_id.uuid(),
        region_name: directory.region.name.clone(),
        organization_id: who.actor.organization_id.uuid(),
        organization_name: organization.map(|organization| organization.name.to_string()),
        ward_id: who.actor.ward_id.map(domain::WardId::uuid),
        care_manager_id: who.actor.care_manager_id.map(domain::CareManagerId::uuid),
    };
    Ok(Shown(view, None))
}
