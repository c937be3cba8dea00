//! The drill: a backup under load, a restore elsewhere, and what stands there afterwards; and every restore that must not happen.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::survey::{Cell, Month};
use domain::{Clock, RegionId};
use serde_json::json;
use server::backup::sealed::Key;
use server::backup::{back_up, generations, restore};
use storage::{AuditReport, Store};
use tests::keys::store_options;
use tests::{Engine, Person, TestApp};

struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let path = std::env::temp_dir().join(format!("tsunagi-backup-{unique}"));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn key(&self) -> Key {
        let path = self.file("key");
        if !path.exists() {
            Key::create(&path).expect("a new key");
        }
        Key::read(&path).expect("the key")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn open(file: &Path) -> Store {
    let url = format!("sqlite://{}?mode=rw", file.display());
    Store::open(&url, &store_options()).await.expect("the database opens")
}

/// What must be equal on both sides: every counted cell, and each chain's length and last hash.
async fn figures(store: &Store, region_id: RegionId) -> (Vec<Cell>, AuditReport) {
    let month = |number| Month::from_number(number).expect("a month");
    let cells = store.survey_cells(region_id, month(202_501), month(202_712)).await.expect("the cells");
    (cells, store.verify_audit().await.expect("the trail"))
}

/// Admits a new person; what was answered must never be lost.
async fn admit(app: &TestApp, nurse: &Person, nth: usize) -> String {
    let person = json!({
        "name": "北見 花子", "kana": "キタミ ハナコ", "birth_on": format!("1938-04-{:02}", nth % 28 + 1), "sex": "female",
        "district": app.city.directory().districts()[0], "care_level": "care2",
    });
    let patient = nurse.post("/api/v1/patients", &person).await;
    patient.expect(201);
    let id = patient.json()["id"].as_str().expect("an id").to_owned();
    let stay = json!({
        "patient_id": id, "ward_id": app.city.cast.ward_id.to_string(), "admitted_at": "2026-11-19T09:00:00+09:00", "emergency": false,
    });
    let admitted = nurse.post("/api/v1/encounters", &stay).await;
    admitted.expect(201);
    admitted.header("location").expect("where it stands").rsplit('/').next().expect("an id").to_owned()
}

#[tokio::test]
async fn a_backup_taken_under_load_holds_all_that_was_answered_before_it_and_is_whole() {
    let app = Arc::new(TestApp::start(Engine::Sqlite).await);
    let (place, region_id) = (Place::new(), app.city.region.id);
    let nurse = app.log_in("nurse").await;
    let mut before = Vec::new();
    for nth in 0..5 {
        before.push(admit(&app, &nurse, nth).await);
    }
    let busy = Arc::new(AtomicBool::new(true));
    let load = tokio::spawn({
        let (app, nurse, busy) = (Arc::clone(&app), nurse.clone(), Arc::clone(&busy));
        async move {
            let mut admitted = 0;
            while busy.load(Ordering::Relaxed) {
                admit(&app, &nurse, admitted).await;
                admitted += 1;
            }
            admitted
        }
    });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let backup = back_up(&app.service.store, &place.key(), &place.file("kept"), 3, app.clock.now()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    busy.store(false, Ordering::Relaxed);
    assert!(load.await.unwrap() > 0, "the load was there");

    // The one of under the load: whole, with everything from before it.
    let restored = restore(&place.key(), &backup, &place.file("elsewhere.db"), false, app.clock.now()).await.unwrap();
    assert!(restored.audit_rows > 0 && restored.moved_aside.is_none());
    assert_eq!(restored.keys, app.service.store.key_ids(), "whoever restores learns which key it needs");
    let elsewhere = open(&place.file("elsewhere.db")).await;
    for id in &before {
        assert!(elsewhere.case(region_id, id.parse().unwrap()).await.unwrap().is_some(), "{id}");
    }
    elsewhere.close().await;

    // One of a quiet moment: the same figures, the same trail.
    app.clock_shows(2026, 11, 20, 10, 1);
    let quiet = back_up(&app.service.store, &place.key(), &place.file("kept"), 3, app.clock.now()).await.unwrap();
    restore(&place.key(), &quiet, &place.file("quiet.db"), false, app.clock.now()).await.unwrap();
    let copy = open(&place.file("quiet.db")).await;
    assert!(figures(&copy, region_id).await == figures(&app.service.store, region_id).await);
    copy.close().await;

    // Nothing plain is left beside the sealed ones, and they hold no name.
    let kept: Vec<_> = std::fs::read_dir(place.file("kept")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let sealed = std::fs::read(&quiet).unwrap();
    let name = "北見 花子".as_bytes();
    assert!(!sealed.windows(name.len()).any(|window| window == name));
}

#[tokio::test]
async fn only_the_newest_generations_are_kept() {
    let app = TestApp::start(Engine::Sqlite).await;
    let place = Place::new();
    let mut made = Vec::new();
    for minute in 0..4 {
        app.clock_shows(2026, 11, 20, 11, minute);
        made.push(back_up(&app.service.store, &place.key(), &place.file("kept"), 2, app.clock.now()).await.unwrap());
    }
    assert_eq!(generations(&place.file("kept")).unwrap(), made[2..]);
}

#[tokio::test]
async fn what_can_not_be_trusted_is_not_restored_and_the_database_stays_as_it_was() {
    let app = TestApp::start(Engine::Sqlite).await;
    let place = Place::new();
    let now = app.clock.now();
    let backup = back_up(&app.service.store, &place.key(), &place.file("kept"), 3, now).await.unwrap();
    let target = place.file("target.db");
    let refused = async |key: Key, backup: &Path, replace: bool| {
        format!("{:#}", restore(&key, backup, &target, replace, now).await.expect_err("must be refused"))
    };

    Key::create(&place.file("other")).unwrap();
    let other = Key::read(&place.file("other")).unwrap();
    assert!(refused(other, &backup, false).await.contains("another key"));
    let cut = place.file("cut.backup");
    let bytes = std::fs::read(&backup).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 10]).unwrap();
    assert!(refused(place.key(), &cut, false).await.contains("not whole"));
    assert!(!target.exists());

    // A database that is there, and one that somebody has open.
    restore(&place.key(), &backup, &target, false, now).await.unwrap();
    let before = std::fs::read(&target).unwrap();
    assert!(refused(place.key(), &backup, false).await.contains("--replace"));
    let in_use = open(&target).await;
    in_use.ping().await.unwrap();
    assert!(refused(place.key(), &backup, true).await.contains("in use"));
    in_use.close().await;
    assert!(std::fs::read(&target).unwrap().len() >= before.len());
    let restored = restore(&place.key(), &backup, &target, true, now).await.unwrap();
    assert!(restored.moved_aside.is_some_and(|aside| aside.exists()));

    // A newer schema, and a trail that was bent.
    for (bend, expected) in [
        ("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1", "newer program"),
        ("DELETE FROM audit WHERE seq = 1", "audit trail"),
    ] {
        let bent = place.file("bent.db");
        let _ = std::fs::remove_file(&bent);
        restore(&place.key(), &backup, &bent, false, now).await.unwrap();
        bend_file(&bent, bend).await;
        let store = open(&bent).await;
        let copy = back_up(&store, &place.key(), &place.file("bent"), 9, now).await.unwrap();
        store.close().await;
        let said = refused(place.key(), &copy, true).await;
        assert!(said.contains(expected), "{said}");
        std::fs::remove_dir_all(place.file("bent")).unwrap();
    }
}

/// As somebody with the file in hand does, who also takes down what guards a table.
async fn bend_file(file: &Path, sql: &'static str) {
    use sqlx::Connection;
    let mut conn = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    let guards: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetch_all(&mut conn).await.unwrap();
    for (guard,) in guards {
        sqlx::query(sqlx::AssertSqlSafe(format!("DROP TRIGGER {guard}"))).execute(&mut conn).await.unwrap();
    }
    assert!(sqlx::query(sql).execute(&mut conn).await.unwrap().rows_affected() > 0, "{sql}");
    conn.close().await.unwrap();
}

#[tokio::test]
async fn postgresql_s_own_dump_comes_back_with_the_same_figures_and_trail() {
    let app = TestApp::start(Engine::Postgres).await;
    let place = Place::new();
    let nurse = app.log_in("nurse").await;
    for nth in 0..5 {
        admit(&app, &nurse, nth).await;
    }
    // As the README says, with nothing but the tools of PostgreSQL.
    let (dump, elsewhere) = (place.file("tsunagi.dump"), tests::postgres::empty_database().await);
    let run = |tool: &str, words: &[&str]| {
        let ran = tests::postgres::tool(tool).args(words).output().expect("PostgreSQL's tools are there");
        assert!(ran.status.success(), "{tool}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    let dump = dump.to_str().expect("UTF-8");
    run("pg_dump", &["--format=custom", "--file", dump, "--dbname", &app.config.database.url]);
    run("pg_restore", &["--exit-on-error", "--dbname", &elsewhere, dump]);
    let copy = Store::open(&elsewhere, &store_options()).await.unwrap();
    let region_id = app.city.region.id;
    assert!(figures(&copy, region_id).await == figures(&app.service.store, region_id).await);
    assert_eq!(copy.schema_version().await.unwrap(), app.service.store.schema_version().await.unwrap());
    copy.close().await;
}
