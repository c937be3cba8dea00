//! Both engines hold the same tables, columns, constraints and indexes; and each file of migrations has its twin.

use std::collections::BTreeSet;

use sqlx::{Connection, Row};

/// `table.column` of every column.
type Names = BTreeSet<String>;

const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'";
const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
const SQLITE_NOT_NULL: &str = "SELECT t.name || '.' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE c.\"notnull\" AND t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'";
const POSTGRES_NOT_NULL: &str = "SELECT table_name || '.' || column_name FROM information_schema.columns
    WHERE is_nullable = 'NO' AND table_schema = 'public' AND table_name NOT LIKE '\\_%'";
const SQLITE_INDEXES: &str = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
const POSTGRES_INDEXES: &str = "SELECT i.indexname::text FROM pg_indexes AS i WHERE i.schemaname = 'public'
    AND i.tablename NOT LIKE '\\_%' AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conname = i.indexname)";
/// PostgreSQL has no REPLACE.
const SQLITE_TRIGGERS: &str = "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE '%no_replace'";
/// SQLite has no TRUNCATE.
const POSTGRES_TRIGGERS: &str =
    "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgname NOT LIKE '%no_truncate'";
const POSTGRES_CONSTRAINTS: &str = "SELECT r.relname || '.' || c.conname FROM pg_constraint AS c
    JOIN pg_class AS r ON r.oid = c.conrelid JOIN pg_namespace AS n ON n.oid = r.relnamespace
    WHERE n.nspname = 'public' AND r.relname NOT LIKE '\\_%' AND c.contype <> 'n'";

#[tokio::test]
async fn both_engines_hold_the_same_tables_columns_constraints_and_indexes() {
    let path =
        std::env::temp_dir().join(format!("tsunagi-schema-{}.db", uuid::Uuid::from_u128(rand::random()).simple()));
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let store = storage::Store::open(&url, &storage::StoreOptions::default()).await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), 0);
    store.migrate().await.unwrap();
    store.migrate().await.unwrap();
    let version = store.schema_version().await.unwrap();
    assert!(version >= 1);
    store.close().await;
    let postgres = tests::postgres::empty_database().await;
    let store = storage::Store::open(&postgres, &storage::StoreOptions::default()).await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), 0);
    store.migrate().await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), version);
    store.close().await;

    let mut lite = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let mut post = sqlx::PgConnection::connect(&postgres).await.unwrap();
    for (lite_sql, post_sql) in [
        (SQLITE_COLUMNS, POSTGRES_COLUMNS),
        (SQLITE_NOT_NULL, POSTGRES_NOT_NULL),
        (SQLITE_INDEXES, POSTGRES_INDEXES),
        (SQLITE_TRIGGERS, POSTGRES_TRIGGERS),
    ] {
        let rows = sqlx::query(lite_sql).fetch_all(&mut lite).await.unwrap();
        let ours: Names = rows.iter().map(|row| row.get(0)).collect();
        let rows = sqlx::query(post_sql).fetch_all(&mut post).await.unwrap();
        let theirs: Names = rows.iter().map(|row| row.get(0)).collect();
        assert!(!ours.is_empty());
        assert_eq!(ours, theirs);
    }

    let rows = sqlx::query(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    );
    let mut ours = Names::new();
    for row in rows.fetch_all(&mut lite).await.unwrap() {
        let (table, sql): (String, String) = (row.get(0), row.get(1));
        let names = sql.split("CONSTRAINT ").skip(1).filter_map(|rest| rest.split_whitespace().next());
        ours.extend(names.map(|name| format!("{table}.{name}")));
        assert!(sql.ends_with(") STRICT, WITHOUT ROWID") || sql.ends_with(") STRICT"), "{table} is strict");
    }
    let rows = sqlx::query(POSTGRES_CONSTRAINTS).fetch_all(&mut post).await.unwrap();
    let theirs: Names = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(ours, theirs);
    lite.close().await.unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn each_migration_has_its_twin() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let files = |engine: &str| -> Names {
        let files = std::fs::read_dir(format!("{root}/{engine}")).unwrap();
        files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(files("sqlite"), files("postgres"));
    let numbers: Vec<String> = files("sqlite").iter().map(|name| name[..4].to_owned()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "each number once: {numbers:?}");
}
