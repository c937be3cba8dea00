//! A person's particulars: registered once, corrected as they were seen.
//!
//! Nobody is merged silently and nobody overwrites what somebody else has changed: who may be the same person is proposed before
//! anything is kept, and a correction of what has moved meanwhile comes back with what stands there now beside what was typed.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::Command;
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
use crate::run::{Answer, Ground, may_ever, may_in_region, read_person, run};
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
    let words = |doubt: &PatientDoubt| match doubt {
        PatientDoubt::DistrictWithoutCentre => "この圏域を担当する地域包括支援センターの登録がありません。",
        PatientDoubt::OutsideCareInsurance => "40歳未満の方です。生年月日を確かめてください。",
    };
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
        doubts: known.doubts.iter().map(words).collect(),
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
    let refused = match parse(&post.typed) {
        Err(refusal) => ApiError::from(refusal),
        Ok(new) => match register_once(app, post, &new).await {
            Ok(Registered::Kept(answer)) => return Ok(onward(answer)),
            Ok(Registered::Alike(alike, doubts)) => {
                let mut form = form;
                form.errors.push(FormError {
                    field: "sure".into(),
                    message: "よく似た方が登録されています。同じ方でないか確かめてください。".into(),
                });
                form.status = StatusCode::CONFLICT;
                return page(form.status, &person_form(visitor, form, true, &Known { alike, doubts, now: None }));
            }
            Err(error) => error,
        },
    };
    let form = form.refused(app, refused)?;
    page(form.status, &person_form(visitor, form, true, &Known::default()))
}

enum Registered {
    Kept(Answer),
    Alike(Vec<Patient>, Vec<PatientDoubt>),
}

/// Registers a person, unless somebody like her is there already and nobody has said that it is another one.
async fn register_once(app: &App, post: &Post, new: &NewPatient) -> Result<Registered, ApiError> {
    let sender = post.sender(None);
    let consented = consent::ticked(&post.typed)?;
    let sent_before = app.store().idempotency(sender.actor.account_id, post.typed.get(KEY)).await?.is_some();
    if !sent_before && !post.typed.is_ticked("sure") {
        let ground = Ground::of(app, sender.actor).await?;
        let context = ground.context(app, &sender)?;
        let (_, changes) = register_patient(&context, new.clone())?;
        if let Some(write) = &changes.patient {
            let alike = app.store().possible_duplicates(write.row()).await?;
            if !alike.is_empty() {
                app.store().append_audit(found_entries(app, &post.visitor.who, &alike)).await?;
                return Ok(Registered::Alike(alike, new.doubts(&context)));
            }
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
    run(app, &sender, decide).await.map(Registered::Kept)
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
    let version = post.typed.get("version").parse().map_err(|_| ApiError::Unreadable("version"))?;
    let sender = post.sender(Some(version));
    let sent = match parse(&post.typed) {
        Err(refusal) => Err(refusal.into()),
        Ok(new) => {
            let decide = async || {
                let old = read_person(app, &post.visitor.who.actor, patient_id, Command::WritePatient).await?;
                if old.version != version {
                    return Err(Fault::Stale.into());
                }
                let ground = Ground::of(app, sender.actor).await?;
                let changes = correct_patient(&ground.context(app, &sender)?, &old, new.clone())?;
                Ok((changes, leads_to(format!("/patients/{patient_id}?done=corrected"))))
            };
            run(app, &sender, decide).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(error) => {
            let stale = error.status() == StatusCode::PRECONDITION_FAILED;
            let form = form.refused(app, error)?;
            if stale { again(app, &post.visitor, patient_id, form).await } else { page(form.status, &person_form(&post.visitor, form, false, &Known::default())) }
        }
    }
}

/// Somebody else was faster: what was typed stays, and goes on from what stands there now.
async fn again(app: &App, visitor: &Visitor, patient_id: PatientId, mut form: Form) -> Result<Response, ApiError> {
    let now = read_person(app, &visitor.who.actor, patient_id, Command::WritePatient).await?;
    visitor.seen(app, Command::ViewPatient, Some(patient_id), None, None).await?;
    form.typed = form.typed.instead("version", now.version.to_string());
    let known = Known { now: Some(now), ..Known::default() };
    page(form.status, &person_form(visitor, form, false, &known))
}
