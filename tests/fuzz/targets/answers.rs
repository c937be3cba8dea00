//! A ward's answers as JSON: the checklist has an outcome for everything that can be read.
#![no_main]

use std::sync::LazyLock;

use domain::agreement::Agreement;
use rules::{Answers, Facts};

static KITAMI: LazyLock<Agreement> = LazyLock::new(Agreement::kitami);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(answers) = serde_json::from_slice::<Answers>(bytes) {
        let outcome = KITAMI.checklist.screen(&answers, &Facts::default());
        let kept = serde_json::to_string(&outcome).expect("an outcome is kept as JSON");
        assert!(serde_json::from_str::<rules::Outcome>(&kept).is_ok_and(|read| read == outcome));
    }
});
