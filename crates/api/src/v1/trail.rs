//! 監査: the trail by person, account and time; the reviews of its months; what one account touched.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::access::Command;
use domain::changes::{AuditEntry, Changes};
use domain::survey::Month;
use domain::text::Prose;
use domain::trail::{AuditReview, parted};
use domain::{AccountId, Fault, Ids, Instant, PatientId, Refusal, RegionId};
use serde::{Deserialize, Serialize};
use storage::{AuditCursor, AuditFilter};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::reply::{Reply, Shown, Window};
use super::wire::{instant, optional};
use super::write::{Ask, Write};
use crate::error::ApiError;
use crate::incident;
use crate::run::{Answer, may_in_region, run};
use crate::session::SignedIn;
use crate::state::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(audit))
        .routes(routes!(incident_csv))
        .routes(routes!(list_reviews, review_audit))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only about this person.
    #[param(value_type = Option<Uuid>)]
    patient_id: Option<PatientId>,
    /// Only of this account.
    #[param(value_type = Option<Uuid>)]
    account_id: Option<AccountId>,
    /// Only from this instant on.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Only before this instant.
    #[param(format = DateTime)]
    until: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the answer before.
    #[param(pattern = "^[0-9a-f]{64}$")]
    after: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AuditPage {
    /// The newest first.
    rows: Vec<AuditRowView>,
    /// Behind the last row; null at the end.
    next: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AuditRowView {
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Null: the service itself.
    account_id: Option<Uuid>,
    account_name: Option<String>,
    organization_id: Option<Uuid>,
    patient_id: Option<Uuid>,
    encounter_id: Option<Uuid>,
    notice_id: Option<Uuid>,
    action: String,
    /// Of a list that was looked at: the stays or notices that stood on it.
    listed: Vec<Uuid>,
    request_id: Uuid,
    /// The chain that the row stands in, and its place there.
    writer_id: Uuid,
    seq: i64,
}

/// Who did what to whose record. The look is on the trail itself.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = AuditPage)))]
async fn audit(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<AuditQuery>,
) -> Result<Shown<AuditPage>, ApiError> {
    may_in_region(&who.actor, Command::ViewAudit)?;
    let limit = Window::of(asked.limit, None)?.limit;
    let at =
        |field, text: &Option<String>| optional(text.as_deref(), instant).map_err(|fault| Refusal::at(field, fault));
    let (since, until) = (at("since", &asked.since)?, at("until", &asked.until)?);
    let wrong = || ApiError::Malformed { field: "after".into(), code: "not_a_known_value" };
    let after = asked.after.as_deref().map(|text| AuditCursor::parse(text).ok_or_else(wrong)).transpose()?;
    let (patient_id, account_id) = (asked.patient_id, asked.account_id);
    let filter = AuditFilter { patient_id, account_id, since, until, after };
    let found = app.store().audit(who.actor.region_id, &filter, limit).await?;
    let accounts: Vec<_> = found.iter().filter_map(|row| row.entry.account_id).collect();
    let names = app.store().accounts_named(&accounts).await?;
    let looked = AuditEntry { patient_id, ..who.audit_entry(app.now(), Command::ViewAudit.name()) };
    app.store().append_audit(vec![looked]).await?;
    let next = found.last().filter(|_| found.len() >= limit as usize).map(|row| AuditCursor::of(row).to_string());
    let name_of = |id: AccountId| names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone());
    let view = |row: storage::AuditRow| {
        let (action, listed) = parted(&row.entry.action);
        AuditRowView {
            at: row.entry.at,
            account_id: row.entry.account_id.map(AccountId::uuid),
            account_name: row.entry.account_id.and_then(name_of),
            organization_id: row.entry.organization_id.map(domain::OrganizationId::uuid),
            patient_id: row.entry.patient_id.map(PatientId::uuid),
            encounter_id: row.entry.encounter_id.map(domain::EncounterId::uuid),
            notice_id: row.entry.notice_id.map(domain::NoticeId::uuid),
            action: action.to_owned(),
            listed,
            request_id: row.entry.request_id.uuid(),
            writer_id: row.writer_id,
            seq: row.seq,
        }
    };
    Ok(Shown(AuditPage { rows: found.into_iter().map(view).collect(), next }, None))
}

/// Whose doings, between which instants.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct IncidentQuery {
    #[param(value_type = Uuid)]
    account_id: AccountId,
    #[param(format = DateTime)]
    since: String,
    /// The first instant that no longer counts.
    #[param(format = DateTime)]
    until: String,
}

/// All persons and items that an account touched, for the report of a leak. Names people; each is on the trail as exported.
#[utoipa::path(
    get, path = "/api/v1/audit/incident.csv", tag = "audit", params(IncidentQuery),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "No such account.", body = crate::error::Problem, content_type = "application/problem+json"),
    )
)]
async fn incident_csv(
    State(app): State<App>,
    who: SignedIn,
    Ask(asked): Ask<IncidentQuery>,
) -> Result<Response, ApiError> {
    may_in_region(&who.actor, Command::ExportAudit)?;
    let at = |field, text: &str| instant(text).map_err(|fault| Refusal::at(field, fault));
    let (since, until) = (at("since", &asked.since)?, at("until", &asked.until)?);
    Ok(spreadsheet(incident::csv(&app, &who, asked.account_id, since, until).await?))
}

/// A CSV to be saved, kept by no cache.
pub(crate) fn spreadsheet(csv: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"incident.csv\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, csv).into_response()
}

#[derive(Debug, Serialize, ToSchema)]
struct ReviewView {
    id: Uuid,
    /// `YYYYMM`.
    month: i32,
    remark: String,
    #[schema(value_type = String, format = DateTime)]
    reviewed_at: Instant,
    reviewed_by: Uuid,
    reviewer_name: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReviewList {
    /// The newest first.
    reviews: Vec<ReviewView>,
}

/// 点検: which months of the trail were looked through, by whom, and what was found.
#[utoipa::path(get, path = "/api/v1/audit/reviews", tag = "audit", responses((status = 200, body = ReviewList)))]
async fn list_reviews(State(app): State<App>, who: SignedIn) -> Result<Shown<ReviewList>, ApiError> {
    may_in_region(&who.actor, Command::ViewAudit)?;
    let reviews = app.store().audit_reviews(who.actor.region_id).await?;
    let people: Vec<_> = reviews.iter().map(|review| review.reviewed_by).collect();
    let names = app.store().accounts_named(&people).await?;
    app.store().append_audit(vec![who.audit_entry(app.now(), Command::ViewAudit.name())]).await?;
    let view = |review: AuditReview| ReviewView {
        id: review.id.uuid(),
        month: review.month.number(),
        remark: review.remark.to_string(),
        reviewed_at: review.reviewed_at,
        reviewed_by: review.reviewed_by.uuid(),
        reviewer_name: names.iter().find(|(id, _)| *id == review.reviewed_by).map(|(_, name)| name.clone()),
    };
    Ok(Shown(ReviewList { reviews: reviews.into_iter().map(view).collect() }, None))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReviewBody {
    /// `YYYYMM`; not a month to come.
    #[schema(minimum = 190_001, maximum = 219_912, example = 202_610)]
    month: i32,
    /// What was found, and what is done about it.
    #[schema(min_length = 1, max_length = 2000)]
    remark: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ReviewKeptView {
    id: Uuid,
    month: i32,
}

/// Records that the trail of a month was looked through.
#[utoipa::path(
    post, path = "/api/v1/audit/reviews", tag = "audit", request_body = ReviewBody, responses((status = 201, body = ReviewKeptView))
)]
async fn review_audit(
    State(app): State<App>,
    who: SignedIn,
    Write { body, key, if_match }: Write<ReviewBody>,
) -> Result<Reply, ApiError> {
    may_in_region(&who.actor, Command::ReviewAudit)?;
    let month = Month::from_number(body.month).ok_or_else(|| Refusal::at("month", Fault::NotADate))?;
    let remark = Prose::parse(&body.remark).map_err(|fault| Refusal::at("remark", fault))?;
    let sender = who.sender(key, if_match);
    let decide = || async {
        let review = reviewed(&app, who.actor.region_id, &who, month, remark.clone())?;
        let view = ReviewKeptView { id: review.id.uuid(), month: month.number() };
        Ok((kept(&app, &who, review), Answer::json(StatusCode::CREATED, &view)))
    };
    run(&app, &sender, decide).await.map(Reply)
}

/// The row of a review, if that month has begun and something is said of it.
pub(crate) fn reviewed(
    app: &App,
    region_id: RegionId,
    who: &SignedIn,
    month: Month,
    remark: Prose,
) -> Result<AuditReview, Refusal> {
    let now = app.now();
    if month > Month::of(now.day()) {
        return Err(Refusal::at("month", Fault::InTheFuture));
    }
    if remark.is_empty() {
        return Err(Refusal::at("remark", Fault::Missing));
    }
    let id = Ids::new(now, app.seed()).next();
    Ok(AuditReview { id, region_id, month, remark, reviewed_at: now, reviewed_by: who.actor.account_id })
}

pub(crate) fn kept(app: &App, who: &SignedIn, review: AuditReview) -> Changes {
    let audit = vec![who.audit_entry(app.now(), Command::ReviewAudit.name())];
    Changes { review: Some(review), audit, ..Changes::default() }
}
