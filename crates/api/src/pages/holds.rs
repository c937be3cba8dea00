//! 保全: set and lifted by number, with a reason; for the administrator and the municipality, who see no name.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::access::Command;
use domain::decide::{NewHold, hold, lift};
use domain::retention::LegalHold;
use domain::text::Line;
use domain::{Fault, HoldId, Refusal};

use super::shape;
use super::view::consent::{HoldRow, Holds};
use super::view::form::Form;
use super::view::typed::Typed;
use super::view::words;
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::{Ground, held_record, may_in_region, run};
use crate::state::App;

/// Holds on the page.
const MOST: u32 = 200;

pub(super) async fn list(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(listed(&app, &visitor, None).await)
}

/// `sent`: a form of this page that was refused, to be shown in its place.
async fn listed(app: &App, visitor: &Visitor, sent: Option<Form>) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::HoldRecords)?;
    let region_id = visitor.who.actor.region_id;
    let holds = app.store().legal_holds(region_id, MOST).await?;
    let purges = app.store().purges(region_id).await?;
    app.store().append_audit(vec![visitor.who.audit_entry(app.now(), "list_holds")]).await?;
    let names = shape::names(app, holds.iter().map(|hold| hold.held_by).collect()).await?;
    let form = |action: &str| {
        let sent = sent.clone().filter(|form| form.action == action);
        sent.unwrap_or_else(|| visitor.form(app, action, Typed::default()))
    };
    let row = |hold: &LegalHold| HoldRow {
        what: match hold.encounter_id {
            Some(stay) => ("入院", stay.to_string()),
            None => ("本人", hold.patient_id.to_string()),
        },
        why: hold.why.to_string(),
        at: words::full_instant(hold.held_at),
        by: shape::named(&names, hold.held_by),
        lifted: hold.lifted.as_ref().map(|lifted| (words::full_instant(lifted.at), lifted.why.to_string())),
        lift: hold.lifted.is_none().then(|| form(&format!("/admin/holds/{}/lifting", hold.id)).marked(hold.id)),
    };
    let shown = Holds {
        frame: visitor.frame("記録の保全", "Legal holds"),
        years: app.agreement(&visitor.directory)?.retention.years_after_stay,
        rows: holds.iter().map(row).collect(),
        purges: purges.iter().map(|(at, before, _)| (words::full_instant(*at), words::full_day(*before))).collect(),
        form: form("/admin/holds"),
    };
    page(sent.as_ref().map_or(axum::http::StatusCode::OK, |form| form.status), &shown)
}

fn why(typed: &Typed) -> Result<Line, Refusal> {
    let why = Line::parse(typed.get("why"));
    why.map_err(|fault| Refusal::at("why", if fault == Fault::Missing { Fault::ReasonMissing } else { fault }))
}

/// A number that was typed; left empty, none.
fn number<T: std::str::FromStr>(typed: &Typed, field: &'static str) -> Result<Option<T>, Refusal> {
    let text = typed.get(field).trim();
    let parsed = (!text.is_empty()).then(|| text.parse::<T>()).transpose();
    parsed.map_err(|_| Refusal::at(field, Fault::UnknownId))
}

pub(super) async fn set(State(app): State<App>, post: Post) -> Response {
    let done = async {
        may_in_region(&post.visitor.who.actor, Command::HoldRecords)?;
        let form = post.form(&app, "/admin/holds");
        if !post.typed.wants_sending() {
            return listed(&app, &post.visitor, Some(form)).await;
        }
        answered(&app, &post, form, held(&app, &post).await).await
    };
    post.answer(done.await)
}

async fn held(app: &App, post: &Post) -> Result<crate::run::Answer, ApiError> {
    let (patient_id, encounter_id) = (number(&post.typed, "patient_id")?, number(&post.typed, "encounter_id")?);
    let why = why(&post.typed)?;
    let sender = post.sender(None);
    let decide = async || {
        let patient_id = held_record(app, sender.actor, patient_id, encounter_id).await?;
        let ground = Ground::of(app, sender.actor).await?;
        let new = NewHold { patient_id, encounter_id, why: why.clone() };
        let (_, changes) = hold(&ground.context(app, &sender)?, new)?;
        Ok((changes, leads_to("/admin/holds?done=held")))
    };
    run(app, &sender, decide).await
}

pub(super) async fn lift_hold(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    let done = async {
        may_in_region(&post.visitor.who.actor, Command::HoldRecords)?;
        let hold_id: HoldId = id(&wanted)?;
        let form = post.form(&app, format!("/admin/holds/{hold_id}/lifting"));
        if !post.typed.wants_sending() {
            return listed(&app, &post.visitor, Some(form)).await;
        }
        answered(&app, &post, form, lifted(&app, &post, hold_id).await).await
    };
    post.answer(done.await)
}

async fn lifted(app: &App, post: &Post, hold_id: HoldId) -> Result<crate::run::Answer, ApiError> {
    let why = why(&post.typed)?;
    let sender = post.sender(None);
    let decide = async || {
        let held = app.store().legal_hold(sender.actor.region_id, hold_id).await?.ok_or(Fault::NotFound)?;
        let ground = Ground::of(app, sender.actor).await?;
        let changes = lift(&ground.context(app, &sender)?, &held, why.clone())?;
        Ok((changes, leads_to("/admin/holds?done=lifted")))
    };
    run(app, &sender, decide).await
}

async fn answered(
    app: &App,
    post: &Post,
    form: Form,
    sent: Result<crate::run::Answer, ApiError>,
) -> Result<Response, ApiError> {
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => listed(app, &post.visitor, Some(form.refused(app, error)?)).await,
    }
}
