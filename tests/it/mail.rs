//! The mail transport against a relay that misbehaves, and against a real one with encryption and login.
//!
//! The real one is started by `tests/run`, or by hand: `export TSUNAGI_TEST_SMTP_DIR=/tmp/tsunagi-smtp; tests/smtp/start $TSUNAGI_TEST_SMTP_DIR`.

use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta};
use domain::{delivery::Response, text::EmailAddress};
use scheduler::mail::{Login, Mail, Mailer, MessageId, Security, Sender, SmtpSettings, SmtpTransport, StoredMail};
use tests::faulty_smtp::{Act, FaultySmtp, Point, Session};

/// Long enough for a good relay on a busy machine, short enough to wait for.
const LIMIT: Duration = Duration::from_millis(1500);
const SENT: &str = "2027-04-06T08:26:40Z";

fn mail(unique: &str) -> Mail {
    Mail {
        message_id: MessageId::of(unique, "tsunagi.example").unwrap(),
        from: Sender::new(Some("つなぎ".parse().unwrap()), EmailAddress::parse("no-reply@tsunagi.example").unwrap()),
        to: EmailAddress::parse("office@care.example").unwrap(),
        subject: "【つなぎ】貴事業所あての連絡が1件あります(第41号)".parse().unwrap(),
        text: "連絡が1件あります。\n.\nhttps://tsunagi.example/n/41\n".to_owned(),
        html: "<p>連絡が1件あります。<a href=\"https://tsunagi.example/n/41\">確認する</a></p>".to_owned(),
        date: DateTime::parse_from_rfc3339(SENT).unwrap().to_utc(),
    }
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        login: None,
        ca_file: None,
        connections: 1,
        connect_within: LIMIT,
        send_within: LIMIT,
        hello: Some("tsunagi.example".to_owned()),
    }
}

fn to(relay: &FaultySmtp) -> Mailer {
    Mailer::Smtp(SmtpTransport::new(settings(relay.port())).unwrap())
}

/// The answer to one mail, by a relay whose first connection goes like that; and whether a second mail then goes through.
async fn answer_and_recovery(session: Session) -> (Response, Response, FaultySmtp) {
    let relay = FaultySmtp::start([session]).await;
    let mailer = to(&relay);
    let first = mailer.send(&mail("first")).await;
    let second = mailer.send(&mail("second")).await;
    (first, second, relay)
}

#[tokio::test]
async fn a_refusal_for_now_a_cut_and_a_silence_are_tried_again_over_a_new_connection() {
    use Act::{Close, Hang, Say, SayAndClose};
    use Point::{Content, Data, Greeting, Hello, MidContent, Recipient, Sender};
    let cases = [
        (Greeting, SayAndClose("421 4.3.2 too busy\r\n"), Some(421), "at the greeting"),
        (Greeting, SayAndClose("554 no service here\r\n"), Some(554), "at the greeting"),
        (Greeting, Say("SSH-2.0-OpenSSH\r\n"), None, "made no sense at the greeting"),
        (Greeting, Hang, None, "silent at the greeting"),
        (Greeting, Close, None, "cut at the greeting"),
        (Hello, Say("502 what?\r\n"), Some(502), "at EHLO"),
        (Sender, Say("530 5.7.0 log in first\r\n"), Some(530), "at the sender"),
        (Recipient, Say("451 4.3.0 greylisted\r\n"), Some(451), "451 (4.3.0) at the recipient"),
        (Recipient, Say("421 4.3.2 going down\r\n"), Some(421), "at the recipient"),
        (Recipient, Hang, None, "silent at the recipient"),
        (Data, Say("250 ok, but no\r\n"), Some(250), "at DATA"),
        (MidContent, Close, None, "cut after the content"),
        (MidContent, Hang, None, "silent after the content"),
        (Content, Say("452 4.3.1 disk full\r\n"), Some(452), "after the content"),
        (Content, Say("354 go on\r\n"), Some(354), "after the content"),
        (Content, SayAndClose("25"), None, "cut after the content"),
        (Content, Hang, None, "silent after the content"),
        (Content, Close, None, "cut after the content"),
    ];
    let running: Vec<_> =
        cases.map(|case| (case.clone(), tokio::spawn(answer_and_recovery(Session::good().but(case.0, case.1))))).into();
    for ((point, act, code, words), answers) in running {
        let (first, second, relay) = answers.await.unwrap();
        let Response::TransientError { code: found, detail } = &first else { panic!("{point:?} {act:?}: {first:?}") };
        assert_eq!(*found, code, "{point:?} {act:?}: {detail}");
        assert!(detail.contains(words), "{point:?} {act:?}: {detail}");
        assert_eq!(second, Response::Ok, "{point:?} {act:?}");
        let seen = relay.seen();
        assert_eq!((seen.taken.len(), seen.connections), (1, 2), "{point:?} {act:?}");
        assert!(seen.taken[0].contains("<second@"), "{point:?} {act:?}");
    }
}

#[tokio::test]
async fn a_refusal_for_good_gives_up_without_a_word_of_the_relays() {
    for (point, words) in [
        (Point::Sender, "550 5.7.1 <no-reply@tsunagi.example> may not\r\n"),
        (Point::Recipient, "550-<office@care.example>: no such\r\n550 mailbox\r\n"),
        (Point::Data, "554 5.5.0 no\r\n"),
        (Point::Content, "554 5.6.0 spam for office@care.example\r\n"),
    ] {
        let (first, second, relay) = answer_and_recovery(Session::good().but(point, Act::Say(words))).await;
        let Response::FatalError { code: Some(550 | 554), detail } = &first else { panic!("{point:?}: {first:?}") };
        assert!(!detail.contains('@'), "{detail}");
        assert_eq!(second, Response::Ok, "{point:?}");
        assert_eq!(relay.seen().connections, 2, "a connection with an error is not used again");
    }
}

#[tokio::test]
async fn an_answer_within_the_limit_counts_and_a_later_one_is_never_taken_for_the_next_mails() {
    let late = |millis| Session::good().but(Point::Content, Act::Late(Duration::from_millis(millis)));
    let (first, _, relay) = answer_and_recovery(late(150)).await;
    assert_eq!(first, Response::Ok);
    assert_eq!(relay.seen().connections, 1);

    let relay = FaultySmtp::start([late(2500)]).await;
    let mailer = to(&relay);
    assert!(matches!(mailer.send(&mail("late")).await, Response::TransientError { code: None, .. }));
    tokio::time::sleep(LIMIT).await;
    assert_eq!(mailer.send(&mail("next")).await, Response::Ok);
    // It arrived twice in the end, which only the Message-ID can tell: at least once.
    assert_eq!(mailer.send(&mail("late")).await, Response::Ok);
    let ids: Vec<_> = relay.seen().taken.iter().map(|content| content.contains("<late@")).collect();
    assert_eq!(ids, [true, false, true]);
}

/// Lines of an answer that never ends come well within every single wait; the mail as a whole has its limit.
#[tokio::test]
async fn a_relay_that_is_never_silent_and_never_done_has_the_time_of_one_mail() {
    let drip = |words| Act::Drip(words, Duration::from_millis(100));
    for (point, words) in [
        (Point::Greeting, "220-wait\r\n"),
        (Point::Hello, "250-wait\r\n"),
        (Point::Recipient, "250-wait\r\n"),
        (Point::Content, "250-wait\r\n"),
        (Point::Content, "2"),
    ] {
        let began = Instant::now();
        let (first, second, relay) = answer_and_recovery(Session::good().but(point, drip(words))).await;
        let took = began.elapsed();
        assert!(matches!(first, Response::TransientError { .. }), "{point:?}: {first:?}");
        assert!(took < LIMIT * 3, "{point:?}: {took:?}");
        assert_eq!((second, relay.seen().taken.len()), (Response::Ok, 1), "{point:?}");
    }
}

#[tokio::test]
async fn answers_to_no_question_never_make_a_mail_sent() {
    // The relay answers ahead of itself once; from then on every answer would belong to the step before.
    for point in [Point::Greeting, Point::Hello, Point::Sender, Point::Recipient, Point::Data] {
        let words = if point == Point::Data { "354 go on\r\n250 taken\r\n" } else { "250 ok\r\n250 ok\r\n" };
        let words = if point == Point::Greeting { "220 hello\r\n250 ok\r\n" } else { words };
        let refusing = Session::good().but(point, Act::Say(words)).but(Point::Content, Act::Say("552 too big\r\n"));
        let (first, second, relay) = answer_and_recovery(refusing).await;
        assert!(matches!(first, Response::TransientError { .. }), "{point:?}: {first:?}");
        assert_eq!(second, Response::Ok, "{point:?}");
        assert_eq!(relay.seen().taken.len(), 1, "{point:?}");
    }
    // Ahead after the final dot: that mail was taken, the connection is not used for the next one.
    let eager =
        Session::good().but(Point::Content, Act::Say("250 taken\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n"));
    let (first, second, relay) = answer_and_recovery(eager).await;
    assert_eq!((first, second), (Response::Ok, Response::Ok));
    let seen = relay.seen();
    assert_eq!((seen.taken.len(), seen.connections), (2, 2));
}

#[tokio::test]
async fn a_connection_that_the_relay_ended_meanwhile_costs_nothing() {
    for goodbye in [Act::SayAndClose("250 taken\r\n"), Act::SayAndClose("250 taken\r\n421 4.4.2 idle too long\r\n")] {
        let (first, second, relay) = answer_and_recovery(Session::good().but(Point::Content, goodbye)).await;
        assert_eq!((first, second), (Response::Ok, Response::Ok));
        assert_eq!(relay.seen().connections, 2);
    }
    // A relay that wants no more than one mail a connection says so only when it is asked.
    let one_mail = Session::good()
        .but(Point::Sender, Act::Say("250 ok\r\n"))
        .but(Point::Sender, Act::SayAndClose("421 4.7.0 one mail a connection\r\n"));
    let (first, second, relay) = answer_and_recovery(one_mail).await;
    assert_eq!((first, second), (Response::Ok, Response::Ok));
    assert_eq!(relay.seen().connections, 2);
}

#[tokio::test]
async fn a_send_that_was_dropped_takes_its_connection_with_it() {
    let relay = FaultySmtp::start([Session::good().but(Point::Recipient, Act::Late(Duration::from_secs(1)))]).await;
    let mailer = to(&relay);
    let dropped = mail("dropped");
    assert!(tokio::time::timeout(Duration::from_millis(300), mailer.send(&dropped)).await.is_err());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(mailer.send(&mail("next")).await, Response::Ok);
    let seen = relay.seen();
    assert_eq!((seen.taken.len(), seen.connections), (1, 2));
}

#[tokio::test]
async fn no_more_connections_are_open_than_the_settings_say_and_they_are_used_again() {
    let relay = FaultySmtp::start([]).await;
    let transport = SmtpTransport::new(SmtpSettings { connections: 3, ..settings(relay.port()) }).unwrap();
    let sends: Vec<_> = (0..100)
        .map(|n| {
            let mailer = Mailer::Smtp(transport.clone());
            tokio::spawn(async move { mailer.send(&mail(&n.to_string())).await })
        })
        .collect();
    for send in sends {
        assert_eq!(send.await.unwrap(), Response::Ok);
    }
    {
        let seen = relay.seen();
        assert_eq!((seen.taken.len(), seen.connections, seen.most_open), (100, 3, 3));
    }
    transport.close().await;
    for _ in 0..100 {
        if relay.seen().open == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} connections are still open", relay.seen().open);
}

#[tokio::test]
async fn a_relay_that_does_not_listen_is_tried_again() {
    let port = FaultySmtp::start([]).await.port();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mailer = Mailer::Smtp(SmtpTransport::new(settings(port)).unwrap());
    let response = mailer.send(&mail("nobody")).await;
    assert!(matches!(response, Response::TransientError { code: None, .. }), "{response:?}");
}

#[tokio::test]
async fn nothing_is_said_in_the_clear_when_encryption_is_wanted() {
    let injected = "220 go on\r\n250-relay.example\r\n250 AUTH PLAIN\r\n";
    for session in [
        Session::good(),
        Session::good().but(Point::Hello, Act::Say("250-relay.example\r\n250 STARTTLS\r\n")),
        Session::good()
            .but(Point::Hello, Act::Say("250-relay.example\r\n250 STARTTLS\r\n"))
            .but(Point::StartTls, Act::Say(injected)),
    ] {
        let relay = FaultySmtp::start([session]).await;
        let security = Security::StartTls;
        let transport = SmtpTransport::new(SmtpSettings { security, ..settings(relay.port()) }).unwrap();
        let response = Mailer::Smtp(transport).send(&mail("secret")).await;
        assert!(matches!(response, Response::TransientError { .. }), "{response:?}");
        let seen = relay.seen();
        assert!(seen.commands.iter().all(|command| command.starts_with("EHLO") || command == "STARTTLS"), "{seen:?}");
    }
}

/// What `tests/smtp/start` wrote down.
fn real_server() -> HashMap<String, String> {
    let mend = "start a mail server first:\n  export TSUNAGI_TEST_SMTP_DIR=/tmp/tsunagi-smtp && tests/smtp/start $TSUNAGI_TEST_SMTP_DIR";
    let directory =
        std::env::var("TSUNAGI_TEST_SMTP_DIR").unwrap_or_else(|_| panic!("TSUNAGI_TEST_SMTP_DIR is not set; {mend}"));
    let env = std::fs::read_to_string(PathBuf::from(&directory).join("env"))
        .unwrap_or_else(|_| panic!("no mail server runs in {directory}; {mend}"));
    env.lines().filter_map(|line| line.split_once('=')).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn real_settings(server: &HashMap<String, String>, security: Security) -> SmtpSettings {
    let port = if security == Security::Tls { "SMTP_TLS_PORT" } else { "SMTP_STARTTLS_PORT" };
    SmtpSettings {
        host: server["SMTP_HOST"].clone(),
        port: server[port].parse().unwrap(),
        security,
        login: Some(Login {
            user: server["SMTP_USER"].clone(),
            password_file: PathBuf::from(&server["SMTP_PASSWORD_FILE"]),
        }),
        ca_file: Some(PathBuf::from(&server["SMTP_CA_FILE"])),
        connections: 2,
        connect_within: Duration::from_secs(10),
        send_within: Duration::from_secs(10),
        hello: Some("tsunagi.example".to_owned()),
    }
}

/// A name of its own for each run, since the server keeps the mails of all runs.
fn unique(name: &str) -> String {
    format!("{name}-{}-{:?}", std::process::id(), std::thread::current().id()).replace(['(', ')'], "")
}

/// The mail with that id, once the server has put it into its maildir.
async fn delivered(server: &HashMap<String, String>, id: &MessageId) -> StoredMail {
    let maildir = PathBuf::from(&server["SMTP_MAILDIR"]).join("new");
    let patience = Instant::now() + Duration::from_secs(20);
    while Instant::now() < patience {
        for entry in std::fs::read_dir(&maildir).into_iter().flatten() {
            let file = entry.unwrap().path();
            let found = std::fs::read(&file).map(|bytes| StoredMail::parse(&bytes, file));
            if let Ok(Ok(found)) = found
                && found.message_id == id.as_str()
            {
                return found;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} did not arrive in {}", id.as_str(), maildir.display());
}

#[tokio::test]
async fn a_real_server_delivers_over_starttls_and_over_tls_after_a_login() {
    let server = real_server();
    for security in [Security::StartTls, Security::Tls] {
        let transport = SmtpTransport::new(real_settings(&server, security)).unwrap();
        let mailer = Mailer::Smtp(transport.clone());
        for turn in ["first", "over-the-kept-connection"] {
            let mut sent = mail(&unique(&format!("{security:?}-{turn}")));
            sent.date += TimeDelta::seconds(1);
            assert_eq!(mailer.send(&sent).await, Response::Ok, "{security:?} {turn}");
            let found = delivered(&server, &sent.message_id).await;
            assert_eq!(found.to, sent.to.to_string());
            assert_eq!(found.subject, sent.subject.as_str());
            assert_eq!(found.text, sent.text);
            assert_eq!(found.html, sent.html);
            assert_eq!(found.date, sent.date);
        }
        transport.close().await;
    }
}

#[tokio::test]
async fn a_real_server_refuses_an_unknown_mailbox_for_good_and_a_wrong_password_for_now() {
    let server = real_server();
    let mailer = Mailer::Smtp(SmtpTransport::new(real_settings(&server, Security::StartTls)).unwrap());
    let unknown = Mail { to: EmailAddress::parse("nobody@care.example").unwrap(), ..mail(&unique("unknown")) };
    let response = mailer.send(&unknown).await;
    let Response::FatalError { code: Some(550), detail } = &response else { panic!("{response:?}") };
    assert!(!detail.contains("nobody"), "{detail}");

    let wrong = std::env::temp_dir().join(unique("tsunagi-wrong-password"));
    std::fs::write(&wrong, "wrong\n").unwrap();
    let login = Some(Login { user: server["SMTP_USER"].clone(), password_file: wrong.clone() });
    let settings = SmtpSettings { login, ..real_settings(&server, Security::Tls) };
    let response = Mailer::Smtp(SmtpTransport::new(settings).unwrap()).send(&mail(&unique("wrong"))).await;
    assert!(matches!(response, Response::TransientError { code: Some(535), .. }), "{response:?}");
    std::fs::remove_file(wrong).unwrap();
}

#[tokio::test]
async fn a_real_server_with_a_certificate_that_nobody_vouches_for_gets_nothing() {
    let server = real_server();
    for (ca_file, host) in [(None, "localhost"), (Some(PathBuf::from(&server["SMTP_CA_FILE"])), "127.0.0.1")] {
        for security in [Security::StartTls, Security::Tls] {
            let settings = real_settings(&server, security);
            let settings = SmtpSettings { ca_file: ca_file.clone(), host: host.to_owned(), ..settings };
            match SmtpTransport::new(settings) {
                Ok(transport) => {
                    let response = Mailer::Smtp(transport).send(&mail(&unique("unvouched"))).await;
                    let Response::TransientError { code: None, detail } = &response else { panic!("{response:?}") };
                    assert!(detail.contains("certificate"), "{detail}");
                }
                // A machine without any certificates says so at the start.
                Err(refused) => assert!(refused.to_string().contains("ca-certificates"), "{refused}"),
            }
        }
    }
}
