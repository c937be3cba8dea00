//! The second factor.

use api::factor::code_at;
use serde_json::json;
use server::city::DEMO_PASSWORD;
use tests::on_both;

use crate::api::{hidden, value};

use super::{cookie, half_a_minute_later, login_by_api, password_given, recovery_codes, send, set_up, shown_secret};

on_both! {
    with ["session.second_factor=true"];

    async fn the_first_login_sets_a_second_factor_up_before_anything_else(app: TestApp) {
        let (pending, led) = password_given(&app, "nurse").await;
        assert_eq!(led.header("location"), Some("/login/second?next=/"));
        let page = pending.get("/login/second").await;
        assert!(page.text().contains("<svg class=\"qr\""), "{}", page.text());
        let secret = shown_secret(&page.text());
        assert_eq!(shown_secret(&pending.get("/login/second").await.text()), secret, "the same when it is loaded again");
        let wrong = send(&pending, &page, "/login/second", &[("code", "000000")]).await;
        assert_eq!(wrong.status.as_u16(), 401);
        let code = code_at(&secret, app.now()).unwrap();
        let opened = send(&pending, &page, "/login/second", &[("code", &code), ("next", "/notices")]).await;
        assert_eq!(opened.status.as_u16(), 200, "{}", opened.text());
        assert_eq!(recovery_codes(&opened.text()).len(), 10);
        assert!(opened.text().contains("href=\"/notices\""));
        let nurse = app.nobody().with_cookie(&cookie(&opened));
        assert_eq!(nurse.get("/").await.status.as_u16(), 200);
        assert_eq!(pending.get("/login/second").await.status.as_u16(), 303, "the half-done login is gone");
    }

    /// No page and no route of the API but its own next step.
    async fn a_login_half_done_can_read_nothing(app: TestApp) {
        let (pending, _) = password_given(&app, "nurse").await;
        for path in ["/", "/notices", "/patients/search", "/survey", "/account", "/account/factor", "/survey.csv"] {
            let reply = pending.get(path).await;
            assert_eq!(reply.status.as_u16(), 303, "{path}");
            assert!(reply.header("location").unwrap().starts_with("/login?next="), "{path}");
        }
        let token = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        assert_eq!(token["stage"], "enrolment");
        let pending = app.nobody().with_token(token["token"].as_str().unwrap());
        for path in ["/api/v1/me", "/api/v1/encounters", "/api/v1/organizations", "/api/v1/survey", "/api/v1/agreement"] {
            assert_eq!(pending.get(path).await.problem(401), "not_logged_in", "{path}");
        }
        let search = json!({ "text": "キタミ" });
        assert_eq!(pending.post("/api/v1/patients/search", &search).await.problem(401), "not_logged_in");
        assert_eq!(pending.post("/api/v1/session/second-factor", &json!({ "code": "123456" })).await.problem(401), "not_logged_in", "it has none yet");
        let page = pending.get("/patients/search").await;
        assert_eq!(page.status.as_u16(), 303);
    }

    /// Whoever plants a cookie before the login finds it worth nothing afterwards.
    async fn each_step_of_a_login_has_a_token_of_its_own(app: TestApp) {
        let planted = app.nobody().with_cookie("tsunagi=planted");
        let fields = [("login", "nurse"), ("password", DEMO_PASSWORD)];
        let first = planted.submit("/login", &fields).await;
        let pending = app.nobody().with_cookie(&cookie(&first));
        let page = pending.get("/login/second").await;
        let code = code_at(&shown_secret(&page.text()), app.now()).unwrap();
        let opened = send(&pending, &page, "/login/second", &[("code", &code)]).await;
        assert_ne!(cookie(&opened), cookie(&first));
        for old in ["tsunagi=planted".to_owned(), cookie(&first)] {
            assert_eq!(app.nobody().with_cookie(&old).get("/").await.status.as_u16(), 303, "{old}");
        }
        let foreign = send(&app.nobody().with_cookie(&cookie(&first)), &page, "/login/second", &[("code", &code)]).await;
        assert_eq!(foreign.status.as_u16(), 200, "back to the first step");
        assert!(foreign.header("set-cookie").is_none());
    }

    async fn a_login_half_done_ends_after_ten_minutes(app: TestApp) {
        let (pending, _) = password_given(&app, "nurse").await;
        let page = pending.get("/login/second").await;
        let secret = shown_secret(&page.text());
        app.clock.set(app.now().plus_seconds(601));
        let code = code_at(&secret, app.now()).unwrap();
        let late = send(&pending, &page, "/login/second", &[("code", &code), ("held_to", "/patients/new"), ("held.name", "北見 花子")]).await;
        assert!(late.header("set-cookie").is_none());
        assert!(late.text().contains("name=\"held.name\" value=\"北見 花子\""), "what was typed is still there");
    }
}

mod voluntary {
    use super::*;

    on_both! {
        async fn a_code_is_taken_once_and_so_is_a_recovery_code(app: TestApp) {
            let (secret, codes) = set_up(&app, "nurse").await;
            let second = async |code: &str| {
                let begun = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
                assert_eq!(begun["stage"], "second_factor");
                let pending = app.nobody().with_token(begun["token"].as_str().unwrap());
                pending.post("/api/v1/session/second-factor", &json!({ "code": code })).await
            };
            let code = code_at(&secret, app.now()).unwrap();
            assert_eq!(second(&code).await.problem(401), "code_refused", "it set the factor up and is used");
            half_a_minute_later(&app);
            let code = code_at(&secret, app.now()).unwrap();
            let opened = second(&code).await.expect(201);
            assert_eq!(opened["stage"], "open");
            let nurse = app.nobody().with_token(opened["token"].as_str().unwrap());
            assert_eq!(nurse.get("/api/v1/me").await.expect(200)["role"], "ward_staff");
            assert_eq!(second(&code).await.problem(401), "code_refused", "replayed");
            let before = code_at(&secret, app.now().plus_seconds(-30)).unwrap();
            assert_eq!(second(&before).await.problem(401), "code_refused", "an older one");
            assert_eq!(second(&codes[0]).await.expect(201)["stage"], "open");
            assert_eq!(second(&codes[0]).await.problem(401), "code_refused", "replayed");
            assert_eq!(second(&codes[1].to_uppercase()).await.expect(201)["stage"], "open");
        }

        async fn a_token_of_the_first_step_is_good_for_one_second_step(app: TestApp) {
            let (secret, _) = set_up(&app, "nurse").await;
            half_a_minute_later(&app);
            let begun = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
            let pending = app.nobody().with_token(begun["token"].as_str().unwrap());
            let code = code_at(&secret, app.now()).unwrap();
            pending.post("/api/v1/session/second-factor", &json!({ "code": code })).await.expect(201);
            half_a_minute_later(&app);
            let code = code_at(&secret, app.now()).unwrap();
            let again = pending.post("/api/v1/session/second-factor", &json!({ "code": code })).await;
            assert_eq!(again.problem(401), "not_logged_in");
        }

        async fn what_was_typed_survives_both_steps_of_a_login(app: TestApp) {
            let (secret, _) = set_up(&app, "nurse").await;
            half_a_minute_later(&app);
            let held = [("held_to", "/patients/new"), ("held.name", "北見 <花子>")];
            let fields = [("login", "nurse"), ("password", DEMO_PASSWORD), held[0], held[1]];
            let page = app.nobody().submit("/login", &fields).await;
            assert!(page.text().contains("name=\"held.name\" value=\"北見 &#60;花子&#62;\""), "{}", page.text());
            let pending = app.nobody().with_cookie(&cookie(&page));
            let code = code_at(&secret, app.now()).unwrap();
            let back = send(&pending, &page, "/login/second", &[("code", &code), held[0], held[1]]).await;
            assert_eq!(back.status.as_u16(), 200);
            assert!(back.text().contains("action=\"/patients/new\""), "{}", back.text());
            assert!(back.text().contains("name=\"name\" value=\"北見 &#60;花子&#62;\""));
        }

        async fn changing_the_factor_asks_for_the_password_and_ends_other_sessions(app: TestApp) {
            let other = app.log_in("nurse").await;
            let nurse = app.log_in_by_page("nurse").await;
            let page = nurse.get("/account/factor").await;
            let secret = shown_secret(&page.text());
            let code = code_at(&secret, app.now()).unwrap();
            let refused = send(&nurse, &page, "/account/factor", &[("code", &code), ("password", "not the password")]).await;
            assert_eq!(refused.status.as_u16(), 422);
            assert!(!refused.text().contains("not the password") && !refused.text().contains(&format!("value=\"{code}\"")));
            let refused = send(&nurse, &page, "/account/factor", &[("code", "000000"), ("password", DEMO_PASSWORD)]).await;
            assert_eq!(refused.status.as_u16(), 422);
            let foreign = nurse.submit("/account/factor", &[("action", "send"), ("code", &code), ("password", DEMO_PASSWORD)]).await;
            assert_eq!(foreign.status.as_u16(), 403, "without the form's token");
            let done = send(&nurse, &page, "/account/factor", &[("code", &code), ("password", DEMO_PASSWORD)]).await;
            assert_eq!(done.status.as_u16(), 200, "{}", done.text());
            assert_eq!(other.get("/api/v1/me").await.problem(401), "not_logged_in");
            let page = nurse.get("/account/factor").await;
            assert_ne!(shown_secret(&page.text()), secret, "the secret is not shown again");
            let removed = send(&nurse, &page, "/account/factor/removal", &[("password", DEMO_PASSWORD)]).await;
            assert_eq!(removed.header("location"), Some("/account?done=factor-removed"));
            assert_eq!(login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201)["stage"], "open");
        }

        async fn sessions_are_listed_and_ended_by_their_owner_alone(app: TestApp) {
            let other = app.log_in("nurse").await;
            let nurse = app.log_in_by_page("nurse").await;
            let manager = app.log_in("caremanager").await;
            let page = nurse.get("/account").await;
            assert_eq!(page.text().matches("<th scope=\"row\"").count(), 2, "{}", page.text());
            let id = page.text().split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let stranger = app.log_in_by_page("coordinator").await;
            let their_page = stranger.get("/account").await;
            let csrf = [("csrf", value(&hidden(&their_page.text()), "csrf").to_owned())];
            let fields = [("csrf", csrf[0].1.as_str()), ("id", id.as_str()), ("action", "send")];
            stranger.submit("/account/sessions", &fields).await;
            assert_eq!(other.get("/api/v1/me").await.status.as_u16(), 200, "not somebody else's");
            send(&nurse, &page, "/account/sessions", &[("id", &id)]).await;
            assert_eq!(other.get("/api/v1/me").await.problem(401), "not_logged_in");
            assert_eq!(nurse.get("/account").await.status.as_u16(), 200);
            assert_eq!(manager.get("/api/v1/me").await.status.as_u16(), 200);
        }
    }
}
