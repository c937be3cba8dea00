//! Kitami's file as it is compiled in, and what becomes of it when somebody breaks it.

use rules::{Answers, Calendar, Counting, Facts, OfficeHours, OutcomeKind, Tier};

use super::*;

const KITAMI: &str = include_str!("../../../../config/agreements/kitami.toml");

#[test]
fn kitami_holds_both_lists_in_the_words_of_the_guide() {
    let agreement = Agreement::kitami();
    let words = |tier| -> Vec<String> {
        agreement.checklist.criteria().iter().filter(|c| c.tier == tier).map(|c| c.wording.ja.clone()).collect()
    };
    assert_eq!(
        words(Tier::Required),
        [
            "入院前に比べADLが低下し、退院後に生活様式の再編が必要",
            "排泄(含むポータブルトイレ使用)、食事、立ち上がりや歩行に介助が必要",
            "退院後に医療処置(経管栄養、吸引、インシュリン、褥瘡、在宅酸素など)が必要",
            "在宅療養で介護力(家族等)に不安",
            "認知症の行動・心理症状や全般的な理解の低下",
            "悪性腫瘍(末期)、誤嚥性肺炎等の急性呼吸器感染症",
            "繰り返し入退院など、在宅での(自己)管理が困難と想定",
            "住環境整備(住宅改修、福祉用具)が必要",
        ]
    );
    assert_eq!(
        words(Tier::Advised),
        [
            "独居又はそれに近い方、調理や掃除など身の回りのことに介助が必要",
            "食事制限(治療食、塩分、水分など)が必要、又は栄養指導が必要",
            "服薬管理に注意が必要",
            "アルコール依存症",
            "精神疾患、難病",
            "緊急入院、繰り返し入退院",
            "介護保険が未申請",
        ]
    );
}

#[test]
fn kitami_has_its_periods_and_its_escalation() {
    let agreement = Agreement::kitami();
    assert_eq!(agreement.checklist.edition(), agreement.edition);
    assert_eq!(agreement.discharge_notice.period, NoticePeriod { days: 5, counting: Counting::CalendarDays });
    assert_eq!(agreement.discharge_notice.warn_ahead_days, [2, 0]);
    assert_eq!(agreement.discharge_notice.warn_at, NaiveTime::from_hms_opt(9, 0, 0).unwrap());
    let miss: Vec<_> = agreement.escalation.after_miss.iter().map(|step| (step.to, step.after_days)).collect();
    let (ward, desk, city) = (EscalationTo::Ward, EscalationTo::CoordinationDesk, EscalationTo::Municipality);
    assert_eq!(miss, [(ward, 0), (desk, 0), (city, 1)]);
    let noons: Vec<_> = agreement.escalation.unacknowledged.iter().map(|step| (step.to, step.working_noons)).collect();
    assert_eq!(noons, [(EscalationTo::SecondContact, 1), (EscalationTo::HospitalToPhone, 2), (city, 3)]);
    let survey = &agreement.survey;
    assert_eq!((survey.month, survey.fiscal_year_starts, survey.line_days), (10, 4, 5));
    assert_eq!(survey.exclusions[2].when, ExclusionWhen::ShortUnchanged { max_days: 3 });
    assert_eq!(survey.definition(Rate::DischargeNotification).unwrap().wording.ja, "退院連絡率");
    assert!(
        agreement.is_in_force_on("2016-10-01".parse().unwrap())
            && !agreement.is_in_force_on("2016-09-30".parse().unwrap())
    );
}

#[test]
fn kitamis_fee_tables_judge_the_test_cases_of_the_field() {
    let (fees, calendar, hours) = (Agreement::kitami().sheet_fees, Calendar::japan(), OfficeHours::default());
    let days = |admitted: &str| fees.days(admitted.parse().unwrap(), &hours, &calendar).unwrap();
    let friday_evening = days("2026-11-20T19:00:00");
    assert_eq!((friday_evening.full.last_on.to_string(), friday_evening.full.units), ("2026-11-21".to_owned(), 250));
    assert_eq!(
        (friday_evening.reduced.last_on.to_string(), friday_evening.reduced.units),
        ("2026-11-23".to_owned(), 200)
    );
    assert!(friday_evening.reduced.doubt.is_some(), "the 23rd is a holiday; whether it rolls on is not said");
    let before = days("2024-03-31T23:59:59");
    assert_eq!((before.full.last_on.to_string(), before.full.units), ("2024-04-02".to_owned(), 200));
    assert_eq!((before.reduced.last_on.to_string(), before.reduced.units), ("2024-04-06".to_owned(), 100));
}

#[test]
fn every_worked_example_of_kitami_holds() {
    let agreement = Agreement::kitami();
    assert!(agreement.examples.len() >= 8);
    assert_eq!(agreement.check_examples(), []);
}

#[test]
fn an_example_that_comes_out_otherwise_is_named() {
    let broken =
        KITAMI.replacen("id = \"medication\"\ntier = \"advised\"", "id = \"medication\"\ntier = \"required\"", 1);
    let failures = Agreement::parse("kitami.toml", &broken).unwrap().check_examples();
    let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(
        texts[0],
        "「服薬管理だけなら、状況に応じて人が判断する」: expected notice_advised because of medication, \
         found notice_required because of medication"
    );
    assert!(texts[1].ends_with("found incomplete missing home_adaptation, medication"), "{texts:?}");
}

#[test]
fn a_screening_under_kitami_is_explained_in_words() {
    let list = Agreement::kitami().checklist;
    let outcome = list.screen(&Answers::new().detail("insulin"), &Facts::new().with("emergency_admission", true));
    assert_eq!(outcome.kind(), OutcomeKind::NoticeRequired);
    let reasons: Vec<(&str, bool)> = outcome.reasons().iter().map(|r| (r.criterion.as_str(), r.derived)).collect();
    assert_eq!(reasons, [("medical_treatment", false), ("emergency_or_repeated", true)]);
    assert_eq!(outcome.reasons()[0].details[0].wording.ja, "インシュリン");
}

/// Replaces one line and says where and why the file is refused.
fn refused(from: &str, to: &str) -> String {
    assert!(KITAMI.contains(from), "{from}");
    let broken = KITAMI.replacen(from, to, 1);
    let error = Agreement::parse("kitami.toml", &broken).expect_err(to);
    let line = broken.lines().nth(error.line - 1).unwrap_or_default().to_owned();
    format!("{} | {} | {line}", error.key, error.expected)
}

#[test]
fn a_fact_that_the_records_do_not_hold_or_asked_as_what_it_is_not_is_refused() {
    let yes_no = "{ fact = { name = \"emergency_admission\" } }";
    let number = "{ fact = { name = \"days_since_last_discharge\", at_most = 30 } }";
    for (from, to, expected) in [
        (
            yes_no,
            "{ fact = { name = \"emergncy_admission\" } }",
            "one of the facts `emergency_admission`, `insurance_not_applied`, `days_since_last_discharge`, not `emergncy_admission`",
        ),
        (
            yes_no,
            "{ fact = { name = \"emergency_admission\", at_least = 1 } }",
            "no bound for `emergency_admission`, which is true or false",
        ),
        (
            number,
            "{ fact = { name = \"days_since_last_discharge\" } }",
            "`at_least` or `at_most` for `days_since_last_discharge`, which is a number",
        ),
    ] {
        let refused = refused(from, to);
        assert!(
            refused.starts_with(&format!("checklist.criteria.derived | {expected} | derived = {{ any_of")),
            "{refused}"
        );
    }
    let example = "facts = { insurance_not_applied = true }";
    assert_eq!(
        refused(example, "facts = { insurance_not_applied = 1 }"),
        "examples.facts | true or false for `insurance_not_applied` | facts = { insurance_not_applied = 1 }"
    );
}

#[test]
fn a_broken_file_is_refused_with_line_key_and_what_was_expected() {
    let day = "a day that exists, written \"2026-04-01\" in quotes (a time: \"09:00\")";
    for (from, to, wanted) in [
        ("valid_from = \"2016-10-01\"", "valid_from = \"2016-02-30\"", format!("valid_from | {day} | valid_from = \"2016-02-30\"")),
        ("valid_from = \"2016-10-01\"", "valid_from = 2016-10-01", format!("valid_from | {day} | valid_from = 2016-10-01")),
        (
            "valid_from = \"2016-10-01\"",
            "valid_from = \"2016-10-01\"\nvalid_to = \"2016-09-30\"",
            "valid_to | a day not before `valid_from` | valid_to = \"2016-09-30\"".to_owned(),
        ),
        (
            "id = \"diet\"\ntier = \"advised\"",
            "id = \"diet\"\ntier = \"maybe\"",
            "checklist.criteria.tier | `required` or `advised` (unknown variant `maybe`) | tier = \"maybe\"".to_owned(),
        ),
        (
            "id = \"alcohol\"",
            "id = \"diet\"",
            "checklist.criteria.id | an id that no other criterion has | id = \"diet\"".to_owned(),
        ),
        ("warn_at = \"09:00\"", "warn_at = \"9 Uhr\"", format!("discharge_notice.warn_at | {day} | warn_at = \"9 Uhr\"")),
        (
            "warn_ahead_days = [2, 0]",
            "warn_ahead_days = []",
            "discharge_notice.warn_ahead_days | at least one number of days, each once, up to 60 | warn_ahead_days = []".to_owned(),
        ),
        (
            "warn_ahead_days = [2, 0]",
            "warn_ahead_days = [2, 0]\nwarn_twice = true",
            "discharge_notice.warn_twice | one of `period`, `warn_ahead_days`, `warn_at` (unknown field `warn_twice`) | warn_twice = true"
                .to_owned(),
        ),
        ("month = 10", "month = 13", "survey.month | a month, 1 to 12 | month = 13".to_owned()),
        ("line_days = 5", "line_days = 4", "survey.line_days | 8, 5, 2, 1 or 0 days | line_days = 4".to_owned()),
        (
            "id = \"handover_missed\"",
            "id = \"readmission\"",
            "survey.definitions.id | one of `admission_notification`, `discharge_notification`, `discharge_in_time`, \
             `discharge_in_time_of_all`, `handover_missed` (unknown variant `readmission`) | id = \"readmission\""
                .to_owned(),
        ),
        ("line_days = 5", "", "survey.line_days | a value; the key is missing | [survey]".to_owned()),
        (
            "valid_from = \"2024-04-01\"",
            "valid_from = \"2018-04-01\"",
            "sheet_fees.valid_from | a day after that of the table above | valid_from = \"2018-04-01\"".to_owned(),
        ),
        (
            "yes = [\"home_adaptation\"]",
            "yes = [\"home\"]",
            "examples.yes | a criterion of the list, not `home` | yes = [\"home\"]".to_owned(),
        ),
        (
            "facts = { insurance_not_applied = true }",
            "facts = { insurance = true }",
            "examples.facts | a fact that the list asks about, not `insurance` | facts = { insurance = true }".to_owned(),
        ),
        (
            "{ to = \"second_contact\", working_noons = 1 }",
            "{ to = \"second_contact\", working_noons = 0 }",
            "escalation.unacknowledged | at least one step, in the order of `working_noons`, from 1 | unacknowledged = [".to_owned(),
        ),
    ] {
        assert_eq!(refused(from, to), wanted);
    }
    assert!(
        refused("wording = { ja = \"アルコール依存症\"", "wording = { ja = \"\"")
            .starts_with("checklist.criteria.wording | words in both")
    );
    assert!(
        refused("{ to = \"ward\", after_days = 0 }", "{ to = \"mayor\", after_days = 0 }")
            .starts_with("escalation.to | one of `ward`")
    );
    assert!(refused("edition = \"平成28年10月\"", "edition = 28").starts_with("edition | a string"));
}
