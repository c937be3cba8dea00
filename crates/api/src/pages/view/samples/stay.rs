//! The pages of a stay, and the filing form.

use super::*;
use crate::pages::view::consent::ConsentNote;
use crate::pages::view::filing::{CriterionRow, DetailTick, Filing, RecipientCard, Verdict};
use crate::pages::view::stay::{
    Actions, Admission, ContactForm, ContactRow, DeadlineRow, Events, ScreeningCard, Stay, Tell, TimelineRow,
    WarningRow,
};

fn unconsented(action: &str, can_record: bool) -> ConsentNote {
    ConsentNote { form: form(action, Typed::default()), ways: crate::pages::consent::ways(), can_record }
}

fn stay() -> Stay {
    let deadline = |countdown: &str, tone, open, verdict| DeadlineRow {
        rule: "退院連絡の期限",
        about: Some("退院予定 11月27日(金)".into()),
        countdown: countdown.into(),
        tone,
        verdict,
        open,
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
        taken_back: None,
        ours: true,
    };
    Stay {
        frame: Frame { done: done("sent"), ..ward("入院の記録") },
        id: "e1".into(),
        person: person(),
        minimal: false,
        consent: Badge::new(Tone::Done, "同意あり", "consent given"),
        can_view_person: true,
        place: "架空中央病院 3階東病棟".into(),
        admitted: "11月2日(月) 10:30".into(),
        emergency: true,
        state: Badge::new(Tone::Calm, "11月27日(金) 退院予定", "discharge planned"),
        deadlines: vec![
            deadline("あと2日(11月22日(日)まで)", Tone::Soon, true, Badge::new(Tone::Calm, "期限前", "not due yet")),
            deadline("11月20日(金)まで", Tone::Calm, false, Badge::new(Tone::Quiet, "予定日の変更", "date moved")),
        ],
        sheet: Some(("11月2日(月)".into(), "11月4日(水)".into(), vec![])),
        manager: Some("常呂 次郎(架空居宅介護支援事業所)".into()),
        warnings: vec![WarningRow {
            words: "期限の2日前です".into(),
            en: "due in 2 days".into(),
            tone: Tone::Soon,
            at: "11月20日(金) 09:00".into(),
        }],
        notices: vec![
            letter(waiting(), "退院連絡"),
            letter(Badge::new(Tone::Done, "受領済み", "acknowledged"), "入院連絡"),
        ],
        contacts: vec![
            contact(true),
            contact(false),
            ContactRow { taken_back: Some("11月20日(金) 9:40".into()), ..contact(true) },
        ],
        screening: Some(ScreeningCard {
            outcome: Badge::new(Tone::Late, "退院調整が必要", "notice required"),
            reasons: vec![(
                "退院後に医療処置(経管栄養、吸引、インシュリン、褥瘡、在宅酸素など)が必要(吸引)".into(),
                "treatment".into(),
            )],
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
    let nameless = crate::pages::view::patients::PersonCard { name_only: true, ..person() };
    let minimal =
        Stay { minimal: true, person: nameless, timeline: vec![], screening: None, contacts: vec![], ..stay() };
    let html = draw("stay-minimal", &minimal);
    assert!(!html.contains("要介護2") && html.contains("最小限の内容だけ"));
    let typed = Typed::default().with("admitted_on", "2026-11-20").with("admitted_time", "17:05").with("tell", "yes");
    let because = ("担当のケアマネジャーがいるため", "the care manager in charge");
    let recipient = Ok(("常呂 次郎(架空居宅介護支援事業所)".to_owned(), because));
    draw(
        "admission",
        &Admission {
            frame: ward("入院の登録"),
            person: person(),
            form: form("/encounters/new", typed),
            wards: groups(),
            consents: Some(crate::pages::consent::ways()),
            open: stays()[..1].to_vec(),
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
            at_hospital: true,
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
            consent: Some(unconsented("/encounters/e1/tell", false)),
            is_sheet: true,
        },
    );
}

fn verdict() -> Verdict {
    Verdict {
        outcome: Badge::new(Tone::Late, "退院調整が必要です", "notice required"),
        reasons: vec![("退院後に医療処置が必要(吸引)".into(), "medical treatment (suction)".into())],
        missing: vec![],
        advice: ("ケアマネジャーまたは地域包括支援センターへの連絡が必要です。", "They must be told."),
        decide: false,
        deadline: Some(("あと2日(11月22日(日)まで)".into(), "2 days left".into(), Tone::Soon)),
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
        consent: None,
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
    let without = form("/encounters/e1/file", Typed::default());
    let without = Filing { consent: Some(unconsented("/encounters/e1/file", true)), ..filing(without) };
    let html = draw("file-without-consent", &without);
    assert!(
        html.contains("情報共有の同意が、まだ記録されていません") && html.contains("name=\"consent\" value=\"oral\"")
    );
    draw("verdict", &verdict());
}
