//! What the stay contributes to the survey, derived from the case as it stands.

use chrono::NaiveDate;

use crate::Instant;
use crate::agreement::{Agreement, ExclusionWhen};
use crate::case::Case;
use crate::encounter::{Destination, EncounterState, Folded};
use crate::notice::NoticeKind;
use crate::survey::{DischargeFact, LeadTime, Method, NO_CARE_MANAGER, SurveyFact};

/// The stay's fact; none for a stay that never was.
pub fn survey_fact(case: &Case, folded: &Folded, agreement: &Agreement, now: Instant) -> Option<SurveyFact> {
    if folded.state.is_void() || folded.admitted_at.is_none() {
        return None;
    }
    // After the discharge the office of that day stays: a later change of care manager doesn't move a counted stay.
    let as_of = if let EncounterState::Discharged { on, .. } = folded.state { on } else { now.day() };
    let office = case.care_team_on(as_of).map(|member| member.organization_id);
    let unmanaged = office.is_none().then(|| NO_CARE_MANAGER.to_owned());
    let discharge = match folded.state {
        EncounterState::Discharged { on, .. } => Some(DischargeFact {
            discharged_on: on,
            word: first_word(case, NoticeKind::tells_discharge).map(|(method, told_on)| {
                (method, LeadTime::from_days(told_on.map(|told_on| (on - told_on).num_days())))
            }),
            exclusion: discharge_exclusion(case, folded, agreement).or_else(|| unmanaged.clone()),
        }),
        _ => None,
    };
    let tells_admission = |kind| matches!(kind, NoticeKind::Admission | NoticeKind::AdmissionInformation);
    Some(SurveyFact {
        encounter_id: case.encounter.id,
        region_id: case.encounter.region_id,
        hospital_id: case.encounter.hospital_id,
        office_id: office,
        group: case.patient.care_level.group(),
        admitted_on: case.encounter.admitted_at.day(),
        admission_method: first_word(case, tells_admission).map(|(method, _)| method),
        admission_exclusion: unmanaged,
        discharge,
    })
}

/// How and when the first word of this kind was given; a word whose day is not known counts only if there is no other.
fn first_word(case: &Case, of: impl Fn(NoticeKind) -> bool) -> Option<(Method, Option<NaiveDate>)> {
    let notices = case.notices.iter().filter(|n| n.stands() && of(n.kind));
    let notices = notices.map(|n| (Method::System, Some(n.issued_at.day())));
    let contacts = case.contacts.iter().filter(|c| c.stands() && of(c.kind));
    let contacts = contacts.map(|c| (Method::Outside(c.medium), c.told_on));
    notices.chain(contacts).min_by_key(|(method, told_on)| (told_on.is_none(), *told_on, *method))
}

/// The agreement's rule that leaves this discharge out of the figures, by its id.
pub(super) fn discharge_exclusion(case: &Case, folded: &Folded, agreement: &Agreement) -> Option<String> {
    let EncounterState::Discharged { on, to } = folded.state else { return None };
    let days = (on - case.encounter.admitted_at.day()).num_days() + 1;
    let applies = |when: &ExclusionWhen| match when {
        ExclusionWhen::Died => to == Destination::Died,
        ExclusionWhen::Transferred => to == Destination::OtherHospital,
        ExclusionWhen::ShortUnchanged { max_days } => folded.support_unchanged && days <= i64::from(*max_days),
        ExclusionWhen::Respite => folded.respite,
    };
    agreement.survey.exclusions.iter().find(|rule| applies(&rule.when)).map(|rule| rule.id.clone())
}
