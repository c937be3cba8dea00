//! Marks on paper: text, rules and fills in points, counted from the drawing's own top left corner.

use crate::{
    font::Weight,
    table::Align,
    typesetter::{Line, Typesetter},
};

/// A colour. Tones are told apart by their lightness alone, so that a FAX keeps them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ink(pub(crate) f32, pub(crate) f32, pub(crate) f32);

impl Ink {
    pub(crate) const TEXT: Self = Self(0.11, 0.12, 0.14);
    pub(crate) const QUIET: Self = Self(0.38, 0.40, 0.43);
    pub(crate) const RULE: Self = Self(0.30, 0.32, 0.36);
    pub(crate) const HAIR: Self = Self(0.74, 0.76, 0.79);
    pub(crate) const PALE: Self = Self(0.945, 0.953, 0.965);
    pub(crate) const WHITE: Self = Self(1.0, 1.0, 1.0);
    pub(crate) const ACCENT: Self = Self(0.09, 0.22, 0.42);
}

/// Thickness of rules, in points.
pub(crate) const HAIRLINE: f32 = 0.4;
pub(crate) const FIRM: f32 = 0.9;

/// One thing drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    /// `y` is the baseline.
    Text {
        x: f32,
        y: f32,
        size: f32,
        ink: Ink,
        line: Line,
    },
    Stroke {
        points: Vec<(f32, f32)>,
        closed: bool,
        width: f32,
        ink: Ink,
        dash: &'static [f32],
    },
    Fill {
        points: Vec<(f32, f32)>,
        ink: Ink,
    },
    Disc {
        x: f32,
        y: f32,
        radius: f32,
        fill: Ink,
        rim: Option<Ink>,
    },
}

/// Type of one size, weight and ink.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Type {
    pub(crate) size: f32,
    pub(crate) leading: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
}

impl Type {
    pub(crate) const fn regular(size: f32, leading: f32) -> Self {
        Self { size, leading, weight: Weight::Regular, ink: Ink::TEXT }
    }

    pub(crate) const fn bold(size: f32, leading: f32) -> Self {
        Self { size, leading, weight: Weight::Bold, ink: Ink::TEXT }
    }

    pub(crate) const fn in_ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// Marks within a width and a height.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Drawing {
    pub(crate) marks: Vec<Mark>,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Drawing {
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self { marks: Vec::new(), width, height }
    }

    /// A line within a line box whose top is `top`: aligned in `width` from `x`.
    pub(crate) fn line(&mut self, x: f32, top: f32, width: f32, align: Align, style: Type, line: Line) {
        let x = match align {
            Align::Start => x,
            Align::Center => x + (width - line.em * style.size) / 2.0,
            Align::End => x + width - line.em * style.size,
        };
        let y = top + style.leading / 2.0 + style.size * 0.38;
        if !line.runs.is_empty() {
            self.marks.push(Mark::Text { x, y, size: style.size, ink: style.ink, line });
        }
    }

    /// Lines under one another; answers the height they take.
    pub(crate) fn lines(&mut self, x: f32, top: f32, width: f32, align: Align, style: Type, lines: Vec<Line>) -> f32 {
        let height = lines.len() as f32 * style.leading;
        for (row, line) in lines.into_iter().enumerate() {
            self.line(x, top + row as f32 * style.leading, width, align, style, line);
        }
        height
    }

    /// A short text that stays on one line, set around `x` as aligned, vertically centred on `y`; answers its width.
    pub(crate) fn label(&mut self, set: &mut Typesetter, x: f32, y: f32, align: Align, style: Type, text: &str) -> f32 {
        let line = set.line(text, style.weight);
        let width = line.em * style.size;
        let left = match align {
            Align::Start => x,
            Align::Center => x - width / 2.0,
            Align::End => x - width,
        };
        self.line(left, y - style.leading / 2.0, width, Align::Start, style, line);
        width
    }

    pub(crate) fn rule(&mut self, from: (f32, f32), to: (f32, f32), width: f32, ink: Ink) {
        self.stroke(vec![from, to], width, ink, &[]);
    }

    pub(crate) fn stroke(&mut self, points: Vec<(f32, f32)>, width: f32, ink: Ink, dash: &'static [f32]) {
        self.marks.push(Mark::Stroke { points, closed: false, width, ink, dash });
    }

    pub(crate) fn frame(&mut self, x: f32, y: f32, w: f32, h: f32, width: f32, ink: Ink) {
        self.marks.push(Mark::Stroke { points: corners(x, y, w, h), closed: true, width, ink, dash: &[] });
    }

    pub(crate) fn fill(&mut self, x: f32, y: f32, w: f32, h: f32, ink: Ink) {
        self.marks.push(Mark::Fill { points: corners(x, y, w, h), ink });
    }

    /// Adds another drawing's marks, moved.
    pub(crate) fn place(&mut self, other: &Self, dx: f32, dy: f32) {
        self.marks.extend(other.marks.iter().map(|mark| mark.moved(dx, dy)));
    }
}

fn corners(x: f32, y: f32, w: f32, h: f32) -> Vec<(f32, f32)> {
    vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
}

impl Mark {
    fn moved(&self, dx: f32, dy: f32) -> Self {
        let mut mark = self.clone();
        match &mut mark {
            Self::Text { x, y, .. } | Self::Disc { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
            Self::Stroke { points, .. } | Self::Fill { points, .. } => {
                for point in points {
                    *point = (point.0 + dx, point.1 + dy);
                }
            }
        }
        mark
    }
}

#[cfg(test)]
impl Drawing {
    /// The text of every line, in the order drawn.
    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |mark: &Mark| match mark {
            Mark::Text { line, .. } => Some(line.text()),
            _ => None,
        };
        self.marks.iter().filter_map(text).collect()
    }
}
