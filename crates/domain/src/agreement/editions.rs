//! All editions of one area's agreement: the one that judges a day, and the one that explains an old decision.

use chrono::NaiveDate;

use super::Agreement;

/// The editions of one area, the oldest first. No two hold on the same day.
#[derive(Debug, Clone, PartialEq)]
pub struct Editions(Vec<Agreement>);

/// Two editions that cannot stand beside each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditionClash {
    /// There must be at least one.
    #[error("no edition of the agreement was given")]
    None,
    /// All editions belong to one area.
    #[error("editions of two areas, `{0}` and `{1}`")]
    TwoAreas(String, String),
    /// An old decision must be explained by one edition only.
    #[error("the edition `{0}` exists twice")]
    SameName(String),
    /// Both would judge the same day; the earlier needs a `valid_to`, or the later another `valid_from`.
    #[error("the editions `{earlier}` and `{later}` both hold on {on}")]
    Overlap {
        /// The edition that begins first.
        earlier: String,
        /// The other.
        later: String,
        /// The first day on which both hold.
        on: NaiveDate,
    },
}

impl Editions {
    /// Puts the editions in order. A gap between them is allowed: on such a day no agreement holds.
    pub fn new(mut editions: Vec<Agreement>) -> Result<Self, EditionClash> {
        editions.sort_by_key(|agreement| agreement.valid_from);
        if editions.is_empty() {
            return Err(EditionClash::None);
        }
        for (place, later) in editions.iter().enumerate().skip(1) {
            let before = &editions[..place];
            let earlier = &editions[place - 1];
            if earlier.id != later.id {
                return Err(EditionClash::TwoAreas(earlier.id.clone(), later.id.clone()));
            }
            if before.iter().any(|other| other.edition == later.edition) {
                return Err(EditionClash::SameName(later.edition.clone()));
            }
            if earlier.is_in_force_on(later.valid_from) {
                let (earlier, later, on) = (earlier.edition.clone(), later.edition.clone(), later.valid_from);
                return Err(EditionClash::Overlap { earlier, later, on });
            }
        }
        Ok(Self(editions))
    }

    /// The edition that judges cases of that day.
    #[must_use]
    pub fn in_force_on(&self, day: NaiveDate) -> Option<&Agreement> {
        self.0.iter().rev().find(|agreement| agreement.is_in_force_on(day))
    }

    /// The edition of that name, in force or not.
    #[must_use]
    pub fn by_edition(&self, edition: &str) -> Option<&Agreement> {
        self.0.iter().find(|agreement| agreement.edition == edition)
    }

    /// The latest edition.
    #[must_use]
    pub fn latest(&self) -> &Agreement {
        self.0.last().expect("there is at least one edition")
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Agreement> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edition(name: &str, from: &str, to: Option<&str>) -> Agreement {
        let (valid_from, valid_to) = (from.parse().unwrap(), to.map(|day| day.parse().unwrap()));
        Agreement { edition: name.to_owned(), valid_from, valid_to, ..Agreement::kitami() }
    }

    #[test]
    fn a_day_is_judged_by_the_edition_of_that_day() {
        let second = edition("second", "2027-04-01", None);
        let editions = Editions::new(vec![second, edition("first", "2016-10-01", Some("2027-03-31"))]).unwrap();
        let on = |day: &str| editions.in_force_on(day.parse().unwrap()).map(|agreement| agreement.edition.as_str());
        assert_eq!(on("2016-09-30"), None);
        assert_eq!(on("2016-10-01"), Some("first"));
        assert_eq!(on("2027-03-31"), Some("first"));
        assert_eq!(on("2027-04-01"), Some("second"));
        assert_eq!(editions.by_edition("first").unwrap().valid_to, Some("2027-03-31".parse().unwrap()));
        assert_eq!(editions.latest().edition, "second");
    }

    #[test]
    fn editions_that_contradict_each_other_are_refused() {
        let clash = |editions| Editions::new(editions).unwrap_err().to_string();
        assert_eq!(clash(vec![]), "no edition of the agreement was given");
        let (first, second) = (edition("a", "2016-10-01", None), edition("b", "2027-04-01", None));
        assert_eq!(clash(vec![first.clone(), second]), "the editions `a` and `b` both hold on 2027-04-01");
        let closed = Agreement { valid_to: Some("2020-01-01".parse().unwrap()), ..first };
        assert_eq!(clash(vec![closed.clone(), edition("a", "2027-04-01", None)]), "the edition `a` exists twice");
        let elsewhere = Agreement { id: "abashiri".to_owned(), ..edition("b", "2027-04-01", None) };
        assert_eq!(clash(vec![closed, elsewhere]), "editions of two areas, `kitami` and `abashiri`");
    }
}
