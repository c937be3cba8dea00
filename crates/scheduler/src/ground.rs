//! What every decision of the scheduler stands on: the store, the clock, chance, the agreements and the calendar.
//!
//! A decision that panics is caught and named like any other that could not be made: one bad stay never stops the others.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use domain::agreement::Editions;
use domain::case::Case;
use domain::changes::Changes;
use domain::decide::{Context, Decision};
use domain::{Clock, Ids, Instant, Refusal, RequestId};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use rules::calendar::Calendar;
use storage::{Store, StoreError};

/// The calendar as it stands now; an administrator may load another while the service runs.
pub type CalendarSource = Arc<dyn Fn() -> Arc<Calendar> + Send + Sync>;

/// Shared by the sweep, the outbox and the weekly letter.
pub(crate) struct Ground {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    chance: Mutex<StdRng>,
    agreements: HashMap<String, Editions>,
    calendar: CalendarSource,
}

/// Why a decision could not be made. Holds no personal data.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undecided {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no agreement is in force")]
    NoAgreement,
    #[error("refused: {0}")]
    Refused(Refusal),
    #[error("the decision broke off, which is a defect of the software")]
    BrokeOff,
}

impl Ground {
    pub(crate) fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        seed: [u8; 32],
        agreements: HashMap<String, Editions>,
        calendar: CalendarSource,
    ) -> Self {
        Self { store, clock, chance: Mutex::new(StdRng::from_seed(seed)), agreements, calendar }
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) fn ids(&self, now: Instant) -> Ids {
        Ids::new(now, self.seed())
    }

    /// In 0..1.
    pub(crate) fn chance(&self) -> f64 {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).random()
    }

    /// 256 bits as text, for a link.
    pub(crate) fn token(&self) -> String {
        let mut bytes = [0; 32];
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
            use std::fmt::Write;
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn seed(&self) -> u64 {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// Takes `steps` over the case in the service's own name.
    pub(crate) async fn decide(
        &self,
        case: Case,
        now: Instant,
        request_id: RequestId,
        action: &str,
        steps: impl FnOnce(&mut Decision<'_>) -> Result<(), Refusal>,
    ) -> Result<Changes, Undecided> {
        let directory = self.store.directory(case.encounter.region_id).await?;
        let editions = self.agreements.get(&directory.region.agreement);
        let agreement = editions.and_then(|editions| editions.in_force_on(now.day())).ok_or(Undecided::NoAgreement)?;
        let calendar = (self.calendar)();
        let seed = self.seed();
        let decided = catch_unwind(AssertUnwindSafe(|| {
            let context =
                Context { now, request_id, actor: None, agreement, calendar: &calendar, directory: &directory, seed };
            let mut decision = Decision::over(context, case);
            steps(&mut decision)?;
            Ok(decision.conclude_silently(action))
        }));
        decided.map_err(|_| Undecided::BrokeOff)?.map_err(Undecided::Refused)
    }
}
