//! Each way of bending the trail, and that `tsunagi audit verify` says which.

use domain::changes::Changes;
use storage::AuditFault;
use tests::{TestApp, on_both};

use super::unguarded;
use crate::storage::ground::Ground;

/// Five rows, sealed; two more, sealed; one more, which no seal has seen.
async fn sealed_twice(ground: &Ground) {
    for (rows, is_sealed) in [(5, true), (2, true), (1, false)] {
        ground.store.append_audit((0..rows).map(|_| ground.audit(None, "look")).collect()).await.unwrap();
        if is_sealed {
            let seal = ground.store.next_seal(ground.now).await.unwrap();
            ground.store.apply(Changes { seal: Some(seal), ..Changes::default() }).await.unwrap();
        }
    }
}

/// What was done to it, and the words with which it is found.
const BENDS: [(&[&str], &[&str]); 10] = [
    (&["UPDATE audit SET action = 'nothing' WHERE seq = 3"], &["row 3 was changed"]),
    (&["UPDATE audit SET audited_at = (SELECT max(swept_at) FROM sweep) WHERE seq = 8"], &["row 8 was changed"]),
    (&["UPDATE audit SET account_id = NULL WHERE seq = 1"], &["row 1 was changed"]),
    (&["DELETE FROM audit WHERE seq = 2"], &["row 2 is missing"]),
    (&["DELETE FROM audit WHERE seq BETWEEN 1 AND 3"], &["rows 1 to 3 are missing"]),
    (
        &[
            "UPDATE audit SET seq = 100 WHERE seq = 2",
            "UPDATE audit SET seq = 2 WHERE seq = 3",
            "UPDATE audit SET seq = 3 WHERE seq = 100",
        ],
        &["row 2 was changed, or belongs elsewhere", "row 3 was changed, or belongs elsewhere"],
    ),
    (&["DELETE FROM audit WHERE seq >= 7"], &["ends at row 6, but seal 2 saw row 7"]),
    (&["DELETE FROM audit"], &["ends at row 0, but seal 2 saw row 7"]),
    (&["UPDATE audit_seal_end SET seq = 6 WHERE seq = 7"], &["seal 2 was changed"]),
    (
        &["DELETE FROM audit_seal_end WHERE number = 1", "DELETE FROM audit_seal WHERE number = 1"],
        &["seal 1 is missing"],
    ),
];

async fn every_bend_is_found(ground: impl AsyncFn() -> Ground) {
    for (bend, expected) in BENDS {
        let ground = ground().await;
        ground.store.record_sweep(ground.now.plus_seconds(77)).await.unwrap();
        sealed_twice(&ground).await;
        let report = ground.store.verify_audit().await.unwrap();
        assert!(report.is_whole(), "{report:?}");
        assert!(unguarded(&ground.url, bend).await > 0, "{bend:?}");
        let report = ground.store.verify_audit().await.unwrap();
        let said: Vec<_> = report.faults.iter().map(AuditFault::to_string).collect();
        for words in expected {
            assert!(said.iter().any(|line| line.contains(words)), "{bend:?}: {said:?} lacks {words}");
        }
        ground.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_missing_reordered_or_cut_off_row_is_found_in_sqlite() {
    every_bend_is_found(async || Ground::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_missing_reordered_or_cut_off_row_is_found_in_postgresql() {
    every_bend_is_found(async || Ground::postgres().await).await;
}

/// What `tsunagi audit verify` says, and whether it ends well.
async fn verify(app: &TestApp, mailed: &[String]) -> (bool, String) {
    let mut said = Vec::new();
    let ended = server::trail::verify(&app.config, mailed, &mut said).await;
    (ended.is_ok(), String::from_utf8(said).expect("UTF-8"))
}

on_both! {
    async fn the_day_s_seal_is_made_once_mailed_to_the_auditor_and_holds_the_trail(app: TestApp) {
        app.log_in("auditor").await;
        assert!(app.seal().await);
        assert!(!app.seal().await, "once a day");
        let mails = app.send_mails().await;
        let mail = mails.iter().find(|mail| mail.subject.as_str().contains("封印")).expect("the auditor is told");
        assert!(mail.text.contains("第1封") || mail.subject.as_str().contains("第1封"));
        let hash = mail.text.lines().find(|line| line.len() == 64).expect("the seal's hash").to_owned();
        app.clock_shows(2026, 11, 21, 0, 9);
        assert!(!app.seal().await);
        app.clock_shows(2026, 11, 21, 0, 10);
        app.log_in("auditor").await;
        assert!(app.seal().await);

        let mailed = format!("1:{hash}");
        let (whole, said) = verify(&app, &[mailed]).await;
        assert!(whole && said.contains("last seal 2:") && said.contains("seal 1 is the one mailed"), "{said}");
        let (whole, said) = verify(&app, &["3:00".into()]).await;
        assert!(!whole && said.contains("seal 3 was mailed, and is not there"), "{said}");
        unguarded(&app.config.database.url, &["DELETE FROM audit WHERE seq > 1"]).await;
        let (whole, said) = verify(&app, &[]).await;
        assert!(!whole && said.contains("the end was cut off"), "{said}");
    }
}
