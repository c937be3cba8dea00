//! 本人 and 担当 over JSON.

use serde_json::json;
use tests::on_both;

use super::only;

on_both! {
    /// The earlier discharge comes out of the database, the rest from her particulars and the admission.
    async fn what_the_records_say_is_a_hit_that_nobody_ticks(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let agreement = nurse.get("/api/v1/agreement").await.expect(200);
        let ids = agreement["criteria"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned());
        let unticked = json!({ "answers": { "criteria": ids.map(|id| (id, json!("no"))).collect::<serde_json::Map<_, _>>() } });
        let ward_id = app.city.cast.ward_id.to_string();
        for (name, left_on, emergency, care_level, hit) in [
            ("三十日", Some("2026-10-19"), false, "care2", Some("emergency_or_repeated")),
            ("三十一日", Some("2026-10-18"), false, "care2", None),
            ("緊急", None, true, "care2", Some("emergency_or_repeated")),
            ("未申請", None, false, "not_applied", Some("insurance_not_applied")),
            ("申請中", None, false, "applying", None),
        ] {
            let body = json!({
                "name": name, "kana": "かくう", "birth_on": "1941-05-06", "sex": "female", "district": "第1圏域",
                "insured_number": null, "care_level": care_level,
            });
            let patient_id = nurse.post("/api/v1/patients", &body).await.expect(201)["id"].clone();
            let admit = |at: &str, emergency| {
                json!({ "patient_id": patient_id, "ward_id": ward_id, "admitted_at": at, "emergency": emergency })
            };
            if let Some(left_on) = left_on {
                let before = nurse.post("/api/v1/encounters", &admit("2026-10-05T09:00:00+09:00", false)).await;
                before.expect(201);
                let events = format!("{}/events", before.header("location").unwrap());
                let left = json!({ "event": "discharge", "on": left_on, "to": "home", "occurred_at": format!("{left_on}T14:00:00+09:00") });
                nurse.post(&events, &left).await.expect(201);
            }
            let stay = nurse.post("/api/v1/encounters", &admit("2026-11-18T09:00:00+09:00", emergency)).await;
            stay.expect(201);
            let screenings = format!("{}/screenings", stay.header("location").unwrap());
            let result = nurse.post(&screenings, &unticked).await.expect(201)["result"].clone();
            let because: Vec<_> = result["because"].as_array().unwrap().iter().map(|r| r["criterion"].as_str().unwrap()).collect();
            assert_eq!(because, hit.into_iter().collect::<Vec<_>>(), "{name}");
            assert!(result["because"].as_array().unwrap().iter().all(|reason| reason["derived"] == true));
            assert_eq!(result["outcome"], if hit.is_some() { "notice_advised" } else { "not_required" }, "{name}");
        }
    }

    async fn a_search_finds_by_reading_and_every_find_is_on_the_trail(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let kana = app.city.patient(app.city.cast.hanako).kana.to_string();
        let found = nurse.post("/api/v1/patients/search", &json!({ "text": kana })).await.expect(200);
        let found = found["patients"].as_array().unwrap();
        assert!(found.iter().any(|patient| patient["name"] == "北見 花子"));
        let auditor = app.log_in("auditor").await;
        let trail = auditor.get(&format!("/api/v1/audit?patient_id={}", app.city.cast.hanako)).await.expect(200);
        let looked = trail["rows"].as_array().unwrap().iter().find(|row| row["action"] == "search_patients");
        assert_eq!(looked.expect("a row")["account_id"], app.city.cast.nurse.to_string());
    }

    async fn a_second_registration_of_one_person_is_proposed_never_merged(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let hanako = app.city.patient(app.city.cast.hanako);
        let body = json!({
            "name": "北見 はな子", "kana": hanako.kana.to_string(), "birth_on": hanako.birth_on.to_string(), "sex": "female",
            "district": hanako.district.to_string(), "insured_number": null, "care_level": "care3",
        });
        let kept = nurse.post("/api/v1/patients", &body).await;
        let kept_body = kept.expect(201);
        assert!(kept_body["may_be_same"].as_array().unwrap().contains(&json!(hanako.id.to_string())));
        let path = kept.header("location").expect("where she is").to_owned();
        let same = nurse.get(&format!("{path}/duplicates")).await.expect(200);
        assert_eq!(only(&same, "patients")["name"], "北見 花子");
    }

    async fn a_new_care_manager_takes_over_from_a_day(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let cast = &app.city.cast;
        let path = format!("/api/v1/patients/{}/care-team", cast.unmanaged);
        let charge = json!({ "care_manager_id": cast.care_manager_id.to_string(), "from_on": "2026-11-20" });
        nurse.post(&path, &charge).await.expect(201);
        let team = nurse.get(&path).await.expect(200);
        assert_eq!(only(&team, "members")["care_manager_id"], cast.care_manager_id.to_string());
        let unknown = json!({ "care_manager_id": cast.hanako.to_string(), "from_on": "2026-11-20" });
        assert_eq!(nurse.post(&path, &unknown).await.problem(422), "unknown_id");
    }

    /// Page by page, every person comes once.
    async fn pages_of_a_search_neither_repeat_nor_skip(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let known: Vec<_> = app.city.people().filter(|p| p.kana.as_str().starts_with('キ')).map(|p| p.id.to_string()).collect();
        let mut registered = vec![];
        for nth in 1..=4 {
            let body = json!({
                "name": "木古内 桃子", "kana": "きこない ももこ", "birth_on": format!("194{nth}-03-09"), "sex": "female",
                "district": app.city.directory().districts()[0], "care_level": "care1",
            });
            registered.push(nurse.post("/api/v1/patients", &body).await.expect(201)["id"].as_str().unwrap().to_owned());
        }
        let mut wanted: Vec<_> = known.into_iter().chain(registered).collect();
        let mut seen = Vec::new();
        let mut after = json!(null);
        loop {
            let body = json!({ "text": "キ", "limit": 2, "after": after });
            let page = nurse.post("/api/v1/patients/search", &body).await.expect(200);
            seen.extend(page["patients"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()));
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        let all = nurse.post("/api/v1/patients/search", &json!({ "text": "キ", "limit": 100 })).await.expect(200);
        let all: Vec<_> = all["patients"].as_array().unwrap().iter().map(|p| p["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(seen, all, "in one order");
        seen.sort();
        wanted.sort();
        assert!(wanted.len() > 4, "more than two pages");
        assert_eq!(seen, wanted);
        let nobody = json!({ "text": "キ", "after": uuid::Uuid::nil().simple().to_string() });
        assert_eq!(nurse.post("/api/v1/patients/search", &nobody).await.problem(422), "not_a_known_value");
    }
}
