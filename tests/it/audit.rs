//! 監査: a trail that can't be bent, and that is found out when somebody with the database in hand bends it.

mod append_only;
mod screens;
mod seals;

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// Runs statements as somebody with the database in hand.
pub(crate) async fn by_hand(url: &str, statements: &[&str]) -> Result<u64, sqlx::Error> {
    let mut rows = 0;
    if url.starts_with("sqlite") {
        let mut conn = SqliteConnection::connect(url).await?;
        for sql in statements {
            rows += sqlx::query(AssertSqlSafe((*sql).to_owned())).execute(&mut conn).await?.rows_affected();
        }
        conn.close().await?;
    } else {
        let mut conn = PgConnection::connect(url).await?;
        for sql in statements {
            rows += sqlx::query(AssertSqlSafe((*sql).to_owned())).execute(&mut conn).await?.rows_affected();
        }
        conn.close().await?;
    }
    Ok(rows)
}

/// The same for the owner, who has taken down what guards the trail.
async fn unguarded(url: &str, statements: &[&str]) -> u64 {
    const TABLES: [&str; 4] = ["audit", "audit_seal", "audit_seal_end", "audit_review"];
    let mut all = Vec::new();
    for table in TABLES {
        if url.starts_with("sqlite") {
            all.extend(["update", "delete", "replace"].map(|what| format!("DROP TRIGGER IF EXISTS {table}_no_{what}")));
        } else {
            all.push(format!("ALTER TABLE {table} DISABLE TRIGGER USER"));
        }
    }
    let guards: Vec<&str> = all.iter().map(String::as_str).collect();
    by_hand(url, &guards).await.expect("the owner may");
    by_hand(url, statements).await.expect("nothing guards it")
}
