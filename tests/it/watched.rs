//! The service as seen by those who watch it from outside.

use std::time::Duration;

use tests::binary::{Asker, Balancer, Binary};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Takes one request and answers it; what was asked, head and all.
async fn one_request(watcher: &TcpListener) -> String {
    let taken = tokio::time::timeout(Duration::from_secs(30), watcher.accept()).await;
    let (mut stream, _) = taken.expect("a sign of life within half a minute").expect("a connection");
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        assert!(stream.read_buf(&mut asked).await.expect("readable") > 0, "the sender went away");
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK").await.expect("writable");
    String::from_utf8(asked).expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watcher_outside_hears_of_every_sweep_and_of_nothing_else() {
    let watcher = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
    let directory = std::env::temp_dir().join(format!("tsunagi-watched-{unique}"));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let url = format!("health.watcher_url=\"http://{}/ping/secret\"", watcher.local_addr().expect("its address"));
    let database = format!("sqlite://{}/tsunagi.db?mode=rwc", directory.display());
    let mut binary = Binary::new(&database, 1, &[url]);
    binary.start();
    for _ in 0..2 {
        let asked = one_request(&watcher).await;
        assert!(asked.starts_with("GET /ping/secret HTTP/1.1\r\n"), "{asked}");
    }
    Asker::through(&Balancer::over([binary.address])).ready().await;
    binary.kill();
    std::fs::remove_dir_all(&directory).expect("it is ours");
}
