//! What Prometheus is told: on a listener of its own, by the program's own routes, and nothing of anybody.

use serde_json::json;
use tests::{Engine, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn scrape(app: &TestApp) -> String {
    let address = app.service.metrics.as_ref().expect("metrics are served").address;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn figures_are_by_route_and_hold_no_name_and_no_id() {
    let app = TestApp::start_with(Engine::Sqlite, &["metrics.listen=\"127.0.0.1:0\""]).await;
    let nurse = app.log_in("nurse").await;
    let path = format!("/api/v1/patients/{}", app.city.cast.hanako);
    nurse.get(&path).await.expect(200);
    nurse.post("/api/v1/patients/search", &json!({ "text": "キタミ" })).await.expect(200);
    assert_eq!(nurse.get("/metrics").await.status.as_u16(), 404, "not where the wards are");
    let text = scrape(&app).await;
    for figure in [
        "tsunagi_requests_total{method=\"GET\",route=\"/api/v1/patients/{id}\",status=\"200\"} ",
        "tsunagi_request_seconds_bucket{route=\"/api/v1/patients/{id}\",le=\"0.04\"} ",
        "tsunagi_commit_commands_sum ",
        "tsunagi_database_up 1",
        "tsunagi_mails_pending 0",
    ] {
        assert!(text.contains(figure), "{figure}\n{text}");
    }
    for trace in [app.city.cast.hanako.to_string().as_str(), "キタミ", "北見", "nurse"] {
        assert!(!text.contains(trace), "{trace}");
    }
}

/// Whatever stands where the method does: a made-up one is no figure of its own.
#[tokio::test]
async fn a_made_up_method_is_counted_with_all_others() {
    let app = TestApp::start_with(Engine::Sqlite, &["metrics.listen=\"127.0.0.1:0\""]).await;
    for n in 0..20 {
        let method = format!("BREW{n}").parse().unwrap();
        let reply = app.nobody().send(method, "/login", &[], hyper::body::Bytes::new()).await;
        assert_eq!(reply.status.as_u16(), 405);
    }
    let text = scrape(&app).await;
    assert!(text.contains("method=\"other\",route=\"/login\",status=\"405\"") && !text.contains("BREW"), "{text}");
}

#[tokio::test]
async fn nothing_listens_unless_it_is_asked_for() {
    assert!(TestApp::start(Engine::Sqlite).await.service.metrics.is_none());
}
