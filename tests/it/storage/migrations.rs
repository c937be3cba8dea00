//! Rows that the first version wrote, taken through one migration after the other: none is lost or bent, and the newest reads them all.

use std::path::PathBuf;

use domain::consent::Content;
use domain::deadline::Timeliness;
use domain::notice::NoticeState;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Row};
use storage::Store;

use super::ground::options;

/// A stay as versions up to the sealing of columns wrote it, in both engines' own words: `{1}` and so on are ids.
pub(super) const STAY: &str = "
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

/// What the first version wrote besides.
const FIRST: &str = "
INSERT INTO organization (id, region_id, kind, name, districts, hours, version) VALUES ({10}, {1}, 'care_office', '架空の居宅', '[]', '{hours}', 1);
INSERT INTO contact_point (id, region_id, organization_id, use_for, email) VALUES ({11}, {1}, {10}, 'first', 'office@example.jp');
INSERT INTO care_manager (id, region_id, organization_id, name, email) VALUES ({12}, {1}, {10}, '試験 みどり', 'midori@example.jp');
INSERT INTO account (id, region_id, organization_id, ward_id, login, name, role, password_hash, failed_logins)
  VALUES ({7}, {1}, {2}, {3}, 'nurse', '看護 つなぎ', 'ward_staff', 'a hash', 3);
INSERT INTO session (token_hash, region_id, account_id, csrf, created_at, last_seen_at, expires_at)
  VALUES ({hash}, {1}, {7}, 'c', {at}, {at}, {at});
INSERT INTO care_team_member (patient_id, id, region_id, organization_id, care_manager_id, from_on)
  VALUES ({4}, {13}, {1}, {10}, {12}, '2026-04-01');
INSERT INTO notice (id, region_id, encounter_id, kind, state, sender_id, recipient_id, care_manager_id, because, serial, message, issued_at, issued_by)
  VALUES ({14}, {1}, {5}, 'admission', 'issued', {2}, {10}, {12}, 'care_manager', 41, '', {at}, {7});
INSERT INTO serial_counter (organization_id, region_id, last) VALUES ({10}, {1}, 41);
INSERT INTO contact (encounter_id, id, region_id, kind, medium, by_organization_id, with_whom, told_on, receipt_confirmed, recorded_at, recorded_by)
  VALUES ({5}, {15}, {1}, 'admission', 'fax', {2}, '架空の居宅', '2026-11-20', {no}, {at}, {7});
INSERT INTO deadline (encounter_id, rule, subject, due_on, region_id, known_at, verdict, open, next_at, organization_id)
  VALUES ({5}, 'acknowledgement', {14}, '2026-11-24', {1}, {at}, 'due', {yes}, {at}, {10});
INSERT INTO warning (encounter_id, id, region_id, rule, subject, due_on, level, warned_at)
  VALUES ({5}, {16}, {1}, 'acknowledgement', {14}, '2026-11-24', 'unacknowledged-0', {at});
INSERT INTO delivery (id, region_id, organization_id, encounter_id, notice_id, email, letter, state, attempts, next_attempt_at, created_at)
  VALUES ({17}, {1}, {10}, {5}, {14}, 'midori@example.jp', '{letter}', 'pending', 0, {at}, {at});
INSERT INTO survey_fact (encounter_id, region_id, hospital_id, office_id, care_group, admitted_on) VALUES ({5}, {1}, {2}, {10}, 'care', '2026-11-20');
INSERT INTO survey_cell (region_id, measure, month, side, party_id, care_group, method, lead, exclusion, stays)
  VALUES ({1}, 'admission', 202611, 'hospital', {2}, 'care', 'fax', '', '', 1);
";

/// What stands in each of them, whatever the version.
const PROBES: [(&str, &str); 12] = [
    ("SELECT name FROM region", "架空市"),
    ("SELECT name FROM organization WHERE kind = 'care_office'", "架空の居宅"),
    ("SELECT email FROM contact_point", "office@example.jp"),
    ("SELECT name FROM patient", "北見 花子"),
    ("SELECT login || ' ' || role || ' ' || password_hash FROM account", "nurse ward_staff a hash"),
    ("SELECT CAST(count(*) AS TEXT) FROM care_team_member", "1"),
    ("SELECT state || ' ' || CAST(serial AS TEXT) FROM notice", "issued 41"),
    ("SELECT medium || ' ' || with_whom FROM contact", "fax 架空の居宅"),
    ("SELECT verdict FROM deadline", "due"),
    ("SELECT level FROM warning", "unacknowledged-0"),
    ("SELECT email || ' ' || state FROM delivery", "midori@example.jp pending"),
    ("SELECT method || ' ' || CAST(stays AS TEXT) FROM survey_cell", "fax 1"),
];

/// A directory of its own, removed with everything in it at the end.
pub(super) struct Place(pub(super) PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    pub(super) fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let path = std::env::temp_dir().join(format!("tsunagi-older-{unique}"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The migrations up to the one whose number is `last`.
    pub(super) async fn migrations(&self, engine: &str, last: &str) -> Migrator {
        let to = self.0.join("migrations");
        std::fs::create_dir_all(&to).unwrap();
        for name in names(engine).into_iter().filter(|name| &name[..4] <= last) {
            std::fs::copy(format!("{}/{name}", directory(engine)), to.join(name)).unwrap();
        }
        Migrator::new(to).await.unwrap()
    }
}

fn directory(engine: &str) -> String {
    format!("{}/../migrations/{engine}", env!("CARGO_MANIFEST_DIR"))
}

fn names(engine: &str) -> Vec<String> {
    let entries = std::fs::read_dir(directory(engine)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(super) fn id(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

/// The statements of `text` in the engine's own words.
pub(super) fn rows(text: &str, sqlite: bool) -> Vec<String> {
    let mut text = text.to_owned();
    for n in 1..=17 {
        let literal = if sqlite { format!("x'{}'", id(n).simple()) } else { format!("'{}'", id(n)) };
        text = text.replace(&format!("{{{n}}}"), &literal);
    }
    let (at, no, yes, hash) = if sqlite {
        ("1795136400123456".to_owned(), "0", "1", format!("x'{}'", "09".repeat(32)))
    } else {
        ("'2026-11-20T01:00:00Z'".to_owned(), "false", "true", format!("'\\x{}'", "09".repeat(32)))
    };
    let hours = serde_json::to_string(&rules::calendar::OfficeHours::default()).unwrap();
    let letter = format!("{{\"kind\":\"notice_waits\",\"notice_id\":\"{}\",\"notice_kind\":\"admission\"}}", id(14));
    text = text.replace("{at}", &at).replace("{no}", no).replace("{yes}", yes).replace("{hash}", &hash);
    text = text.replace("{hours}", &hours).replace("{letter}", &letter);
    text.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()).map(str::to_owned).collect()
}

/// The newest version finds everything in its own words.
async fn read(url: &str) {
    let store = Store::open(url, &options()).await.unwrap();
    store.migrate().await.unwrap();
    let account = store.account_by_login("nurse").await.unwrap().unwrap();
    assert_eq!((account.email, account.closed_at, account.password_hash.as_str()), (None, None, "a hash"));
    assert_eq!(store.session([9; 32]).await.unwrap(), None, "everybody logs in again");
    let case = store.case(id(1).into(), id(5).into()).await.unwrap().unwrap();
    let notice = &case.notices[0];
    assert_eq!((notice.serial, notice.content, &notice.state), (41, Content::Full, &NoticeState::Issued));
    assert_eq!(case.contacts[0].with_whom.as_str(), "架空の居宅");
    assert_eq!((case.deadlines[0].timeliness, case.deadlines[0].open), (Timeliness::Due, true));
    assert_eq!((case.warnings.len(), case.team.len()), (1, 1));
    assert_eq!(case.fact.unwrap().office_id, Some(id(10).into()));
    let counts = store.outbox_counts(id(1).into()).await.unwrap();
    assert_eq!((counts.notices, counts.pending), (1, 1));
    let month = domain::survey::Month::from_number(202_611).unwrap();
    assert_eq!(store.survey_cells(id(1).into(), month, month).await.unwrap()[0].count, 1);
    store.close().await;
}

/// One migration after the other, with a look at the rows behind each.
macro_rules! through_every_migration {
    ($conn:ident, $engine:literal, $place:ident) => {
        for (nth, name) in names($engine).into_iter().enumerate() {
            $place.migrations($engine, &name[..4]).await.run(&mut $conn).await.unwrap();
            if nth == 0 {
                for sql in rows(STAY, $engine == "sqlite").into_iter().chain(rows(FIRST, $engine == "sqlite")) {
                    sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut $conn).await.expect(&sql);
                }
            }
            for (sql, expected) in PROBES {
                let found = sqlx::query(sql).fetch_all(&mut $conn).await.unwrap();
                let found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
                assert_eq!(found, [expected], "{sql}, after {name}");
            }
        }
        $conn.close().await.unwrap();
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_versions_rows_come_through_every_migration_of_sqlite() {
    let place = Place::new();
    let url = format!("sqlite://{}?mode=rwc", place.0.join("tsunagi.db").display());
    let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
    through_every_migration!(conn, "sqlite", place);
    read(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_versions_rows_come_through_every_migration_of_postgresql() {
    let place = Place::new();
    let url = tests::postgres::empty_database().await;
    let mut conn = sqlx::PgConnection::connect(&url).await.unwrap();
    through_every_migration!(conn, "postgres", place);
    read(&url).await;
}
