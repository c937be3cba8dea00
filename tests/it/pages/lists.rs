//! What each role begins the day with: what waits for whom, the most urgent first.

use domain::delivery::Response;
use serde_json::json;
use tests::{Person, TestApp, on_both};

use super::super::api::{admitted, filed};
use super::answers::sheet;
use super::text;

/// Somebody is admitted to the nurse's ward; answers the stay's path.
async fn admit(app: &TestApp, nurse: &Person, patient_id: domain::PatientId) -> String {
    let body = json!({
        "patient_id": patient_id.to_string(), "ward_id": app.city.cast.ward_id.to_string(),
        "admitted_at": "2026-11-18T09:00:00+09:00", "emergency": false,
    });
    let reply = nurse.post("/api/v1/encounters", &body).await;
    reply.expect(201);
    reply.header("location").expect("where the stay is").to_owned()
}

on_both! {
    /// A sheet waits for the nurse, her own notice for the office: two badges, and each side's inbox holds just its own.
    async fn what_waits_for_an_answer_stands_where_it_is_to_be_given(app: TestApp) {
        let (nurse, manager) = (app.log_in("nurse").await, app.log_in("caremanager").await);
        let stay = admitted(&app, &nurse).await;
        let ward = app.log_in_by_page("nurse").await;
        let before = text(&ward, "/").await;
        assert!(!before.contains("回答待ち"), "nothing waits yet");
        let sheet = sheet(&manager, &stay).await;
        let notice = filed(&nurse, &stay).await;
        let board = text(&ward, "/").await;
        assert!(board.contains("あなたの回答待ち1件") && board.contains("相手の回答待ち1件"), "{board}");
        assert!(board.contains(&format!("href=\"{sheet}\"")) && !board.contains(&format!("href=\"{}\"", &notice[7..])));
        let office = app.log_in_by_page("caremanager").await;
        let inbox = text(&office, "/").await;
        assert!(inbox.contains(&format!("href=\"{}\"", &notice[7..])) && !inbox.contains(&format!("href=\"{sheet}\"")));
        assert!(inbox.contains("あなたの回答待ち1件") && inbox.contains("相手の回答待ち1件"));
        for (who, own, other) in [(&ward, &sheet[..], &notice[7..]), (&office, &notice[7..], &sheet[..])] {
            let listed = text(who, "/notices?box=waiting").await;
            assert!(listed.contains(own) && !listed.contains(other), "{listed}");
        }
        nurse.post(&format!("/api/v1{sheet}/acknowledgement"), &json!({ "code": "accepted" })).await.expect(201);
        let after = text(&ward, "/").await;
        assert!(!after.contains("あなたの回答待ち") && after.contains("相手の回答待ち1件"));
    }

    /// Where neither care manager nor centre is, the municipality is told; its overview says so, and still no name.
    async fn what_waits_for_the_municipality_stands_on_its_overview(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admit(&app, &nurse, app.city.cast.outside).await;
        let notice = nurse.post(&format!("{stay}/notices"), &json!({ "kind": "admission", "message": "" })).await;
        notice.expect(201);
        let link = format!("href=\"{}\"", &notice.header("location").unwrap()[7..]);
        let city = app.log_in_by_page("city").await;
        let overview = text(&city, "/").await;
        assert!(overview.contains("あなたの回答待ち") && overview.contains(&link), "{overview}");
        let someone = app.city.patient(app.city.cast.outside);
        assert!(!overview.contains(someone.name.as_str()) && !overview.contains(someone.kana.as_str()));
        let admin = text(&app.log_in_by_page("admin").await, "/overview").await;
        assert!(!admin.contains(&link), "who answers for nobody is shown nothing");
    }

    /// A day that became known too late was not missed: its own badge, its own figure, on neither side of the others'.
    async fn a_discharge_planned_at_short_notice_is_counted_apart(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-21" });
        nurse.post(&format!("{stay}/events"), &planned).await.expect(201);
        let board = text(&app.log_in_by_page("nurse").await, "/").await;
        assert!(board.contains("急な退院予定(すぐに連絡)") && board.contains("急な退院予定で、まだ連絡していない方が<b>1件</b>"), "{board}");
        assert!(!board.contains("過ぎています") && !board.contains("期限を過ぎた退院連絡が"), "{board}");
        let overview = text(&app.log_in_by_page("city").await, "/").await;
        let figure = |name: &str| {
            let (_, rest) = overview.split_once(&format!("<span class=\"name\">{name}")).expect("the figure");
            rest.split_once("<b>").unwrap().1.split_once("</b>").unwrap().0.to_owned()
        };
        assert_eq!((figure("期限を過ぎた退院連絡"), figure("急な退院予定で未連絡")), ("0".to_owned(), "1".to_owned()));
        assert!(overview.contains("11月21日(土) 退院予定"), "{overview}");
    }

    /// What the ward itself has to do stands before what it waits for.
    async fn an_untold_discharge_is_not_hidden_behind_an_answer_that_is_awaited(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        nurse.post(&format!("{stay}/notices"), &json!({ "kind": "admission", "message": "" })).await.expect(201);
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-28" });
        nurse.post(&format!("{stay}/events"), &planned).await.expect(201);
        // An answer that is late elsewhere is no discharge that is late here.
        let other = admit(&app, &nurse, app.city.cast.unmanaged).await;
        nurse.post(&format!("{other}/notices"), &json!({ "kind": "admission", "message": "" })).await.expect(201);
        app.clock_shows(2026, 11, 25, 13, 0);
        app.sweep().await;
        let board = text(&app.log_in_by_page("nurse").await, "/").await;
        assert!(board.contains("期限を過ぎた退院連絡が<b>1件</b>"), "{board}");
        assert!(board.contains("2日過ぎています(11月23日(月)まで)") && board.contains("相手の回答待ち1件"), "{board}");
        assert!(board.contains(&format!("href=\"{}/file\"", &stay[7..])), "{board}");
    }

    /// Whose mailbox takes nothing is named to the city with her telephone, for a month; nothing of whom the mail was about.
    async fn mails_that_nobody_took_stand_on_the_overview_by_organization(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        nurse.post(&format!("{stay}/notices"), &json!({ "kind": "admission", "message": "" })).await.expect(201);
        let city = async || text(&app.log_in_by_page("city").await, "/").await;
        assert!(!city().await.contains("メールが届かない機関"));
        app.mails.answer_next([Response::FatalError { code: Some(550), detail: "no such mailbox".into() }]);
        app.send_mails().await;
        let overview = city().await;
        let (_, figure) = overview.split_once("<span class=\"name\">届かなかったメール").expect("the figure");
        assert!(figure.split_once("<b>").unwrap().1.starts_with("1</b>"), "{figure}");
        let (_, listed) = overview.split_once("メールが届かない機関").expect("the list");
        let directory = app.city.directory();
        let office = directory.organization(app.city.cast.office_id).unwrap();
        let phone = office.phone.as_ref().unwrap();
        let row = listed.split_once("<tbody>").unwrap().1.split_once("</tbody>").unwrap().0;
        assert!(row.contains(office.name.as_str()) && row.contains(phone.as_str()) && row.contains("11月20日(金)"), "{row}");
        let hanako = app.city.patient(app.city.cast.hanako);
        assert!(!overview.contains(hanako.name.as_str()));
        app.clock_shows(2026, 12, 21, 10, 0);
        assert!(!city().await.contains("メールが届かない機関"), "a month later it is over");
    }
}
