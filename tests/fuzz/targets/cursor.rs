//! Where a page of the trail ended, as its reader gives it back: what is read is written again just so.
#![no_main]

#[path = "../../../crates/storage/src/audit/cursor.rs"]
mod cursor;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Some(read) = cursor::AuditCursor::parse(text) {
        assert_eq!(read.to_string(), text);
    }
});
