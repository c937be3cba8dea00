//! Nobody sees what isn't theirs: another organization's ids are "not found", another role's commands "not allowed".

use serde_json::json;
use tests::on_both;

use super::{admitted, filed, filing, stranger};

on_both! {
    async fn nothing_answers_without_a_login(app: TestApp) {
        let nobody = app.nobody();
        for path in ["/api/v1/me", "/api/v1/encounters", "/api/v1/notices", "/api/v1/survey", "/api/v1/organizations"] {
            let reply = nobody.get(path).await;
            assert_eq!(reply.problem(401), "not_logged_in", "{path}");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        }
        assert_eq!(nobody.post("/api/v1/patients", &json!({})).await.problem(401), "not_logged_in");
        assert_eq!(nobody.with_token("guessed").get("/api/v1/me").await.problem(401), "not_logged_in");
        let wrong = json!({ "login": "nurse", "password": "wrong but long enough" });
        assert_eq!(nobody.post("/api/v1/session", &wrong).await.problem(401), "login_refused");
    }

    async fn a_session_ends_when_it_is_told_to(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        assert_eq!(nurse.get("/api/v1/me").await.expect(200)["role"], "ward_staff");
        nurse.send(hyper::Method::DELETE, "/api/v1/session", &[], hyper::body::Bytes::new()).await.expect(204);
        assert_eq!(nurse.get("/api/v1/me").await.problem(401), "not_logged_in");
    }

    async fn another_organizations_records_are_not_found(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let other = stranger(&app).await;
        for path in [&stay, &notice, &format!("{stay}/recipient"), &format!("/api/v1/warnings?encounter_id={}", &stay[19..])] {
            assert_eq!(other.get(path).await.problem(404), "not_found", "{path}");
        }
        for (path, body) in [
            (format!("{stay}/filings"), filing("2026-11-28")),
            (format!("{stay}/events"), json!({ "event": "discharge", "on": "2026-11-20", "to": "home" })),
            (format!("{stay}/notices"), json!({ "kind": "planned_discharge" })),
            (format!("{notice}/acknowledgement"), json!({ "code": "accepted" })),
            (format!("{notice}/withdrawal"), json!({ "why": "間違い" })),
        ] {
            assert_eq!(other.post(&path, &body).await.problem(404), "not_found", "{path}");
        }
        assert!(other.get("/api/v1/encounters").await.expect(200)["encounters"].as_array().unwrap().is_empty());
        let ward = app.city.cast.ward_id.to_string();
        let body = json!({
            "patient_id": app.city.cast.at_home.to_string(), "ward_id": ward,
            "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": true,
        });
        assert_eq!(other.post("/api/v1/encounters", &body).await.problem(422), "unknown_id", "a ward of another hospital");
    }

    async fn a_role_may_do_only_its_own(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let manager = app.log_in("caremanager").await;
        let admin = app.log_in("admin").await;
        let auditor = app.log_in("auditor").await;
        assert_eq!(nurse.get("/api/v1/overview").await.problem(403), "not_allowed");
        assert_eq!(nurse.get("/api/v1/audit").await.problem(403), "not_allowed");
        assert_eq!(manager.post(&format!("{stay}/filings"), &filing("2026-11-28")).await.problem(403), "not_allowed");
        assert_eq!(admin.get(&stay).await.problem(403), "not_allowed");
        assert_eq!(admin.get("/api/v1/encounters").await.problem(403), "not_allowed");
        assert_eq!(auditor.get("/api/v1/notices").await.problem(403), "not_allowed");
        assert_eq!(auditor.post("/api/v1/patients/search", &json!({ "text": "き" })).await.problem(403), "not_allowed");
        let csv = [("content-type", "text/csv")];
        let body = hyper::body::Bytes::from_static(b"x");
        assert_eq!(nurse.send(hyper::Method::PUT, "/api/v1/calendar", &csv, body.clone()).await.problem(403), "not_allowed");
        assert_eq!(admin.send(hyper::Method::PUT, "/api/v1/calendar", &csv, body).await.problem(422), "not_the_official_table");
    }

    async fn a_care_manager_finds_only_her_own_people(app: TestApp) {
        let manager = app.log_in("caremanager").await;
        let found = manager.post("/api/v1/patients/search", &json!({ "text": "0", "limit": 100 })).await.expect(200);
        for patient in found["patients"].as_array().unwrap() {
            let path = format!("/api/v1/patients/{}/care-team", patient["id"].as_str().unwrap());
            let team = manager.get(&path).await.expect(200);
            let ours = app.city.cast.office_id.to_string();
            assert!(team["members"].as_array().unwrap().iter().any(|m| m["organization_id"] == ours), "{patient}");
        }
        let unmanaged = format!("/api/v1/patients/{}", app.city.cast.unmanaged);
        assert_eq!(manager.get(&unmanaged).await.problem(404), "not_found");
    }
}
