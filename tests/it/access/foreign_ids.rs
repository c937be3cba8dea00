//! Ids of another town, wherever a body can name one: refused as if they were none's, and nothing is written.

use domain::changes::{Changes, DirectoryChanges, Write};
use domain::party::{CareManager, Organization, OrganizationKind, Role, Ward};
use domain::patient::Patient;
use domain::{CareManagerId, Ids, OrganizationId, PatientId, WardId};
use serde_json::{Value, json};
use tests::{CSRF, Person, TestApp, on_both};

use super::world::{Place, World, another_region, line};
use crate::api::dump;

/// となり市 as it stands beside ours.
struct Town {
    office: OrganizationId,
    ward: WardId,
    manager: CareManagerId,
    patient: PatientId,
}

impl Town {
    async fn make(app: &TestApp) -> Self {
        let (region, municipality) = another_region(app).await;
        let mut ids = Ids::new(app.now(), 99);
        let (hospital, office): (OrganizationId, OrganizationId) = (ids.next(), ids.next());
        let (ward, manager, patient) = (ids.next(), ids.next(), ids.next());
        let like = |id, kind| Organization {
            id,
            region_id: region.id,
            kind,
            name: line("となりの機関"),
            code: None,
            phone: None,
            districts: Vec::new(),
            hours: rules::calendar::OfficeHours::default(),
            version: 1,
        };
        let directory = DirectoryChanges {
            organizations: vec![like(hospital, OrganizationKind::Hospital), like(office, OrganizationKind::CareOffice)],
            wards: vec![Ward { id: ward, organization_id: hospital, name: line("となりの病棟") }],
            care_managers: vec![CareManager {
                id: manager,
                organization_id: office,
                name: line("となり 花"),
                email: None,
            }],
            ..DirectoryChanges::default()
        };
        app.service.store.apply(Changes { directory, ..Changes::default() }).await.expect("the town is founded");
        let hers = app.city.patient(app.city.cast.at_home).clone();
        let hers = Patient { id: patient, region_id: region.id, insured_number: None, ..hers };
        app.service
            .store
            .apply(Changes { patient: Some(Write::New(hers)), ..Changes::default() })
            .await
            .expect("a person");
        assert_ne!(municipality, office);
        Self { office, ward, manager, patient }
    }
}

/// Rows that only the town itself has.
async fn rows(app: &TestApp, town: &Town) -> Vec<(String, String)> {
    let ids = [town.office.to_string(), town.ward.to_string(), town.manager.to_string(), town.patient.to_string()];
    let holds = |row: &str| ids.iter().any(|id| row.contains(id) || row.to_lowercase().contains(&id.replace('-', "")));
    let mut rows: Vec<_> = dump(&app.config.database.url).await.into_iter().filter(|(_, row)| holds(row)).collect();
    rows.sort();
    rows
}

/// What a form is filled in with.
type Fields<'a> = Vec<(&'a str, &'a str)>;

on_both! {
    async fn an_id_of_another_town_in_a_body_is_none_s(app: TestApp) {
        let world = World::make(&app).await;
        let town = Town::make(&app).await;
        let before = rows(&app, &town).await;
        assert!(before.len() >= 4, "{before:?}");
        let by = |role, place| -> &Person {
            &world.people.iter().find(|p| p.role == role && p.place == place).expect("somebody").client
        };
        let nurse = by(Role::WardStaff, Place::Hospital);
        let (at_home, own_ward) = (app.city.cast.at_home.to_string(), app.city.cast.ward_id.to_string());
        let Town { office, ward, manager, patient } = &town;
        let (office, ward, manager, patient) = (office.to_string(), ward.to_string(), manager.to_string(), patient.to_string());
        let stay = format!("/api/v1/encounters/{}", world.stay);
        let admission = |patient: &str, ward: &str| json!({
            "patient_id": patient, "ward_id": ward, "admitted_at": "2026-11-19T09:00:00+09:00", "emergency": false,
        });
        let bodies: Vec<(&Person, String, Value)> = vec![
            (nurse, "/api/v1/encounters".into(), admission(&at_home, &ward)),
            (nurse, "/api/v1/encounters".into(), admission(&patient, &own_ward)),
            (nurse, format!("{stay}/events"), json!({ "event": "transfer", "ward_id": ward })),
            (nurse, format!("/api/v1/patients/{}/care-team", world.patient), json!({ "care_manager_id": manager, "from_on": "2026-11-20" })),
            (
                by(Role::CareManager, Place::Centre),
                format!("/api/v1/notices/{}/acknowledgement", world.standing),
                json!({ "code": "other_office", "to": office }),
            ),
            (
                by(Role::OrganizationAdministrator, Place::Hospital),
                "/api/v1/machines".into(),
                json!({ "name": "電子カルテ", "scopes": ["directory"], "ward_id": ward }),
            ),
            (by(Role::Administrator, Place::Hospital), "/api/v1/holds".into(), json!({ "patient_id": patient, "why": "照会" })),
            (nurse, "/api/v1/emergencies".into(), json!({ "patient_id": patient, "reason": "救急搬送" })),
        ];
        for (who, path, body) in &bodies {
            let reply = who.post(path, body).await;
            assert!(matches!(reply.status.as_u16(), 404 | 422), "{path} {body}: {} {}", reply.status, reply.text());
            let code = reply.json()["code"].as_str().unwrap_or_default().to_owned();
            assert!(matches!(code.as_str(), "unknown_id" | "not_found"), "{path} {body}: {}", reply.text());
        }
        let admin = by(Role::OrganizationAdministrator, Place::Hospital);
        let region = by(Role::Administrator, Place::Hospital);
        let person = [("name", "北見 次郎"), ("login", "jiro"), ("email", "jiro@h01.example.jp")];
        let page = format!("/encounters/{}", world.stay);
        let team = format!("/patients/{}/care-team", world.patient);
        let answer = format!("/notices/{}/acknowledgement", world.standing);
        let forms: Vec<(&Person, &str, Fields<'_>)> = vec![
            (admin, "/admin/people", vec![("role", "ward_staff"), ("ward_id", &ward)]),
            (admin, "/admin/people", vec![("role", "coordinator"), ("organization_id", &office)]),
            (admin, "/admin/people", vec![("role", "care_manager"), ("care_manager_id", &manager)]),
            (region, "/admin/people", vec![("role", "organization_administrator"), ("organization_id", &office)]),
            (admin, "/admin/machines", vec![("scopes", "directory"), ("ward_id", &ward)]),
            (nurse, "/encounters/new", vec![("patient", &at_home), ("ward_id", &ward), ("admitted_on", "2026-11-18"), ("emergency", "no")]),
            (nurse, "/encounters/new", vec![("patient", &patient), ("ward_id", &own_ward), ("admitted_on", "2026-11-18"), ("emergency", "no")]),
            (nurse, &page, vec![("what", "transfer"), ("ward_id", &ward)]),
            (nurse, &team, vec![("care_manager_id", &manager), ("from_on", "2026-11-20")]),
            (by(Role::CareManager, Place::Centre), &answer, vec![("answer", "other_office"), ("to", &office)]),
        ];
        for (who, path, fields) in forms {
            let path = if path == page { format!("{page}/events") } else { path.to_owned() };
            let fields: Vec<_> = [("csrf", CSRF), ("action", "send")].into_iter().chain(person).chain(fields).collect();
            let reply = who.submit(&path, &fields).await;
            assert!(matches!(reply.status.as_u16(), 404 | 422), "{path} {fields:?}: {} {}", reply.status, reply.text());
        }
        assert_eq!(rows(&app, &town).await, before, "nothing names the other town that didn't before");
    }
}
