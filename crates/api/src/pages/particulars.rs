//! A person's particulars: registered once, corrected as they were seen.
//!
//! Nobody is merged silently and nobody overwrites what somebody else has changed: who may be the same person is proposed before
//! anything is kept, and a correction of what has moved meanwhile comes back with what stands there now beside what was typed.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::Command;
use domain::changes::Write;
use domain::decide::{NewConsent, NewPatient, PatientDoubt, correct_patient, register_patient, with_consent};
use domain::patient::{InsuredNumber, Patient};
use domain::refusal::Faults;
use domain::text::{Kana, Line};
use domain::{Fault, PatientId, Refusal};

use super::consent;
use super::shape;
use super::view::form::{Form, FormError};
use super::view::patients::{PersonForm, Standing};
use super::view::typed::{KEY, Typed, parse_day};
use super::view::words;
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::{Answer, Ground, may_ever, may_in_region, reachable, read_person, run};
use crate::state::App;
use crate::v1::people::found_entries;

fn parse(typed: &Typed) -> Result<NewPatient, Refusal> {
    let mut faults = Faults::default();
    let number = typed.get("insured_number").trim();
    let number = (!number.is_empty()).then(|| InsuredNumber::parse(number)).transpose();
    let parsed = (
        faults.take("name", Line::parse(typed.get("name"))),
        faults.take("kana", Kana::parse(typed.get("kana"))),
        faults.take("birth_on", parse_day(typed.get("birth_on"))),
        faults.take("sex", shape::from_code(typed.get("sex"))),
        faults.take("district", Line::parse(typed.get("district"))),
        faults.take("insured_number", number),
        faults.take("care_level", shape::from_code(typed.get("care_level"))),
    );
    faults.check()?;
    let (Some(name), Some(kana), Some(birth_on), Some(sex), Some(district), Some(insured_number), Some(care_level)) =
        parsed
    else {
        return Err(Fault::Missing.into());
    };
    Ok(NewPatient { name, kana, birth_on, sex, district, insured_number, care_level })
}

/// What is known besides what was typed.
#[derive(Debug, Default)]
struct Known {
    alike: Vec<Patient>,
    doubts: Vec<PatientDoubt>,
    /// As she is on record now, where that was changed meanwhile.
    now: Option<Patient>,
}

fn person_form(visitor: &Visitor, form: Form, is_new: bool, known: &Known) -> PersonForm {
    let back = form.action.strip_suffix("/edit").map_or_else(|| "/patients/search".to_owned(), ToOwned::to_owned);
    let districts = shape::districts(&visitor.directory, form.typed.get("district"));
    let standing = known.now.as_ref().map(|patient| standing(patient, &form.typed));
    PersonForm {
        frame: visitor.frame(if is_new { "新しい方の登録" } else { "基本情報の変更" }, "Person"),
        form,
        is_new,
        back,
        districts,
        care_levels: shape::care_levels(),
        sexes: shape::sexes(),
        alike: known.alike.iter().map(|patient| shape::person_row(patient, visitor.today)).collect(),
        doubts: known.doubts.iter().map(|doubt| words::doubt(*doubt)).collect(),
        standing,
        consents: consent::ways(),
    }
}

pub(super) async fn new_form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/patients/new", Typed::default());
    let allowed = may_in_region(&visitor.who.actor, Command::RegisterPatient);
    visitor.answer(allowed.and_then(|()| page(StatusCode::OK, &person_form(&visitor, form, true, &Known::default()))))
}

pub(super) async fn register(State(app): State<App>, post: Post) -> Response {
    post.answer(registered(&app, &post).await)
}

async fn registered(app: &App, post: &Post) -> Result<Response, ApiError> {
    let visitor = &post.visitor;
    may_in_region(&visitor.who.actor, Command::RegisterPatient)?;
    let form = post.form(app, "/patients/new");
    if !post.typed.wants_sending() {
        return page(StatusCode::OK, &person_form(visitor, form, true, &Known::default()));
    }
    let sent = match parse(&post.typed) {
        Err(refusal) => Err(refusal.into()),
        Ok(new) => register_once(app, post, &new).await,
    };
    match sent {
        Ok(kept) => kept.shown(visitor, form, true),
        Err(error) => {
            let form = form.refused(app, error)?;
            page(form.status, &person_form(visitor, form, true, &Known::default()))
        }
    }
}

/// What sending the form came to.
enum Outcome {
    Kept(Answer),
    /// Somebody like her is there already, and nobody has said that it is another one.
    Alike(Known),
}

impl Outcome {
    fn shown(self, visitor: &Visitor, mut form: Form, is_new: bool) -> Result<Response, ApiError> {
        match self {
            Self::Kept(answer) => Ok(onward(answer)),
            Self::Alike(known) => {
                let message = "よく似た方が登録されています。同じ方でないか確かめてください。";
                form.errors.push(FormError::new("sure", message, "Somebody like this is registered already."));
                form.status = StatusCode::CONFLICT;
                page(form.status, &person_form(visitor, form, is_new, &known))
            }
        }
    }
}

/// Who may be the same as `patient` and may be shown to the visitor; nobody where she has said so, or has sent just this before.
async fn alike(app: &App, post: &Post, patient: Option<&Patient>) -> Result<Vec<Patient>, ApiError> {
    let actor = &post.visitor.who.actor;
    let Some(patient) = patient.filter(|_| !post.typed.is_ticked("sure")) else { return Ok(Vec::new()) };
    if app.store().idempotency(actor.account_id, post.typed.get(KEY)).await?.is_some() {
        return Ok(Vec::new());
    }
    let found = app.store().possible_duplicates(patient).await?;
    let found = reachable(app, actor, found, Command::SearchPatients).await?;
    if !found.is_empty() {
        app.store().append_audit(found_entries(app, &post.visitor.who, &found)).await?;
    }
    Ok(found)
}

/// Registers a person, unless somebody like her is there already and nobody has said that it is another one.
async fn register_once(app: &App, post: &Post, new: &NewPatient) -> Result<Outcome, ApiError> {
    let sender = post.sender(None);
    let consented = consent::ticked(&post.typed)?;
    {
        let ground = Ground::of(app, sender.actor).await?;
        let context = ground.context(app, &sender)?;
        let (_, changes) = register_patient(&context, new.clone())?;
        let alike = alike(app, post, changes.patient.as_ref().map(Write::row)).await?;
        if !alike.is_empty() {
            return Ok(Outcome::Alike(Known { alike, doubts: new.doubts(&context), now: None }));
        }
    }
    let decide = async || {
        let ground = Ground::of(app, sender.actor).await?;
        let context = ground.context(app, &sender)?;
        let (id, mut changes) = register_patient(&context, new.clone())?;
        if let Some(way) = consented {
            // Whoever is registered has been in no hospital yet.
            may_ever(sender.actor, Command::WriteConsent)?;
            with_consent(&context, &mut changes, NewConsent::by_tick(way, context.now.day()))?;
        }
        Ok((changes, leads_to(format!("/patients/{id}?done=registered"))))
    };
    run(app, &sender, decide).await.map(Outcome::Kept)
}

pub(super) async fn edit_form(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    let shown = async {
        let patient = read_person(&app, &visitor.who.actor, id(&wanted)?, Command::WritePatient).await?;
        visitor.seen(&app, Command::ViewPatient, Some(patient.id), None, None).await?;
        let typed = as_typed(&patient);
        let form = visitor.form(&app, format!("/patients/{wanted}/edit"), typed);
        page(StatusCode::OK, &person_form(&visitor, form, false, &Known::default()))
    };
    visitor.answer(shown.await)
}

fn as_typed(patient: &Patient) -> Typed {
    Typed::default()
        .with("name", patient.name.as_str())
        .with("kana", patient.kana.as_str())
        .with("birth_on", patient.birth_on.to_string())
        .with("sex", shape::code(&patient.sex))
        .with("district", patient.district.as_str())
        .with("insured_number", patient.insured_number.as_ref().map_or("", |number| number.as_str()))
        .with("care_level", shape::code(&patient.care_level))
        .with("version", patient.version.to_string())
}

/// What is on record and isn't what was typed, in words.
fn standing(patient: &Patient, typed: &Typed) -> Vec<Standing> {
    let number = patient.insured_number.as_ref().map_or("登録なし", |number| number.as_str());
    let all = [
        ("name", "氏名", "Name", patient.name.to_string()),
        ("kana", "ふりがな", "Reading", patient.kana.to_string()),
        ("birth_on", "生年月日", "Date of birth", words::birth(patient.birth_on)),
        ("sex", "性別", "Sex", words::sex(patient.sex).0.to_owned()),
        ("district", "日常生活圏域", "District", patient.district.to_string()),
        ("insured_number", "被保険者番号", "Insured number", number.to_owned()),
        ("care_level", "要介護度", "Care level", patient.care_level.wording().0.to_owned()),
    ];
    let on_record = as_typed(patient);
    let differs = |field: &str| typed.get(field).trim() != on_record.get(field);
    let rows = all.into_iter().filter(|(field, ..)| differs(field));
    rows.map(|(_, ja, en, now)| Standing { ja, en, now }).collect()
}

pub(super) async fn edit(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(corrected(&app, &post, &wanted).await)
}

async fn corrected(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let patient_id: PatientId = id(wanted)?;
    read_person(app, &post.visitor.who.actor, patient_id, Command::WritePatient).await?;
    let form = post.form(app, format!("/patients/{patient_id}/edit"));
    if !post.typed.wants_sending() {
        return page(StatusCode::OK, &person_form(&post.visitor, form, false, &Known::default()));
    }
    let sent = match parse(&post.typed) {
        Err(refusal) => Err(refusal.into()),
        Ok(new) => correct_once(app, post, patient_id, &new).await,
    };
    match sent {
        Ok(kept) => kept.shown(&post.visitor, form, false),
        Err(error) if error.status() == StatusCode::PRECONDITION_FAILED => {
            again(app, &post.visitor, patient_id, form.refused(app, error)?).await
        }
        Err(error) => {
            let form = form.refused(app, error)?;
            page(form.status, &person_form(&post.visitor, form, false, &Known::default()))
        }
    }
}

/// Corrects her as she was seen, unless that makes her like somebody else and nobody has said that it is another one.
async fn correct_once(app: &App, post: &Post, patient_id: PatientId, new: &NewPatient) -> Result<Outcome, ApiError> {
    let version = post.typed.get("version").parse().map_err(|_| ApiError::Unreadable("version"))?;
    let sender = post.sender(Some(version));
    let read = async || {
        let old = read_person(app, sender.actor, patient_id, Command::WritePatient).await?;
        if old.version == version { Ok(old) } else { Err(ApiError::from(Fault::Stale)) }
    };
    // What was forestalled is told first; a repeat of what was kept is answered below.
    if let Ok(old) = read().await {
        let ground = Ground::of(app, sender.actor).await?;
        let context = ground.context(app, &sender)?;
        let changes = correct_patient(&context, &old, new.clone())?;
        let alike = alike(app, post, changes.patient.as_ref().map(Write::row)).await?;
        if !alike.is_empty() {
            return Ok(Outcome::Alike(Known { alike, doubts: new.doubts(&context), now: None }));
        }
    }
    let decide = async || {
        let old = read().await?;
        let ground = Ground::of(app, sender.actor).await?;
        let changes = correct_patient(&ground.context(app, &sender)?, &old, new.clone())?;
        Ok((changes, leads_to(format!("/patients/{patient_id}?done=corrected"))))
    };
    run(app, &sender, decide).await.map(Outcome::Kept)
}

/// Somebody else was faster: what was typed stays, and goes on from what stands there now.
async fn again(app: &App, visitor: &Visitor, patient_id: PatientId, mut form: Form) -> Result<Response, ApiError> {
    let now = read_person(app, &visitor.who.actor, patient_id, Command::WritePatient).await?;
    visitor.seen(app, Command::ViewPatient, Some(patient_id), None, None).await?;
    form.typed = form.typed.instead("version", now.version.to_string());
    let known = Known { now: Some(now), ..Known::default() };
    page(form.status, &person_form(visitor, form, false, &known))
}
