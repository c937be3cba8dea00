//! A mail relay that is away.

use std::time::Duration;

use scheduler::mail::{Mailer, Security, SmtpSettings, SmtpTransport};
use tests::faulty_smtp::FaultySmtp;
use tests::{Engine, TestApp, on_both};

use super::Scene;

/// The service, and the port of a relay that is not there.
async fn without_relay(engine: Engine) -> (TestApp, u16) {
    let relay = FaultySmtp::start([]).await;
    let port = relay.port();
    drop(relay);
    (TestApp::start_mailing(engine, &[], Some(to(port))).await, port)
}

on_both! {
    by without_relay;

    async fn while_the_relay_is_away_mails_wait_a_watcher_is_told_and_they_go_out_when_it_is_back(away: (TestApp, u16)) {
        let (app, port) = away;
        let scene = Scene::of(app).await;
        let store = &scene.app.service.store;
        let pending = async || store.outbox_counts(scene.app.city.region.id).await.unwrap().pending_mails;

        scene.file_as_json().await.expect(201);
        // 10:00, 10:02, 10:04, 10:06: tried again and again, and the limit is five minutes.
        for (minute, ready) in [(0, 200), (2, 200), (4, 200), (6, 503)] {
            scene.app.clock_shows(2026, 11, 20, 10, minute);
            scene.app.sweep().await;
            scene.app.scheduler.send_once().await.unwrap();
            assert_eq!(pending().await, 1);
            let (status, check) = scene.ready("outbox").await;
            assert_eq!(status, ready, "at 10:0{minute}: {check}");
            if ready == 503 {
                assert_eq!(check["age_seconds"].as_i64(), Some(360), "{check}");
                assert!(check["reason"].is_string(), "{check}");
            }
        }

        let relay = FaultySmtp::start_at(port, []).await;
        // The third wait is ten minutes, and a fifth more at most.
        scene.app.clock_shows(2026, 11, 20, 10, 18);
        scene.app.sweep().await;
        scene.app.scheduler.send_once().await.unwrap();
        assert_eq!((pending().await, relay.seen().taken.len()), (0, 1));
        assert_eq!(scene.ready("outbox").await.0, 200);
    }
}

fn to(port: u16) -> Mailer {
    let limit = Duration::from_secs(2);
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        login: None,
        ca_file: None,
        connections: 1,
        connect_within: limit,
        send_within: limit,
        hello: Some("tsunagi.example".to_owned()),
    };
    Mailer::Smtp(SmtpTransport::new(settings).unwrap())
}
