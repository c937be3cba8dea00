//! Passwords: argon2id, in PHC form.
//!
//! Verifying takes tens of milliseconds and 19 MiB on purpose, so it runs on blocking threads, few at a time: a flood of logins must
//! not starve the wards. An unknown, locked or closed login costs just as much as a wrong password: one run, whatever the answer.
//! [`Passwords::runs`] counts them, so that a test can hold this true without a stopwatch.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};
use domain::Fault;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// The Ministry's guideline asks for 13 characters or more.
pub const SHORTEST: usize = 13;
/// Longer input is refused unread: hashing must not become a way to load the machine.
pub const LONGEST: usize = 200;
/// Of the last passwords none comes back.
pub const REMEMBERED: i64 = 10;

const AT_A_TIME: usize = 2;
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody has this password", &[0; 16]).unwrap_or_default());

/// What a password turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    Wrong,
    Right,
    /// Right, but hashed under parameters that are no longer ours.
    Outdated,
}

/// The only place that runs argon2.
#[derive(Debug)]
pub struct Passwords {
    permits: Semaphore,
    runs: AtomicU64,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Semaphore::new(AT_A_TIME), runs: AtomicU64::new(0) }
    }
}

/// Hashes with the current parameters. `salt` is 16 bytes of chance.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, Fault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Fault::TooShort { min: SHORTEST });
    }
    if length > LONGEST {
        return Err(Fault::TooLong { max: LONGEST });
    }
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hashed.map(|hash| hash.to_string()).map_err(|_| Fault::NotAKnownValue)
}

impl Passwords {
    /// How often argon2 was run.
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// Whether the password belongs to the hash; without a hash (nobody may log in so) it takes as long and says no.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<Verified, ApiError> {
        // What is too long is no password of anybody's; a beginning of it costs the same.
        let fits = password.chars().count() <= LONGEST;
        let password: String = password.chars().take(LONGEST).collect();
        self.run(move || {
            let known = hash.is_some() && fits;
            let hash = hash.unwrap_or_else(|| NOBODY.clone());
            if !matches(&password, &hash) || !known {
                return Verified::Wrong;
            }
            if is_current(&hash) { Verified::Right } else { Verified::Outdated }
        })
        .await
    }

    /// Hashes with the current parameters.
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, ApiError> {
        Ok(self.run(move || hash(&password, &salt)).await??)
    }

    /// Whether it is one of these; as many runs as there are hashes.
    pub async fn is_one_of(&self, password: String, hashes: Vec<String>) -> Result<bool, ApiError> {
        self.run(move || hashes.iter().any(|hash| matches(&password, hash))).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let closed = |_| ApiError::Inside("the login semaphore is closed");
        let _permit = self.permits.acquire().await.map_err(closed)?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Inside("hashing a password failed"))
    }
}

fn matches(password: &str, hash: &str) -> bool {
    PasswordVerifier::<str>::verify_password(&Argon2::default(), password.as_bytes(), hash).is_ok()
}

/// Argon2id of the newest version under our parameters.
fn is_current(hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    let (ours, theirs) = (Params::default(), Params::try_from(&parsed));
    parsed.algorithm.as_str() == "argon2id"
        && parsed.version == Some(argon2::Version::default().into())
        && theirs.is_ok_and(|theirs| {
            (theirs.m_cost(), theirs.t_cost(), theirs.p_cost()) == (ours.m_cost(), ours.t_cost(), ours.p_cost())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_and_no_other() {
        let passwords = Passwords::default();
        let kept = hash("北見の春は遅い、とても遅い", &[7; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$"));
        let verify = async |password, hash| passwords.verify(password, hash).await.unwrap();
        assert_eq!(verify("北見の春は遅い、とても遅い", Some(kept.clone())).await, Verified::Right);
        assert_eq!(verify("北見の春は早い、とても早い", Some(kept)).await, Verified::Wrong);
        assert_eq!(verify("nobody has this password", None).await, Verified::Wrong);
        assert_eq!(passwords.runs(), 3, "one run each, whoever it was");
    }

    #[tokio::test]
    async fn a_hash_of_weaker_parameters_is_outdated() {
        let weak = Argon2::from(Params::new(8 * 1024, 1, 1, None).unwrap());
        let kept = weak.hash_password_with_salt(b"tsunagi-demo-only", &[7; 16]).unwrap().to_string();
        let passwords = Passwords::default();
        assert_eq!(passwords.verify("tsunagi-demo-only", Some(kept)).await.unwrap(), Verified::Outdated);
    }

    #[test]
    fn twelve_characters_are_too_few() {
        assert_eq!(hash(&"a".repeat(12), &[0; 16]), Err(Fault::TooShort { min: 13 }));
        assert!(hash(&"a".repeat(13), &[0; 16]).is_ok());
    }
}
