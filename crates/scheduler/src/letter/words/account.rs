//! What is said about an account or a token: no name and no login, for the address alone says whose it is.

use domain::delivery::AccountNews;

use super::{Voice, Words, letter};

pub(super) fn invitation(reset: bool) -> Words {
    let (subject, lead_en) = if reset {
        ("パスワードの再設定のご案内です", "Please set a new password for Tsunagi.")
    } else {
        ("つなぎへの招待が届いています", "You are invited to Tsunagi.")
    };
    letter(
        subject,
        Voice::new(
            format!("{subject}。"),
            &["次のリンクを開いて、ご自身のパスワードを決めてください。", "リンクは72時間、一度だけ使えます。"],
            "パスワードを決める",
            &[
                "心当たりがないときは、何もせず、所属先の管理者にお知らせください。",
                "このメールは転送しないでください。",
            ],
        ),
        Voice::new(
            lead_en,
            &["Follow the link and choose a password of your own.", "The link works once, for 72 hours."],
            "Choose a password",
            &["If you know nothing of it, do nothing and tell your administrator. Please do not forward this mail."],
        ),
    )
}

pub(super) fn changed(news: AccountNews) -> Words {
    let (ja, en) = match news {
        AccountNews::PasswordSet => ("パスワードが変更されました", "Your password was changed."),
        AccountNews::FactorSet => {
            ("ログインの二つ目の確認が設定されました", "A second step was set up for your login.")
        }
        AccountNews::FactorRemoved => {
            ("ログインの二つ目の確認が解除されました", "The second step of your login was removed.")
        }
        AccountNews::PasskeyAdded => ("ログインのパスキーが追加されました", "A passkey was added to your login."),
        AccountNews::PasskeyRemoved => ("ログインのパスキーが削除されました", "A passkey was removed from your login."),
        AccountNews::IdentityLinked => {
            ("外部アカウントでのログインが設定されました", "An outside account can now log in as you.")
        }
        AccountNews::IdentityUnlinked => {
            ("外部アカウントでのログインが解除されました", "Your outside account can no longer log in.")
        }
        AccountNews::RecoveryCodesRenewed => ("回復コードが作り直されました", "Your recovery codes were renewed."),
        AccountNews::RecoveryCodeUsed => ("回復コードでログインがありました", "A recovery code was used to log in."),
    };
    letter(
        ja,
        Voice::new(
            format!("{ja}。"),
            &["ご自身でなさったことなら、何もなさらなくて大丈夫です。"],
            "アカウントを見る",
            &["心当たりがないときは、すぐに所属先の管理者にお知らせください。"],
        ),
        Voice::new(
            en,
            &["If it was you, nothing has to be done."],
            "See your account",
            &["If it was not you, please tell your administrator at once."],
        ),
    )
}

pub(super) fn machine(added: bool) -> Words {
    let (ja, en) = if added {
        ("外部システムの接続が登録されました", "A system of your organization was given access.")
    } else {
        ("外部システムの接続が取り消されました", "The access of a system of your organization was revoked.")
    };
    letter(
        ja,
        Voice::new(
            format!("{ja}。"),
            &["この機関の管理者の皆さまにお送りしています。ご自身でなさったことなら、何もなさらなくて大丈夫です。"],
            "接続の一覧を見る",
            &["心当たりがないときは、すぐに一覧から取り消し、市の担当課にお知らせください。"],
        ),
        Voice::new(
            en,
            &["All administrators of your organization get this mail. If it was you, nothing has to be done."],
            "See the list",
            &["If you know nothing of it, please revoke it in the list at once and tell the city."],
        ),
    )
}
