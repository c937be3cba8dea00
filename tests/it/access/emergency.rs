//! Break-glass: looking without a relation, for a while, with a reason, seen by those whom it concerns.

use serde_json::json;
use tests::{TestApp, on_both};

use super::world::{Place, World};
use domain::changes::{Changes, DirectoryChanges};
use domain::party::{Account, ContactUse, Role};
use domain::text::EmailAddress;

fn who(world: &World, role: Role, place: Place) -> &tests::Person {
    &world.people.iter().find(|p| p.role == role && p.place == place).expect("everybody is there").client
}

fn mailbox_of(app: &TestApp, organization_id: domain::OrganizationId) -> String {
    let directory = app.city.directory();
    directory.mailbox(organization_id, ContactUse::First, None).expect("every organization has one").as_str().to_owned()
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
            assert_eq!(about.len(), 3, "her hospital, her office, and whoever answers for the stranger");
            let own = about.iter().filter(|mail| mail.subject.as_str().contains("貴機関で"));
            let own: Vec<_> = own.map(|mail| mail.to.as_str().to_owned()).collect();
            assert_eq!(own, [mailbox_of(&app, if role == Role::WardStaff { app.city.cast.other_hospital_id } else { app.city.cast.other_office_id })]);
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

    /// At home, with an office or without anybody: an opening is always heard of by somebody who did not do it.
    async fn whoever_opens_a_record_is_answered_for_though_nobody_has_to_do_with_the_person(app: TestApp) {
        let cast = &app.city.cast;
        let ward = app.city.accounts.iter().find(|account| account.organization_id == cast.other_hospital_id).unwrap();
        let administrator = Account {
            id: uuid::Uuid::from_u128(rand::random()).into(),
            login: "head".to_owned(),
            ward_id: None,
            role: Role::OrganizationAdministrator,
            email: Some(EmailAddress::parse("head@hospital.example.jp").unwrap()),
            ..ward.clone()
        };
        let directory = DirectoryChanges { accounts: vec![administrator], ..DirectoryChanges::default() };
        app.service.store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
        let nurse = app.session_of(ward).await;
        let city = mailbox_of(&app, cast.municipality_id);
        for (patient, others) in [(cast.at_home, mailbox_of(&app, cast.office_id)), (cast.unmanaged, city)] {
            app.clock.advance_seconds(60);
            app.send_mails().await;
            let body = json!({ "patient_id": patient.to_string(), "reason": "救急搬送" });
            nurse.post("/api/v1/emergencies", &body).await.expect(201);
            let mut told: Vec<_> = app.send_mails().await.iter().map(|mail| mail.to.as_str().to_owned()).collect();
            told.sort();
            told.dedup();
            let mut wanted = vec!["head@hospital.example.jp".to_owned(), others];
            wanted.sort();
            assert_eq!(told, wanted);
        }

        let auditor = app.log_in("auditor").await;
        let first = auditor.get("/api/v1/emergencies?limit=1").await.expect(200);
        let next = first["next"].as_str().expect("one more");
        let rest = auditor.get(&format!("/api/v1/emergencies?limit=1&after={next}")).await.expect(200);
        let patient = |list: &serde_json::Value| list["emergencies"][0]["patient_id"].as_str().unwrap().to_owned();
        assert_eq!([patient(&first), patient(&rest)], [cast.unmanaged.to_string(), cast.at_home.to_string()]);
        let next = rest["next"].as_str().expect("a full page may have one behind it");
        let none = auditor.get(&format!("/api/v1/emergencies?after={next}")).await.expect(200);
        assert_eq!(none["emergencies"], json!([]));
        let id = first["emergencies"][0]["id"].as_str().unwrap();
        let page = app.log_in_by_page("auditor").await.get(&format!("/audit/reviews?after={id}")).await.text();
        assert!(page.contains(&cast.at_home.to_string()) && !page.contains(&cast.unmanaged.to_string()), "{page}");
    }
}
