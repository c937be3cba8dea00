//! The weekly letter: each office learns which serial numbers it was sent, so that a lost mail is seen.
//!
//! Why it can't be lost or doubled: a letter's id is made of the week and the organization, so the store refuses a second one whoever
//! writes it. [`storage::Store::claim_once`] only saves work: the instance that wins writes at once, the others a little later, which
//! mends what the first left undone when it was killed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, Days, NaiveTime, Weekday};
use domain::changes::Changes;
use domain::delivery::{Delivery, DeliveryState, Letter};
use domain::party::ContactUse;
use domain::{DeliveryId, Ids, Instant, OrganizationId, RegionId};
use storage::{ApplyError, StoreError};

use crate::ground::Ground;

/// The others make sure of the letters this much later.
const MAKE_SURE_AFTER_SECONDS: i64 = 600;

/// When the weekly letter is written, by the clock in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeeklySettings {
    /// Its day.
    pub weekday: Weekday,
    /// From this minute on.
    pub time: NaiveTime,
}

impl WeeklySettings {
    /// The last turn of the week at or before `now`.
    fn last_turn(self, now: Instant) -> Instant {
        let today = now.day();
        let back = today.weekday().days_since(self.weekday);
        let turn = Instant::at(today - Days::new(u64::from(back)), self.time);
        if turn <= now { turn } else { turn.plus_days(-7) }
    }
}

/// See the module.
pub struct Weekly {
    ground: Arc<Ground>,
    settings: WeeklySettings,
    /// The turn for which this process has seen to each region.
    seen_to: Mutex<HashMap<RegionId, Instant>>,
}

impl Weekly {
    pub(crate) fn new(ground: Arc<Ground>, settings: WeeklySettings) -> Self {
        Self { ground, settings, seen_to: Mutex::default() }
    }

    /// Writes the letters of the week that has ended, where they are not there yet; returns how many it wrote.
    pub async fn run_once(&self, now: Instant) -> Result<usize, StoreError> {
        let turn = self.settings.last_turn(now);
        let mut written = 0;
        for region in self.ground.store.regions().await? {
            if self.is_seen_to(region.id, turn) {
                continue;
            }
            let name = format!("weekly-{}-{}", turn.day(), region.id);
            let first = self.ground.store.claim_once(&name, now).await?;
            if first || now >= turn.plus_seconds(MAKE_SURE_AFTER_SECONDS) {
                written += self.write(region.id, turn, now).await?;
                self.seen_to.lock().unwrap_or_else(PoisonError::into_inner).insert(region.id, turn);
            }
        }
        Ok(written)
    }

    fn is_seen_to(&self, region_id: RegionId, turn: Instant) -> bool {
        self.seen_to.lock().unwrap_or_else(PoisonError::into_inner).get(&region_id) == Some(&turn)
    }

    async fn write(&self, region_id: RegionId, turn: Instant, now: Instant) -> Result<usize, StoreError> {
        let from = turn.plus_days(-7);
        let directory = self.ground.store.directory(region_id).await?;
        let mut written = 0;
        for (organization_id, first, last) in self.ground.store.weekly_serials(region_id, from, turn).await? {
            let Some(mailbox) = directory.mailbox(organization_id, ContactUse::First, None) else { continue };
            let delivery = Delivery {
                id: id_of(turn, organization_id),
                region_id,
                organization_id,
                encounter_id: None,
                notice_id: None,
                warning_id: None,
                to: mailbox.clone(),
                letter: Letter::WeeklySerials { first, last, from_on: from.day(), until_on: turn.day() },
                state: DeliveryState::Pending { next_attempt_at: now, attempts: 0 },
                created_at: now,
            };
            let (deliveries, request_id) = (vec![delivery], Some(self.ground.ids(now).next()));
            match self.ground.store.apply(Changes { deliveries, request_id, ..Changes::default() }).await {
                Ok(_) => written += 1,
                Err(ApplyError::Refused { .. } | ApplyError::Stale | ApplyError::Repeated(_)) => {}
                Err(ApplyError::Busy) => return Err(StoreError::Busy),
                Err(ApplyError::Store(error)) => return Err(error),
            }
        }
        Ok(written)
    }
}

/// The same for the same week and organization, in every process.
fn id_of(turn: Instant, organization_id: OrganizationId) -> DeliveryId {
    let (high, low) = organization_id.uuid().as_u64_pair();
    Ids::new(turn, high ^ low.rotate_left(32)).next()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(day: u32, hour: u32, minute: u32) -> Instant {
        Instant::at(NaiveDate::from_ymd_opt(2026, 11, day).unwrap(), NaiveTime::from_hms_opt(hour, minute, 0).unwrap())
    }

    #[test]
    fn the_week_turns_on_the_minute_of_the_configured_day() {
        let monday = WeeklySettings { weekday: Weekday::Mon, time: NaiveTime::from_hms_opt(9, 0, 0).unwrap() };
        assert_eq!(monday.last_turn(at(23, 8, 59)), at(16, 9, 0));
        assert_eq!(monday.last_turn(at(23, 9, 0)), at(23, 9, 0));
        assert_eq!(monday.last_turn(at(29, 23, 59)), at(23, 9, 0));
    }

    #[test]
    fn a_letter_has_the_same_id_in_every_process_and_another_for_each_week_and_office() {
        let office = |n: u128| OrganizationId::from(uuid::Uuid::from_u128(n));
        assert_eq!(id_of(at(23, 9, 0), office(1)), id_of(at(23, 9, 0), office(1)));
        assert_ne!(id_of(at(23, 9, 0), office(1)), id_of(at(23, 9, 0), office(2)));
        assert_ne!(id_of(at(23, 9, 0), office(1)), id_of(at(16, 9, 0), office(1)));
    }
}
