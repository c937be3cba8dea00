//! What the records of a stay amount to, from the list that the service shows: a second reading of it, by hand.

use serde_json::Value;

/// State, planned day, day of discharge and ward, as the service shows them. A void stay is `cancelled`, for whichever reason.
pub(crate) type Folded<'a> = (&'static str, &'a Value, &'a Value, &'a Value);

/// In the order in which things happened; what was cancelled did not happen.
pub(crate) fn folded(records: &Value) -> Folded<'_> {
    let all = || records.as_array().into_iter().flatten();
    let stands = |record: &&Value| all().all(|other| other["cancels"] != record["id"]);
    let mut standing: Vec<&Value> = all().filter(stands).collect();
    standing.sort_by_key(|record| ["occurred_at", "recorded_at"].map(|field| instant(&record[field])));
    let last = |event: &str, field: &str| {
        let found = standing.iter().rfind(|record| record["event"] == event);
        found.map_or(&Value::Null, |record| &record[field])
    };
    let admitted = standing.iter().find(|record| record["event"] == "admit");
    let first_ward = admitted.map_or(&Value::Null, |record| &record["ward_id"]);
    let (planned, gone, moved) =
        (last("pending_discharge", "planned_on"), last("discharge", "discharged_on"), last("transfer", "ward_id"));
    let ward = if moved.is_null() { first_ward } else { moved };
    match () {
        () if admitted.is_none() => ("cancelled", &Value::Null, &Value::Null, ward),
        () if !gone.is_null() => ("discharged", &Value::Null, gone, ward),
        () if !planned.is_null() => ("discharge_planned", planned, &Value::Null, ward),
        () => ("in_progress", &Value::Null, &Value::Null, ward),
    }
}

fn instant(text: &Value) -> Option<chrono::DateTime<chrono::FixedOffset>> {
    text.as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok())
}
