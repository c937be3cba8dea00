//! Lines over categories such as years: each with its own marker and dash, every value written beside its point.

use super::{Datum, NAME, Scale, caption, extent, grid, legend, room_for, value};
use crate::{
    Align, PaperError,
    drawing::{Drawing, Ink, Mark},
    typesetter::Typesetter,
};

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// For the legend.
    pub name: String,
    /// In the order of the categories; an unknown value interrupts the line.
    pub points: Vec<Datum>,
}

/// A chart of lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineChart {
    /// Above the chart.
    pub title: String,
    /// What the axis counts.
    pub scale: Scale,
    /// From left to right.
    pub categories: Vec<String>,
    /// Up to four are told apart with ease.
    pub lines: Vec<Series>,
}

const HEIGHT: f32 = 165.0;
const LEFT: f32 = 34.0;
const RADIUS: f32 = 3.2;
/// Between a marker and its label.
const GAP: f32 = 2.0;
const INK: [Ink; 4] = [Ink(0.09, 0.22, 0.42), Ink(0.30, 0.40, 0.54), Ink(0.11, 0.12, 0.14), Ink(0.40, 0.42, 0.46)];
const DASHES: [&[f32]; 4] = [&[], &[6.0, 3.0], &[1.6, 2.4], &[8.0, 2.5, 1.6, 2.5]];

impl LineChart {
    pub(crate) fn draw(&self, set: &mut Typesetter, width: f32) -> Result<Drawing, PaperError> {
        let mut drawing = Drawing::new(width, 0.0);
        for line in &self.lines {
            room_for(line.points.len(), self.categories.len())?;
        }
        let most = self.lines.iter().flat_map(|line| &line.points).filter_map(Datum::known).fold(0.0, f64::max);
        let labels = self.lines.iter().flat_map(|line| &line.points).map(|datum| extent(set, &datum.label).1);
        let tallest = labels.fold(0.0, f32::max);
        let top = caption(&mut drawing, set, &self.title) + tallest + RADIUS + GAP;
        let bottom = top + HEIGHT;
        grid(&mut drawing, set, self.scale, most, (top, bottom, LEFT));

        let reach = self.scale.reach(most).0;
        let step = (width - LEFT) / self.categories.len().max(1) as f32;
        let x = |at: usize| LEFT + (at as f32 + 0.5) * step;
        let y = |value: f64| bottom - (value / reach) as f32 * HEIGHT;
        for (series, line) in self.lines.iter().enumerate() {
            for known in line.points.iter().enumerate().collect::<Vec<_>>().split(|point| point.1.known().is_none()) {
                let points: Vec<_> = known.iter().filter_map(|(at, datum)| Some((x(*at), y(datum.known()?)))).collect();
                if points.len() > 1 {
                    drawing.stroke(points, 1.3, INK[series % INK.len()], DASHES[series % DASHES.len()]);
                }
            }
        }
        for at in 0..self.categories.len() {
            let found = self.lines.iter().enumerate().filter_map(|(series, line)| Some((series, line.points.get(at)?)));
            let mut points: Vec<(f32, usize, &str)> =
                found.filter_map(|(series, datum)| Some((y(datum.known()?), series, datum.label.as_str()))).collect();
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            let talls: Vec<f32> = points.iter().map(|point| extent(set, point.2).1).collect();
            let ys: Vec<f32> = points.iter().map(|point| point.0).collect();
            for ((_, _, label), (beside, top)) in points.iter().zip(places(&ys, &talls, bottom)) {
                let (wide, tall) = extent(set, label);
                let centre = x(at) + if beside { RADIUS + 5.0 + wide / 2.0 } else { 0.0 };
                drawing.fill(centre - wide / 2.0 - 1.5, top, wide + 3.0, tall, Ink::WHITE);
                value(&mut drawing, set, centre, top, label);
            }
            for (y, series, _) in &points {
                marker(&mut drawing, *series, x(at), *y);
            }
            let lines = set.wrap(&self.categories[at], NAME.weight, (step - 4.0) / NAME.size);
            drawing.lines(x(at) - step / 2.0, bottom + 6.0, step, Align::Center, NAME, lines);
        }
        let deepest = |name: &String| set.wrap(name, NAME.weight, (step - 4.0) / NAME.size).len();
        let names = self.categories.iter().map(deepest).max().unwrap_or(0) as f32 * NAME.leading;
        let foot = bottom + 6.0 + names + 10.0;
        let series: Vec<String> = self.lines.iter().map(|line| line.name.clone()).collect();
        drawing.height = foot
            + legend(&mut drawing, set, (LEFT, foot, 28.0), &series, |drawing, at, x, y| {
                drawing.stroke(vec![(x, y), (x + 28.0, y)], 1.3, INK[at % INK.len()], DASHES[at % DASHES.len()]);
                marker(drawing, at, x + 14.0, y);
            });
        Ok(drawing)
    }
}

/// Whether a label stands beside its point, and its top: for points from the highest on the paper down. A label stands
/// above its point where that is free, else below it, else at its right.
fn places(ys: &[f32], talls: &[f32], floor: f32) -> Vec<(bool, f32)> {
    let clear = RADIUS + GAP;
    let (mut taken, mut beside_taken) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    let mut places = Vec::new();
    for (at, (y, tall)) in ys.iter().zip(talls).enumerate() {
        let next = ys.get(at + 1).copied().unwrap_or(floor + RADIUS);
        let place = if y - clear - tall >= taken {
            (false, y - clear - tall)
        } else if y + clear + tall <= next - RADIUS {
            (false, y + clear)
        } else {
            (true, (y - tall / 2.0).max(beside_taken).min(floor - tall))
        };
        if place.0 {
            beside_taken = place.1 + tall;
        }
        taken = if place.0 { y + RADIUS } else { (place.1 + tall).max(y + RADIUS) };
        places.push(place);
    }
    places
}

/// Full disc, hollow square, full triangle, hollow diamond.
fn marker(drawing: &mut Drawing, series: usize, x: f32, y: f32) {
    let ink = INK[series % INK.len()];
    let polygon: Vec<(f32, f32)> = match series % 4 {
        0 => {
            drawing.marks.push(Mark::Disc { x, y, radius: RADIUS, fill: ink, rim: None });
            return;
        }
        1 => vec![(-2.9, -2.9), (2.9, -2.9), (2.9, 2.9), (-2.9, 2.9)],
        2 => vec![(0.0, -4.0), (3.8, 2.8), (-3.8, 2.8)],
        _ => vec![(0.0, -4.2), (4.2, 0.0), (0.0, 4.2), (-4.2, 0.0)],
    };
    let points: Vec<(f32, f32)> = polygon.into_iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
    let fill = if series % 2 == 1 { Ink::WHITE } else { ink };
    drawing.marks.push(Mark::Fill { points: points.clone(), ink: fill });
    drawing.marks.push(Mark::Stroke { points, closed: true, width: 1.2, ink, dash: &[] });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_three_close_values_one_is_labelled_above_one_beside_and_one_below() {
        let places = places(&[100.0, 104.0, 107.0], &[21.0; 3], 200.0);
        assert_eq!(places.iter().map(|place| place.0).collect::<Vec<_>>(), [false, true, false]);
        assert!(places[0].1 + 21.0 < 100.0 && places[2].1 > 107.0, "{places:?}");
    }

    #[test]
    fn labels_near_the_axis_do_not_run_over_it() {
        let places = places(&[190.0, 199.0], &[21.0; 2], 200.0);
        assert_eq!(places[1], (true, 179.0));
    }

    #[test]
    fn an_unknown_value_interrupts_its_line() {
        let known = |value: u64| Datum::share(value, 10);
        let points = vec![known(1), known(2), Datum::unknown("–"), known(3), known(4)];
        let categories = ["1", "2", "3", "4", "5"].map(String::from).into();
        let chart =
            LineChart { categories, lines: vec![Series { name: "率".into(), points }], ..LineChart::default() };
        let drawing = chart.draw(&mut Typesetter::default(), 480.0).unwrap();
        let strokes = drawing.marks.iter().filter(|mark| matches!(mark, Mark::Stroke { width, .. } if *width == 1.3));
        assert_eq!(strokes.count(), 3, "two stretches and the legend");
    }
}
