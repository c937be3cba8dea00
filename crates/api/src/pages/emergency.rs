//! 緊急閲覧: the form with which somebody without relation opens a record in an emergency.

use axum::extract::State;
use axum::response::Response;
use domain::access::Command;
use domain::patient::InsuredNumber;
use domain::refusal::{FaultKind, Faults};
use domain::text::{Kana, Line};
use domain::{Fault, Refusal};

use super::view::admin::Emergency;
use super::view::form::{Form, FormError};
use super::view::typed::{Typed, parse_day};
use super::visit::{Post, Visitor, leads_to, onward, page};
use crate::emergency::{Wanted, open};
use crate::error::ApiError;
use crate::run::{may_in_region, run};
use crate::state::App;

pub(super) async fn form(State(app): State<App>, visitor: Visitor) -> Response {
    let form = visitor.form(&app, "/emergency", Typed::default());
    visitor.answer(shown(&app, &visitor, form))
}

fn shown(app: &App, visitor: &Visitor, form: Form) -> Result<Response, ApiError> {
    may_in_region(&visitor.who.actor, Command::BreakGlass)?;
    let minutes = app.settings().break_glass_minutes;
    let shown = Emergency { frame: visitor.frame("緊急閲覧", "Emergency access"), minutes, form };
    page(shown.form.status, &shown)
}

fn parse(typed: &Typed) -> Result<(Wanted, Line), Refusal> {
    let mut faults = Faults::default();
    let reason = Line::parse(typed.get("reason"));
    let reason = faults.take("reason", reason.map_err(|f| if f == Fault::Missing { Fault::ReasonMissing } else { f }));
    let number = typed.get("insured_number").trim();
    let wanted = if number.is_empty() {
        let kana = faults.take("kana", Kana::parse(typed.get("kana")));
        let birth_on = faults.take("birth_on", parse_day(typed.get("birth_on")));
        kana.zip(birth_on).map(|(kana, birth_on)| Wanted::Born { kana, birth_on })
    } else {
        faults.take("insured_number", InsuredNumber::parse(number)).map(Wanted::Insured)
    };
    faults.check()?;
    wanted.zip(reason).ok_or_else(|| Fault::Missing.into())
}

pub(super) async fn break_glass(State(app): State<App>, post: Post) -> Response {
    post.answer(opened(&app, &post).await)
}

async fn opened(app: &App, post: &Post) -> Result<Response, ApiError> {
    may_in_region(&post.visitor.who.actor, Command::BreakGlass)?;
    let mut form = post.form(app, "/emergency");
    if !post.typed.wants_sending() {
        return shown(app, &post.visitor, form);
    }
    let sent = match parse(&post.typed) {
        Err(refusal) => Err(refusal.into()),
        Ok((wanted, reason)) => {
            let sender = post.sender(None);
            let decide = async || {
                let (changes, opened) = open(app, &post.visitor.who, &wanted, &reason).await?;
                let to = match opened.stays.first() {
                    Some(stay) => format!("/encounters/{stay}?done=opened"),
                    None => format!("/patients/{}?done=opened", opened.glass.patient_id),
                };
                Ok((changes, leads_to(to)))
            };
            run(app, &sender, decide).await
        }
    };
    match sent {
        Ok(answer) => Ok(onward(answer)),
        Err(ApiError::Refused(refusal)) if refusal.kind() == FaultKind::NotFound => {
            let message = "その読みと生年月日の方は見つかりません。被保険者番号でもお試しください。";
            form.errors.push(FormError::new(
                "",
                message,
                "nobody of that reading and birth date; try the insured number",
            ));
            form.status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
            shown(app, &post.visitor, form)
        }
        Err(error) => shown(app, &post.visitor, form.refused(app, error)?),
    }
}
