//! `tsunagi doctor`: well when all is well, and each illness under its own name.

use domain::{Clock, Instant};
use server::config::Config;
use server::doctor::{Examined, Finding, examine, is_ill};
use tests::faulty_smtp::{Act, FaultySmtp, Point, Session};
use tests::{TestApp, on_both};

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

on_both! {
    async fn a_healthy_service_is_called_so(app: TestApp) {
        let (config, _relay) = relayed(&app, vec![]).await;
        app.sweep().await;
        let all = examine(&config, seconds(app.clock.now(), 10)).await;
        assert!(!is_ill(&all), "{all:#?}");
        assert!(all.iter().any(|it| it.name == "mail" && matches!(it.finding, Finding::Well(_))), "{all:#?}");
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
