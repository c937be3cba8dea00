//! Two hospitals and one person: each answers for what is its own, and prepares the admission of whoever comes to its door.

use domain::party::Role;
use serde_json::{Value, json};
use tests::{Person, TestApp, on_both};

use super::world::{Place, World};

fn who(world: &World, role: Role, place: Place) -> &Person {
    &world.people.iter().find(|p| p.role == role && p.place == place).expect("everybody is there").client
}

/// She comes into the other hospital.
async fn admitted_there(app: &TestApp, nurse: &Person, patient: &str) -> Value {
    let ward = app.city.wards.iter().find(|ward| ward.organization_id == app.city.cast.other_hospital_id);
    let stay = json!({
        "patient_id": patient, "ward_id": ward.expect("it has a ward").id.to_string(),
        "admitted_at": "2026-11-20T09:00:00+09:00", "emergency": true,
    });
    nurse.post("/api/v1/encounters", &stay).await.expect(201)
}

on_both! {
    async fn a_hospital_touches_nobody_s_record_before_it_has_her_and_then_its_own_part_alone(app: TestApp) {
        let world = World::make(&app).await;
        let nurse = who(&world, Role::WardStaff, Place::OtherHospital);
        let coordinator = who(&world, Role::Coordinator, Place::OtherHospital);
        let person = format!("/api/v1/patients/{}", world.patient);
        let consent = json!({
            "kind": "information_sharing", "act": "given", "scope": "everyone", "by": "person", "way": "oral",
            "declared_on": "2026-11-20",
        });
        let charge = json!({ "care_manager_id": world.care_manager, "from_on": "2026-11-20" });
        for (path, body) in [("consents", &consent), ("care-team", &charge), ("exports", &json!({ "to_whom": "本人" }))] {
            assert_eq!(coordinator.post(&format!("{person}/{path}"), body).await.problem(404), "not_found", "{path}");
        }
        assert_eq!(nurse.get(&format!("{person}/disclosures")).await.problem(404), "not_found");
        let page = nurse.get(&person[7..]).await;
        assert_eq!(page.status.as_u16(), 200, "she is found, and can be admitted");
        assert!(page.text().contains("/encounters/new?patient="), "{}", page.text());
        for link in ["/edit\"", "/care-team\"", "/consents\"", "/disclosures\""] {
            assert!(!page.text().contains(link), "{link}: {}", page.text());
        }

        let stay = admitted_there(&app, nurse, &world.patient).await;
        nurse.post(&format!("{person}/consents"), &consent).await.expect(201);
        nurse.post(&format!("{person}/care-team"), &charge).await.expect(201);
        let lines = nurse.get(&format!("{person}/disclosures")).await.expect(200);
        assert_eq!(lines["disclosures"], json!([]), "what the first hospital told is the first one's to say");
        let page = nurse.get(&format!("{}/disclosures", &person[7..])).await.text();
        assert!(!page.contains("担当の方"), "{page}");
        let copy = coordinator.post(&format!("{person}/exports"), &json!({ "to_whom": "本人" })).await.expect(200);
        let stays: Vec<_> = copy["encounters"].as_array().unwrap().iter().map(|stay| stay["id"].clone()).collect();
        assert_eq!(stays, [stay["encounter_id"].clone()], "{copy}");
        assert_eq!(copy["disclosures"].as_array().unwrap().len(), 1, "the copy itself: {copy}");

        let first = who(&world, Role::WardStaff, Place::Hospital).get(&format!("{person}/disclosures")).await.expect(200);
        assert_eq!(first["disclosures"].as_array().unwrap().len(), 4, "three notices and a FAX: {first}");
        let all = who(&world, Role::Auditor, Place::Hospital).get(&format!("{person}/disclosures")).await.expect(200);
        assert_eq!(all["disclosures"].as_array().unwrap().len(), 5, "{all}");
    }

    /// Registered, asked, her care manager written down, admitted: in this order, before she has a stay anywhere.
    async fn whoever_is_new_is_prepared_for_by_the_hospital_that_she_comes_to(app: TestApp) {
        let world = World::make(&app).await;
        let nurse = who(&world, Role::WardStaff, Place::OtherHospital);
        let body = json!({
            "name": "遠軽 桃子", "kana": "エンガル モモコ", "birth_on": "1941-03-09", "sex": "female", "care_level": "care1",
            "district": app.city.directory().districts()[0],
        });
        let kept = nurse.post("/api/v1/patients", &body).await;
        let patient = kept.expect(201)["id"].as_str().unwrap().to_owned();
        let person = format!("/api/v1/patients/{patient}");
        nurse.put_with(&person, &body, &[("if-match", "\"1\"")]).await.expect(200);
        let consent = json!({
            "kind": "information_sharing", "act": "given", "by": "family", "way": "oral", "declared_on": "2026-11-20",
        });
        nurse.post(&format!("{person}/consents"), &consent).await.expect(201);
        let charge = json!({ "care_manager_id": world.care_manager, "from_on": "2026-11-20" });
        nurse.post(&format!("{person}/care-team"), &charge).await.expect(201);
        admitted_there(&app, nurse, &patient).await;
        let first = who(&world, Role::WardStaff, Place::Hospital);
        assert_eq!(first.post(&format!("{person}/consents"), &consent).await.problem(404), "not_found");
    }
}
