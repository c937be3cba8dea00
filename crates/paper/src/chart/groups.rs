//! Bars side by side: a group a category, a bar a series.

use super::{Bar, BarChart, Datum, SMALL, Scale, VALUE, tone::Tone};
use crate::{
    Align,
    drawing::{Drawing, HAIRLINE, Ink},
    typesetter::Typesetter,
};

const THIN: f32 = 12.0;

impl BarChart {
    /// Bars one under another; the scale is that of all bars, not of these alone. Answers the height taken.
    pub(super) fn groups(
        &self,
        drawing: &mut Drawing,
        set: &mut Typesetter,
        scale: Scale,
        bars: &[Bar],
        (left, top): (f32, f32),
    ) -> f32 {
        let values = self.bars.iter().flat_map(|bar| &bar.values);
        let most = values.clone().filter_map(Datum::known).fold(0.0, f64::max);
        let reach = scale.reach(most).0;
        // Labels stand behind the ends of their bars; the longest must fit behind the longest bar.
        let longest = values.map(|datum| Self::inline(set, datum).1).fold(0.0, f32::max);
        let full = drawing.width - left - longest - 6.0;
        let group = self.series.len() as f32 * (THIN + 2.0) + 10.0;
        let bottom = top + bars.len() as f32 * group;
        for tick in scale.ticks(most) {
            let x = left + full * (tick / reach) as f32;
            let ink = if tick == 0.0 { Ink::RULE } else { Ink::HAIR };
            drawing.rule((x, top), (x, bottom), HAIRLINE, ink);
            drawing.label(set, x, bottom + 8.0, Align::Center, SMALL, &scale.tick(tick));
        }
        for (at, bar) in bars.iter().enumerate() {
            let first = top + at as f32 * group + 5.0;
            Self::name(drawing, set, bar, left, first + (group - 12.0) / 2.0);
            for (series, datum) in bar.values.iter().enumerate() {
                let y = first + series as f32 * (THIN + 2.0);
                let length = (datum.known().unwrap_or(0.0) / reach) as f32 * full;
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
