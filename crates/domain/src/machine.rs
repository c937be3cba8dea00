//! 外部システム: a hospital's or an office's own system, which speaks to the JSON API with a token.
//!
//! # Who is who
//!
//! - [`Scope`] — what an administrator may allow, in a few words; each stands for some commands of [`crate::access`].
//! - [`Machine`] — one system with its token: of one organization, with its rights, its end, and when it was last used.
//!
//! The rights are kept as commands, as they were given: a scope that comes to mean more later raises no token that is out already.
//! A role bounds them as well: the one that a person of such an organization would have.
//!
//! # What no token is for
//!
//! People, tokens, consents, break-glass, copies of a record, holds, the calendar and the audit trail: no scope stands for them.

use serde::{Deserialize, Serialize};

use crate::access::{Actor, Command, Rights, reach};
use crate::party::{Account, OrganizationKind, Role};
use crate::text::Line;
use crate::{AccountId, Instant, MachineId, OrganizationId, RegionId, WardId};

/// できること: what a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Organizations, wards, care managers, the agreement, the calendar.
    Directory,
    PatientsRead,
    /// Register and correct people, name who manages the care.
    PatientsWrite,
    StaysRead,
    /// Admissions, transfers, planned and real discharges.
    StaysWrite,
    /// Notices received and sent, with their answers.
    NoticesRead,
    /// Screen, file, withdraw, replace, log what was said outside.
    NoticesWrite,
    /// Answer what was received.
    Acknowledge,
    /// The survey and the overview: no names.
    Figures,
}

impl Scope {
    pub const ALL: [Self; 9] = [
        Self::Directory,
        Self::PatientsRead,
        Self::PatientsWrite,
        Self::StaysRead,
        Self::StaysWrite,
        Self::NoticesRead,
        Self::NoticesWrite,
        Self::Acknowledge,
        Self::Figures,
    ];

    /// As on the wire and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::PatientsRead => "patients_read",
            Self::PatientsWrite => "patients_write",
            Self::StaysRead => "stays_read",
            Self::StaysWrite => "stays_write",
            Self::NoticesRead => "notices_read",
            Self::NoticesWrite => "notices_write",
            Self::Acknowledge => "acknowledge",
            Self::Figures => "figures",
        }
    }

    /// On the screen: Japanese, English.
    pub const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::Directory => ("名簿・連絡ルール・祝日を見る", "read the directory"),
            Self::PatientsRead => ("本人を探す・見る", "find and read people"),
            Self::PatientsWrite => ("本人と担当を登録・変更する", "register and correct people"),
            Self::StaysRead => ("入院を見る", "read stays"),
            Self::StaysWrite => ("入院・転棟・退院を登録する", "record admissions and discharges"),
            Self::NoticesRead => ("連絡と回答を見る", "read notices and answers"),
            Self::NoticesWrite => ("判定・連絡・取消をする", "screen, file and take back notices"),
            Self::Acknowledge => ("届いた連絡に回答する", "answer notices"),
            Self::Figures => ("調査などの数値を見る(氏名なし)", "read figures, without names"),
        }
    }

    pub const fn commands(self) -> &'static [Command] {
        use Command as C;
        match self {
            Self::Directory => &[C::ViewDirectory],
            Self::PatientsRead => &[C::SearchPatients, C::ViewPatient],
            Self::PatientsWrite => &[C::RegisterPatient, C::WritePatient, C::WriteCareTeam],
            Self::StaysRead => &[C::ListEncounters, C::ViewEncounter, C::ViewWarnings],
            Self::StaysWrite => &[C::Admit, C::RecordEvent],
            Self::NoticesRead => &[C::ListNotices, C::ViewNotice],
            Self::NoticesWrite => &[
                C::Screen,
                C::File,
                C::IssueNotice,
                C::TakeBackNotice,
                C::LogContact,
                C::ConfirmReceipt,
                C::TakeBackContact,
            ],
            Self::Acknowledge => &[C::Acknowledge],
            Self::Figures => &[C::ViewSurvey, C::ViewOverview],
        }
    }

    /// The commands of this scope that a role may at all.
    fn rights(self, role: Role) -> impl Iterator<Item = Command> {
        self.commands().iter().copied().filter(move |command| reach(role, *command).is_some())
    }

    /// Those that lead to anything for a role.
    pub fn of(role: Role) -> Vec<Self> {
        Self::ALL.into_iter().filter(|scope| scope.rights(role).next().is_some()).collect()
    }
}

/// The role that bounds the systems of an organization.
pub const fn role_of(kind: OrganizationKind, has_ward: bool) -> Role {
    match kind {
        OrganizationKind::Hospital | OrganizationKind::Guest if has_ward => Role::WardStaff,
        OrganizationKind::Hospital | OrganizationKind::Guest => Role::Coordinator,
        OrganizationKind::CareOffice | OrganizationKind::SupportCentre => Role::CareManager,
        OrganizationKind::Municipality => Role::Municipality,
    }
}

/// What the scopes come to for a role, each command once.
pub fn rights_of(role: Role, scopes: &[Scope]) -> Vec<Command> {
    let mut rights: Vec<Command> = scopes.iter().flat_map(|scope| scope.rights(role)).collect();
    rights.sort_unstable();
    rights.dedup();
    rights
}

/// 外部システム.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub id: MachineId,
    pub region_id: RegionId,
    pub organization_id: OrganizationId,
    /// It sees and writes the stays of this ward alone.
    pub ward_id: Option<WardId>,
    pub name: Line,
    /// The bounds of its rights.
    pub role: Role,
    pub rights: Vec<Command>,
    pub made_by: AccountId,
    pub made_at: Instant,
    /// The first instant at which the token is worth nothing.
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
    /// To the minute.
    pub last_used_at: Option<Instant>,
}

impl Machine {
    /// Longer than this no token lives.
    pub const DAYS: i64 = 365;
    /// So long one lives of which nothing else was said.
    pub const USUAL_DAYS: i64 = 90;

    /// The token is good for something.
    pub fn is_alive_at(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// The scopes whose every command, as far as the role may it, is among the rights.
    pub fn scopes(&self) -> Vec<Scope> {
        let held = |scope: &Scope| scope.rights(self.role).all(|command| self.rights.contains(&command));
        Scope::of(self.role).into_iter().filter(held).collect()
    }

    /// By what the audit trail, readings and idempotency keys name it.
    pub fn account_id(&self) -> AccountId {
        self.id.uuid().into()
    }

    pub fn actor(&self) -> Actor {
        Actor {
            account_id: self.account_id(),
            region_id: self.region_id,
            organization_id: self.organization_id,
            ward_id: self.ward_id,
            care_manager_id: None,
            role: self.role,
            rights: Rights::Only(self.rights.clone()),
            guest: false,
        }
    }

    /// Stands where a person's account does; nobody can log in with it.
    pub fn account(&self) -> Account {
        Account {
            id: self.account_id(),
            region_id: self.region_id,
            organization_id: self.organization_id,
            ward_id: self.ward_id,
            care_manager_id: None,
            login: String::new(),
            name: self.name.clone(),
            role: self.role,
            email: None,
            password_hash: String::new(),
            closed_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scope_leads_to_people_tokens_consents_or_the_trail() {
        use Command as C;
        let never = [
            C::ManagePeople,
            C::ManageMachines,
            C::WriteConsent,
            C::BreakGlass,
            C::ExportPatient,
            C::ViewDisclosures,
            C::HoldRecords,
            C::ManageCalendar,
            C::PublishSurvey,
            C::ViewAudit,
            C::ExportAudit,
            C::ReviewAudit,
        ];
        let ever: Vec<_> = Scope::ALL.iter().flat_map(|scope| scope.commands()).copied().collect();
        for command in C::ALL {
            assert_eq!(ever.contains(&command), !never.contains(&command), "{command:?}");
        }
    }

    #[test]
    fn a_role_bounds_what_a_scope_gives() {
        for role in Role::ALL {
            let rights = rights_of(role, &Scope::ALL);
            assert!(rights.iter().all(|command| reach(role, *command).is_some()), "{role:?}");
        }
        assert!(!Scope::of(Role::CareManager).contains(&Scope::StaysWrite));
        assert!(!rights_of(Role::CareManager, &[Scope::PatientsWrite]).contains(&Command::RegisterPatient));
        assert!(!Scope::of(Role::Municipality).contains(&Scope::PatientsRead));
    }
}
