//! Everything that is typed: what a type accepts, it accepts again in the form in which it is kept.
#![no_main]

use domain::patient::InsuredNumber;
use domain::text::{EmailAddress, Kana, Line, Prose};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(line) = Line::parse(text) {
        assert_eq!(Line::parse(line.as_str()).as_ref(), Ok(&line));
        assert!(!line.as_str().contains(['\n', '\r', '\0']));
    }
    if let Ok(prose) = Prose::parse(text) {
        assert_eq!(Prose::parse(prose.as_str()).as_ref(), Ok(&prose));
    }
    if let Ok(kana) = Kana::parse(text) {
        assert_eq!(Kana::parse(kana.as_str()).as_ref(), Ok(&kana));
    }
    if let Ok(number) = InsuredNumber::parse(text) {
        assert_eq!(InsuredNumber::parse(number.as_str()).as_ref(), Ok(&number));
    }
    if let Ok(address) = EmailAddress::parse(text) {
        // It becomes a header and an SMTP command.
        assert!(address.as_str().chars().all(|c| !c.is_control() && c != ' ' && c != '<' && c != '>'));
    }
});
