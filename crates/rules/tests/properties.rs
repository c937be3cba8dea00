//! The laws of a screening.
//!
//! Over any list, however its conditions nest: ticking more never lowers what is certain, nor the outcome once everything is answered;
//! the order inside a group does not matter; the reasons alone give the same outcome; answering what is missing decides.
//!
//! Over a list of plain tiers besides: ticking more never lowers the outcome, answered whole or not; the order of the list does not
//! matter. Thresholds can't promise the first: a further tick may open again what had failed, so that an advised notice becomes
//! incomplete until the rest is answered. (The second has no meaning where a criterion looks at earlier ones.)

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rules::{
    Answer, Answers, AtLeast, Checklist, ChecklistDefinition, Condition, Criterion, Detail, FactTest, Facts, Outcome,
    OutcomeKind, Tier, Wording,
};

/// A condition before there is a list to refer to.
#[derive(Debug, Clone)]
enum Shape {
    /// One of the criteria before it.
    Earlier(usize),
    Emergency(bool),
    Readmitted(i64),
    AnyOf(Vec<Shape>),
    AllOf(Vec<Shape>),
    AtLeast(usize, Vec<Shape>),
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        3 => (0_usize..12).prop_map(Shape::Earlier),
        1 => any::<bool>().prop_map(Shape::Emergency),
        1 => prop_oneof![Just(7_i64), Just(30), Just(60)].prop_map(Shape::Readmitted),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Shape::AnyOf),
            vec(inner.clone(), 1..4).prop_map(Shape::AllOf),
            (1_usize..4, vec(inner, 1..4)).prop_map(|(n, of)| Shape::AtLeast(n, of)),
        ]
    })
}

/// The condition over the criteria before `place`; none if nothing of the shape can stand there.
fn condition(shape: &Shape, place: usize, facts: bool) -> Option<Condition> {
    let members = |of: &[Shape]| {
        let mut members: Vec<Condition> = Vec::new();
        for member in of.iter().filter_map(|member| condition(member, place, facts)) {
            if !members.contains(&member) {
                members.push(member);
            }
        }
        (!members.is_empty()).then_some(members)
    };
    match shape {
        Shape::Earlier(n) => (place > 0).then(|| Condition::Criterion(id(n % place).into())),
        Shape::Emergency(wanted) => facts.then(|| emergency(*wanted)),
        Shape::Readmitted(days) => facts.then(|| within(*days)),
        Shape::AnyOf(of) => members(of).map(Condition::AnyOf),
        Shape::AllOf(of) => members(of).map(Condition::AllOf),
        Shape::AtLeast(n, of) => members(of).map(|of| {
            let n = u32::try_from(*n.min(&of.len())).expect("a short list");
            Condition::AtLeast(AtLeast { n, of })
        }),
    }
}

/// The same condition, read from its end.
fn turned(condition: &Condition) -> Condition {
    let all = |of: &[Condition]| of.iter().rev().map(turned).collect();
    match condition {
        Condition::AnyOf(of) => Condition::AnyOf(all(of)),
        Condition::AllOf(of) => Condition::AllOf(all(of)),
        Condition::AtLeast(AtLeast { n, of }) => Condition::AtLeast(AtLeast { n: *n, of: all(of) }),
        leaf => leaf.clone(),
    }
}

fn words(text: &str) -> Wording {
    Wording::new(text, text)
}

fn emergency(wanted: bool) -> Condition {
    Condition::Fact(FactTest { name: "emergency".to_owned(), is: Some(wanted), at_least: None, at_most: None })
}

fn within(days: i64) -> Condition {
    Condition::Fact(FactTest { name: "days_since".to_owned(), is: None, at_least: None, at_most: Some(days) })
}

fn id(place: usize) -> String {
    format!("c{place}")
}

/// A list of plain tiers, some of whose criteria look at a fact.
fn plain_list() -> impl Strategy<Value = Checklist> {
    let fact = prop_oneof![
        3 => Just(None),
        1 => Just(Some(Shape::Emergency(true))),
        1 => (1_i64..60).prop_map(|days| Some(Shape::Readmitted(days))),
        1 => Just(Some(Shape::AllOf(vec![Shape::Emergency(true), Shape::Readmitted(30)]))),
    ];
    vec((any::<bool>(), fact, 0_usize..3), 1..12).prop_map(|items| list(&items, [None, None]))
}

/// Any list: criteria that look at facts and at each other, tiers that count hits, conditions within conditions.
fn any_list() -> impl Strategy<Value = Checklist> {
    let items = vec((any::<bool>(), option::of(shape()), 0_usize..3), 1..12);
    (items, option::of(shape()), option::of(shape()))
        .prop_map(|(items, required, advised)| list(&items, [required, advised]))
}

fn list(items: &[(bool, Option<Shape>, usize)], tiers: [Option<Shape>; 2]) -> Checklist {
    let criterion = |(place, (required, derived, details)): (usize, &(bool, Option<Shape>, usize))| Criterion {
        id: id(place).into(),
        wording: words(&id(place)),
        tier: if *required { Tier::Required } else { Tier::Advised },
        details: (0..*details).map(|n| Detail { id: format!("c{place}_d{n}"), wording: words("d") }).collect(),
        source: "test".to_owned(),
        derived: derived.as_ref().and_then(|shape| condition(shape, place, true)),
    };
    let criteria: Vec<Criterion> = items.iter().enumerate().map(criterion).collect();
    let [required_when, advised_when] = tiers.map(|tier| condition(&tier?, criteria.len(), false));
    let definition = ChecklistDefinition { edition: "test".to_owned(), criteria, required_when, advised_when };
    Checklist::try_from(definition).expect("the list is valid")
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
    fn ticking_more_never_lowers_the_outcome_of_plain_tiers(list in plain_list(), answers in answers(), facts in facts(), tick in 0_usize..12) {
        let more = answers.clone().yes(id(tick));
        prop_assert!(list.screen(&more, &facts).kind() >= list.screen(&answers, &facts).kind());
    }

    #[test]
    fn ticking_more_never_lowers_what_is_certain(
        list in any_list(), answers in answers(), facts in facts(), tick in 0_usize..12,
    ) {
        let more = answers.clone().yes(id(tick));
        prop_assert!(certain(&list, &more, &facts) >= certain(&list, &answers, &facts));
    }

    #[test]
    fn ticking_more_never_lowers_the_outcome_once_everything_is_answered(
        list in any_list(), answers in answers(), facts in facts(), tick in 0_usize..12,
    ) {
        let unanswered: Vec<_> = list.criteria().iter().filter(|c| answers.get(&c.id).is_none()).collect();
        let answers = unanswered.iter().fold(answers.clone(), |answers, c| answers.no(c.id.clone()));
        let (outcome, more) = (list.screen(&answers, &facts), list.screen(&answers.clone().yes(id(tick)), &facts));
        prop_assert_ne!(outcome.kind(), OutcomeKind::Incomplete);
        prop_assert!(more.kind() >= outcome.kind());
    }

    #[test]
    fn the_order_inside_a_group_does_not_matter(list in any_list(), answers in answers(), facts in facts()) {
        let mut definition = ChecklistDefinition::from(list.clone());
        for criterion in &mut definition.criteria {
            criterion.derived = criterion.derived.as_ref().map(turned);
        }
        definition.required_when = definition.required_when.as_ref().map(turned);
        definition.advised_when = definition.advised_when.as_ref().map(turned);
        let other = Checklist::try_from(definition).unwrap();
        prop_assert_eq!(other.screen(&answers, &facts), list.screen(&answers, &facts));
    }

    #[test]
    fn the_order_of_a_plain_list_does_not_matter(list in plain_list(), answers in answers(), facts in facts()) {
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
    fn the_reasons_alone_give_the_same_outcome(list in any_list(), answers in answers(), facts in facts()) {
        let outcome = list.screen(&answers, &facts);
        prop_assume!(!matches!(outcome, Outcome::Incomplete { .. }));
        let mut alone = list.criteria().iter().fold(Answers::new(), |answers, c| answers.no(c.id.clone()));
        for reason in outcome.reasons() {
            alone = alone.yes(reason.criterion.clone());
        }
        let again = list.screen(&alone, &Facts::new());
        prop_assert_eq!(again.kind(), outcome.kind());
        let ids = |outcome: &Outcome| outcome.reasons().iter().map(|r| r.criterion.clone()).collect::<Vec<_>>();
        prop_assert_eq!(ids(&again), ids(&outcome));
    }

    #[test]
    fn answering_what_is_missing_decides(list in any_list(), answers in answers(), facts in facts()) {
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
