//! Vertical bars, in groups over categories.

use super::{
    Bar, Datum, NAME, SMALL, SWATCH, Scale, caption, extent, grid, legend, room_for, swatch, tone::Tone, value,
};
use crate::{
    Align, PaperError,
    drawing::{Drawing, Ink},
    typesetter::Typesetter,
};

/// A chart of vertical bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnChart {
    /// Above the chart.
    pub title: String,
    /// What the axis counts.
    pub scale: Scale,
    /// Names for the legend; one series needs none and has none.
    pub series: Vec<String>,
    /// From left to right.
    pub columns: Vec<Bar>,
}

const HEIGHT: f32 = 150.0;
const LEFT: f32 = 34.0;
/// Wider bars look like blocks.
const WIDEST: f32 = 34.0;

impl ColumnChart {
    pub(crate) fn draw(&self, set: &mut Typesetter, width: f32) -> Result<Drawing, PaperError> {
        let mut drawing = Drawing::new(width, 0.0);
        let data = || self.columns.iter().flat_map(|column| &column.values);
        for column in &self.columns {
            room_for(column.values.len(), self.series.len())?;
        }
        let most = data().filter_map(Datum::known).fold(0.0, f64::max);
        let tallest = data().map(|datum| extent(set, &datum.label).1).fold(0.0, f32::max);
        let top = caption(&mut drawing, set, &self.title) + tallest + 2.0;
        let bottom = top + HEIGHT;
        grid(&mut drawing, set, self.scale, most, (top, bottom, LEFT));

        let reach = self.scale.reach(most).0;
        let group = (width - LEFT) / self.columns.len().max(1) as f32;
        let bar = (group * 0.72 / self.series.len().max(1) as f32).min(WIDEST);
        let mut under = 0.0_f32;
        for (at, column) in self.columns.iter().enumerate() {
            let centre = LEFT + (at as f32 + 0.5) * group;
            let first = centre - bar * self.series.len() as f32 / 2.0;
            for (series, datum) in column.values.iter().enumerate() {
                let x = first + series as f32 * bar;
                let height = (datum.known().unwrap_or(0.0) / reach) as f32 * HEIGHT;
                if height > 0.0 {
                    Tone::of(series).paint(&mut drawing, x + 1.0, bottom - height, bar - 2.0, height);
                }
                let (wide, label) = extent(set, &datum.label);
                let over = bottom - height - label - 1.5;
                drawing.fill(x + bar / 2.0 - wide / 2.0 - 1.0, over + 0.5, wide + 2.0, label - 0.5, Ink::WHITE);
                value(&mut drawing, set, x + bar / 2.0, over, &datum.label);
            }
            let lines = set.wrap(&column.label, NAME.weight, (group - 4.0) / NAME.size);
            let mut height = drawing.lines(centre - group / 2.0, bottom + 5.0, group, Align::Center, NAME, lines);
            if !column.note.is_empty() {
                drawing.label(set, centre, bottom + 10.0 + height, Align::Center, SMALL, &column.note);
                height += SMALL.leading;
            }
            under = under.max(height);
        }
        let mut y = bottom + 5.0 + under;
        if self.series.len() > 1 {
            y += 8.0;
            y += legend(&mut drawing, set, (LEFT, y, SWATCH), &self.series, swatch);
        }
        drawing.height = y;
        Ok(drawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_written_over_its_bar() {
        let column =
            |label: &str, count| Bar { label: label.into(), values: vec![Datum::count(count)], ..Bar::default() };
        let chart = ColumnChart {
            scale: Scale::Count,
            series: vec!["件数".into()],
            columns: vec![column("電話", 120), column("FAX", 0)],
            ..ColumnChart::default()
        };
        let texts = chart.draw(&mut Typesetter::default(), 480.0).unwrap().texts();
        assert_eq!(texts, ["0", "50", "100", "150", "120", "電話", "0", "FAX"]);
    }
}
