//! The steps of a login, and one's own account.

use super::*;
use crate::factor::{Setup, setup};
use crate::pages::view::account::{
    AccountPage, Codes, CodesPage, Enrol, FactorPage, IdentityLine, OnwardPage, OutsidePage, PasskeyLine, PasskeyPage,
    PasskeyRemovalPage, PasswordPage, Second, SessionLine,
};

fn shown() -> Setup {
    setup(&[7; 20], "nurse").unwrap()
}

#[test]
fn the_second_step_of_a_login_is_drawn() {
    let out = |title| Frame { demo: true, ..Frame::new(title, "", day("2026-11-20")) };
    let held = || Some(Held { to: "/encounters/e1/file".into(), fields: vec![("message".into(), "火曜".into())] });
    let form = || form("/login/second", Typed::default());
    let second = |form, held, has_passkey, has_totp| Second {
        frame: out("確認コード"),
        form,
        has_passkey,
        has_totp,
        next: "/".into(),
        held,
    };
    let html = draw("second", &second(form(), None, false, true));
    assert!(!html.contains("passkey.js"), "a script only where it is used");
    let html = draw("second-passkey", &second(form(), None, true, true));
    assert!(html.contains("passkey.js") && html.contains("data-without>"), "without script it says so");
    assert!(draw("second-passkey-alone", &second(form(), None, true, false)).contains("回復コード"));
    let refused = wrong(form(), &[("", "確認コードが違うか、すでに使われています。")]);
    draw("second-held", &second(refused, held(), true, true));
    for (name, passkeys_on) in [("enrol", true), ("enrol-app", false)] {
        let (frame, next) = (out("設定"), "/".into());
        draw(name, &Enrol { frame, form: form(), passkeys_on, setup: shown(), next, held: None });
    }
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
        since: "11月20日(金) 08:30".into(),
        seen: "11月20日(金) 17:05".into(),
        own,
    };
    let page = AccountPage {
        frame: ward("自分のアカウント"),
        csrf: "t".into(),
        login: "nurse".into(),
        email: Some("nurse@h01.example.jp".into()),
        has_totp: true,
        has_factor: true,
        passkeys: vec![
            PasskeyLine { name: "病棟の端末".into(), added: "2026年11月2日(月)".into(), used: None },
            PasskeyLine {
                name: "自分のスマートフォン".into(),
                added: "2026年11月3日(火)".into(),
                used: Some("2026年11月20日(金)".into()),
            },
        ],
        passkeys_on: true,
        codes_left: 9,
        sessions: vec![line(true), line(false)],
        outside: Some("架空市の認証基盤".into()),
        identities: vec![identity()],
    };
    draw("account", &page);
    let refused =
        wrong(form("/account/factor", Typed::default()), &[("code", "コードが違うか、すでに使われています。")]);
    let page =
        FactorPage { frame: ward("認証アプリ"), form: refused, setup: shown(), replaces: true, removable: true };
    draw("account-factor", &page);
    let refused = wrong(form("/account/passkeys", Typed::default()), &[("passkey_name", "入力してください。")]);
    draw("account-passkey", &PasskeyPage { frame: ward("パスキー"), form: refused });
    for (name, last, stays) in [("more", false, false), ("last", true, false), ("stays", true, true)] {
        let refused = wrong(form("/account/passkeys/removal", Typed::default()), &[("passkey_id", "選んでください。")]);
        let choices = vec![super::super::form::Choice::new("p1", "病棟の端末(2026年11月2日(月)に追加)", "")];
        let page = PasskeyRemovalPage { frame: ward("パスキー"), form: refused, choices, stays, last };
        let html = draw(&format!("account-passkey-removal-{name}"), &page);
        assert_eq!(html.contains("<button class=\"primary\""), !stays, "{name}");
    }
    let codes = form("/account/codes", Typed::default());
    draw("account-codes", &CodesPage { frame: ward("回復コード"), form: codes });
    let refused = wrong(
        form("/account/password", Typed::default()),
        &[("password", "いまのパスワードが違います。"), ("new_password", "13文字以上で入力してください。")],
    );
    draw("account-password", &PasswordPage { frame: ward("パスワード"), form: refused, login: "nurse".into() });
}

fn identity() -> IdentityLine {
    IdentityLine {
        issuer: "https://id.example.jp".into(),
        name: "架空市の認証基盤".into(),
        linked: "2026年11月2日(月)".into(),
        used: Some("2026年11月20日(金)".into()),
    }
}

#[test]
fn the_pages_of_an_outside_account_are_drawn() {
    let page = |outside: bool, linkable, identities, failed| OutsidePage {
        frame: ward("外部アカウント"),
        form: form("/account/oidc", Typed::default()),
        outside: outside.then(|| "架空市の認証基盤".into()),
        linkable,
        choices: vec![super::super::form::Choice::new("https://id.example.jp", "架空市の認証基盤", "")],
        identities,
        failed,
    };
    let off = draw("account-oidc-off", &page(false, false, vec![], None));
    assert!(off.contains("使われていません") && !off.contains("type=\"password\""));
    let why = crate::oidc::Outside::OneFactor;
    let html = draw("account-oidc", &page(true, true, vec![], Some((why.words().1, why.to_string()))));
    assert!(html.contains("多要素認証を設定してください") && html.contains("two factors"));
    let html = draw("account-oidc-linked", &page(true, false, vec![identity()], None));
    assert!(html.contains("value=\"https://id.example.jp\"") && !html.contains("へ進む"));
    let more = vec![identity(), identity()];
    let html = draw("account-oidc-two", &page(true, true, more, None));
    assert!(html.contains("type=\"radio\"") && html.matches("type=\"password\"").count() == 1);
    let to = "https://id.example.jp/auth?a=b&c=\"d".to_owned();
    let onward = OnwardPage { frame: ward("移動します"), name: "架空市の認証基盤".into(), to };
    let html = draw("account-oidc-onward", &onward);
    assert_eq!(html.matches("https://id.example.jp/auth?a=b&#38;c=&#34;d\"").count(), 2, "{html}");
}
