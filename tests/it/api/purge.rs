//! What the retention lets go is gone; what was counted, published or audited stays.

use std::collections::BTreeSet;

use domain::retention::{PurgeLot, Retention};
use serde_json::{Value, json};
use server::purge::{Purged, purge};
use sqlx::{Connection, Row};
use tests::{Person, TestApp, on_both};

use super::{admitted, filed};

/// Every row of every table as text.
pub(crate) async fn dump(url: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    if url.starts_with("sqlite") {
        let mut db = sqlx::SqliteConnection::connect(url).await.unwrap();
        let columns = "SELECT t.name, group_concat('quote(' || c.name || ')', ' || ''|'' || ') FROM sqlite_schema AS t,
            pragma_table_info(t.name) AS c WHERE t.type = 'table' GROUP BY t.name";
        for table in sqlx::query(columns).fetch_all(&mut db).await.unwrap() {
            let (name, columns): (String, String) = (table.get(0), table.get(1));
            let sql = format!("SELECT {columns} FROM {name}");
            for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut db).await.unwrap() {
                all.push((name.clone(), row.get(0)));
            }
        }
    } else {
        let mut db = sqlx::PgConnection::connect(url).await.unwrap();
        let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
        for table in sqlx::query(tables).fetch_all(&mut db).await.unwrap() {
            let name: String = table.get(0);
            let sql = format!("SELECT t::text FROM {name} AS t");
            for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut db).await.unwrap() {
                all.push((name.clone(), row.get(0)));
            }
        }
    }
    all
}

/// Which tables hold this text.
fn holding<'a>(rows: &'a [(String, String)], text: &str) -> BTreeSet<&'a str> {
    rows.iter().filter(|(_, row)| row.contains(text)).map(|(table, _)| table.as_str()).collect()
}

/// An id as [`dump`] writes it.
fn as_dumped(url: &str, id: &str) -> String {
    if url.starts_with("sqlite") { id.replace('-', "").to_uppercase() } else { id.to_owned() }
}

/// 常呂 and others come and go as well: `patient_id` is admitted and discharged; answers the stay's path.
async fn another_stay(app: &TestApp, nurse: &Person, patient_id: &str) -> String {
    let body = json!({
        "patient_id": patient_id, "ward_id": app.city.cast.ward_id.to_string(),
        "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": true,
    });
    let stay = nurse.post("/api/v1/encounters", &body).await;
    stay.expect(201);
    stay.header("location").unwrap().to_owned()
}

async fn rates(app: &TestApp) -> (Value, String) {
    let city = app.log_in("city").await;
    let json = city.get("/api/v1/survey?first=202611&last=202611").await.expect(200);
    let csv = city.get("/api/v1/survey.csv?first=202612&last=202612").await.text();
    (json, csv)
}

async fn run(app: &TestApp, really: bool) -> Purged {
    let (store, region) = (app.service.app.store(), &app.city.region);
    purge(store, region, Retention::default(), app.service.app.now(), app.service.app.seed(), really).await.unwrap()
}

on_both! {
    async fn a_purge_takes_the_person_and_leaves_the_rates_and_the_chain(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        app.send_mails().await;
        let manager = app.log_in("caremanager").await;
        manager.get(&notice).await.expect(200);
        manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await.expect(201);
        let fax = json!({ "kind": "admission", "medium": "fax", "with_whom": "長女 美幌 雪子", "told_on": "2026-11-19" });
        nurse.post_with(&format!("{stay}/contacts"), &fax, &[("idempotency-key", "fax-1")]).await.expect(201);
        let kept = another_stay(&app, &nurse, &app.city.cast.at_home.to_string()).await;
        app.clock_shows(2026, 11, 28, 15, 0);
        let nurse = app.log_in("nurse").await;
        let gone = json!({ "event": "discharge", "on": "2026-11-28", "to": "home", "note": "娘さんの迎えで" });
        nurse.post(&format!("{stay}/events"), &gone).await.expect(201);
        nurse.post(&format!("{kept}/events"), &gone).await.expect(201);
        app.clock_shows(2026, 12, 2, 9, 0);
        let city = app.log_in("city").await;
        city.post("/api/v1/survey/publications", &json!({ "first": 202_611, "last": 202_611 })).await.expect(201);
        let admin = app.log_in("admin").await;
        let held = json!({ "encounter_id": &kept[19..], "why": "照会中" });
        let hold = admin.post("/api/v1/holds", &held).await.expect(201);

        app.clock_shows(2031, 11, 28, 3, 0);
        let dry = run(&app, false).await;
        assert_eq!((dry.stays, dry.people, dry.held_back), (0, 10, 0), "five full years have not passed: {dry}");
        app.clock_shows(2031, 11, 29, 3, 0);
        let before = rates(&app).await;
        let url = app.config.database.url.clone();
        let of = |path: &str| as_dumped(&url, &path[path.len() - 36..]);
        let kept_path = kept.clone();
        let (person, gone, kept) = (of(&app.city.cast.hanako.to_string()), of(&stay), of(&kept));
        let rows = dump(&url).await;
        assert!(holding(&rows, &person).contains("patient_mark") && holding(&rows, &gone).contains("contact"));
        let dry = run(&app, false).await;
        assert_eq!((dry.stays, dry.people, dry.held_back, dry.done), (1, 11, 1, false), "{dry}");
        assert_eq!(holding(&dump(&url).await, &person), holding(&rows, &person), "a dry run deletes nothing");

        let done = run(&app, true).await;
        assert_eq!((done.stays, done.people, &done.rows), (dry.stays, dry.people, &dry.rows), "it does what it said");
        assert!(!done.to_string().contains("花子") && done.rows["notice"] == 1 && done.rows["idempotency"] >= 1);
        let rows = dump(&url).await;
        for id in [&person, &gone, &of(&notice)] {
            assert_eq!(holding(&rows, id), BTreeSet::from(["audit"]), "{id}");
        }
        assert_eq!(holding(&rows, "fax-1"), BTreeSet::new());
        assert!(holding(&rows, &kept).contains("encounter_event"), "the held stay stays");
        assert_eq!(rates(&app).await, before, "rates before = rates after");
        let store = app.service.app.store();
        assert!(store.verify_audit().await.unwrap().is_whole());
        let nurse = app.log_in("nurse").await;
        assert_eq!(nurse.get(&stay).await.problem(404), "not_found");
        nurse.get(&kept_path).await.expect(200);
        let trail = store.audit(app.city.region.id, &storage::AuditFilter::default(), 200).await.unwrap();
        assert_eq!(trail.iter().filter(|row| row.entry.action == "purge").count(), 12, "one row a stay, one a person");

        assert_eq!(run(&app, true).await.stays, 0, "nothing is left to do");
        let lifting = format!("/api/v1/holds/{}/lifting", hold["id"].as_str().unwrap());
        app.log_in("admin").await.post(&lifting, &json!({ "why": "終わった" })).await.expect(201);
        let done = run(&app, true).await;
        assert_eq!((done.stays, done.people, done.held_back), (1, 1, 0), "{done}");
        assert_eq!(holding(&dump(&url).await, &kept), BTreeSet::from(["audit"]));
        assert_eq!(rates(&app).await, before);
        assert_eq!(store.purges(app.city.region.id).await.unwrap().len(), 3);
    }

    /// A table that somebody adds later, with rows of a stay or a person in it, is not forgotten.
    async fn every_table_of_a_person_is_purged(app: TestApp) {
        let (region_id, ended_before_on) = (app.city.region.id, "2020-01-01".parse().unwrap());
        let lot = PurgeLot {
            region_id,
            ended_before_on,
            stays: vec![uuid::Uuid::nil().into()],
            people: vec![uuid::Uuid::nil().into()],
        };
        let counted = app.service.app.store().count_purge(&lot).await.unwrap();
        let of_a_person = ["patient_id", "encounter_id", "notice_id", "delivery_id"];
        let columns: Vec<(String, String)> = columns(&app.config.database.url).await;
        let tables: BTreeSet<&str> =
            columns.iter().filter(|(_, column)| of_a_person.contains(&column.as_str())).map(|(table, _)| table.as_str()).collect();
        let forgotten: Vec<_> = tables.iter().filter(|table| **table != "audit" && !counted.contains_key(**table)).collect();
        assert!(tables.len() > 15 && forgotten.is_empty(), "to be purged: {forgotten:?}");
    }
}

async fn columns(url: &str) -> Vec<(String, String)> {
    let rows = |name: &dyn Fn(usize) -> String| (name(0), name(1));
    if url.starts_with("sqlite") {
        let mut db = sqlx::SqliteConnection::connect(url).await.unwrap();
        let sql =
            "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'";
        let found = sqlx::query(sql).fetch_all(&mut db).await.unwrap();
        found.iter().map(|row| rows(&|n| row.get(n))).collect()
    } else {
        let mut db = sqlx::PgConnection::connect(url).await.unwrap();
        let sql =
            "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'";
        let found = sqlx::query(sql).fetch_all(&mut db).await.unwrap();
        found.iter().map(|row| rows(&|n| row.get(n))).collect()
    }
}
