//! An administrator's list of people: inviting, ending sessions, closing.
//!
//! # Why a taken login name is told
//!
//! Login names are one namespace: people log in without saying where they work. So whoever invites learns of a name that it is taken,
//! also by somebody of another organization, and of nothing else; there is no way to refuse the name and hide that. What stands against
//! looking for names so: only administrators can, and each try is on the trail. A name alone opens nothing, and locks nobody out.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::Command;
use domain::changes::Changes;
use domain::credential::roles_of;
use domain::decide::{NewPerson, administrates, check_login, close, end_sessions, invite, reinvite};
use domain::party::{Account, OrganizationKind, Role};
use domain::refusal::Faults;
use domain::text::{EmailAddress, Line};
use domain::{AccountId, Fault, Refusal};
use storage::{ApplyError, PersonLine};

use super::shape;
use super::view::form::{Choice, Form, Group};
use super::view::staff::{PeoplePage, PersonRow};
use super::view::typed::Typed;
use super::view::words::{self, Badge, Tone};
use super::visit::{Post, Visitor, id, page};
use crate::error::ApiError;
use crate::run::{Ground, may_ever};
use crate::state::App;

pub(super) async fn people(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(people_page(&app, &visitor, None).await)
}

pub(super) async fn people_page(app: &App, visitor: &Visitor, refused: Option<Form>) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    may_ever(actor, Command::ManagePeople)?;
    let everywhere = (actor.role == Role::Administrator).then_some(actor.region_id);
    let found = app.store().people_of(actor.organization_id, everywhere, app.now()).await?;
    let mut entry = visitor.who.audit_entry(app.now(), Command::ManagePeople.name());
    entry.organization_id = Some(actor.organization_id);
    app.store().append_audit(vec![entry]).await?;
    let directory = &visitor.directory;
    let organization = directory.organization(actor.organization_id);
    let kind = organization.map(|o| o.kind);
    let mut roles: Vec<Role> = kind.map(|kind| roles_of(kind).to_vec()).unwrap_or_default();
    let mut organizations = Vec::new();
    if everywhere.is_some() {
        roles.push(Role::OrganizationAdministrator);
        let kinds = [
            OrganizationKind::Municipality,
            OrganizationKind::Hospital,
            OrganizationKind::CareOffice,
            OrganizationKind::SupportCentre,
            OrganizationKind::Guest,
        ];
        let all = kinds.into_iter().flat_map(|kind| directory.organizations(kind));
        let all = all.filter(|o| directory.own(o.id).is_some());
        organizations = all.map(|o| Choice::new(o.id.to_string(), o.name.as_str(), "")).collect();
    }
    let wards = directory.wards_of(actor.organization_id).into_iter();
    let managers = directory.care_managers_of(actor.organization_id).into_iter();
    let group = |choices: Vec<Choice>| if choices.is_empty() { Vec::new() } else { Group::plain(choices) };
    let form = refused.unwrap_or_else(|| visitor.form(app, "/admin/people", Typed::default()));
    let shown = PeoplePage {
        frame: visitor.frame("利用者", "People"),
        csrf: visitor.who.csrf.clone(),
        rows: found.iter().map(|line| row(visitor, line)).collect(),
        form,
        organizations: group(organizations),
        roles: group(
            roles
                .into_iter()
                .map(|role| Choice::new(shape::code(&role), words::role(role).0, words::role(role).1))
                .collect(),
        ),
        wards: group(wards.map(|w| Choice::new(w.id.to_string(), w.name.as_str(), "")).collect()),
        managers: group(managers.map(|m| Choice::new(m.id.to_string(), m.name.as_str(), "")).collect()),
    };
    page(shown.form.status, &shown)
}

fn row(visitor: &Visitor, line: &PersonLine) -> PersonRow {
    let account = &line.account;
    let state = if account.closed_at.is_some() {
        Badge::new(Tone::Late, "停止中", "closed")
    } else if line.invited_until.is_some() {
        Badge::new(Tone::Soon, "招待中", "invited")
    } else if line.has_password {
        Badge::new(Tone::Done, "利用中", "active")
    } else {
        Badge::new(Tone::Quiet, "招待の期限切れ", "invitation over")
    };
    PersonRow {
        id: account.id.to_string(),
        name: account.name.to_string(),
        login: account.login.clone(),
        place: shape::organization(&visitor.directory, account.organization_id),
        role: words::role(account.role).0,
        state,
        factor: line.has_factor,
        sessions: line.sessions,
        closed: account.closed_at.is_some(),
        mailed: account.email.is_some(),
        own: account.id == visitor.who.account.id,
    }
}

pub(super) async fn send_invitation(State(app): State<App>, post: Post) -> Response {
    let form = post.form(&app, "/admin/people");
    let done = async {
        may_ever(&post.visitor.who.actor, Command::ManagePeople)?;
        if !post.typed.wants_sending() {
            return people_page(&app, &post.visitor, Some(form)).await;
        }
        match invited(&app, &post).await {
            Ok(()) => Ok(Redirect::to("/admin/people?done=invited").into_response()),
            Err(error) => people_page(&app, &post.visitor, Some(form.refused(&app, error)?)).await,
        }
    };
    post.answer(done.await)
}

async fn invited(app: &App, post: &Post) -> Result<(), ApiError> {
    let actor = &post.visitor.who.actor;
    let new = parse(post)?;
    if app.store().account_by_login(&new.login).await?.is_some() {
        app.store().append_audit(vec![post.visitor.who.audit_entry(app.now(), "login_taken")]).await?;
        return Err(Refusal::at("login", Fault::LoginTaken).into());
    }
    let (ground, sender) = (Ground::of(app, actor).await?, post.sender(None));
    let changes = invite(&ground.context(app, &sender)?, actor, new)?;
    apply(app, changes).await
}

fn parse(post: &Post) -> Result<NewPerson, ApiError> {
    let (typed, actor) = (&post.typed, &post.visitor.who.actor);
    let mut faults = Faults::default();
    let name = faults.take("name", Line::parse(typed.get("name")));
    let login = typed.get("login").trim();
    faults.take("login", check_login(login));
    let email = faults.take("email", EmailAddress::parse(typed.get("email")));
    let role = faults.take("role", shape::from_code(typed.get("role")));
    let chosen = |field: &'static str| match typed.get(field) {
        "" => Ok(None),
        text => text.parse::<uuid::Uuid>().map(Some).map_err(|_| Fault::UnknownId),
    };
    let organization_id = faults.take("organization_id", chosen("organization_id"));
    let ward_id = faults.take("ward_id", chosen("ward_id"));
    let care_manager_id = faults.take("care_manager_id", chosen("care_manager_id"));
    faults.check()?;
    let whole = || {
        Some(NewPerson {
            organization_id: organization_id?.map_or(actor.organization_id, Into::into),
            name: name?,
            login: login.to_owned(),
            role: role?,
            email: email?,
            ward_id: ward_id?.map(Into::into),
            care_manager_id: care_manager_id?.map(Into::into),
        })
    };
    whole().ok_or(ApiError::Inside("a form without faults is whole"))
}

/// Everything that is done to somebody's account from the list.
pub(super) async fn on_account(State(app): State<App>, post: Post) -> Response {
    let done = async {
        let actor = &post.visitor.who.actor;
        may_ever(actor, Command::ManagePeople)?;
        if !post.typed.wants_sending() {
            return Ok(Redirect::to("/admin/people").into_response());
        }
        let account = administrated(&app, &post).await?;
        let (ground, sender) = (Ground::of(&app, actor).await?, post.sender(None));
        let context = ground.context(&app, &sender)?;
        let (changes, code) = match post.typed.get("what") {
            "invite" => (reinvite(&context, actor, &account, false)?, "invited"),
            "reset" => (reinvite(&context, actor, &account, true)?, "invited"),
            "close" => (close(&context, actor, &account, true)?, "closed"),
            "reopen" => (close(&context, actor, &account, false)?, "reopened"),
            "end" => (end_sessions(&context, actor, &account)?, "ended"),
            _ => return Err(Fault::NotAKnownValue.into()),
        };
        apply(&app, changes).await?;
        Ok(Redirect::to(&format!("/admin/people?done={code}")).into_response())
    };
    post.answer(done.await)
}

/// An account that this administrator answers for; anybody else's is not found.
async fn administrated(app: &App, post: &Post) -> Result<Account, ApiError> {
    let actor = &post.visitor.who.actor;
    let wanted: AccountId = id(post.typed.get("account_id"))?;
    let found = app.store().account(wanted).await?;
    let own = |account: &Account| {
        account.region_id == actor.region_id && administrates(actor, account.organization_id, account.role)
    };
    Ok(found.filter(own).ok_or(Fault::NotFound)?)
}

async fn apply(app: &App, changes: Changes) -> Result<(), ApiError> {
    match app.store().apply(changes).await {
        Ok(_) => {
            app.nudge();
            Ok(())
        }
        // Somebody else took the name in this very moment.
        Err(ApplyError::Refused { .. }) => Err(Refusal::at("login", Fault::LoginTaken).into()),
        Err(error) => Err(error.into()),
    }
}
