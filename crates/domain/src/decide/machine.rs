//! Commands of an administrator on the systems of her own organization: giving a token, revoking it.
//!
//! Each leaves two rows on the trail, under one request: what the administrator did, and what became of the machine, under the
//! machine's own id, so that the trail of a machine begins with its token and ends with it.

use chrono::{Days, NaiveDate, NaiveTime};

use super::Context;
use crate::access::{Actor, Command};
use crate::changes::{AuditEntry, Changes};
use crate::credential::{Hash, Proof};
use crate::delivery::{Delivery, DeliveryState, Letter};
use crate::machine::{Machine, Scope, rights_of, role_of};
use crate::party::Account;
use crate::refusal::Faults;
use crate::text::Line;
use crate::{Fault, Instant, Refusal, WardId};

/// A system that shall get a token.
#[derive(Debug, Clone)]
pub struct NewMachine {
    pub name: Line,
    pub scopes: Vec<Scope>,
    /// Only this ward's stays.
    pub ward_id: Option<WardId>,
    /// The last day on which the token is good; none: as usual.
    pub expires_on: Option<NaiveDate>,
}

/// Gives a system of the actor's organization a token, of which only the hash comes here; the organization's administrators are told.
pub fn add_machine(
    context: &Context<'_>,
    actor: &Actor,
    new: NewMachine,
    token_hash: Hash,
    administrators: &[Account],
) -> Result<(Machine, Changes), Refusal> {
    let directory = context.directory;
    let organization = directory.organization(actor.organization_id).ok_or(Fault::NotAllowed)?;
    let mut faults = Faults::default();
    if new.ward_id.is_some_and(|id| directory.ward(id).is_none_or(|ward| ward.organization_id != organization.id)) {
        faults.add("ward_id", Fault::UnknownId);
    }
    let role = role_of(organization.kind, new.ward_id.is_some());
    let offered = Scope::of(role);
    if new.scopes.is_empty() {
        faults.add("scopes", Fault::Missing);
    } else if !new.scopes.iter().all(|scope| offered.contains(scope)) {
        faults.add("scopes", Fault::NotAKnownValue);
    }
    let today = context.now.day();
    let days = new.expires_on.map_or(Machine::USUAL_DAYS, |day| (day - today).num_days());
    if !(0..=Machine::DAYS).contains(&days) {
        faults.add("expires_on", Fault::OutOfRange);
    }
    faults.check()?;
    let after = today + Days::new(u64::try_from(days + 1).unwrap_or_default());
    let machine = Machine {
        id: context.ids().next(),
        region_id: directory.region.id,
        organization_id: organization.id,
        ward_id: new.ward_id,
        name: new.name,
        role,
        rights: rights_of(role, &new.scopes),
        made_by: actor.account_id,
        made_at: context.now,
        expires_at: Instant::at(after, NaiveTime::MIN),
        revoked_at: None,
        last_used_at: None,
    };
    let changes = Changes {
        credentials: vec![Proof::AddMachine { machine: Box::new(machine.clone()), token_hash }],
        audit: rows(context, &machine, "add_machine", "token_given"),
        deliveries: letters(context, &machine, administrators, true),
        ..Changes::default()
    };
    Ok((machine, changes))
}

/// Ends a token at once. Another organization's is not found.
pub fn revoke_machine(
    context: &Context<'_>,
    actor: &Actor,
    machine: &Machine,
    administrators: &[Account],
) -> Result<Changes, Refusal> {
    if machine.organization_id != actor.organization_id {
        return Err(Fault::NotFound.into());
    }
    if machine.revoked_at.is_some() {
        return Err(Fault::Revoked.into());
    }
    let (id, organization_id, at) = (machine.id, machine.organization_id, context.now);
    Ok(Changes {
        credentials: vec![Proof::RevokeMachine { id, organization_id, at }],
        audit: rows(context, machine, "revoke_machine", "token_revoked"),
        deliveries: letters(context, machine, administrators, false),
        ..Changes::default()
    })
}

/// A token was refused: it is over, or not for `command`.
pub fn token_refused(at: Instant, machine: &Machine, request_id: crate::RequestId, why: Refused) -> AuditEntry {
    let action = match why {
        Refused::Over => "token_refused".to_owned(),
        Refused::OutOfScope(command) => {
            format!("not_in_scope:{}", command.map_or("own_session", Command::name))
        }
    };
    AuditEntry {
        region_id: machine.region_id,
        at,
        account_id: Some(machine.account_id()),
        organization_id: Some(machine.organization_id),
        patient_id: None,
        encounter_id: None,
        notice_id: None,
        action,
        request_id,
    }
}

/// Why a known token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Expired or revoked.
    Over,
    /// Not for this command; none: for what only a person's session is for.
    OutOfScope(Option<Command>),
}

fn rows(context: &Context<'_>, machine: &Machine, action: &str, about: &str) -> Vec<AuditEntry> {
    let done = context.audit(machine.region_id, action);
    let about = AuditEntry {
        account_id: Some(machine.account_id()),
        organization_id: Some(machine.organization_id),
        action: about.to_owned(),
        ..done
    };
    vec![done, about]
}

fn letters(context: &Context<'_>, machine: &Machine, administrators: &[Account], added: bool) -> Vec<Delivery> {
    let mut ids = crate::Ids::new(context.now, context.seed.wrapping_add(1));
    let open = administrators.iter().filter(|account| account.closed_at.is_none());
    let letter = |to| Delivery {
        id: ids.next(),
        region_id: machine.region_id,
        organization_id: machine.organization_id,
        encounter_id: None,
        notice_id: None,
        warning_id: None,
        to,
        letter: Letter::MachineChanged { added },
        state: DeliveryState::Pending { next_attempt_at: context.now, attempts: 0 },
        created_at: context.now,
    };
    open.filter_map(|account| account.email.clone()).map(letter).collect()
}
