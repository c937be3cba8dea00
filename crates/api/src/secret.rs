//! What a new password has to be: 13 characters or more, none that everybody guesses first, none of the last ten.
//!
//! The list is bundled (`assets/common-passwords.txt`); what is looked up in it is also the password without the digits and marks at
//! its ends, and the piece that a repeated one repeats. So `Password2026!!` and `qwertyqwerty` are refused though no list names them.
//! A password that is made of one's own login or name and little else is refused likewise.

use std::collections::HashSet;
use std::sync::LazyLock;

use domain::credential::Proof;
use domain::party::Account;
use domain::{Fault, Refusal};

use crate::error::ApiError;
use crate::password::{LONGEST, REMEMBERED, SHORTEST};
use crate::state::App;

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../assets/common-passwords.txt").lines().collect());

/// Checks a password that somebody chose and hashes it; `field` is the form's.
pub async fn new_password(
    app: &App,
    account: &Account,
    field: &'static str,
    password: &str,
) -> Result<Proof, ApiError> {
    check(password, &[&account.login, account.name.as_str(), "tsunagi", "つなぎ"])
        .map_err(|fault| Refusal::at(field, fault))?;
    let mut old = app.store().old_passwords(account.id).await?;
    if let Some(current) = app.store().account(account.id).await?.filter(|account| !account.password_hash.is_empty()) {
        old.push(current.password_hash);
    }
    old.sort_unstable();
    old.dedup();
    if app.passwords().is_one_of(password.to_owned(), old).await? {
        return Err(Refusal::at(field, Fault::OldPassword).into());
    }
    let hash = app.passwords().hash(password.to_owned(), app.salt()).await?;
    let (region_id, account_id, at) = (account.region_id, account.id, app.now());
    Ok(Proof::SetPassword { region_id, account_id, hash, at, keep: REMEMBERED })
}

/// `own` are words that somebody who knows the person tries first.
fn check(password: &str, own: &[&str]) -> Result<(), Fault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Fault::TooShort { min: SHORTEST });
    }
    if length > LONGEST {
        return Err(Fault::TooLong { max: LONGEST });
    }
    let lower = password.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    let own: Vec<String> = own.iter().map(|word| word.to_lowercase()).collect();
    let is_known = |text: &str| {
        let piece = period(text);
        [text, &piece].iter().any(|text| {
            text.chars().count() < 4 || COMMON.contains(text) || own.iter().any(|word| word == text) || is_run(text)
        })
    };
    if is_known(&lower) || is_known(bare) { Err(Fault::CommonPassword) } else { Ok(()) }
}

/// The shortest piece that the whole repeats; the whole when it repeats nothing.
fn period(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let repeats = |n: &usize| all.iter().enumerate().all(|(at, c)| *c == all[at % n]);
    let n = (1..all.len()).find(repeats).unwrap_or(all.len());
    all[..n].iter().collect()
}

/// abcdefg…, 9876…, or the keys of a keyboard in their order.
fn is_run(text: &str) -> bool {
    let keys = "1234567890qwertyuiopasdfghjklzxcvbnm";
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps = |by: i64| codes.windows(2).filter(|pair| pair[1] - pair[0] == by).count() + 3 >= codes.len();
    let back: String = keys.chars().rev().collect();
    steps(1) || steps(-1) || keys.contains(text) || back.contains(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> Option<Fault> {
        check(password, &["nurse", "北見 花子", "tsunagi"]).err()
    }

    #[test]
    fn what_everybody_guesses_first_is_refused() {
        for common in [
            "Password2026!!",
            "qwertyqwerty12",
            "1234567890123",
            "aaaaaaaaaaaaaaa",
            "abcdefghijklmnop",
            "qwertyuiopasdfg",
            "nursenursenurse",
            "Tsunagi2026!!!!",
            "!!!!!!!!!!!!!!!!",
            "2026-11-20-2026-11-20",
            "sunshine-------",
        ] {
            assert_eq!(refused(common), Some(Fault::CommonPassword), "{common}");
        }
    }

    #[test]
    fn a_sentence_is_taken() {
        for good in ["北見の春は遅い、とても遅い", "correct horse battery", "tsunagi-demo-only", "Xk9#mQ2$vL7!pR"]
        {
            assert_eq!(refused(good), None, "{good}");
        }
        assert_eq!(refused("short-one-12"), Some(Fault::TooShort { min: 13 }));
        assert_eq!(refused(&"ab c".repeat(60)), Some(Fault::TooLong { max: 200 }));
    }
}
