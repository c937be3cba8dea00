//! A published survey is frozen: whatever is recorded later, it is printed as it was published.

use domain::PatientId;
use serde_json::json;
use tests::{Engine, Person, TestApp, on_both};

use super::{hidden, only};

const OCTOBER: &str = "first=202610&last=202610";

/// In hospital from the 5th of October, at home from the 20th.
async fn home_in_october(app: &TestApp, nurse: &Person, patient_id: PatientId) {
    let body = json!({
        "patient_id": patient_id.to_string(),
        "ward_id": app.city.cast.ward_id.to_string(),
        "admitted_at": "2026-10-05T09:00:00+09:00",
        "emergency": false,
    });
    let admitted = nurse.post("/api/v1/encounters", &body).await;
    admitted.expect(201);
    let gone = json!({ "event": "discharge", "on": "2026-10-20", "to": "home" });
    nurse.post(&format!("{}/events", admitted.header("location").unwrap()), &gone).await.expect(201);
}

/// Every form in which October is shown, but for the page.
async fn october(city: &Person) -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    for path in ["survey", "survey.csv", "survey.pdf"] {
        let reply = city.get(&format!("/api/v1/{path}?{OCTOBER}")).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
        bytes.push(reply.body.to_vec());
    }
    bytes
}

async fn discharges(city: &Person, months: &str) -> Option<i64> {
    let report = city.get(&format!("/api/v1/survey?{months}")).await.expect(200);
    report["discharge"]["total"]["stays"].as_i64()
}

on_both! {
    async fn a_published_period_is_printed_from_its_frozen_bytes_whatever_is_recorded_later(app: TestApp) {
        let (nurse, city) = (app.log_in("nurse").await, app.log_in("city").await);
        home_in_october(&app, &nurse, app.city.cast.hanako).await;
        let body = json!({ "first": 202_610, "last": 202_610 });
        assert_eq!(nurse.post("/api/v1/survey/publications", &body).await.problem(403), "not_allowed");
        let key = [("idempotency-key", "publish-october")];
        let first = city.post_with("/api/v1/survey/publications", &body, &key).await;
        assert_eq!(first.expect(201)["fresh"], true);
        let published = october(&city).await;
        assert_eq!(discharges(&city, OCTOBER).await, Some(1));

        app.clock_shows(2026, 11, 20, 10, 5);
        home_in_october(&app, &nurse, app.city.cast.at_home).await;
        assert_eq!(discharges(&city, "first=202609&last=202610").await, Some(2), "elsewhere it counts");
        assert!(october(&city).await == published);

        assert_eq!(city.post_with("/api/v1/survey/publications", &body, &key).await.expect(201)["fresh"], true);
        let again = city.post("/api/v1/survey/publications", &body).await;
        assert_eq!(again.expect(200)["fresh"], false, "published before, and stands");
        assert!(october(&city).await == published);
        let listed = nurse.get("/api/v1/survey/publications").await.expect(200);
        let only = only(&listed, "published");
        assert_eq!((only["first"].as_i64(), only["published_at"].as_str()), (Some(202_610), Some("2026-11-20T01:00:00Z")));
    }

    async fn a_month_that_is_not_over_cannot_be_published(app: TestApp) {
        let city = app.log_in("city").await;
        let body = json!({ "first": 202_610, "last": 202_611 });
        assert_eq!(city.post("/api/v1/survey/publications", &body).await.problem(409), "period_not_over");
        let page = app.log_in_by_page("city").await.get("/survey?period=202610-202611").await.text();
        assert!(!page.contains("公表して固定する"), "nothing to press");
    }

    async fn the_municipality_publishes_on_the_page_and_everybody_reads_so(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        home_in_october(&app, &nurse, app.city.cast.hanako).await;
        let city = app.log_in_by_page("city").await;
        let page = city.get("/survey?period=202610-202610").await.text();
        assert!(page.contains("公表して固定する") && !page.contains("公表済み"));
        let fields = hidden(&page);
        let mut sent: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sent.push(("action", "send"));
        let done = city.submit("/survey/publication", &sent).await;
        assert_eq!(done.header("location"), Some("/survey?period=202610-202610&done=published"), "{}", done.text());
        home_in_october(&app, &nurse, app.city.cast.at_home).await;
        let page = app.log_in_by_page("nurse").await.get("/survey?period=202610-202610").await.text();
        assert!(page.contains("公表済み") && page.contains("全1件 = "), "{page}");
        assert!(!page.contains("公表して固定する"));
        let audit = app.log_in("auditor").await.get("/api/v1/audit").await.expect(200);
        let rows = audit["rows"].as_array().unwrap().clone();
        assert_eq!(rows.iter().filter(|row| row["action"] == "publish_survey").count(), 1);
    }
}

/// The same stays, looked at in the same moment, twice and on either engine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_figures_of_the_same_moment_are_the_same_bytes() {
    let mut printed = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start(engine).await;
        let (nurse, city) = (app.log_in("nurse").await, app.log_in("city").await);
        home_in_october(&app, &nurse, app.city.cast.hanako).await;
        home_in_october(&app, &nurse, app.city.cast.at_home).await;
        printed.extend([october(&city).await, october(&city).await]);
    }
    assert!(printed.iter().all(|forms| *forms == printed[0]));
}
