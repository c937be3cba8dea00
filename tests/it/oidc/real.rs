//! With a real provider: linking, logging in, taking off, and who is sent away.

use domain::credential::Proof;
use domain::time::ManualClock;
use scheduler::mail::Mailer;
use server::service::{Parts, Service};
use tests::on_both;
use tests::provider::{keys, keys_of};

use super::*;
use crate::login::login_by_api;

async fn start(engine: Engine) -> TestApp {
    started(engine, keys()).await
}

/// Takes the link off, by the page.
async fn takes_off(who: &Person, password: &str) -> Reply {
    let page = who.get("/account/oidc").await;
    let all = hidden(&page.text());
    let fields = ["csrf", "issuer"].map(|name| (name, value(&all, name)));
    who.submit("/account/oidc/removal", &[fields[0], fields[1], ("action", "send"), ("password", password)]).await
}

async fn changed(app: &TestApp, proof: Proof) {
    app.service.store.apply(Changes { credentials: vec![proof], ..Changes::default() }).await.unwrap();
}

on_both! {
    by start;

    async fn she_links_her_account_logs_in_with_it_and_takes_it_off(app: TestApp) {
        let (nurse, _) = by_password(&app, "nurse").await;
        assert!(nurse.get("/account").await.text().contains("連携していません"));
        let linked = link(&app, "nurse", NURSE).await;
        assert_eq!(linked.header("location"), Some("/account?done=outside-linked"), "{}", linked.text());
        let mails = app.send_mails().await;
        assert!(mails.iter().any(|mail| mail.text.contains("外部アカウントでのログインが設定されました")));
        let account = nurse.get("/account").await.text();
        assert!(account.contains("架空の認証基盤") && !account.contains("outside-hanako"), "{account}");
        assert!(app.nobody().get("/login").await.text().contains("架空の認証基盤でログイン"));

        let way = sets_out(&app, "?next=%2Fnotices").await;
        let back = Browser::default().goes(&way.to, NURSE).await;
        let entered = way.browser.get(&back).await;
        assert_eq!(entered.header("location"), Some("/notices"), "{}", entered.text());
        let session = cookie(&entered, "tsunagi");
        let inside = app.nobody().with_cookie(&session);
        let account = inside.get("/account").await.text();
        assert_eq!(account.matches("name=\"id\"").count(), 2, "a session like the two others: {account}");
        assert!(!account.contains("まだありません"), "its last use is shown");
        assert_eq!(trail(&app).await[..1], ["log_in_by_outside_account"]);

        assert_eq!(takes_off(&nurse, "not the password").await.status.as_u16(), 422);
        let off = takes_off(&nurse, DEMO_PASSWORD).await;
        assert_eq!(off.header("location"), Some("/account?done=outside-unlinked"), "{}", off.text());
        assert_eq!(inside.get("/account").await.status.as_u16(), 303, "what it had opened has ended");
        let mails = app.send_mails().await;
        assert!(mails.iter().any(|mail| mail.text.contains("外部アカウントでのログインが解除されました")));
        is_refused(&log_in(&app, NURSE).await, 401, "この外部アカウントではログインできません", "Nobody can log in");
        let said = trail(&app).await;
        assert_eq!(said[0], "unlink_outside_account");
        assert!(said.contains(&"link_outside_account".to_owned()) && said.contains(&"password_refused".to_owned()));
    }

    async fn a_session_of_it_ends_like_any_other(app: TestApp) {
        link(&app, "nurse", NURSE).await;
        let entered = log_in(&app, NURSE).await;
        let inside = app.nobody().with_cookie(&cookie(&entered, "tsunagi"));
        assert_eq!(inside.get("/account").await.status.as_u16(), 200);
        app.clock.advance_seconds(app.config.session.idle_minutes * 60);
        assert_eq!(inside.get("/account").await.status.as_u16(), 303);
    }

    async fn one_factor_is_not_enough_and_which_two_is_asked(app: TestApp) {
        for one in ["pwd", "otp", "pwd pin", "hwk user"] {
            let refused = link(&app, "nurse", Says::Is("outside-hanako", one, "urn:two")).await;
            assert_eq!(refused.header("location"), Some("/account/oidc?failed=outside_one_factor"), "{one}");
        }
        let (nurse, _) = by_password(&app, "nurse").await;
        let shown = nurse.get("/account/oidc?failed=outside_one_factor").await.text();
        assert!(shown.contains("多要素認証を設定してください") && shown.contains("did not confirm two factors"));
        assert_eq!(app.service.store.outside_identities(app.city.cast.nurse).await.unwrap(), []);
        link(&app, "nurse", NURSE).await;
        for one in ["pwd", "otp", "pwd pin"] {
            let refused = log_in(&app, Says::Is("outside-hanako", one, "urn:two")).await;
            is_refused(&refused, 401, "多要素認証を設定してください", "did not confirm two factors");
            assert_eq!(trail(&app).await[..1], ["outside_log_in_refused"]);
        }
        let stranger = log_in(&app, Says::Is("a-stranger", "pwd", "")).await;
        is_refused(&stranger, 401, "多要素認証を設定してください", "did not confirm two factors");
        for two in ["mfa", "pwd hwk", "fpt swk"] {
            assert_eq!(log_in(&app, Says::Is("outside-hanako", two, "")).await.status.as_u16(), 303, "{two}");
        }
    }

    async fn unknown_closed_and_locked_are_one_answer(app: TestApp) {
        let unknown = log_in(&app, NURSE).await;
        is_refused(&unknown, 401, "この外部アカウントではログインできません", "Nobody can log in");
        link(&app, "nurse", NURSE).await;
        let account_id = app.city.cast.nurse;
        changed(&app, Proof::Close { account_id, at: Some(app.now()) }).await;
        let closed = log_in(&app, NURSE).await;
        assert_eq!((closed.status, closed.text()), (unknown.status, unknown.text()));
        assert_eq!(trail(&app).await[..1], ["outside_log_in_refused"]);
        changed(&app, Proof::Close { account_id, at: None }).await;
        for _ in 0..10 {
            login_by_api(&app, "nurse", "wrong but long enough").await.problem(401);
        }
        let locked = log_in(&app, NURSE).await;
        assert_eq!((locked.status, locked.text()), (unknown.status, unknown.text()));
        app.clock.advance_seconds(15 * 60 + 1);
        assert_eq!(login_by_api(&app, "nurse", DEMO_PASSWORD).await.status.as_u16(), 201, "the lock is over");
    }

    async fn an_answer_is_taken_once_and_in_its_own_browser_alone(app: TestApp) {
        link(&app, "nurse", NURSE).await;
        let way = sets_out(&app, "").await;
        let back = Browser::default().goes(&way.to, NURSE).await;
        let over = |reply: &Reply| is_refused(reply, 401, "もう一度はじめからお試しください", "Please start again");
        over(&app.nobody().get(&back).await);
        over(&sets_out(&app, "").await.browser.get(&back).await);
        let state = way.asks("state");
        let foreign = format!("{}0", &state[..state.len() - 1]);
        over(&way.browser.get(&back.replace(&state, &foreign)).await);
        over(&way.browser.get(&back.replace(&format!("state={state}"), "")).await);
        assert_eq!(way.browser.get(&back).await.status.as_u16(), 303, "none of that has used it up");
        over(&way.browser.get(&back).await);
        let way = sets_out(&app, "").await;
        let back = Browser::default().goes(&way.to, NURSE).await;
        let other_issuer = back.replace("iss=", "iss=x");
        is_refused(&way.browser.get(&other_issuer).await, 401, "応答を確認できませんでした", "could not be accepted");
        over(&way.browser.get(&back).await);
        let way = sets_out(&app, "").await;
        let back = Browser::default().goes(&way.to, NURSE).await;
        app.clock.advance_seconds(600);
        over(&way.browser.get(&back).await);
    }

    async fn the_way_back_may_end_at_another_instance(first: TestApp) {
        let mut app = first;
        link(&app, "nurse", NURSE).await;
        let (way, late) = (sets_out(&app, "").await, sets_out(&app, "").await);
        let back = Browser::default().goes(&way.to, NURSE).await;
        let parts = Parts {
            clock: std::sync::Arc::<ManualClock>::clone(&app.clock),
            seed: [9; 32],
            mailer: Mailer::Memory(app.mails.clone()),
            extra: None,
            demo: false,
            ticking: false,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = Service::start(&app.config, app.service.store.clone(), listener, parts).await.unwrap();
        let one = std::mem::replace(&mut app.service, other);
        let there = app.nobody().with_cookie(way.browser.cookie()).get(&back).await;
        assert_eq!(there.status.as_u16(), 303, "{}", there.text());
        let over = |reply: &Reply| is_refused(reply, 401, "もう一度はじめからお試しください", "Please start again");
        over(&way.browser.get(&back).await);
        let back = Browser::default().goes(&late.to, NURSE).await;
        assert_eq!(late.browser.get(&back).await.status.as_u16(), 303);
        over(&app.nobody().with_cookie(late.browser.cookie()).get(&back).await);
        drop(one);
    }

    async fn linking_belongs_to_the_session_that_asked_and_to_one_person(app: TestApp) {
        let (nurse, session) = by_password(&app, "nurse").await;
        let wrong = [("csrf", "x"), ("action", "send"), ("password", DEMO_PASSWORD)];
        assert_eq!(nurse.submit("/account/oidc", &wrong).await.status.as_u16(), 403);
        let page = nurse.get("/account/oidc").await;
        let all = hidden(&page.text());
        let wrong = [("csrf", value(&all, "csrf")), ("action", "send"), ("password", "not the password")];
        let refused = nurse.submit("/account/oidc", &wrong).await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(!refused.text().contains("not the password"));

        let (_, other) = by_password(&app, "coordinator").await;
        let way = wants_to_link(&nurse, &session).await;
        let back = Browser::default().goes(&way.to, NURSE).await;
        // Her way in a browser where somebody else is logged in by now.
        let outside = wants_to_link(&nurse, &session).await;
        let ours = Browser::default().goes(&outside.to, NURSE).await;
        let held = outside.browser.cookie().split("; ").find(|pair| pair.starts_with("tsunagi-outside=")).unwrap();
        let crossed = app.nobody().with_cookie(&format!("{other}; {held}")).get(&ours).await;
        is_refused(&crossed, 401, "もう一度はじめからお試しください", "Please start again");
        assert_eq!(way.browser.get(&back).await.header("location"), Some("/account?done=outside-linked"));

        let taken = link(&app, "coordinator", NURSE).await;
        assert_eq!(taken.header("location"), Some("/account/oidc?failed=outside_taken"), "it is the nurse's");
        let (coordinator, session) = by_password(&app, "coordinator").await;
        let way = wants_to_link(&coordinator, &session).await;
        let cancelled = way.browser.get(&Browser::default().goes(&way.to, Says::Cancels).await).await;
        assert_eq!(cancelled.header("location"), Some("/account/oidc?failed=outside_cancelled"));
        assert_eq!(app.service.store.outside_identities(app.city.cast.nurse).await.unwrap().len(), 1);
    }

    async fn who_is_asked_anew_and_who_cancels(app: TestApp) {
        link(&app, "nurse", NURSE).await;
        let mut shared = Browser::default();
        let way = sets_out(&app, "").await;
        assert!(way.to.contains("prompt=login") && way.to.contains("max_age=0") && !way.to.contains("acr_values"));
        assert_eq!(way.browser.get(&shared.goes(&way.to, NURSE).await).await.status.as_u16(), 303);
        // Whoever is next at the same computer is asked who she is, though somebody is logged in there; see `Browser::goes`.
        let way = sets_out(&app, "").await;
        assert_eq!(way.browser.get(&shared.goes(&way.to, NURSE).await).await.status.as_u16(), 303);
        let cancelled = log_in(&app, Says::Cancels).await;
        is_refused(&cancelled, 401, "取り消されました", "was cancelled");
    }

    async fn a_lost_factor_that_is_reset_takes_the_link_off(app: TestApp) {
        link(&app, "nurse", NURSE).await;
        app.send_mails().await;
        crate::login::reset(&app, "nurse").await;
        is_refused(&log_in(&app, NURSE).await, 401, "この外部アカウントではログインできません", "Nobody can log in");
    }
}

mod by_acr {
    use super::*;

    /// By the other way to authenticate, and with the other algorithm.
    async fn start(engine: Engine) -> TestApp {
        let mut keys = keys_of(tests::provider::issuer(), "tsunagi-es");
        keys.extend(["oidc.two_factors_acr=[\"urn:two\"]".to_owned(), "oidc.two_factors_amr=false".to_owned()]);
        started(engine, &keys).await
    }

    on_both! {
        by start;

        async fn an_agreed_class_is_asked_for_and_counts_alone(app: TestApp) {
            assert_eq!(sets_out(&app, "").await.asks("acr_values"), "urn%3Atwo");
            assert!(link(&app, "nurse", NURSE).await.header("location").unwrap().ends_with("outside_one_factor"));
            let two = Says::Is("outside-hanako", "pwd", "urn:two");
            assert_eq!(link(&app, "nurse", two).await.header("location"), Some("/account?done=outside-linked"));
            assert_eq!(log_in(&app, two).await.status.as_u16(), 303);
            let other = log_in(&app, Says::Is("outside-hanako", "mfa", "urn:one")).await;
            is_refused(&other, 401, "多要素認証を設定してください", "did not confirm two factors");
        }
    }
}
