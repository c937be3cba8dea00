//! Hospitals' and offices' own systems: a token from an administrator, and what it is good for.

mod hostile;
mod pages;

use domain::party::{Account, Role};
use serde_json::{Value, json};
use tests::{Person, TestApp, on_both};

use crate::access::machine_of;

/// Whoever administrates an organization, with a mailbox of her own.
async fn administrator(app: &TestApp, organization_id: domain::OrganizationId, login: &str) -> Person {
    let account = Account {
        id: uuid::Uuid::from_u128(rand::random()).into(),
        organization_id,
        ward_id: None,
        care_manager_id: None,
        login: login.into(),
        role: Role::OrganizationAdministrator,
        email: Some(domain::text::EmailAddress::parse(&format!("{login}@example.jp")).unwrap()),
        ..app.city.account(app.city.cast.nurse).clone()
    };
    let directory = domain::changes::DirectoryChanges { accounts: vec![account.clone()], ..Default::default() };
    app.service.store.apply(domain::changes::Changes { directory, ..Default::default() }).await.unwrap();
    app.session_of(&account).await
}

/// A token for these scopes, made by `admin`; the machine as it was answered, and the system.
async fn given(app: &TestApp, admin: &Person, scopes: &[&str]) -> (Value, Person) {
    let body = json!({ "name": "電子カルテ(本番)", "scopes": scopes });
    let made = admin.post("/api/v1/machines", &body).await.expect(201);
    let system = app.nobody().with_token(made["token"].as_str().expect("a token"));
    (made["machine"].clone(), system)
}

fn person(district: &str) -> Value {
    json!({
        "name": "北見 次郎", "kana": "キタミ ジロウ", "birth_on": "1940-05-06", "sex": "male", "care_level": "care2",
        "district": district,
    })
}

fn admission(patient_id: &str, ward_id: domain::WardId) -> Value {
    json!({
        "patient_id": patient_id, "ward_id": ward_id.to_string(),
        "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
    })
}

on_both! {
    async fn a_system_does_what_its_token_is_for_under_its_own_name(app: TestApp) {
        let cast = &app.city.cast;
        let admin = administrator(&app, cast.hospital_id, "h-admin").await;
        let other = administrator(&app, cast.office_id, "o-admin").await;
        let scopes = ["directory", "patients_write", "stays_write", "notices_write", "notices_read"];
        let (machine, system) = given(&app, &admin, &scopes).await;
        assert_eq!(machine["expires_at"], "2027-02-18T15:00:00Z", "through the 90th day, in Japan");
        assert_eq!(machine["role"], "coordinator");

        let me = system.get("/api/v1/me").await.expect(200);
        assert_eq!((&me["account_id"], &me["scopes"]), (&machine["id"], &machine["scopes"]));
        assert_eq!(me["organization_id"], cast.hospital_id.to_string());
        let directory = system.get("/api/v1/organizations").await.expect(200);
        let registered = system.post("/api/v1/patients", &person(directory["districts"][0].as_str().unwrap())).await;
        let patient = registered.expect(201)["id"].as_str().unwrap().to_owned();
        let charge = json!({ "care_manager_id": cast.care_manager_id.to_string(), "from_on": "2026-11-01" });
        system.post(&format!("/api/v1/patients/{patient}/care-team"), &charge).await.expect(201);
        let stay = system.post("/api/v1/encounters", &admission(&patient, cast.ward_id)).await.expect(201);
        let stay = format!("/api/v1/encounters/{}", stay["encounter_id"].as_str().unwrap());
        let told = system.post(&format!("{stay}/notices"), &json!({ "kind": "admission" })).await.expect(201);
        let notice = format!("/api/v1/notices/{}", told["notice"]["id"].as_str().unwrap());
        app.log_in("caremanager").await.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await.expect(201);
        let opened = system.get(&notice).await.expect(200);
        assert_eq!(opened["acknowledgements"][0]["code"], "accepted");

        // Not for these.
        for path in [stay.as_str(), &format!("/api/v1/patients/{patient}"), "/api/v1/machines", "/api/v1/audit"] {
            assert_eq!(system.get(path).await.problem(403), "not_in_scope", "{path}");
        }
        let consent = json!({
            "kind": "information_sharing", "act": "given", "by": "person", "way": "oral", "declared_on": "2026-11-20",
        });
        assert_eq!(system.post(&format!("/api/v1/patients/{patient}/consents"), &consent).await.problem(403), "not_in_scope");
        let hurry = json!({ "patient_id": patient, "reason": "救急搬送" });
        assert_eq!(system.post("/api/v1/emergencies", &hurry).await.problem(403), "not_in_scope");
        let end = system.send(hyper::Method::DELETE, "/api/v1/session", &[], hyper::body::Bytes::new()).await;
        assert_eq!(end.problem(403), "not_in_scope");

        // The trail names it; so does the notice's list of readers, were it the receiver.
        let auditor = app.log_in("auditor").await;
        let id = machine["id"].as_str().unwrap();
        let rows = auditor.get(&format!("/api/v1/audit?limit=100&account_id={id}")).await.expect(200);
        let rows = rows["rows"].as_array().unwrap().clone();
        let actions: Vec<_> = rows.iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect();
        for action in ["token_given", "register_patient", "admit", "issue_notice", "view_notice", "not_in_scope:break_glass"] {
            assert!(actions.iter().any(|found| found == action), "{action} in {actions:?}");
        }
        assert!(rows.iter().all(|row| row["account_name"] == "電子カルテ(本番)"), "{rows:?}");
        let page = app.log_in_by_page("auditor").await.get(&format!("/audit?account={id}")).await.text();
        assert!(page.contains("電子カルテ(本番)") && page.contains("許可されていない操作の拒否"), "{page}");
        assert!(!page.contains("その他の操作"));
        let csv = auditor.get(&format!(
            "/api/v1/audit/incident.csv?account_id={id}&since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z"
        )).await;
        assert!(csv.text().contains("北見 次郎") && csv.text().contains("電子カルテ(本番)"), "{}", csv.text());

        // Somebody else's is not found; revoked, it is over at once, and once.
        let revocation = format!("/api/v1/machines/{id}/revocation");
        assert_eq!(other.post(&revocation, &Value::Null).await.problem(404), "not_found");
        let revoked = admin.send(hyper::Method::POST, &revocation, &[], hyper::body::Bytes::new()).await.expect(200);
        assert_eq!(revoked["revoked_at"], "2026-11-20T01:00:00Z");
        assert_eq!(system.get("/api/v1/me").await.problem(401), "token_refused");
        let again = admin.send(hyper::Method::POST, &revocation, &[], hyper::body::Bytes::new()).await;
        assert_eq!(again.problem(409), "revoked");

        let mails = app.send_mails().await;
        let told: Vec<_> = mails.iter().filter(|mail| mail.subject.as_str().contains("外部システム")).collect();
        assert_eq!(told.len(), 2, "given, revoked; to the hospital's administrator alone");
        assert!(told.iter().all(|mail| mail.text.contains("/admin/machines") && !mail.text.contains("電子カルテ")));
    }

    async fn the_last_use_is_kept_to_the_minute(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let (_, system) = given(&app, &admin, &["directory"]).await;
        let used = async || admin.get("/api/v1/machines").await.expect(200)["machines"][0]["last_used_at"].clone();
        assert_eq!(used().await, Value::Null);
        for (second, wanted) in [(0, "01:00:00"), (59, "01:00:00"), (60, "01:01:00"), (90, "01:01:00")] {
            app.clock_shows(2026, 11, 20, 10, 0);
            app.clock.advance_seconds(second);
            system.get("/api/v1/me").await.expect(200);
            assert_eq!(used().await, format!("2026-11-20T{wanted}Z"), "after {second} seconds");
        }
    }

    async fn a_token_ends_with_its_last_day_and_lives_a_year_at_most(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let body = |day: &str| json!({ "name": "電子カルテ", "scopes": ["directory"], "expires_on": day });
        for day in ["2026-11-19", "2027-11-21", "9999-01-01"] {
            assert_eq!(admin.post("/api/v1/machines", &body(day)).await.problem(422), "out_of_range", "{day}");
        }
        admin.post("/api/v1/machines", &body("2027-11-20")).await.expect(201);
        let made = admin.post("/api/v1/machines", &body("2026-11-21")).await.expect(201);
        let system = app.nobody().with_token(made["token"].as_str().unwrap());
        app.clock_shows(2026, 11, 21, 23, 59);
        system.get("/api/v1/me").await.expect(200);
        app.clock_shows(2026, 11, 22, 0, 0);
        assert_eq!(system.get("/api/v1/me").await.problem(401), "token_refused");
    }

    async fn a_repeat_gets_the_first_answer_but_never_the_token_again(app: TestApp) {
        let admin = administrator(&app, app.city.cast.hospital_id, "h-admin").await;
        let body = json!({ "name": "電子カルテ", "scopes": ["directory", "patients_write"] });
        let key = [("idempotency-key", "one")];
        let first = admin.post_with("/api/v1/machines", &body, &key).await.expect(201);
        let again = admin.post_with("/api/v1/machines", &body, &key).await.expect(201);
        assert_eq!((&again["machine"]["id"], &again["token"]), (&first["machine"]["id"], &Value::Null));
        let list = admin.get("/api/v1/machines").await;
        assert_eq!(list.expect(200)["machines"].as_array().unwrap().len(), 1);
        assert!(!list.text().contains("tsm_"));

        // Keys are each one's own: two systems and a person may use the same one.
        let (_, other) = given(&app, &admin, &["patients_write"]).await;
        let system = app.nobody().with_token(first["token"].as_str().unwrap());
        let nurse = app.log_in("nurse").await;
        let person = person(app.city.directory().districts()[0]);
        let mut ids = std::collections::BTreeSet::new();
        for who in [&system, &other, &nurse, &system, &other, &nurse] {
            let kept = who.post_with("/api/v1/patients", &person, &key).await.expect(201);
            ids.insert(kept["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(ids.len(), 3);
    }

    async fn a_ward_s_system_has_to_do_with_the_ward_s_stays_alone(app: TestApp) {
        let cast = &app.city.cast;
        let directory = app.city.directory();
        let wards = directory.wards_of(cast.hospital_id);
        let other_ward = wards.iter().find(|ward| ward.id != cast.ward_id).expect("a second ward").id;
        let admin = administrator(&app, cast.hospital_id, "h-admin").await;
        let nurse = app.log_in("nurse").await;
        let hanako = cast.hanako.to_string();
        let stay = nurse.post("/api/v1/encounters", &admission(&hanako, cast.ward_id)).await.expect(201);
        let stay = format!("/api/v1/encounters/{}", stay["encounter_id"].as_str().unwrap());
        let told = nurse.post(&format!("{stay}/notices"), &json!({ "kind": "admission" })).await.expect(201);
        let notice = format!("/api/v1/notices/{}", told["notice"]["id"].as_str().unwrap());
        let scopes = ["stays_read", "stays_write", "notices_read", "notices_write", "patients_write"];
        for (ward, wanted) in [(cast.ward_id, 200), (other_ward, 404)] {
            let body = json!({ "name": "電子カルテ", "scopes": scopes, "ward_id": ward.to_string() });
            let made = admin.post("/api/v1/machines", &body).await.expect(201);
            assert_eq!(made["machine"]["role"], "ward_staff");
            let system = app.nobody().with_token(made["token"].as_str().unwrap());
            for path in [&stay, &notice, &format!("/api/v1/warnings?encounter_id={}", stay.rsplit('/').next().unwrap())] {
                assert_eq!(system.get(path).await.status.as_u16(), wanted, "{path} from {ward}");
            }
            let seen = usize::from(wanted == 200);
            let own = system.get("/api/v1/encounters?open=true&limit=100").await.expect(200);
            let own = own["encounters"].as_array().unwrap().clone();
            assert!(own.iter().all(|line| line["encounter"]["ward_id"] == ward.to_string()), "{own:?}");
            let sent = system.get("/api/v1/notices?mailbox=sent").await.expect(200);
            let listed = |line: &&Value| notice.ends_with(line["notice"]["id"].as_str().unwrap());
            assert_eq!(sent["notices"].as_array().unwrap().iter().filter(listed).count(), seen);
            assert_eq!(system.get("/api/v1/warnings").await.problem(422), "missing");
            let away = if wanted == 200 { other_ward } else { cast.ward_id };
            let elsewhere = admission(&hanako, away);
            assert_eq!(system.post("/api/v1/encounters", &elsewhere).await.problem(422), "unknown_id");
            assert_eq!(system.get(&format!("/api/v1/encounters?ward_id={away}")).await.problem(422), "unknown_id");
        }
        let foreign = directory.organizations(domain::party::OrganizationKind::Hospital);
        let foreign = foreign.iter().find(|hospital| hospital.id != cast.hospital_id).unwrap();
        let foreign = directory.wards_of(foreign.id)[0].id.to_string();
        let body = json!({ "name": "電子カルテ", "scopes": ["directory"], "ward_id": foreign });
        assert_eq!(admin.post("/api/v1/machines", &body).await.problem(422), "unknown_id");
    }

    async fn an_office_s_system_reads_and_answers_what_the_office_was_sent(app: TestApp) {
        let cast = &app.city.cast;
        let nurse = app.log_in("nurse").await;
        let stay = nurse.post("/api/v1/encounters", &admission(&cast.hanako.to_string(), cast.ward_id)).await.expect(201);
        let stay = stay["encounter_id"].as_str().unwrap();
        let told = nurse.post(&format!("/api/v1/encounters/{stay}/notices"), &json!({ "kind": "admission" })).await.expect(201);
        let notice = format!("/api/v1/notices/{}", told["notice"]["id"].as_str().unwrap());
        let (region_id, role) = (app.city.region.id, Role::CareManager);
        use domain::machine::Scope;
        let (_, answers) = machine_of(&app, cast.office_id, region_id, role, &[Scope::Acknowledge]).await;
        let (_, reads) = machine_of(&app, cast.office_id, region_id, role, &[Scope::NoticesRead]).await;
        let (_, elsewhere) = machine_of(&app, cast.other_office_id, region_id, role, &Scope::ALL).await;
        let answer = json!({ "code": "accepted" });
        let path = format!("{notice}/acknowledgement");
        assert_eq!(reads.post(&path, &answer).await.problem(403), "not_in_scope");
        assert_eq!(elsewhere.post(&path, &answer).await.problem(404), "not_found");
        assert_eq!(answers.get(&notice).await.problem(403), "not_in_scope");
        assert_eq!(reads.get(&notice).await.expect(200)["readings"][0]["name"], "電子カルテ");
        answers.post(&path, &answer).await.expect(201);
        // Nor can an office's administrator give what an office has no use for.
        let admin = administrator(&app, cast.office_id, "o-admin").await;
        let body = json!({ "name": "介護ソフト", "scopes": ["stays_write"] });
        assert_eq!(admin.post("/api/v1/machines", &body).await.problem(422), "not_a_known_value");
    }
}
