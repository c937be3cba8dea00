//! People and machines at the door: each rule, and who tries to get around it.

mod factor;
mod guessing;
mod invitations;
mod passkeys;

pub(crate) use invitations::reset;

use api::factor::code_at;
use domain::Instant;
use serde_json::json;
use server::city::DEMO_PASSWORD;
use tests::{Person, Reply, TestApp};

use crate::api::{hidden, value};

/// The cookie that an answer sets.
fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").and_then(|line| line.split(';').next()).expect("a cookie").to_owned()
}

/// Somebody's password was right: her cookie, and where she is led.
async fn password_given(app: &TestApp, login: &str) -> (Person, Reply) {
    let reply = app.nobody().submit("/login", &[("login", login), ("password", DEMO_PASSWORD)]).await;
    assert_eq!(reply.status.as_u16(), 303, "{}", reply.text());
    (app.nobody().with_cookie(&cookie(&reply)), reply)
}

/// The secret as the page shows it.
pub(crate) fn shown_secret(page: &str) -> Vec<u8> {
    let text = page.split("<code class=\"secret\">").nth(1).expect("a secret").split('<').next().unwrap();
    let mut bits = (0_u64, 0_u32);
    let mut bytes = Vec::new();
    for c in text.chars().filter(|c| *c != ' ') {
        let at = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("base32") as u64;
        bits = (bits.0 << 5 | at, bits.1 + 5);
        if bits.1 >= 8 {
            bits.1 -= 8;
            bytes.push((bits.0 >> bits.1 & 0xff) as u8);
        }
    }
    bytes
}

fn recovery_codes(page: &str) -> Vec<String> {
    page.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

/// Sends the only form of `page` with `fields` besides its hidden ones.
async fn send(who: &Person, page: &Reply, to: &str, fields: &[(&str, &str)]) -> Reply {
    let hidden = hidden(&page.text());
    let mut all = vec![("csrf", value(&hidden, "csrf")), ("idempotency_key", value(&hidden, "idempotency_key"))];
    all.push(("action", "send"));
    all.extend(fields);
    who.submit(to, &all).await
}

/// Sets an authenticator up for somebody who is logged in; its secret and the recovery codes.
pub(crate) async fn set_up(app: &TestApp, login: &str) -> (Vec<u8>, Vec<String>) {
    let who = app.log_in_by_page(login).await;
    let page = who.get("/account/factor").await;
    let secret = shown_secret(&page.text());
    let code = code_at(&secret, app.now()).unwrap();
    let shown = send(&who, &page, "/account/factor", &[("code", &code), ("password", DEMO_PASSWORD)]).await;
    assert_eq!(shown.status.as_u16(), 200, "{}", shown.text());
    (secret, recovery_codes(&shown.text()))
}

pub(crate) async fn login_by_api(app: &TestApp, login: &str, password: &str) -> Reply {
    app.nobody().post("/api/v1/session", &json!({ "login": login, "password": password })).await
}

/// So that the next code is another one.
fn half_a_minute_later(app: &TestApp) -> Instant {
    let later = app.now().plus_seconds(30);
    app.clock.set(later);
    later
}
