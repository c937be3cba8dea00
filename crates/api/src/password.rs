//! Passwords: argon2id, in PHC form.
//!
//! Verifying takes tens of milliseconds and 19 MiB on purpose, so it runs on blocking threads, few at a time: a flood of logins must
//! not starve the wards. An unknown login costs the same as a wrong password.

use std::sync::LazyLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use domain::Fault;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// The Ministry's guideline asks for 13 characters or more.
pub const SHORTEST: usize = 13;
/// Longer input is refused unread: hashing must not become a way to load the machine.
pub const LONGEST: usize = 200;

static AT_A_TIME: Semaphore = Semaphore::const_new(2);
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password", &[0; 16]).unwrap_or_default());

/// Hashes with the current parameters. `salt` is 16 bytes of chance.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Fault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Fault::Missing);
    }
    if length > LONGEST {
        return Err(Fault::TooLong { max: LONGEST });
    }
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hashed.map(|hash| hash.to_string()).map_err(|_| Fault::NotAKnownValue)
}

/// Whether the password belongs to the hash; without a hash (no such account) it takes as long and says no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, ApiError> {
    if password.chars().count() > LONGEST {
        return Ok(false);
    }
    let _permit = AT_A_TIME.acquire().await.map_err(|_| ApiError::Inside("the login semaphore is closed"))?;
    let verified = tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.clone());
        PasswordVerifier::<str>::verify_password(&Argon2::default(), password.as_bytes(), &hash).is_ok() && known
    });
    verified.await.map_err(|_| ApiError::Inside("verifying a password failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_no_other() {
        let kept = hash("北見の春は遅い、とても遅い", &[7; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$"));
        assert!(verify("北見の春は遅い、とても遅い".into(), Some(kept.clone())).await.unwrap());
        assert!(!verify("北見の春は早い、とても早い".into(), Some(kept)).await.unwrap());
        assert!(!verify("nobody has this password".into(), None).await.unwrap());
    }

    #[test]
    fn twelve_characters_are_too_few() {
        assert!(hash(&"a".repeat(12), &[0; 16]).is_err());
        assert!(hash(&"a".repeat(13), &[0; 16]).is_ok());
    }
}
