//! The document: what is said, in order; then pages with header and footer, then bytes.

use std::collections::BTreeSet;

use crate::{
    Align, BarChart, ColumnChart, Form, LineChart, PaperError, Table,
    drawing::{Drawing, HAIRLINE, Ink, Type},
    flow::{Kind, Paged, Piece, paginate},
    pdf,
    typesetter::{Line, Typesetter},
};

/// What the document says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Shown in the viewer's window and at the right of each header.
    pub title: String,
    /// Whose or for when; at the left of each header.
    pub subject: String,
    /// BCP 47, for screen readers.
    pub language: String,
}

impl Default for Meta {
    fn default() -> Self {
        Self { title: String::new(), subject: String::new(), language: "ja".into() }
    }
}

/// The finished paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The PDF.
    pub bytes: Vec<u8>,
    /// Number of pages.
    pub pages: usize,
    /// Characters that no face has, in order of code; 〓 stands for them on the paper. Tell the person who prints.
    pub missing: Vec<char>,
    /// Labels of the form boxes whose text had to be cut, in the order drawn.
    pub overfull: Vec<String>,
}

/// A4 portrait in the making; see the crate's doc.
#[derive(Debug)]
pub struct Document {
    meta: Meta,
    set: Typesetter,
    pieces: Vec<Piece>,
    space: f32,
    titled: bool,
    footer: String,
    overfull: Vec<String>,
    fault: Option<PaperError>,
}

const MARGIN: f32 = 56.7;
const BODY_TOP: f32 = 68.0;
const BODY_BOTTOM: f32 = 74.0;
const WIDTH: f32 = pdf::PAGE.0 - 2.0 * MARGIN;
const HEIGHT: f32 = pdf::PAGE.1 - BODY_TOP - BODY_BOTTOM;

const TITLE: Type = Type::bold(20.0, 30.0).in_ink(Ink::ACCENT);
const SUBTITLE: Type = Type::regular(11.0, 18.0).in_ink(Ink::QUIET);
const HEADINGS: [(Type, f32, f32); 3] = [
    (Type::bold(14.0, 21.0).in_ink(Ink::ACCENT), 26.0, 9.0),
    (Type::bold(11.5, 18.0), 20.0, 5.0),
    (Type::bold(10.0, 16.0), 14.0, 3.0),
];
const BODY: Type = Type::regular(10.0, 17.0);
const NOTE: Type = Type::regular(8.5, 13.5).in_ink(Ink::QUIET);
const RUNNING: Type = Type::regular(8.0, 12.0).in_ink(Ink::QUIET);

impl Document {
    /// An empty document; its header is made from the meta.
    #[must_use]
    pub fn new(meta: Meta) -> Self {
        Self {
            meta,
            set: Typesetter::default(),
            pieces: Vec::new(),
            space: 0.0,
            titled: false,
            footer: String::new(),
            overfull: Vec::new(),
            fault: None,
        }
    }

    /// The line at the left of each footer, beside the page number: who printed, and when.
    pub fn footer(&mut self, text: impl Into<String>) {
        self.footer = text.into();
    }

    /// The document's title at the top of its first page, which then has no header.
    pub fn title(&mut self, text: &str, subtitle: &str) {
        self.titled = true;
        let mut drawing = Drawing::new(WIDTH, 0.0);
        for (text, style) in [(text, TITLE), (subtitle, SUBTITLE)] {
            if !text.is_empty() {
                let lines = self.set.wrap(text, style.weight, WIDTH / style.size);
                drawing.height += drawing.lines(0.0, drawing.height, WIDTH, Align::Start, style, lines);
            }
        }
        drawing.height += 8.0;
        drawing.rule((0.0, drawing.height), (WIDTH, drawing.height), 1.6, Ink::ACCENT);
        self.add(drawing, 0.0, true);
        self.space = 14.0;
    }

    /// A heading of level 1 to 3; it never stands at the foot of a page without what follows.
    pub fn heading(&mut self, level: u8, text: &str) {
        let (style, before, after) = HEADINGS[usize::from(level.clamp(1, 3)) - 1];
        let lines = self.set.wrap(text, style.weight, WIDTH / style.size);
        let mut drawing = Drawing::new(WIDTH, 0.0);
        drawing.height = drawing.lines(0.0, 0.0, WIDTH, Align::Start, style, lines);
        if level <= 1 {
            drawing.height += 4.0;
            drawing.rule((0.0, drawing.height), (WIDTH, drawing.height), HAIRLINE, Ink::RULE);
        }
        self.add(drawing, before, true);
        self.space = after;
    }

    /// Running text; newlines in it are kept.
    pub fn paragraph(&mut self, text: &str) {
        self.lines(text, BODY, 8.0);
    }

    /// Small print: sources, exclusions, definitions.
    pub fn note(&mut self, text: &str) {
        self.lines(text, NOTE, 6.0);
    }

    /// Items with a dot before each.
    pub fn list<T: AsRef<str>>(&mut self, items: impl IntoIterator<Item = T>) {
        for item in items {
            let indent = 14.0;
            let lines = self.set.wrap(item.as_ref(), BODY.weight, (WIDTH - indent) / BODY.size);
            let mut drawing = Drawing::new(WIDTH, 0.0);
            drawing.height = drawing.lines(indent, 0.0, WIDTH - indent, Align::Start, BODY, lines);
            let dot = self.set.line("・", BODY.weight);
            drawing.line(1.0, 0.0, indent, Align::Start, BODY, dot);
            self.add(drawing, 0.0, false);
        }
        self.space = self.space.max(10.0);
    }

    /// A table over the whole width.
    pub fn table(&mut self, table: &Table) {
        match table.pieces(&mut self.set, WIDTH, HEIGHT) {
            Ok(pieces) => self.extend(pieces, 10.0),
            Err(fault) => self.note_fault(fault),
        }
    }

    /// Horizontal bars, grouped or as shares of a whole; more than a page holds go on on the next.
    pub fn bar_chart(&mut self, chart: &BarChart) {
        let drawn = chart.draw(&mut self.set, WIDTH, HEIGHT);
        self.charts(drawn);
    }

    /// Vertical bars.
    pub fn column_chart(&mut self, chart: &ColumnChart) {
        let drawn = chart.draw(&mut self.set, WIDTH);
        self.charts(drawn.map(|drawing| vec![drawing]));
    }

    /// Lines over categories such as years.
    pub fn line_chart(&mut self, chart: &LineChart) {
        let drawn = chart.draw(&mut self.set, WIDTH);
        self.charts(drawn.map(|drawing| vec![drawing]));
    }

    /// A fixed page, without header and footer of its own; it counts as a page.
    pub fn form(&mut self, form: Form) {
        let (drawing, missing, overfull) = form.into_parts();
        self.set.missing.extend(missing);
        self.overfull.extend(overfull);
        self.pieces.push(Piece { drawing, kind: Kind::WholePage, ..Piece::default() });
    }

    /// Extra space in points; none at the top of a page.
    pub fn gap(&mut self, points: f32) {
        self.space += points;
    }

    /// What follows begins a page.
    pub fn page_break(&mut self) {
        self.pieces.push(Piece { kind: Kind::Break, ..Piece::default() });
    }

    /// What the closure adds stays on one page, if one page can hold it.
    pub fn keep_together(&mut self, add: impl FnOnce(&mut Self)) {
        let from = self.pieces.len();
        add(self);
        let last = self.pieces.len().saturating_sub(1);
        if let Some(chain) = self.pieces.get_mut(from..last) {
            chain.iter_mut().for_each(|piece| piece.keep = true);
        }
    }

    /// Breaks into pages and writes.
    ///
    /// # Errors
    /// When a table or chart was given more than it can show, or the writer refuses.
    pub fn finish(mut self) -> Result<Sheet, PaperError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let paged = paginate(std::mem::take(&mut self.pieces), HEIGHT);
        let count = paged.len();
        let pages: Vec<Drawing> = paged.iter().enumerate().map(|(at, page)| self.page(page, at + 1, count)).collect();
        let bytes = pdf::write(&self.meta, &pages)?;
        let missing: BTreeSet<char> = self.set.missing;
        Ok(Sheet { bytes, pages: count, missing: missing.into_iter().collect(), overfull: self.overfull })
    }

    fn page(&mut self, page: &Paged, number: usize, count: usize) -> Drawing {
        let mut drawing = Drawing::new(pdf::PAGE.0, pdf::PAGE.1);
        let corner = if page.whole { (0.0, 0.0) } else { (MARGIN, BODY_TOP) };
        for (y, placed) in &page.placed {
            drawing.place(placed, corner.0, corner.1 + y);
        }
        if page.whole {
            return drawing;
        }
        let (right, foot) = (MARGIN + WIDTH, pdf::PAGE.1 - 46.0);
        let (subject, title) = (self.meta.subject.clone(), self.meta.title.clone());
        let silent = (subject.is_empty() && title.is_empty()) || (self.titled && number == 1);
        if !silent {
            drawing.label(&mut self.set, MARGIN, 40.0, Align::Start, RUNNING, &subject);
            drawing.label(&mut self.set, right, 40.0, Align::End, RUNNING, &title);
            drawing.rule((MARGIN, 49.0), (right, 49.0), HAIRLINE, Ink::HAIR);
        }
        drawing.rule((MARGIN, foot - 9.0), (right, foot - 9.0), HAIRLINE, Ink::HAIR);
        let footer = self.footer.clone();
        drawing.label(&mut self.set, MARGIN, foot, Align::Start, RUNNING, &footer);
        drawing.label(&mut self.set, right, foot, Align::End, RUNNING, &format!("{number} / {count}"));
        drawing
    }

    fn lines(&mut self, text: &str, style: Type, after: f32) {
        let lines = self.set.wrap(text, style.weight, WIDTH / style.size);
        let count = lines.len();
        let piece = |(at, line): (usize, Line)| {
            let mut drawing = Drawing::new(WIDTH, style.leading);
            drawing.line(0.0, 0.0, WIDTH, Align::Start, style, line);
            // Neither the first line nor the last stands alone on its page.
            Piece { drawing, keep: at + 1 < count && (at == 0 || at + 2 == count), ..Piece::default() }
        };
        self.extend(lines.into_iter().enumerate().map(piece).collect(), 0.0);
        self.space = after;
    }

    fn charts(&mut self, drawn: Result<Vec<Drawing>, PaperError>) {
        match drawn {
            Ok(drawings) => {
                for drawing in drawings {
                    self.add(drawing, 12.0, false);
                    self.space = 14.0;
                }
            }
            Err(fault) => self.note_fault(fault),
        }
    }

    fn note_fault(&mut self, fault: PaperError) {
        self.fault.get_or_insert(fault);
    }

    /// Space between two pieces is the larger of what the upper leaves and the lower asks.
    fn add(&mut self, drawing: Drawing, before: f32, keep: bool) {
        let before = before.max(self.space);
        self.space = 0.0;
        self.pieces.push(Piece { drawing, before, keep, ..Piece::default() });
    }

    fn extend(&mut self, mut pieces: Vec<Piece>, after: f32) {
        if let Some(first) = pieces.first_mut() {
            first.before = std::mem::take(&mut self.space);
        }
        self.pieces.extend(pieces);
        self.space = after;
    }
}
