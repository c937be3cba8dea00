//! How much of what waits is taken at once.

/// So many are taken even if that is all there is: where a flush takes 2 ms, fewer would carry too little of it (with 24, a tenth less is
/// filed on SQLite), and more would leave nothing to read meanwhile.
const FEW: usize = 32;

/// Half of what waits, and never more than `most`. Whoever took all of it would make everybody wait for the same answer and ask again at
/// the same moment: while one lot is read nothing is written, and the other way round. With halves one goes on beside the other.
pub(crate) fn share(waiting: usize, most: usize) -> usize {
    waiting.div_ceil(2).max(FEW).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_taken_whole_and_many_by_half() {
        let shares = [0, 1, 32, 33, 64, 65, 200, 10_000].map(|waiting| share(waiting, 128));
        assert_eq!(shares, [32, 32, 32, 32, 32, 33, 100, 128]);
        assert_eq!(share(10, 4), 4, "the most that the configuration allows");
    }
}
