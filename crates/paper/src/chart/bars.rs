//! Horizontal bars: side by side in groups, or each a whole cut into shares.

use super::{Datum, NAME, SMALL, SWATCH, Scale, caption, legend, percent, room_for, swatch};
use crate::{Align, PaperError, drawing::Drawing, typesetter::Typesetter};

/// How the values of one bar stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bars {
    /// One bar a category, as wide as the paper; each value takes its share of the sum.
    Shares,
    /// One bar a value, under one another.
    Grouped(Scale),
}

/// One category with a value for each series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    /// What it is: a year, an office.
    pub label: String,
    /// Small below the label, such as the number of cases.
    pub note: String,
    /// In the order of the series; missing ones at the end are empty.
    pub values: Vec<Datum>,
}

impl Bar {
    /// Numbers of cases, labelled with their shares; the note gives the sum.
    #[must_use]
    pub fn of_counts(label: impl Into<String>, counts: &[u64]) -> Self {
        let sum: u64 = counts.iter().sum();
        let datum = |count: &u64| Datum { value: Some(*count as f64), label: percent(*count, sum) };
        Self {
            label: label.into(),
            note: format!("n = {}", crate::thousands(sum)),
            values: counts.iter().map(datum).collect(),
        }
    }
}

/// Marks the first series of every bar together: 「← 退院5日前以上 62.1% →」.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bracket {
    /// What they have in common.
    pub label: String,
    /// How many series, from the first.
    pub series: usize,
}

/// A chart of horizontal bars.
#[derive(Debug, Clone, PartialEq)]
pub struct BarChart {
    /// Above the chart.
    pub title: String,
    /// Shares or groups.
    pub kind: Bars,
    /// Names for the legend.
    pub series: Vec<String>,
    /// From top to bottom.
    pub bars: Vec<Bar>,
    /// Over the first shares; groups have none.
    pub bracket: Option<Bracket>,
}

impl BarChart {
    /// One drawing, or several of the same scale where the bars are more than a page holds.
    pub(crate) fn draw(&self, set: &mut Typesetter, width: f32, tallest: f32) -> Result<Vec<Drawing>, PaperError> {
        for bar in &self.bars {
            room_for(bar.values.len(), self.series.len())?;
        }
        let bars = self.bars.len();
        let mut parts = vec![self.part(set, width, &self.title, &self.bars)];
        let mut most = bars;
        while most > 1 && parts.iter().any(|part| part.height > tallest) {
            most -= 1;
            let even = bars.div_ceil(bars.div_ceil(most));
            let chunks = self.bars.chunks(even).enumerate();
            let title =
                |at: usize| if at == 0 { self.title.clone() } else { format!("{}\u{FF08}続き\u{FF09}", self.title) };
            parts = chunks.map(|(at, chunk)| self.part(set, width, &title(at), chunk)).collect();
        }
        Ok(parts)
    }

    fn part(&self, set: &mut Typesetter, width: f32, title: &str, bars: &[Bar]) -> Drawing {
        let mut drawing = Drawing::new(width, 0.0);
        let mut y = caption(&mut drawing, set, title);
        let left = self.left(set, width);
        match self.kind {
            Bars::Shares => {
                for bar in bars {
                    y += self.shares(&mut drawing, set, bar, left, y);
                }
            }
            Bars::Grouped(scale) => y += self.groups(&mut drawing, set, scale, bars, (left, y)),
        }
        y += 6.0;
        y += legend(&mut drawing, set, (left, y, SWATCH), &self.series, swatch);
        drawing.height = y;
        drawing
    }

    /// Where the bars begin: beside the widest name, but within a third of the paper.
    fn left(&self, set: &mut Typesetter, width: f32) -> f32 {
        let name = |bar: &Bar| {
            let label = set.line(&bar.label, NAME.weight).em * NAME.size;
            label.max(set.line(&bar.note, SMALL.weight).em * SMALL.size)
        };
        self.bars.iter().map(name).fold(0.0, f32::max).min(width / 3.0) + 10.0
    }

    /// The category's name, ending at the bars, in the middle of its height.
    pub(super) fn name(drawing: &mut Drawing, set: &mut Typesetter, bar: &Bar, left: f32, middle: f32) {
        let lines = set.wrap(&bar.label, NAME.weight, (left - 10.0) / NAME.size);
        let note = if bar.note.is_empty() { 0.0 } else { SMALL.leading };
        let height = lines.len() as f32 * NAME.leading;
        let top = middle - (height + note) / 2.0;
        drawing.lines(0.0, top, left - 10.0, Align::End, NAME, lines);
        drawing.label(set, left - 10.0, top + height + note / 2.0, Align::End, SMALL, &bar.note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(counts: &[u64]) -> BarChart {
        BarChart {
            title: "退院連絡の時期".into(),
            kind: Bars::Shares,
            series: ["8日以上前", "5～7日前", "2～4日前", "前日"].map(String::from).into(),
            bars: vec![Bar::of_counts("令和8年", counts)],
            bracket: Some(Bracket { label: "退院5日前以上".into(), series: 2 }),
        }
    }

    #[test]
    fn every_share_is_written_and_the_bracket_sums_the_first() {
        let texts = chart(&[40, 30, 29, 1]).draw(&mut Typesetter::default(), 480.0, 700.0).unwrap()[0].texts();
        for text in ["40.0%", "30.0%", "29.0%", "1.0%", "退院5日前以上 70.0%", "n = 100"] {
            assert!(texts.iter().any(|found| found == text), "{text} in {texts:?}");
        }
    }

    #[test]
    fn a_bar_of_nothing_says_so() {
        let texts = chart(&[0, 0, 0, 0]).draw(&mut Typesetter::default(), 480.0, 700.0).unwrap()[0].texts();
        assert!(texts.contains(&"該当なし".to_owned()));
    }

    #[test]
    fn a_value_without_a_series_is_refused() {
        let refused = chart(&[1, 2, 3, 4, 5]).draw(&mut Typesetter::default(), 480.0, 700.0);
        assert_eq!(refused, Err(PaperError::TooManyValues { expected: 4, given: 5 }));
    }

    #[test]
    fn a_bracket_over_all_series_ends_with_the_bar() {
        let mut all = chart(&[40, 30]);
        all.bracket = Some(Bracket { label: "連絡あり".into(), series: 4 });
        let texts = all.draw(&mut Typesetter::default(), 480.0, 700.0).unwrap()[0].texts();
        assert!(texts.contains(&"連絡あり 100.0%".to_owned()));
    }

    #[test]
    fn more_bars_than_a_page_holds_go_on_in_a_second_chart_of_the_same_scale() {
        let bar =
            |count| Bar { label: format!("第{count}病院"), values: vec![Datum::count(count)], ..Bar::default() };
        let kind = Bars::Grouped(Scale::Count);
        let many = BarChart { kind, series: vec!["件数".into()], bars: (1..=67).map(bar).collect(), ..chart(&[]) };
        let parts = many.draw(&mut Typesetter::default(), 480.0, 700.0).unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|part| part.height <= 700.0));
        assert!(parts.iter().all(|part| part.texts().contains(&"80".to_owned())), "the end of each axis");
        assert_eq!(parts.iter().flat_map(Drawing::texts).filter(|text| text.ends_with("病院")).count(), 67);
    }
}
