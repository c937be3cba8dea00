//! Holds the service against the model. A difference is an error that says what was expected and what stands.
//!
//! - [`stays`] — after every step, or each day: the stays at which something was done.
//! - [`mails`] — what was accepted, and where its mails went.
//! - [`figures`] — the survey, each month.

pub(crate) mod figures;
pub(crate) mod mails;
pub(crate) mod stays;

use anyhow::{Result, ensure};

use crate::world::World;

/// Nothing on the audit trail was changed.
pub(crate) async fn audit(world: &World) -> Result<i64> {
    let report = world.app.service.store.verify_audit().await?;
    ensure!(report.is_whole(), "the audit trail is whole: stands {report:?}");
    Ok(report.chains.iter().map(|chain| chain.rows).sum())
}
