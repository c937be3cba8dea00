//! A database from before there were keys: read as it stands, then sealed.

use std::path::PathBuf;

use domain::consent::Sharing;
use server::keys::rotate;
use sqlx::Connection;
use sqlx::migrate::Migrator;
use storage::{Keyring, Store, StoreOptions};
use tests::keys::keys;

use super::super::ground::options;

/// What an older version has written, in both engines' own words: `{1}` and so on are ids.
const ROWS: &str = "
INSERT INTO region (id, name, agreement) VALUES ({1}, '架空市', 'kitami');
INSERT INTO organization (id, region_id, kind, name, districts, hours, version) VALUES ({2}, {1}, 'hospital', '架空病院', '[]', '{hours}', 1);
INSERT INTO ward (id, region_id, organization_id, name) VALUES ({3}, {1}, {2}, '3階東');
INSERT INTO patient (id, region_id, name, kana, birth_on, sex, district, insured_number, care_level, version)
  VALUES ({4}, {1}, '北見 花子', 'キタミ ハナコ', '1938-04-12', 'female', '中央', 'H123456789', 'care2', 1);
INSERT INTO encounter (id, region_id, patient_id, hospital_id, ward_id, state, admitted_at, emergency, version, revision)
  VALUES ({5}, {1}, {4}, {2}, {3}, 'in_progress', {at}, {no}, 1, 1);
INSERT INTO encounter_event (encounter_id, id, region_id, event, ward_id, emergency, respite, occurred_at, recorded_at, recorded_by, note)
  VALUES ({5}, {6}, {1}, 'admit', {3}, {no}, {no}, {at}, {at}, {7}, '娘さんの付き添い');
INSERT INTO screening (encounter_id, id, region_id, edition, answers, facts, outcome, screened_at, screened_by)
  VALUES ({5}, {8}, {1}, '2026', '{\"criteria\":{\"adl_decline\":\"yes\"},\"details\":[]}', '{\"emergency_admission\":false}', '{\"outcome\":\"not_required\"}', {at}, {7});
INSERT INTO idempotency (account_id, key, region_id, fingerprint, status, body, created_at)
  VALUES ({7}, 'old', {1}, {hash}, 201, '{\"said\":\"花子さん\"}', {at});
";

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let path = std::env::temp_dir().join(format!("tsunagi-older-{unique}"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The migrations as they were before columns were sealed.
    async fn migrations(&self, engine: &str) -> Migrator {
        let (from, to) = (format!("{}/../migrations/{engine}", env!("CARGO_MANIFEST_DIR")), self.0.join("migrations"));
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_str().unwrap() < "0008" {
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
        Migrator::new(to).await.unwrap()
    }
}

fn id(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

fn rows(sqlite: bool) -> Vec<String> {
    let mut text = ROWS.to_owned();
    for n in 1..=8 {
        let literal = if sqlite { format!("x'{}'", id(n).simple()) } else { format!("'{}'", id(n)) };
        text = text.replace(&format!("{{{n}}}"), &literal);
    }
    let (at, no, hash) = if sqlite {
        ("1795136400123456".to_owned(), "0", format!("x'{}'", "09".repeat(32)))
    } else {
        ("'2026-11-20T01:00:00Z'".to_owned(), "false", format!("'\\x{}'", "09".repeat(32)))
    };
    let hours = serde_json::to_string(&rules::calendar::OfficeHours::default()).unwrap();
    text = text.replace("{at}", &at).replace("{no}", no).replace("{hash}", &hash).replace("{hours}", &hours);
    text.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned).collect()
}

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
    place.migrations("sqlite").await.run(&mut conn).await.unwrap();
    for sql in rows(true) {
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
    place.migrations("postgres").await.run(&mut conn).await.unwrap();
    for sql in rows(false) {
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
