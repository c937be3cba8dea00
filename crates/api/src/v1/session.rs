//! Login, logout, and who is behind a token.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::RequestId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown};
use super::wire::party::{CodeBody, LoginBody, MeView, SessionView};
use super::write::{Read, Signal};
use crate::error::ApiError;
use crate::login;
use crate::run::Answer;
use crate::session::{Pending, SignedIn};
use crate::state::App;
use crate::throttle::Client;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(log_in, log_out)).routes(routes!(second_factor)).routes(routes!(me))
}

/// Logs in; the token is shown once. With `stage` other than `open` it is good for the next step alone: `second_factor` is given here,
/// an `enrolment` only on the page.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LoginBody, responses((status = 201, body = SessionView)))]
async fn log_in(
    State(app): State<App>,
    client: Client,
    request_id: Option<Extension<RequestId>>,
    Read(body): Read<LoginBody>,
) -> Result<Reply, ApiError> {
    let request_id = request_id.map_or_else(|| app.request_id(), |Extension(id)| id);
    let begun = login::log_in(&app, &client, request_id, &body.login, &body.password).await?;
    Ok(Reply(Answer::json(StatusCode::CREATED, &SessionView::from(begun))))
}

/// The second step of a login, with the token of the first: a code of the authenticator, or a recovery code; a passkey is used
/// on the page alone. The answer's token is a new one.
#[utoipa::path(
    post, path = "/api/v1/session/second-factor", tag = "session", request_body = CodeBody,
    responses((status = 201, body = SessionView))
)]
async fn second_factor(
    State(app): State<App>,
    client: Client,
    pending: Pending,
    Read(body): Read<CodeBody>,
) -> Result<Reply, ApiError> {
    let begun = login::give_code(&app, &client, &pending, &body.code).await?;
    Ok(Reply(Answer::json(StatusCode::CREATED, &SessionView::from(begun))))
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
        scopes: who.machine.as_ref().map(domain::machine::Machine::scopes),
        expires_at: who.machine.as_ref().map(|machine| machine.expires_at),
    };
    Ok(Shown(view, None))
}
