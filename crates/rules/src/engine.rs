//! The compiled checklist: sets of bits, and thresholds over them.
//!
//! Why one shape is enough: "any of" is at least one, "all of" is at least all, so every condition is a threshold over a set
//! of criteria, a set of facts and some inner thresholds. A group holds when enough members hold, is open when the open
//! members could still make it enough, and fails otherwise. Nothing here allocates while screening.

use std::sync::Arc;

use crate::checklist::{ChecklistDefinition, ChecklistError};
use crate::condition::{AtLeast, Condition, FactTest};
use crate::{Answer, Answers, CriterionId, Detail, Facts, Missing, Outcome, OutcomeKind, Reason, Tier};

/// Answers as bits; bit i belongs to the criterion (or detail) at place i of the list. In neither set: unanswered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AnswerBits {
    /// Answered "yes". Wins over `no`.
    pub yes: u64,
    /// Answered "no".
    pub no: u64,
    /// Ticked details, numbered through the whole list; carried to the reasons. Their criteria must be in `yes`.
    pub details: u64,
}

impl AnswerBits {
    /// Answers without details.
    #[must_use]
    pub fn new(yes: u64, no: u64) -> Self {
        Self { yes, no, details: 0 }
    }
}

/// Fact tests as bits; bit i belongs to the i-th different test of the list. See [`Engine::fact_bits`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FactBits {
    /// The test passes.
    pub holds: u64,
    /// The test fails. In neither set: the fact is unknown.
    pub fails: u64,
}

/// The outcome as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// The outcome's name.
    pub kind: OutcomeKind,
    /// What is certain whatever the open answers will be: never [`OutcomeKind::Incomplete`], and never lowered by a further tick.
    pub at_least: OutcomeKind,
    /// Criteria that are hit.
    pub hits: u64,
    /// Those of them that the records say.
    pub derived: u64,
    /// Ticked details.
    pub details: u64,
    /// Unanswered criteria that could still decide; 0 unless the kind is incomplete.
    pub missing: u64,
}

/// A compiled list. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    list: Arc<ChecklistDefinition>,
    tests: Arc<[FactTest]>,
    derived: Arc<[(u64, Group)]>,
    required: Group,
    advised: Group,
    all: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Holds,
    Open,
    Fails,
}

/// What is known at some point of a screening.
#[derive(Clone, Copy)]
struct Known {
    yes: u64,
    no: u64,
    facts: FactBits,
}

/// At least `need` of these.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    need: u32,
    criteria: u64,
    facts: u64,
    inner: Box<[Group]>,
}

impl Group {
    fn compile(
        condition: &Condition,
        place_of: &dyn Fn(&CriterionId) -> u64,
        test_of: &dyn Fn(&FactTest) -> u64,
    ) -> Self {
        let (members, need) = match condition {
            Condition::Criterion(_) | Condition::Fact(_) => (std::slice::from_ref(condition), 1),
            Condition::AnyOf(of) => (of.as_slice(), 1),
            Condition::AllOf(of) => (of.as_slice(), u32::try_from(of.len()).unwrap_or(u32::MAX)),
            Condition::AtLeast(AtLeast { n, of }) => (of.as_slice(), *n),
        };
        let (mut criteria, mut facts, mut inner) = (0, 0, Vec::new());
        for member in members {
            match member {
                Condition::Criterion(id) => criteria |= place_of(id),
                Condition::Fact(test) => facts |= test_of(test),
                group => inner.push(Self::compile(group, place_of, test_of)),
            }
        }
        Self { need, criteria, facts, inner: inner.into() }
    }

    fn any(criteria: u64) -> Self {
        Self { need: 1, criteria, facts: 0, inner: Box::default() }
    }

    #[inline]
    fn truth(&self, known: Known) -> Truth {
        // "Any of" without inner groups is nearly every group there is: no counting.
        if self.need == 1 && self.inner.is_empty() {
            let hold = (self.criteria & known.yes) | (self.facts & known.facts.holds);
            let open = (self.criteria & !known.no) | (self.facts & !known.facts.fails);
            return match (hold != 0, open != 0) {
                (true, _) => Truth::Holds,
                (false, true) => Truth::Open,
                (false, false) => Truth::Fails,
            };
        }
        self.count(known)
    }

    fn count(&self, known: Known) -> Truth {
        let mut hold = (self.criteria & known.yes).count_ones() + (self.facts & known.facts.holds).count_ones();
        let mut open = (self.criteria & !(known.yes | known.no)).count_ones()
            + (self.facts & !(known.facts.holds | known.facts.fails)).count_ones();
        for group in &self.inner {
            match group.truth(known) {
                Truth::Holds => hold += 1,
                Truth::Open => open += 1,
                Truth::Fails => {}
            }
        }
        if hold >= self.need {
            Truth::Holds
        } else if hold + open >= self.need {
            Truth::Open
        } else {
            Truth::Fails
        }
    }

    /// The unanswered criteria that keep an open group open.
    #[inline]
    fn missing(&self, known: Known) -> u64 {
        let own = self.criteria & !(known.yes | known.no);
        if self.inner.is_empty() {
            return own;
        }
        self.missing_inside(known, own)
    }

    fn missing_inside(&self, known: Known, own: u64) -> u64 {
        let inner = self.inner.iter().filter(|group| group.truth(known) == Truth::Open);
        own | inner.fold(0, |bits, group| bits | group.missing(known))
    }
}

impl Engine {
    pub(crate) fn compile(list: &Arc<ChecklistDefinition>) -> Result<Self, ChecklistError> {
        let mut tests: Vec<FactTest> = Vec::new();
        for condition in list.criteria.iter().filter_map(|c| c.derived.as_ref()) {
            condition.for_each_fact(&mut |test| {
                if !tests.contains(test) {
                    tests.push(test.clone());
                }
            });
        }
        if tests.len() > 64 {
            let expected = "at most 64 different questions to facts in the whole list".to_owned();
            return Err(ChecklistError { criterion: None, key: "derived", expected });
        }
        let place_of = |id: &CriterionId| list.criteria.iter().position(|c| c.id == *id).map_or(0, |place| 1 << place);
        let test_of = |test: &FactTest| tests.iter().position(|known| known == test).map_or(0, |place| 1 << place);
        let bits_of = |tier| {
            list.criteria
                .iter()
                .enumerate()
                .filter(|(_, c)| c.tier == tier)
                .fold(0, |bits, (place, _)| bits | 1 << place)
        };
        let tier = |when: &Option<Condition>, tier: Tier| match when {
            Some(condition) => Group::compile(condition, &place_of, &test_of),
            None => Group::any(bits_of(tier)),
        };
        let derived = list.criteria.iter().enumerate().filter_map(|(place, criterion)| {
            criterion.derived.as_ref().map(|condition| (1 << place, Group::compile(condition, &place_of, &test_of)))
        });
        Ok(Self {
            derived: derived.collect(),
            required: tier(&list.required_when, Tier::Required),
            advised: tier(&list.advised_when, Tier::Advised),
            all: bits_of(Tier::Required) | bits_of(Tier::Advised),
            tests: tests.iter().cloned().collect(),
            list: Arc::clone(list),
        })
    }

    pub(crate) fn tests(&self) -> &[FactTest] {
        &self.tests
    }

    /// The answers as bits. A ticked detail is a "yes" to its criterion.
    #[must_use]
    pub fn answer_bits(&self, answers: &Answers) -> AnswerBits {
        let mut bits = AnswerBits::default();
        let mut detail_bit = 1_u64;
        for (place, criterion) in self.list.criteria.iter().enumerate() {
            match answers.get(&criterion.id) {
                Some(Answer::Yes) => bits.yes |= 1 << place,
                Some(Answer::No) => bits.no |= 1 << place,
                None => {}
            }
            for detail in &criterion.details {
                if answers.details.contains(&detail.id) {
                    bits.yes |= 1 << place;
                    bits.details |= detail_bit;
                }
                detail_bit = detail_bit.wrapping_shl(1);
            }
        }
        bits
    }

    /// The list's questions to the facts, answered.
    #[must_use]
    pub fn fact_bits(&self, facts: &Facts) -> FactBits {
        let mut bits = FactBits::default();
        for (place, test) in self.tests.iter().enumerate() {
            match test.holds(facts.get(&test.name)) {
                Some(true) => bits.holds |= 1 << place,
                Some(false) => bits.fails |= 1 << place,
                None => {}
            }
        }
        bits
    }

    /// Applies the list to bits: no allocation, no look-up by name.
    #[must_use]
    #[inline]
    pub fn screen(&self, answers: AnswerBits, facts: FactBits) -> Verdict {
        let mut known = Known { yes: answers.yes & self.all, no: answers.no & !answers.yes, facts };
        let mut derived = 0;
        for (bit, group) in &*self.derived {
            let truth = group.truth(known);
            let holds = if truth == Truth::Holds { *bit } else { 0 };
            let fails = if truth == Truth::Fails { *bit } else { 0 };
            derived |= holds;
            known.yes |= holds;
            known.no = (known.no | fails) & !known.yes;
        }
        let (required, advised) = (self.required.truth(known), self.advised.truth(known));
        let kind = match (required, advised) {
            (Truth::Holds, _) => OutcomeKind::NoticeRequired,
            (Truth::Open, _) | (Truth::Fails, Truth::Open) => OutcomeKind::Incomplete,
            (Truth::Fails, Truth::Holds) => OutcomeKind::NoticeAdvised,
            (Truth::Fails, Truth::Fails) => OutcomeKind::NotRequired,
        };
        let mut missing = 0;
        if kind == OutcomeKind::Incomplete {
            for (truth, group) in [(required, &self.required), (advised, &self.advised)] {
                if truth == Truth::Open {
                    missing |= group.missing(known);
                }
            }
        }
        let at_least = match (required, advised) {
            (Truth::Holds, _) => OutcomeKind::NoticeRequired,
            (_, Truth::Holds) => OutcomeKind::NoticeAdvised,
            _ => OutcomeKind::NotRequired,
        };
        Verdict { kind, at_least, hits: known.yes, derived, details: answers.details, missing }
    }

    /// The verdict in words.
    #[must_use]
    pub fn explain(&self, verdict: Verdict) -> Outcome {
        match verdict.kind {
            OutcomeKind::NoticeRequired => Outcome::NoticeRequired { because: self.reasons(verdict) },
            OutcomeKind::NoticeAdvised => Outcome::NoticeAdvised { because: self.reasons(verdict) },
            OutcomeKind::NotRequired => Outcome::NotRequired,
            OutcomeKind::Incomplete => {
                let open = self.list.criteria.iter().enumerate().filter(|(place, _)| verdict.missing >> place & 1 == 1);
                let missing =
                    open.map(|(_, c)| Missing { criterion: c.id.clone(), tier: c.tier, wording: c.wording.clone() });
                Outcome::Incomplete { missing: missing.collect() }
            }
        }
    }

    fn reasons(&self, verdict: Verdict) -> Vec<Reason> {
        let mut first_detail = 0;
        let mut reasons = Vec::new();
        for (place, criterion) in self.list.criteria.iter().enumerate() {
            if verdict.hits >> place & 1 == 1 {
                let ticked = |(place, _): &(usize, &Detail)| verdict.details >> (first_detail + place) & 1 == 1;
                reasons.push(Reason {
                    criterion: criterion.id.clone(),
                    tier: criterion.tier,
                    wording: criterion.wording.clone(),
                    details: criterion.details.iter().enumerate().filter(ticked).map(|(_, d)| d.clone()).collect(),
                    derived: verdict.derived >> place & 1 == 1,
                });
            }
            first_detail += criterion.details.len();
        }
        reasons
    }
}
