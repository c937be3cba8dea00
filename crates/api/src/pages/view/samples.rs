//! Every template drawn with samples: no page is first seen by a nurse.
//!
//! With `TSUNAGI_PAGES_DIR` set, the pages are also written there, for looking at them in a browser.

use domain::directory::Directory;
use domain::party::{Region, Role};
use domain::survey::{DischargeFact, LeadTime, Method, Month, SurveyFact};
use survey::{Parties, Scope, SurveyReport};

use super::admin::{Audit, AuditRow, CalendarPage};
use super::entry::{Held, Login, Resume, Wrong};
use super::filing::{CriterionRow, DetailTick, Filing, RecipientCard, Verdict};
use super::form::{Choice, Form, FormError, Group};
use super::frame::{Frame, User, done};
use super::home::{Board, Figure, HospitalRow, Inbox, OverdueRow, Overview, SetAsideRow, StayRow};
use super::notices::{AnswerRow, DeliveryRow, NoticePage, NoticeRow, Notices, Tombstone};
use super::patients::{CareTeamForm, Charge, Person, PersonCard, PersonForm, PersonRow, Search};
use super::stay::{
    Actions, Admission, ContactForm, ContactRow, DeadlineRow, Events, ScreeningCard, Stay, Tell, TimelineRow,
    WarningRow,
};
use super::typed::Typed;
use super::words::{Badge, Tone};

fn draw(name: &str, template: &impl askama::Template) -> String {
    let html = template.render().unwrap();
    if let Ok(dir) = std::env::var("TSUNAGI_PAGES_DIR") {
        let own = |html: &str| {
            let assets = super::super::assets::served();
            [(&assets.style, "tsunagi.css"), (&assets.htmx, "htmx.min.js"), (&assets.icon, "icon.svg")]
                .iter()
                .fold(html.to_owned(), |html, (served, file)| html.replace(served.as_str(), file))
        };
        std::fs::write(format!("{dir}/{name}.html"), own(&html)).unwrap();
    }
    assert!(html.starts_with("<!doctype html>") || name == "verdict", "{name} is no whole page");
    assert!(
        !html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick="),
        "{name} breaks the CSP"
    );
    html
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn frame(title: &'static str, role: Role, path: &str) -> Frame {
    let place = match role {
        Role::CareManager => "架空居宅介護支援事業所",
        Role::Municipality | Role::Auditor | Role::Administrator => "架空市",
        _ => "架空中央病院 3階東病棟",
    };
    let user = User { name: "北見 花子".into(), place: place.into(), role, csrf: "token".into() };
    Frame { demo: true, ..Frame::new(title, "", day("2026-11-20")).of(user, path) }
}

fn ward(title: &'static str) -> Frame {
    frame(title, Role::WardStaff, "/")
}

fn form(action: &str, typed: Typed) -> Form {
    Form::new(action, "token", "key-1".into(), typed)
}

fn wrong(mut form: Form, errors: &[(&str, &str)]) -> Form {
    form.errors = errors.iter().map(|(f, m)| FormError { field: (*f).into(), message: (*m).into() }).collect();
    form
}

fn person() -> PersonCard {
    PersonCard {
        id: "p1".into(),
        name: "網走 太郎".into(),
        kana: "アバシリ タロウ".into(),
        birth: super::words::birth(day("1941-03-09")),
        age: 85,
        sex: "男性",
        district: "東部圏域".into(),
        care_level: "要介護2",
    }
}

fn stays() -> Vec<StayRow> {
    let row = |name: &str, kana: &str, deadline: Option<Badge>, state: Badge, waiting: i64, to_file: bool| StayRow {
        id: "e1".into(),
        name: name.into(),
        kana: kana.into(),
        age: 85,
        place: "3階東病棟".into(),
        admitted: "11月2日(月)".into(),
        state,
        deadline,
        unacknowledged: waiting,
        to_file,
    };
    let planned = |day: &str| Badge::new(Tone::Calm, format!("{day} 退院予定"), "planned");
    vec![
        row(
            "網走 太郎",
            "アバシリ タロウ",
            Some(Badge::new(Tone::Late, "1日過ぎています(11月19日(木)まで)", "1 day over")),
            planned("11月24日(火)"),
            0,
            true,
        ),
        row(
            "常呂 さくら",
            "トコロ サクラ",
            Some(Badge::new(Tone::Soon, "今日まで(11月20日(金))", "due today")),
            planned("11月25日(水)"),
            0,
            true,
        ),
        row(
            "留辺蘂 五郎左衛門",
            "ルベシベ ゴロウザエモン",
            Some(Badge::new(Tone::Calm, "あと3日(11月23日(月)まで)", "3 days left")),
            planned("11月28日(土)"),
            0,
            true,
        ),
        row("端野 梅子", "タンノ ウメコ", None, planned("11月30日(月)"), 1, false),
        row("北見 一郎", "キタミ イチロウ", None, Badge::new(Tone::Calm, "入院中", "in hospital"), 0, true),
    ]
}

fn letter(state: Badge, kind: &'static str) -> NoticeRow {
    NoticeRow {
        id: "n1".into(),
        kind,
        kind_en: "planned discharge notice",
        serial: 41,
        state,
        name: "網走 太郎".into(),
        kana: "アバシリ タロウ".into(),
        from: "架空中央病院".into(),
        to: "架空居宅介護支援事業所 常呂 次郎".into(),
        planned: Some("11月27日(金)".into()),
        issued: "11月20日(金) 17:05".into(),
    }
}

fn waiting() -> Badge {
    Badge::new(Tone::Soon, "回答待ち", "not answered yet")
}

fn groups() -> Vec<Group> {
    Group::plain(vec![Choice::new("a", "3階東病棟", "3 east"), Choice::new("b", "4階西病棟", "4 west")])
}

#[test]
fn the_ways_in_and_the_errors_are_drawn() {
    let out = || Frame { demo: true, ..Frame::new("ログイン", "Log in", day("2026-11-20")) };
    let held = Held {
        to: "/encounters/e1/file".into(),
        fields: vec![("message".into(), "会議の希望日は<火曜>です".into())],
    };
    let refused = wrong(
        form("/login", Typed::default()),
        &[("", "ログインできませんでした。ログイン名とパスワードを確かめてください。")],
    );
    draw("login", &Login { frame: out(), form: form("/login", Typed::default()), next: "/".into(), held: None });
    let kept = draw("login-held", &Login { frame: out(), form: refused, next: "/".into(), held: Some(held.clone()) });
    assert!(kept.contains("会議の希望日は&#60;火曜&#62;です"), "typed text stands escaped in the page");
    draw("resume", &Resume { frame: ward("続きから"), csrf: "t".into(), held: held.clone() });
    let words = vec!["ただいま保存できません。内容は送信されていません。".to_owned()];
    draw(
        "wrong",
        &Wrong { frame: ward("エラー"), status: 503, words, csrf: "t".into(), held: Some(held), again: true },
    );
    let words = vec!["見つかりません。".to_owned()];
    draw("not-found", &Wrong { frame: ward("エラー"), status: 404, words, csrf: "t".into(), held: None, again: false });
}

#[test]
fn the_first_pages_of_every_role_are_drawn() {
    let board = Board {
        frame: ward("入院一覧"),
        place: "架空中央病院 3階東病棟".into(),
        whole: false,
        has_ward: true,
        rows: stays(),
        cut: false,
    };
    assert_eq!((board.late(), board.soon()), (1, 1));
    draw("board", &board);
    let inbox = Inbox {
        frame: Frame { done: done("acknowledged"), ..frame("受信箱", Role::CareManager, "/") },
        place: "架空居宅介護支援事業所".into(),
        waiting: vec![letter(waiting(), "退院連絡"), letter(waiting(), "入院連絡")],
        stays: stays(),
    };
    draw("inbox", &inbox);
    let overdue = OverdueRow {
        hospital: "架空中央病院".into(),
        ward: "3階東病棟".into(),
        by: "架空居宅介護支援事業所".into(),
        phone: Some("0157-00-0000".into()),
        deadline: Badge::new(Tone::Late, "2日過ぎています(11月18日(水)まで)", "2 days over"),
        verdict: Badge::new(Tone::Late, "期限切れ", "missed"),
    };
    let figure = |ja, en, count, tone| Figure { ja, en, count, tone };
    let overview = Overview {
        frame: frame("概況", Role::Municipality, "/"),
        region: "架空市".into(),
        counts: vec![
            figure("期限を過ぎた退院連絡", "discharge notices missed", 3, Tone::Late),
            figure("回答のない連絡", "unanswered", 2, Tone::Soon),
            figure("自動処理から外れたもの", "set aside", 0, Tone::Late),
        ],
        hospitals: vec![HospitalRow { name: "架空中央病院".into(), missed: 3, due: 4, unacknowledged: 2 }],
        overdue: vec![overdue.clone(), overdue.clone()],
        unacknowledged: vec![overdue],
        set_aside: vec![SetAsideRow {
            rule: "退院連絡の期限",
            due: "11月18日(水)".into(),
            reason: "row inconsistent".into(),
            id: "0199".into(),
        }],
    };
    draw("overview", &overview);
}

#[test]
fn the_pages_of_a_person_are_drawn() {
    let row = PersonRow {
        id: "p1".into(),
        name: "網走 太郎".into(),
        kana: "アバシリ タロウ".into(),
        birth: "1941年3月9日(昭和16年)".into(),
        age: 85,
        district: "東部圏域".into(),
        care_level: "要介護2".into(),
    };
    let at = |title| frame(title, Role::WardStaff, "/patients/search");
    let search = form("/patients/search", Typed::default().with("q", "あばしり"));
    draw(
        "search",
        &Search { frame: at("本人を探す"), form: search, found: Some(vec![row.clone(), row.clone()]), cut: false },
    );
    let typed = Typed::default().with("name", "網走 太郎").with("birth_on", "昭和16年").with("sex", "male");
    let person_form = PersonForm {
        frame: at("新しい方の登録"),
        form: wrong(
            form("/patients/new", typed),
            &[("birth_on", "存在する日付を入力してください。"), ("kana", "入力してください。")],
        ),
        is_new: true,
        back: "/patients/search".into(),
        districts: groups(),
        care_levels: groups(),
        sexes: vec![Choice::new("female", "女性", "female"), Choice::new("male", "男性", "male")],
        alike: vec![row],
        doubts: vec!["40歳未満の方です。生年月日を確かめてください。"],
    };
    let html = draw("patient-form", &person_form);
    assert!(html.contains("value=\"昭和16年\"") && html.contains("aria-describedby=\"h-kana e-kana\""));
    let charge = Charge {
        manager: "常呂 次郎".into(),
        office: "架空居宅介護支援事業所".into(),
        phone: Some("0157-00-0000".into()),
        from: "2024年4月1日(月)".into(),
        until: None,
        current: true,
    };
    draw(
        "patient",
        &Person {
            frame: at("本人の情報"),
            person: person(),
            insured_number: Some("H000000001".into()),
            team: vec![charge.clone()],
            stays: stays()[..1].to_vec(),
            can_write: true,
            can_admit: true,
        },
    );
    draw(
        "care-team",
        &CareTeamForm {
            frame: at("担当"),
            person: person(),
            form: form("/patients/p1/care-team", Typed::default()),
            managers: groups(),
            current: Some(charge),
        },
    );
}

fn stay() -> Stay {
    let deadline = |countdown: &str, tone, open, verdict| DeadlineRow {
        rule: "退院連絡の期限",
        countdown: countdown.into(),
        tone,
        verdict,
        open,
        planned: Some("11月27日(金)".into()),
    };
    let line = |what: &str, cancelled| TimelineRow {
        what: what.into(),
        at: "11月20日(金) 17:05".into(),
        recorded: None,
        by: "北見 花子".into(),
        note: Some("家族の都合による".into()),
        cancelled,
    };
    let contact = |confirmed| ContactRow {
        id: "c1".into(),
        kind: "退院連絡",
        medium: "FAX",
        with_whom: "架空居宅介護支援事業所".into(),
        told: "11月19日(木)".into(),
        by: "架空中央病院".into(),
        confirmed,
        needs_receipt: true,
    };
    Stay {
        frame: Frame { done: done("sent"), ..ward("入院の記録") },
        id: "e1".into(),
        person: person(),
        can_view_person: true,
        place: "架空中央病院 3階東病棟".into(),
        admitted: "11月2日(月) 10:30".into(),
        emergency: true,
        state: Badge::new(Tone::Calm, "11月27日(金) 退院予定", "discharge planned"),
        deadlines: vec![
            deadline("あと2日(11月22日(日)まで)", Tone::Soon, true, Badge::new(Tone::Calm, "期限前", "not due yet")),
            deadline("11月20日(金)まで", Tone::Calm, false, Badge::new(Tone::Quiet, "予定日の変更", "date moved")),
        ],
        manager: Some("常呂 次郎(架空居宅介護支援事業所)".into()),
        warnings: vec![WarningRow {
            words: "期限の2日前です".into(),
            tone: Tone::Soon,
            at: "11月20日(金) 09:00".into(),
        }],
        notices: vec![
            letter(waiting(), "退院連絡"),
            letter(Badge::new(Tone::Done, "受領済み", "acknowledged"), "入院連絡"),
        ],
        contacts: vec![contact(true), contact(false)],
        screening: Some(ScreeningCard {
            outcome: Badge::new(Tone::Late, "退院調整が必要", "notice required"),
            reasons: vec!["退院後に医療処置(経管栄養、吸引、インシュリン、褥瘡、在宅酸素など)が必要(吸引)".into()],
            decision: None,
            edition: "平成28年10月".into(),
            at: "11月20日(金) 17:00".into(),
        }),
        timeline: vec![
            line("退院予定 11月27日(金)", false),
            line("退院予定 11月25日(水)", true),
            line("入院(3階東病棟)", false),
        ],
        actions: Actions { file: true, record: true, log: true, tell_admission: true, ..Actions::default() },
        csrf: "t".into(),
        key: "k".into(),
    }
}

#[test]
fn the_pages_of_a_stay_are_drawn() {
    draw("stay", &stay());
    let typed = Typed::default().with("admitted_on", "2026-11-20").with("admitted_time", "17:05").with("tell", "yes");
    let recipient = Ok(("常呂 次郎(架空居宅介護支援事業所)".to_owned(), "担当のケアマネジャーがいるため"));
    draw(
        "admission",
        &Admission {
            frame: ward("入院の登録"),
            person: person(),
            form: form("/encounters/new", typed),
            wards: groups(),
            recipient: recipient.clone(),
        },
    );
    let small = |what: &str| form("/encounters/e1/events", Typed::default().with("what", what));
    draw(
        "events",
        &Events {
            frame: ward("入退院の記録"),
            id: "e1".into(),
            person: person(),
            state: Badge::new(Tone::Calm, "入院中", "in hospital"),
            plan: Some(small("plan")),
            discharge: Some(wrong(small("discharge"), &[("on", "退院日は入院日以降の日付にしてください。")])),
            transfer: Some(small("transfer")),
            cancel: Some(small("cancel")),
            destinations: vec![Choice::new("home", "自宅", "home"), Choice::new("facility", "施設", "facility")],
            wards: groups(),
            cancellable: vec![Choice::new("e", "退院予定 11月27日(金)(11月20日に記録)", "")],
        },
    );
    let media = [("visit", "来院・面談", "visit"), ("phone", "電話", "phone"), ("fax", "FAX", "FAX")]
        .map(|(v, j, e)| Choice::new(v, j, e));
    draw(
        "contact",
        &ContactForm {
            frame: ward("連絡の記録"),
            id: "e1".into(),
            person: person(),
            form: form("/encounters/e1/contact", Typed::default()),
            kinds: vec![Choice::new("planned_discharge", "退院連絡", "discharge")],
            media: media.into(),
        },
    );
    draw(
        "tell",
        &Tell {
            frame: frame("入院時情報提供", Role::CareManager, "/"),
            id: "e1".into(),
            person: person(),
            form: form("/encounters/e1/tell", Typed::default()),
            kind: ("入院時情報提供", "admission information"),
            kind_code: "admission_information",
            recipient,
            is_sheet: true,
        },
    );
}

fn verdict() -> Verdict {
    Verdict {
        outcome: Badge::new(Tone::Late, "退院調整が必要です", "notice required"),
        reasons: vec!["退院後に医療処置が必要(吸引)".into()],
        missing: vec![],
        advice: "ケアマネジャーまたは地域包括支援センターへの連絡が必要です。",
        decide: false,
        deadline: Some(("あと2日(11月22日(日)まで)".into(), Tone::Soon)),
    }
}

#[test]
fn the_filing_form_is_drawn_with_the_whole_agreement() {
    let agreement = domain::agreement::Agreement::kitami();
    let rows = |tier| {
        let of_tier = agreement.checklist.criteria().iter().filter(move |c| c.tier == tier);
        let rows = of_tier.enumerate().map(|(place, c)| CriterionRow {
            number: place + 1,
            id: c.id.to_string(),
            ja: c.wording.ja.clone(),
            en: c.wording.en.clone(),
            yes: place == 2,
            no: place == 3,
            derived: place == 5,
            error: None,
            details: c
                .details
                .iter()
                .map(|d| DetailTick {
                    choice: Choice::new(&d.id, &d.wording.ja, &d.wording.en),
                    ticked: d.id == "suction",
                })
                .collect(),
        });
        rows.collect::<Vec<_>>()
    };
    let filing = |form| Filing {
        frame: ward("退院連絡"),
        id: "e1".into(),
        person: person(),
        place: "架空中央病院 3階東病棟".into(),
        form,
        edition: agreement.edition.clone(),
        required: rows(rules::Tier::Required),
        advised: rows(rules::Tier::Advised),
        verdict: verdict(),
        recipient: Ok(RecipientCard {
            name: "常呂 次郎".into(),
            office: "架空居宅介護支援事業所".into(),
            phone: Some("0157-00-0000".into()),
            because: "担当のケアマネジャーがいるため",
            because_en: "the care manager in charge",
        }),
    };
    let typed = Typed::default()
        .with("planned_on", "2026-11-27")
        .with("message", "ベッドと手すりが必要です。\n会議は火曜を希望。");
    let html = draw("file", &filing(form("/encounters/e1/file", typed.clone())));
    assert!(html.contains("入院前に比べADLが低下し") && html.contains("会議は火曜を希望。"));
    draw(
        "file-wrong",
        &filing(wrong(
            form("/encounters/e1/file", typed),
            &[("planned_on", "退院予定日は今日以降の日付にしてください。"), ("why", "理由を入力してください。")],
        )),
    );
    draw("verdict", &verdict());
}

#[test]
fn the_pages_of_a_notice_are_drawn() {
    draw(
        "notices",
        &Notices {
            frame: frame("連絡", Role::CareManager, "/notices"),
            sent: false,
            rows: vec![letter(waiting(), "退院連絡")],
            next: Some("x".into()),
        },
    );
    let page = |role, acknowledge, withdraw, replace| NoticePage {
        frame: frame("連絡", role, "/notices"),
        row: letter(waiting(), "退院連絡"),
        stay_id: "e1".into(),
        person: person(),
        place: "架空中央病院 3階東病棟".into(),
        because: ("担当のケアマネジャーがいるため", "the care manager in charge"),
        message: "ベッドと手すりが必要です。\n会議は火曜を希望。".into(),
        reasons: vec!["退院後に医療処置が必要(吸引)".into()],
        edition: Some("平成28年10月".into()),
        answers: vec![AnswerRow {
            words: "担当者が不在です", at: "11月20日(金) 17:30".into(), by: "常呂 次郎".into()
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
        offices: groups(),
        send_sheet: role == Role::CareManager,
        withdraw,
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
        &super::survey::Survey {
            frame: at("調査", "/survey"),
            form: form("/survey", Typed::default().with("period", "202610-202610")),
            periods: Group::plain(vec![
                Choice::new("202610-202610", "令和8年10月(調査月)", ""),
                Choice::new("202604-202703", "令和8年度", ""),
            ]),
            period: "202610-202610".into(),
            report: report(),
            as_of: "2026年11月20日(金) 17:05".into(),
        },
    );
    assert!(html.contains("退院5日前以上"));
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
        place: "架空中央病院".into(),
        action: "連絡を送信 issue_notice".into(),
        concerns: "0199a1b2-0000".into(),
    };
    draw("audit", &Audit { frame: frame("監査記録", Role::Auditor, "/"), rows: vec![row.clone(), row] });
}
