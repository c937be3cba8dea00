//! A locked file, a full disk, a server that is restarted.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use sqlx::Connection;
use tests::postgres::OwnServer;
use tests::{Engine, TestApp};

use super::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_while_the_file_is_locked_is_refused_whole_and_goes_through_afterwards() {
    let scene = Scene::of(TestApp::start(Engine::Sqlite).await).await;
    let fields = scene.filled_in().await;
    let mut other = sqlx::SqliteConnection::connect(&scene.app.config.database.url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let refused = scene.is_refused(&fields).await;
    scene.nothing_was_kept().await;
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    scene.goes_through_once(&refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_on_a_full_disk_is_refused_whole_and_goes_through_when_there_is_room() {
    let disk = SmallDisk::mount();
    let url = format!("database.url=sqlite://{}/tsunagi.db?mode=rwc", disk.0.display());
    let scene = Scene::of(TestApp::start_with(Engine::Sqlite, &[&url]).await).await;
    let fields = scene.filled_in().await;
    disk.fill();
    // What the file has already may still take a little.
    let mut looks = 0;
    while scene.nurse.get("/api/v1/encounters").await.status.is_success() {
        looks += 1;
        assert!(looks < 5_000, "the disk is not full");
    }
    let refused = scene.is_refused(&fields).await;
    scene.nothing_was_kept().await;
    disk.make_room();
    scene.goes_through_once(&refused).await;
    scene.app.service.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_while_the_server_is_away_is_refused_and_goes_through_when_it_is_back() {
    let mut server = OwnServer::start();
    let url = format!("database.url={}", server.url());
    let scene = Scene::of(TestApp::start_with(Engine::Postgres, &[&url]).await).await;
    scene.app.sweep().await;
    let fields = scene.filled_in().await;
    assert_eq!(scene.ready("database").await.0, 200);
    server.go_away().await;
    let refused = scene.is_refused(&fields).await;
    let (status, check) = scene.ready("database").await;
    assert_eq!((status, check["ok"].as_bool()), (503, Some(false)), "{check}");
    assert!(check["reason"].as_str().is_some_and(|reason| reason.contains("can't serve now")), "{check}");
    for page in [scene.browser.get("/").await, scene.app.nobody().submit("/login", &[("login", "nurse")]).await] {
        assert_eq!(page.status.as_u16(), 503, "{}", page.text());
        assert!(page.header("retry-after").is_some() && page.text().contains("ただいま"), "{}", page.text());
    }
    server.come_back().await;
    scene.nothing_was_kept().await;
    assert_eq!(scene.ready("database").await.0, 200);
    scene.goes_through_once(&refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_after_every_connection_was_cut_goes_through_at_once() {
    let scene = Scene::of(TestApp::start(Engine::Postgres).await).await;
    let mut other = sqlx::PgConnection::connect(&scene.app.config.database.url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut other)
    .await
    .unwrap();
    scene.file_as_json().await.expect(201);
    assert_eq!(scene.notices(&scene.by_json).await, 1);
}

/// A disk of a few megabytes of its own.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount() -> Self {
        let path =
            std::env::temp_dir().join(format!("tsunagi-disk-{}", uuid::Uuid::from_u128(rand::random()).simple()));
        std::fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(&path).status();
        assert!(mounted.is_ok_and(|s| s.success()), "a small tmpfs can't be mounted: run tests/run as root");
        Self(path)
    }

    fn fill(&self) {
        let mut ballast = std::fs::File::create(self.0.join("ballast")).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A test that failed may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}
