//! The steps of a login, and one's own account.

use super::*;
use crate::factor::{Setup, setup};
use crate::pages::view::account::{
    AccountPage, Codes, CodesPage, Enrol, FactorPage, PasswordPage, Second, SessionLine,
};

fn shown() -> Setup {
    setup(&[7; 20], "nurse").unwrap()
}

#[test]
fn the_second_step_of_a_login_is_drawn() {
    let out = |title| Frame { demo: true, ..Frame::new(title, "", day("2026-11-20")) };
    let held = || Some(Held { to: "/encounters/e1/file".into(), fields: vec![("message".into(), "火曜".into())] });
    let form = || form("/login/second", Typed::default());
    draw("second", &Second { frame: out("確認コード"), form: form(), next: "/".into(), held: None });
    let refused = wrong(form(), &[("", "確認コードが違うか、すでに使われています。")]);
    draw("second-held", &Second { frame: out("確認コード"), form: refused, next: "/".into(), held: held() });
    draw("enrol", &Enrol { frame: out("設定"), form: form(), setup: shown(), next: "/".into(), held: None });
    let codes = (0..10).map(|n| format!("abcd-efgh-ijkm-npq{n}")).collect::<Vec<_>>();
    draw("codes", &Codes { frame: out("回復コード"), codes: codes.clone(), next: "/".into(), held: None });
    draw("codes-held", &Codes { frame: out("回復コード"), codes, next: "/".into(), held: held() });
}

#[test]
fn the_pages_of_ones_own_account_are_drawn() {
    let line = |own| SessionLine {
        id: "s1".into(),
        agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0".into(),
        address: "192.0.2.1".into(),
        since: "2026年11月20日(金) 8:30".into(),
        seen: "2026年11月20日(金) 17:05".into(),
        own,
    };
    let page = AccountPage {
        frame: ward("自分のアカウント"),
        csrf: "t".into(),
        login: "nurse".into(),
        email: Some("nurse@h01.example.jp".into()),
        has_totp: true,
        codes_left: 9,
        sessions: vec![line(true), line(false)],
    };
    draw("account", &page);
    let refused =
        wrong(form("/account/factor", Typed::default()), &[("code", "コードが違うか、すでに使われています。")]);
    let page =
        FactorPage { frame: ward("認証アプリ"), form: refused, setup: shown(), replaces: true, removable: true };
    draw("account-factor", &page);
    let codes = form("/account/codes", Typed::default());
    draw("account-codes", &CodesPage { frame: ward("回復コード"), form: codes });
    let refused = wrong(
        form("/account/password", Typed::default()),
        &[("password", "いまのパスワードが違います。"), ("new_password", "13文字以上で入力してください。")],
    );
    draw("account-password", &PasswordPage { frame: ward("パスワード"), form: refused, login: "nurse".into() });
}
