//! Letters about a notice that was sent and that nobody has answered, or that could not be delivered.

use domain::agreement::EscalationTo;
use domain::deadline::Level;

use super::{Number, Voice, Words, letter, others, said};

pub(super) fn unanswered(level: Level, hospital: bool, number: &Number) -> Words {
    let lost = level == Level::Undeliverable;
    let (what_ja, what_en) = if lost {
        ("連絡のお知らせメールを届けられませんでした", "could not be delivered by mail")
    } else {
        ("連絡の受領確認がまだありません", "has not been acknowledged")
    };
    let (ask_ja, ask_en) = if hospital {
        (
            ["宛先の事業所へ、お電話でお知らせください。", "自院あての連絡のときは、開いて受領確認をお願いします。"],
            ["Please phone the office that it is addressed to.", "If it is addressed to you, open and acknowledge it."],
        )
    } else {
        (
            ["担当の方がお留守かもしれません。", "代わりに開いて、本日中に受領確認をお願いします。"],
            ["Whoever it is for may be away.", "Please open it in their place and acknowledge it today."],
        )
    };
    letter(
        &format!("{what_ja}{}", number.ja),
        Voice::new(
            format!("{what_ja}{}。", number.ja),
            &ask_ja,
            "連絡を開く",
            &["担当ではないときは、開いて「担当ではない」を選ぶか、心当たりの方へお伝えください。"],
        ),
        Voice::new(
            format!("A notice{} {what_en}.", number.en),
            &ask_en,
            "Open the notice",
            &["If it is not yours, open it and say so, or tell whoever you think it is for."],
        ),
    )
}

pub(super) fn for_the_city(level: Level, number: &Number, told: &[EscalationTo]) -> Words {
    let (others_ja, others_en) = others(told);
    let (what_ja, what_en) = if level == Level::Undeliverable {
        ("お知らせメールが届かない連絡があります", "could not be delivered by mail")
    } else {
        ("受領確認のない連絡があります", "has still not been acknowledged")
    };
    letter(
        &format!("{what_ja}{}", number.ja),
        Voice::new(
            format!("{what_ja}{}。", number.ja),
            &said(&[&others_ja, "本日中に、事業所へのお声がけをお願いします。"]),
            "地域の状況を見る",
            &["担当の課でないときは、在宅医療・介護連携の担当の方へお伝えください。"],
        ),
        Voice::new(
            format!("A notice{} {what_en}.", number.en),
            &said(&[&others_en, "Please speak with the office today."]),
            "See the region",
            &["If this is not your section's, please tell whoever is in charge of medical and care coordination."],
        ),
    )
}
