//! Clients that are slow on purpose: with the head, with the body, with taking the answer. Each is bounded by a key of the configuration, and
//! none of them costs anybody else more than a place.

use std::time::Instant;

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

#[tokio::test]
async fn a_body_that_comes_in_drops_is_answered_with_408_and_gives_its_place_back() {
    let keys = ["server.request_within_seconds=1", "server.requests_in_hand=4"];
    let app = start(&keys.map(str::to_owned)).await;
    let began = Instant::now();
    let mut slow = Vec::new();
    // Each as somebody else, or one alone would have a quarter of the places.
    for caller in 0..4 {
        let mut stream = TcpStream::connect(app.service.address).await.unwrap();
        let head = format!(
            "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {caller}\r\n\
             Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    // All places are taken: the next one is told so at once, and does not wait with them.
    let login = serde_json::json!({ "login": "nurse", "password": server::city::DEMO_PASSWORD });
    let refused = app.nobody().post("/api/v1/session", &login).await;
    if began.elapsed() < Duration::from_millis(900) {
        assert_eq!((refused.problem(503), refused.header("retry-after").is_some()), ("busy".into(), true));
    }
    for stream in &mut slow {
        // A drop now and then doesn't prolong it.
        stream.write_all(b" ").await.unwrap();
    }
    for stream in &mut slow {
        let (rest, _) = until_the_end(stream).await;
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.starts_with("HTTP/1.1 408") && rest.contains("application/problem+json"), "{rest}");
    }
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    app.nobody().post("/api/v1/session", &login).await.expect(201);
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
