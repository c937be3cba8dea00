//! Whoever guesses: locked after a while, and none the wiser.

use serde_json::json;
use server::city::DEMO_PASSWORD;
use tests::on_both;

use super::{login_by_api, set_up};

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
            let page = app.nobody().submit("/login", &[("login", "nurse"), ("password", DEMO_PASSWORD)]).await;
            assert_eq!(page.status.as_u16(), 429);
            app.clock.set(app.now().plus_seconds(15 * 60 + 1));
            login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        }
    }
}
