//! What a person in front of the service meets when something behind it fails: the request is refused and nothing of it is kept, what was
//! typed stays, and the same request goes through once the fault is over, without a restart.

mod database;
mod relay;

use serde_json::{Value, json};
use tests::{Person, Reply, TestApp};

use super::{filing, hidden, value};

const MESSAGE: &str = "退院前カンファレンスを予定しています。「ご都合」をお知らせください。";
const PLANNED: &str = "2026-11-28";

/// Two stays of which nobody is told yet: one is filed as JSON, the other by the page.
struct Scene {
    app: TestApp,
    nurse: Person,
    browser: Person,
    by_json: String,
    by_page: String,
}

impl Scene {
    async fn of(app: TestApp) -> Self {
        let (nurse, browser) = (app.log_in("nurse").await, app.log_in_by_page("nurse").await);
        let people = [app.city.cast.hanako, app.city.cast.at_home];
        let mut stays = Vec::new();
        for patient_id in people {
            let body = json!({
                "patient_id": patient_id.to_string(),
                "ward_id": app.city.cast.ward_id.to_string(),
                "admitted_at": "2026-11-18T09:00:00+09:00",
                "emergency": false,
            });
            let admitted = nurse.post("/api/v1/encounters", &body).await;
            admitted.expect(201);
            stays.push(admitted.header("location").unwrap().to_owned());
        }
        let by_page = stays.pop().unwrap();
        Self { by_json: stays.pop().unwrap(), by_page, app, nurse, browser }
    }

    async fn file_as_json(&self) -> Reply {
        let path = format!("{}/filings", self.by_json);
        self.nurse.post_with(&path, &filing(PLANNED), &[("idempotency-key", "one-filing")]).await
    }

    fn page(&self) -> String {
        format!("{}/file", self.by_page.trim_start_matches("/api/v1"))
    }

    /// The form as it is filled in, ready to be sent.
    async fn filled_in(&self) -> Vec<(String, String)> {
        let form = self.browser.get(&self.page()).await;
        assert_eq!(form.status.as_u16(), 200, "{}", form.text());
        let mut fields = hidden(&form.text());
        for (name, value) in [("planned_on", PLANNED), ("c.adl_decline", "yes"), ("message", MESSAGE)] {
            fields.push((name.to_owned(), value.to_owned()));
        }
        fields
    }

    async fn press(&self, button: &str, fields: &[(String, String)]) -> Reply {
        let mut sent: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sent.push(("action", button));
        self.browser.submit(&self.page(), &sent).await
    }

    /// Both ways are refused for now; answers the page that holds what was typed.
    async fn is_refused(&self, fields: &[(String, String)]) -> Reply {
        let answer = self.file_as_json().await;
        assert_eq!(answer.problem(503), "store_unavailable");
        assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()));
        let page = self.press("send", fields).await;
        assert_eq!(page.status.as_u16(), 503, "{}", page.text());
        assert!(page.header("retry-after").is_some());
        assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
        let text = page.text();
        assert!(text.contains("ただいま保存できません"), "{text}");
        for (name, value) in fields.iter().filter(|(name, _)| name != "csrf") {
            assert!(hidden(&text).contains(&(name.clone(), value.clone())), "{name} is lost: {text}");
        }
        page
    }

    /// Nobody is told of anything, and no mail waits.
    async fn nothing_was_kept(&self) {
        assert_eq!((self.notices(&self.by_json).await, self.notices(&self.by_page).await), (0, 0));
        let counts = self.app.service.store.outbox_counts(self.app.city.region.id).await.unwrap();
        assert_eq!((counts.notices, counts.pending_mails), (0, 0));
    }

    /// The same requests go through, and once only, however often they are sent; from the page by way of the form.
    async fn goes_through_once(&self, refused: &Reply) {
        let (first, again) = (self.file_as_json().await, self.file_as_json().await);
        assert_eq!(first.expect(201), again.expect(201));
        let held = hidden(&refused.text());
        let form = self.press("review", &held).await;
        assert_eq!(form.status.as_u16(), 200, "{}", form.text());
        assert!(form.text().contains("退院前カンファレンスを予定しています。"));
        let fresh = hidden(&form.text());
        assert_eq!(value(&fresh, "idempotency_key"), value(&held, "idempotency_key"));
        let typed = held.into_iter().filter(|(name, _)| !matches!(name.as_str(), "csrf" | "idempotency_key"));
        let fields: Vec<_> = fresh.into_iter().chain(typed).collect();
        for _ in 0..2 {
            let sent = self.press("send", &fields).await;
            assert_eq!(sent.status.as_u16(), 303, "{}", sent.text());
            assert!(sent.header("location").is_some_and(|to| to.ends_with("?done=sent")));
        }
        assert_eq!((self.notices(&self.by_json).await, self.notices(&self.by_page).await), (1, 1));
        assert_eq!(self.app.send_mails().await.len(), 2);
        assert!(self.app.service.store.verify_audit().await.unwrap().is_whole());
    }

    async fn notices(&self, stay: &str) -> usize {
        let id = stay.rsplit('/').next().unwrap().parse().unwrap();
        let case = self.app.service.store.case(self.app.city.region.id, id).await.unwrap();
        case.unwrap().notices.len()
    }

    /// Of readiness, whether it was given, and the check of that name.
    async fn ready(&self, name: &str) -> (u16, Value) {
        let reply = self.app.nobody().get("/health/ready").await;
        let body = reply.json();
        let check = body["checks"].as_array().unwrap().iter().find(|check| check["name"] == name);
        (reply.status.as_u16(), check.unwrap_or_else(|| panic!("{body}")).clone())
    }
}
