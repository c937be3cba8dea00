//! A person's particulars on the pages: registered, corrected, proposed as the same.

use domain::patient::Patient;
use serde_json::{Value, json};
use tests::{Person, on_both};

use super::{led_to, press, text};

/// The fields of the form as the person is on record.
fn fields(patient: &Patient) -> Vec<(&'static str, String)> {
    let code = |value: Value| value.as_str().unwrap_or_default().to_owned();
    vec![
        ("name", patient.name.to_string()),
        ("kana", patient.kana.to_string()),
        ("birth_on", patient.birth_on.to_string()),
        ("sex", code(json!(patient.sex))),
        ("district", patient.district.to_string()),
        ("insured_number", patient.insured_number.as_ref().map_or("", |number| number.as_str()).to_owned()),
        ("care_level", code(json!(patient.care_level))),
    ]
}

/// The same with another value.
fn with<'a>(fields: &'a [(&'static str, String)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(field, old)| (*field, if *field == name { value } else { old.as_str() })).collect()
}

fn with_one<'a>(fields: Vec<(&'a str, &'a str)>, name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.into_iter().map(|(field, old)| (field, if field == name { value } else { old })).collect()
}

/// Somebody else corrects the same person over JSON.
async fn corrected(nurse: &Person, id: &str, field: &str, value: &str) {
    let path = format!("/api/v1/patients/{id}");
    let seen = nurse.get(&path).await;
    let tag = seen.header("etag").expect("a version").to_owned();
    let mut body = seen.expect(200);
    for key in ["id", "sharing", "version"] {
        body.as_object_mut().unwrap().remove(key);
    }
    body[field] = json!(value);
    nurse.put_with(&path, &body, &[("if-match", &tag)]).await.expect(200);
}

on_both! {
    async fn a_correction_that_somebody_else_forestalled_is_saved_from_the_form_that_came_back(app: TestApp) {
        let (nurse, browser) = (app.log_in("nurse").await, app.log_in_by_page("nurse").await);
        let hanako = app.city.patient(app.city.cast.hanako);
        let (id, fields) = (hanako.id.to_string(), fields(hanako));
        let path = format!("/patients/{id}/edit");
        let form = browser.get(&path).await;
        corrected(&nurse, &id, "care_level", "care5").await;
        let typed = with(&fields, "name", "北見 花代");
        let stale = press(&browser, &path, &form, &typed).await;
        assert_eq!(stale.status.as_u16(), 412);
        let shown = stale.text();
        assert!(shown.contains("いまの登録") && shown.contains("<dd>要介護5</dd>"), "what stands there now: {shown}");
        assert!(shown.contains("value=\"北見 花代\""), "what was typed is still there");
        let saved = press(&browser, &path, &stale, &typed).await;
        assert_eq!(led_to(&saved), format!("/patients/{id}"));
        assert!(text(&browser, &format!("/patients/{id}")).await.contains("北見 花代"));
        let auditor = app.log_in("auditor").await;
        let trail = auditor.get(&format!("/api/v1/audit?patient_id={id}")).await.expect(200);
        let looks = trail["rows"].as_array().unwrap().iter().filter(|row| row["action"] == "view_patient");
        assert_eq!(looks.count(), 4, "the form, the JSON, the form that came back, and the page: {trail}");
    }

    /// A district that no support centre serves is neither lost by a correction nor out of the form's reach.
    async fn a_person_of_a_district_without_a_centre_keeps_it(app: TestApp) {
        let (nurse, browser) = (app.log_in("nurse").await, app.log_in_by_page("nurse").await);
        let someone = app.city.patient(app.city.cast.unmanaged);
        let id = someone.id.to_string();
        corrected(&nurse, &id, "district", "となり町").await;
        let path = format!("/patients/{id}/edit");
        let form = browser.get(&path).await;
        assert!(form.text().contains("<option value=\"となり町\" selected>"), "{}", form.text());
        let fields = fields(someone);
        let saved = press(&browser, &path, &form, &with(&fields, "district", "その他")).await;
        assert_eq!(led_to(&saved), format!("/patients/{id}"));
        let shown = text(&browser, &format!("/encounters/new?patient={id}")).await;
        assert!(shown.contains("市町村へ"), "the municipality would be told: {shown}");
    }

    /// However the reading is spaced, and by a correction as by a registration.
    async fn whoever_may_be_the_same_is_proposed_before_anything_is_kept(app: TestApp) {
        let browser = app.log_in_by_page("nurse").await;
        let hanako = app.city.patient(app.city.cast.hanako);
        let fields = fields(hanako);
        let tight = hanako.kana.to_string().replace(' ', "");
        let mut twin = with(&fields, "kana", &tight);
        twin.retain(|(field, _)| *field != "insured_number");
        let form = browser.get("/patients/new").await;
        let proposed = press(&browser, "/patients/new", &form, &twin).await;
        assert_eq!(proposed.status.as_u16(), 409);
        assert!(proposed.text().contains("同じ方ではありませんか") && proposed.text().contains(hanako.name.as_str()));
        twin.push(("sure", "yes"));
        let kept = press(&browser, "/patients/new", &proposed, &twin).await;
        let path = format!("{}/edit", led_to(&kept));
        twin.retain(|(field, _)| *field != "sure");
        let twin = with_one(twin, "care_level", "care1");
        let form = browser.get(&path).await;
        let proposed = press(&browser, &path, &form, &twin).await;
        assert_eq!(proposed.status.as_u16(), 409, "{}", proposed.text());
        assert!(proposed.text().contains("このまま保存します") && proposed.text().contains("value=\"care1\" selected"));
        let sure: Vec<_> = twin.into_iter().chain([("sure", "yes")]).collect();
        led_to(&press(&browser, &path, &proposed, &sure).await);
    }

    async fn what_looks_wrong_about_a_person_is_said_on_her_page(app: TestApp) {
        let browser = app.log_in_by_page("nurse").await;
        let fields: Vec<(&str, &str)> = vec![
            ("name", "試験 若葉"), ("kana", "しけん わかば"), ("birth_on", "1994-03-09"), ("sex", "female"),
            ("district", "その他"), ("care_level", "not_applied"),
        ];
        let form = browser.get("/patients/new").await;
        let kept = press(&browser, "/patients/new", &form, &fields).await;
        let shown = text(&browser, &led_to(&kept)).await;
        assert!(shown.contains("40歳未満の方です") && shown.contains("地域包括支援センターの登録がありません"), "{shown}");
        let hanako = text(&browser, &format!("/patients/{}", app.city.cast.hanako)).await;
        assert!(!hanako.contains("40歳未満の方です") && !hanako.contains("センターの登録がありません"));
    }
}
