//! Days, instants and codes as a person would say them.
//!
//! A day stands with its weekday (11月27日(金)); a deadline also as a countdown in words, for nobody should have to count at 17:00.

use chrono::{Datelike, NaiveDate, Weekday};
use domain::Instant;
use domain::deadline::{DeadlineRule, Excuse, Level, Timeliness};
use domain::decide::PatientDoubt;
use domain::encounter::EncounterState;
use domain::notice::{AnswerKind, NoticeState};
use domain::party::{OrganizationKind, Role};
use domain::patient::Sex;

/// How something is coloured; the words alone must say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Quiet,
    Calm,
    Done,
    Soon,
    Late,
}

impl Tone {
    /// The CSS class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Calm => "calm",
            Self::Done => "done",
            Self::Soon => "soon",
            Self::Late => "late",
        }
    }
}

/// A few words on a coloured ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Badge {
    pub(crate) tone: Tone,
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl Badge {
    pub(crate) fn new(tone: Tone, ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { tone, ja: ja.into(), en: en.into() }
    }
}

fn weekday(day: NaiveDate) -> &'static str {
    match day.weekday() {
        Weekday::Mon => "月",
        Weekday::Tue => "火",
        Weekday::Wed => "水",
        Weekday::Thu => "木",
        Weekday::Fri => "金",
        Weekday::Sat => "土",
        Weekday::Sun => "日",
    }
}

/// 11月27日(金).
pub(crate) fn day(on: NaiveDate) -> String {
    format!("{}月{}日({})", on.month(), on.day(), weekday(on))
}

/// 2026年11月27日(金), where the year may not be this one.
pub(crate) fn full_day(on: NaiveDate) -> String {
    format!("{}年{}", on.year(), day(on))
}

/// 昭和16年3月9日 beside the western year: how a birth date is written on every form in Japan.
pub(crate) fn birth(on: NaiveDate) -> String {
    format!("{}年{}月{}日({})", on.year(), on.month(), on.day(), era_year(on))
}

fn era_year(on: NaiveDate) -> String {
    let eras = [
        ("令和", 2019, 5, 1),
        ("平成", 1989, 1, 8),
        ("昭和", 1926, 12, 25),
        ("大正", 1912, 7, 30),
        ("明治", 1868, 1, 25),
    ];
    let began = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).is_some_and(|first| first <= on);
    let era = eras.into_iter().find(|(_, year, month, day)| began(*year, *month, *day));
    era.map_or_else(
        || "明治前".to_owned(),
        |(name, first, _, _)| match on.year() - first + 1 {
            1 => format!("{name}元年"),
            year => format!("{name}{year}年"),
        },
    )
}

/// 11月20日(金) 17:05.
pub(crate) fn instant(at: Instant) -> String {
    let local = at.local();
    format!("{} {}", day(local.date()), local.format("%H:%M"))
}

/// 2026年11月20日(金) 17:05.
pub(crate) fn full_instant(at: Instant) -> String {
    let local = at.local();
    format!("{} {}", full_day(local.date()), local.format("%H:%M"))
}

/// あと3日(11月27日(金)まで).
pub(crate) fn countdown(due_on: NaiveDate, today: NaiveDate) -> String {
    let days = (due_on - today).num_days();
    let day = if days.abs() > 180 { full_day } else { day };
    match days {
        0 => format!("今日まで({})", day(due_on)),
        1 => format!("明日まで({})", day(due_on)),
        left if left > 0 => format!("あと{left}日({}まで)", day(due_on)),
        over => format!("{}日過ぎています({}まで)", -over, day(due_on)),
    }
}

pub(crate) fn countdown_en(due_on: NaiveDate, today: NaiveDate) -> String {
    match (due_on - today).num_days() {
        0 => "due today".into(),
        1 => "due tomorrow".into(),
        left if left > 0 => format!("{left} days left"),
        -1 => "1 day over".into(),
        over => format!("{} days over", -over),
    }
}

/// How near an open deadline is.
pub(crate) fn nearness(due_on: NaiveDate, today: NaiveDate) -> Tone {
    match (due_on - today).num_days() {
        ..0 => Tone::Late,
        0..=2 => Tone::Soon,
        _ => Tone::Calm,
    }
}

/// The state of a stay.
pub(crate) fn stay_state(state: &EncounterState, shared: bool) -> Badge {
    match state {
        EncounterState::InProgress => Badge::new(Tone::Calm, "入院中", "in hospital"),
        EncounterState::DischargePlanned { planned_on } => {
            Badge::new(Tone::Calm, format!("{} 退院予定", day(*planned_on)), "discharge planned")
        }
        EncounterState::Discharged { on, .. } if !shared => {
            Badge::new(Tone::Done, format!("{} 退院", day(*on)), "discharged")
        }
        EncounterState::Discharged { on, to } => {
            Badge::new(Tone::Done, format!("{} 退院({})", day(*on), to.wording().0), "discharged")
        }
        EncounterState::Cancelled => Badge::new(Tone::Quiet, "入院取消", "cancelled"),
        EncounterState::EnteredInError => Badge::new(Tone::Quiet, "誤登録", "entered in error"),
    }
}

/// The state of a notice; `ours`: whether the reader's organization is to answer it.
pub(crate) fn notice_state(state: &NoticeState, ours: bool) -> Badge {
    match state {
        NoticeState::Issued if ours => Badge::new(Tone::Soon, "あなたの回答待ち", "waits for your answer"),
        NoticeState::Issued => Badge::new(Tone::Calm, "相手の回答待ち", "not answered yet"),
        NoticeState::Acknowledged { .. } => Badge::new(Tone::Done, "受領済み", "acknowledged"),
        NoticeState::Declined { .. } => Badge::new(Tone::Quiet, "差し戻し", "sent back"),
        NoticeState::Withdrawn { .. } => Badge::new(Tone::Quiet, "取消", "withdrawn"),
        NoticeState::Replaced { .. } => Badge::new(Tone::Quiet, "差し替え済み", "replaced"),
    }
}

/// The verdict on a deadline, in a few words.
pub(crate) fn timeliness(rule: DeadlineRule, verdict: Timeliness) -> Badge {
    let answer = rule == DeadlineRule::Acknowledgement;
    match verdict {
        Timeliness::NotDue => Badge::new(Tone::Calm, "期限前", "not due yet"),
        Timeliness::Due => Badge::new(Tone::Soon, "今日まで", "due today"),
        Timeliness::Met { .. } if answer => Badge::new(Tone::Done, "期限内に回答", "answered in time"),
        Timeliness::Met { .. } => Badge::new(Tone::Done, "期限内に連絡", "told in time"),
        Timeliness::Late { .. } if answer => Badge::new(Tone::Soon, "期限後に回答", "answered late"),
        Timeliness::Late { .. } => Badge::new(Tone::Soon, "期限後に連絡", "told late"),
        Timeliness::Missed => Badge::new(Tone::Late, "期限切れ", "missed"),
        Timeliness::Impossible => Badge::new(Tone::Soon, "急な退院予定", "planned at short notice"),
        Timeliness::Excused { reason } => {
            let (ja, en) = excuse(reason);
            Badge::new(Tone::Quiet, ja, en)
        }
    }
}

const fn excuse(reason: Excuse) -> (&'static str, &'static str) {
    match reason {
        Excuse::NotRequired => ("連絡不要", "not required"),
        Excuse::DateMoved => ("予定日の変更", "date moved"),
        Excuse::Cancelled => ("取消", "cancelled"),
        Excuse::Excluded => ("対象外", "left out by the agreement"),
        Excuse::TakenBack => ("連絡の取消", "notice taken back"),
    }
}

pub(crate) const fn rule(rule: DeadlineRule) -> (&'static str, &'static str) {
    match rule {
        DeadlineRule::DischargeNotice => ("退院連絡の期限", "discharge notice"),
        DeadlineRule::Acknowledgement => ("回答の期限", "acknowledgement"),
    }
}

/// A warning in both languages; `ours`: whether the reader's organization is the one that has to act.
pub(crate) fn level(level: Level, ours: bool) -> (String, String, Tone) {
    let (ja, en, tone) = match (level, ours) {
        (Level::Ahead(0), true) => ("退院連絡の期限の当日です", "the discharge notice is due today", Tone::Soon),
        (Level::Ahead(days), true) => {
            let en = format!("the discharge notice is due in {days} days");
            return (format!("退院連絡の期限の{days}日前です"), en, Tone::Soon);
        }
        (Level::Ahead(_), false) => {
            ("病院からの退院連絡の期限が近づいています", "the hospital's notice is due soon", Tone::Calm)
        }
        (Level::AtOnce, true) => {
            ("急な退院予定です。すぐに連絡してください", "planned at short notice: tell at once", Tone::Soon)
        }
        (Level::AtOnce, false) => (
            "急な退院予定です。病院からの退院連絡はまだありません",
            "planned at short notice; the hospital has not told it yet",
            Tone::Soon,
        ),
        (Level::Missed(_), true) => (
            "退院連絡の期限が過ぎました。すぐに連絡し、電話などで連絡済みなら記録してください",
            "the discharge notice is overdue: tell at once, or log the phone call",
            Tone::Late,
        ),
        (Level::Missed(_), false) => (
            "退院連絡の期限が過ぎましたが、病院からの連絡がありません。必要なときは病院へお電話ください",
            "the hospital's notice is overdue; phone the hospital if you need to",
            Tone::Late,
        ),
        (Level::Unacknowledged(_), true) => (
            "届いた連絡に、まだ回答していません。連絡を開いて回答してください",
            "a notice waits for your answer: open and answer it",
            Tone::Soon,
        ),
        (Level::Unacknowledged(_), false) => {
            ("相手の機関からまだ回答がありません", "the other side has not answered yet", Tone::Soon)
        }
        (Level::Undeliverable, true) => (
            "こちらへのお知らせのメールが届きませんでした。登録のメールアドレスを確かめてください",
            "a mail to your organization could not be delivered: check its address",
            Tone::Late,
        ),
        (Level::Undeliverable, false) => (
            "相手へのお知らせのメールが届きませんでした。電話で連絡してください",
            "the mail could not be delivered: please phone",
            Tone::Late,
        ),
    };
    (ja.to_owned(), en.to_owned(), tone)
}

/// An answer as its receiver says it: a hospital has patients, and knows nothing of other offices.
pub(crate) const fn answer(kind: AnswerKind, at_hospital: bool) -> (&'static str, &'static str) {
    match kind {
        AnswerKind::Accepted => ("受領しました", "accepted"),
        AnswerKind::NotOurClient if at_hospital => ("この方の入院はありません", "no such patient here"),
        AnswerKind::NotOurClient => ("当事業所の利用者ではありません", "not our client"),
        AnswerKind::OtherOffice => ("他の事業所の利用者です", "another office's client"),
        AnswerKind::Away => ("担当者が不在です", "whoever is in charge is away"),
    }
}

pub(crate) const fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::WardStaff => ("病棟", "ward staff"),
        Role::Coordinator => ("地域連携室", "coordinator"),
        Role::CareManager => ("ケアマネジャー", "care manager"),
        Role::Municipality => ("市町村", "municipality"),
        Role::Auditor => ("監査", "auditor"),
        Role::Administrator => ("管理者", "administrator"),
        Role::OrganizationAdministrator => ("機関の管理者", "administrator of the organization"),
    }
}

pub(crate) const fn sex(sex: Sex) -> (&'static str, &'static str) {
    match sex {
        Sex::Female => ("女性", "female"),
        Sex::Male => ("男性", "male"),
        Sex::Other => ("その他", "other"),
        Sex::Unknown => ("不明", "not known"),
    }
}

/// What looks wrong about a person's particulars but may be right.
pub(crate) const fn doubt(doubt: PatientDoubt) -> (&'static str, &'static str) {
    match doubt {
        PatientDoubt::DistrictWithoutCentre => {
            ("この圏域を担当する地域包括支援センターの登録がありません。", "No support centre serves this district.")
        }
        PatientDoubt::OutsideCareInsurance => {
            ("40歳未満の方です。生年月日を確かめてください。", "Younger than 40: check the date of birth.")
        }
    }
}

pub(crate) const fn organization_kind(kind: OrganizationKind) -> &'static str {
    match kind {
        OrganizationKind::Hospital => "病院",
        OrganizationKind::CareOffice => "居宅介護支援事業所など",
        OrganizationKind::SupportCentre => "地域包括支援センター",
        OrganizationKind::Municipality => "市町村",
        OrganizationKind::Guest => "圏域外の機関",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_deadline_is_said_in_words() {
        let due = on("2026-11-27");
        assert_eq!(countdown(due, on("2026-11-24")), "あと3日(11月27日(金)まで)");
        assert_eq!(countdown(due, on("2026-11-26")), "明日まで(11月27日(金))");
        assert_eq!(countdown(due, due), "今日まで(11月27日(金))");
        assert_eq!(countdown(due, on("2026-11-29")), "2日過ぎています(11月27日(金)まで)");
        assert_eq!(countdown(due, on("2027-11-27")), "365日過ぎています(2026年11月27日(金)まで)");
    }

    #[test]
    fn the_colour_turns_two_days_before_the_last_day_and_after_it() {
        let due = on("2026-11-27");
        assert_eq!(nearness(due, on("2026-11-24")), Tone::Calm);
        assert_eq!(nearness(due, on("2026-11-25")), Tone::Soon);
        assert_eq!(nearness(due, due), Tone::Soon);
        assert_eq!(nearness(due, on("2026-11-28")), Tone::Late);
    }

    #[test]
    fn a_warning_asks_only_whoever_can_act() {
        let level = |it, ours| super::level(it, ours).0;
        assert!(
            level(Level::Missed(0), true).contains("すぐに連絡し")
                && !level(Level::Missed(0), false).contains("すぐに連絡し")
        );
        assert!(level(Level::Unacknowledged(0), true).contains("まだ回答していません"));
        assert!(level(Level::Unacknowledged(0), false).contains("相手の機関から"));
    }

    #[test]
    fn an_answer_in_time_is_no_word_in_time() {
        let said = |rule| timeliness(rule, Timeliness::Met { days: 1 }).ja;
        assert_eq!(said(DeadlineRule::Acknowledgement), "期限内に回答");
        assert_eq!(said(DeadlineRule::DischargeNotice), "期限内に連絡");
    }

    #[test]
    fn a_birth_date_stands_with_its_era() {
        assert_eq!(birth(on("1941-03-09")), "1941年3月9日(昭和16年)");
        assert_eq!(birth(on("1989-01-08")), "1989年1月8日(平成元年)");
        assert_eq!(birth(on("1989-01-07")), "1989年1月7日(昭和64年)");
    }
}
