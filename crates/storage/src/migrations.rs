//! The migrations as they are built into the program, in both engines' words.
//!
//! Why no `sqlx::migrate!`: a macro that runs in the compiler brings both drivers along, which are then compiled twice.

use std::sync::LazyLock;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::dialect::Dialect;

/// Names and texts, the newest last.
macro_rules! texts {
    ($($name:literal)*) => {
        [
            &[$(($name, include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")))),*],
            &[$(($name, include_str!(concat!("../../../migrations/postgres/", $name, ".sql")))),*],
        ]
    };
}

static TEXTS: [&[(&str, &str)]; 2] = texts! {
    "0001_the_heart"
    "0002_people"
    "0003_audit"
    "0004_consent"
    "0006_neighbours"
    "0007_passkeys"
    "0008_sealed_columns"
    "0009_outside_identities"
    "0010_whole_screenings"
    "0011_contacts_taken_back"
    "0012_further_occasions"
    "0013_nothing_is_put_in_place_of_a_row_of_the_trail"
    "0014_requests_of_mails"
    "0015_what_is_open"
};

static MIGRATORS: [LazyLock<Migrator>; 2] = [LazyLock::new(|| of(TEXTS[0])), LazyLock::new(|| of(TEXTS[1]))];

/// What brings a database of this engine up to date.
pub(crate) fn migrator(dialect: Dialect) -> &'static Migrator {
    &MIGRATORS[dialect as usize]
}

/// The number of the last.
pub(crate) fn newest_migration(dialect: Dialect) -> i64 {
    migrator(dialect).iter().map(|migration| migration.version).max().unwrap_or(0)
}

fn of(texts: &'static [(&'static str, &'static str)]) -> Migrator {
    let migrations = texts.iter().map(|(name, text)| {
        let (number, words) = name.split_once('_').unwrap_or((name, ""));
        let number = number.parse().expect("a migration's name begins with its number");
        let sql = AssertSqlSafe(*text).into_sql_str();
        Migration::new(number, words.replace('_', " ").into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// As `sqlx::migrate!` read them, so that a database that was migrated with it is known again.
    #[tokio::test]
    async fn every_file_is_there_and_reads_as_sqlx_reads_it() {
        for (dialect, place) in [(Dialect::Sqlite, "sqlite"), (Dialect::Postgres, "postgres")] {
            let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(place);
            let read = Migrator::new(place).await.unwrap();
            let told = |of: &Migrator| -> Vec<_> {
                of.iter().map(|m| (m.version, m.description.clone(), m.checksum.clone(), m.no_tx)).collect()
            };
            assert_eq!(told(migrator(dialect)), told(&read));
            assert_eq!(newest_migration(dialect), read.iter().last().unwrap().version);
        }
    }
}
