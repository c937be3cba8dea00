//! The words of each letter, in Japanese and English, side by side.

mod account;
mod deadline;
mod trail;
mod waiting;

use chrono::{Datelike, NaiveDate, Weekday};
use domain::agreement::EscalationTo;
use domain::delivery::Letter;
use domain::notice::NoticeKind;
use domain::party::OrganizationKind;

/// What a letter says, before it is laid out.
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) ja: Voice,
    pub(super) en: Voice,
    /// Of the one link, below the service's address.
    pub(super) path: String,
}

/// One language's part.
pub(super) struct Voice {
    /// What waits, in one sentence.
    pub(super) lead: String,
    /// Until when, and what to do.
    pub(super) lines: Vec<String>,
    pub(super) button: &'static str,
    /// If it is somebody else's.
    pub(super) otherwise: Vec<String>,
}

impl Voice {
    fn new(lead: impl Into<String>, lines: &[&str], button: &'static str, otherwise: &[&str]) -> Self {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Self { lead: lead.into(), lines: owned(lines), button, otherwise: owned(otherwise) }
    }
}

/// `written_on` is the day on which the delivery was made; `secret` what only this attempt knows.
pub(super) fn of(
    letter: &Letter,
    serial: Option<i64>,
    reader: Option<OrganizationKind>,
    secret: Option<&str>,
    written_on: NaiveDate,
) -> Words {
    let number = Number::of(serial);
    let city = reader == Some(OrganizationKind::Municipality);
    let hospital = matches!(reader, Some(OrganizationKind::Hospital | OrganizationKind::Guest));
    match *letter {
        Letter::NoticeWaits { notice_id, notice_kind } => {
            Words { path: format!("/notices/{notice_id}"), ..notice_waits(notice_kind, hospital, &number) }
        }
        Letter::NoticeTakenBack { notice_id, replaced } => {
            Words { path: format!("/notices/{notice_id}"), ..taken_back(replaced, &number) }
        }
        Letter::NoticeDeclined { notice_id } if hospital => {
            Words { path: format!("/notices/{notice_id}"), ..declined(&number) }
        }
        Letter::NoticeDeclined { notice_id } => {
            Words { path: format!("/notices/{notice_id}"), ..declined_by_hospital(&number) }
        }
        Letter::DeadlineWarning { level, due_on, ref told, .. } if city => {
            Words { path: "/overview".into(), ..deadline::missed_for_the_city(level, due_on, told) }
        }
        Letter::DeadlineWarning { encounter_id, level, due_on, .. } => {
            Words { path: format!("/encounters/{encounter_id}"), ..deadline::warning(level, due_on, written_on) }
        }
        Letter::StillWaiting { level, ref told, .. } if city => {
            Words { path: "/overview".into(), ..waiting::for_the_city(level, &number, told) }
        }
        Letter::StillWaiting { notice_id, level, .. } => {
            Words { path: format!("/notices/{notice_id}"), ..waiting::unanswered(level, hospital, &number) }
        }
        Letter::OpenedInEmergency { encounter_id, opened_on } => {
            let path = encounter_id.map_or_else(|| "/".to_owned(), |id| format!("/encounters/{id}"));
            Words { path, ..trail::opened(opened_on) }
        }
        Letter::EmergencyUsed { by_ours, opened_on } => {
            let path = if by_ours { "/" } else { "/audit/reviews" };
            Words { path: path.into(), ..trail::used(by_ours, opened_on) }
        }
        Letter::AuditSealed { number, ref hash, sealed_on } => {
            Words { path: "/audit".into(), ..trail::sealed(number, hash, sealed_on) }
        }
        Letter::WeeklySerials { first, last, from_on, until_on } => {
            Words { path: "/notices".into(), ..weekly(first, last, from_on, until_on) }
        }
        Letter::Invitation { reset, .. } => {
            Words { path: format!("/invitation/{}", secret.unwrap_or_default()), ..account::invitation(reset) }
        }
        Letter::MachineChanged { added } => Words { path: "/admin/machines".into(), ..account::machine(added) },
        Letter::AccountChanged { news } => Words { path: "/account".into(), ..account::changed(news) },
    }
}

/// (第41号), or nothing where the notice has no number yet.
struct Number {
    ja: String,
    en: String,
}

impl Number {
    fn of(serial: Option<i64>) -> Self {
        let serial = serial.filter(|number| *number > 0);
        Self {
            ja: serial.map_or_else(String::new, |n| format!("(第{n}号)")),
            en: serial.map_or_else(String::new, |n| format!(" (no. {n})")),
        }
    }
}

fn letter(subject: &str, ja: Voice, en: Voice) -> Words {
    Words { subject: format!("【つなぎ】{subject}"), ja, en, path: String::new() }
}

fn notice_waits(kind: NoticeKind, hospital: bool, number: &Number) -> Words {
    let (ja, en) = kind.wording();
    let (otherwise_ja, otherwise_en) = if hospital {
        (
            [
                "この方の入院がないときは、開いて「この方の入院はありません」を選んでください。送った事業所へお知らせします。",
                "ほかの病棟の方のときは、その病棟か地域連携室へお伝えください。",
            ],
            [
                "If the person is not in your hospital, open it and say so: the office that sent it is told.",
                "If it is another ward's, please tell them or the coordination desk.",
            ],
        )
    } else {
        (
            [
                "担当の方でないときも、そのままにせず、開いて「担当ではない」または「ほかの事業所」を選んでください。",
                "すぐに次の宛先へお届けします。",
            ],
            [
                "Not yours? Open it all the same and choose \"not our client\" or \"other office\":",
                "it goes on at once.",
            ],
        )
    };
    letter(
        &format!("{ja}が1件届いています{}", number.ja),
        Voice::new(
            format!("{ja}が1件届いています{}。", number.ja),
            &["できるだけ早く、遅くとも次の営業日の正午までに、内容をご確認のうえ受領確認をお願いします。"],
            "連絡を開く",
            &otherwise_ja,
        ),
        Voice::new(
            format!("One {en} waits for you{}.", number.en),
            &["Please open it and acknowledge it soon, by noon of the next working day at the latest."],
            "Open the notice",
            &otherwise_en,
        ),
    )
}

fn taken_back(replaced: bool, number: &Number) -> Words {
    let (done_ja, done_en) = if replaced {
        ("訂正され、別の宛先へ送り直されました", "corrected and sent to somebody else")
    } else {
        ("取り消されました", "withdrawn")
    };
    letter(
        &format!("連絡が{done_ja}{}", number.ja),
        Voice::new(
            format!("先にお届けした連絡{}は、{done_ja}。", number.ja),
            &["この連絡への対応は不要です。すでに始めたことがあれば、いったん止めてください。"],
            "いきさつを見る",
            &["心当たりがないときは、何もなさらなくて大丈夫です。"],
        ),
        Voice::new(
            format!("A notice that we sent you{} was {done_en}.", number.en),
            &["Nothing has to be done for it. Please stop what you may have begun."],
            "See what happened",
            &["If you know nothing of it, you need not do anything."],
        ),
    )
}

fn declined(number: &Number) -> Words {
    letter(
        &format!("お送りの連絡に「担当ではない」と回答がありました{}", number.ja),
        Voice::new(
            format!("お送りになった連絡{}に、宛先から「担当ではない」と回答がありました。", number.ja),
            &["次の宛先へ回したかどうかを、本日中にご確認ください。", "退院連絡の期限は、そのまま進みます。"],
            "連絡を見る",
            &["ご自身が送ったものでないときは、病棟または連携室の担当の方へお伝えください。"],
        ),
        Voice::new(
            format!("The receiver of your notice{} answered that it is not theirs.", number.en),
            &["Please see today whether it went on to somebody else.", "The deadline of the discharge notice runs on."],
            "See the notice",
            &["If it was not you who sent it, please tell whoever is in charge on the ward or at the desk."],
        ),
    )
}

fn declined_by_hospital(number: &Number) -> Words {
    letter(
        &format!("お送りの連絡に「この方の入院はありません」と回答がありました{}", number.ja),
        Voice::new(
            format!("お送りになった連絡{}に、医療機関から「この方の入院はありません」と回答がありました。", number.ja),
            &["入院先と入院日をお確かめください。", "別の医療機関のときは、そちらへお電話などでお知らせください。"],
            "連絡を見る",
            &["ご自身が送ったものでないときは、事業所の担当の方へお伝えください。"],
        ),
        Voice::new(
            format!("The hospital answered that the person of your notice{} is not there.", number.en),
            &[
                "Please check where and when the person was admitted.",
                "If it was another hospital, please tell that one.",
            ],
            "See the notice",
            &["If it was not you who sent it, please tell whoever is in charge at your office."],
        ),
    )
}

fn weekly(first: i64, last: i64, from_on: NaiveDate, until_on: NaiveDate) -> Words {
    let ((from_ja, from_en), (to_ja, to_en)) = (day(from_on), day(until_on.pred_opt().unwrap_or(until_on)));
    let (range_ja, range_en) = if first == last {
        (format!("第{first}号"), format!("no. {first}"))
    } else {
        (format!("第{first}号から第{last}号まで"), format!("nos. {first} to {last}"))
    };
    let count = last - first + 1;
    letter(
        &format!("先週の連絡は{range_ja}でした"),
        Voice::new(
            format!("先週お届けした連絡は、{range_ja}の{count}件です。"),
            &[
                &format!("期間は{from_ja}から{to_ja}までです。"),
                "お手元のメールの番号と見くらべてください。番号がそろっていれば、何もなさらなくて大丈夫です。",
            ],
            "届いた連絡を見る",
            &["届いていない番号があれば、迷惑メールの中と、上の画面をご確認ください。"],
        ),
        Voice::new(
            format!("Last week you were sent {range_en} ({count} in all)."),
            &[
                &format!("From {from_en} to {to_en}."),
                "Please compare the numbers with your mail. If none is missing, nothing has to be done.",
            ],
            "See what you received",
            &["If a number is missing, look among your junk mail and on that page."],
        ),
    )
}

/// Who was told besides the city, before or at the same time; nothing where nobody was.
fn others(told: &[EscalationTo]) -> (String, String) {
    let name = |to: &EscalationTo| match to {
        EscalationTo::Ward => Some(("病棟", "the ward")),
        EscalationTo::CoordinationDesk => Some(("地域連携室", "the coordination desk")),
        EscalationTo::SecondContact => Some(("事業所", "the office")),
        EscalationTo::HospitalToPhone => Some(("医療機関", "the hospital")),
        EscalationTo::Municipality => None,
    };
    let (ja, en): (Vec<_>, Vec<_>) = told.iter().filter_map(name).unzip();
    if ja.is_empty() {
        return (String::new(), String::new());
    }
    (format!("{}にもお知らせしています。", ja.join("と")), format!("Told besides you: {}.", en.join(" and ")))
}

/// Without the sentences that say nothing.
fn said<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    lines.iter().copied().filter(|line| !line.is_empty()).collect()
}

/// 11月25日(水), and the same in English.
fn day(day: NaiveDate) -> (String, String) {
    let weekday = match day.weekday() {
        Weekday::Mon => '月',
        Weekday::Tue => '火',
        Weekday::Wed => '水',
        Weekday::Thu => '木',
        Weekday::Fri => '金',
        Weekday::Sat => '土',
        Weekday::Sun => '日',
    };
    (format!("{}月{}日({weekday})", day.month(), day.day()), day.format("%a %-d %B").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weekly_letter_names_the_last_day_within_the_week() {
        let on = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let words = weekly(38, 41, on(16), on(23));
        assert_eq!(words.subject, "【つなぎ】先週の連絡は第38号から第41号まででした");
        assert_eq!(words.ja.lines[0], "期間は11月16日(月)から11月22日(日)までです。");
        assert_eq!(words.en.lines[0], "From Mon 16 November to Sun 22 November.");
    }
}
