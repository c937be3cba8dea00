//! One stay whole, and the admission that opens it.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::{Command, Relation, may, relation_to};
use domain::case::Case;
use domain::consent::Sharing;
use domain::deadline::{Deadline, DeadlineRule};
use domain::decide::{Context, Decision, NewNotice, NewStay, admit as admit_stay, recipient_of};
use domain::encounter::{AdtEvent, EncounterEvent, EncounterState};
use domain::notice::NoticeKind;
use domain::party::Role;
use domain::refusal::Faults;
use domain::text::Prose;
use domain::{EncounterId, Fault, Instant, OrganizationId, PatientId, Refusal, WardId};
use serde::Deserialize;

use super::consent;
use super::shape;
use super::view::form::{Form, FormError};
use super::view::stay::{Actions, Admission, ContactRow, DeadlineRow, ScreeningCard, Stay, TimelineRow, WarningRow};
use super::view::typed::{KEY, Typed, parse_day, parse_time};
use super::view::words;
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::look;
use crate::run::{Answer, Ground, may_in_region, read_case, run, sees_all, still_open_here};
use crate::state::App;

pub(super) async fn show(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    visitor.answer(whole(&app, &visitor, &wanted).await)
}

async fn whole(app: &App, visitor: &Visitor, wanted: &str) -> Result<Response, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let case = read_case(app, &visitor.who.actor, encounter_id, Command::ViewEncounter).await?;
    look::at_stay(app, &visitor.who, &case).await?;
    let shared = sees_all(app, &visitor.who.actor, &case).await?;
    let actions = actions(&case, visitor, app.now());
    let case = if shared { case } else { case.minimal() };
    let people = case.events.iter().map(|event| event.recorded_by).collect();
    let names = shape::names(app, people).await?;
    let (directory, today) = (&visitor.directory, visitor.today);
    let encounter = &case.encounter;
    let mut notices = case.notices.clone();
    notices.reverse();
    let mut deadlines = case.deadlines.clone();
    deadlines.sort_by_key(|d| (std::cmp::Reverse(d.open), d.rule, std::cmp::Reverse(d.due_on)));
    let manager = case.care_team_on(today).map(|member| shape::charge(member, directory, today));
    let shown = Stay {
        frame: visitor.frame("入院の記録", "Stay"),
        id: encounter_id.to_string(),
        person: shape::card_of(&case, shared, today),
        minimal: !shared,
        consent: consent::sharing(case.patient.sharing),
        can_view_person: can_view_person(&case, visitor),
        place: place_for(&case, visitor, shared),
        admitted: words::full_instant(encounter.admitted_at),
        emergency: encounter.emergency && shared,
        state: words::stay_state(&encounter.state, shared),
        deadlines: deadlines
            .iter()
            .map(|deadline| DeadlineRow {
                rule: words::rule(deadline.rule).0,
                about: about(deadline, &case, visitor),
                countdown: if deadline.open {
                    words::countdown(deadline.due_on, today)
                } else {
                    format!("{}まで", words::day(deadline.due_on))
                },
                tone: words::nearness(deadline.due_on, today),
                verdict: words::timeliness(deadline.rule, deadline.timeliness),
                open: deadline.open,
            })
            .collect(),
        sheet: domain::decide::sheet_days(&case, app.agreement(directory)?, &app.calendar(), directory).map(|days| {
            let doubts = [&days.full.doubt, &days.reduced.doubt].into_iter().flatten().map(|doubt| doubt.ja.clone());
            let mut doubts: Vec<String> = doubts.collect();
            doubts.dedup();
            (words::day(days.full.last_on), words::day(days.reduced.last_on), doubts)
        }),
        manager: manager.map(|charge| format!("{}({})", charge.manager, charge.office)),
        warnings: warnings(&case, visitor.who.actor.organization_id),
        notices: notices
            .iter()
            .map(|notice| shape::notice_row(notice, directory, None, visitor.who.actor.organization_id))
            .collect(),
        contacts: case
            .contacts
            .iter()
            .map(|contact| ContactRow {
                id: contact.id.to_string(),
                kind: contact.kind.wording().0,
                medium: contact.medium.wording().0,
                with_whom: contact.with_whom.to_string(),
                told: contact.told_on.map_or_else(|| "不明".to_owned(), words::day),
                by: shape::organization(directory, contact.by_organization_id),
                confirmed: contact.receipt_confirmed,
                needs_receipt: contact.medium.needs_receipt(),
                taken_back: contact.taken_back.map(|taken| words::instant(taken.at)),
                ours: contact.by_organization_id == visitor.who.actor.organization_id,
            })
            .collect(),
        screening: case.screening().map(|screening| ScreeningCard {
            outcome: shape::outcome(&screening.outcome),
            reasons: shape::reasons(&screening.outcome),
            decision: screening
                .decision
                .as_ref()
                .map(|d| format!("{}。理由: {}", if d.give_notice { "連絡する" } else { "連絡しない" }, d.why)),
            edition: screening.edition.clone(),
            at: words::instant(screening.screened_at),
        }),
        timeline: timeline(&case, visitor, &names),
        actions,
        csrf: visitor.who.csrf.clone(),
        key: app.request_id().to_string(),
    };
    page(StatusCode::OK, &shown)
}

/// The care side opens the pages of those in its own charge.
fn can_view_person(case: &Case, visitor: &Visitor) -> bool {
    let actor = &visitor.who.actor;
    let ours = case.care_team_on(visitor.today).is_some_and(|member| member.organization_id == actor.organization_id);
    let relation = if ours { Relation::Attached } else { Relation::Region };
    may(actor, Command::ViewPatient, relation).is_ok()
}

/// 架空中央病院 3階東病棟.
pub(super) fn place(case: &Case, visitor: &Visitor) -> String {
    let hospital = shape::organization(&visitor.directory, case.encounter.hospital_id);
    format!("{hospital} {}", shape::ward(&visitor.directory, case.encounter.ward_id))
}

/// Without the ward, which can tell an illness, where nobody has consented to more; with the number to phone instead.
pub(super) fn place_for(case: &Case, visitor: &Visitor, shared: bool) -> String {
    if shared {
        return place(case, visitor);
    }
    let hospital = visitor.directory.organization(case.encounter.hospital_id);
    let phone = hospital.and_then(|hospital| hospital.phone.as_ref()).map(|phone| format!("(電話 {phone})"));
    let name = shape::organization(&visitor.directory, case.encounter.hospital_id);
    format!("{name}{}", phone.unwrap_or_default())
}

fn actions(case: &Case, visitor: &Visitor, now: Instant) -> Actions {
    let actor = &visitor.who.actor;
    let relation = relation_to(actor, case, now);
    let can = |command| may(actor, command, relation).is_ok();
    let state = &case.encounter.state;
    let ours = relation == Relation::Own;
    let told = |kind: NoticeKind| {
        case.notices.iter().any(|n| n.stands() && n.kind == kind && n.sender_id == actor.organization_id)
    };
    let planned_on = match state {
        EncounterState::DischargePlanned { planned_on } => Some(*planned_on),
        _ => None,
    };
    let told_plan = planned_on.is_some()
        && case
            .notices
            .iter()
            .any(|n| n.stands() && n.planned_on == planned_on && n.kind == NoticeKind::PlannedDischarge);
    let discharged = matches!(state, EncounterState::Discharged { .. });
    let issue = can(Command::IssueNotice) && !state.is_void();
    Actions {
        file: issue && ours && state.is_open() && !told_plan,
        report_discharge: issue && ours && discharged && !told(NoticeKind::Discharge),
        send_sheet: issue && !ours && actor.role != Role::Municipality,
        tell_admission: issue && state.is_open() && !told(NoticeKind::Admission),
        record: can(Command::RecordEvent) && !state.is_void(),
        log: can(Command::LogContact) && !state.is_void(),
    }
}

/// The warnings of what is still open, in the words of whoever reads them: what the one has to do, the other waits for.
fn warnings(case: &Case, reader: OrganizationId) -> Vec<WarningRow> {
    let of = |warning: &domain::deadline::Warning| {
        let key = (warning.rule, warning.subject, warning.due_on);
        case.deadlines.iter().find(|deadline| deadline.open && deadline.key() == key)
    };
    let row = |warning: &domain::deadline::Warning| {
        let (words, en, tone) = words::level(warning.level, of(warning)?.organization_id == reader);
        Some(WarningRow { words, en, tone, at: words::instant(warning.warned_at) })
    };
    let mut newest: Vec<_> = case.warnings.iter().collect();
    newest.sort_by_key(|warning| std::cmp::Reverse(warning.warned_at));
    newest.into_iter().filter_map(row).collect()
}

/// What a deadline is about, in a few words.
fn about(deadline: &Deadline, case: &Case, visitor: &Visitor) -> Option<String> {
    if deadline.rule == DeadlineRule::DischargeNotice {
        return deadline.planned_on.map(|on| format!("退院予定 {}", words::day(on)));
    }
    let notice = case.notices.iter().find(|notice| notice.id.uuid() == deadline.subject)?;
    let by = shape::organization(&visitor.directory, deadline.organization_id);
    Some(format!("{} 第{}号・{by}", notice.kind.wording().0, notice.serial))
}

fn timeline(
    case: &Case,
    visitor: &Visitor,
    names: &std::collections::HashMap<domain::AccountId, String>,
) -> Vec<TimelineRow> {
    let cancelled: Vec<_> = case.events.iter().filter_map(|event| event.event.cancels()).collect();
    let mut events: Vec<_> = case.events.iter().collect();
    events.sort_by_key(|event| std::cmp::Reverse((event.occurred_at, event.id)));
    let row = |event: &EncounterEvent| TimelineRow {
        what: what(event, visitor),
        at: words::full_instant(event.occurred_at),
        recorded: (event.recorded_at.day() != event.occurred_at.day()).then(|| words::instant(event.recorded_at)),
        by: shape::named(names, event.recorded_by),
        note: event.note.as_ref().map(ToString::to_string),
        cancelled: cancelled.contains(&event.id),
    };
    events.into_iter().map(row).collect()
}

/// An event in words.
pub(super) fn what(event: &EncounterEvent, visitor: &Visitor) -> String {
    let name = event.event.wording().0;
    match &event.event {
        AdtEvent::Admit { ward_id, .. } | AdtEvent::Transfer { ward_id } => {
            format!("{name}({})", shape::ward(&visitor.directory, *ward_id))
        }
        AdtEvent::PendingDischarge { planned_on } => format!("{name} {}", words::day(*planned_on)),
        AdtEvent::Discharge { on, to, .. } => format!("{name} {}({})", words::day(*on), to.wording().0),
        _ => name.to_owned(),
    }
}

/// Who would be told and why, in words; or why nobody can be.
pub(super) fn recipient(case: &Case, context: &Context<'_>) -> Result<(String, (&'static str, &'static str)), String> {
    let found = recipient_of(case, context).map_err(|fault| fault.ja())?;
    Ok((shape::recipient(context.directory, &found), found.because.wording()))
}

#[derive(Debug, Deserialize)]
pub(super) struct For {
    #[serde(default)]
    patient: String,
}

pub(super) async fn admission_form(State(app): State<App>, visitor: Visitor, Query(asked): Query<For>) -> Response {
    let now = app.now().local();
    let mut typed = Typed::default()
        .with("admitted_on", now.date().to_string())
        .with("admitted_time", now.format("%H:%M").to_string())
        .with("tell", "yes");
    if let Some(ward_id) = visitor.who.actor.ward_id {
        typed = typed.with("ward_id", ward_id.to_string());
    }
    let form = visitor.form(&app, "/encounters/new", typed);
    visitor.answer(admission(&app, &visitor, &asked.patient, form).await)
}

async fn admission(app: &App, visitor: &Visitor, patient: &str, form: Form) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    may_in_region(actor, Command::Admit)?;
    let patient_id: PatientId = id(patient)?;
    let read = app.store().new_case(actor.region_id, patient_id).await?;
    let (patient, team, last) = read.ok_or(Fault::NotFound)?;
    visitor.seen(app, Command::ViewPatient, Some(patient_id), None, None).await?;
    let ground = Ground::of(app, actor).await?;
    let sender = visitor.who.sender(None, None);
    let context = ground.context(app, &sender)?;
    let person = shape::person_card(&patient, visitor.today);
    let unasked = patient.sharing == Sharing::None;
    // Who would be told is asked of the very decision, on any ward.
    let ward = visitor.directory.wards_of(actor.organization_id).first().map(|ward| ward.id);
    let trial = ward.map(|ward_id| NewStay { ward_id, admitted_at: context.now, emergency: false, respite: false });
    let trial = trial.and_then(|stay| admit_stay(context, patient, team, last, &stay).ok());
    let nobody = || Err(Fault::NoRecipient.ja());
    let open = app.store().list_encounters(actor.region_id, &still_open_here(actor, patient_id), None, 5).await?;
    let shown = Admission {
        frame: visitor.frame("入院の登録", "Register a stay"),
        person,
        open: open.iter().map(|line| shape::stay_row(line, &visitor.directory, visitor.today, actor)).collect(),
        wards: shape::wards(&visitor.directory, actor.organization_id),
        consents: unasked.then(consent::ways),
        recipient: trial.map_or_else(nobody, |decision| recipient(decision.case(), &context)),
        form,
    };
    page(shown.form.status, &shown)
}

fn parse(typed: &Typed) -> Result<(NewStay, Prose), Refusal> {
    let mut faults = Faults::default();
    let ward = typed.get("ward_id");
    let ward = if ward.is_empty() { Err(Fault::Missing) } else { ward.parse::<WardId>().map_err(|_| Fault::UnknownId) };
    let ward_id = faults.take("ward_id", ward);
    let on = faults.take("admitted_on", parse_day(typed.get("admitted_on")));
    let time = faults.take("admitted_time", parse_time(typed.get("admitted_time")));
    let message = faults.take("message", Prose::parse(typed.get("message"))).unwrap_or_default();
    faults.check()?;
    let (Some(ward_id), Some(on), Some(time)) = (ward_id, on, time) else { return Err(Fault::Missing.into()) };
    let (emergency, respite) = (typed.is_ticked("emergency"), typed.is_ticked("respite"));
    Ok((NewStay { ward_id, admitted_at: Instant::at(on, time), emergency, respite }, message))
}

pub(super) async fn admit(State(app): State<App>, post: Post) -> Response {
    post.answer(admitted(&app, &post).await)
}

async fn admitted(app: &App, post: &Post) -> Result<Response, ApiError> {
    let patient = post.typed.get("patient");
    let form = post.form(app, "/encounters/new");
    if !post.typed.wants_sending() {
        return admission(app, &post.visitor, patient, form).await;
    }
    may_in_region(&post.visitor.who.actor, Command::Admit)?;
    let parsed = parse(&post.typed);
    if parsed.is_ok() && is_doubtful(app, post, id(patient)?).await? {
        let mut form = form;
        let message = "終わっていない入院があります。二重の登録でないか確かめてください。";
        form.errors.push(FormError::new("sure", message, "Another stay is open: is this the same?"));
        form.status = StatusCode::CONFLICT;
        return admission(app, &post.visitor, patient, form).await;
    }
    let sent = match parsed {
        Err(refusal) => Err(refusal.into()),
        Ok((stay, message)) => open_stay(app, post, id(patient)?, &stay, &message).await,
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(ApiError::Refused(mut refusal)) => {
            for (field, _) in &mut refusal.faults {
                if *field == "admitted_at" {
                    *field = "admitted_on";
                }
            }
            admission(app, &post.visitor, patient, form.refused(app, refusal.into())?).await
        }
        Err(error) => admission(app, &post.visitor, patient, form.refused(app, error)?).await,
    }
}

/// Another stay of hers goes on here, and nobody has said that this is another one, or has sent just this before.
async fn is_doubtful(app: &App, post: &Post, patient_id: PatientId) -> Result<bool, ApiError> {
    let actor = &post.visitor.who.actor;
    if post.typed.is_ticked("sure")
        || app.store().count_encounters(actor.region_id, &still_open_here(actor, patient_id)).await? == 0
    {
        return Ok(false);
    }
    Ok(app.store().idempotency(actor.account_id, post.typed.get(KEY)).await?.is_none())
}

async fn open_stay(
    app: &App,
    post: &Post,
    patient_id: PatientId,
    stay: &NewStay,
    message: &Prose,
) -> Result<Answer, ApiError> {
    let sender = post.sender(None);
    let tell = post.typed.is_ticked("tell");
    let consented = consent::ticked(&post.typed)?;
    let decide = async || {
        let read = app.store().new_case(sender.actor.region_id, patient_id).await?;
        let (patient, team, last) = read.ok_or(Fault::NotFound)?;
        let ground = Ground::of(app, sender.actor).await?;
        let mut decision: Decision<'_> = admit_stay(ground.context(app, &sender)?, patient, team, last, stay)?;
        if let Some(way) = consented {
            consent::may_record(&post.visitor, decision.case(), app.now())?;
            decision.consent(way)?;
        }
        if tell {
            let kind = NoticeKind::Admission;
            decision.issue(NewNotice { kind, planned_on: None, message: message.clone() })?;
        }
        let done = if tell { "admitted-sent" } else { "admitted" };
        let to = format!("/encounters/{}?done={done}", decision.case().encounter.id);
        Ok((decision.conclude(Command::Admit), leads_to(to)))
    };
    run(app, &sender, decide).await
}
