//! Markup that somebody typed is text, on every page that shows it and in every mail.

use std::collections::BTreeSet;

use domain::changes::{Changes, DirectoryChanges};
use domain::party::{Account, CareManager, Organization, Role, Ward};
use serde_json::{Value, json};
use tests::{CSRF, Person, Reply, TestApp, on_both};

use super::samples::samples;
use super::world::{Place, World, line};
use super::{Subject, routes, send};

/// Would end an attribute, open an element, and begin an entity.
const MARK: &str = "'\"<x-mark a=b>&lt";

/// Every name of the directory and of everybody's account.
async fn names_marked(app: &TestApp, world: &World) {
    let city = &app.city;
    let people = world.people.iter().map(|person| &person.account).chain(&city.accounts);
    let directory = DirectoryChanges {
        organizations: city.organizations.iter().map(|o| Organization { name: line(MARK), ..o.clone() }).collect(),
        wards: city.wards.iter().map(|ward| Ward { name: line(MARK), ..ward.clone() }).collect(),
        care_managers: city.care_managers.iter().map(|m| CareManager { name: line(MARK), ..m.clone() }).collect(),
        accounts: people.map(|account| Account { name: line(MARK), ..account.clone() }).collect(),
        ..DirectoryChanges::default()
    };
    app.service.store.apply(Changes { directory, ..Changes::default() }).await.expect("the names are kept");
}

/// Everything that people type into a record, by those who may.
async fn records_marked(app: &TestApp, world: &World) -> String {
    let by = |role, place| -> &Person {
        &world.people.iter().find(|person| person.role == role && person.place == place).expect("somebody").client
    };
    let nurse = by(Role::WardStaff, Place::Hospital);
    let (stay, patient) = (format!("/api/v1/encounters/{}", world.stay), format!("/api/v1/patients/{}", world.patient));
    let version = nurse.get(&patient).await.header("etag").expect("a version").to_owned();
    let hers = json!({
        "name": MARK, "kana": "キタミ ハナコ", "birth_on": "1934-05-06", "sex": "female", "care_level": "care3",
        "district": app.city.directory().districts()[0],
    });
    nurse.put_with(&patient, &hers, &[("if-match", &version)]).await.expect(200);
    let told = async |who: &Person, path: &str, body: &Value| {
        let reply = who.post(path, body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text());
    };
    let contact = json!({ "kind": "admission", "medium": "fax", "with_whom": MARK, "told_on": "2026-11-19" });
    told(nurse, &format!("{stay}/contacts"), &contact).await;
    let event = json!({ "event": "pending_discharge", "planned_on": "2026-11-29", "note": MARK });
    told(nurse, &format!("{stay}/events"), &event).await;
    let copy = json!({ "to_whom": MARK });
    told(by(Role::Coordinator, Place::Hospital), &format!("{patient}/exports"), &copy).await;
    let emergency = json!({ "encounter_id": world.stay, "reason": MARK });
    told(by(Role::WardStaff, Place::OtherHospital), "/api/v1/emergencies", &emergency).await;
    let machine = json!({ "name": MARK, "scopes": ["directory"] });
    told(by(Role::OrganizationAdministrator, Place::Hospital), "/api/v1/machines", &machine).await;
    let hold = json!({ "patient_id": world.patient, "why": MARK });
    told(by(Role::Administrator, Place::Hospital), "/api/v1/holds", &hold).await;
    let review = json!({ "month": 202_610, "remark": MARK });
    told(by(Role::Auditor, Place::Hospital), "/api/v1/audit/reviews", &review).await;
    let filing = json!({
        "planned_on": "2026-11-29", "answers": { "criteria": { "adl_decline": "yes" } }, "message": MARK,
    });
    let new = nurse.post(&format!("{stay}/filings"), &filing).await;
    new.expect(201);
    new.header("location").expect("where it stands").replace("/api/v1", "")
}

fn is_text(reply: &Reply, what: &str) -> bool {
    let page = reply.text();
    assert!(!page.contains("<x-mark"), "{what}: {}", around(&page, "<x-mark"));
    // What askama makes of the quotes and the sign; an attribute in quotes can't be left.
    assert!(!page.contains("'\"&"), "{what}: {}", around(&page, "'\"&"));
    page.contains("x-mark")
}

fn around<'a>(page: &'a str, what: &str) -> &'a str {
    let at = page.find(what).unwrap_or_default();
    let (mut from, mut to) = (at.saturating_sub(200), (at + 100).min(page.len()));
    while !page.is_char_boundary(from) {
        from -= 1;
    }
    while !page.is_char_boundary(to) {
        to += 1;
    }
    &page[from..to]
}

on_both! {
    async fn markup_that_was_stored_is_text_on_every_page_and_in_every_mail(app: TestApp) {
        let world = World::make(&app).await;
        names_marked(&app, &world).await;
        let notice = records_marked(&app, &world).await;
        app.sweep().await;
        let mut shown = BTreeSet::new();
        for route in routes().iter().filter(|route| route.method == "GET" && !route.path.starts_with("/api/")) {
            for sample in samples(route, &world, Subject::Standing) {
                for person in &world.people {
                    let reply = send(&app, route, &sample, Some(person)).await;
                    let html = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
                    if html && reply.status.is_success() && is_text(&reply, &sample.path) {
                        shown.insert(route.path.clone());
                    }
                }
            }
        }
        for path in [
            "/", "/account", "/admin/holds", "/admin/machines", "/admin/people", "/audit", "/audit/reviews", "/encounters/{id}",
            "/encounters/{id}/file", "/notices", "/notices/{id}", "/overview", "/patients/{id}", "/patients/{id}/care-team",
            "/patients/{id}/disclosures", "/patients/{id}/edit", "/survey",
        ] {
            assert!(shown.contains(path), "{path} shows what was stored; it was seen on {shown:?}");
        }
        let receiver = world.people.iter().find(|p| p.role == Role::CareManager && p.place == Place::InCharge).expect("somebody");
        assert!(is_text(&receiver.client.get(&notice).await, "the message, as its receiver reads it"));

        let mails = app.send_mails().await;
        assert!(mails.iter().any(|mail| mail.html.contains("x-mark")), "organizations are addressed by their names");
        for mail in mails {
            assert!(!mail.html.contains("<x-mark") && !mail.html.contains("'\"&"), "{}", mail.html);
        }
    }

    async fn markup_that_was_just_typed_is_text_in_the_form_that_comes_back(app: TestApp) {
        let nurse = app.session_of(app.city.account(app.city.cast.nurse)).await;
        let stay = nurse.post("/api/v1/encounters", &json!({
            "patient_id": app.city.cast.hanako.to_string(), "ward_id": app.city.cast.ward_id.to_string(),
            "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
        })).await;
        let stay = stay.header("location").expect("where it stands").replace("/api/v1", "");
        for (path, field, action) in [
            ("/login".to_owned(), "login", "send"),
            ("/login".to_owned(), "next", "send"),
            ("/patients/search".to_owned(), "q", "send"),
            ("/patients/new".to_owned(), "name", "send"),
            ("/emergency".to_owned(), "reason", "send"),
            (format!("{stay}/file"), "message", "look"),
            (format!("{stay}/contact"), "with_whom", "look"),
            (format!("{stay}/events"), "note", "look"),
            (format!("{stay}/tell"), "message", "look"),
        ] {
            let fields = [("csrf", CSRF), ("action", action), ("kind", "admission"), ("what", "cancel"), (field, MARK), ("held_to", "/"), ("held.x", MARK)];
            let reply = nurse.submit(&path, &fields).await;
            assert!(is_text(&reply, &path), "{path} gives {field} back: {} {}", reply.status, reply.text());
        }
        for path in [format!("/login?next={MARK}&done={MARK}"), format!("/audit?patient={MARK}&account={MARK}")] {
            let path = path.replace(['\'', '"', '<', '>', ' '], "%3C");
            let reply = app.log_in_by_page("auditor").await.get(&path).await;
            is_text(&reply, &path);
        }
    }
}
