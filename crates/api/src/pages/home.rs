//! The first page of each role, and the city's overview.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::access::Command;
use domain::deadline::DeadlineRule;
use domain::party::Role;
use serde::Deserialize;
use storage::{EncounterFilter, EncounterLine, NoticeFilter, OverdueLine};

use super::shape::{deadline_badge, notice_row, organization, stay_row, ward};
use super::view::home::{Board, Figure, HospitalRow, Inbox, OverdueRow, Overview, SetAsideRow};
use super::view::words::{self, Tone};
use super::visit::{Visitor, page};
use super::{admin, staff, trail, visit};
use crate::error::ApiError;
use crate::neighbours::Everywhere;
use crate::run::may_in_region;
use crate::state::App;

/// Stays on one board.
const MOST: u32 = 300;
/// Overdue rows that the city's figures count, and that its lists show.
const COUNTED: u32 = 5000;
/// Days that the figures single out: what is this fresh can still be mended.
const LATELY: i64 = 7;
const LISTED: usize = 20;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// The whole hospital instead of one's own ward.
    #[serde(default)]
    whole: String,
}

pub(super) async fn home(State(app): State<App>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let shown = match visitor.who.actor.role {
        Role::WardStaff | Role::Coordinator => board(&app, &visitor, asked.whole == "yes").await,
        Role::CareManager => inbox(&app, &visitor).await,
        Role::Municipality => city(&app, &visitor).await,
        Role::Auditor => trail::audit_page(&app, &visitor, &trail::Asked::default()).await,
        Role::Administrator => admin::calendar_page(&app, &visitor, None).await,
        Role::OrganizationAdministrator => staff::people_page(&app, &visitor, None).await,
    };
    visitor.answer(shown)
}

pub(super) async fn overview(State(app): State<App>, visitor: Visitor) -> Response {
    visitor.answer(city(&app, &visitor).await)
}

async fn stays(
    app: &App,
    visitor: &Visitor,
    everywhere: &Everywhere,
    filter: &EncounterFilter,
) -> Result<Vec<EncounterLine>, ApiError> {
    let mut lines = everywhere.encounters(app, filter, None, MOST).await?;
    // What must be told soonest stands on top; what has no deadline follows, the oldest stay first.
    lines.sort_by_key(|line| {
        let due = line.deadline.as_ref().map_or(chrono::NaiveDate::MAX, |deadline| deadline.due_on);
        (due, line.encounter.admitted_at)
    });
    let shown = lines.iter().map(|line| (line.encounter.region_id, line.encounter.id.uuid()));
    app.store().append_audit(everywhere.audit(app, &visitor.who, Command::ListEncounters, shown)).await?;
    Ok(lines)
}

async fn board(app: &App, visitor: &Visitor, whole: bool) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    let ward_id = actor.ward_id.filter(|_| !whole);
    let hospital_id = Some(actor.organization_id);
    let filter = EncounterFilter { hospital_id, ward_id, open_only: true, ..EncounterFilter::default() };
    let everywhere = Everywhere::of(app, actor).await?;
    let lines = stays(app, visitor, &everywhere, &filter).await?;
    let hospital = organization(&visitor.directory, actor.organization_id);
    let shown = Board {
        frame: visitor.frame("入院一覧", "Stays"),
        place: ward_id.map_or_else(|| hospital.clone(), |id| format!("{hospital} {}", ward(&visitor.directory, id))),
        whole: ward_id.is_none(),
        has_ward: actor.ward_id.is_some(),
        cut: lines.len() >= MOST as usize,
        rows: lines.iter().map(|line| stay_row(line, &visitor.directory, visitor.today, actor.role)).collect(),
    };
    page(StatusCode::OK, &shown)
}

async fn inbox(app: &App, visitor: &Visitor) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    let ours = Some(actor.organization_id);
    let unanswered = NoticeFilter { recipient_id: ours, unanswered_only: true, ..NoticeFilter::default() };
    let everywhere = Everywhere::of(app, actor).await?;
    let mut waiting = everywhere.notices(app, &unanswered, None, 100).await?;
    let shown = waiting.iter().map(|line| (line.notice.region_id, line.notice.id.uuid()));
    app.store().append_audit(everywhere.audit(app, &visitor.who, Command::ListNotices, shown)).await?;
    waiting.reverse();
    let filter =
        EncounterFilter { office_id: ours, today: Some(visitor.today), open_only: true, ..EncounterFilter::default() };
    let lines = stays(app, visitor, &everywhere, &filter).await?;
    let letter = |line: &storage::NoticeLine| {
        let person = (line.patient_name.as_str(), line.patient_kana.as_str());
        notice_row(&line.notice, everywhere.directory(line.notice.region_id), Some(person))
    };
    let stay = |line: &EncounterLine| {
        stay_row(line, everywhere.directory(line.encounter.region_id), visitor.today, actor.role)
    };
    let shown = Inbox {
        frame: visitor.frame("受信箱", "Inbox"),
        place: organization(&visitor.directory, actor.organization_id),
        waiting: waiting.iter().map(letter).collect(),
        stays: lines.iter().map(stay).collect(),
    };
    page(StatusCode::OK, &shown)
}

async fn city(app: &App, visitor: &Visitor) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ViewOverview)?;
    let region_id = visitor.who.actor.region_id;
    let mut lines = app.store().overdue(region_id, COUNTED).await?;
    // What was missed lately can still be mended; it stands on top.
    lines.reverse();
    let set_aside = app.store().set_aside_rows(region_id).await?;
    visitor.seen(app, Command::ViewOverview, None, None, None).await?;
    let (discharges, letters): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.deadline.rule == DeadlineRule::DischargeNotice);
    let row = |line: &&OverdueLine| overdue_row(line, visitor);
    let figure = |ja, en, count, tone| Figure { ja, en, count, lately: None, tone };
    let counted = |ja, en, lines: &[&OverdueLine], tone| {
        let lately = lines.iter().filter(|line| (visitor.today - line.deadline.due_on).num_days() <= LATELY).count();
        Figure { lately: Some(lately), ..figure(ja, en, lines.len(), tone) }
    };
    let shown = Overview {
        frame: visitor.frame("概況", "Overview"),
        region: visitor.directory.region.name.to_string(),
        counts: vec![
            counted("期限を過ぎた退院連絡", "discharge notices missed", &discharges, Tone::Late),
            counted("回答のない連絡", "notices unanswered", &letters, Tone::Soon),
            figure("自動処理から外れたもの", "set aside", set_aside.len(), Tone::Late),
        ],
        hospitals: by_hospital(&lines, visitor),
        overdue: discharges.iter().take(LISTED).map(row).collect(),
        unacknowledged: letters.iter().take(LISTED).map(row).collect(),
        most: LISTED,
        set_aside: set_aside
            .into_iter()
            .map(|deadline| SetAsideRow {
                rule: words::rule(deadline.rule).0,
                due: words::day(deadline.due_on),
                reason: deadline.set_aside.unwrap_or_default(),
                id: deadline.encounter_id.to_string(),
            })
            .collect(),
    };
    page(StatusCode::OK, &shown)
}

fn by_hospital(lines: &[OverdueLine], visitor: &Visitor) -> Vec<HospitalRow> {
    let mut rows = BTreeMap::<String, HospitalRow>::new();
    for line in lines {
        let name = organization(&visitor.directory, line.hospital_id);
        let row = rows.entry(name.clone()).or_insert(HospitalRow { name, missed: 0, unacknowledged: 0 });
        match line.deadline.rule {
            DeadlineRule::Acknowledgement => row.unacknowledged += 1,
            DeadlineRule::DischargeNotice => row.missed += 1,
        }
    }
    rows.into_values().collect()
}

fn overdue_row(line: &OverdueLine, visitor: &Visitor) -> OverdueRow {
    let directory = &visitor.directory;
    let by = directory.organization(line.deadline.organization_id);
    let mut deadline = deadline_badge(&line.deadline, visitor.today);
    deadline.ja = words::countdown(line.deadline.due_on, visitor.today);
    OverdueRow {
        hospital: organization(directory, line.hospital_id),
        ward: ward(directory, line.ward_id),
        by: organization(directory, line.deadline.organization_id),
        phone: by.and_then(|o| o.phone.as_ref()).map(ToString::to_string),
        deadline,
    }
}

/// What stands at no known address.
pub(super) async fn nowhere(State(app): State<App>) -> Response {
    let frame = visit::outside(&app, "見つかりません", "Not found");
    visit::wrong(&domain::Fault::NotFound.into(), frame, String::new(), None)
}
