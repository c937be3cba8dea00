//! 緊急閲覧: whoever has no relation to a record opens it in an emergency, says why, and may look for a while.
//!
//! What it opens is in [`domain::access::opens_in_emergency`]: looking, never writing, and never in another region. Who hears of it by mail, without a
//! name, is in [`told`]; the auditor sees it in the list for the review.

mod told;

use chrono::NaiveDate;
use domain::access::{Command, Relation, reach};
use domain::changes::{AuditEntry, Changes};
use domain::disclosure::{Disclosure, Item, Occasion};
use domain::encounter::Encounter;
use domain::patient::{InsuredNumber, Patient};
use domain::text::{Kana, Line};
use domain::trail::BreakGlass;
use domain::{EncounterId, Fault, Ids, OrganizationId, PatientId};
use storage::EncounterFilter;

use told::Opening;

use crate::error::ApiError;
use crate::run::may_in_region;
use crate::session::SignedIn;
use crate::state::App;

/// People of one reading who are looked through for a birthday.
const ALIKE: u32 = 200;

/// Whose record: by an id that is known, or by what stands on an insurance card. Nobody can browse this way.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Patient(PatientId),
    Encounter(EncounterId),
    Born { kana: Kana, birth_on: NaiveDate },
    Insured(InsuredNumber),
}

/// What was opened.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) glass: BreakGlass,
    /// Her stays that go on.
    pub(crate) stays: Vec<EncounterId>,
}

/// Decides an opening; the rows are for the caller to apply.
pub(crate) async fn open(
    app: &App,
    who: &SignedIn,
    wanted: &Wanted,
    reason: &Line,
) -> Result<(Changes, Opened), ApiError> {
    may_in_region(&who.actor, Command::BreakGlass)?;
    let (patient, asked) = find(app, who, wanted).await?;
    let region_id = who.actor.region_id;
    let filter = EncounterFilter { patient_id: Some(patient.id), open_only: true, ..EncounterFilter::default() };
    let stays = app.store().list_encounters(region_id, &filter, None, 20).await?;
    let directory = app.store().directory(region_id).await?;
    let now = app.now();
    let mut ids = Ids::new(now, app.seed());
    let glass = BreakGlass {
        id: ids.next(),
        region_id,
        account_id: who.actor.account_id,
        organization_id: who.actor.organization_id,
        patient_id: patient.id,
        encounter_id: asked.as_ref().map(|stay| stay.id),
        reason: reason.clone(),
        opened_at: now,
        until_at: now.plus_seconds(app.settings().break_glass_minutes * 60),
    };
    let team = app.store().care_team(patient.id).await?;
    let opening = Opening { glass: &glass, directory: &directory, stays: &stays, team: &team };
    let deliveries = opening.letters(app, &mut ids).await?;
    let disclosures = disclosures(&opening, asked.as_ref(), &mut ids)?;
    let audit = AuditEntry {
        patient_id: Some(patient.id),
        encounter_id: glass.encounter_id,
        ..who.audit_entry(now, Command::BreakGlass.name())
    };
    let changes =
        Changes { break_glass: Some(glass.clone()), deliveries, disclosures, audit: vec![audit], ..Changes::default() };
    Ok((changes, Opened { glass, stays: stays.iter().map(|stay| stay.encounter.id).collect() }))
}

/// 第三者提供の記録: what the opening discloses, from each hospital whose stay can be looked at. Of somebody who lies in none, from her office or
/// from the city whose directory she stands in.
fn disclosures(opening: &Opening<'_>, asked: Option<&Encounter>, ids: &mut Ids) -> Result<Vec<Disclosure>, ApiError> {
    let Opening { glass, directory, stays, team } = *opening;
    let ours = directory.organization(glass.organization_id).ok_or(Fault::NotFound)?;
    let hospitals = stays.iter().map(|stay| &stay.encounter).chain(asked).map(|stay| stay.hospital_id);
    let mut from: Vec<OrganizationId> = hospitals.filter(|id| *id != ours.id).collect();
    let mut items = vec![Item::Name, Item::Particulars, Item::InsuredNumber, Item::CareTeam];
    if from.is_empty() {
        let office = team.iter().find(|member| member.is_current_on(glass.opened_at.day()));
        let city = || directory.municipality().map(|city| city.id);
        from.extend(office.map(|member| member.organization_id).or_else(city));
    } else {
        items.extend([Item::Stay, Item::DischargeDay, Item::Screening, Item::Message, Item::InformationSheet]);
        items.push(Item::Course);
    }
    items.sort_unstable();
    from.sort_unstable();
    from.dedup();
    let row = |organization_id| Disclosure {
        id: ids.next(),
        region_id: glass.region_id,
        patient_id: glass.patient_id,
        occasion: Occasion::Emergency,
        to_whom: ours.name.clone(),
        items: items.clone(),
        disclosed_at: glass.opened_at,
        disclosed_by: glass.account_id,
        organization_id,
    };
    Ok(from.into_iter().map(row).collect())
}

/// Whether it is she.
type Fits = Box<dyn Fn(&Patient) -> bool + Send>;

/// Just one person, or "not found": who almost fits is not told.
async fn find(app: &App, who: &SignedIn, wanted: &Wanted) -> Result<(Patient, Option<Encounter>), ApiError> {
    let (store, region_id) = (app.store(), who.actor.region_id);
    let (key, fits): (String, Fits) = match wanted.clone() {
        // Whoever finds nobody but her own has no honest way to a stranger's id: she says who it is.
        Wanted::Patient(_) if reach(who.actor.role, Command::SearchPatients) > Some(Relation::Region) => {
            return Err(Fault::NotFound.into());
        }
        Wanted::Patient(id) => return Ok((store.patient(region_id, id).await?.ok_or(Fault::NotFound)?, None)),
        Wanted::Encounter(id) => {
            let case = store.case(region_id, id).await?.ok_or(Fault::NotFound)?;
            return Ok((case.patient, Some(case.encounter)));
        }
        Wanted::Born { kana, birth_on } => {
            let reading = kana.unspaced();
            (kana.as_str().to_owned(), Box::new(move |p| p.kana.unspaced() == reading && p.birth_on == birth_on))
        }
        Wanted::Insured(number) => {
            (number.as_str().to_owned(), Box::new(move |p| p.insured_number.as_ref() == Some(&number)))
        }
    };
    let mut found = store.find_patients(region_id, &key, None, ALIKE).await?;
    found.retain(|patient| fits(patient));
    match (found.pop(), found.is_empty()) {
        (Some(patient), true) => Ok((patient, None)),
        _ => Err(Fault::NotFound.into()),
    }
}
