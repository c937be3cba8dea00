//! The filing form: planned day, screening, notice, in one command.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use domain::access::Command;
use domain::agreement::Agreement;
use domain::case::Case;
use domain::decide::{Context, Decision, NewFiling, recipient_of};
use domain::encounter::EncounterState;
use domain::refusal::Faults;
use domain::screening::AdvisedDecision;
use domain::text::{Line, Prose};
use domain::{EncounterId, Fault, NoticeId, Refusal};
use rules::{Answer as Tick, Answers, Facts, Outcome, OutcomeKind, Tier};

use super::consent;
use super::shape;
use super::stays::place;
use super::view::filing::{CriterionRow, DetailTick, Filing, RecipientCard, Verdict};
use super::view::form::{Choice, Form, FormError};
use super::view::typed::{Typed, parse_day};
use super::view::words::{self, Tone};
use super::visit::{Post, Visitor, id, leads_to, onward, page};
use crate::error::ApiError;
use crate::run::{Ground, on_case, read_case};
use crate::state::App;

pub(super) async fn form(State(app): State<App>, visitor: Visitor, Path(wanted): Path<String>) -> Response {
    let shown = async {
        let case = readable(&app, &visitor, &wanted).await?;
        let form = visitor.form(&app, format!("/encounters/{wanted}/file"), suggested(&app, &visitor, &case)?);
        filing(&app, &visitor, &case, form).await
    };
    visitor.answer(shown.await)
}

async fn readable(app: &App, visitor: &Visitor, wanted: &str) -> Result<Case, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let case = read_case(app, &visitor.who.actor, encounter_id, Command::File).await?;
    visitor.seen(app, Command::ViewEncounter, Some(case.patient.id), Some(encounter_id), None).await?;
    Ok(case)
}

/// What is known already: the planned day, and the answers given before under this edition.
fn suggested(app: &App, visitor: &Visitor, case: &Case) -> Result<Typed, ApiError> {
    let mut typed = Typed::default();
    if let EncounterState::DischargePlanned { planned_on } = case.encounter.state {
        typed = typed.with("planned_on", planned_on.to_string());
    }
    let edition = &app.agreement(&visitor.directory)?.edition;
    let Some(before) = case.screening().filter(|screening| screening.edition == *edition) else { return Ok(typed) };
    for (criterion, answer) in &before.answers.criteria {
        typed = typed.with(&format!("c.{criterion}"), if *answer == Tick::Yes { "yes" } else { "no" });
    }
    for detail in &before.answers.details {
        typed = typed.with("detail", detail.as_str());
    }
    Ok(typed)
}

/// The ticks of the form; with "the rest: no", what is unanswered is a no.
fn answers(typed: &Typed, agreement: &Agreement) -> Answers {
    let mut answers = Answers::new();
    let details: Vec<_> = typed.all("detail").collect();
    for criterion in agreement.checklist.criteria() {
        let id = criterion.id.as_str();
        let detailed = criterion.details.iter().any(|detail| details.contains(&detail.id.as_str()));
        answers = match typed.get(&format!("c.{id}")) {
            "yes" => answers.yes(id),
            "no" => answers.no(id),
            _ if typed.is_ticked("rest_no") && !detailed => answers.no(id),
            _ => answers,
        };
    }
    details.into_iter().fold(answers, Answers::detail)
}

fn verdict(typed: &Typed, context: &Context<'_>, case: &Case, facts: &Facts) -> Verdict {
    let agreement = context.agreement;
    let outcome = agreement.checklist.screen(&answers(typed, agreement), facts);
    Verdict {
        outcome: shape::outcome(&outcome),
        reasons: shape::reasons(&outcome),
        missing: open_numbers(&outcome, agreement),
        advice: advice(outcome.kind()),
        decide: outcome.kind() == OutcomeKind::NoticeAdvised,
        deadline: parse_day(typed.get("planned_on")).ok().map(|day| deadline(day, case, context)),
    }
}

/// The numbers of the criteria that still want an answer, by tier: 退院調整が必要な患者 1〜3、5.
fn open_numbers(outcome: &Outcome, agreement: &Agreement) -> Vec<(String, String)> {
    let tiers = [
        (Tier::Required, "退院調整が必要な患者", "one hit is enough"),
        (Tier::Advised, "注意が必要な患者", "as the situation asks"),
    ];
    let of_tier = |(tier, name, en): (Tier, &str, &str)| {
        let criteria = agreement.checklist.criteria().iter().filter(|criterion| criterion.tier == tier);
        let open = |(_, criterion): &(usize, &rules::Criterion)| {
            outcome.missing().iter().any(|missing| missing.criterion == criterion.id)
        };
        let numbers: Vec<_> = criteria.enumerate().filter(open).map(|(place, _)| place + 1).collect();
        (!numbers.is_empty()).then(|| (format!("{name} {}", ranges(&numbers)), en.to_owned()))
    };
    tiers.into_iter().filter_map(of_tier).collect()
}

/// 1〜3、5.
fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let words = |(first, last): (usize, usize)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}〜{last}"),
    };
    runs.into_iter().map(words).collect::<Vec<_>>().join("、")
}

const fn advice(kind: OutcomeKind) -> (&'static str, &'static str) {
    match kind {
        OutcomeKind::NoticeRequired => (
            "ケアマネジャーまたは地域包括支援センターへの連絡が必要です。",
            "The care manager or the support centre must be told.",
        ),
        OutcomeKind::NoticeAdvised => (
            "状況に応じて連絡します。連絡するかどうかを選び、その理由を書いてください。",
            "Tell as the situation asks: choose, and write why.",
        ),
        OutcomeKind::NotRequired => (
            "この基準では、連絡は必要ありません。送信すると、判定と退院予定日だけを記録します。",
            "Nobody has to be told; sending keeps the outcome and the day.",
        ),
        OutcomeKind::Incomplete => (
            "答えていない項目があります。当てはまるものに「はい」を付けてください。",
            "Some are not answered: tick what applies.",
        ),
    }
}

/// Until when the day must be told, as a sentence.
fn deadline(planned_on: NaiveDate, case: &Case, context: &Context<'_>) -> (String, String, Tone) {
    let office = recipient_of(case, context).ok().and_then(|to| context.directory.organization(to.organization_id));
    let hours = office.map(|o| o.hours.clone()).unwrap_or_default();
    let due_on = context.agreement.discharge_notice.period.due_on(planned_on, context.calendar, &hours);
    let today = context.now.day();
    if due_on < today {
        let en = "it was due before: send at once".to_owned();
        return (format!("{}まででした。すぐに送ってください", words::day(due_on)), en, Tone::Late);
    }
    (words::countdown(due_on, today), words::countdown_en(due_on, today), words::nearness(due_on, today))
}

async fn filing(app: &App, visitor: &Visitor, case: &Case, form: Form) -> Result<Response, ApiError> {
    let ground = Ground::of(app, &visitor.who.actor).await?;
    let sender = visitor.who.sender(None, None);
    let context = ground.context(app, &sender)?;
    let facts = Decision::over(context, case.clone()).facts();
    let to = recipient_of(case, &context).ok().map(|to| to.organization_id);
    let rows = |tier| rows(&form, context.agreement, tier, &facts);
    let shown = Filing {
        frame: visitor.frame("退院連絡", "Planned discharge notice"),
        id: case.encounter.id.to_string(),
        person: shape::person_card(&case.patient, visitor.today),
        place: place(case, visitor),
        edition: context.agreement.edition.clone(),
        required: rows(Tier::Required),
        advised: rows(Tier::Advised),
        verdict: verdict(&form.typed, &context, case, &facts),
        recipient: recipient(case, &context),
        consent: consent::note(case, visitor, to, &form, context.now),
        form,
    };
    page(shown.form.status, &shown)
}

fn recipient(case: &Case, context: &Context<'_>) -> Result<RecipientCard, String> {
    let found = recipient_of(case, context).map_err(|fault| fault.ja())?;
    let office = context.directory.organization(found.organization_id);
    let office_name = shape::organization(context.directory, found.organization_id);
    let manager = found.care_manager_id.and_then(|id| context.directory.care_manager(id));
    let (because, because_en) = found.because.wording();
    Ok(RecipientCard {
        name: manager.map_or_else(|| office_name.clone(), |m| m.name.to_string()),
        office: manager.map_or_else(String::new, |_| office_name.clone()),
        phone: office.and_then(|o| o.phone.as_ref()).map(ToString::to_string),
        because,
        because_en,
    })
}

fn rows(form: &Form, agreement: &Agreement, tier: Tier, facts: &Facts) -> Vec<CriterionRow> {
    // What the records say by themselves is what a form without a tick comes to.
    let bare = agreement.checklist.criteria().iter().fold(Answers::new(), |all, c| all.no(c.id.as_str()));
    let known = agreement.checklist.screen(&bare, facts);
    let of_tier = agreement.checklist.criteria().iter().filter(|criterion| criterion.tier == tier);
    let row = |(place, criterion): (usize, &rules::Criterion)| {
        let name = format!("c.{}", criterion.id);
        let tick = |detail: &rules::Detail| DetailTick {
            choice: Choice::new(&detail.id, &detail.wording.ja, &detail.wording.en),
            ticked: form.typed.has("detail", &detail.id),
        };
        CriterionRow {
            number: place + 1,
            id: criterion.id.to_string(),
            ja: criterion.wording.ja.clone(),
            en: criterion.wording.en.clone(),
            yes: form.typed.has(&name, "yes"),
            no: form.typed.has(&name, "no"),
            derived: known.reasons().iter().any(|reason| reason.criterion == criterion.id),
            error: form.error(&name),
            details: criterion.details.iter().map(tick).collect(),
        }
    };
    of_tier.enumerate().map(row).collect()
}

/// The outcome alone, for a form that is being filled in. A fragment can't carry an error page: with a bare refusal the form stays as it is.
pub(super) async fn outcome(
    State(app): State<App>,
    Path(wanted): Path<String>,
    post: Result<Post, Response>,
) -> Response {
    let post = match post {
        Ok(post) => post,
        Err(refused) => return refused.status().into_response(),
    };
    let drawn = async {
        let case = read_case(&app, &post.visitor.who.actor, id(&wanted)?, Command::File).await?;
        let ground = Ground::of(&app, &post.visitor.who.actor).await?;
        let sender = post.visitor.who.sender(None, None);
        let context = ground.context(&app, &sender)?;
        let facts = Decision::over(context, case.clone()).facts();
        page(StatusCode::OK, &verdict(&post.typed, &context, &case, &facts))
    };
    drawn.await.unwrap_or_else(|error: ApiError| {
        error.log();
        error.status().into_response()
    })
}

pub(super) async fn file(State(app): State<App>, Path(wanted): Path<String>, post: Post) -> Response {
    post.answer(filed(&app, &post, &wanted).await)
}

async fn filed(app: &App, post: &Post, wanted: &str) -> Result<Response, ApiError> {
    let encounter_id: EncounterId = id(wanted)?;
    let form = post.form(app, format!("/encounters/{encounter_id}/file"));
    if !post.typed.wants_sending() {
        let case = readable(app, &post.visitor, wanted).await?;
        return filing(app, &post.visitor, &case, form).await;
    }
    let error = match send(app, post, encounter_id).await {
        Ok(answer) => return Ok(onward(answer)),
        // The form shows a person, and no look at one goes unrecorded: while nothing can be written, the page that holds what was typed answers.
        Err(error) if error.status() == StatusCode::SERVICE_UNAVAILABLE => return Err(error),
        Err(error) => error,
    };
    let incomplete =
        matches!(&error, ApiError::Refused(r) if r.faults.contains(&("answers", Fault::ScreeningIncomplete)));
    let mut form = form.refused(app, error)?;
    let case = readable(app, &post.visitor, wanted).await?;
    if incomplete {
        for missing in missing(app, post, &case).await? {
            let message = format!("「{}」に答えてください。", missing.wording.ja);
            let en = format!("answer \"{}\"", missing.wording.en);
            form.errors.push(FormError::new(format!("c.{}", missing.criterion), message, en));
        }
    }
    filing(app, &post.visitor, &case, form).await
}

async fn missing(app: &App, post: &Post, case: &Case) -> Result<Vec<rules::Missing>, ApiError> {
    let ground = Ground::of(app, &post.visitor.who.actor).await?;
    let sender = post.visitor.who.sender(None, None);
    let context = ground.context(app, &sender)?;
    let facts = Decision::over(context, case.clone()).facts();
    let outcome = context.agreement.checklist.screen(&answers(&post.typed, context.agreement), &facts);
    Ok(outcome.missing().to_vec())
}

async fn send(app: &App, post: &Post, encounter_id: EncounterId) -> Result<crate::run::Answer, ApiError> {
    let typed = &post.typed;
    let mut faults = Faults::default();
    let planned_on = faults.take("planned_on", parse_day(typed.get("planned_on")));
    let message = faults.take("message", Prose::parse(typed.get("message"))).unwrap_or_default();
    faults.check()?;
    let planned_on = planned_on.ok_or(Fault::Missing)?;
    let agreement = app.agreement(&post.visitor.directory)?;
    let filing = NewFiling { planned_on, answers: answers(typed, agreement), message };
    let consented = consent::ticked(typed)?;
    let steps = |decision: &mut Decision<'_>| -> Result<Option<NoticeId>, Refusal> {
        if let Some(way) = consented {
            consent::may_record(&post.visitor, decision.case(), app.now())?;
            decision.consent(way)?;
        }
        decision.file(&filing, || decided(typed)).map(|(_, notice_id)| notice_id)
    };
    let answer = |notice: &Option<NoticeId>, _: &Case| {
        let done = if notice.is_some() { "sent" } else { "kept" };
        leads_to(format!("/encounters/{encounter_id}?done={done}"))
    };
    on_case(app, &post.sender(None), encounter_id, Command::File, steps, answer).await
}

/// For 注意が必要な患者: whether to tell, and why.
fn decided(typed: &Typed) -> Result<Option<AdvisedDecision>, Refusal> {
    let mut faults = Faults::default();
    let give = faults.take(
        "give_notice",
        match typed.get("give_notice") {
            "yes" => Ok(true),
            "no" => Ok(false),
            "" => Err(Fault::Missing),
            _ => Err(Fault::NotAKnownValue),
        },
    );
    let why = Line::parse(typed.get("why"));
    let why = faults.take("why", why.map_err(|f| if f == Fault::Missing { Fault::ReasonMissing } else { f }));
    faults.check()?;
    Ok(give.zip(why).map(|(give_notice, why)| AdvisedDecision { give_notice, why }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_one_run() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1〜3、5、7〜8");
    }

    #[test]
    fn the_rest_is_no_only_where_nothing_was_said_or_ticked() {
        let agreement = Agreement::kitami();
        let typed = Typed::default().with("rest_no", "yes").with("detail", "suction").with("c.alcohol", "yes");
        let answers = answers(&typed, &agreement);
        assert_eq!(answers.get(&"medical_treatment".into()), None);
        assert_eq!(answers.get(&"alcohol".into()), Some(Tick::Yes));
        assert_eq!(answers.get(&"dementia".into()), Some(Tick::No));
        let outcome = agreement.checklist.screen(&answers, &Facts::new().with("emergency_admission", false));
        assert_eq!(outcome.kind(), OutcomeKind::NoticeRequired);
    }

    #[test]
    fn where_a_person_decides_she_says_why() {
        let refusal = decided(&Typed::default().with("give_notice", "no")).unwrap_err();
        assert_eq!(refusal.faults, [("why", Fault::ReasonMissing)]);
        let typed = Typed::default().with("give_notice", "no").with("why", "家族が毎日介護できるため");
        assert!(!decided(&typed).unwrap().unwrap().give_notice);
    }
}
