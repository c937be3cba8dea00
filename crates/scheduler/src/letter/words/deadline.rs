//! Letters about a discharge notice that is not given yet: before the miss and after it, to the hospital and to the city.

use chrono::NaiveDate;
use domain::agreement::EscalationTo;
use domain::deadline::Level;

use super::{Voice, Words, day, letter, others};

pub(super) fn warning(level: Level, due_on: NaiveDate, written_on: NaiveDate) -> Words {
    let (day_ja, day_en) = day(due_on);
    let left = (due_on - written_on).num_days();
    let (subject, lead_en) = match level {
        Level::AtOnce => (
            "すぐに退院連絡が必要な入院があります".to_owned(),
            "A discharge is planned at short notice: the word is due at once.".to_owned(),
        ),
        Level::Missed(_) | Level::Unacknowledged(_) | Level::Undeliverable => (
            "退院連絡の期限を過ぎた入院があります".to_owned(),
            "The deadline of a discharge notice has passed.".to_owned(),
        ),
        Level::Ahead(_) if left <= 0 => {
            ("本日が退院連絡の期限です".to_owned(), "The discharge notice of a stay is due today.".to_owned())
        }
        Level::Ahead(_) => {
            let days_en = if left == 1 { "1 day".to_owned() } else { format!("{left} days") };
            (
                format!("退院連絡の期限まであと{left}日です"),
                format!("The discharge notice of a stay is due in {days_en}."),
            )
        }
    };
    let (until_ja, until_en) = match level {
        Level::AtOnce => (
            format!(
                "連絡ルールの期限({day_ja})は、退院の予定がわかったときには過ぎていました。いますぐお知らせください。"
            ),
            format!("The agreed day ({day_en}) had passed when the discharge was planned. Please tell them now."),
        ),
        Level::Ahead(_) => (
            format!("{day_ja}までに、担当のケアマネジャーなどへ退院をお知らせください。"),
            format!("Please tell the care manager of the discharge by {day_en}."),
        ),
        _ => (
            format!("期限は{day_ja}でしたが、まだ連絡の記録がありません。いまからでもお知らせください。"),
            format!("It was {day_en}, and no word is recorded. It is still worth telling them now."),
        ),
    };
    letter(
        &subject,
        Voice::new(
            format!("{subject}。"),
            &[&until_ja],
            "入院の画面を開く",
            &[
                "電話やFAXでもうお知らせになったときは、画面の「連絡の記録」に書いてください。この知らせは止まります。",
                "担当の病棟でないときは、地域連携室へお伝えください。",
            ],
        ),
        Voice::new(
            lead_en,
            &[&until_en],
            "Open the stay",
            &[
                "If you have told them by phone or FAX, log that contact on the page, and these warnings stop.",
                "If it is not your ward's, please tell the coordination desk.",
            ],
        ),
    )
}

pub(super) fn missed_for_the_city(level: Level, due_on: NaiveDate, told: &[EscalationTo]) -> Words {
    let (day_ja, day_en) = day(due_on);
    let (others_ja, others_en) = others(told);
    let (lead_ja, lead_en) = match level {
        Level::Ahead(_) => ("退院連絡の期限が近い入院があります", "The deadline of a discharge notice is near"),
        Level::AtOnce => ("すぐに退院連絡が必要な入院があります", "A discharge notice is due at once"),
        _ => ("退院連絡が期限までに出されていない入院があります", "A discharge notice was not given in time"),
    };
    letter(
        lead_ja,
        Voice::new(
            format!("{lead_ja}。"),
            &[&format!("期限は{day_ja}です。{others_ja}"), "医療機関へのお声がけをお願いします。"],
            "地域の状況を見る",
            &["担当の課でないときは、在宅医療・介護連携の担当の方へお伝えください。"],
        ),
        Voice::new(
            format!("{lead_en}."),
            &[format!("It was due on {day_en}. {others_en}").trim_end(), "Please speak with the hospital."],
            "See the region",
            &["If this is not your section's, please tell whoever is in charge of medical and care coordination."],
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_left_are_counted_from_the_day_of_writing_not_from_the_step() {
        let on = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let subject = |written| warning(Level::Ahead(2), on(25), on(written)).subject;
        assert_eq!(subject(23), "【つなぎ】退院連絡の期限まであと2日です");
        assert_eq!(subject(24), "【つなぎ】退院連絡の期限まであと1日です");
        assert_eq!(subject(25), "【つなぎ】本日が退院連絡の期限です");
    }
}
