//! The one form that carries a file, byte by byte: parts of the body or none, never a panic. The first line is its media type.
#![no_main]

#[path = "../../../crates/api/src/pages/upload.rs"]
mod upload;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let (media, body) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Ok(media) = std::str::from_utf8(media) else { return };
    let parts = upload::parts(media.trim_end(), body).unwrap_or_default();
    let all: usize = parts.iter().map(|(_, content)| content.len()).sum();
    assert!(all <= body.len(), "no byte is in two parts");
});
