//! A piece of C that is preloaded into a program under test: a disk that fails ([`crate::flush`]), a clock that is set ([`crate::clock`]).

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiled anew, into a directory of its own.
pub(crate) struct Preload {
    directory: PathBuf,
}

impl Preload {
    /// From that file of `tests/src`. The program may be another user's (the database server's): anybody may write the directory.
    pub(crate) fn compile(source: &str) -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let directory = std::env::temp_dir().join(format!("tsunagi-preload-{unique}"));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).expect("it is ours");
        let preload = Self { directory };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(source);
        let ran = Command::new("gcc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(preload.library()).arg(path).status();
        let ran = ran.expect("gcc is missing: apt-get install -y --no-install-recommends gcc libc6-dev");
        assert!(ran.success(), "{source} does not compile");
        preload
    }

    /// For `LD_PRELOAD`.
    pub(crate) fn library(&self) -> PathBuf {
        self.directory.join("preloaded.so")
    }

    /// A file through which the test and the program speak.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl Drop for Preload {
    fn drop(&mut self) {
        // What is left of it is a few kilobytes in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
