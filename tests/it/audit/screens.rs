//! What the auditor sees: the trail narrowed, the list of what one account touched, the monthly review.

use serde_json::json;
use tests::{Person, TestApp, on_both};

async fn looked_at(app: &TestApp) -> Person {
    let nurse = app.log_in("nurse").await;
    for id in [app.city.cast.hanako, app.city.cast.at_home] {
        nurse.get(&format!("/api/v1/patients/{id}")).await.expect(200);
    }
    nurse
}

on_both! {
    async fn the_trail_is_read_page_by_page_without_a_gap_or_a_repeat(app: TestApp) {
        looked_at(&app).await;
        let auditor = app.log_in("auditor").await;
        let until = "&until=2026-11-20T10:00:00.000001%2B09:00";
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            app.clock.advance_seconds(60);
            let page = auditor.get(&format!("/api/v1/audit?limit=2{until}{after}")).await.expect(200);
            let rows = page["rows"].as_array().unwrap();
            seen.extend(rows.iter().map(|row| (row["writer_id"].to_string(), row["seq"].as_i64().unwrap())));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len());
        let all = auditor.get(&format!("/api/v1/audit?limit=100{until}")).await.expect(200);
        assert_eq!(all["rows"].as_array().unwrap().len(), seen.len());
        assert_eq!(auditor.get("/api/v1/audit?after=x").await.problem(422), "not_a_known_value");

        let hanako = app.city.cast.hanako;
        let about = auditor.get(&format!("/api/v1/audit?patient_id={hanako}")).await.expect(200);
        let actions: Vec<_> = about["rows"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
        assert!(actions.contains(&"view_patient"), "{actions:?}");
        let again = auditor.get(&format!("/api/v1/audit?patient_id={hanako}")).await.expect(200);
        assert_eq!(again["rows"][0]["action"], "view_audit", "the look at the trail is on it");
        let by_page = app.log_in_by_page("auditor").await;
        let html = by_page.get("/audit?account=nurse&from=2026-11-20&until=2026-11-20").await;
        assert_eq!(html.status.as_u16(), 200);
        assert!(html.text().contains("本人の閲覧") && !html.text().contains("view_audit"), "only what the nurse did");
        assert_eq!(by_page.get("/audit?account=nobody").await.status.as_u16(), 422);
    }

    async fn what_an_account_touched_is_listed_with_names_for_the_report(app: TestApp) {
        looked_at(&app).await;
        let auditor = app.log_in("auditor").await;
        let path = format!(
            "/api/v1/audit/incident.csv?account_id={}&since=2026-11-20T00:00:00%2B09:00&until=2026-11-21T00:00:00%2B09:00",
            app.city.cast.nurse
        );
        let csv = auditor.get(&path).await;
        assert_eq!(csv.status.as_u16(), 200, "{}", csv.text());
        let text = csv.text();
        assert_eq!(text.lines().filter(|line| line.contains("\"view_patient\"")).count(), 2, "{text}");
        assert!(text.contains("北見 花子") && text.contains(&app.city.cast.hanako.to_string()));
        assert_eq!(csv.header("cache-control"), Some("no-store"));
        let hanako = app.city.cast.hanako;
        let about = auditor.get(&format!("/api/v1/audit?patient_id={hanako}")).await.expect(200);
        assert!(about["rows"].as_array().unwrap().iter().any(|row| row["action"] == "export_audit"));
        let by_page = app.log_in_by_page("auditor").await;
        let same = by_page.get("/audit/incident.csv?account=nurse&from=2026-11-20&until=2026-11-20").await;
        assert!(same.text().contains("北見 花子"));
        assert_eq!(by_page.get("/audit/incident.csv?account=nurse").await.status.as_u16(), 422);
        assert_eq!(app.log_in("admin").await.get(&path).await.problem(403), "not_allowed");
    }

    async fn what_is_seen_of_the_whole_region_is_on_the_trail_too(app: TestApp) {
        let (city, browser) = (app.log_in("city").await, app.log_in_by_page("city").await);
        for path in ["/api/v1/overview", "/api/v1/warnings"] {
            city.get(path).await.expect(200);
        }
        for path in ["/", "/overview"] {
            assert_eq!(browser.get(path).await.status.as_u16(), 200, "{path}");
        }
        let auditor = app.log_in("auditor").await;
        let trail = auditor.get(&format!("/api/v1/audit?account_id={}", app.city.cast.city)).await.expect(200);
        let seen = |action: &str| trail["rows"].as_array().unwrap().iter().filter(|row| row["action"] == action).count();
        assert_eq!((seen("view_overview"), seen("view_warnings")), (3, 1), "{trail}");
    }

    /// Who stood on a board, an inbox or a list was seen as well as whoever was opened.
    async fn whoever_stood_on_a_list_is_in_the_report_of_what_an_account_touched(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let cast = &app.city.cast;
        let stays = async |patient: domain::PatientId| {
            let body = json!({
                "patient_id": patient.to_string(), "ward_id": cast.ward_id.to_string(),
                "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
            });
            nurse.post("/api/v1/encounters", &body).await.expect(201)["encounter_id"].as_str().unwrap().to_owned()
        };
        let (hanako, other) = (stays(cast.hanako).await, stays(cast.at_home).await);
        let filing = json!({ "planned_on": "2026-11-28", "answers": { "criteria": { "adl_decline": "yes" } } });
        let filed = nurse.post(&format!("/api/v1/encounters/{hanako}/filings"), &filing).await.expect(201);
        let notice = filed["notice"]["id"].as_str().unwrap();
        let name = app.city.patient(cast.at_home).name.to_string();

        // Looked at by others than those who wrote it, so that nothing but the lists can name anybody.
        let report = async |login: &str, account: domain::AccountId, paths: &[&str]| {
            let (person, browser) = (app.log_in(login).await, app.log_in_by_page(login).await);
            for path in paths {
                let client = if path.starts_with("/api/") { &person } else { &browser };
                assert_eq!(client.get(path).await.status.as_u16(), 200, "{path}");
            }
            let auditor = app.log_in("auditor").await;
            let path = format!(
                "/api/v1/audit/incident.csv?account_id={account}&since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z"
            );
            auditor.get(&path).await.text()
        };
        let board = report("coordinator", cast.coordinator, &["/", "/api/v1/encounters?open=true"]).await;
        for (stay, who) in [(&hanako, "北見 花子"), (&other, name.as_str())] {
            let lines = board.lines().filter(|line| line.contains(stay) && line.contains(who) && line.contains("\"一覧\""));
            assert_eq!(lines.count(), 2, "on the page and in the answer: {board}");
        }
        let inbox = report("caremanager", cast.caremanager, &["/", "/notices", "/api/v1/notices"]).await;
        let lines = inbox.lines().filter(|line| line.contains("\"list_notices\"") && line.contains(notice));
        assert_eq!(lines.filter(|line| line.contains("北見 花子") && line.contains(&hanako)).count(), 3, "{inbox}");
        assert!(inbox.lines().any(|line| line.contains("\"list_encounters\"") && line.contains(&name)), "{inbox}");

        let auditor = app.log_in("auditor").await;
        let about = auditor.get(&format!("/api/v1/audit?patient_id={}", cast.at_home)).await.expect(200);
        let exports = about["rows"].as_array().unwrap().iter().filter(|row| row["action"] == "export_audit");
        assert_eq!(exports.count(), 2, "each of them is on the trail as exported: {about}");
        let trail = auditor.get(&format!("/api/v1/audit?account_id={}", cast.coordinator)).await.expect(200);
        let looked = trail["rows"].as_array().unwrap().iter().find(|row| row["action"] == "list_encounters");
        assert_eq!(looked.expect("a row")["listed"].as_array().unwrap().len(), 2, "{trail}");
        let page = app.log_in_by_page("auditor").await.get("/audit?account=coordinator").await.text();
        assert!(page.contains("入院一覧の閲覧(2件)"), "{page}");
        assert!(app.service.store.verify_audit().await.unwrap().is_whole());
    }

    async fn a_month_s_review_is_kept_with_whoever_made_it(app: TestApp) {
        let auditor = app.log_in("auditor").await;
        let body = json!({ "month": 202_610, "remark": "深夜の閲覧が2件。どちらも確かめた。" });
        auditor.post("/api/v1/audit/reviews", &body).await.expect(201);
        let ahead = json!({ "month": 202_612, "remark": "まだ" });
        assert_eq!(auditor.post("/api/v1/audit/reviews", &ahead).await.problem(422), "in_the_future");
        assert_eq!(auditor.post("/api/v1/audit/reviews", &json!({ "month": 202_610, "remark": " " })).await.problem(422), "missing");
        let list = auditor.get("/api/v1/audit/reviews").await.expect(200);
        assert_eq!(list["reviews"].as_array().unwrap().len(), 1);
        assert_eq!(list["reviews"][0]["month"], 202_610);
        assert!(list["reviews"][0]["reviewer_name"].is_string());
        let page = app.log_in_by_page("auditor").await.get("/audit/reviews").await;
        assert!(page.text().contains("深夜の閲覧が2件"));
        let trail = auditor.get("/api/v1/audit?limit=100").await.expect(200);
        assert!(trail["rows"].as_array().unwrap().iter().any(|row| row["action"] == "review_audit"));
    }

    async fn what_is_taken_out_of_the_survey_is_on_the_trail(app: TestApp) {
        let city = app.log_in("city").await;
        for form in ["survey", "survey.csv", "survey.pdf"] {
            assert_eq!(city.get(&format!("/api/v1/{form}")).await.status.as_u16(), 200);
        }
        let auditor = app.log_in("auditor").await;
        let trail = auditor.get(&format!("/api/v1/audit?account_id={}", app.city.cast.city)).await.expect(200);
        let actions: Vec<_> = trail["rows"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
        for action in ["export_survey_json", "export_survey_csv", "export_survey_pdf"] {
            assert!(actions.contains(&action), "{actions:?}");
        }
    }
}
