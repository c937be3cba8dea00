//! Whose token has opened something not long ago.

use std::collections::HashSet;
use std::mem;

/// Two generations: when the younger one is full, the older one is forgotten. So it holds the last `most` at least, in bounded memory and
/// without a clock.
#[derive(Debug)]
pub(super) struct Known {
    recent: HashSet<u64>,
    before: HashSet<u64>,
    most: usize,
}

impl Known {
    pub(super) fn new(most: usize) -> Self {
        Self { recent: HashSet::new(), before: HashSet::new(), most }
    }

    pub(super) fn add(&mut self, hash: u64) {
        if self.recent.insert(hash) && self.recent.len() > self.most {
            self.before = mem::take(&mut self.recent);
        }
    }

    pub(super) fn remove(&mut self, hash: u64) {
        self.recent.remove(&hash);
        self.before.remove(&hash);
    }

    pub(super) fn has(&self, hash: u64) -> bool {
        self.recent.contains(&hash) || self.before.contains(&hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_known_and_those_of_long_ago_are_not() {
        let mut known = Known::new(10);
        (0..100).for_each(|n| known.add(n));
        assert!((90..100).all(|n| known.has(n)));
        assert!((0..70).all(|n| !known.has(n)));
        known.remove(99);
        assert!(!known.has(99));
    }
}
