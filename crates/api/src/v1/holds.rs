//! 保全: what is kept from the purge, and until when. By id: whoever holds need not see whose record it is.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Command;
use domain::decide::{NewHold, hold, lift};
use domain::{Fault, HoldId, Refusal};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown};
use super::wire::hold::{HoldBody, HoldView, HoldsView, LiftBody, why};
use super::write::{Id, Write};
use crate::error::ApiError;
use crate::run::{Answer, Ground, held_record, may_in_region, run};
use crate::session::SignedIn;
use crate::state::App;

/// Holds in one answer.
const MOST: u32 = 1_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_holds, set_hold)).routes(routes!(lift_hold))
}

/// The region's holds, those that stand first.
#[utoipa::path(get, path = "/api/v1/holds", tag = "office", responses((status = 200, body = HoldsView)))]
async fn list_holds(State(app): State<App>, who: SignedIn) -> Result<Shown<HoldsView>, ApiError> {
    may_in_region(&who.actor, Command::HoldRecords)?;
    let holds = app.store().legal_holds(who.actor.region_id, MOST).await?;
    app.store().append_audit(vec![who.audit_entry(app.now(), "list_holds")]).await?;
    Ok(Shown(HoldsView { holds: holds.iter().map(HoldView::from).collect() }, None))
}

/// Holds a person's record, or one stay of hers, back from the purge.
#[utoipa::path(
    post, path = "/api/v1/holds", tag = "office", request_body = HoldBody, responses((status = 201, body = HoldView))
)]
async fn set_hold(
    State(app): State<App>,
    who: SignedIn,
    Write { body, key, if_match }: Write<HoldBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::HoldRecords)?;
    let why = why(&body.why)?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let patient_id = held_record(&app, &who.actor, body.patient_id, body.encounter_id).await?;
        let ground = Ground::of(&app, &who.actor).await?;
        let new = NewHold { patient_id, encounter_id: body.encounter_id, why: why.clone() };
        let (id, changes) = hold(&ground.context(&app, &sender)?, new)?;
        let answer = view(StatusCode::CREATED, &changes).at(format!("/api/v1/holds/{id}"));
        Ok((changes, answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}

/// Lifts a hold: the retention runs as if it had never been.
#[utoipa::path(
    post, path = "/api/v1/holds/{id}/lifting", tag = "office", params(("id" = Uuid, Path)),
    request_body = LiftBody, responses((status = 201, body = HoldView))
)]
async fn lift_hold(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<HoldId>,
    Write { body, key, if_match }: Write<LiftBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::HoldRecords)?;
    let why = why(&body.why)?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let held = app.store().legal_hold(who.actor.region_id, id).await?;
        let held = held.ok_or_else(|| Refusal::from(Fault::NotFound))?;
        let ground = Ground::of(&app, &who.actor).await?;
        let changes = lift(&ground.context(&app, &sender)?, &held, why.clone())?;
        let answer = view(StatusCode::CREATED, &changes);
        Ok((changes, answer))
    };
    run(&app, &sender, decide).await.map(Reply)
}

fn view(status: StatusCode, changes: &domain::changes::Changes) -> Answer {
    Answer::json(status, &changes.holds.first().map(HoldView::from))
}
