//! 外部システム: which systems of one's organization have a token; giving one, revoking it.

use axum::extract::State;
use axum::http::StatusCode;
use domain::MachineId;
use domain::access::Command;
use domain::machine::Machine;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown};
use super::wire::machine::{GivenMachineView, MachineBody, MachineView, MachinesView};
use super::write::{Id, Signal, Write};
use crate::error::ApiError;
use crate::machine::{give, revoke};
use crate::run::{Answer, may_ever};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_machines, add_machine)).routes(routes!(revoke_machine))
}

/// The systems of one's organization, with what they may, their end and their last use.
#[utoipa::path(get, path = "/api/v1/machines", tag = "machines", responses((status = 200, body = MachinesView)))]
async fn list_machines(State(app): State<App>, who: SignedIn) -> Result<Shown<MachinesView>, ApiError> {
    may_ever(&who.actor, Command::ManageMachines)?;
    let found = app.store().machines_of(who.actor.organization_id).await?;
    app.store().append_audit(vec![who.audit_entry(app.now(), Command::ManageMachines.name())]).await?;
    Ok(Shown(MachinesView { machines: found.iter().map(MachineView::from).collect() }, None))
}

/// Gives a system of one's organization a token. It is shown in this answer and never again.
#[utoipa::path(
    post, path = "/api/v1/machines", tag = "machines", request_body = MachineBody,
    responses((status = 201, body = GivenMachineView))
)]
async fn add_machine(
    State(app): State<App>,
    who: SignedIn,
    Write { body, key, if_match }: Write<MachineBody>,
) -> Result<Reply, ApiError> {
    may_ever(&who.actor, Command::ManageMachines)?;
    let new = body.parse()?;
    let sender = who.sender(key, if_match);
    let (answer, given) = give(&app, &sender, &new, |machine| shown(machine, None)).await?;
    Ok(Reply(given.map_or(answer, |given| shown(&given.machine, Some(given.token)))))
}

fn shown(machine: &Machine, token: Option<String>) -> Answer {
    let view = GivenMachineView { machine: machine.into(), token };
    Answer::json(StatusCode::CREATED, &view).at(format!("/api/v1/machines/{}", machine.id))
}

/// Ends a token at once.
#[utoipa::path(
    post, path = "/api/v1/machines/{id}/revocation", tag = "machines", params(("id" = Uuid, Path)),
    responses((status = 200, body = MachineView))
)]
async fn revoke_machine(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<MachineId>,
    signal: Signal,
) -> Result<Reply, ApiError> {
    may_ever(&who.actor, Command::ManageMachines)?;
    let sender = who.sender(signal.key, signal.if_match);
    let answer = |machine: &Machine| Answer::json(StatusCode::OK, &MachineView::from(machine));
    revoke(&app, &sender, id, answer).await.map(Reply)
}
