//! Letters about the audit trail: a record that was opened in an emergency, and the day's seal.

use chrono::NaiveDate;

use super::{Voice, Words, day, letter};

pub(super) fn opened(opened_on: NaiveDate) -> Words {
    let (day_ja, day_en) = day(opened_on);
    letter(
        "緊急閲覧がありました",
        Voice::new(
            format!("{day_ja}、担当している方の記録が、担当外の機関から緊急閲覧されました。"),
            &["理由は監査の担当者が確かめます。救急の対応などで、連絡が来るかもしれません。"],
            "入院の画面を開く",
            &["心当たりがなく、おかしいと思われるときは、市の担当課へお知らせください。"],
        ),
        Voice::new(
            format!(
                "On {day_en} the record of somebody in your care was opened in an emergency, by another organization."
            ),
            &["The auditor looks into the reason. They may call you."],
            "Open the stay",
            &["If this seems wrong to you, please tell the city."],
        ),
    )
}

pub(super) fn sealed(number: i64, hash: &str, sealed_on: NaiveDate) -> Words {
    let (day_ja, day_en) = day(sealed_on);
    letter(
        &format!("監査記録を封印しました(第{number}封)"),
        Voice::new(
            format!("{day_ja}の監査記録を封印しました。封印の番号は{number}です。"),
            &[
                hash,
                "このメールは消さずに保管してください。記録が後から書き換えられていないことを、この値で確かめられます。",
                &format!("確かめ方: tsunagi audit verify --mailed {number}:(上の値)"),
            ],
            "監査記録を見る",
            &["監査の担当でないときは、担当の方へ転送してください。"],
        ),
        Voice::new(
            format!("The audit trail was sealed on {day_en}: seal {number}."),
            &[hash, "Please keep this mail: with this value anybody can show that the trail was not changed later."],
            "See the audit trail",
            &["If you are not the auditor, please pass this mail on."],
        ),
    )
}
