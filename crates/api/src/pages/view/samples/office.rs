//! Notices, the survey, and what administrators and auditors see.

use domain::directory::Directory;
use domain::party::Region;
use domain::survey::{DischargeFact, LeadTime, Method, Month, SurveyFact};
use survey::{Parties, Scope, SurveyReport};

use super::*;
use crate::pages::view::admin::{Audit, AuditRow, CalendarPage, Emergency, GlassRow, ReviewRow, Reviews};
use crate::pages::view::notices::{AnswerRow, DeliveryRow, Mailbox, NoticePage, Notices, ReplacedFor, Tombstone};

#[test]
fn the_pages_of_a_notice_are_drawn() {
    draw(
        "notices",
        &Notices {
            frame: frame("連絡", Role::CareManager, "/notices"),
            mailbox: Mailbox::Received,
            rows: vec![letter(waiting(), "退院連絡")],
            next: Some("x".into()),
        },
    );
    let page = |role, acknowledge: Option<Form>, withdraw: Option<Form>, replace: Option<Form>| NoticePage {
        frame: frame("連絡", role, "/notices"),
        row: letter(waiting(), "退院連絡"),
        is_plan: true,
        stay_id: "e1".into(),
        person: person(),
        minimal: false,
        sent_minimal: false,
        place: "架空中央病院 3階東病棟".into(),
        because: ("担当のケアマネジャーがいるため", "the care manager in charge"),
        message: "ベッドと手すりが必要です。\n会議は火曜を希望。".into(),
        reasons: vec![("退院後に医療処置が必要(吸引)".into(), "medical treatment (suction)".into())],
        edition: Some("平成28年10月".into()),
        answers: vec![AnswerRow {
            words: ("担当者が不在です", "away"),
            at: "11月20日(金) 17:30".into(),
            by: "常呂 次郎".into(),
        }],
        readers: vec![("常呂 次郎".into(), "11月20日(金) 17:20".into())],
        deliveries: vec![DeliveryRow {
            state: Badge::new(Tone::Done, "送信済み", "sent"),
            at: "11月20日(金) 17:06".into(),
            attempts: 1,
        }],
        answer_by: Some(Badge::new(Tone::Soon, "明日まで(11月21日(土))", "")),
        acknowledge,
        answer_choices: vec![
            Choice::new("accepted", "受領しました", "accepted"),
            Choice::new("not_our_client", "当事業所の利用者ではありません", "not our client"),
            Choice::new("other_office", "他の事業所の利用者です", "another office's client"),
            Choice::new("away", "担当者が不在です", "the care manager is away"),
        ],
        offices: Some(groups()),
        send_sheet: role == Role::CareManager,
        withdraw,
        replaced_for: replace.as_ref().map(|_| ReplacedFor {
            to: Ok((
                "架空居宅介護支援事業所 常呂 次郎".into(),
                ("担当のケアマネジャーがいるため", "the care manager in charge"),
            )),
            instead_of: Some("架空地域包括支援センター".into()),
        }),
        replace,
    };
    let of = |path: &str| form(path, Typed::default().with("message", "ベッドと手すりが必要です。"));
    draw("notice-received", &page(Role::CareManager, Some(of("/notices/n1/acknowledgement")), None, None));
    draw(
        "notice-sent",
        &page(Role::WardStaff, None, Some(of("/notices/n1/withdrawal")), Some(of("/notices/n1/replacement"))),
    );
    draw(
        "tombstone",
        &Tombstone {
            frame: ward("取り消された連絡"),
            row: letter(Badge::new(Tone::Quiet, "取消", "withdrawn"), "退院連絡"),
            sent_back: false,
            replaced: false,
            why: Some("別の方の連絡だったため".into()),
            at: "11月20日(金) 18:00".into(),
            by: "北見 花子".into(),
            with: None,
            readers: Some(vec![("常呂 次郎".into(), "11月20日(金) 17:20".into())]),
            stay_id: Some("e1".into()),
        },
    );
}

fn report() -> SurveyReport {
    let mut ids = domain::Ids::new(domain::Instant::from_micros(1_790_000_000_000_000), 1);
    let region =
        Region { id: ids.next(), name: domain::text::Line::parse("架空市").unwrap(), agreement: "kitami".into() };
    let (hospital_id, office_id) = (ids.next(), ids.next());
    let mut cells = std::collections::BTreeMap::new();
    for n in 0..90_i64 {
        let word = (n % 7 != 6).then(|| {
            (
                if n % 3 == 0 { Method::System } else { Method::Outside(domain::notice::Medium::Phone) },
                LeadTime::ALL[usize::try_from(n % 11 % 7).unwrap()],
            )
        });
        let fact = SurveyFact {
            encounter_id: ids.next(),
            region_id: region.id,
            hospital_id,
            office_id: (n % 10 != 0).then_some(office_id),
            group: domain::patient::CareGroup::ALL[usize::try_from(n % 3).unwrap()],
            admitted_on: day("2026-10-02"),
            admission_method: (n % 4 == 0).then_some(Method::System),
            admission_exclusion: (n % 10 == 0).then(|| domain::survey::NO_CARE_MANAGER.to_owned()),
            discharge: Some(DischargeFact {
                discharged_on: day("2026-10-20"),
                word: if n % 10 == 0 { None } else { word },
                exclusion: (n % 10 == 0).then(|| domain::survey::NO_CARE_MANAGER.to_owned()),
            }),
        };
        for key in fact.cells() {
            *cells.entry(key).or_insert(0) += 1;
        }
    }
    let cells: Vec<_> = cells.into_iter().map(|(key, count)| domain::survey::Cell { key, count }).collect();
    let parties = Parties {
        hospitals: [(hospital_id, "架空中央病院".to_owned())].into(),
        offices: [(office_id, "架空居宅介護支援事業所".to_owned())].into(),
        ..Parties::from(&Directory::new(region, 1, vec![], vec![], vec![], vec![]))
    };
    let scope = Scope::month("架空市", Month::from_number(202_610).unwrap());
    let agreement = domain::agreement::Agreement::kitami();
    let as_of = domain::Instant::from_micros(1_795_000_000_000_000);
    SurveyReport::count(&scope, &cells, &agreement.survey, &parties, as_of, &agreement.edition).unwrap()
}

#[test]
fn the_survey_and_the_lists_of_the_office_are_drawn() {
    let at = |title, path| frame(title, Role::Municipality, path);
    let html = draw(
        "survey",
        &crate::pages::view::survey::Survey {
            frame: at("調査", "/survey"),
            form: form("/survey", Typed::default().with("period", "202610-202610")),
            periods: Group::plain(vec![
                Choice::new("202610-202610", "令和8年10月(調査月)", ""),
                Choice::new("202604-202703", "令和8年度", ""),
            ]),
            period: "202610-202610".into(),
            report: report(),
            as_of: "2026年11月20日(金) 17:05".into(),
            published: Some("2026年11月20日(金) 17:05".into()),
            publication: Some(form("/survey/publication", Typed::default())),
        },
    );
    assert!(html.contains("退院5日前以上") && html.contains("公表済み"));
    draw(
        "calendar",
        &CalendarPage {
            frame: frame("祝日", Role::Administrator, "/"),
            form: form("/admin/calendar", Typed::default()),
            published_until: 2027,
            loaded: None,
            coming: vec![
                ("2026年11月23日(月)".into(), "勤労感謝の日".into(), false),
                ("2028年1月1日(土)".into(), "元日".into(), true),
            ],
        },
    );
    let row = AuditRow {
        at: "2026年11月20日(金) 17:05".into(),
        who: "北見 花子".into(),
        account: Some("0199a1b2-0001".into()),
        place: "架空中央病院".into(),
        action: "連絡の送信".into(),
        code: "issue_notice".into(),
        concerns: vec![("入院", "0199a1b2-0000".into())],
    };
    let asked = form("/audit", Typed::default().with("account", "nurse"));
    let older = Some("/audit?after=00".into());
    draw(
        "audit",
        &Audit { frame: frame("監査記録", Role::Auditor, "/"), form: asked, rows: vec![row.clone(), row], older },
    );
    let reviewed = ReviewRow {
        month: "令和8年10月".into(),
        remark: "異常なし".into(),
        by: "美幌 五郎".into(),
        at: "2026年11月4日(水) 9:10".into(),
    };
    let months = Group::plain(vec![Choice::new("202610", "令和8年10月", "")]);
    let empty = form("/audit/reviews", Typed::default().with("month", "202610"));
    let glass = GlassRow {
        at: "2026年11月19日(木) 2:10".into(),
        who: "常呂 次郎".into(),
        place: "架空居宅介護支援事業所".into(),
        reason: "救急搬送され、家族と連絡がつかない".into(),
        patient_id: "0199a1b2-0002".into(),
    };
    let glasses = vec![glass];
    let hurried = form("/emergency", Typed::default().with("kana", "きたみ はなこ"));
    draw(
        "emergency",
        &Emergency { frame: frame("緊急閲覧", Role::CareManager, "/emergency"), form: hurried, minutes: 60 },
    );
    let frame = frame("監査記録の点検", Role::Auditor, "/audit/reviews");
    draw("reviews", &Reviews { frame, form: empty, months, glasses, older: Some("g1".into()), rows: vec![reviewed] });
}
