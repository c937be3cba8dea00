//! Why nobody comes of a way to the provider, in the words of the pages. Which check it was that failed is for the log.

use thiserror::Error;

/// Why there is nobody, in the words of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Outside {
    /// No way there is under way in this browser: too late, used up, or begun elsewhere.
    #[error("The sign-in took too long or was interrupted. Please start again.")]
    Over,
    #[error("The sign-in was cancelled.")]
    Cancelled,
    #[error("The outside service does not answer. Please try again later, or log in with your password.")]
    Unreached,
    #[error("The answer of the outside service could not be accepted. Please start again.")]
    NotAccepted,
    #[error("The outside service did not confirm two factors, so it can't be used to log in here.")]
    OneFactor,
    /// Unknown, closed or locked: which of them is not said.
    #[error("Nobody can log in with this outside account. Log in with your password and link it first.")]
    Unknown,
    /// Somebody has it, or she has one already.
    #[error("This outside account can't be linked: it is linked already, or you have linked another one.")]
    Taken,
}

impl Outside {
    pub(crate) const ALL: [Self; 7] =
        [Self::Over, Self::Cancelled, Self::Unreached, Self::NotAccepted, Self::OneFactor, Self::Unknown, Self::Taken];

    /// Stable code and Japanese sentence.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Over => {
                ("outside_over", "時間がかかりすぎたか、途中で中断されました。もう一度はじめからお試しください。")
            }
            Self::Cancelled => ("outside_cancelled", "外部サービスでの確認が取り消されました。"),
            Self::Unreached => (
                "outside_unreached",
                "外部サービスに接続できませんでした。時間をおいて試すか、パスワードでログインしてください。",
            ),
            Self::NotAccepted => (
                "outside_not_accepted",
                "外部サービスからの応答を確認できませんでした。もう一度はじめからお試しください。",
            ),
            Self::OneFactor => (
                "outside_one_factor",
                "外部サービスで二つの要素による確認が行われていないため、使えません。外部サービスで多要素認証を設定してください。",
            ),
            Self::Unknown => (
                "outside_unknown",
                "この外部アカウントではログインできません。パスワードでログインし、「自分のアカウント」で連携してください。",
            ),
            Self::Taken => (
                "outside_taken",
                "この外部アカウントは連携できません。すでに連携されているか、別の外部アカウントと連携しています。",
            ),
        }
    }
}
