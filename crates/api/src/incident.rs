//! 漏えい等の報告のための一覧: everything that one account touched between two instants, for the report that is due within 3–5 days.
//!
//! It names people, because whoever is concerned has to be told; each of them is on the trail as exported. A list that was looked at has a line for
//! each stay or notice that stood on it, marked 一覧. What the account did in another region is the other region's to list: a line says where.

use std::collections::{BTreeSet, HashMap};

use domain::access::Command;
use domain::changes::AuditEntry;
use domain::patient::Patient;
use domain::trail::parted;
use domain::{AccountId, EncounterId, Fault, Instant, NoticeId, PatientId, Refusal, RegionId};
use storage::{AuditCursor, AuditFilter, AuditRow};

use crate::error::ApiError;
use crate::run::may_in_region;
use crate::session::SignedIn;
use crate::state::App;

const PAGE: u32 = 2_000;
/// More than one person does in a year; a longer time is asked for in parts.
const MOST: usize = 200_000;

const HEAD: [&str; 12] = [
    "日時",
    "アカウント",
    "機関",
    "操作",
    "本人",
    "ふりがな",
    "生年月日",
    "本人の番号",
    "入院の番号",
    "連絡の番号",
    "リクエスト",
    "一覧",
];

/// One thing that was touched.
struct Touched<'a> {
    row: &'a AuditRow,
    patient_id: Option<PatientId>,
    encounter_id: Option<EncounterId>,
    notice_id: Option<NoticeId>,
    /// It stood on a list.
    listed: bool,
}

/// The list as a table for a spreadsheet, the oldest first; `until` is the first instant that no longer counts.
pub(crate) async fn csv(
    app: &App,
    who: &SignedIn,
    account_id: AccountId,
    since: Instant,
    until: Instant,
) -> Result<Vec<u8>, ApiError> {
    may_in_region(&who.actor, Command::ExportAudit)?;
    let region_id = who.actor.region_id;
    let name = app.store().acting(region_id, account_id).await?.ok_or(Fault::NotFound)?;
    if until <= since {
        return Err(Refusal::at("until", Fault::OutOfRange).into());
    }
    let rows = rows(app, who, account_id, since, until).await?;
    let touched = touched(app, region_id, &rows).await?;
    let people: BTreeSet<PatientId> = touched.iter().filter_map(|item| item.patient_id).collect();
    let people: Vec<PatientId> = people.into_iter().collect();
    let known = app.store().patients(region_id, &people).await?;
    let known: HashMap<PatientId, Patient> = known.into_iter().map(|patient| (patient.id, patient)).collect();
    let directory = app.store().directory(region_id).await?;
    let elsewhere = elsewhere(app, region_id, account_id, since, until).await?;
    let entry = || who.audit_entry(app.now(), Command::ExportAudit.name());
    let mut audit: Vec<AuditEntry> = people.iter().map(|id| AuditEntry { patient_id: Some(*id), ..entry() }).collect();
    if audit.is_empty() {
        audit.push(entry());
    }
    app.store().append_audit(audit).await?;

    let mut csv = String::from('\u{FEFF}');
    line(&mut csv, HEAD.map(str::to_owned));
    for item in &touched {
        let entry = &item.row.entry;
        let person = item.patient_id.and_then(|id| known.get(&id));
        let organization = entry.organization_id.and_then(|id| directory.organization(id));
        let id = |id: Option<uuid::Uuid>| id.map_or_else(String::new, |id| id.to_string());
        line(
            &mut csv,
            [
                entry.at.local().format("%Y-%m-%d %H:%M:%S").to_string(),
                name.clone(),
                organization.map_or_else(String::new, |o| o.name.to_string()),
                parted(&entry.action).0.to_owned(),
                person.map_or_else(String::new, |p| p.name.to_string()),
                person.map_or_else(String::new, |p| p.kana.as_str().to_owned()),
                person.map_or_else(String::new, |p| p.birth_on.to_string()),
                id(item.patient_id.map(PatientId::uuid)),
                id(item.encounter_id.map(EncounterId::uuid)),
                id(item.notice_id.map(NoticeId::uuid)),
                entry.request_id.to_string(),
                if item.listed { "一覧".to_owned() } else { String::new() },
            ],
        );
    }
    for region in elsewhere {
        let mut fields = HEAD.map(|_| String::new());
        fields[1].clone_from(&name);
        fields[3] = format!("他の地域でも操作しています: {region}(同地域の監査担当者へ)");
        line(&mut csv, fields);
    }
    Ok(csv.into_bytes())
}

/// Each row's record; of the row of a list each of what stood on it.
async fn touched<'a>(app: &App, region_id: RegionId, rows: &'a [AuditRow]) -> Result<Vec<Touched<'a>>, ApiError> {
    let parts: Vec<_> = rows.iter().map(|row| (row, parted(&row.entry.action))).collect();
    let on_lists: BTreeSet<uuid::Uuid> = parts.iter().flat_map(|(_, (_, items))| items.iter().copied()).collect();
    let on_lists: Vec<uuid::Uuid> = on_lists.into_iter().collect();
    let behind = app.store().people_behind(region_id, &on_lists).await?;
    let mut all = Vec::with_capacity(rows.len());
    for (row, (action, items)) in parts {
        let entry = &row.entry;
        if items.is_empty() {
            let (patient_id, encounter_id, notice_id) = (entry.patient_id, entry.encounter_id, entry.notice_id);
            all.push(Touched { row, patient_id, encounter_id, notice_id, listed: false });
        }
        for item in items {
            let (encounter_id, patient_id) = behind.get(&item).copied().unzip();
            // What is no more stands there with its own id.
            let notice = action == Command::ListNotices.name();
            let encounter_id = encounter_id.or_else(|| (!notice).then(|| item.into()));
            let notice_id = notice.then(|| item.into());
            all.push(Touched { row, patient_id, encounter_id, notice_id, listed: true });
        }
        if all.len() > MOST {
            return Err(Refusal::at("since", Fault::OutOfRange).into());
        }
    }
    Ok(all)
}

/// Where else the account acted: asked at its home, the regions in which its organization takes part or did; asked in one of these, its home.
async fn elsewhere(
    app: &App,
    region_id: RegionId,
    account_id: AccountId,
    since: Instant,
    until: Instant,
) -> Result<Vec<String>, ApiError> {
    let Some((organization_id, home)) = app.store().home_of(account_id).await? else { return Ok(Vec::new()) };
    let mut others = vec![home];
    if home == region_id {
        let neighbours = app.store().neighbours().await?;
        let theirs = neighbours.iter().filter(|neighbour| neighbour.organization_id == organization_id);
        others = theirs.map(|neighbour| neighbour.region_id).collect();
    }
    let mut names = Vec::new();
    for other in others {
        let filter = AuditFilter {
            account_id: Some(account_id),
            since: Some(since),
            until: Some(until),
            ..AuditFilter::default()
        };
        if !app.store().audit(other, &filter, 1).await?.is_empty() {
            names.push(app.store().directory(other).await?.region.name.to_string());
        }
    }
    Ok(names)
}

async fn rows(
    app: &App,
    who: &SignedIn,
    account_id: AccountId,
    since: Instant,
    until: Instant,
) -> Result<Vec<AuditRow>, ApiError> {
    let mut rows: Vec<AuditRow> = Vec::new();
    loop {
        let after = rows.last().map(AuditCursor::of);
        let (since, until) = (Some(since), Some(until));
        let filter = AuditFilter { account_id: Some(account_id), since, until, after, ..AuditFilter::default() };
        let page = app.store().audit(who.actor.region_id, &filter, PAGE).await?;
        let last = page.len() < PAGE as usize;
        rows.extend(page);
        if rows.len() > MOST {
            return Err(Refusal::at("since", Fault::OutOfRange).into());
        }
        if last {
            rows.reverse();
            return Ok(rows);
        }
    }
}

/// Every field is text, and none is run by a spreadsheet.
fn line(csv: &mut String, fields: [String; 12]) {
    let quoted = fields.map(|field| format!("\"{}\"", survey::harmless(&field).replace('"', "\"\"")));
    csv.push_str(&quoted.join(","));
    csv.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_spreadsheet_would_run_is_text() {
        let mut csv = String::new();
        let mut fields = HEAD.map(|_| String::new());
        fields[1] = "=HYPERLINK(\"https://evil.example\")".into();
        line(&mut csv, fields);
        assert!(csv.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""), "{csv}");
    }
}
