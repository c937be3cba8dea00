//! Until when the information sheet (入院時情報提供書) earns which fee: shown to the care side, never a warning.

use rules::SheetDays;

use super::Context;
use crate::case::Case;

/// The days of 入院時情報連携加算 (I) and (II) for this stay, by the closing days and hours of the office in charge; none when nobody
/// manages the care, or for an admission before the first fee table.
pub fn sheet_days(case: &Case, context: &Context<'_>) -> Option<SheetDays> {
    let office = case.care_team_on(case.encounter.admitted_at.day())?.organization_id;
    let hours = context.directory.organization(office)?.hours.clone();
    context.agreement.sheet_fees.days(case.encounter.admitted_at.local(), &hours, context.calendar)
}
