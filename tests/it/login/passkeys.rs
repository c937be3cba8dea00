//! Passkeys: the two ceremonies with an authenticator in software, and everybody who would get around them.

use api::factor::code_at;
use domain::changes::{Changes, DirectoryChanges};
use domain::party::Account;
use domain::text::EmailAddress;
use serde_json::Value;
use server::city::DEMO_PASSWORD;
use tests::{Authenticator, Person, Reply, TestApp, on_both};

use super::{cookie, half_a_minute_later, login_by_api, password_given, recovery_codes, send, shown_secret};
use crate::api::{hidden, value};

fn authenticator(app: &TestApp) -> Authenticator {
    Authenticator::new(&app.config.server.public_url)
}

/// What the page's script asks for before it asks the authenticator.
async fn challenge(who: &Person, page: &str) -> Value {
    let form = who.get(page).await;
    let csrf = value(&hidden(&form.text()), "csrf").to_owned();
    let to = if page.starts_with("/login") { "/login/second/challenge" } else { "/account/passkeys/challenge" };
    let reply = who.submit(to, &[("csrf", &csrf), ("action", "send")]).await;
    assert_eq!(reply.header("content-type"), Some("application/json"), "{}", reply.text());
    reply.expect(200)
}

async fn answer(who: &Person, answer: &str) -> Reply {
    let page = who.get("/login/second").await;
    send(who, &page, "/login/second", &[("passkey", answer)]).await
}

/// Adds a passkey for somebody who is logged in.
async fn add(who: &Person, name: &str, answer: &str) -> Reply {
    let page = who.get("/account/passkeys").await;
    let fields = [("passkey_name", name), ("password", DEMO_PASSWORD), ("passkey", answer)];
    send(who, &page, "/account/passkeys", &fields).await
}

/// The nurse with one passkey, and her recovery codes.
async fn with_passkey(app: &TestApp) -> (Person, Authenticator, Vec<String>) {
    let nurse = app.log_in_by_page("nurse").await;
    let mut key = authenticator(app);
    let made = key.make(&challenge(&nurse, "/account/passkeys").await);
    let shown = add(&nurse, "病棟の端末", &made).await;
    assert_eq!(shown.status.as_u16(), 200, "{}", shown.text());
    (nurse, key, recovery_codes(&shown.text()))
}

async fn remove(who: &Person, id: &str, password: &str) -> Reply {
    let page = who.get("/account/passkeys/removal").await;
    send(who, &page, "/account/passkeys/removal", &[("passkey_id", id), ("password", password)]).await
}

/// Her passkeys as the page of the removal lists them.
async fn listed(who: &Person) -> Vec<String> {
    let page = who.get("/account/passkeys/removal").await.text();
    let ids = page.split("name=\"passkey_id\" value=\"").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

on_both! {
    with ["session.second_factor=true"];

    async fn a_first_login_is_set_up_with_a_passkey_and_the_next_ones_use_it(app: TestApp) {
        let (pending, _) = password_given(&app, "nurse").await;
        let mut key = authenticator(&app);
        let asked = challenge(&pending, "/login/second").await;
        assert_eq!(asked["publicKey"]["rp"]["id"], "localhost");
        assert_eq!(asked["publicKey"]["user"]["displayName"], "nurse", "an authenticator shows it to whoever holds it");
        let page = pending.get("/login/second").await;
        assert!(page.text().contains("data-passkey=\"add\"") && page.text().contains("<svg class=\"qr\""), "either of the two");
        let made = key.make(&asked);
        let fields = [("passkey_name", "病棟の端末"), ("passkey", made.as_str()), ("next", "/notices")];
        let opened = send(&pending, &page, "/login/second", &fields).await;
        assert_eq!(opened.status.as_u16(), 200, "{}", opened.text());
        let codes = recovery_codes(&opened.text());
        assert_eq!(codes.len(), 10);
        assert!(opened.text().contains("href=\"/notices\""));
        let nurse = app.nobody().with_cookie(&cookie(&opened));
        assert!(nurse.get("/account").await.text().contains("病棟の端末"));
        for round in 0..2 {
            let (pending, _) = password_given(&app, "nurse").await;
            let page = pending.get("/login/second").await.text();
            assert!(page.contains("data-passkey=\"use\"") && page.contains("回復コード"), "{page}");
            let asked = challenge(&pending, "/login/second").await;
            assert!(key.is_asked_by(&asked));
            let entered = answer(&pending, &key.sign(&asked)).await;
            assert_eq!(entered.status.as_u16(), 303, "{round}: {}", entered.text());
            let nurse = app.nobody().with_cookie(&cookie(&entered));
            assert!(!nurse.get("/account").await.text().contains("まだありません"), "its last use is shown");
        }
        let begun = login_by_api(&app, "nurse", DEMO_PASSWORD).await.expect(201);
        let pending = app.nobody().with_token(begun["token"].as_str().unwrap());
        let code = serde_json::json!({ "code": codes[0] });
        assert_eq!(pending.post("/api/v1/session/second-factor", &code).await.expect(201)["stage"], "open");
    }

    async fn an_enrolment_wants_a_name_and_keeps_what_was_typed(app: TestApp) {
        let (pending, _) = password_given(&app, "nurse").await;
        let made = authenticator(&app).make(&challenge(&pending, "/login/second").await);
        let page = pending.get("/login/second").await;
        let held = [("held_to", "/patients/new"), ("held.name", "北見 花子")];
        let refused = send(&pending, &page, "/login/second", &[("passkey_name", " "), ("passkey", &made), held[0], held[1]]).await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.text().contains("name=\"held.name\" value=\"北見 花子\"") && !refused.text().contains("attestationObject"));
        let opened = send(&pending, &page, "/login/second", &[("passkey_name", "鍵"), ("passkey", &made), held[0], held[1]]).await;
        assert_eq!(opened.status.as_u16(), 200, "the challenge was not answered yet: {}", opened.text());
        assert!(opened.text().contains("name=\"name\" value=\"北見 花子\""));
    }

    async fn the_last_second_factor_stays_and_another_may_go(app: TestApp) {
        let (pending, _) = password_given(&app, "nurse").await;
        let mut first = authenticator(&app);
        let made = first.make(&challenge(&pending, "/login/second").await);
        let page = pending.get("/login/second").await;
        let opened = send(&pending, &page, "/login/second", &[("passkey_name", "一本目"), ("passkey", &made)]).await;
        let nurse = app.nobody().with_cookie(&cookie(&opened));
        let ids = listed(&nurse).await;
        assert!(ids.is_empty(), "no form at all: it would be refused");
        let id = app.service.store.passkeys(app.city.cast.nurse).await.unwrap()[0].id.to_string();
        let refused = remove(&nurse, &id, DEMO_PASSWORD).await;
        assert_eq!(refused.status.as_u16(), 409, "{}", refused.text());
        let made = authenticator(&app).make(&challenge(&nurse, "/account/passkeys").await);
        let added = add(&nurse, "二本目", &made).await;
        assert_eq!(added.header("location"), Some("/account?done=passkey-added"), "no codes anew: {}", added.text());
        let ids = listed(&nurse).await;
        assert_eq!(ids.len(), 2);
        assert_eq!(remove(&nurse, &ids[0], "not the password").await.status.as_u16(), 422);
        assert_eq!(remove(&nurse, &ids[0], DEMO_PASSWORD).await.header("location"), Some("/account?done=passkey-removed"));
        assert_eq!(remove(&nurse, &ids[1], DEMO_PASSWORD).await.status.as_u16(), 409);
        let (pending, _) = password_given(&app, "nurse").await;
        let asked = challenge(&pending, "/login/second").await;
        assert!(!first.is_asked_by(&asked));
        assert_eq!(answer(&pending, &first.sign(&asked)).await.status.as_u16(), 401, "it was removed");
    }
}

mod voluntary {
    use super::*;

    on_both! {
        async fn an_answer_is_taken_once(app: TestApp) {
            let (_, mut key, _) = with_passkey(&app).await;
            let (pending, _) = password_given(&app, "nurse").await;
            assert_eq!(answer(&pending, "{}").await.status.as_u16(), 401, "nothing was asked");
            let asked = challenge(&pending, "/login/second").await;
            let signed = key.sign(&asked);
            assert_eq!(answer(&pending, &signed).await.status.as_u16(), 303);
            let (pending, _) = password_given(&app, "nurse").await;
            assert_eq!(answer(&pending, &signed).await.status.as_u16(), 401, "replayed without a challenge");
            challenge(&pending, "/login/second").await;
            assert_eq!(answer(&pending, &signed).await.status.as_u16(), 401, "replayed to another one");
            let asked = challenge(&pending, "/login/second").await;
            assert_eq!(answer(&pending, "nonsense").await.status.as_u16(), 401);
            assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), 401, "a wrong answer used the challenge up");
            let asked = challenge(&pending, "/login/second").await;
            assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), 303);
        }

        async fn a_challenge_belongs_to_one_session_and_one_moment(app: TestApp) {
            let (nurse, mut key, _) = with_passkey(&app).await;
            let (one, _) = password_given(&app, "nurse").await;
            let (other, _) = password_given(&app, "nurse").await;
            let asked = challenge(&one, "/login/second").await;
            challenge(&other, "/login/second").await;
            assert_eq!(answer(&other, &key.sign(&asked)).await.status.as_u16(), 401, "asked of another session");
            let void = challenge(&one, "/login/second").await;
            let asked = challenge(&one, "/login/second").await;
            assert_eq!(answer(&one, &key.sign(&void)).await.status.as_u16(), 401, "a newer one was asked");
            assert_eq!(answer(&one, &key.sign(&asked)).await.status.as_u16(), 401, "and that is used up");
            let asked = challenge(&one, "/login/second").await;
            app.clock.set(app.now().plus_seconds(300));
            assert_eq!(answer(&one, &key.sign(&asked)).await.status.as_u16(), 401, "five minutes are over");
            let asked = challenge(&nurse, "/account/passkeys").await;
            let crossed = challenge(&one, "/login/second").await;
            assert_eq!(add(&nurse, "鍵", &key.sign(&crossed)).await.status.as_u16(), 422, "another kind of ceremony");
            assert_eq!(answer(&one, &authenticator(&app).make(&asked)).await.status.as_u16(), 401);
        }

        async fn an_answer_from_another_page_is_refused(app: TestApp) {
            let (nurse, mut key, _) = with_passkey(&app).await;
            let (pending, _) = password_given(&app, "nurse").await;
            for origin in ["https://localhost:8080", "http://localhost:8081", "http://localhost.evil.example:8080", "https://evil.example"] {
                let asked = challenge(&pending, "/login/second").await;
                key.origin = origin.to_owned();
                assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), 401, "{origin}");
                let mut other = Authenticator::new(origin);
                let made = other.make(&challenge(&nurse, "/account/passkeys").await);
                assert_eq!(add(&nurse, "鍵", &made).await.status.as_u16(), 422, "{origin}");
            }
            key.origin.clone_from(&app.config.server.public_url);
            let mut asked = challenge(&pending, "/login/second").await;
            asked["publicKey"]["rpId"] = "evil.example".into();
            assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), 401, "made for another name");
        }

        async fn a_stranger_to_its_owner_opens_nothing(app: TestApp) {
            let (nurse, mut key, _) = with_passkey(&app).await;
            let (pending, _) = password_given(&app, "nurse").await;
            key.verified = false;
            let asked = challenge(&pending, "/login/second").await;
            assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), 401, "touched without PIN or fingerprint");
            let mut stolen = authenticator(&app);
            stolen.verified = false;
            let made = stolen.make(&challenge(&nurse, "/account/passkeys").await);
            assert_eq!(add(&nurse, "鍵", &made).await.status.as_u16(), 422);
            let asked = challenge(&pending, "/login/second").await;
            assert_eq!(answer(&pending, &authenticator(&app).sign(&asked)).await.status.as_u16(), 401, "nobody's key");
        }

        async fn a_copy_whose_counter_lags_is_refused(app: TestApp) {
            let (_, mut key, _) = with_passkey(&app).await;
            for (counter, status) in [(7, 303), (7, 401), (3, 401), (8, 303)] {
                let (pending, _) = password_given(&app, "nurse").await;
                let asked = challenge(&pending, "/login/second").await;
                key.counter = counter;
                assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), status, "{counter}");
            }
            let (slow, _) = password_given(&app, "nurse").await;
            let (fast, _) = password_given(&app, "nurse").await;
            let asked_before = challenge(&slow, "/login/second").await;
            let asked = challenge(&fast, "/login/second").await;
            key.counter = 20;
            assert_eq!(answer(&fast, &key.sign(&asked)).await.status.as_u16(), 303);
            key.counter = 15;
            let late = answer(&slow, &key.sign(&asked_before)).await;
            assert_eq!(late.status.as_u16(), 401, "it grew since the challenge, but not since the last use");
        }

        async fn a_credential_belongs_to_one_account(app: TestApp) {
            let (nurse, mut key, _) = with_passkey(&app).await;
            let coordinator = app.log_in_by_page("coordinator").await;
            let made = key.make(&challenge(&coordinator, "/account/passkeys").await);
            assert_eq!(add(&coordinator, "鍵", &made).await.status.as_u16(), 422);
            let made = key.make(&challenge(&nurse, "/account/passkeys").await);
            assert_eq!(add(&nurse, "もう一度", &made).await.status.as_u16(), 422);
            assert_eq!(app.service.store.passkeys(app.city.cast.nurse).await.unwrap().len(), 1);
        }

        async fn adding_asks_for_the_password_and_keeps_the_name(app: TestApp) {
            let nurse = app.log_in_by_page("nurse").await;
            let made = authenticator(&app).make(&challenge(&nurse, "/account/passkeys").await);
            let page = nurse.get("/account/passkeys").await;
            let fields = [("passkey_name", "病棟の<鍵>"), ("password", "not the password"), ("passkey", made.as_str())];
            let refused = send(&nurse, &page, "/account/passkeys", &fields).await;
            assert_eq!(refused.status.as_u16(), 422);
            let text = refused.text();
            assert!(text.contains("value=\"病棟の&#60;鍵&#62;\"") && !text.contains("not the password") && !text.contains("attestationObject"));
            let foreign = nurse.submit("/account/passkeys/challenge", &[("csrf", "x"), ("action", "look")]).await;
            assert_eq!(foreign.status.as_u16(), 403);
            assert_eq!(app.nobody().submit("/login/second/challenge", &[("csrf", "x")]).await.status.as_u16(), 401);
            assert_eq!(nurse.submit("/login/second/challenge", &[("csrf", "x")]).await.status.as_u16(), 401, "her login is done");
        }

        async fn adding_and_removing_are_told_by_mail_and_end_other_sessions(app: TestApp) {
            let nurse = app.city.account(app.city.cast.nurse);
            let id = uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002).into();
            let email = EmailAddress::parse("jiro@h01.example.jp").ok();
            let jiro = Account { id, login: "jiro".into(), email, ..nurse.clone() };
            let directory = DirectoryChanges { accounts: vec![jiro.clone()], ..Default::default() };
            app.service.store.apply(Changes { directory, ..Default::default() }).await.unwrap();
            let other = app.session_of(&jiro).await;
            let person = app.log_in_by_page("jiro").await;
            let made = authenticator(&app).make(&challenge(&person, "/account/passkeys").await);
            assert_eq!(recovery_codes(&add(&person, "鍵", &made).await.text()).len(), 10);
            let mails = app.send_mails().await;
            assert!(mails.len() == 1 && mails[0].text.contains("パスキーが追加されました"), "{mails:?}");
            assert!(!mails[0].text.contains('鍵'), "the name is her own");
            let ids = listed(&person).await;
            remove(&person, &ids[0], DEMO_PASSWORD).await;
            let mails = app.send_mails().await;
            assert!(mails.len() == 1 && mails[0].text.contains("パスキーが削除されました"), "{mails:?}");
            assert_eq!(other.get("/api/v1/me").await.problem(401), "not_logged_in");
            assert_eq!(login_by_api(&app, "jiro", DEMO_PASSWORD).await.expect(201)["stage"], "open", "codes go with the last one");
            let trail = app.service.store.audit(app.city.region.id, &storage::AuditFilter { account_id: Some(id), ..Default::default() }, 20).await.unwrap();
            for action in ["add_passkey", "remove_passkey"] {
                assert!(trail.iter().any(|row| row.entry.action == action), "{action}");
            }
        }

        async fn passkey_and_authenticator_stand_side_by_side(app: TestApp) {
            let (nurse, mut key, codes) = with_passkey(&app).await;
            let page = nurse.get("/account/factor").await;
            let secret = shown_secret(&page.text());
            let code = code_at(&secret, app.now()).unwrap();
            let shown = send(&nurse, &page, "/account/factor", &[("code", &code), ("password", DEMO_PASSWORD)]).await;
            let fresh = recovery_codes(&shown.text());
            assert!(fresh.len() == 10 && fresh != codes);
            half_a_minute_later(&app);
            let (pending, _) = password_given(&app, "nurse").await;
            let page = pending.get("/login/second").await;
            assert!(page.text().contains("data-passkey=\"use\"") && page.text().contains("認証アプリの6桁のコード"));
            let code = code_at(&secret, app.now()).unwrap();
            assert_eq!(send(&pending, &page, "/login/second", &[("code", &code)]).await.status.as_u16(), 303);
            let (pending, _) = password_given(&app, "nurse").await;
            let asked = challenge(&pending, "/login/second").await;
            let entered = answer(&pending, &key.sign(&asked)).await;
            let nurse = app.nobody().with_cookie(&cookie(&entered));
            let page = nurse.get("/account/factor").await;
            send(&nurse, &page, "/account/factor/removal", &[("password", DEMO_PASSWORD)]).await;
            let (pending, _) = password_given(&app, "nurse").await;
            let asked = challenge(&pending, "/login/second").await;
            assert_eq!(answer(&pending, &key.sign(&asked)).await.status.as_u16(), 303, "the passkey stays");
        }

        async fn ten_are_enough(app: TestApp) {
            let (nurse, _, _) = with_passkey(&app).await;
            for n in 2..=11 {
                let made = authenticator(&app).make(&challenge(&nurse, "/account/passkeys").await);
                let status = add(&nurse, "鍵", &made).await.status.as_u16();
                assert_eq!(status, if n <= 10 { 303 } else { 409 }, "{n}");
            }
        }
    }
}

mod turned_off {
    use super::*;

    on_both! {
        with ["session.passkeys=false", "server.public_url=\"http://192.0.2.1\""];

        async fn nothing_of_them_is_offered(app: TestApp) {
            let nurse = app.log_in_by_page("nurse").await;
            assert!(!nurse.get("/account").await.text().contains("パスキー"));
            assert_eq!(nurse.get("/account/passkeys").await.status.as_u16(), 404);
            let page = nurse.get("/account/factor").await;
            let csrf = value(&hidden(&page.text()), "csrf").to_owned();
            let asked = nurse.submit("/account/passkeys/challenge", &[("csrf", &csrf), ("action", "send")]).await;
            assert_eq!(asked.status.as_u16(), 404);
        }
    }
}
