//! Commands on consent: recorded by itself, with a registration, or on the way of an admission or a filing.

use chrono::NaiveDate;

use super::person::audit;
use super::{Context, Decision};
use crate::access::Command;
use crate::changes::{Changes, Write};
use crate::consent::{Consent, ConsentAct, ConsentBy, ConsentKind, ConsentScope, ConsentWay, Sharing, in_force};
use crate::patient::Patient;
use crate::{ConsentId, Fault, Ids, Instant, Refusal};

/// What was said about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewConsent {
    /// To what.
    pub kind: ConsentKind,
    /// Given or withdrawn.
    pub act: ConsentAct,
    /// Who said it.
    pub by: ConsentBy,
    /// How.
    pub way: ConsentWay,
    /// On which day.
    pub declared_on: NaiveDate,
}

impl NewConsent {
    /// What one tick on a form says: the person consents today that everybody who has to do with the stay may be told.
    pub fn by_tick(way: ConsentWay, today: NaiveDate) -> Self {
        let (kind, by) = (ConsentKind::InformationSharing, ConsentBy::Person);
        let act = ConsentAct::Given { scope: ConsentScope::Everyone };
        Self { kind, act, by, way, declared_on: today }
    }

    fn row(self, context: &Context<'_>, patient: &Patient, id: ConsentId) -> Result<Consent, Refusal> {
        let actor = context.actor.ok_or(Fault::NotAllowed)?;
        let today = context.now.day();
        if self.declared_on > today {
            return Err(Refusal::at("declared_on", Fault::InTheFuture));
        }
        if self.declared_on < patient.birth_on || today.years_since(self.declared_on).is_none_or(|years| years > 20) {
            return Err(Refusal::at("declared_on", Fault::OutOfRange));
        }
        Ok(Consent {
            id,
            region_id: patient.region_id,
            patient_id: patient.id,
            kind: self.kind,
            act: self.act,
            by: self.by,
            way: self.way,
            declared_on: self.declared_on,
            recorded_at: context.now,
            recorded_by: context.account(),
            organization_id: actor.organization_id,
        })
    }
}

/// Records what was said, as the person's record was read; `known` is everything that was said before.
pub fn record_consent(
    context: &Context<'_>,
    patient: &Patient,
    known: &[Consent],
    new: NewConsent,
) -> Result<(ConsentId, Changes), Refusal> {
    let mut consent = new.row(context, patient, context.ids().next())?;
    // Of two words of one day the one said last counts, though another instance's clock may be ahead.
    let of_kind = known.iter().filter(|known| known.kind == new.kind);
    if let Some(last) = of_kind.map(|known| known.recorded_at).max().filter(|last| *last >= consent.recorded_at) {
        consent.recorded_at = Instant::from_micros(last.micros() + 1);
    }
    if new.act == ConsentAct::Withdrawn {
        let given = in_force(known, new.kind).ok_or_else(|| Refusal::at("act", Fault::NothingToWithdraw))?;
        if new.declared_on < given.declared_on {
            return Err(Refusal::at("declared_on", Fault::OutOfRange));
        }
    }
    let said: Vec<Consent> = known.iter().chain([&consent]).cloned().collect();
    let row = Patient { sharing: Sharing::of(&said), version: patient.version + 1, ..patient.clone() };
    let mut changes = Changes::default();
    audit(context, &mut changes, &row, Command::WriteConsent);
    changes.patient = Some(Write::Update { row, read_at: patient.version });
    let id = consent.id;
    changes.consents.push(consent);
    Ok((id, changes))
}

/// Adds a consent to the registration of the person who gives it.
pub fn with_consent(context: &Context<'_>, changes: &mut Changes, new: NewConsent) -> Result<(), Refusal> {
    let Some(Write::New(patient)) = &mut changes.patient else { return Err(Fault::NotFound.into()) };
    // Another seed than the registration's: the same ids would come out again.
    let id = Ids::new(context.now, context.seed ^ u64::MAX).next();
    let consent = new.row(context, patient, id)?;
    patient.sharing = Sharing::of(std::slice::from_ref(&consent));
    let patient = patient.clone();
    audit(context, changes, &patient, Command::WriteConsent);
    changes.consents.push(consent);
    Ok(())
}

impl Decision<'_> {
    /// The person consents today, on the way of another command: what that command tells is decided with it.
    ///
    /// Nothing later can have been said, so what was said before need not be read.
    pub fn consent(&mut self, way: ConsentWay) -> Result<(), Refusal> {
        let id = self.ids.next();
        let new = NewConsent::by_tick(way, self.context.now.day());
        let consent = new.row(&self.context, &self.case.patient, id)?;
        let read_at = self.case.patient.version;
        self.case.patient.version += 1;
        self.case.patient.sharing = Sharing::of(std::slice::from_ref(&consent));
        let row = self.case.patient.clone();
        audit(&self.context, &mut self.changes, &row, Command::WriteConsent);
        self.changes.patient = Some(Write::Update { row, read_at });
        self.changes.consents.push(consent);
        Ok(())
    }
}
