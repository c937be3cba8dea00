//! Tokens in the wrong hands, the wrong place, or for more than they were given.

use domain::machine::Scope;
use domain::party::Role;
use serde_json::{Value, json};
use server::city::DEMO_PASSWORD;
use tests::on_both;

use super::{administrator, admission, given};
use crate::access::{another_region, machine_of};
use crate::login::login_by_api;

on_both! {
    /// Never given, over, revoked, nearly right: one answer.
    async fn nobody_learns_what_became_of_a_token(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let (machine, revoked) = given(&app, &admin, &["directory"]).await;
        let path = format!("/api/v1/machines/{}/revocation", machine["id"].as_str().unwrap());
        admin.send(hyper::Method::POST, &path, &[], hyper::body::Bytes::new()).await.expect(200);
        let (_, alive) = given(&app, &admin, &["directory"]).await;
        let today = json!({ "name": "電子カルテ", "scopes": ["directory"], "expires_on": "2026-11-20" });
        let made = admin.post("/api/v1/machines", &today).await.expect(201);
        let expired = app.nobody().with_token(made["token"].as_str().unwrap());
        app.clock_shows(2026, 11, 21, 0, 0);
        alive.get("/api/v1/me").await.expect(200);
        let (right, mut answers) = (alive.token().to_owned(), Vec::new());
        let wrong = [
            revoked.token().to_owned(), expired.token().to_owned(), format!("tsm_{}", "0".repeat(64)), "tsm_".to_owned(),
            right[..right.len() - 1].to_owned(), format!("{right}0"), right.to_uppercase().replace("TSM_", "tsm_"),
            format!("tsm_{}", "x".repeat(5000)),
        ];
        for token in &wrong {
            let reply = app.nobody().with_token(token).get("/api/v1/me").await;
            assert_eq!(reply.problem(401), "token_refused", "{token:.20}");
            answers.push(reply.json());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let refused = app.log_in("auditor").await.get("/api/v1/audit?limit=100").await.expect(200);
        let rows = refused["rows"].as_array().unwrap();
        let over = rows.iter().filter(|row| row["action"] == "token_refused").count();
        assert_eq!(over, 2, "the revoked and the expired one, under their names");
    }

    async fn a_token_is_taken_in_the_header_of_the_api_and_nowhere_else(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let (_, system) = given(&app, &admin, &["directory", "patients_read", "stays_read", "notices_read"]).await;
        let token = system.token();
        for page in ["/", "/notices", "/patients/search", "/account", "/admin/machines", "/survey"] {
            let reply = system.get(page).await;
            assert!(reply.header("location").is_some_and(|to| to.starts_with("/login")), "{page}: {}", reply.status);
            let cookie = app.nobody().with_cookie(&format!("tsunagi={token}")).get(page).await;
            assert!(cookie.header("location").is_some_and(|to| to.starts_with("/login")), "{page}: {}", cookie.status);
        }
        for query in ["token", "access_token", "authorization", "bearer"] {
            let reply = app.nobody().get(&format!("/api/v1/me?{query}={token}")).await;
            assert_eq!(reply.problem(401), "not_logged_in");
        }
        assert_eq!(app.nobody().get(&format!("/invitation/{token}")).await.status.as_u16(), 404);
        for header in [format!("Basic {token}"), token.to_owned(), format!("Bearer  {token}"), format!("tsm {token}")] {
            let headers = [("authorization", header.as_str())];
            let reply = app.nobody().send(hyper::Method::GET, "/api/v1/me", &headers, hyper::body::Bytes::new()).await;
            assert_eq!(reply.status.as_u16(), 401, "{}", reply.text());
        }
        let cookie = app.nobody().with_cookie(&format!("tsunagi={token}"));
        assert_eq!(cookie.get("/api/v1/me").await.problem(401), "not_logged_in");
        // Nor does it finish a login, or set a password.
        let step = system.post("/api/v1/session/second-factor", &json!({ "code": "000000" })).await;
        assert_eq!(step.problem(401), "not_logged_in");
    }

    async fn a_token_is_worth_nothing_in_another_region(app: TestApp) {
        let (region, organization_id) = another_region(&app).await;
        let (_, foreign) = machine_of(&app, organization_id, region.id, Role::Coordinator, &Scope::ALL).await;
        let cast = &app.city.cast;
        let nurse = app.log_in("nurse").await;
        let admitted = admission(&cast.hanako.to_string(), cast.ward_id);
        let stay = nurse.post("/api/v1/encounters", &admitted).await.expect(201)["encounter_id"].as_str().unwrap().to_owned();
        for path in [
            format!("/api/v1/encounters/{stay}"), format!("/api/v1/patients/{}", cast.hanako),
            format!("/api/v1/patients/{}/care-team", cast.hanako), format!("/api/v1/warnings?encounter_id={stay}"),
        ] {
            assert_eq!(foreign.get(&path).await.problem(404), "not_found", "{path}");
        }
        assert_eq!(foreign.post("/api/v1/encounters", &admitted).await.problem(422), "unknown_id");
        let found = foreign.post("/api/v1/patients/search", &json!({ "text": "キタミ ハナコ" })).await.expect(200);
        assert_eq!(found["patients"], json!([]));
        let organizations = foreign.get("/api/v1/organizations").await.text();
        assert!(!organizations.contains(&cast.hospital_id.to_string()), "{organizations}");
    }

    /// Neither by fields that nobody asked for, nor by a name for what no token is for, nor by a system that raises itself.
    async fn no_token_is_for_more_than_was_offered(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let good = json!({ "name": "電子カルテ", "scopes": ["directory"] });
        for (field, value) in [
            ("rights", json!(["manage_people"])), ("role", json!("administrator")), ("id", json!(uuid::Uuid::nil())),
            ("organization_id", json!(app.city.cast.office_id.to_string())), ("region_id", json!(uuid::Uuid::nil())),
            ("token", json!("tsm_mine")), ("token_hash", json!([0, 0])), ("expires_at", json!("2099-01-01T00:00:00Z")),
            ("revoked_at", Value::Null), ("made_by", json!(uuid::Uuid::nil())),
        ] {
            let mut body = good.clone();
            body[field] = value;
            assert_eq!(admin.post("/api/v1/machines", &body).await.problem(422), "unknown_field", "{field}");
        }
        for scope in ["manage_people", "manage_machines", "break_glass", "write_consent", "view_audit", "*", "", "Directory"] {
            let body = json!({ "name": "電子カルテ", "scopes": ["directory", scope] });
            assert_eq!(admin.post("/api/v1/machines", &body).await.problem(422), "not_a_known_value", "{scope}");
        }
        for name in ["", "電子\r\nカルテ", "電子\u{0}カルテ"] {
            let body = json!({ "name": name, "scopes": ["directory"] });
            admin.post("/api/v1/machines", &body).await.problem(422);
        }
        let (_, system) = machine_of(&app, app.city.cast.hospital_id, app.city.region.id, Role::Coordinator, &Scope::ALL).await;
        assert_eq!(system.post("/api/v1/machines", &good).await.problem(403), "not_in_scope");
        assert_eq!(admin.get("/api/v1/machines").await.expect(200)["machines"].as_array().unwrap().len(), 1);
        // Nor do those who administrate nothing give any.
        for login in ["nurse", "coordinator", "caremanager", "city", "auditor"] {
            let person = app.log_in(login).await;
            assert_eq!(person.post("/api/v1/machines", &good).await.problem(403), "not_allowed", "{login}");
        }
    }

    /// What is kept of a token, anywhere, is its hash.
    async fn a_token_is_in_no_list_no_answer_that_is_kept_and_no_trail(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let body = json!({ "name": "電子カルテ", "scopes": ["directory"] });
        let made = admin.post_with("/api/v1/machines", &body, &[("idempotency-key", "one")]).await.expect(201);
        let token = made["token"].as_str().unwrap();
        let again = admin.post_with("/api/v1/machines", &body, &[("idempotency-key", "one")]).await.text();
        let list = admin.get("/api/v1/machines").await.text();
        let page = admin.get("/admin/machines").await.text();
        let trail = app.log_in("auditor").await.get("/api/v1/audit?limit=100").await.text();
        let mails: String = app.send_mails().await.iter().map(|mail| mail.text.clone()).collect();
        for kept in [again, list, page, trail, mails] {
            assert!(!kept.contains(&token[4..]) && !kept.contains("tsm_"), "{kept}");
        }
    }
}

mod by_address {
    use super::*;

    on_both! {
        with ["session.address_lockout_after=6"];

        /// Apart from people: a system with an old token keeps nobody out who sits behind the same address.
        async fn an_address_with_wrong_tokens_is_not_listened_to_for_a_while(app: TestApp) {
            let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
            let (machine, old) = given(&app, &admin, &["directory"]).await;
            let (_, good) = given(&app, &admin, &["directory"]).await;
            let path = format!("/api/v1/machines/{}/revocation", machine["id"].as_str().unwrap());
            admin.send(hyper::Method::POST, &path, &[], hyper::body::Bytes::new()).await.expect(200);
            for _ in 0..6 {
                assert_eq!(old.get("/api/v1/me").await.problem(401), "token_refused");
            }
            for _ in 0..6 {
                assert_eq!(old.get("/api/v1/me").await.problem(429), "too_many");
            }
            let unknown = app.nobody().with_token("tsm_0000");
            assert_eq!(unknown.get("/api/v1/me").await.problem(429), "too_many");
            good.get("/api/v1/me").await.expect(200);
            login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
            let trail = app.log_in("auditor").await.get("/api/v1/audit?limit=100").await.expect(200);
            let rows = trail["rows"].as_array().unwrap();
            assert_eq!(rows.iter().filter(|row| row["action"] == "token_refused").count(), 6, "the trail can't be flooded so");
            app.clock.set(app.now().plus_seconds(15 * 60 + 1));
            assert_eq!(old.get("/api/v1/me").await.problem(401), "token_refused");
        }
    }
}
