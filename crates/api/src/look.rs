//! A look at a stay: on the trail always; and among the disclosures the first time that an organization is shown what it was never told.
//!
//! A notice is its own record of what it disclosed, and a full one opens the stay. Whoever is in charge of the care may read a stay of which it was
//! sent nothing, or the minimum before there was a consent: then the reading is what disclosed it.

use domain::access::{Command, Relation, relation_to};
use domain::case::Case;
use domain::changes::Changes;
use domain::consent::Content;
use domain::disclosure::{Disclosure, Item, Occasion, Receiver, items_of_stay};
use domain::notice::Notice;
use domain::{Fault, Ids};

use crate::error::ApiError;
use crate::session::SignedIn;
use crate::state::App;

/// Notes it before anything is shown.
pub(crate) async fn at_stay(app: &App, who: &SignedIn, case: &Case) -> Result<(), ApiError> {
    let mut seen = who.audit_entry(app.now(), Command::ViewEncounter.name());
    (seen.patient_id, seen.encounter_id) = (Some(case.patient.id), Some(case.encounter.id));
    match disclosed(app, who, case).await? {
        None => app.store().append_audit(vec![seen]).await?,
        Some(row) => {
            let changes = Changes { disclosures: vec![row], audit: vec![seen], ..Changes::default() };
            app.store().apply(changes).await?;
        }
    }
    Ok(())
}

async fn disclosed(app: &App, who: &SignedIn, case: &Case) -> Result<Option<Disclosure>, ApiError> {
    let (actor, now, hospital_id) = (&who.actor, app.now(), case.encounter.hospital_id);
    let ours = actor.organization_id;
    let shared = case.shares_with(ours, now);
    let enough = |notice: &Notice| notice.content == Content::Full || !shared;
    let told = case.notices.iter().any(|notice| notice.recipient.organization_id == ours && enough(notice));
    // Whoever has opened it in an emergency stands on the list since then.
    let by_relation = relation_to(actor, case, now) == Relation::Attached;
    if !by_relation || told {
        return Ok(None);
    }
    let items = items_of_stay(case, shared);
    let directory = app.store().directory(actor.region_id).await?;
    let to_whom = directory.organization(ours).ok_or(Fault::NotFound)?.name.clone();
    let known = app.store().disclosures(case.patient.id).await?;
    let before = known.iter().any(|line| {
        line.occasion == Occasion::Reading
            && line.from == hospital_id
            && line.to == Receiver::Named(to_whom.clone())
            && line.at >= case.encounter.admitted_at
            && items.iter().all(|item: &Item| line.items.contains(item))
    });
    Ok((!before).then(|| Disclosure {
        id: Ids::new(now, app.seed()).next(),
        region_id: case.encounter.region_id,
        patient_id: case.patient.id,
        occasion: Occasion::Reading,
        to_whom,
        items,
        disclosed_at: now,
        disclosed_by: actor.account_id,
        organization_id: hospital_id,
    }))
}
