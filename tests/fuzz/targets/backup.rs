//! A sealed file from somewhere: opened whole with its key, or refused; never a panic, and never more than was there.
#![no_main]

#[path = "../../../crates/server/src/backup/sealed.rs"]
#[expect(dead_code, reason = "the backup uses more of it")]
mod sealed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut opened = Vec::new();
    if sealed::open_into(&sealed::Key([7; 32]), bytes, &mut opened).is_ok() {
        assert!(opened.len() < bytes.len());
    }
});
