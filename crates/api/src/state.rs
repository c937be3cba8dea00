//! What every handler holds: the store, the clock, chance, the agreements, the calendar, and a way to nudge the sweep.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use domain::agreement::{Agreement, Editions};
use domain::directory::Directory;
use domain::{AccountId, Clock, Instant, RequestId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rules::calendar::Calendar;
use storage::Store;
use tokio::sync::Notify;

use crate::crowd::Crowd;
use crate::error::ApiError;
use crate::oidc::Oidc;
use crate::passkey::Passkeys;
use crate::password::Passwords;

/// How the edge behaves; every key comes from the configuration.
#[derive(Debug, Clone)]
pub struct EdgeSettings {
    /// Without a trailing slash; the base of links and of the OpenAPI document.
    pub public_url: String,
    /// Cookies only over TLS. Off in the demo, which speaks plain HTTP on loopback.
    pub secure_cookies: bool,
    /// A session that nobody used for so long has ended.
    pub session_idle_minutes: i64,
    /// A session ends after so long in any case.
    pub session_hours: i64,
    /// Failed logins in a row before a login name is locked where they came from.
    pub lockout_after: i64,
    /// The same from anywhere, before it is locked everywhere.
    pub login_lockout_after: i64,
    pub lockout_minutes: i64,
    /// How long a record that was opened in an emergency stays open.
    pub break_glass_minutes: i64,
    /// Failed logins from one address before nothing is taken from there for a while.
    pub address_lockout_after: i64,
    /// Everybody needs one; without, it is asked for only where it was set up.
    pub second_factor: bool,
    /// None where they are turned off.
    pub passkeys: Option<Passkeys>,
    /// The outside provider; none where there is none.
    pub oidc: Option<Oidc>,
    /// Readiness: a sweep or an outbox older than this is not healthy.
    pub stale_after_seconds: i64,
    /// Of machines, and as many of people; what comes beyond is refused early.
    pub requests_in_hand: usize,
    /// A request must be whole and answered within this.
    pub request_within: Duration,
    /// A body must be whole within this.
    pub body_within: Duration,
    /// Shows the fictional logins and the demo's links.
    pub demo: bool,
}

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    chance: Mutex<StdRng>,
    agreements: HashMap<String, Editions>,
    /// With the instant at which its official table was loaded, as far as this instance knows.
    calendar: RwLock<(Arc<Calendar>, Option<Instant>)>,
    nudge: Arc<Notify>,
    settings: EdgeSettings,
    keys_in_progress: Mutex<HashSet<(AccountId, String)>>,
    passwords: Passwords,
    leaving: AtomicBool,
    crowd: Crowd,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl App {
    /// `agreements` by id, as in [`domain::party::Region::agreement`]; `seed` starts the stream of chance (ids, tokens).
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        seed: [u8; 32],
        agreements: HashMap<String, Editions>,
        calendar: Calendar,
        nudge: Arc<Notify>,
        settings: EdgeSettings,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            chance: Mutex::new(StdRng::from_seed(seed)),
            agreements,
            calendar: RwLock::new((Arc::new(calendar), None)),
            nudge,
            crowd: Crowd::new(settings.requests_in_hand),
            settings,
            keys_in_progress: Mutex::default(),
            passwords: Passwords::default(),
            leaving: AtomicBool::new(false),
        }))
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub fn now(&self) -> Instant {
        self.0.clock.now()
    }

    pub fn settings(&self) -> &EdgeSettings {
        &self.0.settings
    }

    pub fn calendar(&self) -> Arc<Calendar> {
        Arc::clone(&self.0.calendar.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    pub(crate) fn calendar_loaded_at(&self) -> Option<Instant> {
        self.0.calendar.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// The calendar with the official table that was loaded then.
    pub(crate) fn set_calendar(&self, calendar: Calendar, loaded_at: Instant) {
        *self.0.calendar.write().unwrap_or_else(PoisonError::into_inner) = (Arc::new(calendar), Some(loaded_at));
    }

    pub fn seed(&self) -> u64 {
        self.0.chance.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    pub fn random_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// For one hash.
    pub fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        salt.copy_from_slice(&self.random_bytes()[..16]);
        salt
    }

    /// The only place that runs argon2.
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub fn request_id(&self) -> RequestId {
        domain::Ids::new(self.now(), self.seed()).next()
    }

    /// The agreement of the region in force today.
    pub fn agreement(&self, directory: &Directory) -> Result<&Agreement, ApiError> {
        let editions = self.0.agreements.get(&directory.region.agreement);
        let agreement = editions.and_then(|editions| editions.in_force_on(self.now().day()));
        agreement.ok_or(ApiError::NoAgreement)
    }

    /// The edition under which an old screening was made.
    pub fn edition(&self, directory: &Directory, edition: &str) -> Option<&Agreement> {
        self.0.agreements.get(&directory.region.agreement)?.by_edition(edition)
    }

    pub(crate) fn crowd(&self) -> &Crowd {
        &self.0.crowd
    }

    /// From now on readiness says no, and every answer asks its caller to come again on another connection: the balancer in front
    /// chooses another instance, and the stop that follows cuts nobody off.
    pub fn leave(&self) {
        self.0.leaving.store(true, Ordering::Release);
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.0.leaving.load(Ordering::Acquire)
    }

    /// Something changed that may be due at once: the sweep and the outbox look now instead of at their next tick.
    pub fn nudge(&self) {
        self.0.nudge.notify_waiters();
    }

    /// Marks a key as being worked on; `None` when it is already. Ends when the guard is dropped.
    pub(crate) fn begin_key(&self, account_id: AccountId, key: &str) -> Option<KeyGuard> {
        let entry = (account_id, key.to_owned());
        let fresh = self.0.keys_in_progress.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.clone());
        fresh.then(|| KeyGuard { app: self.clone(), entry })
    }
}

/// Holds an idempotency key in this process while its command is worked on.
pub(crate) struct KeyGuard {
    app: App,
    entry: (AccountId, String),
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.app.0.keys_in_progress.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}
