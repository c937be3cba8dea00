//! What goes wrong outside: a full disk, a locked file, a full queue, a server that goes away.

use domain::changes::Changes;
use sqlx::Connection;
use storage::{ApplyError, Store, StoreError, StoreOptions};

use super::ground::Ground;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_file_is_said_and_the_writer_goes_on() {
    let ground = Ground::sqlite().await;
    let mut other = sqlx::SqliteConnection::connect(&ground.url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let refused = ground.store.apply(ground.admission()).await;
    assert!(matches!(&refused, Err(ApplyError::Store(error)) if error.is_transient()), "{refused:?}");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    ground.admitted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_writes_nothing_half_and_the_writer_goes_on_when_there_is_room() {
    let path = std::env::temp_dir().join(format!("tsunagi-full-{}", uuid::Uuid::from_u128(rand::random()).simple()));
    std::fs::create_dir_all(&path).unwrap();
    let small =
        |args: &[&str]| std::process::Command::new("mount").args(args).arg(&path).status().is_ok_and(|s| s.success());
    let mounted = small(&["-t", "tmpfs", "-o", "size=3m", "tmpfs"]);
    assert!(mounted, "a small tmpfs can't be mounted: run tests/run as root");
    let url = format!("sqlite://{}/tsunagi.db?mode=rwc", path.display());
    let ballast = path.join("ballast");
    let ground = Ground::at(url).await;
    let mut accepted = 0;
    std::fs::write(&ballast, vec![0; 1_000_000]).unwrap();
    let refused = loop {
        match ground.store.apply(ground.admission()).await {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&refused, ApplyError::Store(error) if error.is_transient()), "{refused:?}");
    std::fs::remove_file(&ballast).unwrap();
    ground.admitted().await;
    let asked = storage::EncounterFilter::default();
    let kept = ground.store.list_encounters(ground.region.id, &asked, None, 100_000).await.unwrap();
    assert_eq!(kept.len(), accepted + 1);
    assert!(ground.store.verify_audit().await.unwrap().is_whole());
    ground.store.close().await;
    std::process::Command::new("umount").arg(&path).status().unwrap();
    std::fs::remove_dir(&path).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_busy_at_once() {
    let ground = Ground::sqlite().await;
    let options = StoreOptions { readers: 1, queue: 1, batch: 1, keys: tests::keys::keys() };
    let small = Store::open(&ground.url, &options).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (store, changes) = (small.clone(), ground.admission());
        tasks.spawn(async move { store.apply(changes).await });
    }
    let done = tasks.join_all().await;
    let busy = done.iter().filter(|done| **done == Err(ApplyError::Busy)).count();
    let good = done.iter().filter(|done| done.is_ok()).count();
    assert!(busy > 0 && good > 0 && busy + good == 40, "{busy} busy, {good} good");
    small.close().await;
    assert!(matches!(small.apply(Changes::default()).await, Err(ApplyError::Store(StoreError::Unavailable { .. }))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cuts_every_connection_is_found_again() {
    let ground = Ground::postgres().await;
    let case = ground.admitted().await;
    let mut other = sqlx::PgConnection::connect(&ground.url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut other)
    .await
    .unwrap();
    assert_eq!(ground.store.case(ground.region.id, case.encounter.id).await.unwrap().unwrap(), case);
    ground.store.apply(ground.filing(&case, "k")).await.unwrap();
    assert!(ground.store.ping().await.is_ok());
    assert!(ground.store.verify_audit().await.unwrap().is_whole());
}

#[tokio::test]
async fn an_unknown_url_is_refused_when_the_store_is_opened() {
    let refused = Store::open("mysql://somewhere/db", &StoreOptions::default()).await;
    assert!(matches!(refused, Err(StoreError::Setup { .. })));
}
