//! Why a command was refused, in the user's words, with a code that stays.
//!
//! A [`Fault`] is one thing that is wrong; a [`Refusal`] is everything that is wrong with a command, each fault beside the field it
//! belongs to. The outside texts hold nothing that was typed, so they may stand in a log.

use serde::Serialize;
use thiserror::Error;

/// One thing that is wrong. [`Fault::code`] is part of the API and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    // What was typed.
    #[error("is missing")]
    Missing,
    #[error("is longer than {max} characters")]
    TooLong { max: usize },
    #[error("is shorter than {min} characters")]
    TooShort { min: usize },
    #[error("is one of the passwords that everybody guesses first")]
    CommonPassword,
    #[error("was a password of this account before")]
    OldPassword,
    #[error("is not the present password")]
    WrongPassword,
    #[error("is not the code of this moment")]
    WrongCode,
    #[error("the passkey was not accepted")]
    PasskeyRefused,
    #[error("the last second factor stays")]
    LastFactor,
    #[error("there are too many of them")]
    TooManyKept,
    #[error("is not a login name")]
    NotALogin,
    #[error("the login name is taken")]
    LoginTaken,
    #[error("holds a control character")]
    ControlCharacter,
    #[error("is not in kana")]
    NotKana,
    #[error("is not an e-mail address")]
    NotAnEmailAddress,
    #[error("is not an insured number")]
    NotAnInsuredNumber,
    #[error("is not a date")]
    NotADate,
    #[error("is not one of the known values")]
    NotAKnownValue,
    #[error("names nothing that exists")]
    UnknownId,
    #[error("is no criterion of the agreement")]
    UnknownCriterion,
    #[error("lies in the future")]
    InTheFuture,
    #[error("lies too far away")]
    OutOfRange,
    #[error("a discharge can't be before the admission")]
    DischargeBeforeAdmission,
    #[error("a discharge can't be told before the admission")]
    ToldBeforeAdmission,
    #[error("a planned discharge can't lie in the past")]
    PlannedInThePast,
    #[error("says why is required here")]
    ReasonMissing,
    // What the stay or the notice is in.
    #[error("the stay has ended")]
    StayEnded,
    #[error("the stay was cancelled")]
    StayCancelled,
    #[error("the event is not part of this stay or is cancelled already")]
    NothingToCancel,
    #[error("there is no planned discharge")]
    NoPlannedDischarge,
    #[error("the patient has not been discharged")]
    NotDischarged,
    #[error("the notice has been answered already")]
    AlreadyAnswered,
    #[error("the notice was withdrawn or replaced")]
    TakenBack,
    #[error("the notice is not addressed to this organization")]
    NotTheReceiver,
    /// See [`crate::notice::Notice::answers`].
    #[error("is no answer that a hospital can give")]
    NotAnAnswerHere,
    #[error("the notice was not sent by this organization")]
    NotTheSender,
    #[error("the screening is not complete")]
    ScreeningIncomplete,
    #[error("there is nobody to tell: no care manager, support centre or municipality")]
    NoRecipient,
    #[error("the same word has been given to the same office")]
    AlreadyTold,
    #[error("nobody has consented to more than the minimal contact")]
    ConsentMissing,
    #[error("there is no consent in force to withdraw")]
    NothingToWithdraw,
    #[error("the hold was lifted already")]
    Lifted,
    #[error("the period is not over")]
    PeriodNotOver,
    // Around the command.
    #[error("was changed by somebody else meanwhile")]
    Stale,
    #[error("the same key was used for another payload")]
    KeyReused,
    #[error("the same key is being worked on")]
    InProgress,
    #[error("not found")]
    NotFound,
    #[error("the link was used, is over, or never was one")]
    LinkOver,
    #[error("not allowed")]
    NotAllowed,
    /// The token of a machine is not for this.
    #[error("not among the scopes of this token")]
    NotInScope,
    #[error("revoked already")]
    Revoked,
    #[error("the same thing exists already")]
    Exists,
}

/// What kind of answer a fault is; the API turns it into a status once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum FaultKind {
    Input,
    Conflict,
    Stale,
    NotFound,
    NotAllowed,
}

impl Fault {
    /// Stable: machines decide by it.
    pub const fn code(&self) -> &'static str {
        self.entry().0
    }

    pub const fn kind(&self) -> FaultKind {
        self.entry().1
    }

    /// For the person in front of the form.
    pub fn ja(&self) -> String {
        match self {
            Self::TooLong { max } => format!("{max}文字以内で入力してください。"),
            Self::TooShort { min } => format!("{min}文字以上で入力してください。"),
            other => other.entry().2.to_owned(),
        }
    }

    const fn entry(&self) -> (&'static str, FaultKind, &'static str) {
        use FaultKind::{Conflict, Input, NotAllowed, NotFound, Stale};
        match self {
            Self::Missing => ("missing", Input, "入力してください。"),
            Self::TooLong { .. } => ("too_long", Input, "長すぎます。"),
            Self::TooShort { .. } => ("too_short", Input, "短すぎます。"),
            Self::CommonPassword => {
                ("common_password", Input, "推測されやすいパスワードです。別のものにしてください。")
            }
            Self::OldPassword => ("old_password", Input, "以前に使ったパスワードです。別のものにしてください。"),
            Self::WrongPassword => ("wrong_password", Input, "いまのパスワードが違います。"),
            Self::WrongCode => {
                ("wrong_code", Input, "コードが違うか、すでに使われています。新しいコードを入力してください。")
            }
            Self::PasskeyRefused => {
                ("passkey_refused", Input, "パスキーを確認できませんでした。もう一度お試しください。")
            }
            Self::LastFactor => {
                ("last_factor", Conflict, "二つ目の確認がこれだけのため、外せません。先に別のものを設定してください。")
            }
            Self::TooManyKept => {
                ("too_many_kept", Conflict, "これ以上は登録できません。使っていないものを先に削除してください。")
            }
            Self::NotALogin => {
                ("not_a_login", Input, "半角の英小文字・数字・「.」「-」「_」で、3〜60文字にしてください。")
            }
            Self::LoginTaken => ("login_taken", Input, "このログイン名は使われています。"),
            Self::ControlCharacter => ("control_character", Input, "使えない文字(制御文字)が含まれています。"),
            Self::NotKana => ("not_kana", Input, "ひらがなかカタカナで入力してください。"),
            Self::NotAnEmailAddress => ("not_an_email_address", Input, "メールアドレスの形になっていません。"),
            Self::NotAnInsuredNumber => {
                ("not_an_insured_number", Input, "被保険者番号は半角10文字(先頭のみHも可)で入力してください。")
            }
            Self::NotADate => ("not_a_date", Input, "存在する日付を入力してください。"),
            Self::NotAKnownValue => ("not_a_known_value", Input, "選択肢から選んでください。"),
            Self::UnknownId => ("unknown_id", Input, "該当するものが見つかりません。"),
            Self::UnknownCriterion => ("unknown_criterion", Input, "現在の連絡ルールにない基準です。"),
            Self::InTheFuture => ("in_the_future", Input, "未来の日時は入力できません。"),
            Self::OutOfRange => ("out_of_range", Input, "日付が離れすぎています。年月日を確かめてください。"),
            Self::DischargeBeforeAdmission => {
                ("discharge_before_admission", Input, "退院日は入院日以降の日付にしてください。")
            }
            Self::ToldBeforeAdmission => {
                ("told_before_admission", Input, "退院を知らせた日は、入院日以降の日付にしてください。")
            }
            Self::PlannedInThePast => ("planned_in_the_past", Input, "退院予定日は今日以降の日付にしてください。"),
            Self::ReasonMissing => ("reason_missing", Input, "理由を入力してください。"),
            Self::StayEnded => ("stay_ended", Conflict, "この入院はすでに退院済みです。"),
            Self::StayCancelled => ("stay_cancelled", Conflict, "この入院の記録は取り消されています。"),
            Self::NothingToCancel => ("nothing_to_cancel", Conflict, "取り消せる記録がありません。"),
            Self::NoPlannedDischarge => ("no_planned_discharge", Conflict, "退院予定日がまだ入力されていません。"),
            Self::NotDischarged => ("not_discharged", Conflict, "退院がまだ記録されていません。"),
            Self::AlreadyAnswered => ("already_answered", Conflict, "この連絡にはすでに回答があります。"),
            Self::TakenBack => ("taken_back", Conflict, "この連絡は取り消されたか、差し替えられています。"),
            Self::NotTheReceiver => ("not_the_receiver", Conflict, "この連絡の宛先の機関ではありません。"),
            Self::NotAnAnswerHere => (
                "not_an_answer_here",
                Input,
                "医療機関は「受領しました」か「この方の入院はありません」で回答してください。",
            ),
            Self::NotTheSender => ("not_the_sender", Conflict, "この連絡を出した機関ではありません。"),
            Self::ScreeningIncomplete => ("screening_incomplete", Input, "判定に必要な項目が残っています。"),
            Self::NoRecipient => {
                ("no_recipient", Conflict, "連絡先が見つかりません。担当・圏域の登録を確かめてください。")
            }
            Self::AlreadyTold => ("already_told", Conflict, "同じ内容の連絡を同じ宛先に送信済みです。"),
            Self::ConsentMissing => (
                "consent_missing",
                Conflict,
                "情報共有の同意がまだ記録されていないため、この欄の内容は送れません。同意を記録するか、この欄を空けて最小限の連絡だけを送ってください。",
            ),
            Self::NothingToWithdraw => ("nothing_to_withdraw", Conflict, "撤回できる同意が記録されていません。"),
            Self::Lifted => ("lifted", Conflict, "この保全はすでに解除されています。"),
            Self::PeriodNotOver => {
                ("period_not_over", Conflict, "期間がまだ終わっていません。終わってから公表してください。")
            }
            Self::Stale => {
                ("stale", Stale, "他の人が先に変更しました。最新の内容を確かめて、もう一度送信してください。")
            }
            Self::KeyReused => ("key_reused", Input, "同じ送信番号が別の内容で使われています。"),
            Self::InProgress => ("in_progress", Conflict, "同じ送信を処理しています。少し待ってください。"),
            Self::NotFound => ("not_found", NotFound, "見つかりません。"),
            Self::LinkOver => (
                "link_over",
                NotFound,
                "このリンクは使えません。すでに使われたか、期限が過ぎています。所属先の管理者に、招待をもう一度送ってもらってください。",
            ),
            Self::NotAllowed => ("not_allowed", NotAllowed, "この操作を行う権限がありません。"),
            Self::NotInScope => ("not_in_scope", NotAllowed, "この接続に許可されていない操作です。"),
            Self::Revoked => ("revoked", Conflict, "この接続はすでに取り消されています。"),
            Self::Exists => ("exists", Conflict, "すでに登録されています。"),
        }
    }
}

/// Everything that is wrong with one command; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("refused: {}", self.codes())]
pub struct Refusal {
    /// Field name as in the JSON body and the form (empty: the command as a whole), and the fault.
    pub faults: Vec<(&'static str, Fault)>,
}

impl Refusal {
    pub fn at(field: &'static str, fault: Fault) -> Self {
        Self { faults: vec![(field, fault)] }
    }

    /// The first fault that decides the kind of answer: what can't be found or isn't allowed hides everything else.
    pub fn kind(&self) -> FaultKind {
        let kinds = || self.faults.iter().map(|(_, fault)| fault.kind());
        [FaultKind::NotFound, FaultKind::NotAllowed, FaultKind::Stale, FaultKind::Conflict]
            .into_iter()
            .find(|kind| kinds().any(|k| k == *kind))
            .unwrap_or(FaultKind::Input)
    }

    fn codes(&self) -> String {
        self.faults.iter().map(|(field, fault)| format!("{field}:{}", fault.code())).collect::<Vec<_>>().join(" ")
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::at("", fault)
    }
}

/// Collects faults field by field, so that a form shows all of them at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<(&'static str, Fault)>);

impl Faults {
    /// The value, or `None` with the fault noted beside `field`.
    pub fn take<T>(&mut self, field: &'static str, parsed: Result<T, Fault>) -> Option<T> {
        parsed.map_err(|fault| self.0.push((field, fault))).ok()
    }

    pub fn add(&mut self, field: &'static str, fault: Fault) {
        self.0.push((field, fault));
    }

    /// `Err` when anything was noted.
    pub fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal { faults: self.0 }) }
    }
}
