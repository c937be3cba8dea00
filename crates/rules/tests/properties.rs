//! The three laws of a screening, over any list: ticking more never lowers the outcome; order does not matter; the reasons alone
//! give the same outcome.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rules::{
    Answer, Answers, AtLeast, Checklist, ChecklistDefinition, Condition, Criterion, Detail, FactTest, Facts, Outcome,
    OutcomeKind, Tier, Wording,
};

/// Where a criterion's derivation comes from, before there is a list to refer to.
#[derive(Debug, Clone)]
enum Derivation {
    None,
    Emergency,
    Readmitted(i64),
    Both,
    TwoOfEarlier,
}

fn derivation() -> impl Strategy<Value = Derivation> {
    prop_oneof![
        4 => Just(Derivation::None),
        1 => Just(Derivation::Emergency),
        1 => (1_i64..60).prop_map(Derivation::Readmitted),
        1 => Just(Derivation::Both),
        1 => Just(Derivation::TwoOfEarlier),
    ]
}

fn words(text: &str) -> Wording {
    Wording::new(text, text)
}

fn is_true(name: &str) -> Condition {
    Condition::Fact(FactTest { name: name.to_owned(), is: None, at_least: None, at_most: None })
}

fn within(days: i64) -> Condition {
    Condition::Fact(FactTest { name: "days_since".to_owned(), is: None, at_least: None, at_most: Some(days) })
}

fn id(place: usize) -> String {
    format!("c{place}")
}

/// A list of plain tiers whose derived criteria look at facts, and, when `composite`, at other criteria and at thresholds.
fn list(composite: bool) -> impl Strategy<Value = Checklist> {
    (vec((any::<bool>(), derivation(), 0_usize..3), 1..12), 1_u32..4).prop_map(move |(items, need)| {
        let criteria: Vec<Criterion> = items
            .iter()
            .enumerate()
            .map(|(place, (required, derivation, details))| {
                let earlier: Vec<Condition> =
                    (0..place).map(|earlier| Condition::Criterion(id(earlier).into())).collect();
                let derived = match derivation {
                    Derivation::Emergency => Some(is_true("emergency")),
                    Derivation::Readmitted(days) => Some(within(*days)),
                    Derivation::Both => Some(Condition::AllOf(vec![is_true("emergency"), within(30)])),
                    Derivation::TwoOfEarlier if composite && place >= 2 => {
                        Some(Condition::AtLeast(AtLeast { n: 2, of: earlier }))
                    }
                    Derivation::None | Derivation::TwoOfEarlier => None,
                };
                Criterion {
                    id: id(place).into(),
                    wording: words(&id(place)),
                    tier: if *required { Tier::Required } else { Tier::Advised },
                    details: (0..*details)
                        .map(|n| Detail { id: format!("c{place}_d{n}"), wording: words("d") })
                        .collect(),
                    source: "test".to_owned(),
                    derived,
                }
            })
            .collect();
        let of: Vec<Condition> = (0..criteria.len()).map(|place| Condition::Criterion(id(place).into())).collect();
        let n = need.min(u32::try_from(of.len()).expect("a short list"));
        let required_when = composite.then_some(Condition::AtLeast(AtLeast { n, of }));
        let definition =
            ChecklistDefinition { edition: "test".to_owned(), criteria, required_when, advised_when: None };
        Checklist::try_from(definition).expect("the list is valid")
    })
}

fn answer() -> impl Strategy<Value = Option<Answer>> {
    option::weighted(0.8, prop_oneof![Just(Answer::No), Just(Answer::No), Just(Answer::Yes)])
}

fn answers() -> impl Strategy<Value = Answers> {
    (vec(answer(), 12), vec(any::<(u8, u8)>(), 0..2)).prop_map(|(given, details)| Answers {
        criteria: given
            .into_iter()
            .enumerate()
            .filter_map(|(place, answer)| Some((id(place).into(), answer?)))
            .collect(),
        details: details.into_iter().map(|(place, n)| format!("c{}_d{}", place % 12, n % 2)).collect(),
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    (option::of(any::<bool>()), option::of(0_i64..90)).prop_map(|(emergency, days)| {
        let mut facts = Facts::new();
        if let Some(emergency) = emergency {
            facts.insert("emergency", emergency);
        }
        if let Some(days) = days {
            facts.insert("days_since", days);
        }
        facts
    })
}

fn certain(list: &Checklist, answers: &Answers, facts: &Facts) -> OutcomeKind {
    let engine = list.compile();
    engine.screen(engine.answer_bits(answers), engine.fact_bits(facts)).at_least
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn ticking_more_never_lowers_the_outcome(list in list(false), answers in answers(), facts in facts(), tick in 0_usize..12) {
        let more = answers.clone().yes(id(tick));
        prop_assert!(list.screen(&more, &facts).kind() >= list.screen(&answers, &facts).kind());
    }

    #[test]
    fn ticking_more_never_lowers_what_is_certain_in_a_composite_list(
        list in list(true), answers in answers(), facts in facts(), tick in 0_usize..12,
    ) {
        let more = answers.clone().yes(id(tick));
        prop_assert!(certain(&list, &more, &facts) >= certain(&list, &answers, &facts));
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(list in list(false), answers in answers(), facts in facts()) {
        let mut definition = ChecklistDefinition::from(list.clone());
        definition.criteria.reverse();
        let turned = Checklist::try_from(definition).unwrap();
        let (mut outcome, mut other) = (list.screen(&answers, &facts), turned.screen(&answers, &facts));
        for outcome in [&mut outcome, &mut other] {
            match outcome {
                Outcome::NoticeRequired { because } | Outcome::NoticeAdvised { because } => {
                    because.sort_by(|a, b| a.criterion.cmp(&b.criterion));
                }
                Outcome::Incomplete { missing } => missing.sort_by(|a, b| a.criterion.cmp(&b.criterion)),
                Outcome::NotRequired => {}
            }
        }
        prop_assert_eq!(outcome, other);
    }

    #[test]
    fn the_reasons_alone_give_the_same_outcome(list in list(true), answers in answers(), facts in facts()) {
        let outcome = list.screen(&answers, &facts);
        prop_assume!(!matches!(outcome, Outcome::Incomplete { .. }));
        let mut alone = list.criteria().iter().fold(Answers::new(), |answers, c| answers.no(c.id.clone()));
        for reason in outcome.reasons() {
            alone = alone.yes(reason.criterion.clone());
        }
        let again = list.screen(&alone, &Facts::new().with("emergency", false).with("days_since", 1_000));
        prop_assert_eq!(again.kind(), outcome.kind());
        let ids = |outcome: &Outcome| outcome.reasons().iter().map(|r| r.criterion.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&again), ids(&outcome));
    }

    #[test]
    fn answering_what_is_missing_decides(list in list(true), answers in answers(), facts in facts()) {
        let mut answers = answers;
        for _ in 0..=12 {
            let outcome = list.screen(&answers, &facts);
            for missing in outcome.missing() {
                prop_assert!(answers.get(&missing.criterion).is_none());
                answers = answers.no(missing.criterion.clone());
            }
            if outcome.missing().is_empty() {
                prop_assert_ne!(outcome.kind(), OutcomeKind::Incomplete);
            }
        }
        prop_assert_ne!(list.screen(&answers, &facts).kind(), OutcomeKind::Incomplete);
    }
}
