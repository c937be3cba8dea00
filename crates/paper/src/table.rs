//! Tables: columns by shares of the width, wrapped cells, head rows repeated on every page.

use std::sync::Arc;

use crate::{
    PaperError,
    drawing::{Drawing, FIRM, HAIRLINE, Ink, Type},
    flow::Piece,
    typesetter::{Line, Typesetter},
};

/// How text stands in its width. Figures belong at the end, so that their units stand under one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Left.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// Right.
    End,
}

/// One cell. `"text".into()` makes a plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    span: usize,
    strong: bool,
    align: Option<Align>,
}

impl Cell {
    /// Covers this many columns, at least one.
    #[must_use]
    pub fn spanning(self, columns: usize) -> Self {
        Self { span: columns.max(1), ..self }
    }

    /// In bold.
    #[must_use]
    pub fn strong(self) -> Self {
        Self { strong: true, ..self }
    }

    /// Otherwise than its column.
    #[must_use]
    pub fn aligned(self, align: Align) -> Self {
        Self { align: Some(align), ..self }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), span: 1, strong: false, align: None }
    }
}

/// A table in the making. Rows shorter than the columns end in empty cells; longer ones are an error at the finish.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<(f32, Align)>,
    head: Vec<Vec<Cell>>,
    rows: Vec<(Vec<Cell>, bool)>,
    ruled: bool,
}

const HEAD: Type = Type::bold(8.5, 13.0);
const BODY: Type = Type::regular(9.0, 14.0);
const STRONG: Type = Type::bold(9.0, 14.0);
const PADDING: (f32, f32) = (6.0, 4.0);

impl Table {
    /// Columns by their share of the width (any unit) and how they are aligned.
    pub fn new(columns: impl IntoIterator<Item = (f32, Align)>) -> Self {
        Self { columns: columns.into_iter().collect(), ..Self::default() }
    }

    /// With rules between the columns and around, as on a form. Without, hairlines between the rows only.
    #[must_use]
    pub fn ruled(self) -> Self {
        Self { ruled: true, ..self }
    }

    /// Adds a head row; it is repeated on each page.
    pub fn head<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        self.head.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a row.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        self.rows.push((cells.into_iter().map(Into::into).collect(), false));
        self
    }

    /// Adds a row in bold under a firm rule, for totals.
    pub fn total<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        self.rows.push((cells.into_iter().map(Into::into).collect(), true));
        self
    }

    /// One piece a row (more when a row is taller than a page), the head first.
    pub(crate) fn pieces(&self, set: &mut Typesetter, width: f32, tallest: f32) -> Result<Vec<Piece>, PaperError> {
        let edges = self.edges(width);
        let mut rows = Vec::new();
        for (at, row) in self.head.iter().enumerate() {
            let cells = self.wrapped(set, row, &edges, Some(HEAD))?;
            let bottom = if at + 1 == self.head.len() { (FIRM, Ink::RULE) } else { (0.0, Ink::HAIR) };
            rows.push(self.draw(&cells, &edges, width, bottom, true));
        }
        let mut head = Drawing::new(width, 0.0);
        head.fill(0.0, 0.0, width, rows.iter().map(|row| row.height).sum(), Ink::PALE);
        for row in &rows {
            head.place(row, 0.0, head.height);
            head.height += row.height;
        }
        head.rule((0.0, 0.0), (width, 0.0), FIRM, Ink::RULE);
        let head = Arc::new(head);
        let mut pieces = vec![Piece { drawing: head.as_ref().clone(), keep: true, ..Piece::default() }];

        let most = ((tallest - head.height - 2.0 * PADDING.1) / BODY.leading).floor().max(1.0) as usize;
        for (at, (row, total)) in self.rows.iter().enumerate() {
            let mut cells = self.wrapped(set, row, &edges, total.then_some(STRONG))?;
            let last = at + 1 == self.rows.len();
            let next_is_total = self.rows.get(at + 1).is_some_and(|next| next.1);
            let bottom = if last || next_is_total { (FIRM, Ink::RULE) } else { (HAIRLINE, Ink::HAIR) };
            loop {
                let rest: Vec<Placed> = cells.iter_mut().map(|cell| cell.split_off(most)).collect();
                let more = rest.iter().any(|cell| !cell.lines.is_empty());
                let drawing = self.draw(&cells, &edges, width, if more { (0.0, Ink::HAIR) } else { bottom }, false);
                // The first row stays with the head, the last with the one before: no row stands alone.
                let keep = !last && (next_is_total || at + 2 == self.rows.len());
                pieces.push(Piece { drawing, keep, head: Some(Arc::clone(&head)), ..Piece::default() });
                if !more {
                    break;
                }
                cells = rest;
            }
        }
        Ok(pieces)
    }

    /// The left edge of each column, and the right edge of the last.
    fn edges(&self, width: f32) -> Vec<f32> {
        let whole: f32 = self.columns.iter().map(|column| column.0).sum();
        let mut edges = vec![0.0];
        let mut sum = 0.0;
        for (share, _) in &self.columns {
            sum += share;
            edges.push(width * sum / whole);
        }
        edges
    }

    fn wrapped(
        &self,
        set: &mut Typesetter,
        row: &[Cell],
        edges: &[f32],
        all: Option<Type>,
    ) -> Result<Vec<Placed>, PaperError> {
        let covered = row.iter().map(|cell| cell.span).sum();
        if covered > self.columns.len() {
            return Err(PaperError::TooManyCells { columns: self.columns.len(), cells: covered });
        }
        let mut first = 0;
        let place = |cell: &Cell| {
            let style = all.unwrap_or(if cell.strong { STRONG } else { BODY });
            let last = first + cell.span;
            let (left, right) = (edges[first], edges[last]);
            let lines = set.wrap(&cell.text, style.weight, (right - left - 2.0 * PADDING.0) / style.size);
            let column = if cell.span > 1 { Align::Center } else { self.columns[first].1 };
            let placed = Placed { left, right, span: cell.span, align: cell.align.unwrap_or(column), style, lines };
            first = last;
            placed
        };
        Ok(row.iter().map(place).collect())
    }

    fn draw(&self, cells: &[Placed], edges: &[f32], width: f32, bottom: (f32, Ink), head: bool) -> Drawing {
        let tallest = cells.iter().map(Placed::height).fold(BODY.leading, f32::max);
        let mut drawing = Drawing::new(width, tallest + 2.0 * PADDING.1);
        for cell in cells {
            // Heads stand in the middle of their height, rows at the top, where reading begins.
            let slack = if head { (tallest - cell.height()) / 2.0 } else { 0.0 };
            let (x, inner) = (cell.left + PADDING.0, cell.right - cell.left - 2.0 * PADDING.0);
            drawing.lines(x, PADDING.1 + slack, inner, cell.align, cell.style, cell.lines.clone());
            if head && cell.span > 1 {
                let y = drawing.height;
                drawing.rule((cell.left + PADDING.0, y), (cell.right - PADDING.0, y), HAIRLINE, Ink::RULE);
            }
        }
        let height = drawing.height;
        if self.ruled {
            let inside = |x: f32| cells.iter().any(|cell| cell.left + 0.1 < x && x < cell.right - 0.1);
            for x in edges.iter().filter(|x| !inside(**x)) {
                drawing.rule((*x, 0.0), (*x, height), HAIRLINE, Ink::HAIR);
            }
        }
        if bottom.0 > 0.0 {
            drawing.rule((0.0, height), (width, height), bottom.0, bottom.1);
        }
        drawing
    }
}

/// A cell with its text broken to its width.
struct Placed {
    left: f32,
    right: f32,
    span: usize,
    align: Align,
    style: Type,
    lines: Vec<Line>,
}

impl Placed {
    fn height(&self) -> f32 {
        self.lines.len() as f32 * self.style.leading
    }

    /// What is beyond the first `lines` lines, for the next page.
    fn split_off(&mut self, lines: usize) -> Self {
        let lines = self.lines.split_off(lines.min(self.lines.len()));
        Self { lines, ..*self }
    }
}
