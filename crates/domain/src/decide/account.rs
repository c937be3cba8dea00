//! Commands of an administrator on accounts: invite, invite again, end the sessions, close.
//!
//! Each leaves two rows on the trail, under one request: what the administrator did, and what became of the account, under the
//! account's own id, so that the trail of an account tells who let its person in, and who shut her out.
//!
//! An organization's administrator acts within her own organization alone. The region's administrator does so within the municipality,
//! and names, in any organization, whoever administrates it: that is how an organization gets its first one.

use super::Context;
use crate::access::Actor;
use crate::changes::{AuditEntry, Changes, DirectoryChanges};
use crate::credential::{Invitation, Proof, roles_of};
use crate::delivery::{Delivery, DeliveryState, Letter};
use crate::party::{Account, Role};
use crate::refusal::Faults;
use crate::text::{EmailAddress, Line};
use crate::{CareManagerId, Fault, OrganizationId, Refusal, WardId};

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub struct NewPerson {
    pub organization_id: OrganizationId,
    pub name: Line,
    pub login: String,
    pub role: Role,
    pub email: EmailAddress,
    pub ward_id: Option<WardId>,
    pub care_manager_id: Option<CareManagerId>,
}

/// A login name: 3 to 60 characters that everybody can type.
/// What may be a login name.
pub fn check_login(login: &str) -> Result<(), Fault> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    if (3..=60).contains(&login.len()) && login.chars().all(plain) { Ok(()) } else { Err(Fault::NotALogin) }
}

/// Whether this administrator answers for such an account.
pub fn administrates(actor: &Actor, organization_id: OrganizationId, role: Role) -> bool {
    actor.organization_id == organization_id
        || (actor.role == Role::Administrator && role == Role::OrganizationAdministrator)
}

/// Makes the account and invites its person; until she has set a password, nobody can log in with it.
pub fn invite(context: &Context<'_>, actor: &Actor, new: NewPerson) -> Result<Changes, Refusal> {
    let directory = context.directory;
    let mut faults = Faults::default();
    let organization = directory.own(new.organization_id);
    if organization.is_none() {
        faults.add("organization_id", Fault::UnknownId);
    }
    let given = organization.is_some_and(|o| roles_of(o.kind).contains(&new.role));
    if !given || !administrates(actor, new.organization_id, new.role) {
        faults.add("role", Fault::NotAKnownValue);
    }
    faults.take("login", check_login(&new.login));
    let ward = new.ward_id.map(|id| directory.ward(id).filter(|ward| ward.organization_id == new.organization_id));
    match (new.role, ward) {
        (Role::WardStaff, None) => faults.add("ward_id", Fault::Missing),
        (Role::WardStaff, Some(Some(_))) | (_, None) => {}
        (_, Some(_)) => faults.add("ward_id", Fault::UnknownId),
    }
    let manager = new.care_manager_id.map(|id| directory.care_manager(id));
    match manager {
        None => {}
        Some(Some(manager)) if manager.organization_id == new.organization_id && new.role == Role::CareManager => {}
        Some(_) => faults.add("care_manager_id", Fault::UnknownId),
    }
    faults.check()?;
    let account = Account {
        id: context.ids().next(),
        region_id: directory.region.id,
        organization_id: new.organization_id,
        ward_id: new.ward_id,
        care_manager_id: new.care_manager_id,
        login: new.login,
        name: new.name,
        role: new.role,
        email: Some(new.email),
        password_hash: String::new(),
        closed_at: None,
    };
    let mut changes = reinvite(context, actor, &account, false)?;
    changes.directory = DirectoryChanges { accounts: vec![account], ..DirectoryChanges::default() };
    Ok(changes)
}

/// A new link for an account that is there: to set the first password after all, or a new one. With `reset_factor` the second factor
/// goes once the link is used; earlier links end at once.
pub fn reinvite(
    context: &Context<'_>,
    actor: &Actor,
    account: &Account,
    reset_factor: bool,
) -> Result<Changes, Refusal> {
    if !administrates(actor, account.organization_id, account.role) {
        return Err(Fault::NotFound.into());
    }
    let Some(email) = account.email.clone() else { return Err(Refusal::at("email", Fault::Missing)) };
    if account.closed_at.is_some() {
        return Err(Fault::NotAllowed.into());
    }
    let mut ids = crate::Ids::new(context.now, context.seed.wrapping_add(1));
    let invitation = Invitation {
        id: ids.next(),
        region_id: account.region_id,
        account_id: account.id,
        reset_factor,
        invited_by: actor.account_id,
        invited_at: context.now,
        expires_at: context.now.plus_seconds(Invitation::HOURS * 3600),
    };
    let letter = Letter::Invitation { invitation_id: invitation.id, reset: !account.password_hash.is_empty() };
    let delivery = Delivery {
        id: ids.next(),
        region_id: account.region_id,
        organization_id: account.organization_id,
        encounter_id: None,
        notice_id: None,
        warning_id: None,
        to: email,
        letter,
        state: DeliveryState::Pending { next_attempt_at: context.now, attempts: 0 },
        created_at: context.now,
    };
    let (action, about) = if reset_factor { ("reset_factor", "factor_reset") } else { ("invite", "account_invited") };
    Ok(Changes {
        credentials: vec![Proof::Invite(invitation)],
        deliveries: vec![delivery],
        audit: rows(context, account, action, about),
        ..Changes::default()
    })
}

/// Closes an account and ends its sessions, or opens it again. Nobody closes her own.
pub fn close(context: &Context<'_>, actor: &Actor, account: &Account, closed: bool) -> Result<Changes, Refusal> {
    if !administrates(actor, account.organization_id, account.role) {
        return Err(Fault::NotFound.into());
    }
    if account.id == actor.account_id {
        return Err(Fault::NotAllowed.into());
    }
    let at = closed.then_some(context.now);
    let (action, about) =
        if closed { ("close_account", "account_closed") } else { ("reopen_account", "account_reopened") };
    let mut credentials = vec![Proof::Close { account_id: account.id, at }];
    if closed {
        credentials.push(Proof::EndSessions { account_id: account.id, keep: None });
    }
    Ok(Changes { credentials, audit: rows(context, account, action, about), ..Changes::default() })
}

/// Ends every session of somebody's account.
pub fn end_sessions(context: &Context<'_>, actor: &Actor, account: &Account) -> Result<Changes, Refusal> {
    if !administrates(actor, account.organization_id, account.role) {
        return Err(Fault::NotFound.into());
    }
    let credentials = vec![Proof::EndSessions { account_id: account.id, keep: None }];
    let audit = rows(context, account, "end_sessions_of", "sessions_ended");
    Ok(Changes { credentials, audit, ..Changes::default() })
}

fn rows(context: &Context<'_>, account: &Account, action: &str, about: &str) -> Vec<AuditEntry> {
    let done = context.audit(account.region_id, action);
    let about = AuditEntry {
        account_id: Some(account.id),
        organization_id: Some(account.organization_id),
        action: about.to_owned(),
        ..done
    };
    vec![done, about]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_is_what_everybody_can_type() {
        for good in ["nurse", "k.hanako-3", "a_1"] {
            assert_eq!(check_login(good), Ok(()), "{good}");
        }
        for bad in ["", "ab", "Nurse", "北見", "a b c", "a@b", "a\u{0}bc", "x<y>z"] {
            assert_eq!(check_login(bad), Err(Fault::NotALogin), "{bad}");
        }
    }
}
