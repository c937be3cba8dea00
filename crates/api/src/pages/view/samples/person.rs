//! The pages of a person.

use super::*;
use crate::pages::view::patients::{CareTeamForm, Charge, Person, PersonForm, PersonRow, Search, Standing};

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
        consents: crate::pages::consent::ways(),
        standing: None,
        doubts: vec![("40歳未満の方です。生年月日を確かめてください。", "Younger than 40: check the date of birth.")],
    };
    let html = draw("patient-form", &person_form);
    assert!(html.contains("value=\"昭和16年\"") && html.contains("aria-describedby=\"h-kana e-kana\""));
    let typed = Typed::default().with("name", "網走 次郎").with("version", "7");
    let standing = Standing { ja: "氏名", en: "Name", now: "網走 太郎".into() };
    let stale = PersonForm {
        form: wrong(form("/patients/p1/edit", typed), &[("", "他の人が先に変更しました。")]),
        is_new: false,
        standing: Some(vec![standing]),
        alike: vec![],
        doubts: vec![],
        ..person_form
    };
    let html = draw("patient-form-stale", &stale);
    assert!(html.contains("いまの登録") && html.contains("value=\"網走 次郎\"") && html.contains("value=\"7\""));
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
            doubts: vec![(
                "この圏域を担当する地域包括支援センターの登録がありません。",
                "No support centre serves this district.",
            )],
            team: vec![charge.clone()],
            told: Some(Ok(("架空市".into(), ("担当も圏域のセンターも登録がないため、市町村へ", "the municipality")))),
            consent: Badge::new(Tone::Done, "同意あり", "consent given"),
            can_record_consent: true,
            can_view_disclosures: true,
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
