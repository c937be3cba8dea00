//! Sealed columns: what is moved, what is missing, new keys under load, people found as before, and an older database.

mod older;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::changes::{Changes, Write};
use domain::patient::{InsuredNumber, Patient};
use domain::text::{Kana, unspaced};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use server::keys::rotate;
use sqlx::Connection;
use storage::{ApplyError, EncounterFilter, Keyring, NoticeFilter, Rotation, Store, StoreError, StoreOptions};

use super::ground::{Ground, options};
use super::on_both_stores;

const OLD: [u8; 32] = [0x5a; 32];
const NEW: [u8; 32] = [0x6b; 32];

fn with(keys: &[[u8; 32]]) -> StoreOptions {
    StoreOptions { keys: Keyring::new(keys), ..options() }
}

async fn opened(ground: &Ground, keys: &[[u8; 32]]) -> Store {
    Store::open(&ground.url, &with(keys)).await.unwrap()
}

/// As somebody does who can write to the database.
async fn bend(ground: &Ground, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    let changed = if ground.url.starts_with("sqlite") {
        let mut conn = sqlx::SqliteConnection::connect(&ground.url).await.unwrap();
        sqlx::query(sql).execute(&mut conn).await.unwrap().rows_affected()
    } else {
        let mut conn = sqlx::PgConnection::connect(&ground.url).await.unwrap();
        sqlx::query(sql).execute(&mut conn).await.unwrap().rows_affected()
    };
    assert!(changed > 0);
}

fn literal(ground: &Ground, id: impl Into<uuid::Uuid>) -> String {
    let id = id.into();
    if ground.url.starts_with("sqlite") { format!("x'{}'", id.simple()) } else { format!("'{id}'") }
}

on_both_stores! {
    async fn a_value_that_was_moved_to_another_row_is_not_shown_and_hides_no_other(ground: Ground) {
        let (good, bad) = (ground.admitted().await, ground.admitted().await);
        for (case, key) in [(&good, "a"), (&bad, "b")] {
            ground.store.apply(ground.filing(case, key)).await.unwrap();
        }
        let (from, to) = (literal(&ground, good.patient.id), literal(&ground, bad.patient.id));
        bend(&ground, &format!("UPDATE patient SET name = (SELECT f.name FROM patient AS f WHERE f.id = {from}) WHERE id = {to}")).await;
        let region_id = ground.region.id;
        let refused = ground.store.patient(region_id, bad.patient.id).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Inconsistent { table: "patient", column: "name", row } if *row == bad.patient.id.to_string()), "{refused}");
        assert!(ground.store.case(region_id, bad.encounter.id).await.is_err());
        assert_eq!(ground.store.find_patients(region_id, "", None, 10).await.unwrap(), std::slice::from_ref(&good.patient));
        // One a page: what is left out doesn't end the list.
        let stays = ground.store.list_encounters(region_id, &EncounterFilter::default(), None, 1).await.unwrap();
        assert_eq!(stays.iter().map(|line| line.encounter.id).collect::<Vec<_>>(), [good.encounter.id]);
        for recipient_id in [None, Some(ground.office.id)] {
            let filter = NoticeFilter { recipient_id, ..NoticeFilter::default() };
            let notices = ground.store.list_notices(region_id, &filter, None, 1).await.unwrap();
            assert_eq!(notices.iter().map(|line| line.notice.encounter_id).collect::<Vec<_>>(), [good.encounter.id]);
        }
        // From another column of the same row it doesn't open either, and nothing plain is believed.
        bend(&ground, &format!("UPDATE patient SET name = kana WHERE id = {to}")).await;
        assert!(ground.store.patient(region_id, bad.patient.id).await.is_err());
        bend(&ground, &format!("UPDATE patient SET name = 'つくりもの' WHERE id = {to}")).await;
        assert!(ground.store.patient(region_id, bad.patient.id).await.is_err());
    }

    async fn a_wrong_or_missing_key_is_refused_before_anything_is_read(ground: Ground) {
        ground.admitted().await;
        let other = opened(&ground, &[NEW]).await;
        let refused = other.migrate().await.unwrap_err();
        assert!(matches!(&refused, StoreError::Setup { reason } if reason.contains(&ground.store.key_ids()[0])), "{refused}");
        let none = Store::open(&ground.url, &StoreOptions { keys: Keyring::default(), ..options() }).await.unwrap();
        none.migrate().await.expect("the schema needs no key");
        let unread = none.find_patients(ground.region.id, "", None, 10).await.unwrap_err();
        assert!(unread.is_transient(), "nothing is set aside for want of a key: {unread}");
        assert!(matches!(none.apply(ground.admission()).await, Err(ApplyError::Store(error)) if error.is_transient()), "nothing is written plain");
        opened(&ground, &[NEW, OLD]).await.migrate().await.unwrap();
    }

    async fn a_rotation_under_load_loses_nothing_and_may_be_killed(ground: Ground) {
        let mut cases = Vec::new();
        for n in 0..150 {
            let case = ground.admitted().await;
            ground.store.apply(ground.filing(&case, &format!("before-{n}"))).await.unwrap();
            cases.push(ground.store.case(ground.region.id, case.encounter.id).await.unwrap().unwrap());
        }
        let old = ground.store.key_ids().remove(0);
        let ground = Arc::new(ground);
        // The service, restarted with the new key first, goes on filing and correcting.
        let service = opened(&ground, &[NEW, OLD]).await;
        service.migrate().await.unwrap();
        let busy = Arc::new(AtomicBool::new(true));
        let load = tokio::spawn({
            let (ground, service, busy, people) = (Arc::clone(&ground), service.clone(), Arc::clone(&busy), cases.clone());
            async move {
                let mut written = Vec::new();
                for n in 0.. {
                    if !busy.load(Ordering::Relaxed) {
                        break;
                    }
                    let changes = ground.admission();
                    let id = changes.encounter.as_ref().unwrap().row().id;
                    if service.apply(changes).await.is_err() {
                        continue;
                    }
                    let case = service.case(ground.region.id, id).await.unwrap().unwrap();
                    let filed = service.apply(ground.filing(&case, &format!("load-{n}"))).await.is_ok();
                    let mut person = people[n % people.len()].patient.clone();
                    let read = service.patient(ground.region.id, person.id).await.unwrap().unwrap();
                    person.version = read.version + 1;
                    person.insured_number = InsuredNumber::parse(&format!("{:010}", n % people.len())).ok();
                    let write = Write::Update { row: person.clone(), read_at: read.version };
                    let corrected = service.apply(Changes { patient: Some(write), ..Changes::default() }).await.is_ok();
                    written.push((id, filed, corrected.then_some(person)));
                    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
                }
                written
            }
        });
        let rotating = opened(&ground, &[NEW, OLD]).await;
        let mut killed = Rotation::default();
        for _ in 0..2 {
            rotating.rotate_some(&mut killed).await.unwrap();
        }
        drop(killed);
        let rotated = rotate(&rotating, ground.now, 1).await.unwrap();
        assert_eq!((rotated.left, &rotated.unreadable, rotated.plain_ended), (0, &Default::default(), None), "{rotated}");
        assert!(rotated.sealed.keys().any(|table| *table == "notice") && rotated.to_string().contains(&rotated.key), "{rotated}");
        busy.store(false, Ordering::Relaxed);
        let written = load.await.unwrap();
        assert!(written.len() > 5, "{} of load", written.len());
        let in_use = rotating.keys_in_use().await.unwrap();
        assert_eq!((in_use.sealed.len(), in_use.plain, in_use.sealed.contains_key(&old)), (1, 0, false), "{in_use:?}");
        service.close().await;
        rotating.close().await;

        // The old key may go, and everything is as it was or as it was changed.
        let store = opened(&ground, &[NEW]).await;
        store.migrate().await.unwrap();
        let region_id = ground.region.id;
        for case in &cases {
            let now = store.case(region_id, case.encounter.id).await.unwrap().unwrap();
            let corrected = written.iter().rev().filter_map(|(_, _, person)| person.as_ref()).find(|p| p.id == case.patient.id);
            assert_eq!(&now.patient, corrected.unwrap_or(&case.patient));
            assert_eq!(domain::case::Case { patient: case.patient.clone(), ..now }, *case);
        }
        for (id, filed, corrected) in &written {
            let case = store.case(region_id, *id).await.unwrap().unwrap();
            assert_eq!(case.notices.len(), usize::from(*filed));
            if let Some(person) = corrected {
                let number = person.insured_number.as_ref().unwrap().as_str();
                assert!(store.find_patients(region_id, number, None, 10).await.unwrap().iter().any(|p| p.id == person.id));
            }
        }
        assert!(store.idempotency(ground.nurse.id, "before-3").await.unwrap().is_some_and(|record| record.fingerprint == [9; 32]));
        let found = store.find_patients(region_id, "きたみ", None, 1_000).await.unwrap();
        assert_eq!(found.len(), cases.len() + written.len());
        let trail = store.audit(region_id, &storage::AuditFilter::default(), 1_000).await.unwrap();
        assert_eq!(trail.iter().filter(|row| row.entry.action == "rotate_keys").count(), 1);
        assert!(store.verify_audit().await.unwrap().is_whole());
    }

    async fn people_are_found_as_a_plain_model_finds_them(ground: Ground) {
        let mut chance = StdRng::seed_from_u64(20);
        let syllables: Vec<char> = "アイキタミハナコサトウ ".chars().collect();
        let mut people: Vec<Patient> = Vec::new();
        for n in 0..300 {
            let length = chance.random_range(1..14);
            let kana: String = (0..length).map(|_| syllables[chance.random_range(0..syllables.len())]).collect();
            let Ok(kana) = Kana::parse(&kana) else { continue };
            let mut person = ground.patient("北見 花子", kana.as_str());
            person.insured_number = (n % 3 > 0).then(|| InsuredNumber::parse(&format!("{:010}", n / 2)).unwrap());
            person.birth_on = format!("19{:02}-01-01", 30 + n % 4).parse().unwrap();
            ground.store.apply(Changes { patient: Some(Write::New(person.clone())), ..Changes::default() }).await.unwrap();
            people.push(person);
        }
        let store = opened(&ground, &[NEW, OLD]).await;
        store.migrate().await.unwrap();
        // Half of them are written anew with the new key: both kinds are found together.
        for person in people.iter_mut().step_by(2) {
            person.version = 2;
            let write = Write::Update { row: person.clone(), read_at: 1 };
            store.apply(Changes { patient: Some(write), ..Changes::default() }).await.unwrap();
        }
        people.sort_by(|a, b| (&a.kana, a.id).cmp(&(&b.kana, b.id)));
        let mut wanted: Vec<String> = ["", "あ", "イ", "0000000007", "000000000", "H", "キタミ ハナコサン"].map(str::to_owned).into();
        for person in people.iter().step_by(9) {
            let kana: Vec<char> = person.kana.as_str().chars().collect();
            wanted.extend((1..=kana.len()).map(|end| kana[..end].iter().collect::<String>()));
        }
        for text in &wanted {
            let key = Kana::search_key(text);
            let fits = |p: &Patient| p.kana.unspaced().starts_with(&unspaced(&key)) || p.insured_number.as_ref().is_some_and(|n| n.as_str() == key);
            let model: Vec<&Patient> = people.iter().filter(|p| fits(p)).collect();
            let mut found: Vec<Patient> = Vec::new();
            loop {
                let page = store.find_patients(ground.region.id, text, found.last().map(|p| p.id), 40).await.unwrap();
                let last = page.len() < 40;
                found.extend(page);
                if last {
                    break;
                }
            }
            assert_eq!(found.iter().collect::<Vec<_>>(), model, "{text:?}");
        }
        for person in people.iter().step_by(5) {
            let mut model: Vec<_> = people.iter().filter(|p| person.may_be_the_same_as(p)).map(|p| p.id).collect();
            model.sort();
            let found = store.possible_duplicates(person).await.unwrap();
            assert_eq!(found.iter().map(|p| p.id).collect::<Vec<_>>(), model, "{}", person.kana);
        }
        let elsewhere = store.find_patients(ground.id(), "ア", None, 40).await.unwrap();
        assert_eq!(elsewhere, [], "another region");
    }
}
