//! The sweep: takes every step that is due, each exactly once.
//!
//! It asks the store which stays have something due, decides each again from its case, and hands the changes to the writer many at a
//! time. Nothing is remembered between runs: what is due is always asked of the database, so downtime is caught up by itself, and
//! what was slept through is said once, in its latest step, to everybody whom one of the steps names.
//!
//! Two sweeps at once (two instances, a timer and a nudge) can't say anything twice: the second finds the stay's revision moved, or
//! the warning there already, and looks at the stay again. That is what "stale" and "refused" mean here: somebody else was faster.
//!
//! A stay that can't be worked on is set aside with the reason, shown to the municipality, and not tried again before it changes.
//! Not promised: that a stay set aside is warned about. A region without an agreement in force is left as it is and looked at again
//! at the next run.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::case::Case;
use domain::{EncounterId, Instant, RequestId};
use storage::{ApplyError, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::ground::{Ground, Undecided};

/// A stay that is still due after so many tries in one run is dealt with otherwise.
const TRIES: u8 = 3;

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Stays whose due steps were taken.
    pub swept: usize,
    /// Warnings written.
    pub warnings: usize,
    /// Stays set aside.
    pub set_aside: usize,
    /// Stays left for the next run.
    pub left: usize,
}

/// See the module.
pub struct Sweep {
    ground: Arc<Ground>,
    chunk: u32,
}

/// One run's memory.
#[derive(Default)]
struct Run {
    report: SweepReport,
    tries: HashMap<EncounterId, u8>,
    applied: HashSet<EncounterId>,
    left: HashSet<EncounterId>,
    failure: Option<StoreError>,
}

impl Run {
    fn leave(&mut self, id: EncounterId) {
        self.report.left += usize::from(self.left.insert(id));
    }
}

impl Sweep {
    pub(crate) fn new(ground: Arc<Ground>, chunk: u32) -> Self {
        Self { ground, chunk: chunk.max(1) }
    }

    /// Works until nothing is due any more. Fails only when the database does; the next run goes on where this one stopped.
    pub async fn run_once(&self, now: Instant) -> Result<SweepReport, StoreError> {
        self.run(now, &watch::channel(false).1, &|| {}).await
    }

    /// The same, ending between two chunks once `stopped` says so; `warned` is called after each chunk that wrote warnings, so that the
    /// first mails leave while the sweep goes on.
    pub(crate) async fn run(
        &self,
        now: Instant,
        stopped: &watch::Receiver<bool>,
        warned: &(dyn Fn() + Sync),
    ) -> Result<SweepReport, StoreError> {
        let request_id = self.ground.ids(now).next();
        // As loud as the gravest line in it: a filter never takes the id off an error.
        let span = tracing::error_span!("sweep", %request_id, swept = Empty, warnings = Empty, set_aside = Empty);
        async {
            let report = self.run_as(request_id, now, stopped, warned).await?;
            let SweepReport { swept, warnings, set_aside, .. } = report;
            for (what, number) in [("swept", swept), ("warnings", warnings), ("set_aside", set_aside)] {
                Span::current().record(what, i64::try_from(number).unwrap_or(i64::MAX));
            }
            match report {
                SweepReport { warnings: 0, set_aside: 0, .. } => tracing::debug!("Swept"),
                _ => tracing::info!("Swept"),
            }
            Ok(report)
        }
        .instrument(span)
        .await
    }

    async fn run_as(
        &self,
        request_id: RequestId,
        now: Instant,
        stopped: &watch::Receiver<bool>,
        warned: &(dyn Fn() + Sync),
    ) -> Result<SweepReport, StoreError> {
        let store = &self.ground.store;
        let mut run = Run::default();
        while !*stopped.borrow() {
            let mut due = store
                .due_encounters(now, self.chunk.saturating_add(u32::try_from(run.left.len()).unwrap_or(u32::MAX)))
                .await?;
            due.retain(|id| !run.left.contains(id));
            if due.is_empty() {
                break;
            }
            let mut fresh = Vec::with_capacity(due.len());
            for id in due {
                let tries = run.tries.entry(id).or_default();
                *tries += 1;
                if *tries <= TRIES {
                    fresh.push(id);
                } else if run.applied.contains(&id) {
                    self.set_aside(id, "it is still due after its steps were taken", now, &mut run).await;
                } else {
                    run.leave(id);
                }
            }
            let before = run.report.warnings;
            self.sweep_chunk(fresh, now, request_id, &mut run).await;
            if run.report.warnings > before {
                warned();
            }
            if let Some(failure) = run.failure {
                return Err(failure);
            }
        }
        store.record_sweep(now).await?;
        Ok(run.report)
    }

    async fn sweep_chunk(&self, ids: Vec<EncounterId>, now: Instant, request_id: RequestId, run: &mut Run) {
        let cases = self.load(ids, now, run).await;
        let mut applying = JoinSet::new();
        for case in cases {
            let id = case.encounter.id;
            let steps = |decision: &mut domain::decide::Decision<'_>| {
                decision.sweep();
                Ok(())
            };
            match self.ground.decide(case, now, request_id, "sweep", steps).await {
                Ok(changes) => {
                    let store = self.ground.store.clone();
                    let warnings = changes.warnings.len();
                    let apply = async move { (id, warnings, store.apply(changes).await.map(drop)) };
                    applying.spawn(apply.in_current_span());
                }
                Err(Undecided::NoAgreement) => {
                    tracing::error!(encounter_id = %id, "No agreement is in force for a stay with something due");
                    run.leave(id);
                }
                Err(Undecided::Store(error)) if error.is_transient() => run.failure = Some(error),
                Err(undecided) => self.set_aside(id, &undecided.to_string(), now, run).await,
            }
        }
        while let Some(joined) = applying.join_next().await {
            // A task that broke off answers nothing; its stay is looked at again.
            let Ok((id, warnings, outcome)) = joined else { continue };
            match outcome {
                Ok(()) => {
                    run.report.swept += usize::from(run.applied.insert(id));
                    run.report.warnings += warnings;
                }
                Err(ApplyError::Stale | ApplyError::Busy | ApplyError::Repeated(_)) => {}
                // The first time somebody else may have been faster.
                Err(ApplyError::Refused { .. }) if run.tries.get(&id).is_none_or(|tries| *tries < 2) => {}
                Err(refused @ ApplyError::Refused { .. }) => self.set_aside(id, &refused.to_string(), now, run).await,
                Err(ApplyError::Store(error)) => run.failure = Some(error),
            }
        }
    }

    /// The cases of `ids`. When one of them can't be read, they are read one by one and that one is set aside.
    async fn load(&self, ids: Vec<EncounterId>, now: Instant, run: &mut Run) -> Vec<Case> {
        let mut cases = match self.ground.store.cases(&ids).await {
            Ok(cases) => cases,
            Err(error) if is_of_one_row(&error) => Vec::new(),
            Err(error) => {
                run.failure = Some(error);
                return Vec::new();
            }
        };
        let found: HashSet<_> = cases.iter().map(|case| case.encounter.id).collect();
        for id in ids.into_iter().filter(|id| !found.contains(id)) {
            match self.ground.store.cases(&[id]).await {
                Ok(one) if one.is_empty() => self.set_aside(id, "there is no such stay", now, run).await,
                Ok(one) => cases.extend(one),
                Err(error) if is_of_one_row(&error) => self.set_aside(id, &error.to_string(), now, run).await,
                Err(error) => run.failure = Some(error),
            }
        }
        cases
    }

    async fn set_aside(&self, id: EncounterId, reason: &str, now: Instant, run: &mut Run) {
        tracing::error!(encounter_id = %id, reason, "A stay was set aside by the sweep");
        match self.ground.store.set_aside(id, reason, now).await {
            Ok(()) => run.report.set_aside += 1,
            Err(error) if error.is_transient() => run.failure = Some(error),
            Err(error) => {
                tracing::error!(encounter_id = %id, %error, "A stay could not even be set aside");
                run.leave(id);
            }
        }
    }
}

const fn is_of_one_row(error: &StoreError) -> bool {
    matches!(error, StoreError::Inconsistent { .. })
}
