//! Screening: to try out, and to be kept.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Command;
use domain::case::Case;
use domain::{EncounterId, Fault, Refusal};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::{Reply, Shown};
use super::wire::screening::{DecisionBody, EvaluateBody, OutcomeView, ScreeningBody, ScreeningView};
use super::write::{Id, Read, Write};
use crate::error::ApiError;
use crate::run::{Answer, may_in_region, on_case};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(evaluate)).routes(routes!(screen))
}

/// What the list in force says of these answers; keeps nothing.
#[utoipa::path(
    post, path = "/api/v1/screenings/evaluate", tag = "screening", request_body = EvaluateBody,
    responses((status = 200, body = OutcomeView))
)]
async fn evaluate(
    State(app): State<App>,
    who: SignedIn,
    Read(body): Read<EvaluateBody>,
) -> Result<Shown<OutcomeView>, ApiError> {
    may_in_region(&who.actor, Command::ViewDirectory)?;
    let directory = app.store().directory(who.actor.region_id).await?;
    let agreement = app.agreement(&directory)?;
    if !agreement.checklist.unknown_in(&body.answers).is_empty() {
        return Err(Refusal::at("answers", Fault::UnknownCriterion).into());
    }
    let outcome = agreement.checklist.screen(&body.answers, &body.facts);
    Ok(Shown(OutcomeView::of(&outcome, &agreement.edition), None))
}

/// Screens the person of a stay and keeps the outcome with its reasons.
#[utoipa::path(
    post, path = "/api/v1/encounters/{id}/screenings", tag = "screening", params(("id" = uuid::Uuid, Path)),
    request_body = ScreeningBody, responses((status = 201, body = ScreeningView))
)]
async fn screen(
    State(app): State<App>,
    who: SignedIn,
    Id(id): Id<EncounterId>,
    Write { body, key, if_match }: Write<ScreeningBody>,
) -> Result<Reply, ApiError> {
    let decided = DecisionBody::parse(body.decision.as_ref())?;
    let sender = who.sender(key, if_match);
    let answer = |(): &(), case: &Case| match case.screening() {
        Some(screening) => Answer::json(StatusCode::CREATED, &ScreeningView::from(screening)),
        None => Answer::json(StatusCode::CREATED, &()),
    };
    let given = on_case(
        &app,
        &sender,
        id,
        Command::Screen,
        |decision| decision.screen(body.answers.clone(), decided.clone()).map(drop),
        answer,
    );
    given.await.map(Reply)
}
