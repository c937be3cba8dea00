//! A database from before there were keys: read as it stands, then sealed.

use domain::consent::Sharing;
use server::keys::rotate;
use sqlx::Connection;
use storage::{Keyring, Store, StoreOptions};
use tests::keys::keys;

use super::super::ground::options;
use super::super::migrations::{Place, STAY, id, rows};

/// The last migration before columns were sealed.
const PLAIN: &str = "0007";

async fn read(store: &Store) {
    let (region_id, patient_id) = (id(1).into(), id(4).into());
    for wanted in ["きた", "H123456789", ""] {
        let found = store.find_patients(region_id, wanted, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|p| p.id).collect::<Vec<_>>(), [patient_id], "{wanted}");
    }
    let case = store.case(region_id, id(5).into()).await.unwrap().unwrap();
    assert_eq!((case.patient.name.as_str(), case.patient.birth_on.to_string().as_str()), ("北見 花子", "1938-04-12"));
    assert_eq!(case.patient.sharing, Sharing::None);
    assert_eq!(case.events[0].note.as_ref().unwrap().as_str(), "娘さんの付き添い");
    assert_eq!(case.screenings[0].answers, rules::Answers::new().yes("adl_decline"));
    let twin = domain::patient::Patient { id: id(99).into(), ..case.patient };
    assert_eq!(store.possible_duplicates(&twin).await.unwrap().len(), 1);
    let first = store.idempotency(id(7).into(), "old").await.unwrap().unwrap();
    assert_eq!((first.body.as_str(), first.fingerprint), ("{\"said\":\"花子さん\"}", [9; 32]));
}

/// Reads it with a key as it stands, seals it, and reads it again.
async fn sealed_later(url: &str) {
    let store = Store::open(url, &options()).await.unwrap();
    store.migrate().await.unwrap();
    assert!(store.plain_stands().await.unwrap());
    assert_eq!(store.keys_in_use().await.unwrap().plain, 10);
    read(&store).await;
    let rotated = rotate(&store, domain::Instant::from_micros(1_795_136_400_123_456), 1).await.unwrap();
    assert_eq!((rotated.left, rotated.plain_ended), (0, Some(true)), "{rotated}");
    read(&store).await;
    store.close().await;
    let store = Store::open(url, &StoreOptions { keys: keys(), ..options() }).await.unwrap();
    store.migrate().await.unwrap();
    assert!(!store.plain_stands().await.unwrap());
    read(&store).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_version_left_in_sqlite_is_read_and_sealed_down_to_its_freed_pages() {
    let place = Place::new();
    let file = place.0.join("tsunagi.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
    place.migrations("sqlite", PLAIN).await.run(&mut conn).await.unwrap();
    for sql in rows(STAY, true) {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
    sealed_later(&url).await;
    let bytes = std::fs::read(&file).unwrap();
    for word in ["北見 花子", "キタミ", "1938-04-12", "H123456789", "娘さん", "adl_decline", "花子さん"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    let wal = std::fs::metadata(file.with_extension("db-wal")).map_or(0, |wal| wal.len());
    assert_eq!(wal, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_version_left_in_postgresql_is_read_and_sealed() {
    let place = Place::new();
    let url = tests::postgres::empty_database().await;
    let mut conn = sqlx::PgConnection::connect(&url).await.unwrap();
    place.migrations("postgres", PLAIN).await.run(&mut conn).await.unwrap();
    for sql in rows(STAY, false) {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
    sealed_later(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_database_never_believes_anything_plain() {
    let place = Place::new();
    let url = format!("sqlite://{}?mode=rwc", place.0.join("tsunagi.db").display());
    let store = Store::open(&url, &StoreOptions { keys: Keyring::new(&[[1; 32]]), ..options() }).await.unwrap();
    store.migrate().await.unwrap();
    assert!(!store.plain_stands().await.unwrap());
    store.close().await;
}
