//! What the log says at its loudest: requests, routes, statements; nothing that anybody typed, and nothing that opens anything.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use server::city::DEMO_PASSWORD;
use tests::{Engine, TestApp};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

use crate::api::{hidden, value};
use crate::audit::by_hand;
use crate::login::{login_by_api, set_up};

/// Everything that this thread logs.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens at TRACE until what comes back is dropped.
    pub(crate) fn listen(&self) -> (DefaultGuard, Dispatch) {
        // With a single subscriber, what a call site of another test's thread finds there would count for this one too.
        let another = Dispatch::new(tracing_subscriber::registry());
        let writer = self.clone();
        let listening = tracing_subscriber::fmt().with_ansi(false).with_max_level(tracing::Level::TRACE);
        (tracing::subscriber::set_default(listening.with_writer(move || writer.clone()).finish()), another)
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// No line holds one of these.
    pub(crate) fn is_silent_about(&self, secrets: &[String]) {
        let said = self.said();
        for secret in secrets {
            assert!(secret.len() >= 3, "{secret:?} would be found anywhere");
            let line = said.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{secret}");
        }
    }
}

/// The main path, searches, logins right and wrong, and writes that the database refuses.
async fn no_log_line_holds_what_was_typed_or_what_opens_something(engine: Engine) {
    let app = TestApp::start(engine).await;
    let log = Log::default();
    let listening = log.listen();
    let mut secrets: Vec<String> = [
        DEMO_PASSWORD,
        "wrong but long enough",
        "常呂",
        "架空子",
        "トコロ",
        "ところ",
        "1931-02-03",
        "H987654321",
        "カンファレンス",
        "北見 花子",
    ]
    .map(str::to_owned)
    .into();
    let (secret, codes) = set_up(&app, "coordinator").await;
    secrets.extend(codes);
    login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
    let (nurse, browser) = (app.log_in("nurse").await, app.log_in_by_page("nurse").await);
    secrets.extend([nurse.token().to_owned(), browser.cookie().split_once('=').unwrap().1.to_owned()]);
    let begun = login_by_api(&app, "coordinator", DEMO_PASSWORD).await.expect(201);
    let pending = app.nobody().with_token(begun["token"].as_str().unwrap());
    app.clock.advance_seconds(30);
    let code = api::factor::code_at(&secret, app.now()).unwrap();
    let opened = pending.post("/api/v1/session/second-factor", &json!({ "code": code })).await.expect(201);
    secrets.extend([begun["token"].as_str().unwrap().to_owned(), opened["token"].as_str().unwrap().to_owned()]);

    let person = json!({
        "name": "常呂 架空子", "kana": "トコロ カクウコ", "birth_on": "1931-02-03", "sex": "female", "care_level": "care3",
        "district": app.city.directory().districts()[0], "insured_number": "H987654321",
    });
    let made = nurse.post("/api/v1/patients", &person).await.expect(201);
    for text in ["トコロ", "ところ かくう", "H987654321"] {
        nurse.post("/api/v1/patients/search", &json!({ "text": text })).await.expect(200);
        browser.submit("/patients/search", &[("q", text)]).await;
    }
    // Without a consent there would be no message, and without a care manager another receiver.
    let of_her = format!("/api/v1/patients/{}", made["id"].as_str().unwrap());
    let consent = json!({
        "kind": "information_sharing", "act": "given", "by": "person", "way": "oral", "declared_on": "2026-11-20",
    });
    nurse.post(&format!("{of_her}/consents"), &consent).await.expect(201);
    let charge = json!({ "care_manager_id": app.city.cast.care_manager_id.to_string(), "from_on": "2026-11-20" });
    nurse.post(&format!("{of_her}/care-team"), &charge).await.expect(201);
    let form = hidden(&browser.get("/patients/new").await.text());
    secrets.push(value(&form, "csrf").to_owned());
    let admission = json!({
        "patient_id": made["id"], "ward_id": app.city.cast.ward_id.to_string(),
        "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
    });
    let stay = nurse.post("/api/v1/encounters", &admission).await;
    stay.expect(201);
    let stay = stay.header("location").expect("where it stands").to_owned();
    let filing = json!({
        "planned_on": "2026-11-28", "answers": { "criteria": { "adl_decline": "yes" } }, "message": "退院前カンファレンスを予定",
    });
    let notice = nurse.post(&format!("{stay}/filings"), &filing).await;
    notice.expect(201);
    let notice = notice.header("location").expect("where it stands").to_owned();
    app.sweep().await;
    assert!(!app.send_mails().await.is_empty());
    let manager = app.session_of(app.city.account(app.city.cast.caremanager)).await;
    manager.get(&notice).await.expect(200);
    manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await.expect(201);

    // What the database refuses: the whole statement, and a row by a law of its own.
    let url = &app.config.database.url;
    by_hand(url, &["ALTER TABLE contact RENAME TO contact_away"]).await.unwrap();
    let contact =
        json!({ "kind": "admission", "medium": "fax", "with_whom": "常呂 架空子の長女", "told_on": "2026-11-19" });
    let failed = nurse.post(&format!("{stay}/contacts"), &contact).await;
    assert!(failed.status.is_server_error(), "{}", failed.text());
    by_hand(url, &["ALTER TABLE contact_away RENAME TO contact"]).await.unwrap();
    let twice = json!({ "insured_number": "H987654321", "name": "常呂 架空子" });
    let refused = nurse.post("/api/v1/patients", &twice).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
    drop(listening);

    let said = log.said();
    for line in ["answered", "A statement", "the store failed", "/api/v1/patients/search"] {
        assert!(said.contains(line), "it listens: {line}");
    }
    log.is_silent_about(&secrets);
}

#[tokio::test]
async fn no_log_line_holds_what_was_typed_or_what_opens_something_on_sqlite() {
    no_log_line_holds_what_was_typed_or_what_opens_something(Engine::Sqlite).await;
}

#[tokio::test]
async fn no_log_line_holds_what_was_typed_or_what_opens_something_on_postgres() {
    no_log_line_holds_what_was_typed_or_what_opens_something(Engine::Postgres).await;
}
