//! The figures, and the table in which they stand beside what was promised.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    what: String,
    measured: String,
    promised: String,
    /// Of what was promised, where it can be compared: at least 1 is good.
    ratio: Option<f64>,
}

impl Figure {
    /// A figure to be told, without a promise.
    pub(crate) fn told(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), promised: String::new(), ratio: None }
    }

    /// More is better.
    pub(crate) fn at_least(what: &str, value: f64, unit: &str, least: f64) -> Self {
        let promised = format!("≥ {}{unit}", grouped(least));
        Self { what: what.into(), measured: format!("{}{unit}", grouped(value)), promised, ratio: Some(value / least) }
    }

    /// Less is better.
    pub(crate) fn at_most(what: &str, value: f64, unit: &str, most: f64) -> Self {
        let promised = format!("≤ {}{unit}", grouped(most));
        Self { what: what.into(), measured: format!("{}{unit}", grouped(value)), promised, ratio: Some(most / value) }
    }

    /// Hands the figures of a part to the process that asked for it.
    #[expect(clippy::unnecessary_wraps, reason = "ends a part's main")]
    pub(crate) fn send(figures: &[Self]) -> Result<()> {
        let rows = figures.iter().map(|f| json!([f.what, f.measured, f.promised, f.ratio])).collect::<Vec<_>>();
        println!("{}", Value::from(rows));
        Ok(())
    }

    /// Takes them there.
    pub(crate) fn receive(output: &[u8]) -> Result<Vec<Self>> {
        let rows: Vec<Value> = serde_json::from_slice(output).context("reading a part's figures")?;
        let text = |row: &Value, place: usize| row[place].as_str().unwrap_or_default().to_owned();
        let figure = |row: &Value| Self {
            what: text(row, 0),
            measured: text(row, 1),
            promised: text(row, 2),
            ratio: row[3].as_f64(),
        };
        Ok(rows.iter().map(figure).collect())
    }
}

/// The whole, in Markdown.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<(String, Figure)>);

impl Table {
    pub(crate) fn add(&mut self, part: &str, figures: Vec<Figure>) {
        self.0.extend(figures.into_iter().map(|figure| (part.to_owned(), figure)));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| part | what | measured | promised | of it |\n|---|---|---:|---:|---:|")?;
        for (part, figure) in &self.0 {
            let ratio =
                figure.ratio.map(|ratio| format!("{}×{}", rounded(ratio), if ratio < 1.0 { " **short**" } else { "" }));
            let Figure { what, measured, promised, .. } = figure;
            writeln!(f, "| {part} | {what} | {measured} | {promised} | {} |", ratio.unwrap_or_default())?;
        }
        Ok(())
    }
}

/// 12,345 or 1.23.
pub(crate) fn grouped(value: f64) -> String {
    if value.abs() < 100.0 {
        return rounded(value);
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn rounded(value: f64) -> String {
    let text = if value.abs() < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The middle one of several.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
