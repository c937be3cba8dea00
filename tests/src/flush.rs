//! Flushes that fail when a test says so, in whatever program is started with them: `failing_flush.c`, compiled and preloaded.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// A disk that can be told to fail once.
pub struct FailingFlush {
    directory: PathBuf,
}

impl FailingFlush {
    /// Compiled anew, into a directory that the database's own user can write.
    pub fn new() -> Self {
        let unique = uuid::Uuid::from_u128(rand::random()).simple().to_string();
        let directory = std::env::temp_dir().join(format!("tsunagi-flush-{unique}"));
        std::fs::create_dir_all(&directory).expect("a temporary directory");
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o777)).expect("it is ours");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/failing_flush.c");
        let library = directory.join("failing_flush.so");
        let ran = Command::new("gcc").args(["-O2", "-shared", "-fPIC", source, "-o"]).arg(library).status();
        let ran = ran.expect("gcc is missing: apt-get install -y --no-install-recommends gcc libc6-dev");
        assert!(ran.success(), "failing_flush.c does not compile");
        Self { directory }
    }

    /// What the program's environment has to say.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.directory.join("failing_flush.so")), ("FAILING_FLUSH", self.mark())]
    }

    /// The next flush fails; waits until it has.
    pub async fn fail(&self) {
        std::fs::write(self.mark(), "").expect("the directory is ours");
        let began = Instant::now();
        while self.mark().exists() {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing was flushed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn mark(&self) -> PathBuf {
        self.directory.join("fail")
    }
}

impl Default for FailingFlush {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for FailingFlush {
    fn drop(&mut self) {
        // What is left of it is a few kilobytes in the temporary directory.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
