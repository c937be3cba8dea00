//! Each bad input has a clear answer, and leaves nothing behind.

use serde_json::{Value, json};
use tests::{Person, on_both};

use super::{admitted, filed, filing, hidden, value};

fn patient() -> Value {
    json!({
        "name": "北見 太郎", "kana": "きたみ たろう", "birth_on": "1940-02-29", "sex": "male",
        "district": "第1圏域", "insured_number": "H123456789", "care_level": "care2",
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut body = patient();
    body[key] = value;
    body
}

/// The code of the only faulty field.
async fn fault(nurse: &Person, path: &str, body: &Value) -> (String, String) {
    let reply = nurse.post(path, body).await;
    reply.problem(422);
    let problem = reply.json();
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {problem}"));
    assert_eq!(errors.len(), 1, "{problem}");
    (errors[0]["field"].as_str().unwrap().to_owned(), errors[0]["code"].as_str().unwrap().to_owned())
}

on_both! {
    async fn a_filing_page_with_open_criteria_comes_back_naming_each(app: TestApp) {
        let (nurse, browser) = (app.log_in("nurse").await, app.log_in_by_page("nurse").await);
        let stay = admitted(&app, &nurse).await;
        let path = format!("{}/file", stay.trim_start_matches("/api/v1"));
        let fields = hidden(&browser.get(&path).await.text());
        let mut sent: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        sent.extend([("planned_on", "2026-11-28"), ("c.diet", "yes"), ("message", "よろしくお願いします。"), ("action", "send")]);
        let reply = browser.submit(&path, &sent).await;
        assert_eq!(reply.status.as_u16(), 422);
        let text = reply.text();
        assert!(text.contains("判定に必要な項目が残っています。"), "{text}");
        assert!(text.contains("「認知症の行動・心理症状や全般的な理解の低下」に答えてください。"), "{text}");
        assert!(text.contains("よろしくお願いします。"));
        assert_eq!(value(&hidden(&text), "idempotency_key"), value(&fields, "idempotency_key"));
    }

    async fn a_person_with_an_impossible_field_is_refused_beside_that_field(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        nurse.post("/api/v1/patients", &patient()).await.expect(201);
        let cases = [
            ("birth_on", json!("2030-01-01"), "in_the_future"),
            ("birth_on", json!("1950-02-30"), "not_a_date"),
            ("birth_on", json!("1800-01-01"), "out_of_range"),
            ("birth_on", json!("昭和15年2月29日"), "not_a_date"),
            ("name", json!("北見\u{0}太郎"), "control_character"),
            ("name", json!("北見\u{202E}太郎"), "control_character"),
            ("name", json!("あ".repeat(101)), "too_long"),
            ("name", json!("  "), "missing"),
            ("name", json!(7), "wrong_type"),
            ("kana", json!("北見太郎"), "not_kana"),
            ("sex", json!("m"), "not_a_known_value"),
            ("insured_number", json!("h123456789"), "not_an_insured_number"),
            ("favourite_colour", json!("blue"), "unknown_field"),
        ];
        for (field, value, code) in cases {
            let (at, found) = fault(&nurse, "/api/v1/patients", &with(field, value.clone())).await;
            assert_eq!((at.as_str(), found.as_str()), (field, code), "{field} = {value}");
        }
        let many = json!({
            "name": "", "kana": "x", "birth_on": "never", "sex": "male", "district": "", "care_level": "care1",
        });
        let reply = nurse.post("/api/v1/patients", &many).await;
        assert_eq!(reply.expect(422)["errors"].as_array().unwrap().len(), 4, "all faults at once");
    }

    async fn an_impossible_day_of_a_stay_is_refused(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let (filings, events) = (format!("{stay}/filings"), format!("{stay}/events"));
        for (planned_on, code) in [
            ("2026-11-17", "discharge_before_admission"),
            ("2026-11-19", "planned_in_the_past"),
            ("2026-02-30", "not_a_date"),
            ("2126-11-28", "out_of_range"),
            ("", "not_a_date"),
        ] {
            let (field, found) = fault(&nurse, &filings, &filing(planned_on)).await;
            assert_eq!((field.as_str(), found.as_str()), ("planned_on", code), "{planned_on}");
        }
        let early = json!({ "event": "discharge", "on": "2026-11-17", "to": "home" });
        assert_eq!(fault(&nurse, &events, &early).await, ("on".into(), "discharge_before_admission".into()));
        let late = json!({ "event": "discharge", "on": "2026-11-21", "to": "home" });
        assert_eq!(fault(&nurse, &events, &late).await, ("on".into(), "in_the_future".into()));
        let stray = json!({ "event": "transfer", "ward_id": app.city.cast.ward_id.to_string(), "to": "home" });
        assert_eq!(fault(&nurse, &events, &stray).await, ("to".into(), "not_a_known_value".into()));
        let unknown = json!({ "planned_on": "2026-11-28", "answers": { "criteria": { "likes_cats": "yes" } } });
        assert_eq!(fault(&nurse, &filings, &unknown).await, ("answers".into(), "unknown_criterion".into()));
        let told = json!({ "kind": "planned_discharge", "medium": "phone", "with_whom": "担当の方", "told_on": "2026-11-17" });
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-28" });
        let planned = nurse.post(&events, &planned).await.expect(201);
        assert_eq!(fault(&nurse, &format!("{stay}/contacts"), &told).await, ("told_on".into(), "told_before_admission".into()));
        let cancel = json!({ "event": "cancel_pending_discharge", "cancels": planned["id"] });
        nurse.post(&events, &cancel).await.expect(201);
        let seen = nurse.get(&stay).await.expect(200);
        assert_eq!(seen["encounter"]["state"]["state"], "in_progress", "nothing was half-written");
        assert!(app.send_mails().await.is_empty());
    }

    /// The rule is the form's as well: what is unanswered is no "no", and where the list leaves it open a person decides and says why.
    async fn an_unfinished_filing_is_refused_by_json_too(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let filings = format!("{stay}/filings");
        let body = |criteria: Value| json!({ "planned_on": "2026-11-28", "answers": { "criteria": criteria } });
        let open = body(json!({ "alcohol": "yes" }));
        assert_eq!(fault(&nurse, &filings, &open).await, ("answers".into(), "screening_incomplete".into()));
        let agreement = nurse.get("/api/v1/agreement").await.expect(200);
        let ids = agreement["criteria"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned());
        let said = |id: &str| if id == "alcohol" { "yes" } else { "no" };
        let advised: serde_json::Map<_, _> = ids.map(|id| (id.clone(), json!(said(&id)))).collect();
        let mut advised = body(advised.into());
        assert_eq!(fault(&nurse, &filings, &advised).await, ("decision".into(), "reason_missing".into()));
        assert!(app.send_mails().await.is_empty());
        advised["decision"] = json!({ "give_notice": false, "why": "家族が毎日介護できるため" });
        let kept = nurse.post(&filings, &advised).await.expect(201);
        assert_eq!((kept["outcome"].as_str(), kept["notice"].is_null()), (Some("notice_advised"), true));
    }

    async fn what_is_not_json_is_answered_by_kind(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let json_type = ("content-type", "application/json");
        let send = async |headers: &[(&str, &str)], body: Vec<u8>| {
            nurse.send(hyper::Method::POST, "/api/v1/patients", headers, body.into()).await
        };
        assert_eq!(send(&[json_type], b"{\"name\": ".to_vec()).await.problem(400), "unreadable");
        assert_eq!(send(&[json_type], b"{\"name\": \"\x96k\x8c\xa9\"}".to_vec()).await.problem(400), "unreadable");
        assert_eq!(send(&[json_type], b"\xff\xfe{\x00}\x00".to_vec()).await.problem(400), "unreadable");
        assert_eq!(send(&[json_type], Vec::new()).await.problem(400), "unreadable");
        assert_eq!(send(&[("content-type", "text/plain")], b"{}".to_vec()).await.problem(415), "unsupported_media_type");
        assert_eq!(send(&[], b"{}".to_vec()).await.problem(415), "unsupported_media_type");
        let sjis = ("content-type", "application/json; charset=shift_jis");
        assert_eq!(send(&[sjis], b"{}".to_vec()).await.problem(415), "unsupported_media_type");
        let huge = format!("{{\"name\": \"{}\"}}", "a".repeat(10 * 1024 * 1024));
        assert_eq!(send(&[json_type], huge.into_bytes()).await.problem(413), "too_large");
        let deep = format!("{{\"name\": {}", "[".repeat(100_000));
        assert_eq!(send(&[json_type], deep.into_bytes()).await.problem(422), "wrong_type", "refused at the first bracket");
        let odd = [json_type, ("idempotency-key", "has a space")];
        assert_eq!(send(&odd, patient().to_string().into_bytes()).await.problem(400), "unreadable");
    }

    async fn what_is_not_there_is_a_problem_document_too(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        for path in [
            "/api/v1/encounters/0190f000-0000-7000-8000-000000000000",
            "/api/v1/encounters/not-an-id",
            "/api/v1/patients/0190f000-0000-7000-8000-000000000000",
            "/api/v1/notices/0190f000-0000-7000-8000-000000000000",
            "/api/v1/nothing",
            "/api/v2/encounters",
        ] {
            assert_eq!(nurse.get(path).await.problem(404), "not_found", "{path}");
        }
        let wrong = nurse.send(hyper::Method::DELETE, "/api/v1/patients", &[], hyper::body::Bytes::new()).await;
        assert_eq!(wrong.problem(405), "method_not_allowed");
        for (query, field) in [("limit=0", "limit"), ("limit=x", "limit"), ("after=x", "after"), ("colour=blue", "colour")] {
            let reply = nurse.get(&format!("/api/v1/encounters?{query}")).await;
            reply.problem(422);
            assert_eq!(reply.json()["errors"][0]["field"], field, "{query}");
        }
        let ward = app.city.cast.ward_id.to_string();
        let nobody = json!({
            "patient_id": "0190f000-0000-7000-8000-000000000000", "ward_id": ward,
            "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
        });
        assert_eq!(fault(&nurse, "/api/v1/encounters", &nobody).await, ("patient_id".into(), "unknown_id".into()));
    }

    /// The word was about the old day; the new day has to be told again, and the old deadline is excused, not missed.
    async fn a_planned_day_that_moves_after_the_notice_asks_for_a_new_one(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        filed(&nurse, &stay).await;
        let moved = json!({ "event": "pending_discharge", "planned_on": "2026-12-05" });
        nurse.post(&format!("{stay}/events"), &moved).await.expect(201);
        let old = json!({ "kind": "planned_discharge", "planned_on": "2026-11-28", "message": "" });
        nurse.post(&format!("{stay}/notices"), &old).await.problem(412);
        let again = nurse.post(&format!("{stay}/filings"), &filing("2026-12-05")).await.expect(201);
        assert!(again["notice"]["id"].is_string());
        let twice = nurse.post(&format!("{stay}/filings"), &filing("2026-12-05")).await;
        assert_eq!(twice.problem(409), "already_told", "the same form sent again without a key tells nobody twice");
        let seen = nurse.get(&stay).await.expect(200);
        assert_eq!(seen["planned"].as_array().unwrap().len(), 2, "both days stay known");
        assert_eq!(seen["notices"].as_array().unwrap().len(), 2);
    }
}
