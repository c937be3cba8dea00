//! A clock that a test sets while the program runs that is started with it: `set_clock.c`, compiled and preloaded.
//!
//! The machine's own clock, and with it every other process, goes on as it was.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::preload::Preload;

pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 24 * HOUR;

/// The clock on the wall of one program. What measures time that has passed is not touched.
pub struct SetClock {
    preload: Preload,
    ahead: File,
}

impl SetClock {
    /// As the machine's, at first.
    pub fn new() -> Self {
        let preload = Preload::compile("set_clock.c");
        let ahead = File::create(preload.file("ahead")).expect("the directory is ours");
        let clock = Self { preload, ahead };
        clock.set(0);
        clock
    }

    /// What the program's environment has to say.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.preload.library()), ("SET_CLOCK", self.preload.file("ahead"))]
    }

    /// From now on it is so many seconds ahead of the machine's.
    pub fn set(&self, seconds: i64) {
        self.ahead.write_all_at(&seconds.to_ne_bytes(), 0).expect("the file is ours");
    }
}

impl Default for SetClock {
    fn default() -> Self {
        Self::new()
    }
}
