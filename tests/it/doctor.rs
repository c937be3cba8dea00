//! `tsunagi doctor`: well when all is well, and each illness under its own name.

use domain::{Clock, Instant};
use server::config::Config;
use server::doctor::{Examined, Finding, certificate, examine, is_ill};
use tests::faulty_smtp::{Act, FaultySmtp, Point, Session};
use tests::{TestApp, on_both};

use crate::edge::Authority;
use crate::telemetry::collector::Collector;

async fn relayed(app: &TestApp, sessions: Vec<Session>) -> (Config, FaultySmtp) {
    let relay = FaultySmtp::start(sessions).await;
    let mut config = app.config.clone();
    config.mail.smtp.host = "127.0.0.1".into();
    config.mail.smtp.port = relay.port();
    config.mail.smtp.security = server::config::SecurityKey::None;
    config.mail.smtp.connect_within_seconds = 1;
    (config, relay)
}

fn wrong(all: &[Examined]) -> Vec<&'static str> {
    all.iter().filter(|it| matches!(it.finding, Finding::Wrong { .. })).map(|it| it.name).collect()
}

fn seconds(from: Instant, seconds: i64) -> Instant {
    from.plus_seconds(seconds)
}

#[test]
fn a_certificate_that_ends_soon_is_told_before_it_does() {
    let authority = Authority::new();
    let now = domain::time::SystemClock.now();
    let looked = |days, at| {
        authority.sign_for("server", 1, days);
        certificate(&Config::read(None, &authority.keys()).unwrap(), at).finding
    };
    assert!(matches!(looked(90, now), Finding::Well(_)));
    let told = |finding| if let Finding::Wrong { what, .. } = finding { what } else { format!("{finding:?}") };
    assert!(told(looked(10, now)).contains("the certificate ends on"));
    assert!(told(looked(10, seconds(now, 11 * 86_400))).contains("has ended"));
}

#[test]
fn a_proxy_that_nobody_trusts_makes_everybody_one_address_and_is_told() {
    let found = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        certificate(&Config::read(None, &sets).unwrap(), domain::time::SystemClock.now()).finding
    };
    let https = "server.public_url=\"https://tsunagi.example.jp\"";
    let told = found(&[https]);
    assert!(matches!(&told, Finding::Wrong { remedy, .. } if remedy.contains("server.trusted_proxies")), "{told:?}");
    assert!(matches!(found(&[https, "server.trusted_proxies=[\"127.0.0.1\"]"]), Finding::Well(_)));
    assert!(matches!(found(&[]), Finding::Open(_)));
}

on_both! {
    async fn a_healthy_service_is_called_so(app: TestApp) {
        let (config, _relay) = relayed(&app, vec![]).await;
        app.sweep().await;
        let all = examine(&config, seconds(app.clock.now(), 10)).await;
        assert!(!is_ill(&all), "{all:#?}");
        assert!(all.iter().any(|it| it.name == "mail" && matches!(it.finding, Finding::Well(_))), "{all:#?}");
    }

    async fn a_key_that_others_can_read_or_that_is_missing_or_retired_is_told(app: TestApp) {
        use std::os::unix::fs::PermissionsExt;
        let (config, _relay) = relayed(&app, vec![]).await;
        app.sweep().await;
        let now = seconds(app.clock.now(), 10);
        let path = &config.encryption.key_files[0];
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(wrong(&examine(&config, now).await), ["keys"]);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let new = path.with_file_name("new-key");
        server::backup::sealed::Key::create(&new).unwrap();
        let mut changed = config.clone();
        changed.encryption.key_files.insert(0, new);
        let all = examine(&changed, now).await;
        assert!(all.iter().any(|it| it.name == "sealed" && matches!(&it.finding, Finding::Open(what) if what.contains("key rotate"))), "{all:#?}");
        changed.encryption.key_files.pop();
        assert_eq!(wrong(&examine(&changed, now).await), ["sealed"], "what is stored was sealed with the old one");
        changed.encryption.key_files.clear();
        assert_eq!(wrong(&examine(&changed, now).await), ["keys"]);
        let said = format!("{:#}", server::keys::required(&changed).unwrap_err());
        assert!(said.contains("tsunagi key new"), "{said}");
    }

    async fn a_collector_of_traces_that_does_not_take_them_is_told(app: TestApp) {
        let (mut config, _relay) = relayed(&app, vec![]).await;
        app.sweep().await;
        let now = app.clock.now();
        assert!(examine(&config, now).await.iter().all(|it| it.name != "telemetry"), "nobody is to be asked");
        let collector = Collector::start().await;
        config.telemetry.endpoint = format!("http://{}", collector.address);
        let all = examine(&config, now).await;
        assert!(all.iter().any(|it| it.name == "telemetry" && matches!(it.finding, Finding::Well(_))), "{all:#?}");
        assert!(collector.spans().is_empty(), "nothing was told");
        drop(collector);
        assert_eq!(wrong(&examine(&config, now).await), ["telemetry"]);
        let strict = Collector::answering(0, hyper::StatusCode::UNAUTHORIZED).await;
        config.telemetry.endpoint = format!("http://{}", strict.address);
        let all = examine(&config, now).await;
        let refused = |it: &&Examined| matches!(&it.finding, Finding::Wrong { what, .. } if what.contains("headers_file"));
        assert_eq!(all.iter().filter(refused).map(|it| it.name).collect::<Vec<_>>(), ["telemetry"], "{all:#?}");
    }

    async fn each_illness_has_its_name(app: TestApp) {
        let (config, relay) = relayed(&app, vec![Session::good().but(Point::Greeting, Act::SayAndClose("554 not for you\r\n"))]).await;
        assert_eq!(wrong(&examine(&config, app.clock.now()).await), ["sweep", "mail"], "never swept; the relay refuses");
        app.sweep().await;
        let stale = config.health.stale_after_seconds + 1;
        assert_eq!(wrong(&examine(&config, seconds(app.clock.now(), stale)).await), ["sweep"]);
        assert_eq!(wrong(&examine(&config, seconds(app.clock.now(), -3_600)).await), ["clock"]);
        drop(relay);
        assert_eq!(wrong(&examine(&config, app.clock.now()).await), ["mail"]);
        let mut elsewhere = config.clone();
        elsewhere.database.url = "sqlite:///nowhere/at/all.db".into();
        assert_eq!(wrong(&examine(&elsewhere, app.clock.now()).await), ["disk", "database", "mail"]);
    }
}
