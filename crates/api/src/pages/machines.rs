//! 外部システム: an administrator's list of her organization's systems, giving a token, revoking it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Days;
use domain::access::Command;
use domain::decide::NewMachine;
use domain::machine::{Machine, Scope, role_of};
use domain::party::OrganizationKind;
use domain::refusal::Faults;
use domain::text::Line;
use domain::{Fault, Refusal};

use super::shape;
use super::view::form::{Choice, Form, Group};
use super::view::machines::{MachineRow, MachinesPage, TokenPage};
use super::view::typed::{Typed, parse_day};
use super::view::words::{self, Badge, Tone};
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::machine::{give, revoke};
use crate::run::may_ever;
use crate::state::App;

const HERE: &str = "/admin/machines";
/// So many days ahead the end of a token is pointed out.
const SOON: i64 = 14;

pub(super) async fn list(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(listed(&app, &visitor, None).await)
}

/// `sent`: the form of this page that was refused.
async fn listed(app: &App, visitor: &Visitor, sent: Option<Form>) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    may_ever(actor, Command::ManageMachines)?;
    let found = app.store().machines_of(actor.organization_id).await?;
    app.store().append_audit(vec![visitor.who.audit_entry(app.now(), Command::ManageMachines.name())]).await?;
    let names = shape::names(app, found.iter().map(|machine| machine.made_by).collect()).await?;
    let usual = visitor.today + Days::new(Machine::USUAL_DAYS.unsigned_abs());
    let form = sent.unwrap_or_else(|| visitor.form(app, HERE, Typed::default().with("expires_on", usual.to_string())));
    let kind = visitor.directory.organization(actor.organization_id).map(|organization| organization.kind);
    let scopes = Scope::of(role_of(kind.unwrap_or(OrganizationKind::Guest), false));
    let wards = visitor.directory.wards_of(actor.organization_id).into_iter();
    let wards: Vec<_> = wards.map(|ward| Choice::new(ward.id.to_string(), ward.name.as_str(), "")).collect();
    let row = |machine: &Machine| MachineRow {
        by: shape::named(&names, machine.made_by),
        ..machine_row(app, visitor, machine)
    };
    let shown = MachinesPage {
        frame: visitor.frame("外部システム", "Systems"),
        csrf: visitor.who.csrf.clone(),
        rows: found.iter().map(row).collect(),
        form,
        scopes: scopes.iter().map(|s| Choice::new(s.code(), s.wording().0, s.wording().1)).collect(),
        wards: if wards.is_empty() { Vec::new() } else { Group::plain(wards) },
    };
    page(shown.form.status, &shown)
}

fn machine_row(app: &App, visitor: &Visitor, machine: &Machine) -> MachineRow {
    let now = app.now();
    let state = if machine.revoked_at.is_some() {
        Badge::new(Tone::Quiet, "取消済み", "revoked")
    } else if now >= machine.expires_at {
        Badge::new(Tone::Late, "期限切れ", "expired")
    } else if now.plus_days(SOON) >= machine.expires_at {
        Badge::new(Tone::Soon, "まもなく期限", "ends soon")
    } else {
        Badge::new(Tone::Done, "利用できます", "good")
    };
    MachineRow {
        id: machine.id.to_string(),
        name: machine.name.to_string(),
        place: machine.ward_id.map_or_else(String::new, |id| shape::ward(&visitor.directory, id)),
        scopes: machine.scopes().iter().map(|scope| scope.wording().0).collect(),
        state,
        ends: ends(machine),
        made: format!("{} 登録", words::full_day(machine.made_at.day())),
        by: String::new(),
        used: machine.last_used_at.map(words::full_instant),
        alive: machine.is_alive_at(now),
    }
}

fn ends(machine: &Machine) -> String {
    match machine.revoked_at {
        Some(at) => format!("{} 取消", words::full_instant(at)),
        None => format!("{}まで", words::full_day(machine.expires_at.plus_seconds(-1).day())),
    }
}

pub(super) async fn add(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, HERE);
    let done = async {
        may_ever(&post.visitor.who.actor, Command::ManageMachines)?;
        if !post.typed.wants_sending() {
            return listed(&app, &post.visitor, Some(form)).await;
        }
        match given(&app, &post).await {
            Ok(shown) => Ok(shown),
            Err(error) => listed(&app, &post.visitor, Some(form.refused(&app, error)?)).await,
        }
    };
    post.answer(done.await)
}

/// The token on a page of its own; a repeat of the form leads to the list, where the system stands without it.
async fn given(app: &App, post: &Post) -> Result<Response, ApiError> {
    let new = parse(post)?;
    let sender = post.sender(None);
    let answer = |machine: &Machine| leads_to(format!("{HERE}?done=machine-given&id={}", machine.id));
    let (answer, given) = give(app, &sender, &new, answer).await?;
    let Some(given) = given else { return Ok(onward(answer)) };
    let shown = TokenPage {
        frame: post.visitor.frame("トークン", "Token"),
        name: given.machine.name.to_string(),
        ends: ends(&given.machine),
        token: given.token,
    };
    page(StatusCode::OK, &shown)
}

fn parse(post: &Post) -> Result<NewMachine, Refusal> {
    let typed = &post.typed;
    let mut faults = Faults::default();
    let name = faults.take("name", Line::parse(typed.get("name")));
    let known = |code: &str| Scope::ALL.into_iter().find(|scope| scope.code() == code).ok_or(Fault::NotAKnownValue);
    let scopes: Option<Vec<Scope>> = faults.take("scopes", typed.all("scopes").map(known).collect());
    if scopes.as_ref().is_some_and(Vec::is_empty) {
        faults.add("scopes", Fault::Missing);
    }
    let ward_id = match typed.get("ward_id") {
        "" => None,
        text => faults.take("ward_id", text.parse().map_err(|_| Fault::UnknownId)),
    };
    let expires_on = match typed.get("expires_on").trim() {
        "" => None,
        text => faults.take("expires_on", parse_day(text)),
    };
    faults.check()?;
    let (name, scopes) = (name.ok_or(Fault::Missing)?, scopes.unwrap_or_default());
    Ok(NewMachine { name, scopes, ward_id, expires_on })
}

pub(super) async fn revoke_one(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    let done = async {
        may_ever(&post.visitor.who.actor, Command::ManageMachines)?;
        let (ours, id) = (post.visitor.who.actor.organization_id, id(&wanted)?);
        app.store().machine(ours, id).await?.ok_or(Fault::NotFound)?;
        if !post.typed.wants_sending() {
            return listed(&app, &post.visitor, None).await;
        }
        let sender = post.sender(None);
        let answer = |_: &Machine| leads_to(format!("{HERE}?done=machine-revoked"));
        revoke(&app, &sender, id, answer).await.map(onward)
    };
    post.answer(done.await)
}
