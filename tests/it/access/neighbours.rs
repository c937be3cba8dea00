//! A stay across two towns: a person of the one lies in a hospital of the other, and her care office is told inside the system. Exactly
//! the two sides see it.

use domain::access::{Command, Relation, reach};
use domain::changes::{Changes, DirectoryChanges};
use domain::party::{Account, CareManager, ContactPoint, ContactUse, Organization, OrganizationKind, Role};
use domain::text::EmailAddress;
use domain::{AccountId, CareManagerId, Ids, OrganizationId, RegionId};
use serde_json::{Value, json};
use server::neighbours::neighbour;
use tests::{CSRF, Person, TestApp, on_both};

use super::world::{another_region, line};

/// となり市: a city, two care offices, and somebody of each role everywhere.
struct Towns {
    region_id: RegionId,
    city: OrganizationId,
    office: OrganizationId,
    other_office: OrganizationId,
    manager: CareManagerId,
    people: Vec<(Account, Person)>,
}

/// What was told across.
struct Story {
    patient: String,
    stay: String,
    notice: String,
}

const NAME: &str = "津別 花代";

fn office(id: OrganizationId, region_id: RegionId, name: &str) -> Organization {
    Organization {
        id,
        region_id,
        kind: OrganizationKind::CareOffice,
        name: line(name),
        code: None,
        phone: None,
        districts: Vec::new(),
        hours: rules::calendar::OfficeHours::default(),
        version: 1,
    }
}

impl Towns {
    async fn make(app: &TestApp) -> Self {
        let (region, city) = another_region(app).await;
        let mut ids = Ids::new(domain::Clock::now(&*app.clock), 77);
        let (ours, theirs): (OrganizationId, OrganizationId) = (ids.next(), ids.next());
        let manager =
            CareManager { id: ids.next(), organization_id: ours, name: line("訓子府 次郎"), email: None };
        let point = ContactPoint {
            id: ids.next(),
            organization_id: ours,
            ward_id: None,
            use_for: ContactUse::First,
            email: EmailAddress::parse("first@tonari.example.jp").unwrap(),
        };
        let organizations = vec![office(ours, region.id, "となり居宅"), office(theirs, region.id, "となりの別の居宅")];
        let cast = &app.city.cast;
        let home = app.city.region.id;
        let mut accounts = Vec::new();
        for (region_id, organization_id) in [
            (home, cast.hospital_id),
            (home, cast.office_id),
            (home, cast.other_hospital_id),
            (home, cast.municipality_id),
            (region.id, ours),
            (region.id, theirs),
            (region.id, city),
        ] {
            for role in Role::ALL {
                let (id, base): (AccountId, _) = (ids.next(), app.city.account(cast.nurse).clone());
                let (login, ward_id, care_manager_id) = (id.to_string(), None, None);
                let name = line("美幌 五郎");
                accounts.push(Account {
                    id,
                    region_id,
                    organization_id,
                    ward_id,
                    care_manager_id,
                    login,
                    name,
                    role,
                    ..base
                });
            }
        }
        let directory = DirectoryChanges {
            organizations,
            care_managers: vec![manager.clone()],
            contact_points: vec![point],
            accounts: accounts.clone(),
            ..DirectoryChanges::default()
        };
        app.service.store.apply(Changes { directory, ..Changes::default() }).await.unwrap();
        let mut people = Vec::new();
        for account in accounts {
            let client = app.session_of(&account).await;
            people.push((account, client));
        }
        Self { region_id: region.id, city, office: ours, other_office: theirs, manager: manager.id, people }
    }

    fn of(&self, organization_id: OrganizationId, role: Role) -> &Person {
        let found = self.people.iter().find(|(a, _)| a.organization_id == organization_id && a.role == role);
        &found.expect("somebody of every role everywhere").1
    }

    async fn join(&self, app: &TestApp, ends: bool) {
        let home = app.city.region.id;
        neighbour(&app.service.store, self.office, home, ends, app.now(), 5).await.unwrap();
    }

    /// The other town's office is in charge, and is told of the planned discharge.
    async fn story(&self, app: &TestApp) -> Story {
        let cast = &app.city.cast;
        let nurse = self.of(cast.hospital_id, Role::WardStaff);
        let person = json!({
            "name": NAME, "kana": "ツベツ ハナヨ", "birth_on": "1939-02-03", "sex": "female", "care_level": "care3",
            "district": app.city.directory().districts()[0],
        });
        let patient = nurse.post("/api/v1/patients", &person).await.expect(201)["id"].as_str().unwrap().to_owned();
        let charge = json!({ "care_manager_id": self.manager.to_string(), "from_on": "2026-11-01" });
        nurse.post(&format!("/api/v1/patients/{patient}/care-team"), &charge).await.expect(201);
        let consent = json!({
            "kind": "information_sharing", "act": "given", "scope": "care", "by": "person", "way": "written",
            "declared_on": "2026-11-18",
        });
        nurse.post(&format!("/api/v1/patients/{patient}/consents"), &consent).await.expect(201);
        let stay = json!({
            "patient_id": patient, "ward_id": cast.ward_id.to_string(), "admitted_at": "2026-11-18T09:00:00+09:00",
            "emergency": false,
        });
        let stay =
            nurse.post("/api/v1/encounters", &stay).await.expect(201)["encounter_id"].as_str().unwrap().to_owned();
        let filed =
            nurse.post(&format!("/api/v1/encounters/{stay}/filings"), &super::samples::filing()).await.expect(201);
        let notice = filed["notice"]["id"].as_str().unwrap().to_owned();
        assert_eq!(filed["notice"]["recipient"]["organization_id"], self.office.to_string(), "{filed}");
        Story { patient, stay, notice }
    }
}

async fn status(person: &Person, path: &str) -> u16 {
    person.get(path).await.status.as_u16()
}

on_both! {
    async fn a_stay_across_two_towns_is_seen_by_exactly_its_two_sides(app: TestApp) {
        let towns = Towns::make(&app).await;
        towns.join(&app, false).await;
        let story = towns.story(&app).await;
        let Story { patient, stay, notice } = &story;
        let cast = &app.city.cast;
        let mut wrong = Vec::new();
        let mut seen = 0;
        for (account, client) in &towns.people {
            let (role, place) = (account.role, account.organization_id);
            let side = place == cast.hospital_id || place == towns.office;
            let relation = if place == cast.hospital_id { Relation::Own } else { Relation::Attached };
            let sees = |command| side && reach(role, command).is_some_and(|farthest| relation >= farthest);
            for (path, may) in [
                (format!("/api/v1/encounters/{stay}"), sees(Command::ViewEncounter)),
                (format!("/encounters/{stay}"), sees(Command::ViewEncounter)),
                (format!("/api/v1/notices/{notice}"), sees(Command::ViewNotice)),
                (format!("/notices/{notice}"), sees(Command::ViewNotice)),
            ] {
                let got = status(client, &path).await;
                if (got == 200) != may || !matches!(got, 200 | 403 | 404) {
                    wrong.push(format!("{path} by {role:?} of {place}: {got}"));
                }
                seen += usize::from(got == 200);
            }
            for path in ["/api/v1/encounters?limit=100", "/api/v1/notices?limit=100", "/api/v1/notices?mailbox=sent&limit=100", "/notices"] {
                let text = client.get(path).await.text();
                let shown = text.contains(stay.as_str()) || text.contains(notice.as_str()) || text.contains(NAME);
                if shown && !sees(Command::ViewNotice) {
                    wrong.push(format!("{path} shows it to {role:?} of {place}"));
                }
            }
            // Of the person, as of everything else of the one town, the other one knows nothing but its office.
            if account.region_id == towns.region_id {
                let may = reach(role, Command::ViewPatient).is_some_and(|farthest| Relation::Attached >= farthest);
                let attached = place == towns.office && may;
                for path in [format!("/api/v1/patients/{patient}"), format!("/patients/{patient}")] {
                    let got = status(client, &path).await;
                    if (got == 200) != attached {
                        wrong.push(format!("{path} by {role:?} of {place}: {got}"));
                    }
                }
                let searched = client.post("/api/v1/patients/search", &json!({ "text": "ツベツ" })).await.text();
                let home = client.get("/").await.text();
                for text in [searched, home] {
                    if (text.contains(NAME) || text.contains(patient.as_str())) && !attached {
                        wrong.push(format!("a list shows her to {role:?} of {place}"));
                    }
                }
                let directory = client.get("/api/v1/organizations").await.expect(200).to_string();
                assert!(!directory.contains(&cast.hospital_id.to_string()) && !directory.contains(&cast.office_id.to_string()));
                if place != towns.office {
                    let hurry = json!({ "encounter_id": stay, "reason": "救急搬送" });
                    let got = client.post("/api/v1/emergencies", &hurry).await.status.as_u16();
                    assert!(matches!(got, 403 | 404), "{role:?} of {place}: {got}");
                }
            } else {
                let directory = client.get("/api/v1/organizations").await.expect(200).to_string();
                assert!(directory.contains(&towns.office.to_string()), "the guest stands in the directory");
                assert!(!directory.contains(&towns.other_office.to_string()) && !directory.contains(&towns.city.to_string()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(seen >= 12, "{seen}");
    }

    async fn the_other_town_s_office_works_on_it_as_its_own_offices_do(app: TestApp) {
        let towns = Towns::make(&app).await;
        towns.join(&app, false).await;
        app.send_mails().await;
        let Story { patient, stay, notice } = &towns.story(&app).await;
        let mails = app.send_mails().await;
        let mail = mails.iter().find(|mail| mail.to.as_str() == "first@tonari.example.jp");
        assert!(mail.is_some_and(|mail| mail.text.contains("第1号") && !mail.text.contains(NAME)), "{mails:?}");

        let manager = towns.of(towns.office, Role::CareManager);
        for (path, text) in [("/", NAME), ("/notices", NAME), ("/patients/search", "本人を探す")] {
            let page = manager.get(path).await.text();
            assert!(page.contains(text), "{path}: {page}");
        }
        let listed = manager.get("/api/v1/notices?unanswered=true").await.expect(200);
        assert_eq!(listed["notices"][0]["notice"]["id"], notice.as_str(), "{listed}");
        let stays = manager.get("/api/v1/encounters").await.expect(200).to_string();
        assert!(stays.contains(stay.as_str()), "{stays}");
        let warnings = manager.get(&format!("/api/v1/warnings?encounter_id={stay}")).await;
        warnings.expect(200);
        let found = manager.post("/api/v1/patients/search", &json!({ "text": "つべつ" })).await.expect(200);
        assert_eq!(found["patients"][0]["id"], patient.as_str());
        let page = manager.submit("/patients/search", &[("csrf", CSRF), ("action", "send"), ("q", "つべつ")]).await.text();
        assert!(page.contains(NAME), "{page}");

        let answer = [("csrf", CSRF), ("action", "send"), ("answer", "accepted")];
        let sent = manager.submit(&format!("/notices/{notice}/acknowledgement"), &answer).await;
        assert_eq!(sent.header("location"), Some(format!("/notices/{notice}?done=acknowledged").as_str()), "{}", sent.text());
        let sheet = json!({ "kind": "admission_information", "message": "独居。近所に妹。" });
        let sheet = manager.post(&format!("/api/v1/encounters/{stay}/notices"), &sheet).await.expect(201);
        let nurse = towns.of(app.city.cast.hospital_id, Role::WardStaff);
        let opened = nurse.get(&format!("/api/v1/notices/{}", sheet["notice"]["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(opened["notice"]["message"], "独居。近所に妹。");
        let answered = nurse.get(&format!("/api/v1/notices/{notice}")).await.expect(200);
        assert_eq!(answered["acknowledgements"][0]["code"], "accepted");
        assert_eq!(answered["readings"].as_array().unwrap().len(), 0, "answered without opening it");

        // The trail of the town of the record says who looked; the other town's says nothing of her.
        let ours = towns.of(app.city.cast.municipality_id, Role::Auditor);
        let trail = ours.get(&format!("/api/v1/audit?patient_id={patient}&limit=100")).await.expect(200);
        let rows: Vec<Value> = trail["rows"].as_array().unwrap().clone();
        let by_them = rows.iter().filter(|row| row["organization_id"] == towns.office.to_string());
        let actions: Vec<_> = by_them.map(|row| row["action"].as_str().unwrap().to_owned()).collect();
        assert!(actions.contains(&"acknowledge".to_owned()) && actions.contains(&"search_patients".to_owned()), "{actions:?}");
        let account = rows.iter().find(|row| row["organization_id"] == towns.office.to_string()).unwrap()["account_id"].clone();
        let csv = format!(
            "/api/v1/audit/incident.csv?account_id={}&since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z",
            account.as_str().unwrap()
        );
        let seen = ours.get(&csv).await.text();
        let on_a_list = |line: &str| line.contains(NAME) && line.contains(stay.as_str()) && line.contains("\"一覧\"");
        assert!(seen.lines().any(on_a_list), "{seen}");
        let theirs = towns.of(towns.city, Role::Auditor);
        let trail = theirs.get("/api/v1/audit?limit=100").await.text();
        assert!(!trail.contains(patient.as_str()) && !trail.contains(stay.as_str()), "{trail}");
        let pointed = theirs.get(&csv).await.text();
        assert!(!pointed.contains(NAME) && !pointed.contains(patient.as_str()), "{pointed}");
        assert!(pointed.contains("他の地域でも操作しています: つなぎ市"), "{pointed}");

        // One letter a week for all its numbers, from its own town.
        let (from, until) = (app.now().plus_days(-1), app.now().plus_days(1));
        let home = app.service.store.weekly_serials(app.city.region.id, from, until).await.unwrap();
        assert!(home.iter().all(|(id, _, _)| *id != towns.office), "{home:?}");
        let weekly = app.service.store.weekly_serials(towns.region_id, from, until).await.unwrap();
        assert_eq!(weekly, [(towns.office, 1, 1)]);
        assert!(app.service.store.verify_audit().await.unwrap().is_whole());
    }

    async fn taking_part_begins_and_ends_by_the_operator_s_hand_alone(app: TestApp) {
        let towns = Towns::make(&app).await;
        let store = &app.service.store;
        let nurse = towns.of(app.city.cast.hospital_id, Role::WardStaff);
        let charge = json!({ "care_manager_id": towns.manager.to_string(), "from_on": "2026-11-01" });
        let path = format!("/api/v1/patients/{}/care-team", app.city.cast.hanako);
        assert_eq!(nurse.post(&path, &charge).await.problem(422), "unknown_id", "no guest yet");

        let now = app.now();
        let home = app.city.region.id;
        for (organization_id, region_id, ends, why) in [
            (towns.city, home, false, "only a care office"),
            (app.city.cast.hospital_id, towns.region_id, false, "only a care office"),
            (towns.office, towns.region_id, false, "own region"),
            (towns.office, uuid::Uuid::nil().into(), false, "no such region"),
            (uuid::Uuid::nil().into(), home, false, "no such organization"),
            (towns.office, home, true, "takes no part"),
        ] {
            let refused = neighbour(store, organization_id, region_id, ends, now, 1).await.unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
        }
        towns.join(&app, false).await;
        assert!(neighbour(store, towns.office, home, false, now, 1).await.is_err(), "already");
        let Story { patient, stay, notice } = &towns.story(&app).await;
        let manager = towns.of(towns.office, Role::CareManager);
        assert_eq!(status(manager, &format!("/encounters/{stay}")).await, 200);

        // Nobody of the one town administrates the other one's office.
        let admin = towns.of(app.city.cast.municipality_id, Role::Administrator);
        let page = admin.get("/admin/people").await.text();
        assert!(page.contains(&app.city.cast.office_id.to_string()) && !page.contains(&towns.office.to_string()), "{page}");
        let id = towns.office.to_string();
        let invited = admin.submit("/admin/people", &[
            ("csrf", CSRF), ("action", "send"), ("name", "北見 次郎"), ("login", "intruder"), ("email", "x@example.jp"),
            ("organization_id", &id), ("role", "organization_administrator"),
        ]).await;
        assert_eq!(invited.status.as_u16(), 422, "{}", invited.text());

        towns.join(&app, true).await;
        for path in [format!("/api/v1/encounters/{stay}"), format!("/api/v1/notices/{notice}"), format!("/api/v1/patients/{patient}")] {
            assert_eq!(manager.get(&path).await.problem(404), "not_found", "{path}");
        }
        assert!(!manager.get("/").await.text().contains(NAME));
        assert!(!manager.get("/api/v1/notices").await.text().contains(notice.as_str()));
        for auditor in [app.city.cast.municipality_id, towns.city] {
            let trail = towns.of(auditor, Role::Auditor).get("/api/v1/audit?limit=100").await.expect(200).to_string();
            assert!(trail.contains("join_region") && trail.contains("leave_region"), "both towns' trails say so");
        }
        let list = server::neighbours::list(store).await.unwrap();
        assert!(list.contains("となり居宅") && !list.contains("also in"), "{list}");
    }
}
