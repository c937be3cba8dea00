//! The cabinet office's holiday table: taken from an administrator, and followed by every other instance.
//!
//! A table that is loaded is in force at once in the instance that took it; the others look every few seconds whether there is another
//! one ([`follow`]), so a decision made meanwhile may still stand on the table before.

use std::sync::Arc;

use domain::access::Command;
use domain::changes::{AuditEntry, CalendarFile, Changes};
use rules::FileError;
use rules::calendar::{Calendar, OfficialTable};
use storage::StoreError;

use crate::error::ApiError;
use crate::session::SignedIn;
use crate::state::App;

/// The calendar as it will be with this table, and what the table says; fails with the line that is wrong.
pub(crate) fn with_table(app: &App, csv: &[u8]) -> Result<(Calendar, OfficialTable), FileError> {
    let mut calendar = Arc::unwrap_or_clone(app.calendar());
    let table = calendar.load_official(csv)?;
    Ok((calendar, table))
}

/// Puts in force what [`with_table`] read. The holidays are the country's, so the table is the whole installation's: it stands on the
/// trail of each of its towns who loaded it.
pub(crate) async fn load(app: &App, who: &SignedIn, calendar: Calendar, csv: &[u8]) -> Result<(), ApiError> {
    let now = app.now();
    let file = CalendarFile { csv: csv.to_vec(), loaded_at: now, loaded_by: who.actor.account_id };
    let entry = who.audit_entry(now, Command::ManageCalendar.name());
    let regions = app.store().regions().await?;
    let audit = regions.into_iter().map(|region| AuditEntry { region_id: region.id, ..entry.clone() }).collect();
    app.store().apply(Changes { calendar_file: Some(file), audit, ..Changes::default() }).await?;
    app.set_calendar(calendar, now);
    app.nudge();
    Ok(())
}

/// Takes over the table that another instance was given, if there is one. A table that can't be read is left alone, and said.
pub async fn follow(app: &App) -> Result<(), StoreError> {
    let known = app.calendar_loaded_at();
    if app.store().calendar_loaded_at().await? == known {
        return Ok(());
    }
    let Some((csv, loaded_at)) = app.store().calendar_csv().await? else { return Ok(()) };
    match with_table(app, &csv) {
        Ok((calendar, _)) => {
            app.set_calendar(calendar, loaded_at);
            app.nudge();
        }
        Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "The holiday table can't be read"),
    }
    Ok(())
}
