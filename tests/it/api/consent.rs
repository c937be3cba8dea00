//! Without consent the minimal contact leaves and nothing else; what leaves is on the list of disclosures.

use serde_json::{Value, json};
use tests::{Person, TestApp, on_both};

use super::{admitted, filed, filing, hidden, only};

/// 北見 花子's consent is withdrawn, and she is admitted; answers the stay's path.
async fn admitted_without_consent(app: &TestApp, nurse: &Person) -> String {
    say(app, nurse, "withdrawn").await.expect(201);
    admitted(app, nurse).await
}

async fn say(app: &TestApp, who: &Person, act: &str) -> tests::Reply {
    let said = json!({
        "kind": "information_sharing", "act": act, "by": "person", "way": "oral", "declared_on": "2026-11-20",
    });
    who.post(&format!("{}/consents", person(app)), &said).await
}

fn person(app: &TestApp) -> String {
    format!("/api/v1/patients/{}", app.city.cast.hanako)
}

fn quiet() -> Value {
    let mut body = filing("2026-11-28");
    body["message"] = json!("");
    body
}

/// What a page or an answer must not show of 北見 花子 without her consent.
fn assert_minimal(app: &TestApp, text: &str) {
    let ward = app.city.wards.iter().find(|ward| ward.id == app.city.cast.ward_id).expect("the nurse's ward");
    let (ward, name) = (ward.id.to_string(), ward.name.as_str());
    for secret in
        ["要介護3", "care3", "カンファレンス", "ADLが低下", "adl_decline", "birth_on", "歳", ward.as_str(), name]
    {
        assert!(!text.contains(secret), "{secret} is shown: {text}");
    }
    assert!(text.contains("花子"), "whom it is about is told");
}

on_both! {
    async fn without_consent_the_office_learns_the_minimum_and_no_more(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted_without_consent(&app, &nurse).await;
        let refused = nurse.post(&format!("{stay}/filings"), &filing("2026-11-28")).await;
        assert_eq!(refused.problem(409), "consent_missing");
        assert_eq!(refused.json()["errors"][0]["field"], "message");
        let filed = nurse.post(&format!("{stay}/filings"), &quiet()).await;
        filed.expect(201);
        let notice = filed.header("location").expect("where the notice is").to_owned();
        assert_eq!(app.send_mails().await.len(), 1, "the office is told that something waits");

        let manager = app.log_in("caremanager").await;
        let opened = manager.get(&notice).await;
        let seen = opened.expect(200);
        assert_eq!((seen["notice"]["content"].as_str(), seen["patient"].is_null()), (Some("minimal"), true));
        assert_eq!(seen["notice"]["planned_on"], "2026-11-28");
        assert!(seen["person"]["phone"].is_string(), "whom to phone is told: {seen}");
        assert_minimal(&app, &opened.text());
        let whole = manager.get(&stay).await;
        let seen = whole.expect(200);
        assert!(seen["encounter"]["ward_id"].is_null() && seen["screenings"].as_array().unwrap().is_empty());
        assert_minimal(&app, &whole.text());
        assert_minimal(&app, &manager.get("/api/v1/notices").await.text());
        let line = only(&manager.get("/api/v1/encounters?open=true").await.expect(200), "encounters").clone();
        assert!(line["encounter"]["ward_name"].is_null());

        let browser = app.log_in_by_page("caremanager").await;
        for path in [&notice[7..], &stay[7..]] {
            let page = browser.get(path).await;
            assert_eq!(page.status.as_u16(), 200, "{path}");
            assert_minimal(&app, &page.text());
            assert!(page.text().contains("最小限") && page.text().contains("電話"), "{path}");
        }
        for path in ["/", "/notices"] {
            assert_minimal(&app, &browser.get(path).await.text());
        }
        let answered = manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await;
        answered.expect(201);
        assert!(nurse.get(&stay).await.expect(200)["screenings"].as_array().is_some_and(|all| all.len() == 1));
    }

    /// Where she went, on which ward she lies, and why somebody took a word back say more than that she is in hospital.
    async fn without_consent_neither_destination_nor_ward_nor_reason_is_told(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted_without_consent(&app, &nurse).await;
        let filed = nurse.post(&format!("{stay}/filings"), &quiet()).await;
        filed.expect(201);
        let notice = filed.header("location").expect("where the notice is").to_owned();
        nurse.post(&format!("{notice}/withdrawal"), &json!({ "why": "認知症の検査のため" })).await.expect(201);
        app.clock_shows(2026, 11, 29, 9, 0);
        app.sweep().await;
        let nurse = app.log_in("nurse").await;
        let gone = json!({ "event": "discharge", "on": "2026-11-28", "to": "facility" });
        nurse.post(&format!("{stay}/events"), &gone).await.expect(201);

        let manager = app.log_in("caremanager").await;
        let browser = app.log_in_by_page("caremanager").await;
        let whole = manager.get(&stay).await;
        let state = &whole.expect(200)["encounter"]["state"];
        assert_eq!((state["discharged_on"].as_str(), state["destination"].is_null()), (Some("2026-11-28"), true));
        let sheet = json!({ "kind": "admission_information", "message": "" });
        let sent = manager.post(&format!("{stay}/notices"), &sheet).await;
        assert!(sent.expect(201)["state"]["destination"].is_null());
        let list = manager.get("/api/v1/encounters").await;
        assert!(only(&list.expect(200), "encounters")["encounter"]["state"]["destination"].is_null());
        let warnings = manager.get(&format!("/api/v1/warnings?encounter_id={}", &stay[19..])).await;
        let lines = warnings.expect(200)["warnings"].as_array().unwrap().clone();
        assert!(!lines.is_empty() && lines.iter().all(|line| line["ward_id"].is_null()), "{lines:?}");
        let page = browser.get(&stay[7..]).await;
        for shown in [&whole.text(), &list.text(), &page.text()] {
            assert_minimal(&app, shown);
            for secret in ["facility", "施設", "認知症"] {
                assert!(!shown.contains(secret), "{secret}: {shown}");
            }
        }
        let own = nurse.get(&stay).await;
        assert!(own.text().contains("facility") && own.text().contains("認知症"));
    }

    async fn the_filing_form_says_so_and_records_a_consent_with_one_tick(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted_without_consent(&app, &nurse).await;
        let browser = app.log_in_by_page("nurse").await;
        let path = format!("{}/file", &stay[7..]);
        let form = browser.get(&path).await.text();
        assert!(form.contains("情報共有の同意が、まだ記録されていません") && form.contains("No consent to share"));
        let fields = hidden(&form);
        let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sent.extend([("planned_on", "2026-11-28"), ("c.adl_decline", "yes"), ("message", "会議は火曜を希望。")]);
        sent.push(("action", "send"));
        let refused = browser.submit(&path, &sent).await;
        assert_eq!(refused.status.as_u16(), 409);
        assert!(refused.text().contains("会議は火曜を希望。"), "what was typed is still there");
        sent.push(("consent", "oral"));
        let done = browser.submit(&path, &sent).await;
        assert_eq!(done.status.as_u16(), 303, "{}", done.text());
        let consents = nurse.get(&format!("{}/consents", person(&app))).await.expect(200);
        assert_eq!((consents["sharing"].as_str(), consents["consents"][2]["way"].as_str()), (Some("everyone"), Some("oral")));
        let seen = nurse.get(&stay).await.expect(200);
        assert_eq!(only(&seen, "notices")["content"], "full");
    }

    async fn a_withdrawn_consent_takes_the_content_off_the_receivers_screen(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let manager = app.log_in("caremanager").await;
        assert!(manager.get(&notice).await.text().contains("カンファレンス"));
        say(&app, &nurse, "withdrawn").await.expect(201);
        assert_minimal(&app, &manager.get(&notice).await.text());
        assert_eq!(say(&app, &nurse, "withdrawn").await.problem(409), "nothing_to_withdraw");
        say(&app, &nurse, "given").await.expect(201);
        assert!(manager.get(&notice).await.text().contains("カンファレンス"));
    }

    async fn every_disclosure_is_on_the_persons_list(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        filed(&nurse, &stay).await;
        let phone = json!({ "kind": "admission", "medium": "phone", "with_whom": "長男", "told_on": "2026-11-19" });
        nurse.post(&format!("{stay}/contacts"), &phone).await.expect(201);
        let manager = app.log_in("caremanager").await;
        let sheet = json!({ "kind": "admission_information", "message": "独居です。" });
        manager.post(&format!("{stay}/notices"), &sheet).await.expect(201);
        let coordinator = app.log_in("coordinator").await;
        let copy = coordinator.post(&format!("{}/exports", person(&app)), &json!({ "to_whom": "長女(本人の代理)" })).await;
        assert_eq!(copy.expect(200)["patient"]["name"], "北見 花子");
        assert_eq!(nurse.post(&format!("{}/exports", person(&app)), &json!({ "to_whom": "x" })).await.problem(403), "not_allowed");

        let list = nurse.get(&format!("{}/disclosures", person(&app))).await.expect(200);
        let all = list["disclosures"].as_array().unwrap();
        let find = |occasion: &str| all.iter().find(|line| line["occasion"] == occasion).unwrap_or_else(|| panic!("{list}"));
        assert_eq!(all.len(), 4, "{list}");
        assert_eq!(find("notice")["items"], json!(["name", "stay", "discharge_day", "particulars", "screening", "message", "course"]));
        assert_eq!(find("notice")["to_organization_id"], app.city.cast.office_id.to_string());
        assert_eq!(find("information_sheet")["to_organization_id"], app.city.cast.hospital_id.to_string());
        assert_eq!((find("outside_word")["to"].as_str(), find("outside_word")["medium"].as_str()), (Some("長男"), Some("phone")));
        assert_eq!(find("export")["to"], "長女(本人の代理)");
        let browser = app.log_in_by_page("nurse").await;
        let page = browser.get(&format!("/patients/{}/disclosures", app.city.cast.hanako)).await.text();
        assert!(page.contains("長女(本人の代理)") && page.contains("入院時情報") && page.contains("北見 花子"));
        let auditor = app.log_in_by_page("auditor").await;
        let page = auditor.get(&format!("/patients/{}/disclosures", app.city.cast.hanako)).await;
        assert!(page.status.as_u16() == 200 && !page.text().contains("花子"), "the auditor sees to whom, not whose");
    }

    /// In charge and never sent a notice, or with nothing to do with her and in an emergency: what they are shown was given to them.
    async fn what_is_read_or_opened_without_a_notice_is_a_disclosure_too(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let (manager, browser) = (app.log_in("caremanager").await, app.log_in_by_page("caremanager").await);
        let listed = async |occasion: &str| {
            let list = nurse.get(&format!("{}/disclosures", person(&app))).await.expect(200);
            let all = list["disclosures"].as_array().unwrap().clone();
            all.into_iter().filter(|line| line["occasion"] == occasion).collect::<Vec<_>>()
        };
        assert_eq!(listed("reading").await, Vec::<Value>::new());
        for _ in 0..2 {
            manager.get(&stay).await.expect(200);
            assert_eq!(browser.get(&stay[7..]).await.status.as_u16(), 200);
        }
        let read = listed("reading").await;
        let name = |id| app.city.directory().organization(id).unwrap().name.to_string();
        assert_eq!(read.len(), 1, "once for the same: {read:?}");
        assert_eq!((&read[0]["to"], &read[0]["from"]), (&json!(name(app.city.cast.office_id)), &json!(name(app.city.cast.hospital_id))));
        assert_eq!(read[0]["items"], json!(["name", "stay", "particulars", "insured_number", "course", "care_team"]));

        let stranger = crate::api::stranger(&app).await;
        let opening = json!({ "patient_id": app.city.cast.hanako.to_string(), "reason": "救急搬送" });
        stranger.post("/api/v1/emergencies", &opening).await.expect(201);
        stranger.get(&stay).await.expect(200);
        let opened = listed("emergency").await;
        assert_eq!(opened.len(), 1, "{opened:?}");
        assert_eq!(opened[0]["to"], name(app.city.cast.other_hospital_id));
        assert!(opened[0]["items"].as_array().unwrap().contains(&json!("course")), "{opened:?}");

        filed(&nurse, &stay).await;
        manager.get(&stay).await.expect(200);
        assert_eq!((listed("reading").await.len(), listed("notice").await.len()), (1, 1), "the notice tells what it tells");
        let page = app.log_in_by_page("nurse").await.get(&format!("/patients/{}/disclosures", app.city.cast.hanako)).await;
        assert!(page.text().contains("緊急閲覧") && page.text().contains("入院の記録の閲覧"), "{}", page.text());
    }

    async fn a_person_registered_on_the_page_consents_with_one_tick(app: TestApp) {
        let browser = app.log_in_by_page("nurse").await;
        let form = hidden(&browser.get("/patients/new").await.text());
        let mut sent: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sent.extend([
            ("name", "遠軽 桃子"), ("kana", "エンガル モモコ"), ("birth_on", "1941-03-09"), ("sex", "female"),
            ("district", "とん田圏域"), ("care_level", "care1"), ("consent", "written"), ("action", "send"),
        ]);
        let done = browser.submit("/patients/new", &sent).await;
        assert_eq!(done.status.as_u16(), 303, "{}", done.text());
        let page = browser.get(done.header("location").unwrap().split('?').next().unwrap()).await.text();
        assert!(page.contains("同意あり"), "{page}");
    }

    async fn a_hold_is_set_and_lifted_with_a_reason_by_those_who_may(app: TestApp) {
        let admin = app.log_in("admin").await;
        let hanako = app.city.cast.hanako.to_string();
        let held = admin.post("/api/v1/holds", &json!({ "patient_id": hanako, "why": "照会への回答" })).await.expect(201);
        let lifting = format!("/api/v1/holds/{}/lifting", held["id"].as_str().unwrap());
        assert_eq!(admin.post("/api/v1/holds", &json!({ "patient_id": hanako, "why": " " })).await.problem(422), "reason_missing");
        assert_eq!(admin.post("/api/v1/holds", &json!({ "why": "理由" })).await.problem(422), "missing");
        let nowhere = json!({ "encounter_id": uuid::Uuid::nil().to_string(), "why": "理由" });
        assert_eq!(admin.post("/api/v1/holds", &nowhere).await.problem(422), "unknown_id");
        let nurse = app.log_in("nurse").await;
        assert_eq!(nurse.get("/api/v1/holds").await.problem(403), "not_allowed");
        let city = app.log_in("city").await;
        city.post(&lifting, &json!({ "why": "終了" })).await.expect(201);
        assert_eq!(city.post(&lifting, &json!({ "why": "終了" })).await.problem(409), "lifted");
        let page = app.log_in_by_page("city").await.get("/admin/holds").await.text();
        assert!(page.contains("照会への回答") && page.contains(&hanako) && !page.contains("花子"));
        let store = app.service.app.store();
        let rows = store.audit(app.city.region.id, &storage::AuditFilter::default(), 50).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.entry.action == "hold_records").count(), 2);
    }
}
