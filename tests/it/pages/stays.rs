//! The page of a stay, to each of its readers; and what leads to it.

use serde_json::json;
use tests::on_both;

use super::super::api::{admitted, filed};
use super::{led_to, press, text};

on_both! {
    async fn a_warning_speaks_to_whoever_reads_it(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        filed(&nurse, &stay).await;
        app.clock_shows(2026, 11, 25, 13, 0);
        app.sweep().await;
        let page = &stay[7..];
        let ward = text(&app.log_in_by_page("nurse").await, page).await;
        let office = text(&app.log_in_by_page("caremanager").await, page).await;
        assert!(ward.contains("相手の機関からまだ回答がありません") && !ward.contains("まだ回答していません"), "{ward}");
        assert!(office.contains("届いた連絡に、まだ回答していません") && !office.contains("相手の機関から"), "{office}");
    }

    async fn an_answer_in_time_is_said_to_be_one(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let manager = app.log_in("caremanager").await;
        manager.post(&format!("{notice}/acknowledgement"), &json!({ "code": "accepted" })).await.expect(201);
        let shown = text(&app.log_in_by_page("nurse").await, &stay[7..]).await;
        assert!(shown.contains("期限内に回答") && shown.contains("期限内に連絡"), "{shown}");
    }

    /// What is void can't be added to; the tick that makes it void is refused where it would mean nothing.
    async fn a_stay_entered_in_error_offers_no_further_record(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-28" });
        nurse.post(&format!("{stay}/events"), &planned).await.expect(201);
        let browser = app.log_in_by_page("nurse").await;
        let (page, path) = (stay[7..].to_owned(), format!("{}/events", &stay[7..]));
        assert!(text(&browser, &page).await.contains("予定日・退院・転棟・取消"));
        let seen = nurse.get(&stay).await.expect(200);
        let event = |kind: &str| {
            let all = seen["events"].as_array().unwrap();
            all.iter().find(|e| e["event"] == kind).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let form = browser.get(&path).await;
        let cancel = |id| [("what", "cancel"), ("cancels", id), ("entered_in_error", "yes"), ("note", "別の方だった")];
        let plan = event("pending_discharge");
        let refused = press(&browser, &path, &form, &cancel(&plan)).await;
        assert_eq!(refused.status.as_u16(), 422);
        assert!(refused.text().contains("「入院」の記録を取り消すときだけ選べます") && refused.text().contains("別の方だった"));
        let admission = event("admit");
        led_to(&press(&browser, &path, &refused, &cancel(&admission)).await);
        let void = text(&browser, &page).await;
        assert!(void.contains("誤登録") && !void.contains("予定日・退院・転棟・取消"), "{void}");
    }

    async fn a_second_stay_beside_one_that_goes_on_is_asked_about_first(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let browser = app.log_in_by_page("nurse").await;
        let (patient, ward) = (app.city.cast.hanako.to_string(), app.city.cast.ward_id.to_string());
        let form = browser.get(&format!("/encounters/new?patient={patient}")).await;
        assert!(form.text().contains("終わっていない入院があります") && form.text().contains(&format!("href=\"{}\"", &stay[7..])));
        let mut fields = vec![("ward_id", &ward[..]), ("admitted_on", "2026-11-20"), ("admitted_time", "09:30")];
        let doubted = press(&browser, "/encounters/new", &form, &fields).await;
        assert_eq!(doubted.status.as_u16(), 409);
        let open = nurse.get("/api/v1/encounters?open=true").await.expect(200);
        assert_eq!(open["encounters"].as_array().unwrap().len(), 1, "nothing was kept");
        fields.push(("sure", "yes"));
        let second = led_to(&press(&browser, "/encounters/new", &doubted, &fields).await);
        assert_ne!(second, stay[7..]);
        let body = json!({
            "patient_id": patient, "ward_id": ward, "admitted_at": "2026-11-20T09:40:00+09:00", "emergency": false,
        });
        let kept = nurse.post("/api/v1/encounters", &body).await.expect(201);
        assert_eq!(kept["doubts"], json!(["another_stay_open"]));
        let other = json!({ "patient_id": app.city.cast.unmanaged.to_string(), "ward_id": ward, "admitted_at": "2026-11-20T09:40:00+09:00", "emergency": false });
        assert_eq!(nurse.post("/api/v1/encounters", &other).await.expect(201)["doubts"], json!([]));
    }

    /// Who would be told is asked anew for what is replaced, and shown before it is sent.
    async fn a_replacement_names_whom_it_would_reach(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let notice = filed(&nurse, &stay).await;
        let browser = app.log_in_by_page("nurse").await;
        let before = text(&browser, &notice[7..]).await;
        assert!(before.contains("差し替えた連絡の宛先") && !before.contains("宛先が変わります"), "{before}");
        let cast = &app.city.cast;
        let manager = app.city.care_managers.iter().find(|m| m.organization_id == cast.other_office_id).unwrap();
        let charge = json!({ "care_manager_id": manager.id.to_string(), "from_on": "2026-11-20" });
        nurse.post(&format!("/api/v1/patients/{}/care-team", cast.hanako), &charge).await.expect(201);
        let after = text(&browser, &notice[7..]).await;
        assert!(after.contains("宛先が変わります") && after.contains(manager.name.as_str()), "{after}");
        let page = browser.get(&notice[7..]).await;
        let path = format!("{}/replacement", &notice[7..]);
        let next = led_to(&press(&browser, &path, &page, &[("message", "病棟が変わりました。")]).await);
        assert!(text(&browser, &next).await.contains(manager.name.as_str()));
        let tombstone = text(&browser, &notice[7..]).await;
        assert!(tombstone.contains("<title>差し替えられた連絡") && !tombstone.contains("取り消された連絡"), "{tombstone}");
    }

    /// Whoever logged it by mistake takes it back on the same page; it stays to be seen, and counts for nothing.
    async fn a_contact_logged_by_mistake_is_taken_back_where_it_stands(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let call = json!({ "kind": "admission", "medium": "phone", "with_whom": "訓子府 次郎", "told_on": "2026-11-20" });
        let logged = nurse.post(&format!("{stay}/contacts"), &call).await.expect(201);
        let page = &stay[7..];
        let path = format!("{page}/contacts/{}/retraction", logged["id"].as_str().unwrap());
        let button = format!("action=\"{path}\"");
        let browser = app.log_in_by_page("nurse").await;
        let office = text(&app.log_in_by_page("caremanager").await, page).await;
        assert!(office.contains("訓子府 次郎") && !office.contains(&button), "another organization's: {office}");
        let before = browser.get(page).await;
        assert!(before.text().contains(&button), "{}", before.text());
        let to = press(&browser, &path, &before, &[("idempotency_key", "taken-back-once")]).await;
        assert_eq!(to.header("location"), Some(&*format!("{page}?done=contact_taken_back")), "{}", to.text());
        let after = text(&browser, &format!("{page}?done=contact_taken_back")).await;
        assert!(after.contains("連絡の記録を取り消しました") && after.contains("取消済み") && after.contains("訓子府 次郎"), "{after}");
        assert!(!after.contains(&button), "{after}");
    }

    async fn a_person_nobody_is_in_charge_of_shows_who_would_be_told(app: TestApp) {
        let browser = app.log_in_by_page("nurse").await;
        let cast = &app.city.cast;
        let city = text(&browser, &format!("/patients/{}", cast.outside)).await;
        assert!(city.contains("いまの担当の登録がありません") && city.contains("市町村へ"), "{city}");
        let centre = text(&browser, &format!("/patients/{}", cast.unmanaged)).await;
        assert!(centre.contains("圏域の地域包括支援センターへ") && !centre.contains("市町村へ"), "{centre}");
        let charged = text(&browser, &format!("/patients/{}", cast.hanako)).await;
        assert!(!charged.contains("いまの担当の登録がありません"), "{charged}");
    }
}
