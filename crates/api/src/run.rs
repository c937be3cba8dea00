//! Running a command: read, decide, apply, and again when the case was stale.
//!
//! The one loop that both the JSON API and the pages go through. A handler gives the steps and says what the answer is; access, the
//! idempotency key, `If-Match`, staleness and the nudge are dealt with here.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::access::{
    Actor, Command, Relation, Rights, may, opens_in_emergency, reach, relation_to, relation_to_notice,
    relation_to_person,
};
use domain::case::Case;
use domain::changes::{Changes, IdempotencyRecord};
use domain::decide::{Context, Decision};
use domain::directory::Directory;
use domain::notice::Notice;
use domain::patient::Patient;
use domain::{EncounterId, Fault, NoticeId, PatientId, Refusal};
use rules::calendar::Calendar;
use sha2::{Digest, Sha256};
use storage::{ApplyError, EncounterFilter};

use crate::error::ApiError;
use crate::state::App;

/// A stale case is decided again this often before the person is told.
const TRIES: usize = 5;

/// The key of a write and what it was sent with.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: [u8; 32],
}

impl IdempotencyKey {
    pub const MAX: usize = 200;

    /// `None` unless the key is 1–200 visible ASCII characters.
    pub fn new(key: &str, method: &str, path: &str, payload: &[u8]) -> Option<Self> {
        let fits = !key.is_empty() && key.len() <= Self::MAX && key.bytes().all(|b| b.is_ascii_graphic());
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), payload] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        fits.then(|| Self { key: key.to_owned(), fingerprint: hash.finalize().into() })
    }
}

/// What a command answers; stored with its key, so that a repeat gets the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: StatusCode,
    /// JSON; what the first answer said.
    pub body: String,
    pub location: Option<String>,
    /// The stay's version after the command, for `ETag`.
    pub version: Option<i64>,
}

impl Answer {
    /// The answer with `body` as JSON.
    pub fn json(status: StatusCode, body: &impl serde::Serialize) -> Self {
        Self { status, body: serde_json::to_string(body).unwrap_or_default(), location: None, version: None }
    }

    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }
}

/// Who sends a command, and under which conditions.
#[derive(Debug, Clone)]
pub struct Sender<'a> {
    pub actor: &'a Actor,
    pub key: Option<IdempotencyKey>,
    /// The version that the sender saw; a newer one refuses the command.
    pub if_match: Option<i64>,
    pub request_id: domain::RequestId,
}

/// What a decision may know, held for the time of one attempt.
pub struct Ground {
    pub directory: Arc<Directory>,
    pub calendar: Arc<Calendar>,
}

impl Ground {
    pub async fn of(app: &App, actor: &Actor) -> Result<Self, ApiError> {
        Ok(Self { directory: app.store().directory(actor.region_id).await?, calendar: app.calendar() })
    }

    pub fn context<'a>(&'a self, app: &'a App, sender: &'a Sender<'_>) -> Result<Context<'a>, ApiError> {
        Ok(Context {
            now: app.now(),
            request_id: sender.request_id,
            actor: Some(sender.actor),
            agreement: app.agreement(&self.directory)?,
            calendar: &self.calendar,
            directory: &self.directory,
            seed: app.seed(),
        })
    }
}

/// What the relation doesn't give, a record that the account has opened in an emergency may.
async fn may_or_opened(
    app: &App,
    actor: &Actor,
    command: Command,
    relation: Relation,
    patient_id: PatientId,
) -> Result<(), ApiError> {
    match may(actor, command, relation) {
        Err(Fault::NotFound)
            if relation >= Relation::Region
                && actor.rights == Rights::Whole
                && opens_in_emergency(actor.role, command) =>
        {
            let (region_id, account_id) = (actor.region_id, actor.account_id);
            let until = app.store().open_in_emergency(region_id, account_id, patient_id, app.now()).await?;
            until.map(drop).ok_or_else(|| Fault::NotFound.into())
        }
        answer => Ok(answer?),
    }
}

/// Reads a stay that the actor may see for `command`; whatever else there is, is "not found".
pub async fn read_case(app: &App, actor: &Actor, id: EncounterId, command: Command) -> Result<Case, ApiError> {
    // The role first: whoever never may is told so without a look at the record.
    actor.reach(command)?;
    let case = app.store().case(actor.region_id, id).await?.ok_or(Fault::NotFound)?;
    let relation = relation_to(actor, &case, app.now());
    may_or_opened(app, actor, command, relation, case.patient.id).await?;
    Ok(case)
}

/// More than the minimal contact may be shown of the stay: a consent says so, or the actor has opened the record in an emergency.
pub async fn sees_all(app: &App, actor: &Actor, case: &Case) -> Result<bool, ApiError> {
    if case.shares_with(actor.organization_id, app.now()) {
        return Ok(true);
    }
    let (region_id, account_id, patient_id) = (actor.region_id, actor.account_id, case.patient.id);
    Ok(app.store().open_in_emergency(region_id, account_id, patient_id, app.now()).await?.is_some())
}

/// Reads a person for whoever may do `command` to her record; everybody else's is "not found".
pub async fn read_person(app: &App, actor: &Actor, id: PatientId, command: Command) -> Result<Patient, ApiError> {
    let farthest = actor.reach(command)?;
    let patient = app.store().patient(actor.region_id, id).await?.ok_or(Fault::NotFound)?;
    // What ties her to the organization is looked up only when the role needs a nearer relation than the region, or a guest has no other.
    let relation = if farthest > Relation::Region || actor.guest {
        relation_to_patient(app, actor, &patient).await?
    } else {
        Relation::Region
    };
    may_or_opened(app, actor, command, relation, id).await?;
    Ok(patient)
}

/// How the actor stands to a person.
pub async fn relation_to_patient(app: &App, actor: &Actor, patient: &Patient) -> Result<Relation, ApiError> {
    let ties = app.store().ties(patient.id).await?;
    Ok(relation_to_person(actor, patient, &ties, app.now()))
}

/// Of people found, those to whose record the actor may do `command`.
pub async fn reachable(
    app: &App,
    actor: &Actor,
    found: Vec<Patient>,
    command: Command,
) -> Result<Vec<Patient>, ApiError> {
    if !actor.guest && actor.reach(command).is_ok_and(|farthest| farthest <= Relation::Region) {
        return Ok(found);
    }
    let mut theirs = Vec::with_capacity(found.len());
    for patient in found {
        if may(actor, command, relation_to_patient(app, actor, &patient).await?).is_ok() {
            theirs.push(patient);
        }
    }
    Ok(theirs)
}

/// Reads a notice that the actor's organization sent or received, for a role that may do `command`; how the stay stands to her is for
/// the command to ask.
pub async fn read_notice(app: &App, actor: &Actor, id: NoticeId, command: Command) -> Result<Notice, ApiError> {
    actor.reach(command)?;
    let notice = app.store().notice(actor.region_id, id).await?.ok_or(Fault::NotFound)?;
    // How a role must stand to a notice, whatever is done about it; a token that answers need not be one that reads.
    let farthest = reach(actor.role, Command::ViewNotice).ok_or(Fault::NotAllowed)?;
    if relation_to_notice(actor, &notice) < farthest {
        return Err(Fault::NotFound.into());
    }
    if let Some(ward_id) = actor.bound_to() {
        let case = app.store().case(actor.region_id, notice.encounter_id).await?;
        if case.is_none_or(|case| case.encounter.ward_id != ward_id) {
            return Err(Fault::NotFound.into());
        }
    }
    Ok(notice)
}

/// The person's stays in the actor's hospital that go on: one more would be a second of the same, or the first was never ended. What
/// goes on in another hospital is not the actor's to know, and doesn't make a stay here doubtful.
pub fn still_open_here(actor: &Actor, patient_id: PatientId) -> EncounterFilter {
    EncounterFilter {
        hospital_id: Some(actor.organization_id),
        patient_id: Some(patient_id),
        open_only: true,
        ..EncounterFilter::default()
    }
}

/// Runs a command on a stay: `steps` take the decision, `answer` says what the sender gets.
pub async fn on_case<T>(
    app: &App,
    sender: &Sender<'_>,
    id: EncounterId,
    command: Command,
    steps: impl Fn(&mut Decision<'_>) -> Result<T, Refusal>,
    answer: impl Fn(&T, &Case) -> Answer,
) -> Result<Answer, ApiError> {
    let decide = || async {
        let case = read_case(app, sender.actor, id, command).await?;
        let seen = case.encounter.version;
        if sender.if_match.is_some_and(|version| version != seen) {
            return Err(Fault::Stale.into());
        }
        let ground = Ground::of(app, sender.actor).await?;
        let mut decision = Decision::over(ground.context(app, sender)?, case);
        let outcome = steps(&mut decision)?;
        let mut given = answer(&outcome, decision.case());
        given.version = Some(seen + 1);
        Ok((decision.conclude(command), given))
    };
    run(app, sender, decide).await
}

/// Runs a command that makes its own changes (a registration, an admission).
///
/// `decide` is a plain closure that gives a future: of an `AsyncFn`'s the compiler can't tell that it may move between threads.
pub async fn run<F>(app: &App, sender: &Sender<'_>, decide: impl Fn() -> F) -> Result<Answer, ApiError>
where
    F: Future<Output = Result<(Changes, Answer), ApiError>>,
{
    let _guard = match &sender.key {
        Some(key) => {
            Some(app.begin_key(sender.actor.account_id, &key.key).ok_or_else(|| ApiError::from(Fault::InProgress))?)
        }
        None => None,
    };
    for _ in 0..TRIES {
        let (mut changes, given) = match decide().await {
            Ok(decided) => decided,
            // A repeat is often refused by what its first sending did: then the first answer stands.
            Err(error) => return first_answer(app, sender).await?.ok_or(error),
        };
        if let Some(key) = &sender.key {
            changes.idempotency = Some(record(app, sender, key, &changes, &given));
        }
        match app.store().apply(changes).await {
            Ok(_) => {
                app.nudge();
                return Ok(given);
            }
            Err(ApplyError::Stale) if sender.if_match.is_none() => {}
            Err(ApplyError::Repeated(first)) => return replay(sender, *first),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Fault::Stale.into())
}

fn record(
    app: &App,
    sender: &Sender<'_>,
    key: &IdempotencyKey,
    changes: &Changes,
    given: &Answer,
) -> IdempotencyRecord {
    IdempotencyRecord {
        region_id: sender.actor.region_id,
        account_id: sender.actor.account_id,
        key: key.key.clone(),
        fingerprint: key.fingerprint,
        status: given.status.as_u16(),
        body: given.body.clone(),
        location: given.location.clone(),
        encounter_id: changes.encounter.as_ref().map(|write| write.row().id),
        created_at: app.now(),
    }
}

async fn first_answer(app: &App, sender: &Sender<'_>) -> Result<Option<Answer>, ApiError> {
    let Some(key) = &sender.key else { return Ok(None) };
    let first = app.store().idempotency(sender.actor.account_id, &key.key).await?;
    first.map(|first| replay(sender, first)).transpose()
}

fn replay(sender: &Sender<'_>, first: IdempotencyRecord) -> Result<Answer, ApiError> {
    if sender.key.as_ref().is_none_or(|key| key.fingerprint != first.fingerprint) {
        return Err(Refusal::at("Idempotency-Key", Fault::KeyReused).into());
    }
    let status = StatusCode::from_u16(first.status).map_err(|_| ApiError::Inside("a stored status is no status"))?;
    Ok(Answer { status, body: first.body, location: first.location, version: None })
}

/// Refuses what the role never may: for one's own lists, where there is no record to stand in a relation to.
pub fn may_ever(actor: &Actor, command: Command) -> Result<(), ApiError> {
    Ok(actor.reach(command).map(drop)?)
}

/// The person whose record a hold concerns: named herself or by one of her stays; both must exist in the actor's region and fit.
pub async fn held_record(
    app: &App,
    actor: &Actor,
    patient_id: Option<PatientId>,
    encounter_id: Option<EncounterId>,
) -> Result<PatientId, ApiError> {
    let Some(encounter_id) = encounter_id else {
        let patient_id = patient_id.ok_or_else(|| Refusal::at("patient_id", Fault::Missing))?;
        let patient = app.store().patient(actor.region_id, patient_id).await?;
        return patient.map(|patient| patient.id).ok_or_else(|| Refusal::at("patient_id", Fault::UnknownId).into());
    };
    let case = app.store().case(actor.region_id, encounter_id).await?;
    let case = case.ok_or_else(|| Refusal::at("encounter_id", Fault::UnknownId))?;
    if patient_id.is_some_and(|id| id != case.patient.id) {
        return Err(Refusal::at("patient_id", Fault::UnknownId).into());
    }
    Ok(case.patient.id)
}

/// Refuses what the role may not do anywhere in the region.
pub fn may_in_region(actor: &Actor, command: Command) -> Result<(), ApiError> {
    if actor.guest {
        actor.reach(command)?;
        return Err(Fault::NotFound.into());
    }
    may(actor, command, Relation::Region).map_err(|fault| match fault {
        Fault::NotFound => Fault::NotAllowed.into(),
        other => other.into(),
    })
}
