//! 外部システム: a token in place of a login, and what an administrator does about tokens.
//!
//! A token is `tsm_` and 256 bits of chance. Only its SHA-256 is kept, and it is looked up by that, so the time of an answer says nothing
//! about how much of a token was right. It is shown once: with the answer that made it, never with a repeat of that answer.
//!
//! # What a token is held against
//!
//! Before the handler runs: that it is alive, and that the route's row of the inventory names a command that it is for
//! ([`of_request`]); a route without a row is refused. In the handler, once more: [`domain::access::may`] with the token's rights, and
//! how its organization stands to the record. Pages never take one. What is refused of a known token is on the audit trail.

use std::sync::{Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::access::Command;
use domain::decide::{NewMachine, Refused, add_machine, revoke_machine, token_refused};
use domain::machine::Machine;
use domain::{Fault, MachineId};

use crate::error::ApiError;
use crate::inventory::{Access, of_request};
use crate::neighbours;
use crate::run::{Answer, Ground, Sender, run};
use crate::session::{SignedIn, TOUCH_SECONDS, hash_of, hex, request_id};
use crate::state::App;
use crate::throttle::{Client, wrong_token};

/// What every token begins with: whoever looks through files for secrets knows it by that.
pub(crate) const PREFIX: &str = "tsm_";

/// The system behind a token, for the route that it has come to.
pub(crate) async fn signed_in(parts: &mut Parts, app: &App, token: &str) -> Result<SignedIn, ApiError> {
    if !parts.uri.path().starts_with("/api/") {
        return Err(ApiError::NotLoggedIn);
    }
    let (now, request_id, token_hash) = (app.now(), request_id(parts, app), hash_of(token));
    let found = app.store().machine_by_token(token_hash).await?;
    let alive = found.as_ref().filter(|machine| machine.is_alive_at(now));
    app.crowd().saw(token, alive.is_some());
    let Some(machine) = alive else {
        let Ok(client) = Client::from_request_parts(parts, app).await;
        let audit = found.map(|machine| token_refused(now, &machine, request_id, Refused::Over));
        wrong_token(app, &client, audit).await?;
        return Err(ApiError::TokenRefused);
    };
    if machine.last_used_at.is_none_or(|at| now >= at.plus_seconds(TOUCH_SECONDS)) {
        app.store().touch_machine(machine, now).await?;
    }
    if let Err(command) = is_for(machine, of_request(parts)) {
        let audit = token_refused(now, machine, request_id, Refused::OutOfScope(command));
        app.store().append_audit(vec![audit]).await?;
        return Err(Fault::NotInScope.into());
    }
    let actor = neighbours::acting(app, machine.actor(), parts.uri.path()).await?;
    Ok(SignedIn::machine(machine.clone(), actor, request_id, token_hash))
}

/// Whether the token is for such a route; if not, the command that it lacks.
fn is_for(machine: &Machine, access: Option<Access>) -> Result<(), Option<Command>> {
    match access {
        Some(Access::Public | Access::SignedIn) => Ok(()),
        Some(Access::May(command, _)) if machine.rights.contains(&command) => Ok(()),
        Some(Access::May(command, _)) => Err(Some(command)),
        Some(Access::OwnSession) | None => Err(None),
    }
}

/// A token that was just made.
pub(crate) struct Given {
    pub(crate) machine: Machine,
    /// The only time that anybody sees it.
    pub(crate) token: String,
}

/// Gives a system a token. `None` beside the answer: this was a repeat, and the token was shown the first time.
pub(crate) async fn give(
    app: &App,
    sender: &Sender<'_>,
    new: &NewMachine,
    answer: impl Fn(&Machine) -> Answer,
) -> Result<(Answer, Option<Given>), ApiError> {
    let token = format!("{PREFIX}{}", hex(&app.random_bytes()));
    let made = Mutex::new(None);
    let decide = || async {
        let administrators = app.store().administrators_of(sender.actor.organization_id).await?;
        let ground = Ground::of(app, sender.actor).await?;
        let context = ground.context(app, sender)?;
        let (machine, changes) = add_machine(&context, sender.actor, new.clone(), hash_of(&token), &administrators)?;
        let given = answer(&machine);
        *made.lock().unwrap_or_else(PoisonError::into_inner) = Some(machine);
        Ok((changes, given))
    };
    let given = run(app, sender, decide).await?;
    // The first answer to a key names another machine than the one that a repeat would have made.
    let machine = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    let machine = machine.filter(|machine| answer(machine).location == given.location);
    Ok((given, machine.map(|machine| Given { machine, token })))
}

/// Ends a token of the actor's own organization.
pub(crate) async fn revoke(
    app: &App,
    sender: &Sender<'_>,
    id: MachineId,
    answer: impl Fn(&Machine) -> Answer,
) -> Result<Answer, ApiError> {
    let decide = || async {
        let organization_id = sender.actor.organization_id;
        let machine = app.store().machine(organization_id, id).await?.ok_or(Fault::NotFound)?;
        let administrators = app.store().administrators_of(organization_id).await?;
        let ground = Ground::of(app, sender.actor).await?;
        let changes = revoke_machine(&ground.context(app, sender)?, sender.actor, &machine, &administrators)?;
        Ok((changes, answer(&Machine { revoked_at: Some(app.now()), ..machine })))
    };
    run(app, sender, decide).await
}
