//! Whoever guesses: locked after a while, and none the wiser.

use serde_json::json;
use server::city::DEMO_PASSWORD;
use tests::on_both;

use crate::api::dump;

use super::{half_a_minute_later, login_by_api, set_up};

on_both! {
    /// Unknown, wrong, locked, too long: the same answer for the same work.
    async fn nobody_learns_whether_an_account_exists(app: TestApp) {
        for _ in 0..10 {
            login_by_api(&app, "coordinator", "wrong but long enough").await;
        }
        let mut answers = Vec::new();
        let long = "x".repeat(5000);
        for (login, password) in [
            ("nurse", "wrong but long enough"),
            ("nobody-of-that-name", "wrong but long enough"),
            ("coordinator", DEMO_PASSWORD),
            ("nurse", long.as_str()),
            (long.as_str(), DEMO_PASSWORD),
            ("", ""),
        ] {
            let before = app.service.app.passwords().runs();
            let reply = login_by_api(&app, login, password).await;
            assert_eq!(app.service.app.passwords().runs() - before, 1, "one run of argon2 for {login:.20}");
            assert_eq!(reply.problem(401), "login_refused");
            answers.push(reply.json());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    }

    /// Known or not, each failure is a row, of the same request; what was typed is in none.
    async fn a_failed_login_is_on_the_trail_whoever_was_meant(app: TestApp) {
        for (login, action) in [("nurse", "log_in_refused"), ("my password, by mistake", "log_in_unknown")] {
            let reply = login_by_api(&app, login, "wrong but long enough").await;
            let row = app.service.store.audit(app.city.region.id, &Default::default(), 1).await.unwrap().remove(0).entry;
            assert_eq!(row.action, action);
            assert_eq!(reply.header("x-request-id"), Some(row.request_id.to_string().as_str()));
            assert_eq!(row.account_id.is_some(), login == "nurse");
            app.clock.advance_seconds(1);
        }
        let page = app.log_in_by_page("auditor").await.get("/audit").await.text();
        assert!(page.contains("登録のないログイン名") && !page.contains("by mistake"), "{page}");
        assert!(dump(&app.config.database.url).await.iter().all(|(_, row)| !row.contains("by mistake")));
    }

    async fn ten_wrong_passwords_lock_the_login_for_a_while(app: TestApp) {
        for _ in 0..9 {
            login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
        }
        login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        for _ in 0..10 {
            login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
        }
        assert_eq!(login_by_api(&app, "nurse", DEMO_PASSWORD).await.problem(401), "login_refused");
        login_by_api(&app, "caremanager", DEMO_PASSWORD).await.expect(201);
        app.clock.set(app.now().plus_seconds(15 * 60 + 1));
        login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
    }

    /// Whoever goes on while it is locked makes the lock no longer.
    async fn a_lock_ends_whatever_is_tried_meanwhile(app: TestApp) {
        for _ in 0..10 {
            login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
        }
        for _ in 0..14 {
            app.clock.advance_seconds(60);
            login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
        }
        app.clock.advance_seconds(61);
        login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
    }

    /// All of them pass the first look at the lock; the right one waits for its turn behind more wrong ones than are let pass.
    async fn many_guesses_at_once_are_as_many_guesses(app: TestApp) {
        set_up(&app, "nurse").await;
        let mut guesses = Vec::new();
        for n in 0..24 {
            let password = if n == 23 { DEMO_PASSWORD } else { "wrong but long enough" };
            let (nobody, body) = (app.nobody(), json!({ "login": "nurse", "password": password }));
            guesses.push(tokio::spawn(async move { nobody.post("/api/v1/session", &body).await }));
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        for guess in guesses {
            assert_eq!(guess.await.unwrap().problem(401), "login_refused");
        }
    }

    async fn wrong_codes_lock_too_and_a_right_password_does_not_forgive_them(app: TestApp) {
        set_up(&app, "nurse").await;
        for _ in 0..10 {
            let begun = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
            let pending = app.nobody().with_token(begun["token"].as_str().unwrap());
            let reply = pending.post("/api/v1/session/second-factor", &json!({ "code": "000000" })).await;
            assert_eq!(reply.problem(401), "code_refused");
        }
        assert_eq!(login_by_api(&app, "nurse", DEMO_PASSWORD).await.problem(401), "login_refused");
    }
}

mod by_network {
    use tests::{Reply, TestApp};

    use super::*;

    const STRANGER: &str = "203.0.113.9";

    async fn from(app: &TestApp, network: &str, login: &str, password: &str) -> Reply {
        let body = json!({ "login": login, "password": password });
        app.nobody().post_with("/api/v1/session", &body, &[("x-forwarded-for", network)]).await
    }

    on_both! {
        with ["server.trusted_proxies=[\"127.0.0.1\"]", "session.login_lockout_after=25"];

        async fn a_stranger_locks_nobody_out_but_where_she_guesses_from(app: TestApp) {
            for _ in 0..40 {
                from(&app, STRANGER, "nurse", "wrong but long enough").await.problem(401);
            }
            from(&app, STRANGER, "nurse", DEMO_PASSWORD).await.problem(401);
            from(&app, "198.51.100.1", "nurse", DEMO_PASSWORD).await.expect(201);
            from(&app, STRANGER, "nurse", DEMO_PASSWORD).await.problem(401);
            from(&app, STRANGER, "caremanager", DEMO_PASSWORD).await.expect(201);
        }

        async fn guessing_from_many_networks_locks_the_name_everywhere(app: TestApp) {
            for n in 0..25 {
                let network = format!("203.0.113.{}", n % 5);
                from(&app, &network, "nurse", "wrong but long enough").await.problem(401);
            }
            from(&app, "198.51.100.1", "nurse", DEMO_PASSWORD).await.problem(401);
            from(&app, "198.51.100.1", "caremanager", DEMO_PASSWORD).await.expect(201);
            app.clock.advance_seconds(15 * 60 + 1);
            from(&app, "198.51.100.1", "nurse", DEMO_PASSWORD).await.expect(201);
        }

        /// Six digits are few, and whoever gets there has the password already.
        async fn wrong_codes_count_wherever_they_come_from(app: TestApp) {
            let (secret, _) = set_up(&app, "nurse").await;
            let begun = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
            let pending = app.nobody().with_token(begun["token"].as_str().unwrap());
            for n in 0..10 {
                let from = [("x-forwarded-for", ["203.0.113.1", "203.0.113.2", "203.0.113.3"][n % 3])];
                let reply = pending.post_with("/api/v1/session/second-factor", &json!({ "code": "000000" }), &from).await;
                assert_eq!(reply.problem(401), "code_refused");
            }
            let later = half_a_minute_later(&app);
            let code = api::factor::code_at(&secret, later).unwrap();
            let from = [("x-forwarded-for", "198.51.100.1")];
            let reply = pending.post_with("/api/v1/session/second-factor", &json!({ "code": code }), &from).await;
            assert_eq!(reply.problem(401), "code_refused");
        }
    }
}

mod by_address {
    use super::*;

    on_both! {
        with ["session.address_lockout_after=6"];

        /// Whatever names were tried, and whether or not anybody has them.
        async fn an_address_that_guesses_is_not_listened_to_for_a_while(app: TestApp) {
            for n in 0..6 {
                login_by_api(&app, &format!("somebody-{n}"), "wrong but long enough").await.problem(401);
            }
            let runs = app.service.app.passwords().runs();
            assert_eq!(login_by_api(&app, "nurse", DEMO_PASSWORD).await.problem(429), "too_many");
            assert_eq!(login_by_api(&app, "nobody-of-that-name", DEMO_PASSWORD).await.problem(429), "too_many");
            assert_eq!(app.service.app.passwords().runs(), runs, "no work is done for it");
            let trail = app.service.store.audit(app.city.region.id, &Default::default(), 50).await.unwrap();
            let told = trail.iter().filter(|row| row.entry.action == "address_locked").count();
            assert_eq!(told, 1, "once while the lock lasts, so that nobody fills the trail");
            let page = app.nobody().submit("/login", &[("login", "nurse"), ("password", DEMO_PASSWORD)]).await;
            assert_eq!(page.status.as_u16(), 429);
            app.clock.set(app.now().plus_seconds(15 * 60 + 1));
            login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        }
    }
}
