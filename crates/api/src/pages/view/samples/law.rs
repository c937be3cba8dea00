//! Consent, disclosures, holds.

use super::*;
use crate::pages::consent::ways;
use crate::pages::view::consent::{ConsentRow, Consents, DisclosureRow, Disclosures, HoldRow, Holds};

#[test]
fn the_pages_of_consent_and_law_are_drawn() {
    let said = |act, scope| ConsentRow {
        kind: "病院と介護の間の情報共有",
        act,
        scope,
        on: "2026年11月2日(月)".into(),
        by: "本人",
        way: "口頭",
        recorded: "11月2日(月) 10:30".into(),
        place: "架空中央病院".into(),
    };
    let choices = || vec![Choice::new("a", "同意した", "given"), Choice::new("b", "撤回した", "withdrawn")];
    let typed = Typed::default().with("act", "b").with("declared_on", "2026-11-20");
    let consents = Consents {
        frame: ward("同意の記録"),
        person: person(),
        now: Badge::new(Tone::Soon, "同意の記録なし(最小限の連絡のみ)", "no consent"),
        rows: vec![
            said(Badge::new(Tone::Soon, "撤回", "withdrawn"), None),
            said(Badge::new(Tone::Done, "同意", "given"), Some("担当事業所・地域包括支援センター・市町村")),
        ],
        form: wrong(form("/patients/p1/consents", typed), &[("way", "入力してください。")]),
        kinds: choices(),
        acts: choices(),
        scopes: choices(),
        bys: choices(),
        ways: ways(),
    };
    draw("consents", &consents);
    let row = DisclosureRow {
        at: "11月20日(金) 17:05".into(),
        occasion: "連絡".into(),
        from: "架空中央病院".into(),
        to: "架空居宅介護支援事業所 常呂 次郎".into(),
        items: "氏名、入院の事実、退院(予定)日、判定".into(),
    };
    let given = |person, rows| Disclosures { frame: ward("提供の記録"), person, rows };
    draw("disclosures", &given(Some(person()), vec![row.clone(), row]));
    draw("disclosures-none", &given(None, vec![]));
    let hold = |lifted, lift| HoldRow {
        what: ("入院", "01900000-0000-7000-8000-000000000001".into()),
        why: "照会への回答のため".into(),
        at: "11月20日(金) 17:05".into(),
        by: "架空 管理".into(),
        lifted,
        lift,
    };
    let lift = wrong(form("/admin/holds/h1/lifting", Typed::default()), &[("why", "理由を入力してください。")]);
    draw(
        "holds",
        &Holds {
            frame: frame("記録の保全", Role::Administrator, "/admin/holds"),
            years: 5,
            form: form("/admin/holds", Typed::default()),
            rows: vec![hold(None, Some(lift)), hold(Some(("11月21日(土)".into(), "終わったため".into())), None)],
            purges: vec![("11月1日(日) 03:00".into(), "2021年11月1日(月)".into())],
        },
    );
}
