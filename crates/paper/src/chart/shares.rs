//! One bar as a whole cut into shares, with its bracket above and the labels of thin segments below.

use super::{Bar, BarChart, Bracket, Datum, SMALL, VALUE, percent, tone::Tone};
use crate::{
    Align,
    drawing::{Drawing, HAIRLINE, Ink, Type},
    typesetter::Typesetter,
};

const TALL: f32 = 22.0;
const BRACKET: Type = Type::bold(8.0, 10.0).in_ink(Ink::ACCENT);

impl BarChart {
    /// One whole bar; answers the height taken.
    pub(super) fn shares(&self, drawing: &mut Drawing, set: &mut Typesetter, bar: &Bar, left: f32, y: f32) -> f32 {
        let whole: f64 = bar.values.iter().filter_map(Datum::known).sum();
        let top = y + if self.bracket.is_some() { 17.0 } else { 0.0 };
        let full = drawing.width - left;
        Self::name(drawing, set, bar, left, top + TALL / 2.0);
        if whole <= 0.0 {
            drawing.frame(left, top, full, TALL, HAIRLINE, Ink::HAIR);
            drawing.label(set, left + full / 2.0, top + TALL / 2.0, Align::Center, SMALL, "該当なし");
            return top + TALL + 10.0 - y;
        }
        let (mut x, mut marked, mut outside) = (left, left, Vec::new());
        for (series, datum) in bar.values.iter().enumerate() {
            let share = (datum.known().unwrap_or(0.0) / whole) as f32 * full;
            if self.bracket.as_ref().is_some_and(|bracket| series < bracket.series) {
                marked = x + share;
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
        if let Some(bracket) = &self.bracket {
            Self::bracket(drawing, set, bracket, bar, (left, marked, top - 4.0));
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
        let sum = |data: &[Datum]| data.iter().filter_map(Datum::known).sum::<f64>();
        let (part, whole) = (sum(&bar.values[..bracket.series.min(bar.values.len())]), sum(&bar.values));
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
}
