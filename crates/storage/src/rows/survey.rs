//! What stays contribute to the survey, and the counts.

use domain::survey::{Cell, CellKey, DischargeFact, Method, Month, SurveyFact};
use uuid::Uuid;

use crate::engine::Row;
use crate::error::StoreError;
use crate::table::Kind::{Day, Id, Int, Text};
use crate::table::{Cursor, Rows, Table, name_of, parse_word};

pub(crate) static SURVEY_FACT: Table = Table::new(
    "survey_fact",
    &[
        ("encounter_id", Id),
        ("region_id", Id),
        ("hospital_id", Id),
        ("office_id", Id),
        ("care_group", Text),
        ("admitted_on", Day),
        ("admission_method", Text),
        ("admission_exclusion", Text),
        ("discharged_on", Day),
        ("discharge_method", Text),
        ("lead", Text),
        ("discharge_exclusion", Text),
    ],
    &["encounter_id"],
);

/// `system`, or the medium's name.
fn method_name(method: Method) -> String {
    match method {
        Method::System => "system".into(),
        Method::Outside(medium) => name_of(&medium),
    }
}

fn parse_method(name: &str) -> Option<Method> {
    if name == "system" { Some(Method::System) } else { parse_word(name).map(Method::Outside) }
}

fn maybe_method(c: &mut Cursor<'_>, column: &'static str) -> Result<Option<Method>, StoreError> {
    match c.get::<Option<String>>()? {
        None => Ok(None),
        Some(name) => parse_method(&name).map(Some).ok_or_else(|| c.inconsistent(column)),
    }
}

pub(crate) fn write_survey_fact(rows: &mut Rows, f: &SurveyFact) {
    let word = f.discharge.as_ref().and_then(|d| d.word);
    rows.row(|r| {
        r.id(f.encounter_id).id(f.region_id).id(f.hospital_id).maybe_id(f.office_id).word(&f.group).day(f.admitted_on);
        r.maybe_text(f.admission_method.map(method_name).as_deref()).maybe_text(f.admission_exclusion.as_deref());
        r.maybe_day(f.discharge.as_ref().map(|d| d.discharged_on));
        r.maybe_text(word.map(|(method, _)| method_name(method)).as_deref());
        r.maybe_word(word.map(|(_, lead)| lead).as_ref());
        r.maybe_text(f.discharge.as_ref().and_then(|d| d.exclusion.as_deref()));
    });
}

pub(crate) fn read_survey_fact(row: &Row, offset: usize) -> Result<SurveyFact, StoreError> {
    let mut c = SURVEY_FACT.cursor_from(row, offset);
    let (encounter_id, region_id, hospital_id, office_id) = (c.id()?, c.id()?, c.id()?, c.maybe_id()?);
    let (group, admitted_on) = (c.word()?, c.get()?);
    let admission_method = maybe_method(&mut c, "admission_method")?;
    let admission_exclusion = c.get()?;
    let discharged_on = c.get()?;
    let method = maybe_method(&mut c, "discharge_method")?;
    let lead = c.maybe_word()?;
    let exclusion = c.get()?;
    let word = match (method, lead) {
        (None, None) => None,
        (Some(method), Some(lead)) => Some((method, lead)),
        _ => return Err(c.inconsistent("lead")),
    };
    let discharge = match (discharged_on, word, exclusion) {
        (Some(discharged_on), word, exclusion) => Some(DischargeFact { discharged_on, word, exclusion }),
        (None, None, None) => None,
        _ => return Err(c.inconsistent("discharged_on")),
    };
    Ok(SurveyFact {
        encounter_id,
        region_id,
        hospital_id,
        office_id,
        group,
        admitted_on,
        admission_method,
        admission_exclusion,
        discharge,
    })
}

pub(crate) static SURVEY_CELL: Table = Table::new(
    "survey_cell",
    &[
        ("region_id", Id),
        ("measure", Text),
        ("month", Int),
        ("side", Text),
        ("party_id", Id),
        ("care_group", Text),
        ("method", Text),
        ("lead", Text),
        ("exclusion", Text),
        ("stays", Int),
    ],
    &["region_id", "month", "measure", "side", "party_id", "care_group", "method", "lead", "exclusion"],
);

pub(crate) fn write_cell(rows: &mut Rows, key: &CellKey, difference: i64) {
    rows.row(|r| {
        r.id(key.region_id).word(&key.measure).int(key.month.number().into()).word(&key.side);
        r.id(key.party_id.map_or(Uuid::nil(), Uuid::from)).word(&key.group);
        r.text(&key.method.map(method_name).unwrap_or_default());
        r.text(&key.lead.map(|lead| name_of(&lead)).unwrap_or_default());
        r.text(key.exclusion.as_deref().unwrap_or_default()).int(difference);
    });
}

/// The counts of one party in one month as one text; its first two parameters are [`packing`].
pub(crate) const PACKED_COUNTS: &str =
    "string_agg(care_group || $1 || method || $1 || lead || $1 || exclusion || $1 || CAST(stays AS TEXT), $2)";

/// What stands between two fields of a count, and between two counts: no name holds a control character.
pub(crate) const fn packing() -> [&'static str; 2] {
    ["\u{1f}", "\u{1e}"]
}

/// Region, measure, month, side, party, and [`PACKED_COUNTS`].
pub(crate) fn read_packed_cells(row: &Row, into: &mut Vec<Cell>) -> Result<(), StoreError> {
    let mut c = SURVEY_CELL.cursor(row);
    let (region_id, measure) = (c.id()?, c.word()?);
    let month = i32::try_from(c.get::<i64>()?).ok().and_then(Month::from_number);
    let month = month.ok_or_else(|| c.inconsistent("month"))?;
    let (side, party) = (c.word()?, c.get::<Uuid>()?);
    let party_id = Some(party).filter(|id| !id.is_nil()).map(Into::into);
    let [field, count] = packing();
    for packed in c.get::<String>()?.split(count) {
        let mut fields = packed.split(field);
        let mut next = |column| fields.next().ok_or_else(|| c.inconsistent(column));
        let (group, method, lead) = (next("care_group")?, next("method")?, next("lead")?);
        let (exclusion, stays) = (next("exclusion")?, next("stays")?);
        let key = CellKey {
            region_id,
            measure,
            month,
            side,
            party_id,
            group: parse_word(group).ok_or_else(|| c.inconsistent("care_group"))?,
            method: named(method, parse_method).ok_or_else(|| c.inconsistent("method"))?,
            lead: named(lead, parse_word).ok_or_else(|| c.inconsistent("lead"))?,
            exclusion: Some(exclusion).filter(|name| !name.is_empty()).map(str::to_owned),
        };
        into.push(Cell { key, count: stays.parse().map_err(|_| c.inconsistent("stays"))? });
    }
    Ok(())
}

/// `Some(None)` without a name; `None` when the name is not known.
fn named<T>(name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if name.is_empty() { Some(None) } else { parse(name).map(Some) }
}
