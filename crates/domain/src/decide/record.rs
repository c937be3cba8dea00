//! Commands on a record as a whole: holding it back from the purge, giving a copy of it out.

use super::Context;
use super::person::audit;
use crate::access::Command;
use crate::changes::{AuditEntry, Changes};
use crate::disclosure::{Disclosure, Item, Occasion};
use crate::patient::Patient;
use crate::retention::{LegalHold, Lifted};
use crate::text::Line;
use crate::{EncounterId, Fault, HoldId, PatientId, Refusal};

/// A hold to be set.
#[derive(Debug, Clone)]
pub struct NewHold {
    /// Whose record.
    pub patient_id: PatientId,
    /// One stay; none: everything of the person.
    pub encounter_id: Option<EncounterId>,
    /// Why, without a name.
    pub why: Line,
}

/// Holds a person's record, or one stay of hers, back from the purge.
pub fn hold(context: &Context<'_>, new: NewHold) -> Result<(HoldId, Changes), Refusal> {
    let row = LegalHold {
        id: context.ids().next(),
        region_id: context.directory.region.id,
        patient_id: new.patient_id,
        encounter_id: new.encounter_id,
        why: new.why,
        held_at: context.now,
        held_by: context.account(),
        lifted: None,
    };
    Ok((row.id, held(context, row)))
}

/// Lifts a hold: from then on the retention runs as if it had never been.
pub fn lift(context: &Context<'_>, hold: &LegalHold, why: Line) -> Result<Changes, Refusal> {
    if hold.lifted.is_some() {
        return Err(Fault::Lifted.into());
    }
    let lifted = Some(Lifted { at: context.now, by: context.account(), why });
    Ok(held(context, LegalHold { lifted, ..hold.clone() }))
}

fn held(context: &Context<'_>, row: LegalHold) -> Changes {
    let mut audit = context.audit(row.region_id, Command::HoldRecords.name());
    (audit.patient_id, audit.encounter_id) = (Some(row.patient_id), row.encounter_id);
    Changes { audit: vec![audit], holds: vec![row], ..Changes::default() }
}

/// A copy of the person's record goes to `to_whom`: the row of it, without which it must not leave.
pub fn disclose(context: &Context<'_>, patient: &Patient, to_whom: Line) -> Result<Changes, Refusal> {
    let actor = context.actor.ok_or(Fault::NotAllowed)?;
    let items = vec![
        Item::Name,
        Item::Stay,
        Item::DischargeDay,
        Item::Particulars,
        Item::InsuredNumber,
        Item::CareTeam,
        Item::Consents,
    ];
    let row = Disclosure {
        id: context.ids().next(),
        region_id: patient.region_id,
        patient_id: patient.id,
        occasion: Occasion::Export,
        to_whom,
        items,
        disclosed_at: context.now,
        disclosed_by: context.account(),
        organization_id: actor.organization_id,
    };
    let mut changes = Changes { disclosures: vec![row], ..Changes::default() };
    audit(context, &mut changes, patient, Command::ExportPatient);
    Ok(changes)
}

/// On the audit trail without an account: the purge is run at the machine itself. One row a stay, one a person, so that the trail says
/// of each record when it went.
pub fn purged(template: &AuditEntry, stays: &[EncounterId], people: &[PatientId]) -> Vec<AuditEntry> {
    let stay = |id: &EncounterId| AuditEntry { encounter_id: Some(*id), ..template.clone() };
    let person = |id: &PatientId| AuditEntry { patient_id: Some(*id), ..template.clone() };
    stays.iter().map(stay).chain(people.iter().map(person)).collect()
}
