//! Screenings of a small list, one rule a test; and the lists that are refused.

use rules::{Answers, Checklist, ChecklistDefinition, Fact, Facts, Outcome, OutcomeKind, replay};

const LIST: &str = r#"
edition = "first"
[[criteria]]
id = "treatment"
tier = "required"
source = "guide 1"
wording = { ja = "医療処置が必要", en = "Needs treatment" }
details = [
  { id = "suction", wording = { ja = "吸引", en = "Suction" } },
  { id = "oxygen", wording = { ja = "在宅酸素", en = "Oxygen at home" } },
]
[[criteria]]
id = "home"
tier = "required"
source = "guide 2"
wording = { ja = "住環境整備が必要", en = "Home needs adapting" }
[[criteria]]
id = "alone"
tier = "advised"
source = "guide 3"
wording = { ja = "独居", en = "Lives alone" }
[[criteria]]
id = "emergency"
tier = "advised"
source = "guide 4"
wording = { ja = "緊急入院、繰り返し入退院", en = "Emergency or repeated admission" }
derived = { any_of = [{ fact = { name = "emergency_admission" } }, { fact = { name = "days_since_last_discharge", at_most = 30 } }] }
"#;

fn list() -> Checklist {
    toml::from_str(LIST).expect("the list is valid")
}

fn all_no() -> Answers {
    Answers::new().no("treatment").no("home").no("alone").no("emergency")
}

fn missing(outcome: &Outcome) -> Vec<&str> {
    outcome.missing().iter().map(|missing| missing.criterion.as_str()).collect()
}

#[test]
fn one_required_hit_is_enough_although_the_rest_is_unanswered() {
    let outcome = list().screen(&Answers::new().yes("home"), &Facts::new());
    assert_eq!(outcome.kind(), OutcomeKind::NoticeRequired);
    assert_eq!(outcome.reasons()[0].wording.ja, "住環境整備が必要");
}

#[test]
fn unanswered_is_not_no() {
    let outcome = list().screen(&Answers::new(), &Facts::new());
    assert_eq!(missing(&outcome), ["treatment", "home", "alone", "emergency"]);
    assert_eq!(list().screen(&all_no(), &Facts::new()), Outcome::NotRequired);
}

#[test]
fn an_advised_hit_waits_for_every_required_criterion() {
    let answers = Answers::new().yes("alone").no("home");
    assert_eq!(missing(&list().screen(&answers, &Facts::new())), ["treatment"]);
    let outcome = list().screen(&answers.no("treatment"), &Facts::new());
    assert_eq!(outcome.kind(), OutcomeKind::NoticeAdvised, "the open advised criterion changes nothing");
}

#[test]
fn without_any_hit_an_unanswered_advised_criterion_is_missing() {
    let answers = Answers::new().no("treatment").no("home").no("alone");
    assert_eq!(missing(&list().screen(&answers, &Facts::new())), ["emergency"]);
    let facts = Facts::new().with("emergency_admission", false).with("days_since_last_discharge", 31);
    assert_eq!(list().screen(&answers, &facts), Outcome::NotRequired, "the records answer for the ward");
}

#[test]
fn a_derived_criterion_is_open_until_a_fact_or_a_person_says_something() {
    let not_emergency = Facts::new().with("emergency_admission", false);
    let answers = Answers::new().no("treatment").no("home").no("alone");
    assert_eq!(missing(&list().screen(&answers, &not_emergency)), ["emergency"], "the last discharge is unknown");
    let derived = list().screen(&answers, &not_emergency.clone().with("days_since_last_discharge", 30));
    assert!(derived.reasons()[0].derived);
    let ticked = list().screen(&answers.clone().yes("emergency"), &not_emergency);
    assert_eq!(ticked.kind(), OutcomeKind::NoticeAdvised);
    assert!(!ticked.reasons()[0].derived);
    let denied = list().screen(&answers.no("emergency"), &Facts::new().with("emergency_admission", true));
    assert_eq!(denied.kind(), OutcomeKind::NoticeAdvised, "a \"no\" does not undo the records");
}

#[test]
fn a_fact_of_the_wrong_kind_is_unknown() {
    let facts: Facts =
        Facts::new().with("emergency_admission", Fact::Integer(1)).with("days_since_last_discharge", true);
    let answers = Answers::new().no("treatment").no("home").no("alone");
    assert_eq!(missing(&list().screen(&answers, &facts)), ["emergency"]);
}

#[test]
fn a_ticked_detail_says_yes_and_stands_in_the_reason() {
    let outcome = list().screen(&all_no().detail("oxygen"), &Facts::new());
    assert_eq!(outcome.kind(), OutcomeKind::NoticeRequired);
    let details: Vec<&str> = outcome.reasons()[0].details.iter().map(|detail| detail.id.as_str()).collect();
    assert_eq!(details, ["oxygen"]);
}

#[test]
fn names_that_the_edition_does_not_have_are_ignored_and_listed() {
    let answers = all_no().yes("old_criterion").detail("old_detail");
    assert_eq!(list().screen(&answers, &Facts::new()), Outcome::NotRequired);
    assert_eq!(list().unknown_in(&answers), ["old_criterion", "old_detail"]);
}

#[test]
fn a_tier_may_be_composite() {
    let text = format!(
        "advised_when = {{ any_of = [{{ criterion = \"alone\" }}] }}\n\
         required_when = {{ any_of = [{{ criterion = \"treatment\" }}, {{ at_least = {{ n = 2, of = [\
         {{ criterion = \"home\" }}, {{ criterion = \"alone\" }}, {{ criterion = \"emergency\" }}] }} }}] }}\n{LIST}"
    );
    let list: Checklist = toml::from_str(&text).unwrap();
    let kind = |answers: Answers| list.screen(&answers, &Facts::new()).kind();
    assert_eq!(kind(all_no().yes("home")), OutcomeKind::NotRequired);
    assert_eq!(kind(all_no().yes("alone")), OutcomeKind::NoticeAdvised);
    assert_eq!(kind(all_no().yes("home").yes("emergency")), OutcomeKind::NoticeRequired);
    assert_eq!(kind(all_no().yes("treatment")), OutcomeKind::NoticeRequired);
    let open = list.screen(&Answers::new().no("treatment").no("home"), &Facts::new());
    assert_eq!(missing(&open), ["alone", "emergency"]);
}

#[test]
fn answers_and_outcomes_survive_storage() {
    let outcome = list().screen(&all_no().detail("suction"), &Facts::new().with("emergency_admission", true));
    let again: Outcome = toml::from_str(&toml::to_string(&outcome).unwrap()).unwrap();
    assert_eq!(again, outcome);
    let answers: Answers = toml::from_str(&toml::to_string(&all_no()).unwrap()).unwrap();
    assert_eq!(answers, all_no());
    let again: Checklist = toml::from_str(&toml::to_string(&list()).unwrap()).unwrap();
    assert_eq!(again, list());
}

#[test]
fn lists_that_cannot_be_applied_are_refused() {
    let refused = |from: &str, to: &str| {
        let definition: ChecklistDefinition = toml::from_str(&LIST.replacen(from, to, 1)).unwrap();
        Checklist::try_from(definition).unwrap_err().to_string()
    };
    assert_eq!(refused("\"home\"", "\"treatment\""), "`id` of criterion 2: expected an id that no other criterion has");
    assert_eq!(refused("\"home\"", "\"Home\""), "`id` of criterion 2: expected lower-case letters, digits and `_`");
    assert!(refused("\"guide 3\"", "\" \"").starts_with("`source` of criterion 3"));
    assert!(refused("\"oxygen\"", "\"suction\"").starts_with("`details` of criterion 1"));
    assert!(refused("\"独居\"", "\"\"").starts_with("`wording` of criterion 3"));
    assert!(refused("\"first\"", "\"\"").starts_with("`edition`"));
    for (from, to, wanted) in [
        ("{ fact = { name = \"emergency_admission\" } }", "{ criterion = \"later\" }", "earlier in the list"),
        ("{ fact = { name = \"emergency_admission\" } }", "{ any_of = [] }", "at least one condition"),
        ("name = \"emergency_admission\"", "name = \"e\", is = true, at_most = 3", "not both"),
        ("any_of = [{ fact", "at_least = { n = 3, of = [{ fact", "`n` from 1 to 2"),
    ] {
        let mut text = LIST.replacen(from, to, 1);
        if wanted.starts_with("`n`") {
            text = text.replace("at_most = 30 } }] }", "at_most = 30 } }] } }");
        }
        let error = Checklist::try_from(toml::from_str::<ChecklistDefinition>(&text).unwrap()).unwrap_err();
        assert!(error.criterion == Some(3) && error.expected.contains(wanted), "{error}");
    }
}

#[test]
fn last_years_screenings_are_replayed_under_the_new_edition() {
    let text = LIST
        .replace("\"first\"", "\"second\"")
        .replace("tier = \"advised\"\nsource = \"guide 3\"", "tier = \"required\"\nsource = \"guide 3\"")
        + "[[criteria]]\nid = \"family\"\ntier = \"advised\"\nsource = \"2026\"\nwording = { ja = \"家族と連絡がつかない\", en = \"Family cannot be reached\" }\n";
    let second: Checklist = toml::from_str(&text).unwrap();
    let old = [(all_no().yes("home"), Facts::new()), (all_no().yes("alone"), Facts::new()), (all_no(), Facts::new())];
    let replay = replay(&old, &list(), &second);
    assert_eq!(
        (replay.total, replay.before[&OutcomeKind::NoticeAdvised], replay.after[&OutcomeKind::NoticeRequired]),
        (3, 1, 2)
    );
    assert_eq!(replay.after.values().sum::<usize>(), replay.total);
    assert_eq!(replay.changed.len(), 2);
    assert_eq!(
        (replay.changed[0].before, replay.changed[0].after),
        (OutcomeKind::NoticeAdvised, OutcomeKind::NoticeRequired)
    );
    assert_eq!(replay.changed[1].after, OutcomeKind::Incomplete);
    assert_eq!(replay.changed[1].unanswered, ["family".into()]);
}
