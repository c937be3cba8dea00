//! Fixed sheets: ruled boxes with label and value at places given in millimetres, check boxes, headings.
//!
//! A box never grows, so its text shrinks: from 10 points down to 6, breaking lines as it must. What still doesn't fit
//! is cut with 「…」 and the box's label is reported in [`crate::Sheet::overfull`]: a form that lost words says so.

use std::collections::BTreeSet;

use crate::{
    Align,
    drawing::{Drawing, HAIRLINE, Ink, Type},
    font::Weight,
    pdf,
    typesetter::Typesetter,
};

/// A place on the sheet in millimetres from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// From the left edge of the paper.
    pub x: f32,
    /// From the top edge of the paper.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Area {
    /// In the order x, y, width, height.
    #[must_use]
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    fn points(self) -> [f32; 4] {
        [self.x, self.y, self.w, self.h].map(|millimetres| millimetres * POINTS)
    }
}

/// Where a box has its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Label<'a> {
    /// No label drawn; the text names the box in [`crate::Sheet::overfull`].
    Unseen(&'a str),
    /// Small, at the top left inside the box.
    Above(&'a str),
    /// In a shaded part of the box of so many millimetres.
    Beside(&'a str, f32),
}

/// How free text on a form looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lettering {
    /// In points.
    pub size: f32,
    /// Bold.
    pub strong: bool,
    /// Within its area.
    pub align: Align,
}

/// One A4 page in the making.
#[derive(Debug)]
pub struct Form {
    drawing: Drawing,
    set: Typesetter,
    overfull: Vec<String>,
}

const POINTS: f32 = 72.0 / 25.4;
const LABEL: Type = Type::regular(7.5, 10.0).in_ink(Ink::QUIET);
const SIDE: Type = Type::regular(8.5, 11.5);
const CHOICE: Type = Type::regular(9.0, 13.0);
const SIZES: [f32; 6] = [10.0, 9.0, 8.0, 7.0, 6.5, 6.0];
const PADDING: f32 = 4.0;

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

impl Form {
    /// An empty page.
    #[must_use]
    pub fn new() -> Self {
        Self { drawing: Drawing::new(pdf::PAGE.0, pdf::PAGE.1), set: Typesetter::default(), overfull: Vec::new() }
    }

    /// Free text, broken to the area's width; it may run below it.
    pub fn text(&mut self, area: Area, text: &str, look: Lettering) {
        let [x, y, w, _] = area.points();
        let weight = if look.strong { Weight::Bold } else { Weight::Regular };
        let style = Type { size: look.size, leading: look.size * 1.4, weight, ink: Ink::TEXT };
        let lines = self.set.wrap(text, weight, w / style.size);
        self.drawing.lines(x, y, w, look.align, style, lines);
    }

    /// A heavier frame around a group of boxes.
    pub fn frame(&mut self, area: Area) {
        let [x, y, w, h] = area.points();
        self.drawing.frame(x, y, w, h, 1.1, Ink::RULE);
    }

    /// A bar with the name of a section, light on dark.
    pub fn section(&mut self, area: Area, text: &str) {
        let [x, y, w, h] = area.points();
        self.drawing.fill(x, y, w, h, Ink::ACCENT);
        let style = Type::bold(9.0, 12.0).in_ink(Ink::WHITE);
        self.drawing.label(&mut self.set, x + PADDING, y + h / 2.0, Align::Start, style, text);
    }

    /// A ruled box with a value.
    pub fn field(&mut self, area: Area, label: Label<'_>, value: &str) {
        let (name, [x, y, w, h]) = self.ruled(area, label);
        self.fit(name, [x, y, w, h], value);
    }

    /// A ruled box with check boxes, which flow from left to right and wrap.
    pub fn choices<'t>(&mut self, area: Area, label: Label<'_>, choices: impl IntoIterator<Item = (&'t str, bool)>) {
        let (name, [x, y, w, h]) = self.ruled(area, label);
        let mut rows: Vec<Vec<(f32, &str, bool)>> = vec![Vec::new()];
        let mut pen = 0.0;
        for (text, checked) in choices {
            let width = 12.5 + self.set.line(text, CHOICE.weight).em * CHOICE.size;
            if pen > 0.0 && pen + width > w - 2.0 * PADDING {
                rows.push(Vec::new());
                pen = 0.0;
            }
            rows.last_mut().expect("there is a row from the start").push((pen, text, checked));
            pen += width + 9.0;
        }
        let height = rows.len() as f32 * CHOICE.leading;
        if height > h + 0.5 {
            self.overfull.push(name.into());
        }
        let top = y + ((h - height) / 2.0).max(0.0);
        for (row, choices) in rows.into_iter().enumerate() {
            let middle = top + (row as f32 + 0.5) * CHOICE.leading;
            for (dx, text, checked) in choices {
                self.check_at(x + PADDING + dx, middle, text, checked);
            }
        }
    }

    /// One check box with its text at the right; `x`, `y` in millimetres are its left edge and its middle.
    pub fn check(&mut self, x: f32, y: f32, text: &str, checked: bool) {
        self.check_at(x * POINTS, y * POINTS, text, checked);
    }

    pub(crate) fn into_parts(self) -> (Drawing, BTreeSet<char>, Vec<String>) {
        (self.drawing, self.set.missing, self.overfull)
    }

    fn check_at(&mut self, x: f32, middle: f32, text: &str, checked: bool) {
        let (side, top) = (8.0, middle - 4.0);
        self.drawing.frame(x, top, side, side, 0.7, Ink::TEXT);
        if checked {
            let tick = vec![(x + 1.6, top + 4.2), (x + 3.4, top + 6.3), (x + 6.8, top + 1.5)];
            self.drawing.stroke(tick, 1.4, Ink::TEXT, &[]);
        }
        self.drawing.label(&mut self.set, x + side + 4.0, middle, Align::Start, CHOICE, text);
    }

    /// Draws the box and its label; answers the label's text and the part that is left for the value.
    fn ruled<'l>(&mut self, area: Area, label: Label<'l>) -> (&'l str, [f32; 4]) {
        let [x, y, w, h] = area.points();
        let (name, rest) = match label {
            Label::Unseen(name) => (name, [x, y, w, h]),
            Label::Above(name) => {
                self.drawing.label(&mut self.set, x + PADDING, y + 7.0, Align::Start, LABEL, name);
                (name, [x, y + 11.0, w, h - 12.0])
            }
            Label::Beside(name, millimetres) => {
                let side = millimetres * POINTS;
                self.drawing.fill(x, y, side, h, Ink::PALE);
                let lines = self.set.wrap(name, SIDE.weight, (side - 2.0 * PADDING) / SIDE.size);
                let top = y + (h - lines.len() as f32 * SIDE.leading) / 2.0;
                self.drawing.lines(x + PADDING, top, side - 2.0 * PADDING, Align::Start, SIDE, lines);
                self.drawing.rule((x + side, y), (x + side, y + h), HAIRLINE, Ink::RULE);
                (name, [x + side, y, w - side, h])
            }
        };
        self.drawing.frame(x, y, w, h, 0.6, Ink::RULE);
        (name, rest)
    }

    fn fit(&mut self, name: &str, [x, y, w, h]: [f32; 4], value: &str) {
        let inner = w - 2.0 * PADDING;
        for size in SIZES {
            let style = Type::regular(size, size * 1.35);
            let mut lines = self.set.wrap(value, style.weight, inner / size);
            let room = ((h - 2.5) / style.leading).floor().max(1.0) as usize;
            if lines.len() > room {
                if size > SIZES[SIZES.len() - 1] {
                    continue;
                }
                self.overfull.push(name.into());
                lines.truncate(room);
                self.end_in_dots(&mut lines, inner / size);
            }
            // One or two lines stand in the middle of the box, more begin at its top.
            let slack = (h - lines.len() as f32 * style.leading) / 2.0;
            let top = if lines.len() <= 2 { slack.max(0.0) } else { slack.clamp(0.0, 3.0) };
            self.drawing.lines(x + PADDING, y + top, inner, Align::Start, style, lines);
            return;
        }
    }

    fn end_in_dots(&mut self, lines: &mut [crate::typesetter::Line], em: f32) {
        if let Some(last) = lines.last_mut() {
            let mut text: String = last.runs.iter().map(|run| run.1.as_str()).collect();
            while !text.is_empty() && self.set.line(&text, Weight::Regular).em + 1.0 > em {
                text.pop();
            }
            *last = self.set.line(&format!("{text}…"), Weight::Regular);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_shrinks_and_a_longer_one_is_cut_and_reported() {
        let mut form = Form::new();
        let area = Area::new(20.0, 20.0, 40.0, 8.0);
        form.field(area, Label::Beside("氏名", 12.0), "北見 花子");
        form.field(area, Label::Beside("住所", 12.0), "北海道北見市大通西三丁目一番地一号");
        assert_eq!(form.overfull, [""; 0]);
        form.field(area, Label::Beside("経過", 12.0), &"長い経過。".repeat(40));
        let (drawing, missing, overfull) = form.into_parts();
        assert_eq!(overfull, ["経過"]);
        assert!(drawing.texts().iter().any(|text| text.ends_with('…')));
        assert_eq!(missing, BTreeSet::new());
    }

    #[test]
    fn choices_wrap_within_their_box() {
        let mut form = Form::new();
        let choices = ["自立", "見守り", "一部介助", "全介助"].map(|text| (text, text == "見守り"));
        form.choices(Area::new(20.0, 20.0, 45.0, 11.0), Label::Unseen("移動"), choices);
        let (drawing, _, overfull) = form.into_parts();
        assert_eq!(drawing.texts(), ["自立", "見守り", "一部介助", "全介助"]);
        assert_eq!(overfull, [""; 0]);
    }
}
