//! Charts that survive a FAX: what the three kinds share.
//!
//! Series differ in lightness and pattern (bars) or in marker and dash (lines), never in colour alone, and every value
//! is written out. A value that is not known has its place, with its label and nothing drawn.
//!
//! # How to add a kind of chart
//!
//! A struct with public fields and a `draw(&self, set, width) -> Result<Drawing, PaperError>` in a file beside these;
//! [`caption`] above, [`legend`] below, a method in [`crate::Document`].

mod bars;
mod columns;
mod groups;
mod lines;
mod shares;
mod tone;

pub use self::{
    bars::{Bar, BarChart, Bars, Bracket},
    columns::ColumnChart,
    lines::{LineChart, Series},
};

use self::tone::Tone;
use crate::count::{grouped, thousands};
use crate::{
    Align, PaperError,
    drawing::{Drawing, HAIRLINE, Ink, Type},
    typesetter::Typesetter,
};

/// A value with what is written beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// Where it lies on the axis; `None` draws nothing.
    pub value: Option<f64>,
    /// What is written; a second line is smaller.
    pub label: String,
}

impl Datum {
    /// A number of things.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self { value: Some(count as f64), label: thousands(count) }
    }

    /// A share in per cent with its fraction below: 「72.7%」, 「24/33」. Of nothing there is no share.
    #[must_use]
    pub fn share(numerator: u64, denominator: u64) -> Self {
        let value = (denominator > 0).then(|| numerator as f64 * 100.0 / denominator as f64);
        let label = format!("{}\n{}/{}", percent(numerator, denominator), thousands(numerator), thousands(denominator));
        Self { value, label }
    }

    /// The value, if it can be drawn: a number from nought up.
    fn known(&self) -> Option<f64> {
        self.value.filter(|value| value.is_finite() && *value >= 0.0)
    }

    /// Nothing known; the label says why.
    #[must_use]
    pub fn unknown(label: impl Into<String>) -> Self {
        Self { value: None, label: label.into() }
    }
}

/// Tenths of a per cent, halves upward, counted in whole numbers so that no binary fraction decides; – of nothing.
fn percent(numerator: u64, denominator: u64) -> String {
    if denominator == 0 {
        return "–".into();
    }
    let (numerator, denominator) = (u128::from(numerator), u128::from(denominator));
    let tenths = (numerator * 2000 + denominator) / (2 * denominator);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// What an axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// 0 to 100 %.
    #[default]
    Percent,
    /// 0 to the next round number.
    Count,
}

impl Scale {
    /// The end of the axis and the step of its ticks.
    fn reach(self, most: f64) -> (f64, f64) {
        match self {
            Self::Percent => (100.0, 20.0),
            Self::Count => {
                let rough = (most.max(1.0) / 4.0).max(1.0);
                let power = 10_f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0, 10.0].map(|round| round * power).into_iter().find(|step| *step >= rough);
                let step = step.unwrap_or(rough);
                ((most.max(1.0) / step).ceil() * step, step)
            }
        }
    }

    fn tick(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{value:.0}%"),
            Self::Count => grouped(&format!("{value:.0}")),
        }
    }

    /// From nought to the end, by the step.
    fn ticks(self, most: f64) -> Vec<f64> {
        let (reach, step) = self.reach(most);
        (0..=(reach / step).round() as u32).map(|at| f64::from(at) * step).collect()
    }
}

const CAPTION: Type = Type::bold(10.0, 16.0);
const NAME: Type = Type::regular(9.0, 13.0);
const SMALL: Type = Type::regular(7.5, 10.0).in_ink(Ink::QUIET);
const VALUE: Type = Type::bold(8.5, 11.0);

/// The chart's name at the top; answers the height taken.
fn caption(drawing: &mut Drawing, set: &mut Typesetter, text: &str) -> f32 {
    if text.is_empty() {
        return 0.0;
    }
    let lines = set.wrap(text, CAPTION.weight, drawing.width / CAPTION.size);
    let width = drawing.width;
    drawing.lines(0.0, 0.0, width, Align::Start, CAPTION, lines) + 8.0
}

/// Names of the series, each beside a sample `wide` points wide, flowing from `left` (from the edge of the paper where
/// that saves a line); answers the height taken.
fn legend(
    drawing: &mut Drawing,
    set: &mut Typesetter,
    (left, top, wide): (f32, f32, f32),
    names: &[String],
    sample: impl Fn(&mut Drawing, usize, f32, f32),
) -> f32 {
    const GAP: (f32, f32) = (5.0, 14.0);
    let widths: Vec<f32> = names.iter().map(|name| wide + GAP.0 + set.line(name, NAME.weight).em * NAME.size).collect();
    let whole = widths.iter().sum::<f32>() + GAP.1 * names.len().saturating_sub(1) as f32;
    let left = if left + whole > drawing.width { 0.0 } else { left };
    let (mut x, mut y) = (left, top + 7.0);
    for (at, (name, width)) in names.iter().zip(widths).enumerate() {
        if x > left && x + width > drawing.width {
            x = left;
            y += 16.0;
        }
        sample(drawing, at, x, y);
        drawing.label(set, x + wide + GAP.0, y, Align::Start, NAME, name);
        x += width + GAP.1;
    }
    y + 7.0 - top
}

/// Width of the sample of a bar.
const SWATCH: f32 = 15.0;

fn swatch(drawing: &mut Drawing, series: usize, x: f32, y: f32) {
    Tone::of(series).paint(drawing, x, y - 4.5, SWATCH, 9.0);
}

/// The first line of a label in bold, the second small below it, centred on `x` with the top at `y`.
fn value(drawing: &mut Drawing, set: &mut Typesetter, x: f32, y: f32, label: &str) {
    let mut top = y;
    for (line, style) in label.lines().zip([VALUE, SMALL]) {
        drawing.label(set, x, top + style.leading / 2.0, Align::Center, style, line);
        top += style.leading;
    }
}

/// Width and height of a label as [`value`] draws it.
fn extent(set: &mut Typesetter, label: &str) -> (f32, f32) {
    label.lines().zip([VALUE, SMALL]).fold((0.0, 0.0), |(width, height): (f32, f32), (line, style)| {
        (width.max(set.line(line, style.weight).em * style.size), height + style.leading)
    })
}

/// Horizontal grid lines with their ticks at the left, from `top` down to `bottom`.
fn grid(drawing: &mut Drawing, set: &mut Typesetter, scale: Scale, most: f64, (top, bottom, left): (f32, f32, f32)) {
    let reach = scale.reach(most).0;
    let width = drawing.width;
    for tick in scale.ticks(most) {
        let y = bottom - (bottom - top) * (tick / reach) as f32;
        let ink = if tick == 0.0 { Ink::RULE } else { Ink::HAIR };
        drawing.rule((left, y), (width, y), HAIRLINE, ink);
        drawing.label(set, left - 5.0, y, Align::End, SMALL, &scale.tick(tick));
    }
}

fn room_for(given: usize, expected: usize) -> Result<(), PaperError> {
    if given > expected { Err(PaperError::TooManyValues { expected, given }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_half_up_and_show_their_fraction() {
        assert_eq!(Datum::share(24, 33).label, "72.7%\n24/33");
        assert_eq!(Datum::share(52, 54).label, "96.3%\n52/54");
        assert_eq!(Datum::share(1, 2000).label, "0.1%\n1/2,000");
        assert_eq!(Datum::share(0, 0), Datum { value: None, label: "–\n0/0".into() });
    }

    #[test]
    fn a_counting_axis_ends_at_a_round_number() {
        assert_eq!(Scale::Count.ticks(134.0), [0.0, 50.0, 100.0, 150.0]);
        assert_eq!(Scale::Count.ticks(3.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(Scale::Count.ticks(0.0), [0.0, 1.0]);
        assert_eq!(Scale::Percent.ticks(40.0).len(), 6);
    }
}
