//! With a provider that lies: forged, foreign, old and early tokens, and one that can't be understood at all.

use serde_json::{Value, json};
use tests::lying_provider::{LyingProvider, unsigned};
use tests::on_both;
use tests::provider::keys_of;

use super::*;

const REFUSED: (&str, &str) = ("応答を確認できませんでした", "could not be accepted");
const AWAY: (&str, &str) = ("接続できませんでした", "does not answer");

/// The service, its provider, and the nurse's account linked to "outside-hanako".
struct Place {
    app: TestApp,
    provider: LyingProvider,
}

async fn start(engine: Engine) -> Place {
    let provider = LyingProvider::start().await;
    let app = started(engine, &keys_of(&provider.issuer, "tsunagi")).await;
    let place = Place { app, provider };
    let (nurse, session) = by_password(&place.app, "nurse").await;
    let way = wants_to_link(&nurse, &session).await;
    let token = place.provider.signed(&header(), &place.claims(&way));
    let linked = place.brings(&way, token).await;
    assert_eq!(linked.header("location"), Some("/account?done=outside-linked"), "{}", linked.text());
    place
}

fn header() -> Value {
    json!({ "alg": "ES256", "typ": "JWT", "kid": "one" })
}

impl Place {
    fn seconds(&self) -> i64 {
        self.app.now().micros() / 1_000_000
    }

    /// What an honest provider would say.
    fn claims(&self, way: &Way) -> Value {
        let now = self.seconds();
        json!({
            "iss": self.provider.issuer, "sub": "outside-hanako", "aud": "tsunagi", "iat": now, "exp": now + 300,
            "auth_time": now, "nonce": way.asks("nonce"), "amr": ["pwd", "otp"],
        })
    }

    /// She comes back, and the provider has this token for her code.
    async fn brings(&self, way: &Way, token: String) -> Reply {
        self.provider.now_says(|says| says.id_token = token);
        way.browser.get(&format!("/login/oidc/callback?code=abc&state={}", way.asks("state"))).await
    }

    /// A login with a token made of what an honest one would be.
    async fn log_in(&self, change: impl FnOnce(&mut Value, &mut Value)) -> Reply {
        let way = sets_out(&self.app, "").await;
        let (mut header, mut claims) = (header(), self.claims(&way));
        change(&mut header, &mut claims);
        self.brings(&way, self.provider.signed(&header, &claims)).await
    }

    async fn is_let_in(&self) {
        let entered = self.log_in(|_, _| {}).await;
        assert_eq!(entered.status.as_u16(), 303, "{}", entered.text());
    }
}

on_both! {
    by start;

    async fn a_token_is_for_us_here_and_now_or_nothing(place: Place) {
        let now = place.seconds();
        let lies: Vec<(&str, Value)> = vec![
            ("iss", json!("http://127.0.0.1:1")),
            ("iss", json!(format!("{}/", place.provider.issuer))),
            ("iss", Value::Null),
            ("aud", json!("another")),
            ("aud", json!(["another"])),
            ("aud", json!(["tsunagi", "another"])),
            ("aud", json!([])),
            ("aud", Value::Null),
            ("azp", json!("another")),
            ("nonce", json!("another")),
            ("nonce", json!("")),
            ("nonce", Value::Null),
            ("exp", json!(now - 61)),
            ("exp", json!("tomorrow")),
            ("exp", Value::Null),
            ("iat", json!(now + 61)),
            ("iat", Value::Null),
            ("nbf", json!(now + 61)),
            ("auth_time", json!(now - 61)),
            ("auth_time", json!(now + 61)),
            ("auth_time", Value::Null),
            ("sub", json!("")),
            ("sub", json!("x".repeat(256))),
            ("sub", json!(1)),
            ("sub", Value::Null),
            ("amr", json!("mfa")),
        ];
        for (name, value) in lies {
            let said = format!("{name}: {value}");
            let reply = place.log_in(|_, claims| claims[name] = value).await;
            assert_eq!(reply.status.as_u16(), 401, "{said}");
            is_refused(&reply, 401, REFUSED.0, REFUSED.1);
        }
        for (name, value) in [
            ("aud", json!(["tsunagi"])),
            ("azp", json!("tsunagi")),
            ("exp", json!(now - 59)),
            ("iat", json!(now + 59)),
            ("auth_time", json!(now - 59)),
            ("auth_time", json!(now as f64 + 0.5)),
        ] {
            let said = format!("{name}: {value}");
            let reply = place.log_in(|_, claims| claims[name] = value).await;
            assert_eq!(reply.status.as_u16(), 303, "{said}: {}", reply.text());
        }
    }

    async fn a_signature_is_the_providers_by_an_algorithm_of_ours(mut_place: Place) {
        let mut place = mut_place;
        let way = async || sets_out(&place.app, "").await;
        for alg in ["none", "None", "HS256", "RS256", "ES384", "ES256K", ""] {
            let reply = place.log_in(|header, _| header["alg"] = json!(alg)).await;
            assert_eq!(reply.status.as_u16(), 401, "{alg}");
            is_refused(&reply, 401, REFUSED.0, REFUSED.1);
        }
        let bare = way().await;
        let none = json!({ "alg": "none" });
        let token = format!("{}.", unsigned(&none, &place.claims(&bare)));
        is_refused(&place.brings(&bare, token).await, 401, REFUSED.0, REFUSED.1);
        let shared = json!({ "alg": "HS256", "typ": "JWT", "kid": "one" });
        for n in 0..2 {
            let with = way().await;
            let token = place.provider.signed_with_the_public_key(&shared, &place.claims(&with))[n].clone();
            is_refused(&place.brings(&with, token).await, 401, REFUSED.0, REFUSED.1);
        }
        let bent = way().await;
        let honest = place.provider.signed(&header(), &place.claims(&bent));
        let (_, signature) = honest.rsplit_once('.').unwrap();
        let mut claims = place.claims(&bent);
        claims["sub"] = json!("somebody-else");
        let token = format!("{}.{signature}", unsigned(&header(), &claims));
        is_refused(&place.brings(&bent, token).await, 401, REFUSED.0, REFUSED.1);
        for nonsense in ["", "a", "a.b.c", "....", "e30.e30.", &honest.replace('.', "")] {
            let with = way().await;
            is_refused(&place.brings(&with, nonsense.to_owned()).await, 401, REFUSED.0, REFUSED.1);
        }
        place.provider.takes_another_key();
        let brought_along = place.provider.public_key("one");
        let reply = place.log_in(|header, _| header["jwk"] = brought_along).await;
        is_refused(&reply, 401, REFUSED.0, REFUSED.1);
        let reply = place.log_in(|header, _| header["crit"] = json!(["exp"])).await;
        is_refused(&reply, 401, REFUSED.0, REFUSED.1);
    }

    async fn a_new_key_is_asked_for_once_a_minute(mut_place: Place) {
        let mut place = mut_place;
        place.is_let_in().await;
        assert_eq!(place.provider.asked_for_keys(), 1, "kept between two logins");
        place.provider.takes_another_key();
        let new = place.provider.public_key("two");
        for _ in 0..3 {
            let reply = place.log_in(|header, _| header["kid"] = json!("two")).await;
            is_refused(&reply, 401, REFUSED.0, REFUSED.1);
        }
        assert_eq!(place.provider.asked_for_keys(), 1, "a minute has not passed");
        place.app.clock.advance_seconds(60);
        let reply = place.log_in(|header, _| header["kid"] = json!("two")).await;
        is_refused(&reply, 401, REFUSED.0, REFUSED.1);
        assert_eq!(place.provider.asked_for_keys(), 2, "asked, and not there");
        let other = json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "other" });
        place.provider.now_says(|says| says.keys = json!({ "keys": [other, new] }));
        place.app.clock.advance_seconds(60);
        let reply = place.log_in(|header, _| header["kid"] = json!("two")).await;
        assert_eq!(reply.status.as_u16(), 303, "{}", reply.text());
        let reply = place.log_in(|header, _| { header.as_object_mut().unwrap().remove("kid"); }).await;
        assert_eq!(reply.status.as_u16(), 303, "the only key of its kind needs no name: {}", reply.text());
    }

    async fn a_provider_that_is_away_or_raves_is_said_so(place: Place) {
        place.provider.now_says(|says| says.refuses = Some(502));
        is_refused(&place.log_in(|_, _| {}).await, 503, AWAY.0, AWAY.1);
        place.provider.now_says(|says| says.refuses = Some(400));
        is_refused(&place.log_in(|_, _| {}).await, 401, REFUSED.0, REFUSED.1);
        place.provider.now_says(|says| says.refuses = None);
        place.is_let_in().await;
        for (error, status, words) in [
            ("access_denied", 401, ("取り消されました", "was cancelled")),
            ("temporarily_unavailable", 503, AWAY),
            ("unmet_authentication_requirements", 401, ("多要素認証を設定してください", "did not confirm two factors")),
            ("%3Cscript%3E", 401, REFUSED),
        ] {
            let way = sets_out(&place.app, "").await;
            let back = format!("/login/oidc/callback?error={error}&error_description=%3Cscript%3E&state={}", way.asks("state"));
            let reply = way.browser.get(&back).await;
            is_refused(&reply, status, words.0, words.1);
            assert!(!reply.text().contains("<script>") && !reply.text().contains("&lt;script"));
        }
        let way = sets_out(&place.app, "").await;
        let no_code = way.browser.get(&format!("/login/oidc/callback?state={}", way.asks("state"))).await;
        is_refused(&no_code, 401, REFUSED.0, REFUSED.1);
        // A day later it is asked about itself again; what it says now is nonsense, so what was known still counts.
        place.app.clock.advance_seconds(25 * 3600);
        place.provider.now_says(|says| says.document = json!({ "issuer": "http://127.0.0.1:1" }));
        place.is_let_in().await;
    }
}

mod at_first {
    use super::*;

    /// Nothing is linked, nothing was asked.
    async fn start(engine: Engine) -> Place {
        let provider = LyingProvider::start().await;
        let app = started(engine, &keys_of(&provider.issuer, "tsunagi")).await;
        Place { app, provider }
    }

    on_both! {
        by start;

        async fn a_document_of_another_issuer_or_none_leads_nowhere(place: Place) {
            for document in [
                json!({ "issuer": "http://127.0.0.1:1" }),
                json!({ "authorization_endpoint": "javascript:alert(1)" }),
                json!({ "token_endpoint": null }),
                json!({ "jwks_uri": "https://127.0.0.1:1/jwks" }),
            ] {
                place.provider.now_says(|says| says.document = document.clone());
                is_refused(&place.app.nobody().get("/login/oidc").await, 503, AWAY.0, AWAY.1);
                place.app.clock.advance_seconds(5);
            }
            let (nurse, _) = by_password(&place.app, "nurse").await;
            let all = hidden(&nurse.get("/account/oidc").await.text());
            let fields = [("csrf", value(&all, "csrf")), ("action", "send"), ("password", DEMO_PASSWORD)];
            let shown = nurse.submit("/account/oidc", &fields).await;
            assert_eq!(shown.status.as_u16(), 503);
            assert!(shown.text().contains(AWAY.0) && shown.text().contains(AWAY.1) && shown.text().contains("csrf"));
            place.provider.now_says(|says| says.document = Value::Null);
            is_refused(&place.app.nobody().get("/login/oidc").await, 503, AWAY.0, AWAY.1);
            place.app.clock.advance_seconds(5);
            sets_out(&place.app, "").await;
            // One that says its name in its answers has to say it.
            place.provider.now_says(|says| says.document = json!({ "authorization_response_iss_parameter_supported": true }));
            place.app.clock.advance_seconds(25 * 3600);
            let way = sets_out(&place.app, "").await;
            let reply = place.brings(&way, place.provider.signed(&header(), &place.claims(&way))).await;
            is_refused(&reply, 401, REFUSED.0, REFUSED.1);
        }

        async fn the_doctor_asks_it_too(place: Place) {
            let found = async || {
                let all = server::doctor::examine(&place.app.config, place.app.now()).await;
                all.into_iter().find(|it| it.name == "provider").unwrap().to_string()
            };
            assert!(found().await.starts_with("well"), "{}", found().await);
            place.provider.now_says(|says| says.document = json!({ "issuer": "http://127.0.0.1:1" }));
            assert!(found().await.contains("WRONG  provider     the document names another issuer"), "{}", found().await);
            let without = TestApp::start(Engine::Sqlite).await;
            let all = server::doctor::examine(&without.config, without.now()).await;
            assert!(all.iter().all(|it| it.name != "provider"));
        }

        async fn a_provider_that_was_never_there_is_said_so_and_the_password_still_works(place: Place) {
            let nowhere = started(Engine::Sqlite, &keys_of("http://127.0.0.1:1", "tsunagi")).await;
            is_refused(&nowhere.nobody().get("/login/oidc?next=%2Fnotices").await, 503, AWAY.0, AWAY.1);
            by_password(&nowhere, "nurse").await;
            drop(place);
        }
    }
}

mod by_address {
    use super::*;

    async fn start(engine: Engine) -> Place {
        let provider = LyingProvider::start().await;
        let mut keys = keys_of(&provider.issuer, "tsunagi");
        keys.push("session.address_lockout_after=6".into());
        let app = started(engine, &keys).await;
        Place { app, provider }
    }

    on_both! {
        by start;

        async fn whoever_brings_forged_answers_is_not_listened_to_for_a_while(place: Place) {
            for _ in 0..6 {
                is_refused(&place.log_in(|_, claims| claims["exp"] = json!(1)).await, 401, REFUSED.0, REFUSED.1);
            }
            let reply = place.log_in(|_, _| {}).await;
            assert_eq!(reply.status.as_u16(), 429, "{}", reply.text());
            place.app.clock.advance_seconds(15 * 60 + 1);
            let reply = place.log_in(|_, _| {}).await;
            is_refused(&reply, 401, "この外部アカウントではログインできません", "Nobody can log in");
        }
    }
}
