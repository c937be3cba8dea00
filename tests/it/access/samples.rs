//! For each route the requests that the walk sends.

use api::inventory::{Access, Record, Route};
use domain::access::Command;
use serde_json::{Value, json};
use tests::CSRF;

use super::Subject;
use super::world::World;

/// One request.
#[derive(Debug, Default)]
pub(super) struct Sample {
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Right in every way, so only for those who may not.
    pub(super) changes_something: bool,
    pub(super) ends_session: bool,
    /// Where one address stands for two things, by its query.
    pub(super) access: Option<Access>,
}

/// A planned discharge with one required hit.
pub(super) fn filing() -> Value {
    json!({
        "planned_on": "2026-11-28", "answers": { "criteria": { "adl_decline": "yes" } },
        "message": "退院前カンファレンスを予定しています。",
    })
}

pub(super) fn samples(route: &Route, world: &World, subject: Subject) -> Vec<Sample> {
    let id = match route.access {
        Access::May(_, Record::Person) => &world.patient,
        Access::May(_, Record::Machine) => &world.machine,
        Access::May(_, Record::Notice) if subject == Subject::SentBack => &world.sent_back,
        Access::May(_, Record::Notice) => &world.standing,
        _ => &world.stay,
    };
    let contact = &world.contact;
    let path = route.path.replace("{contact_id}", contact).replace("{contact}", contact).replace("{id}", id);
    assert!(
        !path.contains('{') || ["/assets/", "/invitation/"].iter().any(|known| path.starts_with(known)),
        "{path} names something that the walk doesn't know"
    );
    if path.starts_with("/api/") { json_samples(route, world, path) } else { page_samples(route, world, path) }
}

/// What is written is sent with a version that nobody saw: it is refused after the question of who may, and changes nothing.
fn json_samples(route: &Route, world: &World, path: String) -> Vec<Sample> {
    if route.method == "GET" {
        return questions(route, world, &path);
    }
    let tail = path.rsplit('/').next().unwrap_or_default();
    let body = match (route.method, tail) {
        ("DELETE", "session") => return vec![Sample { path, ends_session: true, ..Sample::default() }],
        ("POST", "session") => json!({ "login": 1 }),
        ("POST", "second-factor") => json!({ "code": 1 }),
        ("PUT", "calendar") => {
            let headers = vec![("content-type", "text/csv".to_owned())];
            return vec![Sample { path, headers, body: b"no table".to_vec(), ..Sample::default() }];
        }
        ("POST", "evaluate") => json!({ "answers": { "criteria": {} }, "facts": {} }),
        ("POST", "search") => json!({ "text": "き" }),
        ("POST", "patients") => person("2099-01-01"),
        ("PUT", _) if route.path.ends_with("patients/{id}") => person("1940-01-01"),
        ("POST", "care-team") => json!({ "care_manager_id": world.care_manager, "from_on": "2026-11-20" }),
        // In a ward that is none.
        ("POST", "encounters") => json!({
            "patient_id": world.patient, "ward_id": uuid::Uuid::nil().to_string(),
            "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
        }),
        ("POST", "events") => json!({ "event": "pending_discharge", "planned_on": "2026-12-01" }),
        ("POST", "screenings") => json!({ "answers": { "criteria": { "adl_decline": "yes" } } }),
        ("POST", "filings") => filing(),
        ("POST", "notices") => json!({ "kind": "admission" }),
        ("POST", "contacts") => {
            json!({ "kind": "admission", "medium": "phone", "with_whom": "担当の方", "told_on": "2026-11-19" })
        }
        ("POST", "receipt" | "retraction") => Value::Null,
        ("POST", "acknowledgement") => json!({ "code": "accepted" }),
        ("POST", "withdrawal") => json!({ "why": "宛先の間違い" }),
        ("POST", "replacement") => json!({ "message": "病棟が変わりました。" }),
        // Without a reason.
        ("POST", "emergencies") => json!({ "patient_id": world.patient, "reason": "" }),
        ("POST", "reviews") => json!({ "month": 209_901, "remark": "異常なし" }),
        ("POST", "consents") => json!({
            "kind": "information_sharing", "act": "given", "by": "person", "way": "oral", "declared_on": "2026-11-20",
        }),
        ("POST", "exports") => json!({ "to_whom": "本人" }),
        // Without a reason.
        ("POST", "holds") => json!({ "patient_id": world.patient, "why": " " }),
        ("POST", "lifting") => json!({ "why": " " }),
        // For nothing.
        ("POST", "machines") => json!({ "name": "電子カルテ", "scopes": [] }),
        ("POST", "revocation") => return vec![Sample { path, changes_something: true, ..Sample::default() }],
        // A month that is not over.
        ("POST", "publications") => json!({ "first": 202_611, "last": 202_611 }),
        _ => panic!("{} {} needs a sample in tests/it/access/samples.rs", route.method, route.path),
    };
    let sample = |headers: &[(&'static str, &str)], changes_something| Sample {
        path: path.clone(),
        headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
        changes_something,
        ..Sample::default()
    };
    let json = ("content-type", "application/json");
    let of_a_record = matches!(route.access, Access::May(_, Record::Person | Record::Stay | Record::Notice));
    let unseen = sample(&[json, ("if-match", "\"999999\"")], false);
    if of_a_record { vec![unseen, sample(&[json], true)] } else { vec![sample(&[json], false)] }
}

fn questions(route: &Route, world: &World, path: &str) -> Vec<Sample> {
    let mut all = vec![Sample { path: path.to_owned(), ..Sample::default() }];
    if route.path == "/api/v1/audit/incident.csv" {
        let account = world.people[0].account.id;
        let path = format!("{path}?account_id={account}&since=2026-11-20T00:00:00Z&until=2026-11-21T00:00:00Z");
        return vec![Sample { path, ..Sample::default() }];
    }
    if route.path == "/api/v1/warnings" {
        let path = format!("{path}?encounter_id={}", world.stay);
        let access = Some(Access::May(Command::ViewWarnings, Record::Stay));
        all.push(Sample { path, access, ..Sample::default() });
    }
    all
}

fn person(birth_on: &str) -> Value {
    json!({
        "name": "北見 太郎", "kana": "キタミ タロウ", "birth_on": birth_on, "sex": "male", "district": "東部",
        "care_level": "care1",
    })
}

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn page_samples(route: &Route, world: &World, path: String) -> Vec<Sample> {
    if route.method == "GET" {
        let path = match path.as_str() {
            "/assets/{hash}/{name}" => api::pages::stylesheet().to_owned(),
            // A link that is none is answered with 404, as to everybody.
            // Nor is there a provider.
            "/invitation/{token}" | "/login/oidc" | "/login/oidc/callback" => "/login".to_owned(),
            "/encounters/new" => format!("{path}?patient={}", world.patient),
            _ if path.ends_with("/tell") => format!("{path}?kind=admission"),
            _ => path,
        };
        return vec![Sample { path, ..Sample::default() }];
    }
    let tail = path.rsplit('/').next().unwrap_or_default();
    // What a form needs to be shown at all, and what to be sent whole.
    let (always, whole): (Fields<'_>, Fields<'_>) = match tail {
        "login" => (vec![("login", "nobody"), ("password", "wrong")], vec![]),
        "logout" => (vec![("csrf", CSRF)], vec![]),
        // Whoever has no session is led to the first step; what is one's own asks for the password, and gets none here.
        "{token}" => return Vec::new(),
        "people" => {
            (vec![], vec![("name", "北見 次郎"), ("login", "someone"), ("email", "x@example.jp"), ("role", "auditor")])
        }
        "account" => (vec![], vec![("account_id", "00000000-0000-0000-0000-000000000000"), ("what", "close")]),
        "machines" => (vec![], vec![("name", "電子カルテ"), ("scopes", "directory")]),
        "revocation" => (vec![], vec![]),
        "second" => (vec![("code", "000000")], vec![]),
        "challenge" => (vec![], vec![]),
        "sessions" | "factor" | "removal" | "codes" | "password" | "passkeys" | "oidc" => (vec![], vec![]),
        "calendar" => return vec![upload(path)],
        "search" => (vec![("q", "き")], vec![]),
        "new" if path.starts_with("/patients") => (vec![], vec![]),
        "new" => (vec![("patient", &world.patient)], vec![("ward_id", &world.ward), ("admitted_on", "2026-11-18")]),
        "edit" => (vec![("version", "1")], vec![("name", "北見 花子"), ("kana", "キタミ ハナコ")]),
        "care-team" => (vec![], vec![("care_manager_id", &world.care_manager), ("from_on", "2026-11-20")]),
        "file" | "outcome" => {
            (vec![], vec![("planned_on", "2026-11-28"), ("c.adl_decline", "yes"), ("rest_no", "yes")])
        }
        "events" => (vec![], vec![("what", "plan"), ("planned_on", "2026-12-01")]),
        "tell" => (vec![("kind", "admission")], vec![("message", "よろしくお願いします。")]),
        "contact" => (vec![], vec![("kind", "admission"), ("medium", "phone"), ("with_whom", "担当の方")]),
        "receipt" | "retraction" => (vec![], vec![("sure", "yes")]),
        "acknowledgement" => (vec![], vec![("answer", "accepted")]),
        "withdrawal" => (vec![], vec![("why", "宛先の間違い")]),
        "replacement" => (vec![], vec![("message", "病棟が変わりました。")]),
        "emergency" => (vec![], vec![("kana", "きたみ はなこ"), ("birth_on", "1934-05-06"), ("reason", "救急搬送")]),
        "reviews" => (vec![("month", "209901"), ("remark", "異常なし")], vec![]),
        "consents" => (
            vec![],
            vec![
                ("kind", "survey"),
                ("act", "given"),
                ("by", "person"),
                ("way", "oral"),
                ("declared_on", "2026-11-20"),
            ],
        ),
        "holds" => (vec![], vec![("patient_id", &world.patient), ("why", "照会への回答")]),
        "lifting" => (vec![], vec![("why", "終わったため")]),
        "publication" => (vec![("period", "202611-202611")], vec![]),
        _ => panic!("{} {} needs a sample in tests/it/access/samples.rs", route.method, route.path),
    };
    let form = |more: &[(&str, &str)], changes_something| Sample {
        path: path.clone(),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: encoded(always.iter().chain(more)),
        changes_something,
        ends_session: tail == "logout",
        // Whoever has no session is led to the login as if she had had one.
        access: (tail == "logout").then_some(Access::Public),
    };
    let send = [("csrf", CSRF), ("action", "send")];
    let looked_at = form(&[("csrf", CSRF), ("action", "look")], false);
    let sent: Vec<_> = send.iter().copied().chain(whole.iter().copied()).collect();
    match tail {
        "login" | "second" | "challenge" | "logout" | "search" | "outcome" => vec![looked_at],
        // Nothing to fill in: sending the bare form does it. A kind and a message are all that telling takes.
        "receipt" | "tell" | "replacement" | "account" | "revocation" => vec![looked_at, form(&sent, true)],
        // Sent without its content it is refused for that, once it is known who asks.
        _ => vec![looked_at, form(&send, false), form(&sent, true)],
    }
}

fn encoded<'a>(fields: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Vec<u8> {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    fields.map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect::<Vec<_>>().join("&").into_bytes()
}

fn upload(path: String) -> Sample {
    let part = |name: &str, content: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let body = format!("{}{}--edge--\r\n", part("csrf", CSRF), part("file", "no table"));
    let headers = vec![("content-type", "multipart/form-data; boundary=edge".to_owned())];
    Sample { path, headers, body: body.into_bytes(), ..Sample::default() }
}
