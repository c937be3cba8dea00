//! Keys and versions: sent twice is done once, and nobody overwrites what somebody else has changed.

use serde_json::{Value, json};
use tests::{Person, TestApp, on_both};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{admitted, filing, only};

/// The connection over which a whole request went, and nothing of its answer was read.
async fn sent_and_unread(app: &TestApp, nurse: &Person, path: &str, key: &str, body: &Value) -> TcpStream {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        nurse.token(),
        body.len()
    );
    let mut stream = TcpStream::connect(app.service.address).await.expect("the service listens");
    stream.write_all(request.as_bytes()).await.expect("it takes the request");
    stream
}

on_both! {
    async fn a_form_sent_twice_is_one_notice(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let path = format!("{stay}/filings");
        let key = [("idempotency-key", "form-7")];
        let first = nurse.post_with(&path, &filing("2026-11-28"), &key).await;
        let again = nurse.post_with(&path, &filing("2026-11-28"), &key).await;
        assert_eq!(first.expect(201), again.expect(201));
        assert_eq!(first.header("location"), again.header("location"));
        assert_eq!(app.send_mails().await.len(), 1);
        let other = nurse.post_with(&path, &filing("2026-11-29"), &key).await;
        assert_eq!(other.problem(422), "key_reused");
        let seen = nurse.get(&stay).await.expect(200);
        only(&seen, "notices");
    }

    /// The client is gone before it reads; what it asked for is kept, and its key brings the answer that it never saw.
    async fn an_answer_that_never_came_is_given_when_it_is_asked_for_with_its_key(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let path = format!("{stay}/filings");
        let mut gone = sent_and_unread(&app, &nurse, &path, "gone", &filing("2026-11-28")).await;
        let kept = loop {
            let seen = nurse.get(&stay).await.expect(200);
            if let Some([kept]) = seen["notices"].as_array().map(Vec::as_slice) {
                break kept["id"].as_str().unwrap().to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        gone.shutdown().await.unwrap();
        drop(gone);
        let asked = nurse.post_with(&path, &filing("2026-11-28"), &[("idempotency-key", "gone")]).await;
        asked.expect(201);
        assert!(asked.header("location").is_some_and(|to| to.ends_with(&kept)), "{:?}", asked.headers);
        let seen = nurse.get(&stay).await.expect(200);
        assert_eq!(only(&seen, "notices")["id"], kept.as_str());
        assert_eq!(app.send_mails().await.len(), 1);
    }

    /// Cut off at whatever moment: kept or not, the same key makes it one notice, and the answer names it.
    async fn a_request_cut_off_at_any_moment_is_one_notice_when_it_is_asked_again(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let path = format!("{stay}/filings");
        for millis in [0, 1, 2, 3, 5, 8, 13, 21] {
            let cut = sent_and_unread(&app, &nurse, &path, "cut", &filing("2026-11-28")).await;
            tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
            drop(cut);
        }
        let asked = loop {
            let asked = nurse.post_with(&path, &filing("2026-11-28"), &[("idempotency-key", "cut")]).await;
            if asked.status.as_u16() != 409 {
                break asked;
            }
            assert_eq!(asked.problem(409), "in_progress");
        };
        asked.expect(201);
        let seen = nurse.get(&stay).await.expect(200);
        let kept = only(&seen, "notices")["id"].as_str().unwrap();
        assert!(asked.header("location").is_some_and(|to| to.ends_with(kept)), "{:?}", asked.headers);
        assert_eq!(app.send_mails().await.len(), 1);
    }

    /// Whichever is in front: each of the others gets its answer, or hears that it is being worked on.
    async fn the_same_form_from_many_clicks_at_once_is_one_notice(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let path = format!("{stay}/filings");
        let body = filing("2026-11-28");
        let clicks = (0..8).map(|_| {
            let (nurse, path, body) = (nurse.clone(), path.clone(), body.clone());
            tokio::spawn(async move { nurse.post_with(&path, &body, &[("idempotency-key", "click")]).await })
        });
        let mut kept = 0;
        for click in clicks.collect::<Vec<_>>() {
            let reply = click.await.unwrap();
            match reply.status.as_u16() {
                201 => kept += 1,
                _ => assert_eq!(reply.problem(409), "in_progress"),
            }
        }
        assert!(kept >= 1);
        let seen = nurse.get(&stay).await.expect(200);
        only(&seen, "notices");
        assert_eq!(app.send_mails().await.len(), 1);
    }

    async fn a_stale_version_is_refused(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let stay = admitted(&app, &nurse).await;
        let seen = nurse.get(&stay).await.header("etag").expect("a version").to_owned();
        let planned = json!({ "event": "pending_discharge", "planned_on": "2026-11-28" });
        nurse.post_with(&format!("{stay}/events"), &planned, &[("if-match", &seen)]).await.expect(201);
        let stale = nurse.post_with(&format!("{stay}/filings"), &filing("2026-11-29"), &[("if-match", &seen)]).await;
        assert_eq!(stale.problem(412), "stale");
        let weak = format!("W/{seen}");
        let weak = nurse.post_with(&format!("{stay}/filings"), &filing("2026-11-29"), &[("if-match", &weak)]).await;
        assert_eq!(weak.problem(412), "stale");
    }

    async fn a_person_is_corrected_only_as_she_was_seen(app: TestApp) {
        let nurse = app.log_in("nurse").await;
        let path = format!("/api/v1/patients/{}", app.city.cast.hanako);
        let seen = nurse.get(&path).await;
        let tag = seen.header("etag").expect("a version").to_owned();
        let mut body = seen.expect(200);
        for key in ["id", "sharing", "version"] {
            body.as_object_mut().unwrap().remove(key);
        }
        body["care_level"] = json!("care4");
        assert_eq!(nurse.put_with(&path, &body, &[]).await.problem(428), "precondition_required");
        let corrected = nurse.put_with(&path, &body, &[("if-match", &tag)]).await;
        corrected.expect(200);
        assert_ne!(corrected.header("etag"), Some(tag.as_str()));
        assert_eq!(nurse.put_with(&path, &body, &[("if-match", &tag)]).await.problem(412), "stale");
        assert_eq!(nurse.get(&path).await.expect(200)["care_level"], "care4");
    }
}
