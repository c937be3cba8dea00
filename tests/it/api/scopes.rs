//! Nobody sees what isn't theirs: another organization's ids are "not found", another role's commands "not allowed".

use serde_json::json;
use tests::on_both;

use super::{admitted, filed, filing, hidden, stranger, value};

on_both! {
    async fn nothing_answers_without_a_login(app: TestApp) {
        let nobody = app.nobody();
        for path in ["/api/v1/me", "/api/v1/encounters", "/api/v1/notices", "/api/v1/survey", "/api/v1/organizations"] {
            let reply = nobody.get(path).await;
            assert_eq!(reply.problem(401), "not_logged_in", "{path}");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        }
        assert_eq!(nobody.post("/api/v1/patients", &json!({})).await.problem(401), "not_logged_in");
        assert_eq!(nobody.with_token("guessed").get("/api/v1/me").await.problem(401), "not_logged_in");
        let wrong = json!({ "login": "nurse", "password": "wrong but long enough" });
        assert_eq!(nobody.post("/api/v1/session", &wrong).await.problem(401), "login_refused");
    }

    async fn a_session_ends_when_it_is_told_to(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        assert_eq!(nurse.get("/api/v1/me").await.expect(200)["role"], "ward_staff");
        nurse.send(hyper::Method::DELETE, "/api/v1/session", &[], hyper::body::Bytes::new()).await.expect(204);
        assert_eq!(nurse.get("/api/v1/me").await.problem(401), "not_logged_in");
    }

    async fn another_organizations_records_are_not_found(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let other = stranger(&app).await;
        for path in [&stay, &notice, &format!("{stay}/recipient"), &format!("/api/v1/warnings?encounter_id={}", &stay[19..])] {
            assert_eq!(other.get(path).await.problem(404), "not_found", "{path}");
        }
        for (path, body) in [
            (format!("{stay}/filings"), filing("2026-11-28")),
            (format!("{stay}/events"), json!({ "event": "discharge", "on": "2026-11-20", "to": "home" })),
            (format!("{stay}/notices"), json!({ "kind": "planned_discharge" })),
            (format!("{notice}/acknowledgement"), json!({ "code": "accepted" })),
            (format!("{notice}/withdrawal"), json!({ "why": "間違い" })),
        ] {
            assert_eq!(other.post(&path, &body).await.problem(404), "not_found", "{path}");
        }
        assert!(other.get("/api/v1/encounters").await.expect(200)["encounters"].as_array().unwrap().is_empty());
        let ward = app.city.cast.ward_id.to_string();
        let body = json!({
            "patient_id": app.city.cast.at_home.to_string(), "ward_id": ward,
            "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": true,
        });
        assert_eq!(other.post("/api/v1/encounters", &body).await.problem(422), "unknown_id", "a ward of another hospital");
    }

    async fn a_role_may_do_only_its_own(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let manager = app.log_in("caremanager").await;
        let admin = app.log_in("admin").await;
        let auditor = app.log_in("auditor").await;
        assert_eq!(nurse.get("/api/v1/overview").await.problem(403), "not_allowed");
        assert_eq!(nurse.get("/api/v1/audit").await.problem(403), "not_allowed");
        assert_eq!(manager.post(&format!("{stay}/filings"), &filing("2026-11-28")).await.problem(403), "not_allowed");
        assert_eq!(admin.get(&stay).await.problem(403), "not_allowed");
        assert_eq!(admin.get("/api/v1/encounters").await.problem(403), "not_allowed");
        assert_eq!(auditor.get("/api/v1/notices").await.problem(403), "not_allowed");
        assert_eq!(auditor.post("/api/v1/patients/search", &json!({ "text": "き" })).await.problem(403), "not_allowed");
        let csv = [("content-type", "text/csv")];
        let body = hyper::body::Bytes::from_static(b"x");
        assert_eq!(nurse.send(hyper::Method::PUT, "/api/v1/calendar", &csv, body.clone()).await.problem(403), "not_allowed");
        assert_eq!(admin.send(hyper::Method::PUT, "/api/v1/calendar", &csv, body).await.problem(422), "not_the_official_table");
    }

    async fn a_care_manager_finds_all_of_her_own_people_and_nobody_else(app: TestApp) {
        let manager = app.log_in("caremanager").await;
        let cast = &app.city.cast;
        let mut own: Vec<_> = app.city.people_in_charge_of(cast.office_id).map(|p| p.id.to_string()).collect();
        let mut found = Vec::new();
        for letter in "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ".chars() {
            let mut after = json!(null);
            loop {
                let body = json!({ "text": letter.to_string(), "limit": 1, "after": after });
                let page = manager.post("/api/v1/patients/search", &body).await.expect(200);
                let people = page["patients"].as_array().unwrap();
                found.extend(people.iter().map(|patient| patient["id"].as_str().unwrap().to_owned()));
                after = page["next"].clone();
                if after.is_null() {
                    break;
                }
                assert_eq!(after, people[0]["id"].as_str().unwrap().replace('-', ""), "a page ends with whom it shows");
            }
        }
        own.sort();
        found.sort();
        assert!(own.contains(&cast.hanako.to_string()) && own.len() < app.city.population());
        assert_eq!(found, own);
    }

    /// Whether somebody is registered at all is told to nobody who has nothing to do with her.
    async fn nobody_learns_who_is_registered_from_what_she_does_not_find(app: TestApp) {
        let manager = app.log_in("caremanager").await;
        let stranger = app.city.patient(app.city.cast.unmanaged);
        let (is, is_not) = (stranger.kana.to_string(), format!("{}ン", stranger.kana));
        let search = async |body| manager.post("/api/v1/patients/search", &body).await;
        let (there, not_there) = (search(json!({ "text": is, "limit": 1 })).await, search(json!({ "text": is_not, "limit": 1 })).await);
        assert_eq!(there.expect(200), json!({ "patients": [], "next": null }));
        assert_eq!(there.text(), not_there.text());
        let id = stranger.id.to_string();
        for after in [id.replace('-', ""), uuid::Uuid::nil().simple().to_string()] {
            assert_eq!(search(json!({ "text": "キ", "after": after })).await.problem(422), "not_a_known_value");
        }
        assert_eq!(manager.get(&format!("/api/v1/patients/{id}")).await.problem(404), "not_found");
        let opening = json!({ "patient_id": id, "reason": "救急搬送" });
        assert_eq!(manager.post("/api/v1/emergencies", &opening).await.problem(404), "not_found", "an id alone opens nothing");
        let nurse = app.log_in("nurse").await;
        nurse.post("/api/v1/emergencies", &opening).await.expect(201);
    }

    /// However many others are called so.
    async fn a_care_manager_s_own_client_stands_on_the_first_page_of_her_search(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let register = async |kana: &str| {
            let body = json!({
                "name": "安平 あん", "kana": kana, "birth_on": "1939-02-03", "sex": "female", "care_level": "care3",
                "district": app.city.directory().districts()[0],
            });
            nurse.post("/api/v1/patients", &body).await.expect(201)["id"].as_str().unwrap().to_owned()
        };
        for nth in 0..50_u32 {
            register(&format!("アビラ {}", char::from_u32(u32::from('カ') + nth).unwrap())).await;
        }
        let own = register("アンペイ アン").await;
        let charge = json!({ "care_manager_id": app.city.cast.care_manager_id.to_string(), "from_on": "2026-11-20" });
        nurse.post(&format!("/api/v1/patients/{own}/care-team"), &charge).await.expect(201);
        let browser = app.log_in_by_page("caremanager").await;
        let form = hidden(&browser.get("/patients/search").await.text());
        let page = browser.submit("/patients/search", &[("csrf", value(&form, "csrf")), ("action", "send"), ("q", "あ")]).await;
        assert!(page.text().contains(&own) && !page.text().contains("アビラ"), "{}", page.text());
    }
}
