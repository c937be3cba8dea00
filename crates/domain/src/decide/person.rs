//! Commands on a person: register, correct, name who manages the care.

use chrono::NaiveDate;

use super::Context;
use crate::access::Command;
use crate::changes::{Changes, Write};
use crate::consent::Sharing;
use crate::party::OrganizationKind;
use crate::patient::{CareLevel, CareTeamMember, InsuredNumber, Patient, Sex};
use crate::text::{Kana, Line};
use crate::{CareManagerId, Fault, PatientId, Refusal};

/// A person to be registered, or what a correction says of her.
#[derive(Debug, Clone)]
pub struct NewPatient {
    pub name: Line,
    pub kana: Kana,
    pub birth_on: NaiveDate,
    pub sex: Sex,
    pub district: Line,
    pub insured_number: Option<InsuredNumber>,
    pub care_level: CareLevel,
}

/// Something that looks wrong but may be right: shown, never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatientDoubt {
    /// No support centre serves the district: the municipality would be told.
    DistrictWithoutCentre,
    /// Younger than 40: outside the care insurance.
    OutsideCareInsurance,
}

impl NewPatient {
    /// As she is on record.
    pub fn of(patient: &Patient) -> Self {
        Self {
            name: patient.name.clone(),
            kana: patient.kana.clone(),
            birth_on: patient.birth_on,
            sex: patient.sex,
            district: patient.district.clone(),
            insured_number: patient.insured_number.clone(),
            care_level: patient.care_level,
        }
    }

    fn check(&self, context: &Context<'_>) -> Result<(), Refusal> {
        let today = context.now.day();
        if self.birth_on > today {
            Err(Refusal::at("birth_on", Fault::InTheFuture))
        } else if today.years_since(self.birth_on).is_none_or(|age| age > 130) {
            Err(Refusal::at("birth_on", Fault::OutOfRange))
        } else {
            Ok(())
        }
    }

    pub fn doubts(&self, context: &Context<'_>) -> Vec<PatientDoubt> {
        let mut doubts = Vec::new();
        if context.directory.support_centre_of(self.district.as_str()).is_none() {
            doubts.push(PatientDoubt::DistrictWithoutCentre);
        }
        if context.now.day().years_since(self.birth_on).is_some_and(|age| age < 40) {
            doubts.push(PatientDoubt::OutsideCareInsurance);
        }
        doubts
    }

    fn into_patient(self, id: PatientId, region_id: crate::RegionId, sharing: Sharing, version: i64) -> Patient {
        Patient {
            id,
            region_id,
            name: self.name,
            kana: self.kana,
            birth_on: self.birth_on,
            sex: self.sex,
            district: self.district,
            insured_number: self.insured_number,
            care_level: self.care_level,
            sharing,
            version,
        }
    }
}

/// Registers a person; whoever may be the same one is proposed by the caller beforehand, never merged here.
pub fn register_patient(context: &Context<'_>, new: NewPatient) -> Result<(PatientId, Changes), Refusal> {
    new.check(context)?;
    let id = context.ids().next();
    let patient = new.into_patient(id, context.directory.region.id, Sharing::None, 1);
    let mut changes = Changes::default();
    audit(context, &mut changes, &patient, Command::RegisterPatient);
    changes.patient = Some(Write::New(patient));
    Ok((id, changes))
}

/// Corrects a person's particulars as read at `old.version`.
pub fn correct_patient(context: &Context<'_>, old: &Patient, new: NewPatient) -> Result<Changes, Refusal> {
    new.check(context)?;
    let row = new.into_patient(old.id, old.region_id, old.sharing, old.version + 1);
    let mut changes = Changes::default();
    audit(context, &mut changes, &row, Command::WritePatient);
    changes.patient = Some(Write::Update { row, read_at: old.version });
    Ok(changes)
}

/// Names the care manager in charge from `from_on`; whoever was in charge before ends the day before.
pub fn charge(
    context: &Context<'_>,
    patient: &Patient,
    team: &[CareTeamMember],
    care_manager_id: CareManagerId,
    from_on: NaiveDate,
) -> Result<Changes, Refusal> {
    let manager = context.directory.care_manager(care_manager_id);
    let manager = manager.ok_or_else(|| Refusal::at("care_manager_id", Fault::UnknownId))?;
    let office = context.directory.organization(manager.organization_id);
    if !office.is_some_and(|o| matches!(o.kind, OrganizationKind::CareOffice | OrganizationKind::SupportCentre)) {
        return Err(Refusal::at("care_manager_id", Fault::UnknownId));
    }
    let far = (from_on - context.now.day()).num_days().abs();
    if far > 366 {
        return Err(Refusal::at("from_on", Fault::OutOfRange));
    }
    let mut changes = Changes::default();
    for member in team.iter().filter(|member| member.until_on.is_none_or(|until| until >= from_on)) {
        let until_on = from_on.pred_opt().map(|day| day.max(member.from_on));
        changes.team.push(CareTeamMember { until_on, ..member.clone() });
    }
    changes.team.push(CareTeamMember {
        id: context.ids().next(),
        region_id: patient.region_id,
        patient_id: patient.id,
        organization_id: manager.organization_id,
        care_manager_id,
        from_on,
        until_on: None,
    });
    let row = Patient { version: patient.version + 1, ..patient.clone() };
    audit(context, &mut changes, &row, Command::WriteCareTeam);
    changes.patient = Some(Write::Update { row, read_at: patient.version });
    Ok(changes)
}

pub(super) fn audit(context: &Context<'_>, changes: &mut Changes, patient: &Patient, command: Command) {
    let mut entry = context.audit(patient.region_id, command.name());
    entry.patient_id = Some(patient.id);
    changes.audit.push(entry);
}
