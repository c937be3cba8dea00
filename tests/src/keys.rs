//! The key of every test's sealed columns: always the same, and nobody's secret.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use storage::{Keyring, StoreOptions};

const KEY: [u8; 32] = [0x5a; 32];

/// What opens the columns of every test's database.
pub fn keys() -> Keyring {
    Keyring::new(&[KEY])
}

/// The defaults, with [`keys`].
pub fn store_options() -> StoreOptions {
    StoreOptions { keys: keys(), ..StoreOptions::default() }
}

/// Writes that key into a file of the directory, once.
pub fn key_file(directory: &Path) -> PathBuf {
    let path = directory.join("column-key");
    let new = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    let digits: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    new.and_then(|mut file| std::io::Write::write_all(&mut file, digits.as_bytes())).expect("the key can be written");
    path
}

/// A directory for a key file, removed with it at the end.
#[derive(Debug)]
pub struct KeyPlace(PathBuf);

impl KeyPlace {
    #[expect(clippy::new_without_default, reason = "a new place every time is no default")]
    pub fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let path = std::env::temp_dir().join(format!("tsunagi-key-{unique}"));
        std::fs::create_dir_all(&path).expect("a temporary directory can be made");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for KeyPlace {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
