//! 本人 and 担当 over JSON.

use serde_json::json;
use tests::on_both;

use super::only;

on_both! {
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
        let mut seen = Vec::new();
        let mut after = json!(null);
        loop {
            let body = json!({ "text": "0", "limit": 2, "after": after });
            let page = nurse.post("/api/v1/patients/search", &body).await.expect(200);
            seen.extend(page["patients"].as_array().unwrap().iter().map(|patient| patient["id"].to_string()));
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        let all = nurse.post("/api/v1/patients/search", &json!({ "text": "0", "limit": 100 })).await.expect(200);
        assert_eq!(seen.len(), all["patients"].as_array().unwrap().len());
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all["patients"].as_array().unwrap().len());
    }
}
