//! Clients that are slow on purpose (with the head, with the body, with taking the answer) or open many connections: each is bounded by a key
//! of the configuration, and none of them costs anybody else more than a connection.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::net::TcpSocket;

use super::*;

/// Far more than any of the limits below, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything until the service ends the connection, and after how long it did.
async fn until_the_end(stream: &mut TcpStream) -> (Vec<u8>, Duration) {
    let (began, mut rest) = (Instant::now(), Vec::new());
    // An end without ceremony is an end.
    timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it ends").unwrap_or_default();
    (rest, began.elapsed())
}

async fn is_served(app: &TestApp) -> bool {
    let live = live(TcpStream::connect(app.service.address).await.unwrap());
    timeout(PATIENCE, live).await.expect("somebody is served").unwrap().starts_with("HTTP/1.1 200")
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let app = start(&["server.head_within_seconds=1".into()]).await;
    let mut slow = TcpStream::connect(app.service.address).await.unwrap();
    slow.write_all(b"GET /health/live HTTP/1.1\r\nHost: local").await.unwrap();
    // Others are served meanwhile and afterwards.
    assert!(is_served(&app).await);
    let (rest, took) = until_the_end(&mut slow).await;
    assert!(!rest.starts_with(b"HTTP/1.1 200") && took < PATIENCE / 2, "{took:?}");
    assert!(is_served(&app).await);
}

/// A byte a moment, so that no single wait is long: the head as a whole has its time.
#[tokio::test]
async fn a_head_that_comes_in_drops_ends_the_connection() {
    let app = start(&["server.head_within_seconds=1".into(), "server.connections=1".into()]).await;
    let mut slow = TcpStream::connect(app.service.address).await.unwrap();
    let began = Instant::now();
    for byte in b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".iter().cycle() {
        if slow.write_all(&[*byte]).await.is_err() {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "it goes on for ever");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(slow);
    assert!(is_served(&app).await, "its place is free");
}

/// More answers than the kernel keeps for somebody who reads none of them.
#[tokio::test]
async fn an_answer_that_nobody_takes_ends_the_connection_and_gives_its_place_back() {
    const ASKED: usize = 200;
    let keys = ["server.answer_within_seconds=1", "server.connections=1"];
    let app = start(&keys.map(str::to_owned)).await;
    let mut slow = TcpStream::connect(app.service.address).await.unwrap();
    let began = Instant::now();
    slow.write_all(&b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(ASKED)).await.unwrap();
    assert!(is_served(&app).await, "the one place is free again");
    let waited = began.elapsed();
    assert!((Duration::from_millis(900)..PATIENCE / 2).contains(&waited), "{waited:?}");
    let (rest, _) = until_the_end(&mut slow).await;
    let answers = String::from_utf8_lossy(&rest).matches("HTTP/1.1 200").count();
    assert!((1..ASKED).contains(&answers), "{answers} of {ASKED}: nothing waited for its reader");
}

/// Who reads slowly but goes on reading gets every answer, as long as each of them takes less than its time.
#[tokio::test]
async fn an_answer_that_is_taken_in_time_is_whole() {
    let app = start(&["server.answer_within_seconds=5".into()]).await;
    let expected = app.nobody().get("/api/openapi.json").await.body;
    let mut slow = TcpStream::connect(app.service.address).await.unwrap();
    let request = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    slow.write_all(request).await.unwrap();
    let mut taken = Vec::new();
    let mut some = vec![0; expected.len() / 10 + 1];
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        match timeout(PATIENCE, slow.read(&mut some)).await.expect("it goes on").unwrap() {
            0 => break,
            read => taken.extend_from_slice(&some[..read]),
        }
    }
    assert!(taken.ends_with(&expected), "{} of {}", taken.len(), expected.len());
}

/// More than there are places, of people and of machines.
const MANY: usize = 130;
/// A wait for a place would be longer.
const AT_ONCE: Duration = Duration::from_secs(8);

/// A connection from another address of this machine: another network to the service.
async fn from(address: &str, app: &TestApp) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(address.parse().expect("an address"), 0)).expect("an address of this machine");
    socket.connect(app.service.address).await.expect("the service listens")
}

/// Requests that say that a long body comes, and then send a byte of it.
async fn slow_senders(app: &TestApp, path: &str) -> Vec<TcpStream> {
    let kind = if path.starts_with("/api/") { "application/json" } else { "application/x-www-form-urlencoded" };
    let mut senders = Vec::new();
    for n in 0..MANY {
        let mut stream = TcpStream::connect(app.service.address).await.expect("the service listens");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {n}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.expect("it takes the bytes");
        senders.push(stream);
    }
    // So that all of them have come in.
    tokio::time::sleep(Duration::from_millis(300)).await;
    senders
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_slow_senders_keep_nobody_from_the_pages_or_the_api() {
    let app = TestApp::start_with(Engine::Sqlite, &["server.body_within_seconds=20"]).await;
    let nurse = app.log_in("nurse").await;
    let _at_pages = slow_senders(&app, "/login").await;
    let _at_the_api = slow_senders(&app, "/api/v1/session").await;
    let nobody = app.nobody();
    let page = timeout(AT_ONCE, nobody.get("/login")).await.expect("the page comes at once");
    assert_eq!(page.status.as_u16(), 200);
    timeout(AT_ONCE, nurse.get("/api/v1/me")).await.expect("the answer comes at once").expect(200);
    timeout(AT_ONCE, app.log_in("nurse")).await.expect("she is in at once");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_with_408() {
    let app = TestApp::start_with(Engine::Sqlite, &["server.body_within_seconds=1"]).await;
    for (path, told) in [("/api/v1/session", "\"too_slow\""), ("/login", "時間がかかりすぎた")] {
        let mut stream = TcpStream::connect(app.service.address).await.expect("the service listens");
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nl");
        stream.write_all(head.as_bytes()).await.expect("it takes the bytes");
        let mut reply = Vec::new();
        timeout(AT_ONCE, stream.read_to_end(&mut reply)).await.expect("it ends").expect("it is answered");
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.starts_with("HTTP/1.1 408") && reply.contains(told), "{path}: {reply}");
    }
}

#[tokio::test]
async fn one_network_can_not_fill_the_house() {
    let sets = ["server.connections=3", "server.connections_of_one_network=2"];
    let app = TestApp::start_with(Engine::Sqlite, &sets).await;
    let _idle = [from("127.0.0.2", &app).await, from("127.0.0.2", &app).await];
    let mut third = from("127.0.0.2", &app).await;
    let _ = third.write_all(LIVE).await;
    let mut reply = Vec::new();
    let _ = timeout(AT_ONCE, third.read_to_end(&mut reply)).await.expect("it is closed at once");
    assert!(reply.is_empty(), "{}", String::from_utf8_lossy(&reply));
    let other = timeout(AT_ONCE, live(from("127.0.0.3", &app).await)).await.expect("there is a place for others");
    assert!(other.expect("an answer").starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_proxy_that_is_trusted_is_not_one_network() {
    let sets = ["server.connections_of_one_network=1", "server.trusted_proxies=[\"127.0.0.2\"]"];
    let app = TestApp::start_with(Engine::Sqlite, &sets).await;
    let _idle = [from("127.0.0.2", &app).await, from("127.0.0.2", &app).await];
    let third = timeout(AT_ONCE, live(from("127.0.0.2", &app).await)).await.expect("at once").expect("an answer");
    assert!(third.starts_with("HTTP/1.1 200"), "{third}");
}
