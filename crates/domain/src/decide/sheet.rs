//! Until when the information sheet (入院時情報提供書) earns which fee: shown to the care side, never a warning.

use rules::SheetDays;
use rules::calendar::Calendar;

use crate::agreement::Agreement;
use crate::case::Case;
use crate::directory::Directory;

/// The days of 入院時情報連携加算 (I) and (II) for this stay, by the closing days and hours of the office in charge; none when nobody
/// manages the care, or for an admission before the first fee table.
pub fn sheet_days(case: &Case, agreement: &Agreement, calendar: &Calendar, directory: &Directory) -> Option<SheetDays> {
    let office = case.care_team_on(case.encounter.admitted_at.day())?.organization_id;
    let hours = directory.organization(office)?.hours.clone();
    agreement.sheet_fees.days(case.encounter.admitted_at.local(), &hours, calendar)
}
