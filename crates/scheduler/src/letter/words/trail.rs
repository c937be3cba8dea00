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

pub(super) fn used(by_ours: bool, opened_on: NaiveDate) -> Words {
    let (day_ja, day_en) = day(opened_on);
    let (who_ja, who_en) = if by_ours {
        ("貴機関の職員が", "somebody of your organization opened")
    } else {
        ("地域の機関の職員が", "somebody opened")
    };
    letter(
        if by_ours {
            "貴機関で緊急閲覧がありました"
        } else {
            "緊急閲覧の確認をお願いします"
        },
        Voice::new(
            format!("{day_ja}、{who_ja}担当外の方の記録を緊急閲覧しました。"),
            if by_ours {
                &["必要な閲覧だったかどうかを、機関の中で確かめてください。理由は監査の担当者も確かめます。"]
            } else {
                &["この方には、知らせる病院も担当の事業所もありません。理由を確かめてください。"]
            },
            if by_ours { "つなぎを開く" } else { "緊急閲覧の一覧を見る" },
            &["心当たりがなく、おかしいと思われるときは、市の担当課へお知らせください。"],
        ),
        Voice::new(
            format!("On {day_en} {who_en} the record of a person outside their care, in an emergency."),
            if by_ours {
                &["Please make sure that it was needed. The auditor looks into the reason too."]
            } else {
                &["There is neither a hospital nor a care office to tell. Please look into the reason."]
            },
            if by_ours { "Open Tsunagi" } else { "See the list" },
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
