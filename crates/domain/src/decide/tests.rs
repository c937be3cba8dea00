//! The rules of a stay, tested without a database: a small town, one person, a clock.

mod answers;
mod consent;
mod facts;
mod figures;
mod filing;
mod periods;
mod steps;
mod verdicts;

use chrono::{NaiveDate, NaiveTime};
use rules::calendar::{Calendar, OfficeHours};
use rules::{Answers, CriterionId};

use super::{
    Context, Decision, NewConsent, NewNotice, NewPatient, NewStay, admit, charge, register_patient, with_consent,
};
use crate::access::{Actor, Command};
use crate::agreement::Agreement;
use crate::case::Case;
use crate::changes::Changes;
use crate::consent::ConsentWay;
use crate::deadline::{Deadline, DeadlineRule, Level, Timeliness};
use crate::delivery::Delivery;
use crate::directory::Directory;
use crate::notice::{Notice, NoticeKind};
use crate::party::{CareManager, ContactPoint, ContactUse, Organization, OrganizationKind, Region, Role, Ward};
use crate::patient::{CareLevel, Sex};
use crate::text::{EmailAddress, Kana, Line, Prose};
use crate::{Ids, Instant, NoticeId, OrganizationId, Refusal};

pub(super) fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

pub(super) fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

pub(super) fn at(date: NaiveDate, hour: u32) -> Instant {
    Instant::at(date, NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
}

/// One hospital with a ward, two offices, a support centre, the municipality; and a stay of 北見 花子 since 2026-11-02.
pub(super) struct Town {
    pub agreement: Agreement,
    pub calendar: Calendar,
    pub directory: Directory,
    pub nurse: Actor,
    pub care_manager: Actor,
    pub other_office: OrganizationId,
    pub centre: OrganizationId,
    pub city: OrganizationId,
    pub case: Case,
    seed: u64,
}

impl Town {
    pub(super) fn new() -> Self {
        Self::whose_offices_keep(&OfficeHours::default())
    }

    /// The same town with other hours at its care offices; everybody else keeps the common ones.
    pub(super) fn whose_offices_keep(hours: &OfficeHours) -> Self {
        let start = at(day(11, 2), 9);
        let mut ids = Ids::new(start, 99);
        let region = Region { id: ids.next(), name: line("つなぎ市(架空)"), agreement: "kitami".into() };
        let kinds = [
            (OrganizationKind::Hospital, "つなぎ病院"),
            (OrganizationKind::CareOffice, "つなぎ居宅"),
            (OrganizationKind::CareOffice, "となり居宅"),
            (OrganizationKind::SupportCentre, "東センター"),
            (OrganizationKind::Municipality, "つなぎ市"),
        ];
        let organizations: Vec<Organization> = kinds
            .into_iter()
            .map(|(kind, name)| Organization {
                id: ids.next(),
                region_id: region.id,
                kind,
                name: line(name),
                code: None,
                phone: None,
                districts: if kind == OrganizationKind::SupportCentre { vec!["東".into()] } else { Vec::new() },
                hours: if kind == OrganizationKind::CareOffice { hours.clone() } else { OfficeHours::default() },
                version: 1,
            })
            .collect();
        let id = |n: usize| organizations[n].id;
        let ward = Ward { id: ids.next(), organization_id: id(0), name: line("3階病棟") };
        let manager = CareManager {
            id: ids.next(),
            organization_id: id(1),
            name: line("常呂 直子"),
            email: Some(EmailAddress::parse("naoko@care.example").unwrap()),
        };
        let mut points = Vec::new();
        for (n, uses) in [
            (0, vec![ContactUse::Ward, ContactUse::CoordinationDesk]),
            (1, vec![ContactUse::First, ContactUse::Second]),
            (2, vec![ContactUse::First]),
            (3, vec![ContactUse::First]),
            (4, vec![ContactUse::First]),
        ] {
            for use_for in uses {
                let address = format!("{}-{n}@town.example", format!("{use_for:?}").to_lowercase());
                points.push(ContactPoint {
                    id: ids.next(),
                    organization_id: id(n),
                    ward_id: (use_for == ContactUse::Ward).then_some(ward.id),
                    use_for,
                    email: EmailAddress::parse(&address).unwrap(),
                });
            }
        }
        let mut actor = |organization_id, role| Actor {
            account_id: ids.next(),
            region_id: region.id,
            organization_id,
            ward_id: (role == Role::WardStaff).then_some(ward.id),
            care_manager_id: (role == Role::CareManager).then_some(manager.id),
            role,
            rights: crate::access::Rights::Whole,
            guest: false,
        };
        let (nurse, care_manager) = (actor(id(0), Role::WardStaff), actor(id(1), Role::CareManager));
        let (other_office, centre, city) = (id(2), id(3), id(4));
        let ward_id = ward.id;
        let manager_id = manager.id;
        let directory = Directory::new(region, 1, organizations, vec![ward], vec![manager], points);
        let (agreement, calendar) = (Agreement::kitami(), Calendar::japan());

        let context = Context {
            now: start,
            request_id: ids.next(),
            actor: Some(&nurse),
            agreement: &agreement,
            calendar: &calendar,
            directory: &directory,
            seed: 1,
        };
        let hanako = NewPatient {
            name: line("北見 花子"),
            kana: Kana::parse("キタミ ハナコ").unwrap(),
            birth_on: NaiveDate::from_ymd_opt(1940, 4, 1).unwrap(),
            sex: Sex::Female,
            district: line("東"),
            insured_number: None,
            care_level: CareLevel::Care2,
        };
        let (_, registered) = register_patient(&context, hanako).unwrap();
        let mut registered = registered;
        let today = NewConsent::by_tick(ConsentWay::Written, start.day());
        with_consent(&context, &mut registered, today).unwrap();
        let patient = registered.patient.unwrap().row().clone();
        let charged = charge(&context, &patient, &[], manager_id, day(4, 1)).unwrap();
        let stay = NewStay { ward_id, admitted_at: start, emergency: false, respite: false };
        let admitted = admit(context, patient, charged.team, None, &stay).unwrap();
        let mut case = admitted.case().clone();
        admitted.conclude(Command::Admit).onto(&mut case);
        Self { agreement, calendar, directory, nurse, care_manager, other_office, centre, city, case, seed: 1 }
    }

    /// The same town, where nobody manages 北見 花子's care.
    pub(super) fn without_care_manager() -> Self {
        let mut town = Self::new();
        town.case.team.clear();
        town
    }

    /// Takes `steps` as `actor` (none: the service) at `now` and applies what comes of them.
    pub(super) fn act<T>(
        &mut self,
        actor: Option<&Actor>,
        now: Instant,
        steps: impl FnOnce(&mut Decision<'_>) -> Result<T, Refusal>,
    ) -> Result<(T, Changes), Refusal> {
        self.seed += 1;
        let mut ids = Ids::new(now, self.seed << 32);
        let context = Context {
            now,
            request_id: ids.next(),
            actor,
            agreement: &self.agreement,
            calendar: &self.calendar,
            directory: &self.directory,
            seed: self.seed,
        };
        let mut decision = Decision::over(context, self.case.clone());
        let outcome = steps(&mut decision)?;
        let changes =
            if actor.is_some() { decision.conclude(Command::IssueNotice) } else { decision.conclude_silently("sweep") };
        changes.onto(&mut self.case);
        Ok((outcome, changes))
    }

    pub(super) fn nurse_does<T>(
        &mut self,
        now: Instant,
        steps: impl FnOnce(&mut Decision<'_>) -> Result<T, Refusal>,
    ) -> Result<(T, Changes), Refusal> {
        let nurse = self.nurse.clone();
        self.act(Some(&nurse), now, steps)
    }

    pub(super) fn care_manager_does<T>(
        &mut self,
        now: Instant,
        steps: impl FnOnce(&mut Decision<'_>) -> Result<T, Refusal>,
    ) -> Result<(T, Changes), Refusal> {
        let manager = self.care_manager.clone();
        self.act(Some(&manager), now, steps)
    }

    pub(super) fn plan(&mut self, now: Instant, planned_on: NaiveDate) -> Changes {
        self.nurse_does(now, |decision| decision.plan_discharge(planned_on)).unwrap().1
    }

    /// Issues the notice of the discharge planned now.
    pub(super) fn tell(&mut self, now: Instant) -> (NoticeId, Changes) {
        self.nurse_does(now, |decision| decision.issue(planned_discharge())).unwrap()
    }

    /// One sweep: the levels warned at, and the mails.
    pub(super) fn sweep(&mut self, now: Instant) -> (Vec<Level>, Vec<Delivery>) {
        let swept = self.act(None, now, |decision| {
            decision.sweep();
            Ok(())
        });
        let changes = swept.unwrap().1;
        (changes.warnings.iter().map(|warning| warning.level).collect(), changes.deliveries)
    }

    pub(super) fn discharge_deadlines(&self) -> Vec<&Deadline> {
        self.case.deadlines.iter().filter(|d| d.rule == DeadlineRule::DischargeNotice).collect()
    }

    /// The verdict of the deadline for this planned day.
    pub(super) fn verdict(&self, planned_on: NaiveDate) -> Timeliness {
        let of_day = |d: &&&Deadline| d.planned_on == Some(planned_on);
        self.discharge_deadlines().iter().find(of_day).map(|d| d.timeliness).unwrap()
    }

    pub(super) fn notice(&self, id: NoticeId) -> &Notice {
        self.case.notice(id).unwrap()
    }
}

pub(super) fn planned_discharge() -> NewNotice {
    NewNotice { kind: NoticeKind::PlannedDischarge, planned_on: None, message: Prose::default() }
}

/// Every criterion answered no, but for those named.
pub(super) fn answers(town: &Town, yes: &[&str]) -> Answers {
    town.agreement.checklist.criteria().iter().fold(Answers::new(), |answers, criterion| {
        let id: CriterionId = criterion.id.clone();
        if yes.contains(&id.as_str()) { answers.yes(id.as_str()) } else { answers.no(id.as_str()) }
    })
}

pub(super) fn mailboxes(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.to.as_str()).collect()
}
