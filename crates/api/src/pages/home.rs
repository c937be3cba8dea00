//! The first page of each role, and the city's overview.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::WardId;
use domain::access::{Command, reach};
use domain::deadline::{DeadlineRule, Timeliness};
use domain::party::Role;
use serde::Deserialize;
use storage::{EncounterFilter, EncounterLine, NoticeFilter, NoticeLine, OverdueLine, RefusedLine};

use super::shape::{left, notice_row, organization, stay_row, ward};
use super::view::home::{Board, Figure, HospitalRow, Inbox, OverdueRow, Overview, RefusedRow, SetAsideRow, Waiting};
use super::view::words::{self, Badge, Tone};
use super::visit::{Visitor, page};
use super::{admin, staff, trail, visit};
use crate::error::ApiError;
use crate::neighbours::Everywhere;
use crate::run::may_in_region;
use crate::state::App;

/// Stays on one board.
const MOST: u32 = 300;
/// Notices in one inbox.
const LETTERS: u32 = 100;
/// Overdue rows that the city's figures count, and that its lists show.
const COUNTED: u32 = 5000;
/// Days that the figures single out: what is this fresh can still be mended.
const LATELY: i64 = 7;
/// Days for which it is said whose mailbox takes nothing.
const REFUSED: i64 = 30;
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

/// The visitor's stays, what must be told soonest on top.
async fn stays(
    app: &App,
    visitor: &Visitor,
    everywhere: &Everywhere,
    filter: &EncounterFilter,
) -> Result<(Vec<EncounterLine>, usize), ApiError> {
    let found = everywhere.first_due(app, filter, MOST).await?;
    let shown = found.0.iter().map(|line| (line.encounter.region_id, line.encounter.id.uuid()));
    app.store().append_audit(everywhere.audit(app, &visitor.who, Command::ListEncounters, shown)).await?;
    Ok(found)
}

/// What waits for an answer of the visitor's organization; of one ward, if it is asked for.
async fn waiting(
    app: &App,
    visitor: &Visitor,
    everywhere: &Everywhere,
    ward_id: Option<WardId>,
    named: bool,
) -> Result<Waiting, ApiError> {
    let actor = &visitor.who.actor;
    if reach(actor.role, Command::ListNotices).is_none() {
        return Ok(Waiting::default());
    }
    let ours = actor.organization_id;
    let filter = NoticeFilter { recipient_id: Some(ours), ward_id, unanswered_only: true, ..NoticeFilter::default() };
    let (lines, all) = everywhere.waiting(app, &filter, LETTERS).await?;
    let shown = lines.iter().filter(|_| named).map(|line| (line.notice.region_id, line.notice.id.uuid()));
    app.store().append_audit(everywhere.audit(app, &visitor.who, Command::ListNotices, shown)).await?;
    let letter = |line: &NoticeLine| {
        let person = named.then_some((line.patient_name.as_str(), line.patient_kana.as_str()));
        notice_row(&line.notice, everywhere.directory(line.notice.region_id), person, ours)
    };
    Ok(Waiting { rows: lines.iter().map(letter).collect(), all })
}

async fn board(app: &App, visitor: &Visitor, whole: bool) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    let ward_id = actor.ward_id.filter(|_| !whole);
    let hospital_id = Some(actor.organization_id);
    let filter = EncounterFilter { hospital_id, ward_id, open_only: true, ..EncounterFilter::default() };
    let everywhere = Everywhere::of(app, actor).await?;
    let (lines, all) = stays(app, visitor, &everywhere, &filter).await?;
    let hospital = organization(&visitor.directory, actor.organization_id);
    let shown = Board {
        frame: visitor.frame("入院一覧", "Stays"),
        place: ward_id.map_or_else(|| hospital.clone(), |id| format!("{hospital} {}", ward(&visitor.directory, id))),
        whole: ward_id.is_none(),
        has_ward: actor.ward_id.is_some(),
        waiting: waiting(app, visitor, &everywhere, ward_id, true).await?,
        rows: lines.iter().map(|line| stay_row(line, &visitor.directory, visitor.today, actor)).collect(),
        all,
    };
    page(StatusCode::OK, &shown)
}

async fn inbox(app: &App, visitor: &Visitor) -> Result<Response, ApiError> {
    let actor = &visitor.who.actor;
    let office_id = Some(actor.organization_id);
    let everywhere = Everywhere::of(app, actor).await?;
    let filter =
        EncounterFilter { office_id, today: Some(visitor.today), open_only: true, ..EncounterFilter::default() };
    let waiting = waiting(app, visitor, &everywhere, None, true).await?;
    let (lines, all) = stays(app, visitor, &everywhere, &filter).await?;
    let stay =
        |line: &EncounterLine| stay_row(line, everywhere.directory(line.encounter.region_id), visitor.today, actor);
    let shown = Inbox {
        frame: visitor.frame("受信箱", "Inbox"),
        place: organization(&visitor.directory, actor.organization_id),
        waiting,
        stays: lines.iter().map(stay).collect(),
        all,
    };
    page(StatusCode::OK, &shown)
}

/// What a row of the overview is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Missed,
    ShortNotice,
    Unanswered,
}

impl Trouble {
    fn of(line: &OverdueLine) -> Self {
        match (line.deadline.rule, line.deadline.timeliness) {
            (DeadlineRule::Acknowledgement, _) => Self::Unanswered,
            (DeadlineRule::DischargeNotice, Timeliness::Impossible) => Self::ShortNotice,
            (DeadlineRule::DischargeNotice, _) => Self::Missed,
        }
    }
}

async fn city(app: &App, visitor: &Visitor) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::ViewOverview)?;
    let region_id = visitor.who.actor.region_id;
    let mut lines = app.store().overdue(region_id, COUNTED).await?;
    // What was missed lately can still be mended; it stands on top.
    lines.reverse();
    let set_aside = app.store().set_aside_rows(region_id).await?;
    let refused = app.store().refused_mails(region_id, app.now().plus_seconds(-REFUSED * 86_400)).await?;
    visitor.seen(app, Command::ViewOverview, None, None, None).await?;
    let everywhere = Everywhere::of(app, &visitor.who.actor).await?;
    let of = |trouble| lines.iter().filter(move |line| Trouble::of(line) == trouble).collect::<Vec<_>>();
    let (missed, short, letters) = (of(Trouble::Missed), of(Trouble::ShortNotice), of(Trouble::Unanswered));
    let rows = |lines: &[&OverdueLine]| lines.iter().take(LISTED).map(|line| overdue_row(line, visitor)).collect();
    let figure = |ja, en, count, tone| Figure { ja, en, count, lately: None, tone };
    let counted = |ja, en, lines: &[&OverdueLine], tone| {
        let lately = lines.iter().filter(|line| (visitor.today - line.deadline.due_on).num_days() <= LATELY).count();
        Figure { lately: Some(lately), ..figure(ja, en, lines.len(), tone) }
    };
    let shown = Overview {
        frame: visitor.frame("概況", "Overview"),
        region: visitor.directory.region.name.to_string(),
        waiting: waiting(app, visitor, &everywhere, None, false).await?,
        counts: vec![
            counted("期限を過ぎた退院連絡", "discharge notices missed", &missed, Tone::Late),
            figure("急な退院予定で未連絡", "short notice, not told yet", short.len(), Tone::Soon),
            counted("回答のない連絡", "notices unanswered", &letters, Tone::Soon),
            figure("届かなかったメール", "mails not delivered", mails(&refused), Tone::Late),
            figure("自動処理から外れたもの", "set aside", set_aside.len(), Tone::Late),
        ],
        hospitals: by_hospital(&lines, visitor),
        overdue: rows(&missed),
        short_notice: rows(&short),
        unacknowledged: rows(&letters),
        most: LISTED,
        refused: refused.iter().map(|line| refused_row(line, visitor)).collect(),
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
        let row =
            rows.entry(name.clone()).or_insert(HospitalRow { name, missed: 0, short_notice: 0, unacknowledged: 0 });
        match Trouble::of(line) {
            Trouble::Unanswered => row.unacknowledged += 1,
            Trouble::ShortNotice => row.short_notice += 1,
            Trouble::Missed => row.missed += 1,
        }
    }
    rows.into_values().collect()
}

fn overdue_row(line: &OverdueLine, visitor: &Visitor) -> OverdueRow {
    let directory = &visitor.directory;
    let by = directory.organization(line.deadline.organization_id);
    // What was known too late has a day to come, not one that has passed.
    let planned_on = line.deadline.planned_on.filter(|_| Trouble::of(line) == Trouble::ShortNotice);
    let deadline = planned_on.map_or_else(
        || left(line.deadline.due_on, visitor.today),
        |on| Badge::new(Tone::Soon, format!("{} 退院予定", words::day(on)), "planned discharge"),
    );
    OverdueRow {
        hospital: organization(directory, line.hospital_id),
        ward: ward(directory, line.ward_id),
        by: organization(directory, line.deadline.organization_id),
        phone: by.and_then(|o| o.phone.as_ref()).map(ToString::to_string),
        deadline,
    }
}

fn mails(refused: &[RefusedLine]) -> usize {
    refused.iter().filter_map(|line| usize::try_from(line.mails).ok()).sum()
}

fn refused_row(line: &RefusedLine, visitor: &Visitor) -> RefusedRow {
    let directory = &visitor.directory;
    let whose = directory.organization(line.organization_id);
    RefusedRow {
        name: organization(directory, line.organization_id),
        phone: whose.and_then(|o| o.phone.as_ref()).map(ToString::to_string),
        mails: line.mails,
        last: words::day(line.last_at.day()),
    }
}

/// What stands at no known address.
pub(super) async fn nowhere(State(app): State<App>) -> Response {
    let frame = visit::outside(&app, "見つかりません", "Not found");
    visit::wrong(&domain::Fault::NotFound.into(), frame, String::new(), None)
}
