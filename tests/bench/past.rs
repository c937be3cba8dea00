//! Stays of years gone by, as many as are asked for: the city's own courses (admission, transfers, screenings, notices and their answers, phone
//! calls, discharge), each decided by the real rules and written by the real writer as one command.
//!
//! Other than the city of the demo, a person may lie in two places at a time here: there are only so many people.

use anyhow::{Result, ensure};
use chrono::Days;
use domain::EncounterId;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rules::calendar::Calendar;
use server::city::City;
use sqlx::Connection;
use storage::Store;
use uuid::Uuid;

use crate::Engine;
use crate::wards::Wards;

/// They end within so long before today.
const MONTHS: u32 = 96;
/// Planned in one go, and held in memory until they are written.
const LOT: usize = 48_000;

pub(crate) struct Past {
    city: City,
    /// Of each lot another, so that no two stays share an id.
    next_seed: u64,
    /// So far.
    pub(crate) stays: usize,
}

impl Past {
    pub(crate) fn of(wards: &Wards) -> Self {
        Self { city: wards.city.clone(), next_seed: 1_000, stays: 0 }
    }

    /// One more lot of about that many, at most [`LOT`] (at full scale).
    pub(crate) async fn add(&mut self, wards: &Wards, store: &Store, stays: usize) -> Result<()> {
        let yesterday = self.city.today - Days::new(1);
        let first = yesterday - Days::new(u64::from(MONTHS) * 30);
        let per_month = u32::try_from(stays.min(LOT / crate::scale()))?.div_ceil(MONTHS);
        self.city.seed = self.next_seed;
        self.next_seed += 1;
        let days = (first, yesterday);
        let added = self.city.live_between(store, wards.agreement(), &Calendar::japan(), days, per_month).await?;
        ensure!(added > 0, "no stay was added");
        self.stays += added;
        Ok(())
    }

    /// Until there are so many.
    pub(crate) async fn fill_up_to(&mut self, wards: &Wards, store: &Store, stays: usize) -> Result<()> {
        while self.stays < stays {
            self.add(wards, store, stays - self.stays).await?;
            eprintln!("bench: {} stays", self.stays);
        }
        Ok(())
    }
}

/// Drawn from the whole time in which stays began.
pub(crate) async fn any_stays(engine: Engine, url: &str, number: usize) -> Result<Vec<EncounterId>> {
    let at_or_after = "SELECT id FROM encounter WHERE id >= $1 ORDER BY id LIMIT 1";
    let mut chance = StdRng::seed_from_u64(8);
    let mut found: Vec<Uuid> = Vec::new();
    match engine {
        Engine::Sqlite => {
            let mut line = sqlx::SqliteConnection::connect(url).await?;
            let ends = "SELECT min(id), max(id) FROM encounter";
            let (first, last): (Uuid, Uuid) = sqlx::query_as(ends).fetch_one(&mut line).await?;
            for _ in 0..number {
                let from = Uuid::from_u128(chance.random_range(first.as_u128()..=last.as_u128()));
                found.push(sqlx::query_scalar(at_or_after).bind(from).fetch_one(&mut line).await?);
            }
            line.close().await?;
        }
        Engine::Postgres => {
            let mut line = sqlx::PgConnection::connect(url).await?;
            // PostgreSQL 15 knows no min of uuids.
            let end = "SELECT id FROM encounter ORDER BY id LIMIT 1";
            let first: Uuid = sqlx::query_scalar(end).fetch_one(&mut line).await?;
            let end = "SELECT id FROM encounter ORDER BY id DESC LIMIT 1";
            let last: Uuid = sqlx::query_scalar(end).fetch_one(&mut line).await?;
            for _ in 0..number {
                let from = Uuid::from_u128(chance.random_range(first.as_u128()..=last.as_u128()));
                found.push(sqlx::query_scalar(at_or_after).bind(from).fetch_one(&mut line).await?);
            }
            line.close().await?;
        }
    }
    Ok(found.into_iter().map(EncounterId::from).collect())
}
