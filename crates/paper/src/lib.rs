//! Ruled Japanese paper: flowing pages, tables, charts and fixed forms, written as PDF. Knows no domain.
//!
//! # Who is who
//!
//! - [`Document`] takes what is to be said, in order: headings, paragraphs, [`Table`]s, charts, [`Form`] pages.
//! - A *piece* is the smallest thing that a page break can't cut: a line of a paragraph, a row of a table, a chart.
//! - A *drawing* is a list of marks (text, rules, fills) in points from its own top left corner; pieces, charts and
//!   forms are drawings, and so are finished pages.
//! - [`Sheet`] is the finished PDF, with the characters that no face could show and the boxes that ran over.
//!
//! # The flow
//!
//! Every call lays its text out at once (width is known, pages aren't) and leaves pieces. [`Document::finish`] breaks
//! the pieces into pages, adds header and footer (only then is the number of pages known) and writes.
//!
//! # Why so
//!
//! printpdf's HTML layout breaks Japanese tables, so only its drawing operations are used, and nothing outside this
//! crate names printpdf: another writer can take its place. Lines break by UAX 14 in its strict form (kinsoku). No
//! vendored face has ☐ or ☑, so check boxes are strokes. Charts must survive a FAX: tones differ in lightness, patterns
//! and markers in shape, and every value is written out.
//!
//! # What it does not promise
//!
//! No tags and no PDF/A. No vertical writing, no ruby, no hyphenation. Two calls of the same sequence give the same
//! bytes with the same version of this crate and of printpdf, not across versions.
//!
//! # Example
//!
//! ```
//! use paper::{Align, Document, Meta, Table};
//!
//! let mut document = Document::new(Meta { title: "入退院連絡調査".into(), ..Meta::default() });
//! document.heading(1, "退院連絡の時期");
//! document.paragraph("退院の5日前までに連絡のあった割合を示します。");
//! let mut table = Table::new([(3.0, Align::Start), (1.0, Align::End)]);
//! table.head(["時期", "件数"]);
//! table.row(["8日以上前", "24"]);
//! document.table(&table);
//! let sheet = document.finish()?;
//! assert!(sheet.bytes.starts_with(b"%PDF"));
//! assert!(sheet.missing.is_empty());
//! # Ok::<(), paper::PaperError>(())
//! ```

mod chart;
mod count;
mod document;
mod drawing;
mod flow;
mod font;
mod form;
mod kinsoku;
mod pdf;
mod table;
mod typesetter;

pub use crate::{
    chart::{Bar, BarChart, Bars, Bracket, ColumnChart, Datum, LineChart, Scale, Series},
    count::thousands,
    document::{Document, Meta, Sheet},
    form::{Area, Form, Label, Lettering},
    table::{Align, Cell, Table},
};

/// Why no sheet came out. Text that can't be shown is no error: see [`Sheet::missing`] and [`Sheet::overfull`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PaperError {
    /// A row of a table has more cells than the table has columns; dropping one would lose a figure silently.
    #[error("a table of {columns} columns was given a row of {cells} cells")]
    TooManyCells {
        /// Columns of the table.
        columns: usize,
        /// Columns that the row's cells cover.
        cells: usize,
    },
    /// A bar or line carries more values than the chart has series or categories.
    #[error("a chart of {expected} values a bar was given {given}")]
    TooManyValues {
        /// Values that the chart can show.
        expected: usize,
        /// Values that were given.
        given: usize,
    },
    /// The PDF writer refused; the text is its own.
    #[error("the PDF could not be written: {0}")]
    Unwritable(String),
}
