//! The charts of the paper: trend, methods, timing.

use domain::survey::LeadTime;
use paper::{Bar, BarChart, Bars, Bracket, Datum, Document, LineChart, Scale, Series, thousands};

use crate::NotificationRate;
use crate::report::{SurveyReport, Tally, Timing, line_wording};
use crate::sum::early_buckets;

/// More points than this on one chart are a tangle; the table has them all.
const MOST_POINTS: usize = 13;

/// Lines over the months of the period, and over the fiscal years; left out where there is but one point.
pub(super) fn trends(paper: &mut Document, report: &SurveyReport) {
    let (admission, discharge) = (&report.admission, &report.discharge);
    let months: Vec<_> = admission
        .months
        .iter()
        .zip(&discharge.months)
        .map(|(a, d)| (a.label.clone(), Some(&a.tally), Some(&d.tally)))
        .collect();
    let mut years: Vec<i32> =
        report.measures().iter().flat_map(|m| m.fiscal_years.iter().map(|y| y.fiscal_year)).collect();
    years.sort_unstable();
    years.dedup();
    let years: Vec<_> = years
        .into_iter()
        .rev()
        .take(MOST_POINTS)
        .rev()
        .map(|year| {
            let [a, d] = report.measures().map(|measure| measure.fiscal_years.iter().find(|y| y.fiscal_year == year));
            let label = a.or(d).map(|year| year.label.clone()).unwrap_or_default();
            (label, a.map(|year| &year.tally), d.map(|year| &year.tally))
        })
        .collect();
    let by_month = (2..=MOST_POINTS).contains(&months.len());
    if !by_month && years.len() < 2 {
        return;
    }
    paper.heading(1, "連絡率の推移");
    if years.len() > 1 {
        trend(paper, "年度ごと(各年度の同じ月)", &years, report.line_days);
    }
    if by_month {
        trend(paper, "月ごと", &months, report.line_days);
    }
}

/// Fiscal years beside the strata in the chart of the timing, so that it stays on its page.
const MOST_YEARS: usize = 3;

type Point<'a> = (String, Option<&'a Tally>, Option<&'a Tally>);

fn trend(paper: &mut Document, title: &str, points: &[Point<'_>], line_days: u16) {
    // With many points fractions don't fit; the tables have them.
    let roomy = points.len() <= 6;
    let line = |name: String, rate: &dyn Fn(&Point<'_>) -> Option<NotificationRate>| {
        let point = |point: &Point<'_>| rate(point).map_or_else(|| Datum::unknown(""), |rate| datum(rate, roomy));
        Series { name, points: points.iter().map(point).collect() }
    };
    paper.line_chart(&LineChart {
        title: title.to_owned(),
        scale: Scale::Percent,
        categories: points.iter().map(|(label, ..)| broken(label)).collect(),
        lines: vec![
            line("入院連絡率".to_owned(), &|(_, admission, _)| admission.map(|tally| tally.rate)),
            line("退院連絡率".to_owned(), &|(_, _, discharge)| discharge.map(|tally| tally.rate)),
            line(format!("{}(全退院のうち)", line_wording(line_days).ja), &|(_, _, discharge)| {
                discharge.and_then(|tally| tally.timing.as_ref()).map(|timing| timing.early_of_discharged)
            }),
        ],
    });
    if !roomy {
        paper.note("分子と分母は月別・年度別の表にあります。");
    }
}

/// Both measures beside each other, method by method.
pub(super) fn methods(paper: &mut Document, report: &SurveyReport) {
    let [of_admission, of_discharge] = report.measures().map(|measure| measure.total.rate.numerator);
    if of_admission + of_discharge == 0 {
        paper.paragraph("連絡のあった入退院はありませんでした。");
        return;
    }
    let bar = |(admission, discharge): (&crate::MethodCount, &crate::MethodCount)| Bar {
        label: admission.name.ja.clone(),
        note: String::new(),
        values: vec![count_of(admission.count, of_admission), count_of(discharge.count, of_discharge)],
    };
    paper.keep_together(|paper| {
        paper.bar_chart(&BarChart {
            title: String::new(),
            kind: Bars::Grouped(Scale::Count),
            series: vec![
                format!("入院連絡({}件)", thousands(of_admission)),
                format!("退院連絡({}件)", thousands(of_discharge)),
            ],
            bars: report.admission.methods.iter().zip(&report.discharge.methods).map(bar).collect(),
            bracket: None,
        });
        paper.note("最初の連絡の方法です。割合は、連絡のあった件数に対するものです。");
    });
}

/// The seven buckets as shares, with the line over the first ones: the total, the strata, the last fiscal years.
pub(super) fn timing(paper: &mut Document, report: &SurveyReport) {
    let discharge = &report.discharge;
    let strata = discharge.strata.iter().map(|s| (s.name.ja.as_str(), &s.tally));
    let earlier = discharge.fiscal_years.len().saturating_sub(MOST_YEARS);
    let years = discharge.fiscal_years.iter().skip(earlier).map(|year| (year.label.as_str(), &year.tally));
    let years = years.filter(|_| discharge.fiscal_years.len() > 1);
    let bars: Vec<Bar> = std::iter::once(("計", &discharge.total)).chain(strata).chain(years).filter_map(bar).collect();
    let timing = report.timing();
    if timing.early_of_told.denominator == 0 {
        paper.paragraph("連絡のあった退院はありませんでした。");
    }
    if !bars.is_empty() {
        paper.bar_chart(&BarChart {
            title: String::new(),
            kind: Bars::Shares,
            series: LeadTime::ALL.map(|lead| lead.wording().0.to_owned()).into(),
            bars,
            bracket: early_buckets(report.line_days)
                .map(|series| Bracket { label: line_wording(report.line_days).ja, series }),
        });
    }
    if timing.early_of_told.denominator > 0 {
        paper.paragraph(&format!(
            "うち{}の連絡は、連絡のあった退院の{}、全退院の{}です。",
            line_wording(report.line_days).ja,
            spoken(timing.early_of_told),
            spoken(timing.early_of_discharged),
        ));
    }
    paper.keep_together(|paper| super::tables::timing(paper, report));
}

/// None when nothing was told: a whole of nothing can't be divided.
fn bar((label, tally): (&str, &Tally)) -> Option<Bar> {
    let timing: &Timing = tally.timing.as_ref()?;
    let counts: Vec<u64> = timing.buckets.values().map(|count| unsigned(*count)).collect();
    (counts.iter().sum::<u64>() > 0).then(|| Bar::of_counts(label, &counts))
}

fn spoken(rate: NotificationRate) -> String {
    format!("{}({}/{})", rate.percentage(), thousands(rate.numerator), thousands(rate.denominator))
}

fn count_of(count: i64, all: i64) -> Datum {
    Datum {
        value: Some(count as f64),
        label: format!("{}件\n{}", thousands(count), NotificationRate::new(count, all).percentage()),
    }
}

fn datum(rate: NotificationRate, roomy: bool) -> Datum {
    let mut datum = Datum::share(unsigned(rate.numerator), unsigned(rate.denominator));
    if !roomy {
        datum.label = rate.percent().map_or_else(String::new, |_| rate.percentage());
    }
    datum
}

/// A checked report holds no negative count.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// 令和8年 over 10月, so that twelve of them fit side by side.
fn broken(label: &str) -> String {
    label.replacen('年', "年\n", usize::from(label.ends_with('月')))
}
