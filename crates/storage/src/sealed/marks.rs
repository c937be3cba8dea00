//! Marks: keyed hashes by which a person is found without her name being readable.
//!
//! Who reads the database sees which people share a mark and how many do, so the commonest first syllables can be guessed; without the
//! key nobody can make the mark of a name he looks for. What is longer than [`LONGEST`] is looked for by its beginning and told
//! apart after opening.
//!
//! Marks are made of readings without their spaces. Older rows have marks of readings as they were written, until they are corrected
//! or sealed anew; whoever looks for them by a reading with its spaces asks for both.

use chrono::NaiveDate;
use domain::RegionId;
use domain::patient::Patient;
use uuid::Uuid;

use super::Keyring;
use super::key::{Key, keyed};

/// Characters of the longest beginning that has a mark.
const LONGEST: usize = 8;

/// What a person can be found by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trait<'a> {
    /// The first characters of the reading without its spaces.
    Beginning(&'a str),
    /// Reading without its spaces, and birth date.
    Born(&'a str, NaiveDate),
    InsuredNumber(&'a str),
}

impl Trait<'_> {
    /// Sixteen bytes: two people share one by chance once in 2^64.
    fn mark(self, key: &[u8; 32]) -> Uuid {
        let hash = match self {
            Self::Beginning(text) => keyed(key, &[b"beginning", text.as_bytes()]),
            Self::Born(kana, on) => keyed(key, &[b"born", kana.as_bytes(), on.to_string().as_bytes()]),
            Self::InsuredNumber(number) => keyed(key, &[b"number", number.as_bytes()]),
        };
        let mut mark = [0; 16];
        mark.copy_from_slice(&hash[..16]);
        Uuid::from_bytes(mark)
    }
}

fn of_region(key: &Key, region_id: RegionId) -> [u8; 32] {
    keyed(&key.marks, &[region_id.uuid().as_bytes()])
}

/// The beginning of `text` that has a mark.
pub(crate) fn beginning(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

impl Keyring {
    /// Everything a person is found by, under the sealing key.
    pub(crate) fn marks_of(&self, patient: &Patient) -> Vec<Uuid> {
        let Some(key) = self.keys().first().map(|key| of_region(key, patient.region_id)) else { return Vec::new() };
        let kana = patient.kana.unspaced();
        let kana = kana.as_str();
        let ends = kana.char_indices().skip(1).map(|(end, _)| end).chain([kana.len()]);
        let mut marks: Vec<Uuid> = ends.take(LONGEST).map(|end| Trait::Beginning(&kana[..end]).mark(&key)).collect();
        marks.push(Trait::Born(kana, patient.birth_on).mark(&key));
        marks.extend(patient.insured_number.as_ref().map(|number| Trait::InsuredNumber(number.as_str()).mark(&key)));
        marks
    }

    /// What those who have it are marked with, under whichever key.
    pub(crate) fn marks_for(&self, region_id: RegionId, wanted: &[Trait<'_>]) -> Vec<Uuid> {
        let keys: Vec<_> = self.keys().iter().map(|key| of_region(key, region_id)).collect();
        keys.iter().flat_map(|key| wanted.iter().map(|wanted| wanted.mark(key))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_its_kind_its_region_and_its_key() {
        let (here, there): (RegionId, RegionId) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let ring = Keyring::new(&[[1; 32], [2; 32]]);
        let mut marks = ring.marks_for(here, &[Trait::Beginning("キタミ"), Trait::InsuredNumber("キタミ")]);
        marks.extend(ring.marks_for(there, &[Trait::Beginning("キタミ")]));
        let distinct: std::collections::BTreeSet<_> = marks.iter().collect();
        assert_eq!(distinct.len(), 6);
    }

    #[test]
    fn what_is_too_long_is_looked_for_by_its_beginning() {
        assert_eq!(beginning("キタミ ハナコサン"), "キタミ ハナコサ");
        assert_eq!(beginning("キタ"), "キタ");
        assert_eq!(beginning(""), "");
    }
}
