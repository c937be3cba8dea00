//! Who may do what to whose record: one table, role × command × relation.
//!
//! A person has the rights of her role; a machine those of its token, as far as its role has them ([`Rights`]).
//!
//! An organization may take part in a further region, as a guest: its people act there on the records that it has to do with, and stand
//! to everything else as strangers do.
//!
//! A handler asks [`may`] before it reads or decides. Whoever has no relation to a record gets "not found", never "not allowed", so
//! that an id can't be probed.
//!
//! # Why a person's ward is no relation
//!
//! Ward staff reach every stay of their hospital, not of their ward alone. Wards lend each other beds, a night shift or a discharge nurse answers for
//! several of them, and a person who is moved is told of by the ward that she has left: a wall there would be passed by break-glass every night, until
//! nobody looked into it any more. What stands in its place: a board begins with one's own ward, every look is on the trail with the account, and the
//! monthly review reads it. A machine is not asked to help out, so its token's ward is a wall ([`Actor::bound_to`]).

mod command;

use crate::case::Case;
use crate::notice::Notice;
use crate::party::{Account, Role};
use crate::patient::{CareTeamMember, Patient};
use crate::{AccountId, CareManagerId, Fault, Instant, OrganizationId, RegionId, WardId};

pub use command::Command;

/// Who is acting: the account behind a session or the system behind a token, never what a request claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Of a machine its own id: the audit trail and the idempotency keys name it by that.
    pub account_id: AccountId,
    pub region_id: RegionId,
    pub organization_id: OrganizationId,
    pub ward_id: Option<WardId>,
    pub care_manager_id: Option<CareManagerId>,
    pub role: Role,
    pub rights: Rights,
    /// Acts in a further region in which the organization takes part, on a record there: what belongs to no single organization is
    /// not hers.
    pub guest: bool,
}

/// What an actor may use of the commands of its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// A person: all of them.
    Whole,
    /// A machine: these, as far as the role may them.
    Only(Vec<Command>),
}

impl Actor {
    /// The person of an account.
    pub const fn person(account: &Account) -> Self {
        Self {
            account_id: account.id,
            region_id: account.region_id,
            organization_id: account.organization_id,
            ward_id: account.ward_id,
            care_manager_id: account.care_manager_id,
            role: account.role,
            rights: Rights::Whole,
            guest: false,
        }
    }

    /// The same, where her organization is a guest.
    #[must_use]
    pub fn as_guest_in(&self, region_id: RegionId) -> Self {
        Self { region_id, guest: true, ..self.clone() }
    }

    /// How everybody of a region stands to what is there.
    const fn bystander(&self) -> Relation {
        if self.guest { Relation::None } else { Relation::Region }
    }

    /// The farthest relation from which this actor may do `command`; a machine is told apart whether its token or its role forbids it.
    pub fn reach(&self, command: Command) -> Result<Relation, Fault> {
        if let Rights::Only(rights) = &self.rights
            && !rights.contains(&command)
        {
            return Err(Fault::NotInScope);
        }
        reach(self.role, command).ok_or(Fault::NotAllowed)
    }

    /// The one ward that a machine's token is for. A person's ward is where she starts; a machine's is a wall.
    pub fn bound_to(&self) -> Option<WardId> {
        self.ward_id.filter(|_| matches!(self.rights, Rights::Only(_)))
    }
}

/// How somebody's organization stands to a record; a nearer relation includes the farther ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Another region, or, for a guest, a record one has nothing to do with.
    None,
    /// The same region: for things that belong to no single organization.
    Region,
    /// A notice came here that was taken back or sent back: its tombstone may be seen and answered, nothing of the stay.
    Addressed,
    /// To a stay: receiver of a notice that stands, sender of one, or in charge of the care. To a person: in charge of the care, or a hospital in
    /// which she has or had a stay.
    Attached,
    /// The hospital of the stay.
    Own,
}

/// The farthest relation from which `role` may do `command`; `None` when it never may.
pub const fn reach(role: Role, command: Command) -> Option<Relation> {
    use Command as C;
    use Relation::{Addressed, Attached, Own, Region};
    match role {
        Role::WardStaff | Role::Coordinator => match command {
            // Whoever comes to the door has to be found, and told apart from who is called so too.
            C::SearchPatients | C::ViewPatient | C::RegisterPatient => Some(Region),
            C::WritePatient | C::WriteCareTeam => Some(Attached),
            C::ViewDirectory | C::Admit | C::ListEncounters | C::ListNotices | C::BreakGlass => Some(Region),
            C::ViewEncounter | C::RecordEvent | C::Screen | C::File => Some(Own),
            C::ViewNotice => Some(Addressed),
            C::IssueNotice | C::TakeBackNotice | C::Acknowledge => Some(Own),
            C::LogContact | C::ConfirmReceipt | C::TakeBackContact => Some(Own),
            C::ViewWarnings => Some(Own),
            C::ViewSurvey => Some(Region),
            C::ViewOverview | C::PublishSurvey | C::ManageCalendar => None,
            C::ViewAudit | C::ExportAudit | C::ReviewAudit => None,
            C::ManagePeople | C::ManageMachines => None,
            C::WriteConsent | C::ViewDisclosures => Some(Attached),
            C::ExportPatient if matches!(role, Role::Coordinator) => Some(Attached),
            C::ExportPatient | C::HoldRecords => None,
        },
        Role::CareManager => match command {
            C::SearchPatients | C::ViewPatient | C::WritePatient | C::WriteCareTeam => Some(Attached),
            C::ViewDirectory | C::ListEncounters | C::ListNotices | C::BreakGlass => Some(Region),
            C::ViewEncounter | C::IssueNotice | C::TakeBackNotice => Some(Attached),
            C::LogContact | C::ConfirmReceipt | C::TakeBackContact => Some(Attached),
            C::ViewNotice | C::Acknowledge => Some(Addressed),
            C::ViewWarnings => Some(Attached),
            C::ViewSurvey => Some(Region),
            C::WriteConsent | C::ViewDisclosures | C::ExportPatient => Some(Attached),
            C::RegisterPatient | C::Admit | C::RecordEvent | C::Screen | C::File | C::HoldRecords => None,
            C::ViewOverview | C::PublishSurvey | C::ManageCalendar => None,
            C::ViewAudit | C::ExportAudit | C::ReviewAudit => None,
            C::ManagePeople | C::ManageMachines => None,
        },
        Role::Municipality => match command {
            C::ViewOverview | C::ViewWarnings | C::ViewSurvey | C::PublishSurvey => Some(Region),
            C::ViewDirectory | C::HoldRecords => Some(Region),
            C::ListEncounters | C::ListNotices => Some(Region),
            C::ViewEncounter | C::LogContact | C::ConfirmReceipt | C::TakeBackContact => Some(Attached),
            C::ViewNotice | C::Acknowledge => Some(Addressed),
            _ => None,
        },
        Role::Auditor => match command {
            C::ViewAudit | C::ExportAudit | C::ReviewAudit | C::ViewSurvey | C::ViewDisclosures => Some(Region),
            C::ViewDirectory => Some(Region),
            _ => None,
        },
        Role::Administrator => match command {
            C::ManageCalendar | C::ViewOverview | C::ViewWarnings | C::ViewSurvey | C::HoldRecords => Some(Region),
            C::ViewDirectory => Some(Region),
            C::ManagePeople | C::ManageMachines => Some(Own),
            _ => None,
        },
        // No record of anybody, nothing of the region but its figures: people and machines of the own organization.
        Role::OrganizationAdministrator => match command {
            C::ManagePeople | C::ManageMachines => Some(Own),
            C::ViewDirectory | C::ViewSurvey => Some(Region),
            _ => None,
        },
    }
}

/// What an opened record may be used for, while it is open: to look at the person and her stays, nothing else.
pub const fn opens_in_emergency(role: Role, command: Command) -> bool {
    matches!(command, Command::ViewPatient | Command::ViewEncounter) && reach(role, Command::BreakGlass).is_some()
}

/// Refuses with [`Fault::NotAllowed`] when the role never may ([`Fault::NotInScope`]: the token), with [`Fault::NotFound`] when it may
/// not from this relation.
pub fn may(actor: &Actor, command: Command, relation: Relation) -> Result<(), Fault> {
    if relation >= actor.reach(command)? { Ok(()) } else { Err(Fault::NotFound) }
}

/// How the actor stands to a stay.
pub fn relation_to(actor: &Actor, case: &Case, now: Instant) -> Relation {
    if actor.region_id != case.encounter.region_id {
        Relation::None
    } else if actor.bound_to().is_some_and(|ward_id| ward_id != case.encounter.ward_id) {
        actor.bystander()
    } else if actor.organization_id == case.encounter.hospital_id {
        Relation::Own
    } else if case.is_attached(actor.organization_id, now) {
        Relation::Attached
    } else if case.was_addressed_to(actor.organization_id) {
        Relation::Addressed
    } else {
        actor.bystander()
    }
}

/// What ties organizations to a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ties {
    pub team: Vec<CareTeamMember>,
    /// Where she has or had a stay that is not void.
    pub hospitals: Vec<OrganizationId>,
}

/// How the actor stands to a person: whoever is in charge of the care is attached, and a hospital in which she has or had a stay; a notice alone
/// is none.
///
/// Whoever was in no hospital yet has just been registered, or is about to be admitted for the first time: then every hospital may prepare that.
/// Once one has admitted her, another one admits her first and has the rest after.
pub fn relation_to_person(actor: &Actor, patient: &Patient, ties: &Ties, now: Instant) -> Relation {
    let (ours, today) = (actor.organization_id, now.day());
    let cares = || ties.team.iter().any(|m| m.organization_id == ours && m.is_current_on(today));
    let admits = || ties.hospitals.is_empty() && reach(actor.role, Command::Admit).is_some();
    if actor.region_id != patient.region_id {
        Relation::None
    } else if cares() || ties.hospitals.contains(&ours) || (!actor.guest && admits()) {
        Relation::Attached
    } else {
        actor.bystander()
    }
}

/// How the actor stands to a notice, whatever may be seen of its stay: sender and receiver have to do with it.
pub fn relation_to_notice(actor: &Actor, notice: &Notice) -> Relation {
    if actor.region_id != notice.region_id {
        Relation::None
    } else if [notice.sender_id, notice.recipient.organization_id].contains(&actor.organization_id) {
        Relation::Addressed
    } else {
        actor.bystander()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_municipality_sees_figures_but_no_stay_that_is_not_its_own() {
        assert_eq!(reach(Role::Municipality, Command::ViewSurvey), Some(Relation::Region));
        assert_eq!(reach(Role::Municipality, Command::ViewEncounter), Some(Relation::Attached));
        assert_eq!(reach(Role::Municipality, Command::SearchPatients), None);
    }

    #[test]
    fn an_emergency_opens_looking_and_nothing_else_to_those_who_treat_and_care() {
        for role in Role::ALL {
            let treats_or_cares = matches!(role, Role::WardStaff | Role::Coordinator | Role::CareManager);
            for command in Command::ALL {
                let looks = matches!(command, Command::ViewPatient | Command::ViewEncounter);
                assert_eq!(opens_in_emergency(role, command), looks && treats_or_cares, "{role:?} {command:?}");
            }
        }
    }

    #[test]
    fn nobody_reaches_across_regions() {
        for role in Role::ALL {
            for command in Command::ALL {
                assert!(reach(role, command).is_none_or(|farthest| farthest > Relation::None), "{role:?} {command:?}");
            }
        }
    }
}
