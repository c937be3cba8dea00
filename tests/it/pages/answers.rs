//! What is asked of whoever a notice waits for, and what she may say.

use serde_json::json;
use tests::{Person, on_both};

use super::super::api::{admitted, filed};
use super::{led_to, press, text};

/// The care manager sends her sheet to the hospital of the stay; answers the notice's page.
pub(super) async fn sheet(manager: &Person, stay: &str) -> String {
    let body = json!({ "kind": "admission_information", "message": "一人暮らし。娘が市内に住んでいます。" });
    let reply = manager.post(&format!("{stay}/notices"), &body).await;
    reply.expect(201);
    reply.header("location").expect("where the notice is").trim_start_matches("/api/v1").to_owned()
}

on_both! {
    async fn a_nurse_answers_a_sheet_with_what_a_hospital_has_to_say(app: TestApp) {
        let (nurse, manager) = (app.log_in("nurse").await, app.log_in("caremanager").await);
        let stay = admitted(&app, &nurse).await;
        let sheet = sheet(&manager, &stay).await;
        let browser = app.log_in_by_page("nurse").await;
        let page = browser.get(&sheet).await;
        let shown = page.text();
        assert!(shown.contains("受領しました") && shown.contains("この方の入院はありません"), "{shown}");
        for of_offices in ["当事業所の利用者", "他の事業所の利用者", "どの事業所", "担当者が不在", "not our client"] {
            assert!(!shown.contains(of_offices), "{of_offices} is asked of a hospital");
        }
        let answer = format!("{sheet}/acknowledgement");
        let answered = press(&browser, &answer, &page, &[("answer", "accepted")]).await;
        assert_eq!(led_to(&answered), sheet);
        assert!(text(&browser, &sheet).await.contains("受領済み"));
    }

    async fn an_office_may_still_say_whose_client_it_is(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let shown = text(&app.log_in_by_page("caremanager").await, &notice[7..]).await;
        for answer in ["受領しました", "当事業所の利用者ではありません", "他の事業所の利用者です", "担当者が不在です", "どの事業所"] {
            assert!(shown.contains(answer), "{answer}: {shown}");
        }
    }
}
