//! Every template drawn with samples: no page is first seen by a nurse.
//!
//! With `TSUNAGI_PAGES_DIR` set, the pages are also written there, for looking at them in a browser.

mod account;
mod law;
mod machines;
mod office;
mod person;
mod stay;

use domain::party::Role;

use super::entry::{Held, Login, Resume, Wrong};
use super::form::{Choice, Form, FormError, Group};
use super::frame::{Frame, User, done};
use super::home::{Board, Figure, HospitalRow, Inbox, OverdueRow, Overview, RefusedRow, SetAsideRow, StayRow, Waiting};
use super::notices::NoticeRow;
use super::patients::PersonCard;
use super::typed::Typed;
use super::words::{Badge, Tone};

fn draw(name: &str, template: &impl askama::Template) -> String {
    let html = template.render().unwrap();
    if let Ok(dir) = std::env::var("TSUNAGI_PAGES_DIR") {
        let own = |html: &str| {
            let assets = crate::pages::assets::served();
            [
                (&assets.style, "tsunagi.css"),
                (&assets.htmx, "htmx.min.js"),
                (&assets.icon, "icon.svg"),
                (&assets.passkey, "passkey.js"),
            ]
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
        Role::Municipality | Role::Auditor | Role::Administrator | Role::OrganizationAdministrator => "架空市",
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
    form.errors = errors.iter().map(|(f, m)| FormError::new(*f, *m, "in English")).collect();
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
        name_only: false,
    }
}

fn stays() -> Vec<StayRow> {
    let row = |name: &str, kana: &str, deadline: Option<Badge>, state: Badge, waiting: usize, to_file: bool| StayRow {
        id: "e1".into(),
        name: name.into(),
        kana: kana.into(),
        age: Some(85),
        place: "3階東病棟".into(),
        admitted: "11月2日(月)".into(),
        state,
        deadline,
        to_answer: waiting,
        awaited: waiting,
        to_file,
        tells_discharge: true,
        short_notice: false,
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

fn asked() -> Waiting {
    Waiting { rows: vec![letter(waiting(), "退院連絡"), letter(waiting(), "入院連絡")], all: 3 }
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
    draw(
        "login",
        &Login { frame: out(), form: form("/login", Typed::default()), next: "/".into(), held: None, outside: None },
    );
    let kept = draw(
        "login-held",
        &Login {
            frame: out(),
            form: refused,
            next: "/".into(),
            held: Some(held.clone()),
            outside: Some("架空市の認証基盤".into()),
        },
    );
    assert!(kept.contains("会議の希望日は&#60;火曜&#62;です"), "typed text stands escaped in the page");
    draw("resume", &Resume { frame: ward("続きから"), csrf: "t".into(), held: held.clone() });
    let words = vec![("ただいま保存できません。内容は送信されていません。".to_owned(), "nothing was sent".to_owned())];
    draw(
        "wrong",
        &Wrong { frame: ward("エラー"), status: 503, words, csrf: "t".into(), held: Some(held), again: true },
    );
    let words = vec![("見つかりません。".to_owned(), "not found".to_owned())];
    draw("not-found", &Wrong { frame: ward("エラー"), status: 404, words, csrf: "t".into(), held: None, again: false });
}

#[test]
fn the_first_pages_of_every_role_are_drawn() {
    let board = Board {
        frame: ward("入院一覧"),
        place: "架空中央病院 3階東病棟".into(),
        whole: false,
        has_ward: true,
        waiting: asked(),
        rows: stays(),
        all: 310,
    };
    assert_eq!((board.late(), board.soon()), (1, 1));
    draw("board", &board);
    let inbox = Inbox {
        frame: Frame { done: done("acknowledged"), ..frame("受信箱", Role::CareManager, "/") },
        place: "架空居宅介護支援事業所".into(),
        waiting: asked(),
        stays: stays(),
        all: 5,
    };
    draw("inbox", &inbox);
    let overdue = OverdueRow {
        hospital: "架空中央病院".into(),
        ward: "3階東病棟".into(),
        by: "架空居宅介護支援事業所".into(),
        phone: Some("0157-00-0000".into()),
        deadline: Badge::new(Tone::Late, "2日過ぎています(11月18日(水)まで)", "2 days over"),
    };
    let figure = |ja, en, count, tone| Figure { ja, en, count, lately: Some(1), tone };
    let overview = Overview {
        frame: frame("概況", Role::Municipality, "/"),
        region: "架空市".into(),
        waiting: asked(),
        counts: vec![
            figure("期限を過ぎた退院連絡", "discharge notices missed", 3, Tone::Late),
            figure("回答のない連絡", "unanswered", 2, Tone::Soon),
            figure("自動処理から外れたもの", "set aside", 0, Tone::Late),
        ],
        hospitals: vec![HospitalRow {
            name: "架空中央病院".into(), missed: 3, short_notice: 1, unacknowledged: 2
        }],
        overdue: vec![overdue.clone(), overdue.clone()],
        short_notice: vec![overdue.clone()],
        unacknowledged: vec![overdue],
        most: 50,
        set_aside: vec![SetAsideRow {
            rule: "退院連絡の期限",
            due: "11月18日(水)".into(),
            reason: "row inconsistent".into(),
            id: "0199".into(),
        }],
        refused: vec![RefusedRow {
            name: "架空の居宅".into(),
            phone: Some("0157-00-0000".into()),
            mails: 2,
            last: "11月18日(水)".into(),
        }],
    };
    draw("overview", &overview);
}
