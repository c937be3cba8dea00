//! 漏えい等の報告のための一覧: everything that one account touched between two instants, for the report that is due within 3–5 days.
//!
//! It names people, because whoever is concerned has to be told; each of them is on the trail as exported. A list or a search that named
//! nobody in the trail stands there as itself, without a person: who stood on it has to be worked out from the stays of that day.

use std::collections::{BTreeSet, HashMap};

use domain::access::Command;
use domain::changes::AuditEntry;
use domain::patient::Patient;
use domain::{AccountId, Fault, Instant, PatientId, Refusal};
use storage::{AuditCursor, AuditFilter, AuditRow};

use crate::error::ApiError;
use crate::run::may_in_region;
use crate::session::SignedIn;
use crate::state::App;

const PAGE: u32 = 2_000;
/// More than one person does in a year; a longer time is asked for in parts.
const MOST: usize = 200_000;

const HEAD: [&str; 11] = [
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
];

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
    let rows = touched(app, who, account_id, since, until).await?;
    let people: BTreeSet<PatientId> = rows.iter().filter_map(|row| row.entry.patient_id).collect();
    let people: Vec<PatientId> = people.into_iter().collect();
    let known = app.store().patients(region_id, &people).await?;
    let known: HashMap<PatientId, Patient> = known.into_iter().map(|patient| (patient.id, patient)).collect();
    let directory = app.store().directory(region_id).await?;
    let entry = || who.audit_entry(app.now(), Command::ExportAudit.name());
    let mut audit: Vec<AuditEntry> = people.iter().map(|id| AuditEntry { patient_id: Some(*id), ..entry() }).collect();
    if audit.is_empty() {
        audit.push(entry());
    }
    app.store().append_audit(audit).await?;

    let mut csv = String::from('\u{FEFF}');
    line(&mut csv, HEAD.map(str::to_owned));
    for row in &rows {
        let entry = &row.entry;
        let person = entry.patient_id.and_then(|id| known.get(&id));
        let organization = entry.organization_id.and_then(|id| directory.organization(id));
        let id = |id: Option<uuid::Uuid>| id.map_or_else(String::new, |id| id.to_string());
        line(
            &mut csv,
            [
                entry.at.local().format("%Y-%m-%d %H:%M:%S").to_string(),
                name.clone(),
                organization.map_or_else(String::new, |o| o.name.to_string()),
                entry.action.clone(),
                person.map_or_else(String::new, |p| p.name.to_string()),
                person.map_or_else(String::new, |p| p.kana.as_str().to_owned()),
                person.map_or_else(String::new, |p| p.birth_on.to_string()),
                id(entry.patient_id.map(PatientId::uuid)),
                id(entry.encounter_id.map(domain::EncounterId::uuid)),
                id(entry.notice_id.map(domain::NoticeId::uuid)),
                entry.request_id.to_string(),
            ],
        );
    }
    Ok(csv.into_bytes())
}

async fn touched(
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
fn line(csv: &mut String, fields: [String; 11]) {
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
