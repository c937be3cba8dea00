//! The official holiday table: one administrator loads it, every instance goes by it, every town's trail says so.

use std::sync::Arc;

use hyper::Method;
use hyper::body::Bytes;
use scheduler::mail::{Mailer, MemoryTransport};
use serde_json::Value;
use server::service::{self, Parts, Service};
use tests::on_both;
use tokio::net::TcpListener;

/// 海の日 of 2029 a day later than the rule has it.
fn table_of_2029() -> Bytes {
    let days = [
        "1/1,元日",
        "1/8,成人の日",
        "2/11,建国記念の日",
        "2/23,天皇誕生日",
        "3/20,春分の日",
        "4/29,昭和の日",
        "4/30,休日",
        "5/3,憲法記念日",
        "5/4,みどりの日",
        "5/5,こどもの日",
        "7/17,海の日",
    ];
    let rows: String = days.iter().map(|day| format!("2029/{day}\r\n")).collect();
    let text = format!("国民の祝日・休日月日,国民の祝日・休日名称\r\n{rows}");
    encoding_rs::SHIFT_JIS.encode(&text).0.into_owned().into()
}

fn july(calendar: &Value) -> Vec<&str> {
    let holidays = calendar["holidays"].as_array().expect("holidays").iter();
    holidays.filter_map(|day| day["on"].as_str()).filter(|on| on.starts_with("2029-07")).collect()
}

on_both! {
    async fn a_table_that_one_instance_was_given_is_followed_by_the_others(app: TestApp) {
        let store = service::open_store(&app.config).await.unwrap();
        let parts = Parts {
            clock: Arc::<domain::time::ManualClock>::clone(&app.clock),
            seed: [8; 32],
            mailer: Mailer::Memory(MemoryTransport::default()),
            extra: None,
            demo: false,
            ticking: false,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = Service::start(&app.config, store, listener, parts).await.unwrap();

        let admin = app.log_in("admin").await;
        let elsewhere = admin.at(other.address);
        let loaded = admin.send(Method::PUT, "/api/v1/calendar", &[("content-type", "text/csv")], table_of_2029()).await;
        assert_eq!(loaded.expect(200)["last_year"], 2029);
        let path = "/api/v1/calendar?year=2029";
        assert_eq!(july(&admin.get(path).await.expect(200)), ["2029-07-17"]);

        api::holidays::follow(&other.app).await.unwrap();
        assert_eq!(july(&elsewhere.get(path).await.expect(200)), ["2029-07-17"]);
        // Nothing is read again while nothing is new.
        let known = other.app.calendar();
        api::holidays::follow(&other.app).await.unwrap();
        assert!(Arc::ptr_eq(&known, &other.app.calendar()));
        other.stop().await.unwrap();
    }

    async fn the_trail_says_who_loaded_the_table(app: TestApp) {
        let admin = app.log_in("admin").await;
        let wrong = Bytes::from_static(b"no table");
        let headers = [("content-type", "text/csv")];
        admin.send(Method::PUT, "/api/v1/calendar", &headers, wrong).await.expect(422);
        admin.send(Method::PUT, "/api/v1/calendar", &headers, table_of_2029()).await.expect(200);
        let trail = app.log_in("auditor").await.get("/api/v1/audit?limit=100").await.expect(200);
        let rows = trail["rows"].as_array().expect("rows").iter();
        let loaded: Vec<_> = rows.filter(|row| row["action"] == "manage_calendar").collect();
        assert_eq!(loaded.len(), 1, "{trail}");
    }
}
