//! An agreement file: refused with its place, or read and able to run its examples; never a panic.
#![no_main]

use domain::agreement::Agreement;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(agreement) = Agreement::parse("fuzz.toml", text) {
        assert!(agreement.check_examples().len() <= agreement.examples.len());
    }
});
