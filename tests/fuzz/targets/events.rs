//! A stay's events as JSON, in any order, repeated, cancelled: the fold has a state for them, and the same one backwards.
#![no_main]

use domain::encounter::{EncounterEvent, fold};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut events) = serde_json::from_slice::<Vec<EncounterEvent>>(bytes) {
        let mut ids: Vec<_> = events.iter().map(|event| event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        // Two events that share an id but not their content are refused by the database, not by the fold.
        if ids.len() == events.len() {
            let forwards = fold(&events);
            events.reverse();
            assert_eq!(forwards, fold(&events));
        }
    }
});
