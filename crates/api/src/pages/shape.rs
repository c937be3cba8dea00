//! From the domain's rows to what a page shows.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::access::Actor;
use domain::case::Case;
use domain::consent::Sharing;
use domain::deadline::{Deadline, DeadlineRule, Timeliness};
use domain::directory::Directory;
use domain::encounter::EncounterState;
use domain::notice::{Notice, Recipient};
use domain::party::{OrganizationKind, Role};
use domain::patient::{CareLevel, CareTeamMember, Patient, Sex};
use domain::{AccountId, OrganizationId, WardId};
use rules::{Outcome, OutcomeKind};
use storage::EncounterLine;

use super::view::form::{Choice, Group};
use super::view::home::StayRow;
use super::view::notices::NoticeRow;
use super::view::patients::{Charge, PersonCard, PersonRow};
use super::view::words::{self, Badge, Tone};
use crate::error::ApiError;
use crate::state::App;

pub(super) fn organization(directory: &Directory, id: OrganizationId) -> String {
    directory.organization(id).map_or_else(|| "名簿にない機関".to_owned(), |o| o.name.to_string())
}

pub(super) fn ward(directory: &Directory, id: WardId) -> String {
    directory.ward(id).map_or_else(|| "名簿にない病棟".to_owned(), |ward| ward.name.to_string())
}

pub(super) fn person_card(patient: &Patient, today: NaiveDate) -> PersonCard {
    PersonCard {
        id: patient.id.to_string(),
        name: patient.name.to_string(),
        kana: patient.kana.to_string(),
        birth: words::birth(patient.birth_on),
        age: patient.age_on(today),
        sex: words::sex(patient.sex).0,
        district: patient.district.to_string(),
        care_level: patient.care_level.wording().0,
        name_only: false,
    }
}

/// The person as the visitor may see her on a page of this stay: by name alone where nobody has consented to more.
pub(super) fn card_of(case: &Case, shared: bool, today: NaiveDate) -> PersonCard {
    let whole = person_card(&case.patient, today);
    if shared {
        return whole;
    }
    let nothing = String::new;
    PersonCard { birth: nothing(), age: 0, sex: "", district: nothing(), care_level: "", name_only: true, ..whole }
}

pub(super) fn person_row(patient: &Patient, today: NaiveDate) -> PersonRow {
    let card = person_card(patient, today);
    PersonRow {
        id: card.id,
        name: card.name,
        kana: card.kana,
        birth: card.birth,
        age: card.age,
        district: card.district,
        care_level: card.care_level.to_owned(),
    }
}

/// How long there still is, in both languages.
pub(super) fn left(due_on: NaiveDate, today: NaiveDate) -> Badge {
    let (ja, en) = (words::countdown(due_on, today), words::countdown_en(due_on, today));
    Badge::new(words::nearness(due_on, today), ja, en)
}

/// The badge of an open deadline on a board. Whose day became known too late has missed nothing: it is told apart.
pub(super) fn deadline_badge(deadline: &Deadline, today: NaiveDate, reader: OrganizationId) -> Badge {
    let Badge { tone, ja, en } = left(deadline.due_on, today);
    match deadline.rule {
        DeadlineRule::DischargeNotice if deadline.timeliness == Timeliness::Impossible => {
            Badge::new(Tone::Soon, "急な退院予定(すぐに連絡)", "short notice: tell at once")
        }
        DeadlineRule::DischargeNotice => Badge::new(tone, ja, en),
        DeadlineRule::Acknowledgement if deadline.organization_id == reader => {
            Badge::new(tone, format!("あなたの回答: {ja}"), format!("your answer: {en}"))
        }
        DeadlineRule::Acknowledgement => Badge::new(tone, format!("相手の回答: {ja}"), format!("their answer: {en}")),
    }
}

pub(super) fn stay_row(line: &EncounterLine, directory: &Directory, today: NaiveDate, reader: &Actor) -> StayRow {
    let encounter = &line.encounter;
    let hospital = matches!(reader.role, Role::WardStaff | Role::Coordinator);
    let ours = reader.organization_id;
    let deadline = line.deadline_of(ours);
    let untold = match encounter.state {
        EncounterState::InProgress => true,
        EncounterState::DischargePlanned { .. } => {
            line.deadlines.iter().any(|deadline| deadline.rule == DeadlineRule::DischargeNotice)
        }
        _ => false,
    };
    // In the hospital's own lists only its own stays stand.
    let shared = hospital || line.patient.sharing == Sharing::Everyone;
    let place = if shared { ward(directory, encounter.ward_id) } else { String::new() };
    StayRow {
        id: encounter.id.to_string(),
        name: line.patient.name.to_string(),
        kana: line.patient.kana.to_string(),
        age: shared.then(|| line.patient.age_on(today)),
        place: if hospital {
            place
        } else {
            format!("{} {place}", organization(directory, encounter.hospital_id)).trim_end().to_owned()
        },
        admitted: words::day(encounter.admitted_at.day()),
        state: words::stay_state(&encounter.state, shared),
        deadline: deadline.map(|deadline| deadline_badge(deadline, today, ours)),
        to_answer: line.to_answer(ours),
        awaited: line.awaited(ours),
        to_file: hospital && untold,
        tells_discharge: deadline.is_some_and(|deadline| deadline.rule == DeadlineRule::DischargeNotice),
        short_notice: deadline.is_some_and(|deadline| deadline.timeliness == Timeliness::Impossible),
    }
}

/// 「常呂 次郎(架空居宅介護支援事業所)」.
pub(super) fn recipient(directory: &Directory, recipient: &Recipient) -> String {
    let office = organization(directory, recipient.organization_id);
    match recipient.care_manager_id.and_then(|id| directory.care_manager(id)) {
        Some(manager) => format!("{office} {}", manager.name),
        None => office,
    }
}

pub(super) fn notice_row(
    notice: &Notice,
    directory: &Directory,
    person: Option<(&str, &str)>,
    reader: OrganizationId,
) -> NoticeRow {
    let (kind, kind_en) = notice.kind.wording();
    let (name, kana) = person.unwrap_or_default();
    NoticeRow {
        id: notice.id.to_string(),
        kind,
        kind_en,
        serial: notice.serial,
        state: words::notice_state(&notice.state, notice.recipient.organization_id == reader),
        name: name.to_owned(),
        kana: kana.to_owned(),
        from: organization(directory, notice.sender_id),
        to: recipient(directory, &notice.recipient),
        planned: notice.planned_on.map(words::day),
        issued: words::instant(notice.issued_at),
    }
}

pub(super) fn charge(member: &CareTeamMember, directory: &Directory, today: NaiveDate) -> Charge {
    let office = directory.organization(member.organization_id);
    Charge {
        manager: directory.care_manager(member.care_manager_id).map_or_else(String::new, |m| m.name.to_string()),
        office: organization(directory, member.organization_id),
        phone: office.and_then(|o| o.phone.as_ref()).map(ToString::to_string),
        from: words::full_day(member.from_on),
        until: member.until_on.map(words::full_day),
        current: member.is_current_on(today),
    }
}

/// Names of accounts by id.
pub(super) async fn names(app: &App, ids: Vec<AccountId>) -> Result<HashMap<AccountId, String>, ApiError> {
    Ok(app.store().accounts_named(&ids).await?.into_iter().collect())
}

pub(super) fn named(names: &HashMap<AccountId, String>, id: AccountId) -> String {
    names.get(&id).cloned().unwrap_or_else(|| "つなぎ(自動)".to_owned())
}

pub(super) fn outcome(outcome: &Outcome) -> Badge {
    match outcome.kind() {
        OutcomeKind::NoticeRequired => Badge::new(Tone::Soon, "退院調整が必要な患者", "notice required"),
        OutcomeKind::NoticeAdvised => Badge::new(Tone::Calm, "注意が必要な患者", "as the situation asks"),
        OutcomeKind::NotRequired => Badge::new(Tone::Done, "連絡は不要", "not required"),
        OutcomeKind::Incomplete => Badge::new(Tone::Quiet, "まだ判定できません", "not decided yet"),
    }
}

/// The criteria that were hit, with the details that were ticked, in both languages.
pub(super) fn reasons(outcome: &Outcome) -> Vec<(String, String)> {
    let words = |reason: &rules::Reason| {
        let (mut ja, mut en) = (reason.wording.ja.clone(), reason.wording.en.clone());
        if !reason.details.is_empty() {
            let listed =
                |word: fn(&rules::Detail) -> &str, mark| reason.details.iter().map(word).collect::<Vec<_>>().join(mark);
            ja = format!("{ja}【{}】", listed(|detail| &detail.wording.ja, "・"));
            en = format!("{en} ({})", listed(|detail| &detail.wording.en, ", "));
        }
        if reason.derived {
            (format!("{ja}(入院の記録から)"), format!("{en}, by the records"))
        } else {
            (ja, en)
        }
    };
    outcome.reasons().iter().map(words).collect()
}

pub(super) fn wards(directory: &Directory, hospital: OrganizationId) -> Vec<Group> {
    Group::plain(
        directory
            .wards_of(hospital)
            .iter()
            .map(|ward| Choice::new(ward.id.to_string(), ward.name.as_str(), ""))
            .collect(),
    )
}

/// Where no support centre is in charge: the municipality is told.
const ELSEWHERE: &str = "その他";

/// The districts that have a support centre, whatever the person has now, and the one without.
pub(super) fn districts(directory: &Directory, present: &str) -> Vec<Group> {
    let mut names = directory.districts();
    if !present.is_empty() && present != ELSEWHERE && !names.contains(&present) {
        names.push(present);
    }
    let mut choices: Vec<_> = names.into_iter().map(|district| Choice::new(district, district, "")).collect();
    if choices.iter().all(|choice| choice.value != ELSEWHERE) {
        choices.push(Choice::new(ELSEWHERE, "その他(担当のセンターがない地区)", "elsewhere: no support centre"));
    }
    Group::plain(choices)
}

pub(super) fn care_levels() -> Vec<Group> {
    let choice = |level: CareLevel| Choice::new(code(&level), level.wording().0, level.wording().1);
    Group::plain(CareLevel::ALL.into_iter().map(choice).collect())
}

pub(super) fn sexes() -> Vec<Choice> {
    let all = [Sex::Female, Sex::Male, Sex::Other, Sex::Unknown];
    all.map(|sex| Choice::new(code(&sex), words::sex(sex).0, words::sex(sex).1)).into()
}

/// Offices and support centres, under one heading a kind.
pub(super) fn offices(directory: &Directory) -> Vec<Group> {
    let group = |kind| Group {
        name: words::organization_kind(kind).to_owned(),
        choices: directory
            .organizations(kind)
            .iter()
            .map(|o| Choice::new(o.id.to_string(), o.name.as_str(), ""))
            .collect(),
    };
    [OrganizationKind::CareOffice, OrganizationKind::SupportCentre].map(group).into()
}

/// Care managers under the names of their offices.
pub(super) fn care_managers(directory: &Directory) -> Vec<Group> {
    let offices = [OrganizationKind::CareOffice, OrganizationKind::SupportCentre].into_iter();
    let offices = offices.flat_map(|kind| directory.organizations(kind));
    let group = |office: &domain::party::Organization| Group {
        name: office.name.to_string(),
        choices: directory
            .care_managers_of(office.id)
            .iter()
            .map(|m| Choice::new(m.id.to_string(), m.name.as_str(), ""))
            .collect(),
    };
    offices.map(group).filter(|group| !group.choices.is_empty()).collect()
}

/// The name of a fieldless enum's value, as in the store and the API.
pub(super) fn code(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// The value of that name.
pub(super) fn from_code<T: serde::de::DeserializeOwned>(code: &str) -> Result<T, domain::Fault> {
    if code.is_empty() {
        return Err(domain::Fault::Missing);
    }
    serde_json::from_value(serde_json::Value::String(code.to_owned())).map_err(|_| domain::Fault::NotAKnownValue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_district_without_a_centre_can_be_kept_and_chosen() {
        let mut ids = domain::Ids::new(domain::Instant::from_micros(1_790_000_000_000_000), 1);
        let name = domain::text::Line::parse("架空市").unwrap();
        let region = domain::party::Region { id: ids.next(), name, agreement: "kitami".into() };
        let directory = Directory::new(region, 1, vec![], vec![], vec![], vec![]);
        let values = |present| {
            let groups = districts(&directory, present);
            groups[0].choices.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(values(""), ["その他"]);
        assert_eq!(values("となり町"), ["となり町", "その他"]);
        assert_eq!(values("その他"), ["その他"]);
    }
}
