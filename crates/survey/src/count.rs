//! Cells in, report out: one pass over the cells, then words.
//!
//! Cells of the period make the figures; cells of the same months in other fiscal years make the trend. The order of the cells doesn't
//! matter. Totals, methods, strata and months are counted from the hospital side and must agree with the office side.

use std::collections::HashMap;

use domain::agreement::SurveyDefinition;
use domain::patient::CareGroup;
use domain::survey::{Cell, Measure, Method, Month, NO_CARE_MANAGER, Side};
use domain::{Instant, OrganizationId};

use crate::balance::Imbalance;
use crate::parties::Parties;
use crate::report::{
    ExclusionCount, MeasureReport, MethodCount, MonthTally, PartyTally, Period, StratumTally, SurveyReport, Words,
    YearTally,
};
use crate::scope::{self, Scope};
use crate::sum::{Sum, early_buckets};
use crate::{era, rates, words};

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// The period ends before it begins, or is longer than ten years.
    #[error("the period from {} to {} can't be reported", first.number(), last.number())]
    Period {
        /// As asked.
        first: Month,
        /// As asked.
        last: Month,
    },
    /// Nothing joins across regions.
    #[error("cells of more than one region were given")]
    SeveralRegions,
    /// The seven buckets can't be divided there.
    #[error("a line {days} days before discharge lies on no border of the seven buckets (8, 5, 2, 1, 0)")]
    Line {
        /// As the agreement has it.
        days: u16,
    },
    /// The cells contradict each other.
    #[error("the counted cells contradict each other: {0}")]
    Imbalance(#[from] Imbalance),
}

impl SurveyReport {
    /// Counts. `cells` are those of one region; the ones outside the period are used for the trend over fiscal years, which compares
    /// the same months of each year. `as_of` is the instant at which the cells were read.
    pub fn count(
        scope: &Scope,
        cells: &[Cell],
        definition: &SurveyDefinition,
        parties: &Parties,
        as_of: Instant,
        edition: &str,
    ) -> Result<Self, CountError> {
        let (first, last) = (scope.first, scope.last);
        let months = scope::months(first, last);
        if months.is_empty() || months.len() > scope::LONGEST {
            return Err(CountError::Period { first, last });
        }
        if cells.windows(2).any(|pair| pair[0].key.region_id != pair[1].key.region_id) {
            return Err(CountError::SeveralRegions);
        }
        let line_days = definition.line_days;
        let early = early_buckets(line_days).ok_or(CountError::Line { days: line_days })?;
        let counting = Counting { months: &months, definition, parties, early };
        let admission = counting.measure(Measure::Admission, cells);
        let discharge = counting.measure(Measure::Discharge, cells);
        let report = Self {
            title: words::title(scope, definition.fiscal_year_starts),
            region_name: scope.region_name.clone(),
            period: Period { first, last, label: words::period(scope), provisional: !scope::is_over(last, as_of) },
            as_of,
            edition: edition.to_owned(),
            line_days,
            rates: rates::defined(definition, &admission.total, &discharge.total),
            admission,
            discharge,
        };
        report.check()?;
        Ok(report)
    }
}

type ByStratum = [Sum; CareGroup::ALL.len()];

/// Everything that one pass over the cells of one measure collects.
#[derive(Default)]
struct Sums<'a> {
    total: Sum,
    strata: ByStratum,
    months: Vec<Sum>,
    hospitals: HashMap<Option<OrganizationId>, ByStratum>,
    offices: HashMap<Option<OrganizationId>, ByStratum>,
    methods: HashMap<Method, i64>,
    exclusions: HashMap<&'a str, i64>,
    /// By fiscal year: the counts, and which months of the year have any.
    years: std::collections::BTreeMap<i32, (Sum, u16)>,
}

struct Counting<'a> {
    months: &'a [Month],
    definition: &'a SurveyDefinition,
    parties: &'a Parties,
    early: usize,
}

impl Counting<'_> {
    fn measure(&self, measure: Measure, cells: &[Cell]) -> MeasureReport {
        // The period's own years stand in the trend even without a case.
        let year =
            |month: &Month| (scope::fiscal_year_of(*month, self.definition.fiscal_year_starts), Default::default());
        let years = self.months.iter().map(year).collect();
        let mut sums = Sums { months: vec![Sum::default(); self.months.len()], years, ..Sums::default() };
        for cell in cells.iter().filter(|cell| cell.key.measure == measure) {
            self.add(&mut sums, cell);
        }
        let tally = |sum: &Sum| sum.tally(measure, self.early);
        MeasureReport {
            measure,
            name: rates::name(self.definition, measure),
            total: tally(&sums.total),
            methods: words::METHODS.map(|method| self.method(method, &sums)).into(),
            exclusions: self.exclusions(&sums),
            strata: self.strata(measure, &sums.strata),
            hospitals: self.parties(measure, Side::Hospital, &sums.hospitals),
            offices: self.parties(measure, Side::Office, &sums.offices),
            months: std::iter::zip(self.months, &sums.months)
                .map(|(month, sum)| MonthTally { month: *month, label: era::month(*month), tally: tally(sum) })
                .collect(),
            fiscal_years: std::iter::zip(sums.years.keys(), sums.years.values())
                .map(|(year, (sum, months))| YearTally {
                    fiscal_year: *year,
                    label: era::fiscal_year(*year),
                    months: months.count_ones() as usize,
                    of_months: self.months.len().min(12),
                    tally: tally(sum),
                })
                .collect(),
        }
    }

    fn add<'a>(&self, sums: &mut Sums<'a>, cell: &'a Cell) {
        let Cell { key, count } = cell;
        let first = self.months[0];
        let from_first = scope::ordinal(key.month) - scope::ordinal(first);
        let place = usize::try_from(from_first).ok().filter(|place| *place < self.months.len());
        let compared = usize::try_from(from_first.rem_euclid(12)).is_ok_and(|of_year| of_year < self.months.len());
        if key.side == Side::Hospital && compared && *count != 0 {
            let year = scope::fiscal_year_of(key.month, self.definition.fiscal_year_starts);
            let (sum, months) = sums.years.entry(year).or_default();
            sum.add(key, *count);
            *months |= 1 << key.month.month();
        }
        let Some(place) = place else { return };
        match key.side {
            Side::Office => sums.offices.entry(key.party_id).or_default()[key.group as usize].add(key, *count),
            Side::Hospital => {
                sums.hospitals.entry(key.party_id).or_default()[key.group as usize].add(key, *count);
                sums.total.add(key, *count);
                sums.strata[key.group as usize].add(key, *count);
                sums.months[place].add(key, *count);
                match (&key.exclusion, key.method) {
                    (Some(id), _) => *sums.exclusions.entry(id).or_default() += count,
                    (None, Some(method)) => *sums.methods.entry(method).or_default() += count,
                    (None, None) => {}
                }
            }
        }
    }

    fn method(&self, method: Method, sums: &Sums<'_>) -> MethodCount {
        let count = sums.methods.get(&method).copied().unwrap_or_default();
        MethodCount { method, name: words::method(method), count }
    }

    /// The agreement's rules in its order, the built-in one, then ids that this edition doesn't know.
    fn exclusions(&self, sums: &Sums<'_>) -> Vec<ExclusionCount> {
        let mut named = words::exclusions(self.definition);
        if !named.iter().any(|(id, _)| id == NO_CARE_MANAGER) {
            named.push((NO_CARE_MANAGER.to_owned(), words::no_care_manager()));
        }
        let mut unknown: Vec<_> =
            sums.exclusions.keys().filter(|id| !named.iter().any(|(known, _)| known == *id)).collect();
        unknown.sort_unstable();
        let unknown: Vec<_> = unknown.into_iter().map(|id| ((*id).to_owned(), Words::of((id, id)))).collect();
        let counted = |(id, name): (String, Words)| {
            let count = sums.exclusions.get(id.as_str()).copied().unwrap_or_default();
            ExclusionCount { id, name, count }
        };
        named.into_iter().chain(unknown).map(counted).collect()
    }

    fn strata(&self, measure: Measure, sums: &ByStratum) -> Vec<StratumTally> {
        let one = |stratum: CareGroup| StratumTally {
            stratum,
            name: Words::of(stratum.wording()),
            tally: sums[stratum as usize].tally(measure, self.early),
        };
        CareGroup::ALL.map(one).into()
    }

    /// Everybody on the list, and whoever was counted besides; by name, stays without a party last.
    fn parties(
        &self,
        measure: Measure,
        side: Side,
        sums: &HashMap<Option<OrganizationId>, ByStratum>,
    ) -> Vec<PartyTally> {
        let listed = self.parties.listed(side);
        let besides = sums.keys().copied().filter(|id| id.is_none_or(|id| !listed.contains_key(&id)));
        let mut all: Vec<_> = listed.keys().copied().map(Some).chain(besides).collect();
        all.sort_by_cached_key(|id| (id.is_none(), self.parties.name(*id), *id));
        let one = |id: Option<OrganizationId>| {
            let strata = sums.get(&id).copied().unwrap_or_default();
            let mut whole = Sum::default();
            strata.iter().for_each(|stratum| whole.merge(stratum));
            PartyTally {
                party_id: id,
                name: self.parties.name(id),
                tally: whole.tally(measure, self.early),
                strata: self.strata(measure, &strata),
            }
        };
        all.into_iter().map(one).collect()
    }
}
