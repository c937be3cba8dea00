//! Several municipalities in one installation: each sees its own, and of its own no clinical content.

use domain::party::Role;
use tests::on_both;

use super::world::{Place, World};

/// What can be asked without naming a record.
const LISTS: [&str; 9] = [
    "/api/v1/encounters",
    "/api/v1/notices",
    "/api/v1/notices?mailbox=sent",
    "/api/v1/organizations",
    "/api/v1/overview",
    "/api/v1/warnings",
    "/api/v1/audit?limit=100",
    "/api/v1/survey/publications",
    "/api/v1/emergencies",
];

on_both! {
    async fn a_municipality_sees_nothing_of_another_one(app: TestApp) {
        let world = World::make(&app).await;
        app.sweep().await;
        let cast = &app.city.cast;
        let traces = [
            world.stay.clone(), world.patient.clone(), world.standing.clone(), world.sent_back.clone(),
            cast.hospital_id.to_string(), cast.office_id.to_string(), cast.municipality_id.to_string(),
            "北見 花子".to_owned(), app.city.region.id.to_string(),
        ];
        let mut answered = 0;
        for role in Role::ALL {
            let foreign = world.people.iter().find(|p| p.role == role && p.place == Place::OtherRegion).unwrap();
            for path in LISTS {
                let reply = foreign.client.get(path).await;
                if reply.status.as_u16() == 200 {
                    answered += 1;
                    let text = reply.text();
                    assert!(traces.iter().all(|trace| !text.contains(trace.as_str())), "{role:?} {path}: {text}");
                }
            }
            let home = foreign.client.get("/").await;
            assert_eq!(home.status.as_u16(), 200, "{role:?}");
            assert!(traces.iter().all(|trace| !home.text().contains(trace.as_str())), "{role:?} at home");
        }
        assert!(answered > 15, "{answered}");
    }

    async fn the_municipality_sees_what_is_overdue_and_nothing_of_whom(app: TestApp) {
        let world = World::make(&app).await;
        app.clock_shows(2026, 11, 30, 12, 0);
        app.sweep().await;
        let city = app.log_in("city").await;
        let overview = city.get("/api/v1/overview").await.expect(200);
        assert!(!overview["overdue"].as_array().unwrap().is_empty(), "{overview}");
        let page = app.log_in_by_page("city").await.get("/overview").await.text();
        for text in [overview.to_string(), page] {
            for trace in ["北見 花子", "キタミ", "adl_decline", "カンファレンス", world.patient.as_str()] {
                assert!(!text.contains(trace), "{trace} in {text}");
            }
        }
        assert_eq!(city.get(&format!("/api/v1/encounters/{}", world.stay)).await.problem(404), "not_found");
        assert_eq!(city.get(&format!("/api/v1/patients/{}", world.patient)).await.problem(403), "not_allowed");
    }
}
