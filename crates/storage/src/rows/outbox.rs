//! 配信 and its attempts.

use domain::RequestId;
use domain::delivery::{Attempt, Delivery, DeliveryState, Response};
use uuid::Uuid;

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{At, Id, Int, Json, Text};
use crate::table::{Rows, Table};

pub(crate) static DELIVERY: Table = Table::new(
    "delivery",
    &[
        ("id", Id),
        ("region_id", Id),
        ("organization_id", Id),
        ("encounter_id", Id),
        ("notice_id", Id),
        ("warning_id", Id),
        ("email", Text),
        ("letter", Json),
        ("state", Text),
        ("attempts", Int),
        ("next_attempt_at", At),
        ("finished_at", At),
        ("created_at", At),
        ("request_id", Id),
    ],
    &["id"],
);

/// `request`: that of the changes which the delivery comes with.
pub(crate) fn write_delivery(rows: &mut Rows, d: &Delivery, request: Option<RequestId>) {
    let (state, attempts, next_attempt_at, finished_at) = delivery_columns(&d.state);
    rows.row(|r| {
        r.id(d.id).id(d.region_id).id(d.organization_id).maybe_id(d.encounter_id).maybe_id(d.notice_id);
        r.maybe_id(d.warning_id).word(&d.to).nested(&d.letter).text(state).int(attempts).maybe_at(next_attempt_at);
        r.maybe_at(finished_at).at(d.created_at).maybe_id(request);
    });
}

/// State, attempts, next attempt, finish.
pub(crate) const fn delivery_columns(
    state: &DeliveryState,
) -> (&'static str, i64, Option<domain::Instant>, Option<domain::Instant>) {
    match *state {
        DeliveryState::Pending { next_attempt_at, attempts } => ("pending", attempts, Some(next_attempt_at), None),
        DeliveryState::Delivered { at, attempts } => ("delivered", attempts, None, Some(at)),
        DeliveryState::GivenUp { at, attempts } => ("given_up", attempts, None, Some(at)),
    }
}

pub(crate) fn read_delivery(row: &Row) -> Result<Delivery, StoreError> {
    let mut c = DELIVERY.cursor(row);
    let (id, region_id, organization_id) = (c.id()?, c.id()?, c.id()?);
    let (encounter_id, notice_id, warning_id) = (c.maybe_id()?, c.maybe_id()?, c.maybe_id()?);
    let (to, letter) = (c.text()?, c.nested()?);
    let state: String = c.get()?;
    let attempts = c.get()?;
    let state = match (state.as_str(), c.maybe_at()?, c.maybe_at()?) {
        ("pending", Some(next_attempt_at), None) => DeliveryState::Pending { next_attempt_at, attempts },
        ("delivered", None, Some(at)) => DeliveryState::Delivered { at, attempts },
        ("given_up", None, Some(at)) => DeliveryState::GivenUp { at, attempts },
        _ => return Err(c.inconsistent("state")),
    };
    let created_at = c.at()?;
    Ok(Delivery { id, region_id, organization_id, encounter_id, notice_id, warning_id, to, letter, state, created_at })
}

/// None: an older version wrote the delivery.
pub(crate) fn request_of_delivery(row: &Row) -> Result<Option<RequestId>, StoreError> {
    Ok(row.get::<Option<Uuid>>(place_in_delivery("request_id"))?.map(RequestId::from))
}

pub(crate) fn place_in_delivery(column: &str) -> usize {
    DELIVERY.columns.iter().position(|(name, _)| *name == column).unwrap_or_default()
}

pub(crate) static ATTEMPT: Table = Table::new(
    "attempt",
    &[
        ("delivery_id", Id),
        ("id", Id),
        ("region_id", Id),
        ("attempted_at", At),
        ("response", Text),
        ("code", Int),
        ("detail", Text),
    ],
    &["delivery_id", "id"],
)
.derive("region_id", "(SELECT d.region_id FROM delivery AS d WHERE d.id = r.delivery_id)");

pub(crate) fn write_attempt(rows: &mut Rows, a: &Attempt) {
    let (name, code, detail) = match &a.response {
        Response::Ok => ("ok", None, None),
        Response::TransientError { code, detail } => ("transient_error", *code, Some(detail.as_str())),
        Response::FatalError { code, detail } => ("fatal_error", *code, Some(detail.as_str())),
    };
    rows.row(|r| {
        r.id(a.delivery_id).id(a.id).at(a.attempted_at).text(name).maybe_int(code.map(i64::from)).maybe_text(detail);
    });
}

pub(crate) fn read_attempt(row: &Row) -> Result<Attempt, StoreError> {
    let mut c = ATTEMPT.cursor(row);
    let (delivery_id, id) = (c.id()?, c.id()?);
    c.skip();
    let attempted_at = c.at()?;
    let name: String = c.get()?;
    let code = c.get::<Option<i64>>()?.map(u16::try_from).transpose().map_err(|_| c.inconsistent("code"))?;
    let response = match (name.as_str(), code, c.get::<Option<String>>()?) {
        ("ok", None, None) => Response::Ok,
        ("transient_error", code, Some(detail)) => Response::TransientError { code, detail },
        ("fatal_error", code, Some(detail)) => Response::FatalError { code, detail },
        _ => return Err(c.inconsistent("response")),
    };
    Ok(Attempt { id, delivery_id, attempted_at, response })
}
