//! Form → rule → notice → mail → acknowledgement → rate.

use serde_json::json;
use tests::on_both;

use super::{admitted, filed, filing, only};

on_both! {
    /// The main job, whole.
    async fn a_filing_reaches_the_care_manager_and_her_answer_the_nurse(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;

        let to = nurse.get(&format!("{stay}/recipient")).await.expect(200);
        assert_eq!(to["recipient"]["because"], "care_manager");
        assert_eq!(to["recipient"]["care_manager_id"], app.city.cast.care_manager_id.to_string());

        let filed = nurse.post(&format!("{stay}/filings"), &filing("2026-11-28")).await;
        let told = filed.expect(201);
        assert_eq!((told["outcome"].as_str(), told["because"][0].as_str()), (Some("notice_required"), Some("adl_decline")));
        let notice = filed.header("location").expect("where the notice is").to_owned();

        let mails = app.send_mails().await;
        assert_eq!(mails.len(), 1, "one mail, to the office");

        let manager = app.log_in("caremanager").await;
        let inbox = manager.get("/api/v1/notices?unanswered=true").await.expect(200);
        assert_eq!(only(&inbox, "notices")["patient_name"], "北見 花子");
        let opened = manager.get(&notice).await.expect(200);
        assert_eq!(opened["notice"]["serial"], 1);
        assert_eq!(opened["notice"]["planned_on"], "2026-11-28");
        assert_eq!(only(&opened, "readings")["account_id"], app.city.cast.caremanager.to_string());
        assert_eq!(only(&opened, "deliveries")["state"], "delivered");
        manager.get(&notice).await.expect(200);

        let answered = manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await;
        assert_eq!(answered.expect(201)["state"]["state"], "acknowledged");

        let seen = nurse.get(&stay).await;
        let version = seen.header("etag").expect("a version").to_owned();
        let seen = seen.expect(200);
        assert_eq!(only(&seen, "notices")["state"]["state"], "acknowledged");
        assert_eq!(seen["encounter"]["state"]["state"], "discharge_planned");
        let deadline = seen["deadlines"].as_array().unwrap().iter().find(|d| d["rule"] == "discharge_notice").unwrap();
        assert_eq!((deadline["due_on"].as_str(), deadline["timeliness"]["verdict"].as_str()), (Some("2026-11-23"), Some("met")));

        app.clock_shows(2026, 11, 28, 15, 0);
        let nurse = app.log_in("nurse").await;
        let gone = json!({ "event": "discharge", "on": "2026-11-28", "to": "home" });
        nurse.post_with(&format!("{stay}/events"), &gone, &[("if-match", &version)]).await.expect(201);

        let city = app.log_in("city").await;
        let report = city.get("/api/v1/survey?first=202611&last=202611").await.expect(200);
        let rate = &report["discharge"]["total"]["rate"];
        assert_eq!((rate["numerator"].as_i64(), rate["denominator"].as_i64()), (Some(1), Some(1)), "{rate}");
        assert_eq!(report["discharge"]["total"]["timing"]["buckets"]["eight_or_more"], 1);
        let csv = city.get("/api/v1/survey.csv?first=202611").await;
        assert!(csv.text().starts_with('\u{FEFF}'), "a spreadsheet wants the mark");
        let pdf = city.get("/api/v1/survey.pdf?first=202611").await;
        assert!(pdf.body.starts_with(b"%PDF-"), "{}", pdf.status);
    }

    /// The list decides; nobody is told for nothing, and the screening stays explained.
    async fn a_screening_that_asks_for_nothing_gives_no_notice(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let agreement = nurse.get("/api/v1/agreement").await.expect(200);
        let criteria = agreement["criteria"].as_array().unwrap();
        let all_no: serde_json::Map<_, _> =
            criteria.iter().map(|c| (c["id"].as_str().unwrap().to_owned(), json!("no"))).collect();
        let answers = json!({ "criteria": all_no });
        let tried = nurse.post("/api/v1/screenings/evaluate", &json!({ "answers": answers })).await.expect(200);
        assert_eq!(tried["outcome"], "not_required");
        let body = json!({ "planned_on": "2026-11-28", "answers": answers });
        let told = nurse.post(&format!("{stay}/filings"), &body).await.expect(201);
        assert_eq!((told["outcome"].as_str(), told["notice"].is_null()), (Some("not_required"), true));
        assert!(app.send_mails().await.is_empty());
    }

    /// A word given by FAX counts, and stays 未確認 until it is confirmed.
    async fn a_fax_is_logged_and_its_receipt_confirmed(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let fax = json!({ "kind": "admission", "medium": "fax", "with_whom": "訓子府 次郎", "told_on": "2026-11-19" });
        let logged = nurse.post(&format!("{stay}/contacts"), &fax).await.expect(201);
        assert_eq!(logged["receipt_confirmed"], false);
        let receipt = format!("{stay}/contacts/{}/receipt", logged["id"].as_str().unwrap());
        let confirmed = nurse.post(&receipt, &json!(null)).await.expect(200);
        assert_eq!(confirmed["receipt_confirmed"], true);
        let trail = app.log_in("auditor").await.get("/api/v1/audit?limit=100").await.text();
        assert!(trail.contains(r#""log_contact""#) && trail.contains(r#""confirm_receipt""#), "{trail}");
    }

    /// What was logged by mistake counts for nothing any more, and is on no list of what was given to anybody.
    async fn a_contact_logged_by_mistake_is_taken_back(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-28" });
        nurse.post(&format!("{stay}/events"), &planned).await.expect(201);
        let call = json!({ "kind": "planned_discharge", "medium": "phone", "with_whom": "訓子府 次郎", "told_on": "2026-11-20" });
        let logged = nurse.post(&format!("{stay}/contacts"), &call).await.expect(201);
        let verdict = async || {
            let seen = nurse.get(&stay).await.expect(200);
            only(&seen, "deadlines")["timeliness"]["verdict"].as_str().unwrap().to_owned()
        };
        assert_eq!(verdict().await, "met");
        let retraction = format!("{stay}/contacts/{}/retraction", logged["id"].as_str().unwrap());
        let manager = app.log_in("caremanager").await;
        assert_eq!(manager.post(&retraction, &json!(null)).await.problem(409), "not_the_sender");
        let taken_back = nurse.post(&retraction, &json!(null)).await.expect(200);
        assert!(taken_back["taken_back_at"].is_string(), "{taken_back}");
        assert_eq!(verdict().await, "not_due");
        assert_eq!(nurse.post(&retraction, &json!(null)).await.problem(409), "taken_back");
        let disclosures = format!("/api/v1/patients/{}/disclosures", app.city.cast.hanako);
        let given = nurse.get(&disclosures).await.expect(200);
        let outside = |line: &&serde_json::Value| line["occasion"] == "outside_word";
        assert_eq!(given["disclosures"].as_array().unwrap().iter().filter(outside).count(), 0, "{given}");
        let trail = app.log_in("auditor").await.get("/api/v1/audit?limit=100").await.text();
        assert!(trail.contains(r#""take_back_contact""#), "{trail}");
    }

    /// The city sees what was missed, and no name.
    async fn a_missed_notice_is_warned_about_and_shown_to_the_city(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-28" });
        nurse.post(&format!("{stay}/events"), &planned).await.expect(201);
        app.clock_shows(2026, 11, 25, 9, 0);
        app.sweep().await;
        let nurse = app.log_in("nurse").await;
        let warnings = nurse.get("/api/v1/warnings").await.expect(200);
        assert!(!warnings["warnings"].as_array().unwrap().is_empty());
        let overview = app.log_in("city").await.get("/api/v1/overview").await;
        let seen = overview.expect(200);
        assert_eq!(only(&seen, "overdue")["deadline"]["timeliness"]["verdict"], "missed");
        assert!(!overview.text().contains("花子"));
    }

    /// The receiver names another office: it hears at once.
    async fn a_notice_for_another_office_goes_on_there(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let manager = app.log_in("caremanager").await;
        let other = app.city.cast.other_office_id.to_string();
        let answer = json!({ "code": "other_office", "to": other });
        let changed = manager.post(&format!("{notice}/acknowledgement"), &answer).await.expect(201);
        assert_eq!(changed["state"]["state"], "declined");
        assert_eq!(changed["follow_up"]["recipient"]["organization_id"], other);
        assert_eq!(changed["follow_up"]["recipient"]["because"], "named_by_receiver");
    }
}
