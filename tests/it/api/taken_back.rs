//! Withdrawn and replaced notices: their receiver sees that there was one, not about whom.

use serde_json::json;
use tests::on_both;

use super::{admitted, filed, only};

on_both! {
    async fn a_withdrawn_notice_is_a_tombstone_for_its_receiver(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let manager = app.log_in("caremanager").await;
        manager.get(&notice).await.expect(200);
        let gone = nurse.post(&format!("{notice}/withdrawal"), &json!({ "why": "別の方の連絡でした" })).await.expect(201);
        assert_eq!(gone["state"]["state"], "withdrawn");
        let left = manager.get(&notice).await;
        assert!(!left.text().contains("花子"));
        let left = left.expect(200);
        assert!(left["patient"].is_null() && left["notice"]["message"].is_null());
        let inbox = manager.get("/api/v1/notices").await;
        assert!(!inbox.text().contains("花子"));
        let answer = manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await;
        assert_eq!(answer.problem(409), "taken_back");
        let seen = nurse.get(&notice).await.expect(200);
        assert_eq!(only(&seen, "readings")["account_id"], app.city.cast.caremanager.to_string(), "who had opened it");
        assert_eq!(seen["patient"]["name"], "北見 花子");
    }

    async fn a_replaced_notice_names_the_one_in_its_place(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let body = json!({ "message": "病棟を訂正します。" });
        let replaced = nurse.post(&format!("{notice}/replacement"), &body).await;
        let with = replaced.header("location").expect("where the new one is").to_owned();
        let old = replaced.expect(201);
        assert_eq!(old["state"]["state"], "replaced");
        assert!(with.ends_with(old["state"]["with"].as_str().unwrap()));
        let new = nurse.get(&with).await.expect(200);
        assert_eq!(new["notice"]["message"], "病棟を訂正します。");
    }
}
