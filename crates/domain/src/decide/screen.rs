//! 判定: what the agreement's list says of the person, by itself or as part of the filing form.

use chrono::NaiveDate;
use rules::{Answers, Facts, Outcome};

use super::stay::after;
use super::{Decision, NewNotice};
use crate::notice::NoticeKind;
use crate::screening::{AdvisedDecision, Screening};
use crate::text::Prose;
use crate::{Fault, NoticeId, Refusal};

/// 退院連絡: what the filing form says, besides what a person decided.
#[derive(Debug, Clone)]
pub struct NewFiling {
    pub planned_on: NaiveDate,
    pub answers: Answers,
    pub message: Prose,
}

impl Decision<'_> {
    /// What the stay itself says, for criteria that nobody has to tick.
    pub fn facts(&self) -> Facts {
        crate::facts::of(&self.case)
    }

    /// Screens the person under the agreement in force and keeps the outcome with its reasons.
    ///
    /// Refused when a criterion is not of this agreement. Kept as far as it goes: what is still unanswered counts as a yes
    /// ([`Screening::asks_for_notice`]), and so does what nobody has decided yet. Who files ([`Decision::file`]) has to finish it.
    pub fn screen(&mut self, answers: Answers, decision: Option<AdvisedDecision>) -> Result<Outcome, Refusal> {
        if self.folded().state.is_void() {
            return Err(Fault::StayCancelled.into());
        }
        let facts = self.facts();
        let outcome = self.outcome_of(&answers, &facts)?;
        let screened_at = after(self.context.now, self.case.screenings.iter().map(|known| known.screened_at));
        let screening = Screening {
            id: self.ids.next(),
            region_id: self.case.encounter.region_id,
            encounter_id: self.case.encounter.id,
            edition: self.context.agreement.edition.clone(),
            answers,
            facts,
            outcome: outcome.clone(),
            decision: decision.filter(|_| matches!(outcome, Outcome::NoticeAdvised { .. })),
            screened_at,
            screened_by: self.context.account(),
        };
        self.case.screenings.push(screening.clone());
        self.changes.screenings.push(screening);
        Ok(outcome)
    }

    fn outcome_of(&self, answers: &Answers, facts: &Facts) -> Result<Outcome, Refusal> {
        let checklist = &self.context.agreement.checklist;
        if !checklist.unknown_in(answers).is_empty() {
            return Err(Refusal::at("answers", Fault::UnknownCriterion));
        }
        Ok(checklist.screen(answers, facts))
    }

    /// The filing form whole: plans the discharge, screens, and gives the notice if the screening asks for one.
    ///
    /// Refused while an answer is missing that could still decide. Where the list leaves it to a person she has to decide and say why:
    /// only then `decided` is asked, and refuses beside its own fields what can't be read; an answer of nothing is refused here.
    pub fn file(
        &mut self,
        filing: &NewFiling,
        decided: impl FnOnce() -> Result<Option<AdvisedDecision>, Refusal>,
    ) -> Result<(Outcome, Option<NoticeId>), Refusal> {
        self.plan_discharge(filing.planned_on)?;
        let advised = match self.outcome_of(&filing.answers, &self.facts())? {
            Outcome::Incomplete { .. } => return Err(Refusal::at("answers", Fault::ScreeningIncomplete)),
            Outcome::NoticeAdvised { .. } => {
                Some(decided()?.ok_or_else(|| Refusal::at("decision", Fault::ReasonMissing))?)
            }
            Outcome::NoticeRequired { .. } | Outcome::NotRequired => None,
        };
        let outcome = self.screen(filing.answers.clone(), advised)?;
        if !self.case.screening().is_none_or(Screening::asks_for_notice) {
            return Ok((outcome, None));
        }
        let (kind, planned_on) = (NoticeKind::PlannedDischarge, Some(filing.planned_on));
        let notice_id = self.issue(NewNotice { kind, planned_on, message: filing.message.clone() })?;
        Ok((outcome, Some(notice_id)))
    }
}
