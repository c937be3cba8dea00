//! Withdrawn, replaced and sent-back notices: their receiver sees that there was one, not about whom.

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

    /// Whoever says "not our client" has nothing to do with her, whatever the notice told while it stood.
    async fn an_office_that_sent_a_notice_back_reads_no_more_of_it(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let first = filed(&nurse, &stay).await;
        let in_charge = app.log_in("caremanager").await;
        let (other, answer) = (app.city.cast.other_office_id, format!("{first}/acknowledgement"));
        let to_other = json!({ "code": "other_office", "to": other.to_string() });
        let changed = in_charge.post(&answer, &to_other).await.expect(201);
        let notice = format!("/api/v1/notices/{}", changed["follow_up"]["id"].as_str().unwrap());
        let account = app.city.accounts.iter().find(|account| account.organization_id == other).expect("somebody works there");
        let office = app.session_of(account).await;
        let (page, list) = (&notice[7..], "/api/v1/notices");
        for path in [notice.as_str(), page, list, "/notices", "/"] {
            let seen = office.get(path).await.text();
            assert!(seen.contains("花子"), "until then it is hers to read: {path} {seen}");
        }
        assert!(office.get(&notice).await.text().contains("カンファレンス"));

        office.post(&format!("{notice}/acknowledgement"), &json!({ "code": "not_our_client" })).await.expect(201);
        for path in [notice.as_str(), page, list, "/notices", "/"] {
            let seen = office.get(path).await;
            assert_eq!(seen.status.as_u16(), 200, "{path}");
            for secret in ["花子", "ハナコ", "カンファレンス", "ADLが低下", "2026-11-28", "11月28日"] {
                assert!(!seen.text().contains(secret), "{secret} at {path}: {}", seen.text());
            }
        }
        let left = office.get(&notice).await.expect(200);
        assert!(left["patient"].is_null() && left["person"].is_null() && left["notice"]["message"].is_null(), "{left}");
        assert!(office.get(page).await.text().contains("担当でないと回答"));
        assert_eq!(office.get(&stay).await.problem(404), "not_found");

        // In charge of her all the same: she sent the word on and goes on seeing it; and so does its sender.
        for client in [&in_charge, &nurse] {
            let seen = client.get(&first).await;
            assert!(seen.text().contains("花子") && seen.text().contains("カンファレンス"), "{}", seen.text());
        }
        assert!(in_charge.get(list).await.text().contains("花子"));
        assert!(nurse.get(&notice).await.text().contains("花子"));
    }
}
