//! Logging in with an account of an outside provider: with a real one (`real`), with one that lies (`lies`), and what is said of it (`quiet`).

mod lies;
mod quiet;
mod real;

use domain::changes::{Changes, DirectoryChanges};
use domain::party::Account;
use domain::text::EmailAddress;
use server::city::DEMO_PASSWORD;
use tests::provider::{Browser, Says};
use tests::{Engine, Person, Reply, TestApp};

use crate::api::{hidden, value};

const NURSE: Says<'_> = Says::Is("outside-hanako", "pwd otp", "");

/// The service with these keys of the configuration, at the hour that the provider's clock shows.
async fn started(engine: Engine, keys: &[String]) -> TestApp {
    let app = TestApp::start_with(engine, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    app.clock.set(domain::Clock::now(&domain::time::SystemClock));
    // The cast of the city has no mailboxes.
    let nurse = app.city.account(app.city.cast.nurse);
    let nurse = Account { email: EmailAddress::parse("nurse@h01.example.jp").ok(), ..nurse.clone() };
    let directory = DirectoryChanges { accounts: vec![nurse], ..Default::default() };
    app.service.store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
    app
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(reply: &Reply) -> String {
    let set = reply.headers.get_all("set-cookie").iter();
    let pairs: Vec<_> = set.map(|line| line.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

fn cookie(reply: &Reply, name: &str) -> String {
    let all = cookies(reply);
    let found = all.split("; ").find(|pair| pair.starts_with(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no cookie {name} in {all}")).to_owned()
}

/// Somebody on her way: her browser here, and the address that she is sent to.
struct Way {
    browser: Person,
    to: String,
}

impl Way {
    /// One field of the address.
    fn asks(&self, field: &str) -> String {
        let query = self.to.split_once('?').expect("a query").1;
        let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{field}=")));
        found.unwrap_or_else(|| panic!("no {field} in {}", self.to)).to_owned()
    }
}

/// From the login page to the provider.
async fn sets_out(app: &TestApp, next: &str) -> Way {
    let reply = app.nobody().get(&format!("/login/oidc{next}")).await;
    assert_eq!(reply.status.as_u16(), 303, "{}", reply.text());
    let line = reply.header("set-cookie").unwrap();
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
    let to = reply.header("location").unwrap().to_owned();
    Way { browser: app.nobody().with_cookie(&cookies(&reply)), to }
}

/// From her account to the provider.
async fn wants_to_link(who: &Person, session: &str) -> Way {
    let page = who.get("/account/oidc").await;
    let all = hidden(&page.text());
    let fields = [("csrf", value(&all, "csrf")), ("action", "send"), ("password", DEMO_PASSWORD)];
    let shown = who.submit("/account/oidc", &fields).await;
    assert_eq!(shown.status.as_u16(), 200, "{}", shown.text());
    let text = shown.text();
    let to = text.split("<a class=\"button primary\" href=\"").nth(1).expect("a way on").split('"').next().unwrap();
    let to = to.replace("&#38;", "&");
    assert!(text.contains("http-equiv=\"refresh\""), "and it goes on by itself");
    Way { browser: who.with_cookie(&format!("{session}; {}", cookies(&shown))), to }
}

/// Logged in with her password: she, and the cookie of her session.
async fn by_password(app: &TestApp, login: &str) -> (Person, String) {
    let reply = app.nobody().submit("/login", &[("login", login), ("password", DEMO_PASSWORD)]).await;
    assert_eq!(reply.status.as_u16(), 303, "{}", reply.text());
    (app.nobody().with_cookie(&cookies(&reply)), cookies(&reply))
}

/// Links an outside account at the real provider.
async fn link(app: &TestApp, login: &str, says: Says<'_>) -> Reply {
    let (who, session) = by_password(app, login).await;
    let way = wants_to_link(&who, &session).await;
    way.browser.get(&Browser::default().goes(&way.to, says).await).await
}

/// Logs in with one at the real provider.
async fn log_in(app: &TestApp, says: Says<'_>) -> Reply {
    let way = sets_out(app, "").await;
    way.browser.get(&Browser::default().goes(&way.to, says).await).await
}

/// What the trail says that she did, newest first.
async fn trail(app: &TestApp) -> Vec<String> {
    let filter = storage::AuditFilter { account_id: Some(app.city.cast.nurse), ..Default::default() };
    let rows = app.service.store.audit(app.city.region.id, &filter, 50).await.unwrap();
    rows.into_iter().map(|row| row.entry.action).collect()
}

/// Refused on the login page, in these words, and with nothing of what was brought.
fn is_refused(reply: &Reply, status: u16, ja: &str, en: &str) {
    let text = reply.text();
    assert_eq!(reply.status.as_u16(), status, "{text}");
    assert!(text.contains(ja) && text.contains(en) && text.contains("name=\"password\""), "{text}");
    assert!(!text.contains("outside-hanako") && !text.contains("code="), "{text}");
    assert!(!cookies(reply).contains("tsunagi="), "no session");
}
