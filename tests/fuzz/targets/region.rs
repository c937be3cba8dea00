//! The file with which a region is founded: refused with its place, or whole.
#![no_main]

#[path = "../../../crates/server/src/found/file.rs"]
#[expect(dead_code, reason = "founding uses more of it")]
mod file;

use domain::party::OrganizationKind;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(file) = file::File::parse(text) {
        let hospitals = file.organizations.iter().filter(|party| party.kind == OrganizationKind::Hospital);
        assert!(hospitals.clone().all(|party| !party.wards.is_empty()));
        assert!(!file.administrator.login.contains(['\n', '\r', ' ']));
    }
});
