//! The course of one stay: dated steps, played through the real decisions into one command.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, anyhow};
use chrono::{NaiveDate, Timelike};
use domain::access::{Actor, Command};
use domain::agreement::Agreement;
use domain::case::Case;
use domain::changes::Changes;
use domain::decide::{Context, Decision, NewContact, NewEvent, NewNotice, NewStay, admit};
use domain::delivery::DeliveryState;
use domain::directory::Directory;
use domain::encounter::{AdtEvent, Destination};
use domain::notice::{Acknowledgement, Medium, Notice, NoticeKind};
use domain::screening::AdvisedDecision;
use domain::text::Prose;
use domain::{CareManagerId, EncounterId, Ids, Instant, NoticeId, OrganizationId, Refusal, WardId};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::calendar::Calendar;
use rules::{Answer, Answers, Checklist, Tier};

use super::merge::absorb;
use super::names::line;
use super::{City, at};

/// Chooses by weight.
pub(super) fn pick<'a, T>(weighted: &'a [(u32, T)], chance: &mut StdRng) -> &'a T {
    let mut ticket = chance.random_range(0..weighted.iter().map(|(weight, _)| weight).sum());
    for (weight, choice) in weighted {
        if ticket < *weight {
            return choice;
        }
        ticket -= weight;
    }
    &weighted[0].1
}

/// What a course is played on.
pub(super) struct Ground<'a> {
    city: &'a City,
    agreement: &'a Agreement,
    calendar: &'a Calendar,
    directory: &'a Directory,
    /// Steps after this instant have not happened yet.
    until: Instant,
    of_ward: HashMap<WardId, Actor>,
    of_manager: HashMap<CareManagerId, Actor>,
    of_organization: HashMap<OrganizationId, Actor>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        city: &'a City,
        agreement: &'a Agreement,
        calendar: &'a Calendar,
        directory: &'a Directory,
        until: Instant,
    ) -> Self {
        let actors = || city.accounts.iter().map(Actor::person);
        // The first account of an organization speaks for it; the municipality's first is its clerk.
        let of_organization = actors().rev().map(|actor| (actor.organization_id, actor)).collect();
        let of_ward = actors().filter_map(|actor| Some((actor.ward_id?, actor))).collect();
        let of_manager = actors().filter_map(|actor| Some((actor.care_manager_id?, actor))).collect();
        Self { city, agreement, calendar, directory, until, of_ward, of_manager, of_organization }
    }

    /// Who answers the notice for its receiver.
    fn answers(&self, notice: &Notice, ward_id: WardId) -> &Actor {
        let manager = notice.recipient.care_manager_id.and_then(|id| self.of_manager.get(&id));
        let ward = &self.of_ward[&ward_id];
        let to = notice.recipient.organization_id;
        manager.unwrap_or(if ward.organization_id == to { ward } else { &self.of_organization[&to] })
    }
}

/// How the receiver answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// The same or the next day.
    Soon,
    /// After the second contact had to be told.
    Late,
    Never,
    /// 当事業所の利用者ではない; whoever it goes to next answers or doesn't.
    NotOurs {
        next: bool,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Tell {
        kind: NoticeKind,
        answered: Answered,
    },
    Log {
        kind: NoticeKind,
        medium: Medium,
        told_on: Option<NaiveDate>,
    },
    /// Ticks some criteria of this tier, and "no" to all others.
    Screen {
        hit: Option<Tier>,
        give_notice: bool,
    },
    Plan(NaiveDate),
    Transfer(WardId),
    Discharge {
        on: NaiveDate,
        to: Destination,
        support_unchanged: bool,
    },
    Answer {
        notice_id: NoticeId,
        answer: Acknowledgement,
        next: Answered,
    },
}

/// One stay from its admission on.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) seed: u64,
    /// Place in the city's people.
    pub(super) person: usize,
    pub(super) last_discharge_on: Option<NaiveDate>,
    pub(super) ward_id: WardId,
    pub(super) admitted_at: Instant,
    pub(super) emergency: bool,
    pub(super) respite: bool,
    pub(super) steps: Vec<(Instant, Step)>,
}

impl Course {
    /// The id that the stay will have.
    pub(super) fn encounter_id(&self) -> EncounterId {
        Ids::new(self.admitted_at, self.seed).next()
    }

    /// Takes every step up to the ground's end and gives the whole as one command.
    pub(super) fn play(&self, ground: &Ground<'_>) -> anyhow::Result<Changes> {
        let person = &ground.city.people[self.person];
        let mut played = Played { ground, course: self, taken: 0, case: None, whole: Changes::default() };
        let stay = NewStay {
            ward_id: self.ward_id,
            admitted_at: self.admitted_at,
            emergency: self.emergency,
            respite: self.respite,
        };
        let ward = &ground.of_ward[&self.ward_id];
        let context = played.context(self.admitted_at, Some(ward));
        let team = person.charge.iter().cloned().collect();
        let admitted = admit(context, person.patient.clone(), team, self.last_discharge_on, &stay);
        played.keep(admitted.map_err(|refusal| anyhow!("an admission was refused: {refusal:?}"))?, Command::Admit);

        let mut chance = StdRng::seed_from_u64(self.seed);
        let mut ahead = Agenda::default();
        self.steps.iter().for_each(|(at, step)| ahead.add(*at, *step));
        while let Some((at, step)) = ahead.next(ground.until) {
            let about = format!("{step:?}");
            played.take(at, step, &mut ahead, &mut chance).with_context(|| format!("a step at {at}: {about}"))?;
        }
        played.sweep_until(ground.until);
        Ok(delivered(played.whole))
    }
}

/// What is still to happen, by time and then by the order in which it was planned.
#[derive(Default)]
struct Agenda {
    steps: BTreeMap<(Instant, usize), Step>,
    added: usize,
}

impl Agenda {
    fn add(&mut self, at: Instant, step: Step) {
        self.steps.insert((at, self.added), step);
        self.added += 1;
    }

    fn next(&mut self, until: Instant) -> Option<(Instant, Step)> {
        let ((at, _), step) = self.steps.pop_first()?;
        (at <= until).then_some((at, step))
    }
}

struct Played<'a> {
    ground: &'a Ground<'a>,
    course: &'a Course,
    taken: u64,
    case: Option<Case>,
    whole: Changes,
}

impl<'a> Played<'a> {
    fn context<'b>(&mut self, now: Instant, actor: Option<&'b Actor>) -> Context<'b>
    where
        'a: 'b,
    {
        let seed = self.course.seed.wrapping_add(self.taken.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        self.taken += 1;
        Context {
            now,
            request_id: Ids::new(now, !seed).next(),
            actor,
            agreement: self.ground.agreement,
            calendar: self.ground.calendar,
            directory: self.ground.directory,
            seed,
        }
    }

    fn keep(&mut self, decision: Decision<'_>, command: Command) {
        let mut case = decision.case().clone();
        let changes = decision.conclude(command);
        changes.onto(&mut case);
        self.case = Some(case);
        absorb(&mut self.whole, changes);
    }

    fn case(&self) -> &Case {
        self.case.as_ref().expect("the stay was admitted first")
    }

    fn decide(
        &mut self,
        now: Instant,
        actor: &Actor,
        command: Command,
        step: impl FnOnce(&mut Decision<'_>) -> Result<(), Refusal>,
    ) -> anyhow::Result<()> {
        let context = self.context(now, Some(actor));
        let mut decision = Decision::over(context, self.case().clone());
        step(&mut decision).map_err(|refusal| anyhow!("refused: {refusal:?}"))?;
        self.keep(decision, command);
        Ok(())
    }

    /// What the service did by itself before `now`. Steps of the same instant are one command for it: a form that plans and tells.
    fn sweep_until(&mut self, now: Instant) {
        // A stay has a few dozen turns at most; the bound keeps a mistake from looping.
        for _ in 0..200 {
            let open = self.case().deadlines.iter().filter(|row| row.open);
            let Some(due_at) = open.filter_map(|row| row.next_at).filter(|at| *at < now).min() else { return };
            let context = self.context(due_at, None);
            let mut decision = Decision::over(context, self.case().clone());
            decision.sweep();
            let mut case = decision.case().clone();
            let changes = decision.conclude_silently("sweep");
            changes.onto(&mut case);
            self.case = Some(case);
            absorb(&mut self.whole, changes);
        }
    }

    fn take(&mut self, now: Instant, step: Step, ahead: &mut Agenda, chance: &mut StdRng) -> anyhow::Result<()> {
        self.sweep_until(now);
        let ground = self.ground;
        let ward = &ground.of_ward[&self.course.ward_id];
        let person = &ground.city.people[self.course.person];
        match step {
            Step::Tell { kind, answered } => {
                let manager = person.charge.as_ref().map(|charge| &ground.of_manager[&charge.care_manager_id]);
                let actor = if kind == NoticeKind::AdmissionInformation { manager.unwrap_or(ward) } else { ward };
                let mut told = None;
                let message = Prose::parse(message(kind)).expect("the city's own words are valid");
                self.decide(now, actor, Command::IssueNotice, |decision| {
                    told = Some(decision.issue(NewNotice { kind, planned_on: None, message })?);
                    Ok(())
                })?;
                if let Some(notice_id) = told {
                    plan_answer(notice_id, now, answered, ahead, chance);
                }
            }
            Step::Log { kind, medium, told_on } => {
                let receipt_confirmed = chance.random_bool(0.8);
                let with_whom = line("事業所の担当者");
                let new = NewContact { kind, medium, with_whom, told_on, receipt_confirmed };
                self.decide(now, ward, Command::LogContact, |decision| decision.log_contact(new).map(drop))?;
            }
            Step::Screen { hit, give_notice } => {
                let answers = answers(&ground.agreement.checklist, hit, chance);
                let why = line(if give_notice {
                    "独居のため早めに共有する"
                } else {
                    "入院前と生活が変わらないため"
                });
                let decided = Some(AdvisedDecision { give_notice, why });
                self.decide(now, ward, Command::Screen, |decision| decision.screen(answers, decided).map(drop))?;
            }
            Step::Plan(on) => self.decide(now, ward, Command::RecordEvent, |decision| decision.plan_discharge(on))?,
            Step::Transfer(ward_id) => self.record(now, ward, AdtEvent::Transfer { ward_id })?,
            Step::Discharge { on, to, support_unchanged } => {
                self.record(now, ward, AdtEvent::Discharge { on, to, support_unchanged })?;
            }
            Step::Answer { notice_id, answer, next } => {
                let notice = self.case().notice(notice_id).context("an answer to a notice of another stay")?.clone();
                let actor = ground.answers(&notice, self.course.ward_id);
                self.decide(now, actor, Command::Acknowledge, |decision| {
                    decision.read(notice_id)?;
                    decision.acknowledge(notice_id, answer)
                })?;
                let rerouted = self.case().notices.iter().find(|n| n.replaces == Some(notice_id)).map(|n| n.id);
                if let Some(rerouted) = rerouted {
                    plan_answer(rerouted, now, next, ahead, chance);
                }
            }
        }
        Ok(())
    }

    fn record(&mut self, now: Instant, ward: &Actor, event: AdtEvent) -> anyhow::Result<()> {
        let new = NewEvent { event, occurred_at: None, note: None };
        self.decide(now, ward, Command::RecordEvent, |decision| decision.record(new).map(drop))
    }
}

fn plan_answer(notice_id: NoticeId, told_at: Instant, answered: Answered, ahead: &mut Agenda, chance: &mut StdRng) {
    let (days, answer, next) = match answered {
        Answered::Soon => (0, Acknowledgement::Accepted, Answered::Never),
        Answered::Late => (chance.random_range(2..=4), Acknowledgement::Accepted, Answered::Never),
        Answered::Never => return,
        Answered::NotOurs { next } => {
            (0, Acknowledgement::NotOurClient, if next { Answered::Soon } else { Answered::Never })
        }
    };
    let minute = chance.random_range(0..60);
    let early = days == 0 && told_at.local().hour() < 15;
    let day = told_at.day() + chrono::Days::new(if early { 0 } else { days.max(1) });
    let hour =
        if early { told_at.local().hour().max(8) + chance.random_range(1..3) } else { chance.random_range(9..12) };
    ahead.add(at(day, hour, minute), Step::Answer { notice_id, answer, next });
}

const fn message(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Admission => "入院されました。ご利用中のサービスについて教えてください。",
        NoticeKind::AdmissionInformation => "入院前の生活とサービスの状況をお知らせします。",
        NoticeKind::PlannedDischarge => "退院の予定が決まりました。ご都合のよい日にお話しさせてください。",
        NoticeKind::Discharge => "退院されました。ご連絡が遅れたことをお詫びします。",
    }
}

fn answers(list: &Checklist, hit: Option<Tier>, chance: &mut StdRng) -> Answers {
    let mut answers = Answers::new();
    for criterion in list.criteria() {
        let yes = hit == Some(criterion.tier) && chance.random_bool(0.25);
        answers.criteria.insert(criterion.id.clone(), if yes { Answer::Yes } else { Answer::No });
    }
    let wanted: Vec<_> = list.criteria().iter().filter(|criterion| hit == Some(criterion.tier)).collect();
    if !wanted.is_empty() {
        let sure = wanted[chance.random_range(0..wanted.len())];
        answers.criteria.insert(sure.id.clone(), Answer::Yes);
    }
    answers
}

/// The mails of the past arrived.
fn delivered(mut changes: Changes) -> Changes {
    for delivery in &mut changes.deliveries {
        delivery.state = DeliveryState::Delivered { at: delivery.created_at.plus_seconds(4), attempts: 1 };
    }
    changes
}
