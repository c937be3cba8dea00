//! The notification API over real connections, on both engines: the main path, who may see what, bad input, repeats, the document.

mod bad_input;
mod consent;
mod document;
mod faults;
mod health;
mod holidays;
mod main_path;
mod people;
mod publishing;
mod purge;
mod repeats;
mod scopes;
mod sealed;
mod taken_back;

pub(crate) use purge::dump;

use serde_json::{Value, json};
use tests::{Person, TestApp};

/// 北見 花子 is admitted to the nurse's ward; answers the stay's path.
pub(crate) async fn admitted(app: &TestApp, nurse: &Person) -> String {
    let cast = &app.city.cast;
    let body = json!({
        "patient_id": cast.hanako.to_string(),
        "ward_id": cast.ward_id.to_string(),
        "admitted_at": "2026-11-18T09:00:00+09:00",
        "emergency": false,
    });
    let reply = nurse.post("/api/v1/encounters", &body).await;
    reply.expect(201);
    reply.header("location").expect("where the stay is").to_owned()
}

/// A planned discharge with one required hit.
pub(crate) fn filing(planned_on: &str) -> Value {
    json!({
        "planned_on": planned_on,
        "answers": { "criteria": { "adl_decline": "yes" } },
        "message": "退院前カンファレンスを予定しています。",
    })
}

/// Files a planned discharge for tomorrow week; answers the notice's path.
pub(crate) async fn filed(nurse: &Person, stay: &str) -> String {
    let reply = nurse.post(&format!("{stay}/filings"), &filing("2026-11-28")).await;
    reply.expect(201);
    reply.header("location").expect("where the notice is").to_owned()
}

/// Somebody of the hospital that has nothing to do with the story.
async fn stranger(app: &TestApp) -> Person {
    let other = app.city.cast.other_hospital_id;
    let account = app.city.accounts.iter().find(|account| account.organization_id == other);
    app.log_in(&account.expect("the other hospital has a ward").login).await
}

/// The hidden fields of a page, each once.
pub(crate) fn hidden(html: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for input in html.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        let value = rest.split_once("\">").unwrap().0.replace("&#34;", "\"").replace("&amp;", "&");
        if fields.iter().all(|(known, _)| known != name) {
            fields.push((name.to_owned(), value));
        }
    }
    fields
}

pub(crate) fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// The path of a list's only row.
fn only<'a>(list: &'a Value, key: &str) -> &'a Value {
    let rows = list[key].as_array().unwrap_or_else(|| panic!("no list: {list}"));
    assert_eq!(rows.len(), 1, "{list}");
    &rows[0]
}
