//! Until when the information sheet (入院時情報提供書) earns which fee: shown to the care side, never a warning.

use rules::SheetDays;
use rules::calendar::Calendar;

use crate::agreement::Agreement;
use crate::case::Case;
use crate::directory::Directory;

/// The days of 入院時情報連携加算 (I) and (II) for this stay, by the closing days and hours of the office in charge on the day of
/// admission, or of the first one that was named after it; none when nobody manages the care, or for an admission before the first fee
/// table.
pub fn sheet_days(case: &Case, agreement: &Agreement, calendar: &Calendar, directory: &Directory) -> Option<SheetDays> {
    let admitted_on = case.encounter.admitted_at.day();
    let later = || case.team.iter().filter(|m| m.from_on > admitted_on).min_by_key(|m| (m.from_on, m.id));
    let office = case.care_team_on(admitted_on).or_else(later)?.organization_id;
    let hours = directory.organization(office)?.hours.clone();
    agreement.sheet_fees.days(case.encounter.admitted_at.local(), &hours, calendar)
}
