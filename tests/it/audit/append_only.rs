//! The database itself refuses to change or delete a row of the trail.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::changes::Changes;
use domain::survey::Month;
use domain::text::Prose;
use domain::trail::AuditReview;
use storage::{Store, StoreError};

use super::by_hand;
use crate::storage::ground::{Ground, options};

async fn refused_by_triggers(ground: &Ground) {
    ground.store.append_audit(vec![ground.audit(None, "look"), ground.audit(None, "look")]).await.unwrap();
    let seal = ground.store.next_seal(ground.now).await.unwrap();
    ground.store.apply(Changes { seal: Some(seal), ..Changes::default() }).await.unwrap();
    let review = AuditReview {
        id: ground.id(),
        region_id: ground.region.id,
        month: Month::of(ground.now.day()),
        remark: Prose::parse("異常なし").unwrap(),
        reviewed_at: ground.now,
        reviewed_by: ground.nurse.id,
    };
    ground.store.apply(Changes { review: Some(review), ..Changes::default() }).await.unwrap();
    let mut statements = vec![
        ("UPDATE audit SET action = 'nothing'", "audit_no_update"),
        ("DELETE FROM audit", "audit_no_delete"),
        ("UPDATE audit_seal SET number = 2", "audit_seal_no_update"),
        ("DELETE FROM audit_seal", "audit_seal_no_delete"),
        ("UPDATE audit_seal_end SET seq = 1", "audit_seal_end_no_update"),
        ("DELETE FROM audit_seal_end", "audit_seal_end_no_delete"),
        ("UPDATE audit_review SET remark = 'nothing'", "audit_review_no_update"),
        ("DELETE FROM audit_review", "audit_review_no_delete"),
    ];
    if ground.url.starts_with("postgres") {
        statements.extend([
            ("TRUNCATE audit", "audit_no_truncate"),
            (
                "INSERT INTO audit SELECT * FROM audit ON CONFLICT (writer_id, seq) DO UPDATE SET action = 'nothing'",
                "audit_no_update",
            ),
        ]);
    } else {
        statements.extend([
            ("INSERT OR REPLACE INTO audit SELECT * FROM audit", "audit_no_replace"),
            ("INSERT OR REPLACE INTO audit (rowid, writer_id, seq, region_id, audited_at, action, request_id, prev_hash, hash)
              SELECT rowid, randomblob(16), seq, region_id, audited_at, 'nothing', request_id, prev_hash, hash FROM audit", "audit_no_replace"),
            ("INSERT OR REPLACE INTO audit_seal SELECT * FROM audit_seal", "audit_seal_no_replace"),
            ("INSERT OR REPLACE INTO audit_seal_end SELECT * FROM audit_seal_end", "audit_seal_end_no_replace"),
            ("INSERT OR REPLACE INTO audit_review SELECT * FROM audit_review", "audit_review_no_replace"),
        ]);
    }
    for (sql, trigger) in statements {
        let refused = by_hand(&ground.url, &[sql]).await.unwrap_err();
        assert!(refused.to_string().contains(trigger), "{sql}: {refused}");
    }
    assert!(ground.store.verify_audit().await.unwrap().is_whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_corrects_the_trail_in_sqlite() {
    refused_by_triggers(&Ground::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_corrects_the_trail_in_postgresql() {
    refused_by_triggers(&Ground::postgres().await).await;
}

/// `config/postgres-service-role.sql` as it stands, for a role of the test's own.
async fn as_service(ground: &Ground) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let role = format!("tsunagi_service_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    by_hand(&ground.url, &[&format!("CREATE ROLE {role} LOGIN")]).await.unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/postgres-service-role.sql");
    let text = std::fs::read_to_string(path).unwrap();
    let plain: String = text.lines().filter(|line| !line.starts_with("--")).collect();
    let granted = plain.replace("tsunagi_service", &role);
    let statements: Vec<_> = granted.split(';').map(str::trim).filter(|sql| !sql.is_empty()).collect();
    assert!(statements.len() >= 5);
    by_hand(&ground.url, &statements).await.unwrap();
    ground.url.replacen("postgres://tsunagi@", &format!("postgres://{role}@"), 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_s_own_role_works_and_can_neither_change_nor_delete_the_trail() {
    let ground = Ground::postgres().await;
    let case = ground.admitted().await;
    let url = as_service(&ground).await;
    let store = Store::open(&url, &options()).await.unwrap();
    store.migrate().await.expect("the owner has migrated");
    store.apply(ground.filing(&case, "k")).await.expect("what a filing writes may be written");
    let seal = store.next_seal(ground.now).await.unwrap();
    store.apply(Changes { seal: Some(seal), ..Changes::default() }).await.unwrap();
    store.close().await;
    for sql in [
        "UPDATE audit SET action = 'nothing'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER USER",
        "DROP TRIGGER audit_no_update ON audit",
        "DELETE FROM audit_seal",
        "UPDATE audit_seal_end SET seq = 1",
        "DELETE FROM audit_review",
        "DELETE FROM _sqlx_migrations",
        "CREATE TABLE audit_copy (seq bigint)",
    ] {
        let refused = by_hand(&url, &[sql]).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}: {refused}");
    }
    assert!(ground.store.verify_audit().await.unwrap().is_whole());
    by_hand(&ground.url, &["DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)"])
        .await
        .unwrap();
    let store = Store::open(&url, &options()).await.unwrap();
    let behind = store.migrate().await.unwrap_err();
    assert!(matches!(&behind, StoreError::Setup { reason } if reason.contains("as the owner")), "{behind}");
    store.close().await;
}
