//! Horizontal bars: side by side in groups, or each a whole cut into shares.

use super::{Datum, NAME, SMALL, SWATCH, Scale, VALUE, caption, legend, percent, room_for, swatch, tone::Tone};
use crate::{
    Align, PaperError,
    drawing::{Drawing, HAIRLINE, Ink, Type},
    typesetter::Typesetter,
};

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
        let sum = counts.iter().sum();
        let datum = |count: &u64| Datum { value: Some(*count as f64), label: percent(*count, sum) };
        Self { label: label.into(), note: format!("n = {sum}"), values: counts.iter().map(datum).collect() }
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

const TALL: f32 = 22.0;
const THIN: f32 = 12.0;
const BRACKET: Type = Type::bold(8.0, 10.0).in_ink(Ink::ACCENT);

impl BarChart {
    pub(crate) fn draw(&self, set: &mut Typesetter, width: f32) -> Result<Drawing, PaperError> {
        for bar in &self.bars {
            room_for(bar.values.len(), self.series.len())?;
        }
        let mut drawing = Drawing::new(width, 0.0);
        let mut y = caption(&mut drawing, set, &self.title);
        let left = self.left(set, width);
        match self.kind {
            Bars::Shares => {
                for bar in &self.bars {
                    y += self.shares(&mut drawing, set, bar, left, y);
                }
            }
            Bars::Grouped(scale) => y += self.groups(&mut drawing, set, scale, left, y),
        }
        y += 6.0;
        y += legend(&mut drawing, set, (left, y, SWATCH), &self.series, swatch);
        drawing.height = y;
        Ok(drawing)
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
    fn name(drawing: &mut Drawing, set: &mut Typesetter, bar: &Bar, left: f32, middle: f32) {
        let lines = set.wrap(&bar.label, NAME.weight, (left - 10.0) / NAME.size);
        let note = if bar.note.is_empty() { 0.0 } else { SMALL.leading };
        let height = lines.len() as f32 * NAME.leading;
        let top = middle - (height + note) / 2.0;
        drawing.lines(0.0, top, left - 10.0, Align::End, NAME, lines);
        drawing.label(set, left - 10.0, top + height + note / 2.0, Align::End, SMALL, &bar.note);
    }

    /// One whole bar; answers the height taken.
    fn shares(&self, drawing: &mut Drawing, set: &mut Typesetter, bar: &Bar, left: f32, y: f32) -> f32 {
        let whole: f64 = bar.values.iter().filter_map(|datum| datum.value).sum();
        let top = y + if self.bracket.is_some() { 17.0 } else { 0.0 };
        let full = drawing.width - left;
        Self::name(drawing, set, bar, left, top + TALL / 2.0);
        if whole <= 0.0 {
            drawing.frame(left, top, full, TALL, HAIRLINE, Ink::HAIR);
            drawing.label(set, left + full / 2.0, top + TALL / 2.0, Align::Center, SMALL, "該当なし");
            return top + TALL + 10.0 - y;
        }
        let (mut x, mut outside) = (left, Vec::new());
        for (series, datum) in bar.values.iter().enumerate() {
            let share = (datum.value.unwrap_or(0.0) / whole) as f32 * full;
            if let Some(bracket) = self.bracket.as_ref().filter(|bracket| bracket.series == series) {
                Self::bracket(drawing, set, bracket, bar, (left, x, top - 4.0));
            }
            if share <= 0.0 {
                continue;
            }
            let tone = Tone::of(series);
            tone.paint(drawing, x, top, share, TALL);
            let text = set.line(&datum.label, VALUE.weight).em * VALUE.size;
            let (centre, middle) = (x + share / 2.0, top + TALL / 2.0);
            if text + 6.0 <= share {
                if tone.is_pattern() {
                    drawing.fill(centre - text / 2.0 - 2.0, middle - 6.0, text + 4.0, 12.0, Ink::WHITE);
                }
                drawing.label(set, centre, middle, Align::Center, VALUE.in_ink(tone.lettering()), &datum.label);
            } else {
                outside.push((centre, text, datum.label.as_str()));
            }
            x += share;
        }
        if outside.is_empty() {
            return top + TALL + 10.0 - y;
        }
        Self::below(drawing, set, &outside, (left, top + TALL));
        top + TALL + 22.0 - y
    }

    /// Labels that their segments can't hold, under the bar with a leader each; pushed apart from the right edge, then
    /// from the left one.
    fn below(drawing: &mut Drawing, set: &mut Typesetter, labels: &[(f32, f32, &str)], (left, bottom): (f32, f32)) {
        let gap = 5.0;
        let mut limit = drawing.width;
        let mut lefts: Vec<f32> = Vec::new();
        for (centre, text, _) in labels.iter().rev() {
            let right = (centre + text / 2.0).min(limit);
            limit = right - text - gap;
            lefts.insert(0, right - text);
        }
        let mut limit = left;
        for (place, (centre, text, label)) in lefts.into_iter().zip(labels) {
            let place = place.max(limit);
            limit = place + text + gap;
            let x = place + text / 2.0;
            let leader = vec![(*centre, bottom), (*centre, bottom + 2.0), (x, bottom + 6.0)];
            drawing.stroke(leader, HAIRLINE, Ink::RULE, &[]);
            drawing.label(set, x, bottom + 12.0, Align::Center, VALUE, label);
        }
    }

    /// An arrow both ways over the first segments, with its text in the middle or, when short, at its right.
    fn bracket(
        drawing: &mut Drawing,
        set: &mut Typesetter,
        bracket: &Bracket,
        bar: &Bar,
        (left, right, y): (f32, f32, f32),
    ) {
        let sum = |data: &[Datum]| data.iter().filter_map(|datum| datum.value).sum::<f64>();
        let (part, whole) = (sum(&bar.values[..bracket.series]), sum(&bar.values));
        // Shares are labelled by counting where the values are counts.
        let share = if part.fract() == 0.0 && whole.fract() == 0.0 {
            percent(part as u64, whole as u64)
        } else {
            format!("{:.1}%", part * 100.0 / whole)
        };
        let text = format!("{} {share}", bracket.label);
        let width = set.line(&text, BRACKET.weight).em * BRACKET.size;
        let middle = y - 4.0;
        let arrow = |drawing: &mut Drawing, from: f32, to: f32| {
            let back = if to > from { -3.5 } else { 3.5 };
            drawing.rule((from, middle), (to, middle), 0.7, Ink::ACCENT);
            drawing.stroke(
                vec![(to + back, middle - 2.2), (to, middle), (to + back, middle + 2.2)],
                0.7,
                Ink::ACCENT,
                &[],
            );
        };
        for x in [left, right] {
            drawing.rule((x, middle - 5.0), (x, y + 3.0), 0.7, Ink::ACCENT);
        }
        if right - left > width + 36.0 {
            let centre = (left + right) / 2.0;
            arrow(drawing, centre - width / 2.0 - 4.0, left);
            arrow(drawing, centre + width / 2.0 + 4.0, right);
            drawing.label(set, centre, middle, Align::Center, BRACKET, &text);
        } else {
            if right - left > 9.0 {
                arrow(drawing, (left + right) / 2.0, left);
                arrow(drawing, (left + right) / 2.0, right);
            }
            drawing.label(set, right + 5.0, middle, Align::Start, BRACKET, &text);
        }
    }

    fn groups(&self, drawing: &mut Drawing, set: &mut Typesetter, scale: Scale, left: f32, top: f32) -> f32 {
        let values = self.bars.iter().flat_map(|bar| &bar.values);
        let most = values.clone().filter_map(|datum| datum.value).fold(0.0, f64::max);
        let reach = scale.reach(most).0;
        // Labels stand behind the ends of their bars; the longest must fit behind the longest bar.
        let longest = values.map(|datum| Self::inline(set, datum).1).fold(0.0, f32::max);
        let full = drawing.width - left - longest - 6.0;
        let group = self.series.len() as f32 * (THIN + 2.0) + 10.0;
        let bottom = top + self.bars.len() as f32 * group;
        for tick in scale.ticks(most) {
            let x = left + full * (tick / reach) as f32;
            let ink = if tick == 0.0 { Ink::RULE } else { Ink::HAIR };
            drawing.rule((x, top), (x, bottom), HAIRLINE, ink);
            drawing.label(set, x, bottom + 8.0, Align::Center, SMALL, &scale.tick(tick));
        }
        for (at, bar) in self.bars.iter().enumerate() {
            let first = top + at as f32 * group + 5.0;
            Self::name(drawing, set, bar, left, first + (group - 12.0) / 2.0);
            for (series, datum) in bar.values.iter().enumerate() {
                let y = first + series as f32 * (THIN + 2.0);
                let length = (datum.value.unwrap_or(0.0) / reach) as f32 * full;
                if length > 0.0 {
                    Tone::of(series).paint(drawing, left, y, length, THIN);
                }
                let (text, width) = Self::inline(set, datum);
                drawing.fill(left + length + 1.5, y + 1.0, width + 4.0, THIN - 2.0, Ink::WHITE);
                drawing.label(set, left + length + 4.0, y + THIN / 2.0, Align::Start, VALUE, &text);
            }
        }
        bottom + 16.0 - top
    }

    /// Both lines of a label in one, and their width.
    fn inline(set: &mut Typesetter, datum: &Datum) -> (String, f32) {
        let mut lines = datum.label.lines();
        let mut text = lines.next().unwrap_or_default().to_owned();
        if let Some(fraction) = lines.next() {
            text = format!("{text} ({fraction})");
        }
        let width = set.line(&text, VALUE.weight).em * VALUE.size;
        (text, width)
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
        let texts = chart(&[40, 30, 29, 1]).draw(&mut Typesetter::default(), 480.0).unwrap().texts();
        for text in ["40.0%", "30.0%", "29.0%", "1.0%", "退院5日前以上 70.0%", "n = 100"] {
            assert!(texts.iter().any(|found| found == text), "{text} in {texts:?}");
        }
    }

    #[test]
    fn a_bar_of_nothing_says_so() {
        let texts = chart(&[0, 0, 0, 0]).draw(&mut Typesetter::default(), 480.0).unwrap().texts();
        assert!(texts.contains(&"該当なし".to_owned()));
    }

    #[test]
    fn a_value_without_a_series_is_refused() {
        let refused = chart(&[1, 2, 3, 4, 5]).draw(&mut Typesetter::default(), 480.0);
        assert_eq!(refused, Err(PaperError::TooManyValues { expected: 4, given: 5 }));
    }
}
