//! Break-glass: looking without a relation, for a while, with a reason, seen by those whom it concerns.

use serde_json::json;
use tests::on_both;

use super::world::{Place, World};
use domain::party::Role;

fn who(world: &World, role: Role, place: Place) -> &tests::Person {
    &world.people.iter().find(|p| p.role == role && p.place == place).expect("everybody is there").client
}

on_both! {
    async fn a_record_opened_in_an_emergency_can_be_looked_at_until_its_time_is_over(app: TestApp) {
        let world = World::make(&app).await;
        app.send_mails().await;
        let hanako = app.city.patient(app.city.cast.hanako).clone();
        for (role, place) in [(Role::WardStaff, Place::OtherHospital), (Role::CareManager, Place::SentBack)] {
            let stranger = who(&world, role, place);
            let stay = format!("/api/v1/encounters/{}", world.stay);
            assert_eq!(stranger.get(&stay).await.problem(404), "not_found");
            let body = json!({ "encounter_id": world.stay, "reason": "" });
            assert_eq!(stranger.post("/api/v1/emergencies", &body).await.problem(422), "reason_missing");
            let body = json!({
                "kana": hanako.kana.as_str(), "birth_on": hanako.birth_on.to_string(),
                "reason": "救急搬送され、家族と連絡がつかない",
            });
            let opened = stranger.post("/api/v1/emergencies", &body).await.expect(201);
            assert_eq!(opened["encounter_ids"], json!([world.stay]));
            assert_eq!(opened["until_at"], "2026-11-20T02:00:00Z");
            stranger.get(&stay).await.expect(200);
            stranger.get(&format!("/api/v1/patients/{}", world.patient)).await.expect(200);
            assert_eq!(stranger.get(&format!("/encounters/{}", world.stay)).await.status.as_u16(), 200);
            // Looking, not writing.
            let told = json!({ "kind": "admission", "medium": "phone", "with_whom": "担当の方", "told_on": "2026-11-19" });
            assert_eq!(stranger.post(&format!("{stay}/contacts"), &told).await.problem(404), "not_found");
            // Whoever it concerns is told, without a name.
            let mails = app.send_mails().await;
            let about: Vec<_> = mails.iter().filter(|mail| mail.subject.as_str().contains("緊急閲覧")).collect();
            assert_eq!(about.len(), 2, "her hospital and her office");
            assert!(about.iter().all(|mail| !mail.text.contains(hanako.name.as_str()) && !mail.text.contains("救急搬送され")));
        }
        let auditor = app.log_in("auditor").await;
        let list = auditor.get("/api/v1/emergencies").await.expect(200);
        assert_eq!(list["emergencies"].as_array().unwrap().len(), 2);
        assert_eq!(list["emergencies"][0]["reason"], "救急搬送され、家族と連絡がつかない");
        let trail = auditor.get(&format!("/api/v1/audit?patient_id={}", world.patient)).await.expect(200);
        assert!(trail["rows"].as_array().unwrap().iter().any(|row| row["action"] == "break_glass"));

        app.clock.advance_seconds(3600);
        let nurse = app.session_of(&world.people.iter().find(|p| p.place == Place::OtherHospital).unwrap().account).await;
        assert_eq!(nurse.get(&format!("/api/v1/encounters/{}", world.stay)).await.problem(404), "not_found");
    }

    async fn no_emergency_opens_another_region_or_lets_anybody_browse(app: TestApp) {
        let world = World::make(&app).await;
        let foreign = who(&world, Role::WardStaff, Place::OtherRegion);
        for body in [
            json!({ "patient_id": world.patient, "reason": "救急搬送" }),
            json!({ "encounter_id": world.stay, "reason": "救急搬送" }),
        ] {
            assert_eq!(foreign.post("/api/v1/emergencies", &body).await.problem(404), "not_found");
        }
        let manager = who(&world, Role::CareManager, Place::SentBack);
        let almost = json!({ "kana": "キ", "birth_on": "1934-05-06", "reason": "救急搬送" });
        assert_eq!(manager.post("/api/v1/emergencies", &almost).await.problem(404), "not_found");
        let nobody = json!({ "reason": "救急搬送" });
        assert_eq!(manager.post("/api/v1/emergencies", &nobody).await.problem(422), "missing");
        let page = manager.submit("/emergency", &[
            ("csrf", tests::CSRF), ("action", "send"), ("kana", "キ"), ("birth_on", "1934-05-06"), ("reason", "救急搬送"),
        ]).await;
        assert_eq!(page.status.as_u16(), 422);
    }
}
