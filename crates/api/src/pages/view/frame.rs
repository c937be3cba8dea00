//! What stands around every page: who is logged in, where one can go, and what just happened.

use domain::access::{Command, reach};
use domain::party::Role;

use super::words;
use crate::pages::assets::{self, Assets};

/// Around every page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Never with a name in it: titles stay in a browser's history.
    pub(crate) title: &'static str,
    pub(crate) title_en: &'static str,
    pub(crate) assets: &'static Assets,
    pub(crate) user: Option<User>,
    pub(crate) nav: Vec<NavItem>,
    /// What the last command came to.
    pub(crate) done: Option<(&'static str, &'static str)>,
    /// 11月20日(金).
    pub(crate) today: String,
    pub(crate) demo: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) role: Role,
    pub(crate) csrf: String,
}

#[derive(Debug, Clone)]
pub(crate) struct NavItem {
    pub(crate) href: &'static str,
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
    pub(crate) current: bool,
}

impl Frame {
    pub(crate) fn new(title: &'static str, title_en: &'static str, today: chrono::NaiveDate) -> Self {
        Self {
            title,
            title_en,
            assets: assets::served(),
            user: None,
            nav: Vec::new(),
            done: None,
            today: words::full_day(today),
            demo: false,
        }
    }

    #[must_use]
    pub(crate) fn of(mut self, user: User, path: &str) -> Self {
        self.nav = nav(user.role, path);
        self.user = Some(user);
        self
    }
}

impl User {
    pub(crate) fn role_ja(&self) -> &'static str {
        words::role(self.role).0
    }
}

fn nav(role: Role, path: &str) -> Vec<NavItem> {
    let home = match role {
        Role::WardStaff | Role::Coordinator => ("/", "入院一覧", "Stays"),
        Role::CareManager => ("/", "受信箱", "Inbox"),
        Role::Municipality => ("/", "概況", "Overview"),
        Role::Auditor => ("/", "監査記録", "Audit trail"),
        Role::Administrator => ("/", "管理", "Administration"),
        Role::OrganizationAdministrator => ("/", "利用者", "People"),
    };
    let can = |command| reach(role, command).is_some();
    let mut items = vec![home];
    if matches!(role, Role::WardStaff | Role::Coordinator) {
        items.push(("/patients/search", "本人を探す", "Find a person"));
    }
    if can(Command::ViewEncounter) {
        items.push(("/notices", "連絡", "Notices"));
    }
    if role == Role::Administrator {
        items.push(("/admin/people", "利用者", "People"));
    }
    if can(Command::ManageMachines) {
        items.push(("/admin/machines", "外部システム", "Systems"));
    }
    if matches!(role, Role::Administrator) {
        items.push(("/overview", "概況", "Overview"));
    }
    if can(Command::BreakGlass) {
        items.push(("/emergency", "緊急閲覧", "Emergency"));
    }
    if can(Command::HoldRecords) {
        items.push(("/admin/holds", "記録の保全", "Holds"));
    }
    items.push(("/survey", "調査", "Survey"));
    let best = items.iter().map(|(href, _, _)| *href).filter(|href| leads(href, path)).max_by_key(|href| href.len());
    items.into_iter().map(|(href, ja, en)| NavItem { href, ja, en, current: best == Some(href) }).collect()
}

fn leads(href: &str, path: &str) -> bool {
    if href == "/" { path == "/" } else { path.starts_with(href) }
}

/// What just happened, by the code that a redirect carries (`?done=sent`): fixed words, nothing of the person in an address.
pub(crate) fn done(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "sent" => ("連絡を送信しました。相手の回答を待っています。", "Sent; an answer is awaited."),
        "kept" => {
            ("判定と退院予定日を記録しました。連絡は送信していません。", "Outcome and day are kept; nobody was told.")
        }
        "registered" => ("登録しました。", "Registered."),
        "corrected" => ("変更を保存しました。", "Saved."),
        "charged" => ("担当を登録しました。", "The care manager is named."),
        "admitted" => ("入院を登録しました。", "The stay is registered."),
        "admitted-sent" => {
            ("入院を登録し、入院連絡を送信しました。", "The stay is registered, and the admission told.")
        }
        "recorded" => ("記録しました。", "Recorded."),
        "logged" => ("連絡の記録を保存しました。", "The contact is logged."),
        "contact_taken_back" => (
            "連絡の記録を取り消しました。連絡がなかったものとして数えます。",
            "The contact is taken back, and counts for nothing.",
        ),
        "confirmed" => ("受領の確認を記録しました。", "The receipt is confirmed."),
        "acknowledged" => ("回答を送信しました。", "Your answer is sent."),
        "withdrawn" => ("連絡を取り消しました。相手にもお知らせします。", "Withdrawn; the other side is told."),
        "replaced" => ("新しい連絡に差し替えました。", "Replaced by a new notice."),
        "consent" => ("同意について記録しました。", "Recorded."),
        "held" => ("記録を保全しました。", "Held."),
        "lifted" => ("保全を解除しました。", "The hold is lifted."),
        "published" => ("数値を公表し、固定しました。", "Published and frozen."),
        "opened" => (
            "記録を開きました。閲覧は記録され、関係する機関へお知らせします。",
            "Opened; the look is recorded, and those concerned are told.",
        ),
        "reviewed" => ("点検を記録しました。", "Recorded."),
        "ended" => ("ログインを終了しました。", "The sessions are ended."),
        "factor-removed" => ("認証アプリでの確認をやめました。", "The app is no second factor any more."),
        "passkey-added" => ("パスキーを追加しました。", "The passkey is added."),
        "passkey-removed" => (
            "パスキーを削除しました。ほかの端末のログインは終了しました。",
            "The passkey is removed; other devices are logged out.",
        ),
        "outside-linked" => (
            "外部アカウントと連携しました。次から、そのアカウントでもログインできます。",
            "Linked: from now on you can log in with that account too.",
        ),
        "outside-unlinked" => (
            "外部アカウントの連携を解除しました。ほかの端末のログインは終了しました。",
            "Unlinked; other devices are logged out.",
        ),
        "password-set" => ("パスワードを変更しました。", "The password is changed."),
        "invited" => (
            "招待のメールを送ります。リンクは72時間、一度だけ使えます。",
            "The invitation goes out; its link works once, for 72 hours.",
        ),
        "machine-given" => (
            "接続は登録されています。トークンは、登録したときに一度だけ表示しました。",
            "The connection stands; its token was shown once.",
        ),
        "machine-revoked" => ("外部システムの接続を取り消しました。", "The connection is revoked."),
        "closed" => ("アカウントを停止しました。", "The account is closed."),
        "reopened" => ("アカウントの停止を解除しました。", "The account is open again."),
        "loaded" => ("祝日の表を読み込みました。", "The table is loaded."),
        "out" => ("ログアウトしました。", "You are logged out."),
        _ => return None,
    })
}
