//! Fills that stay apart in black and white: three even tones, three patterns, and paper.

use crate::drawing::{Drawing, HAIRLINE, Ink, Mark};

/// How one series is filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tone {
    Even(Ink),
    /// Strokes rising to the right.
    Rising,
    Dotted,
    /// Strokes both ways.
    Crossed,
}

/// From dark to light, so that an order of series reads as one; patterns last.
const TONES: [Tone; 7] = [
    Tone::Even(Ink(0.09, 0.22, 0.42)),
    Tone::Even(Ink(0.38, 0.52, 0.70)),
    Tone::Even(Ink(0.76, 0.83, 0.91)),
    Tone::Rising,
    Tone::Dotted,
    Tone::Crossed,
    Tone::Even(Ink::WHITE),
];

const PATTERN: Ink = Ink(0.30, 0.40, 0.54);

impl Tone {
    /// Of the series with this number; they repeat after seven.
    pub(super) fn of(series: usize) -> Self {
        TONES[series % TONES.len()]
    }

    /// The ink that is legible on it; a pattern needs a plate under the text as well.
    pub(super) fn lettering(self) -> Ink {
        match self {
            Self::Even(Ink(red, green, blue)) if red + green + blue < 1.7 => Ink::WHITE,
            _ => Ink::TEXT,
        }
    }

    pub(super) fn is_pattern(self) -> bool {
        !matches!(self, Self::Even(_))
    }

    /// Fills a rectangle and outlines it.
    pub(super) fn paint(self, drawing: &mut Drawing, x: f32, y: f32, w: f32, h: f32) {
        match self {
            Self::Even(ink) => drawing.fill(x, y, w, h, ink),
            Self::Rising => hatch(drawing, [x, y, w, h], 4.0, false),
            Self::Crossed => {
                hatch(drawing, [x, y, w, h], 4.0, false);
                hatch(drawing, [x, y, w, h], 4.0, true);
            }
            Self::Dotted => dots(drawing, [x, y, w, h]),
        }
        drawing.frame(x, y, w, h, HAIRLINE, Ink::RULE);
    }
}

/// Diagonals cut to the rectangle: on each, the coordinates add up to the same sum (falling: are as far apart).
fn hatch(drawing: &mut Drawing, [x, y, w, h]: [f32; 4], step: f32, falling: bool) {
    let mut sum = step / 2.0;
    while sum < w + h {
        let (from, to) = ((sum - h).max(0.0), sum.min(w));
        let place = |dx: f32| {
            let dy = sum - dx;
            (x + dx, if falling { y + h - dy } else { y + dy })
        };
        drawing.stroke(vec![place(from), place(to)], 0.55, PATTERN, &[]);
        sum += step;
    }
}

fn dots(drawing: &mut Drawing, [x, y, w, h]: [f32; 4]) {
    let (step, radius) = (4.0, 0.62);
    let columns = (w / step).floor() as usize;
    let rows = (h / step).floor() as usize;
    let inset = ((w - columns as f32 * step) / 2.0, (h - rows as f32 * step) / 2.0);
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (x + inset.0 + (column as f32 + 0.5) * step, y + inset.1 + (row as f32 + 0.5) * step);
            drawing.marks.push(Mark::Disc { x, y, radius, fill: PATTERN, rim: None });
        }
    }
}
