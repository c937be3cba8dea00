//! Flushes that fail or wait when a test says so, in whatever program is started with them: `failing_flush.c`, compiled and preloaded.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::preload::Preload;

/// A disk that can be told to fail once.
pub struct FailingFlush(Preload);

impl FailingFlush {
    pub fn new() -> Self {
        Self(Preload::compile("failing_flush.c"))
    }

    /// What the program's environment has to say.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.0.library()), ("FAILING_FLUSH", self.mark())]
    }

    /// Flushes wait from now on.
    pub fn hold(&self) {
        std::fs::write(self.held(), "").expect("the directory is ours");
    }

    /// They go on.
    pub fn let_go(&self) {
        std::fs::remove_file(self.held()).expect("they were held");
    }

    /// The next flush fails, if it is held when it is let go.
    pub fn fail_next(&self) {
        std::fs::write(self.mark(), "").expect("the directory is ours");
    }

    /// The next flush fails; waits until it has.
    pub async fn fail(&self) {
        self.fail_next();
        let began = Instant::now();
        while self.mark().exists() {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing was flushed");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn held(&self) -> PathBuf {
        self.0.file("fail.held")
    }

    fn mark(&self) -> PathBuf {
        self.0.file("fail")
    }
}

impl Default for FailingFlush {
    fn default() -> Self {
        Self::new()
    }
}
