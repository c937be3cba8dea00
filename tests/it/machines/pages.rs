//! The administrator's page.

use tests::{CSRF, on_both};

use super::administrator;
use crate::api::{hidden, value};

const HERE: &str = "/admin/machines";

on_both! {
    async fn an_administrator_makes_a_token_sees_it_once_and_revokes_it(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let page = admin.get(HERE).await.text();
        assert!(page.contains("value=\"2027-02-18\"") && page.contains("接続はまだありません"), "{page}");
        let hidden = hidden(&page);
        let key = value(&hidden, "idempotency_key");
        let fields = [
            ("csrf", CSRF), ("idempotency_key", key), ("action", "send"), ("name", "電子カルテ(本番)"),
            ("scopes", "directory"), ("scopes", "stays_read"), ("ward_id", ""), ("expires_on", "2027-01-31"),
        ];
        let shown = admin.submit(HERE, &fields).await;
        assert_eq!(shown.status.as_u16(), 200, "{}", shown.text());
        assert_eq!(shown.header("cache-control"), Some("no-store"));
        let text = shown.text();
        let token = text.split("<code>").nth(1).unwrap().split('<').next().unwrap();
        assert!(token.starts_with("tsm_") && token.len() == 68, "{token}");
        let system = app.nobody().with_token(token);
        assert_eq!(system.get("/api/v1/me").await.expect(200)["name"], "電子カルテ(本番)");

        // Sent twice, it is still one system, and the token is not seen again.
        let again = admin.submit(HERE, &fields).await;
        assert!(again.header("location").is_some_and(|to| to.starts_with("/admin/machines?done=machine-given")), "{}", again.text());
        let list = admin.get(again.header("location").unwrap()).await.text();
        assert_eq!(list.matches("/revocation\"").count(), 1, "{list}");
        assert!(!list.contains("tsm_") && list.contains("一度だけ表示しました"));

        let start = list.find("/admin/machines/").unwrap();
        let revocation = list[start..].split('"').next().unwrap().to_owned();
        let forged = admin.submit(&revocation, &[("csrf", "0000"), ("action", "send")]).await;
        assert_eq!(forged.status.as_u16(), 403);
        let revoked = admin.submit(&revocation, &[("csrf", CSRF), ("action", "send")]).await;
        assert_eq!(revoked.header("location"), Some("/admin/machines?done=machine-revoked"), "{}", revoked.text());
        assert_eq!(system.get("/api/v1/me").await.problem(401), "token_refused");
        let list = admin.get(HERE).await.text();
        assert!(list.contains("取消済み") && !list.contains("/revocation\""), "{list}");
    }

    async fn a_form_that_is_wrong_keeps_what_was_typed(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let fields = [
            ("csrf", CSRF), ("action", "send"), ("name", "電子カルテ"), ("scopes", "stays_read"), ("expires_on", "2031-01-31"),
        ];
        let refused = admin.submit(HERE, &fields).await;
        assert_eq!(refused.status.as_u16(), 422);
        let text = refused.text();
        assert!(text.contains("value=\"電子カルテ\"") && text.contains("value=\"stays_read\" checked"), "{text}");
        assert!(text.contains("value=\"2031-01-31\"") && text.contains("有効期限"), "{text}");
        let nothing = admin.submit(HERE, &[("csrf", CSRF), ("action", "send")]).await;
        assert_eq!(nothing.status.as_u16(), 422);
        assert!(nothing.text().contains("名前: 入力してください") && nothing.text().contains("できること: 選んでください"), "{}", nothing.text());
        let more = [("csrf", CSRF), ("action", "send"), ("name", "電子カルテ"), ("scopes", "manage_people")];
        assert_eq!(admin.submit(HERE, &more).await.status.as_u16(), 422);
    }
}
