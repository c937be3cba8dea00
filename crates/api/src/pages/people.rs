//! 本人 and 担当: find and show a person, and name who manages the care.
//!
//! A search is a POST: neither names nor numbers stand in an address, a history or a log.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::{Command, may};
use domain::case::Case;
use domain::decide::{Context, NewPatient, charge};
use domain::encounter::{Encounter, EncounterState};
use domain::party::Role;
use domain::patient::{CareTeamMember, Patient};
use domain::refusal::Faults;
use domain::text::{Kana, Line};
use domain::{Fault, PatientId};
use storage::EncounterFilter;

use super::consent;
use super::shape;
use super::stays::recipient;
use super::view::form::{Form, FormError};
use super::view::patients::{CareTeamForm, Person, Search};
use super::view::typed::{Typed, parse_day};
use super::view::words;
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::neighbours::Everywhere;
use crate::run::{Ground, may_ever, read_person, relation_to_patient, run};
use crate::state::App;
use crate::v1::people::found_entries;

/// People on one page of a search.
const MOST: u32 = 50;

pub(super) async fn search_form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/patients/search", Typed::default());
    visitor.answer(searched(&visitor, form, None))
}

pub(super) async fn search(State(app): State<App>, post: Post) -> Response {
    post.answer(find(&app, &post).await)
}

async fn find(app: &App, post: &Post) -> Result<Response, ApiError> {
    let visitor = &post.visitor;
    may_ever(&visitor.who.actor, Command::SearchPatients)?;
    let mut form = post.form(app, "/patients/search");
    let key = Kana::search_key(post.typed.get("q"));
    if let Err(fault) = Line::parse(&key) {
        form.errors.push(FormError::of("q", &fault));
        return searched(visitor, form, None);
    }
    let everywhere = Everywhere::of(app, &visitor.who.actor).await?;
    let (found, _) = everywhere.people(app, &key, Command::SearchPatients, None, MOST).await?;
    app.store().append_audit(found_entries(app, &visitor.who, &found)).await?;
    searched(visitor, form, Some(&found))
}

fn searched(visitor: &Visitor, form: Form, found: Option<&[Patient]>) -> Result<Response, ApiError> {
    may_ever(&visitor.who.actor, Command::SearchPatients)?;
    let shown = Search {
        frame: visitor.frame("本人を探す", "Find a person"),
        form,
        cut: found.is_some_and(|found| found.len() >= MOST as usize),
        found: found.map(|found| found.iter().map(|p| shape::person_row(p, visitor.today)).collect()),
    };
    page(StatusCode::OK, &shown)
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    visitor.answer(person(&app, &visitor, &wanted).await)
}

async fn person(app: &App, visitor: &Visitor, wanted: &str) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    let patient = read_person(app, &visitor.who.actor, id(wanted)?, Command::ViewPatient).await?;
    let hospital = matches!(actor.role, Role::WardStaff | Role::Coordinator);
    let (ours, today) = (Some(actor.organization_id), visitor.today);
    let filter = EncounterFilter {
        hospital_id: ours.filter(|_| hospital),
        office_id: ours.filter(|_| !hospital),
        today: Some(today),
        patient_id: Some(patient.id),
        ..EncounterFilter::default()
    };
    let stays = app.store().list_encounters(actor.region_id, &filter, None, 20).await?;
    let mut team = app.store().care_team(patient.id).await?;
    team.sort_by_key(|member| std::cmp::Reverse((member.from_on, member.id)));
    visitor.seen(app, Command::ViewPatient, Some(patient.id), None, None).await?;
    let relation = relation_to_patient(app, actor, &patient).await?;
    let can = |command| may(actor, command, relation).is_ok();
    let (ground, sender) = (Ground::of(app, actor).await?, visitor.who.sender(None, None));
    let context = ground.context(app, &sender)?;
    let can_write = can(Command::WritePatient);
    let doubts = if can_write { NewPatient::of(&patient).doubts(&context) } else { Vec::new() };
    let charged = team.iter().any(|member| member.is_current_on(today));
    let told = (!charged).then(|| would_be_told(&patient, &team, &context));
    let shown = Person {
        frame: visitor.frame("本人の情報", "Person"),
        person: shape::person_card(&patient, today),
        insured_number: patient.insured_number.as_ref().map(|number| number.as_str().to_owned()),
        doubts: doubts.into_iter().map(words::doubt).collect(),
        team: team.iter().map(|member| shape::charge(member, &visitor.directory, today)).collect(),
        told,
        consent: consent::sharing(patient.sharing),
        can_record_consent: can(Command::WriteConsent),
        can_view_disclosures: can(Command::ViewDisclosures),
        stays: stays.iter().map(|line| shape::stay_row(line, &visitor.directory, today, actor)).collect(),
        can_write,
        can_admit: can(Command::Admit),
    };
    page(StatusCode::OK, &shown)
}

/// Whom a hospital would tell of her next stay, and why; or that there is nobody.
fn would_be_told(
    patient: &Patient,
    team: &[CareTeamMember],
    context: &Context<'_>,
) -> Result<(String, (&'static str, &'static str)), String> {
    let nobody = uuid::Uuid::nil();
    let encounter = Encounter {
        id: nobody.into(),
        region_id: patient.region_id,
        patient_id: patient.id,
        hospital_id: nobody.into(),
        ward_id: nobody.into(),
        state: EncounterState::InProgress,
        admitted_at: context.now,
        emergency: false,
        version: 0,
        revision: 0,
    };
    let case = Case {
        patient: patient.clone(),
        encounter,
        team: team.to_vec(),
        last_discharge_on: None,
        events: Vec::new(),
        screenings: Vec::new(),
        notices: Vec::new(),
        contacts: Vec::new(),
        deadlines: Vec::new(),
        warnings: Vec::new(),
        fact: None,
    };
    recipient(&case, &Context { actor: None, ..*context })
}

pub(super) async fn team_form(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    let typed = Typed::default().with("from_on", visitor.today.to_string());
    let form = visitor.form(&app, format!("/patients/{wanted}/care-team"), typed);
    visitor.answer(team_page(&app, &visitor, &wanted, form).await)
}

async fn team_page(app: &App, visitor: &Visitor, wanted: &str, form: Form) -> Result<Response, ApiError> {
    let patient = read_person(app, &visitor.who.actor, id(wanted)?, Command::WriteCareTeam).await?;
    let team = app.store().care_team(patient.id).await?;
    visitor.seen(app, Command::ViewPatient, Some(patient.id), None, None).await?;
    let current = team.iter().filter(|m| m.is_current_on(visitor.today)).max_by_key(|m| (m.from_on, m.id));
    let shown = CareTeamForm {
        frame: visitor.frame("担当のケアマネジャー", "Care manager"),
        person: shape::person_card(&patient, visitor.today),
        managers: shape::care_managers(&visitor.directory),
        current: current.map(|member| shape::charge(member, &visitor.directory, visitor.today)),
        form,
    };
    page(shown.form.status, &shown)
}

pub(super) async fn name_manager(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(charged(&app, &post, &wanted).await)
}

async fn charged(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let patient_id: PatientId = id(wanted)?;
    let form = post.form(app, format!("/patients/{patient_id}/care-team"));
    if !post.typed.wants_sending() {
        return team_page(app, &post.visitor, wanted, form).await;
    }
    let mut faults = Faults::default();
    let manager = post.typed.get("care_manager_id");
    let manager = if manager.is_empty() { Err(Fault::Missing) } else { manager.parse().map_err(|_| Fault::UnknownId) };
    let manager = faults.take("care_manager_id", manager);
    let from_on = faults.take("from_on", parse_day(post.typed.get("from_on")));
    let sender = post.sender(None);
    let sent = match (faults.check(), manager, from_on) {
        (Ok(()), Some(manager), Some(from_on)) => {
            let decide = async || {
                let patient = read_person(app, &post.visitor.who.actor, patient_id, Command::WriteCareTeam).await?;
                let team = app.store().care_team(patient_id).await?;
                let ground = Ground::of(app, sender.actor).await?;
                let changes = charge(&ground.context(app, &sender)?, &patient, &team, manager, from_on)?;
                Ok((changes, leads_to(format!("/patients/{patient_id}?done=charged"))))
            };
            run(app, &sender, decide).await
        }
        (checked, _, _) => Err(checked.err().unwrap_or_else(|| Fault::Missing.into()).into()),
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => team_page(app, &post.visitor, wanted, form.refused(app, error)?).await,
    }
}
