//! What happens without a request, on both engines: warnings before and after the miss, escalations, retries, the weekly letter.
//!
//! The town: つなぎ病院 with a ward and a coordination desk, two care offices with second contacts, a support centre, the city.

mod escalation;
mod outbox;
mod town;
mod warnings;
mod weekly;
